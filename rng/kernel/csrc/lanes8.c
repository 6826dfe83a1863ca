/* Eight lanes: AVX2. */
#include "engine.h"

#ifdef FAIRLOT_X86
#define LANES 8
#define COMPRESS compress_lanes8
#define TARGET __attribute__((target("avx2")))
#include "lanes.h"
#else
typedef int no_avx2_here; /* a file must declare something */
#endif
