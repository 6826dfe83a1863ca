/* Vectors of 256 bits: AVX2. */
#include "lanes.h"

#ifdef FAIRLOT_X86
#define VECTOR_BYTES 32
#define TARGET __attribute__((target("avx2,fma,popcnt")))
#define NAMED(name) name##_avx2
#include "complexity_body.h"
#include "rank_body.h"
#include "spectrum_body.h"
#else
typedef int none_here; /* a file must declare something */
#endif
