/* Vectors of 128 bits, which each 64-bit processor has or the compiler makes of words. */
#include "lanes.h"

#define VECTOR_BYTES 16
#define TARGET
#define NAMED(name) name##_128
#include "complexity_body.h"
#include "rank_body.h"
#include "spectrum_body.h"
