/* Work that goes on in vectors: compiled once for each width of register, and chosen when the module is loaded.
 *
 * The files *_body.h hold the functions; a file such as lanes_avx2.c says for which processor, and includes them.
 */
#ifndef FAIRLOT_STATISTICS_LANES_H
#define FAIRLOT_STATISTICS_LANES_H

#include <stddef.h>
#include <stdint.h>

enum { MOST_VECTOR_BYTES = 64 };

/* A mixed-radix transform: the radices of its passes, and for each pass, for each place, the factors of all but the
 * first part. */
struct dft_factors {
    size_t count;
    const uint8_t *radices;
    const double *twiddles;
};

/* What spectrum_body.h needs; spectrum.c checks it. */
struct dft_plan {
    size_t n1, n2, rows;                     /* rows = n1 / 2 + 1 */
    struct dft_factors columns, along_rows;  /* of n1 and of n2 */
    const int64_t *positions;                /* [n1]: where the columns' transform leaves a frequency */
    const double *coarse;                    /* [n2 / 8 + 3][rows][2]: w^(8 g k), w being the n-th root of unity */
    const double *fine;                      /* [rows][2][8]: w^(l k) */
    double low, high;                        /* squares of moduli */
};

/* Moduli below either bound: [1] in the two rows that hold a frequency together with its conjugate, [0] in all others.
 */
struct dft_counts {
    int64_t below_low[2], below_high[2];
};

struct lanes {
    const char *name;
    int (*runs_here)(void); /* whether this processor and its system support it */
    size_t vector_bytes;
    /* Linear complexities of `count` blocks of `size` bits; 0, or -1 without memory. */
    int (*complexities)(const uint8_t *packed, size_t bytes, size_t count, size_t size, int64_t *out);
    /* Ranks of `count` matrices of 32 x 32 bits. */
    void (*ranks_32)(const uint8_t *packed, size_t bytes, size_t count, int64_t *out);
    /* Add to the counts; 0, or -1 without memory. */
    int (*spectrum)(const struct dft_plan *plan, const uint8_t *packed, size_t bytes, struct dft_counts *counts);
};

/* The one in use. */
const struct lanes *lanes_in_use(void);

#define DECLARE_LANES(name)                                                                                            \
    int complexities_##name(const uint8_t *packed, size_t bytes, size_t count, size_t size, int64_t *out);             \
    void ranks_32_##name(const uint8_t *packed, size_t bytes, size_t count, int64_t *out);                             \
    int spectrum_##name(const struct dft_plan *plan, const uint8_t *packed, size_t bytes, struct dft_counts *counts);
DECLARE_LANES(128)
#if defined(__x86_64__) && defined(__GNUC__)
#define FAIRLOT_X86 1
DECLARE_LANES(avx2)
DECLARE_LANES(avx512)
#endif

#endif
