/* Vectors of 512 bits: AVX-512. */
#include "lanes.h"

#ifdef FAIRLOT_X86
#define VECTOR_BYTES 64
#define TARGET __attribute__((target("avx512f,avx512dq,avx2,fma,popcnt")))
#define NAMED(name) name##_avx512
#include "complexity_body.h"
#include "rank_body.h"
#include "spectrum_body.h"
#else
typedef int none_here; /* a file must declare something */
#endif
