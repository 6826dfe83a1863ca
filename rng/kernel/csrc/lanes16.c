/* Sixteen lanes: AVX-512. */
#include "engine.h"

#ifdef FAIRLOT_X86
#define LANES 16
#define COMPRESS compress_lanes16
#define TARGET __attribute__((target("avx512f")))
#include "lanes.h"
#else
typedef int no_avx512_here; /* a file must declare something */
#endif
