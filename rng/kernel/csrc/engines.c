/* Which engines were built in, and which of them this processor runs. */
#include "engine.h"

#if defined(FAIRLOT_ARM64) && defined(__linux__)
#include <sys/auxv.h>
#endif

#ifdef FAIRLOT_X86
#include <cpuid.h>

/* __builtin_cpu_supports also asks whether the operating system keeps the wide registers. */
static int has_avx512(void) { return __builtin_cpu_supports("avx512f"); }
static int has_avx2(void) { return __builtin_cpu_supports("avx2"); }

/* GCC has no name for the SHA extensions before version 14: CPUID leaf 7, EBX bit 29. They use the registers of SSE,
 * which every 64-bit system keeps. Some small processors have them without AVX. */
static int has_sha_ni_sse(void)
{
    unsigned a, b, c, d;
    return __builtin_cpu_supports("ssse3") && __builtin_cpu_supports("sse4.1")
           && __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b >> 29 & 1);
}

static int has_sha_ni(void) { return has_sha_ni_sse() && __builtin_cpu_supports("avx"); }
static int has_sha_ni_and_avx512(void) { return has_sha_ni() && has_avx512() && __builtin_cpu_supports("avx512vl"); }

static const struct engine sha_ni = {"sha-ni", "4 streams", 0, has_sha_ni, compress_sha_ni, NULL};
static const struct engine sha_ni_sse = {"sha-ni-sse", "4 streams, without AVX", 0, has_sha_ni_sse, compress_sha_ni_sse,
                                         NULL};
static const struct engine sha_ni_avx512 = {"sha-ni-avx512", "8 lanes of schedule, 4 streams of rounds", 3,
                                            has_sha_ni_and_avx512, compress_sha_ni_avx512, &sha_ni};
static const struct engine avx512 = {"avx512", "16 lanes", 4, has_avx512, compress_lanes16, NULL};
static const struct engine avx2 = {"avx2", "8 lanes", 3, has_avx2, compress_lanes8, NULL};
#endif

#ifdef FAIRLOT_ARM64
static int has_sha2(void)
{
#if defined(__APPLE__)
    return 1; /* every ARM64 processor of Apple has them */
#elif defined(__linux__)
    return (getauxval(AT_HWCAP) >> 6) & 1; /* HWCAP_SHA2 */
#else
    return 0;
#endif
}

static const struct engine armv8 = {"armv8", "4 streams", 0, has_sha2, compress_armv8, NULL};
#endif

static int always(void) { return 1; }

static const struct engine lanes = {"lanes", "4 lanes of portable vectors", 2, always, compress_lanes4, NULL};

const struct engine *const ENGINES[] = {
#ifdef FAIRLOT_X86
    &sha_ni_avx512,
    &sha_ni,
    &sha_ni_sse,
    &avx512,
    &avx2,
#endif
#ifdef FAIRLOT_ARM64
    &armv8,
#endif
    &lanes,
};
const size_t ENGINE_COUNT = sizeof ENGINES / sizeof *ENGINES;
