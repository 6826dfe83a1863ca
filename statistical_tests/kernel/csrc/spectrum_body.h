/* The discrete Fourier transform of bits as +1 and -1, of which only moduli below a threshold are counted: included by
 * the files lanes_*.c, once for each width of vectors.
 *
 * The n = n1 * n2 bits are a table of n1 rows. First each column is transformed; bit values are real, so two columns
 * are one complex sequence, and the frequencies above n1 / 2 are the conjugates of those below. Then each of the n1 / 2
 * + 1 rows of frequencies is turned by its twiddles and transformed. A vector holds neighbouring columns, then
 * neighbouring rows, so nothing is moved within vectors but once, between the two. The order of the results does not
 * matter for a count.
 */
typedef double real __attribute__((vector_size(VECTOR_BYTES)));
typedef double loose_real __attribute__((vector_size(VECTOR_BYTES), aligned(8), may_alias));
typedef int64_t mask __attribute__((vector_size(VECTOR_BYTES)));

struct NAMED(complex) {
    real re, im;
};
#define COMPLEX struct NAMED(complex)
#define INLINE TARGET static inline __attribute__((always_inline))

enum { WIDTH = VECTOR_BYTES / 8, MOST_RADIX = 8 };

INLINE COMPLEX NAMED(add)(COMPLEX a, COMPLEX b) { return (COMPLEX){a.re + b.re, a.im + b.im}; }
INLINE COMPLEX NAMED(subtract)(COMPLEX a, COMPLEX b) { return (COMPLEX){a.re - b.re, a.im - b.im}; }
/* a times -i */
INLINE COMPLEX NAMED(turn)(COMPLEX a) { return (COMPLEX){a.im, -a.re}; }
INLINE COMPLEX NAMED(times)(COMPLEX a, COMPLEX b)
{
    return (COMPLEX){a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re};
}
/* a times a number that is the same in all lanes */
INLINE COMPLEX NAMED(times_one)(COMPLEX a, const double *b)
{
    return (COMPLEX){a.re * b[0] - a.im * b[1], a.re * b[1] + a.im * b[0]};
}
#define ADD NAMED(add)
#define SUB NAMED(subtract)
#define TURN NAMED(turn)

INLINE void NAMED(dft4)(COMPLEX *x0, COMPLEX *x1, COMPLEX *x2, COMPLEX *x3)
{
    const COMPLEX a = ADD(*x0, *x2), b = SUB(*x0, *x2), c = ADD(*x1, *x3), d = TURN(SUB(*x1, *x3));
    *x0 = ADD(a, c);
    *x1 = ADD(b, d);
    *x2 = SUB(a, c);
    *x3 = SUB(b, d);
}

INLINE void NAMED(dft3)(COMPLEX x[3])
{
    const double sine = 0.86602540378443864676; /* of 60 degrees */
    const COMPLEX sum = ADD(x[1], x[2]), difference = SUB(x[1], x[2]);
    const COMPLEX middle = {x[0].re - 0.5 * sum.re, x[0].im - 0.5 * sum.im};
    const COMPLEX side = {sine * difference.im, -sine * difference.re};
    x[0] = ADD(x[0], sum);
    x[1] = ADD(middle, side);
    x[2] = SUB(middle, side);
}

INLINE void NAMED(dft5)(COMPLEX x[5])
{
    const double cosine1 = 0.30901699437494742410, cosine2 = -0.80901699437494742410; /* of 72 and 144 degrees */
    const double sine1 = 0.95105651629515357212, sine2 = 0.58778525229247312917;
    const COMPLEX p = ADD(x[1], x[4]), q = ADD(x[2], x[3]), s = SUB(x[1], x[4]), t = SUB(x[2], x[3]);
    const COMPLEX a = {x[0].re + cosine1 * p.re + cosine2 * q.re, x[0].im + cosine1 * p.im + cosine2 * q.im};
    const COMPLEX b = {x[0].re + cosine2 * p.re + cosine1 * q.re, x[0].im + cosine2 * p.im + cosine1 * q.im};
    const COMPLEX c = {sine1 * s.im + sine2 * t.im, -(sine1 * s.re + sine2 * t.re)};
    const COMPLEX d = {sine2 * s.im - sine1 * t.im, -(sine2 * s.re - sine1 * t.re)};
    x[0] = ADD(x[0], ADD(p, q));
    x[1] = ADD(a, c);
    x[2] = ADD(b, d);
    x[3] = SUB(b, d);
    x[4] = SUB(a, c);
}

INLINE void NAMED(dft8)(COMPLEX x[8])
{
    const double half = 0.70710678118654752440; /* sine and cosine of 45 degrees */
    COMPLEX e0 = x[0], e1 = x[2], e2 = x[4], e3 = x[6], o0 = x[1], o1 = x[3], o2 = x[5], o3 = x[7];
    NAMED(dft4)(&e0, &e1, &e2, &e3);
    NAMED(dft4)(&o0, &o1, &o2, &o3);
    o1 = (COMPLEX){half * (o1.re + o1.im), half * (o1.im - o1.re)};
    o2 = TURN(o2);
    o3 = (COMPLEX){half * (o3.im - o3.re), -half * (o3.re + o3.im)};
    x[0] = ADD(e0, o0), x[4] = SUB(e0, o0);
    x[1] = ADD(e1, o1), x[5] = SUB(e1, o1);
    x[2] = ADD(e2, o2), x[6] = SUB(e2, o2);
    x[3] = ADD(e3, o3), x[7] = SUB(e3, o3);
}

INLINE void NAMED(dft)(COMPLEX *x, unsigned radix)
{
    if (radix == 8) {
        NAMED(dft8)(x);
    } else if (radix == 5) {
        NAMED(dft5)(x);
    } else if (radix == 4) {
        NAMED(dft4)(x, x + 1, x + 2, x + 3);
    } else if (radix == 3) {
        NAMED(dft3)(x);
    } else {
        const COMPLEX sum = ADD(x[0], x[1]);
        x[1] = SUB(x[0], x[1]);
        x[0] = sum;
    }
}

/* Where the bits of the columns are. */
struct NAMED(columns) {
    const uint8_t *packed;
    size_t bytes, first, row_bits;
};

/* Row `row` of 2 * WIDTH columns: the first half real, the second imaginary; +1/2 and -1/2, so that taking the two
 * columns apart needs no halving. */
INLINE COMPLEX NAMED(load_bits)(const struct NAMED(columns) * columns, size_t row)
{
    const uint64_t word = bits_at(columns->packed, columns->bytes, row * columns->row_bits + columns->first);
    mask lane_bits, re, im;
    for (int i = 0; i < WIDTH; i++)
        lane_bits[i] = (int64_t)(1ULL << (2 * WIDTH - 1 - i));
    re = (mask){0} + (int64_t)(word >> (64 - 2 * WIDTH));
    im = (mask){0} + (int64_t)(word >> (64 - 2 * WIDTH) << WIDTH);
    re = (((re & lane_bits) == 0) & INT64_MIN) | 0x3fe0000000000000;
    im = (((im & lane_bits) == 0) & INT64_MIN) | 0x3fe0000000000000;
    return (COMPLEX){(real)re, (real)im};
}

/* Lanes below the two bounds. */
struct NAMED(tally) {
    real low, high;
    mask below_low, below_high;
};

enum NAMED(pass_kind) { FIRST, MIDDLE, LAST, COUNTING };

/* One pass of decimation in frequency, in place: `blocks` blocks of radix * sub numbers. */
INLINE void NAMED(pass_of)(COMPLEX *data, size_t blocks, size_t sub, const double *twiddles,
                           const struct NAMED(columns) * columns, struct NAMED(tally) * tally, unsigned radix,
                           enum NAMED(pass_kind) kind)
{
    for (size_t j = 0; j < sub; j++, twiddles += 2 * (radix - 1))
        for (size_t block = 0; block < blocks; block++) {
            const size_t start = block * radix * sub + j;
            COMPLEX x[MOST_RADIX];
            for (unsigned q = 0; q < radix; q++)
                x[q] = kind == FIRST ? NAMED(load_bits)(columns, start + q * sub) : data[start + q * sub];
            NAMED(dft)(x, radix);
            if (kind == COUNTING) {
                for (unsigned q = 0; q < radix; q++) {
                    const real square = x[q].re * x[q].re + x[q].im * x[q].im;
                    tally->below_low -= square < tally->low;
                    tally->below_high -= square < tally->high;
                }
                continue;
            }
            data[start] = x[0];
            for (unsigned q = 1; q < radix; q++)
                data[start + q * sub] = kind == LAST ? x[q] : NAMED(times_one)(x[q], twiddles + 2 * (q - 1));
        }
}

#define PASS(radix, kind)                                                                                              \
    case radix:                                                                                                        \
        NAMED(pass_of)(data, blocks, sub, twiddles, columns, tally, radix, kind);                                      \
        break;
#define PASSES(name, kind)                                                                                             \
    TARGET static void NAMED(name)(COMPLEX * data, size_t blocks, size_t sub, const double *twiddles,                  \
                                   const struct NAMED(columns) * columns, struct NAMED(tally) * tally, unsigned radix) \
    {                                                                                                                  \
        switch (radix) {                                                                                               \
            PASS(8, kind)                                                                                              \
            PASS(5, kind)                                                                                              \
            PASS(4, kind)                                                                                              \
            PASS(3, kind)                                                                                              \
            PASS(2, kind)                                                                                              \
        }                                                                                                              \
    }
PASSES(first_pass, FIRST)
PASSES(middle_pass, MIDDLE)
PASSES(last_pass, LAST)
PASSES(counting_pass, COUNTING)

/* Transform `size` numbers: those of `columns` if it is not NULL, else `data`; the last pass counts if there is a
 * `tally`. */
TARGET static void NAMED(transform)(COMPLEX *data, size_t size, const struct dft_factors *factors,
                                    const struct NAMED(columns) * columns, struct NAMED(tally) * tally)
{
    const double *twiddles = factors->twiddles;
    size_t sub = size;
    for (size_t i = 0; i < factors->count; i++) {
        const unsigned radix = factors->radices[i];
        const size_t blocks = size / sub;
        sub /= radix;
        if (i == 0 && columns)
            NAMED(first_pass)(data, blocks, sub, twiddles, columns, tally, radix);
        else if (i + 1 < factors->count)
            NAMED(middle_pass)(data, blocks, sub, twiddles, columns, tally, radix);
        else if (tally)
            NAMED(counting_pass)(data, blocks, sub, twiddles, columns, tally, radix);
        else
            NAMED(last_pass)(data, blocks, sub, twiddles, columns, tally, radix);
        twiddles += 2 * sub * (radix - 1);
    }
}

/* Exchange rows and columns: each round interleaves the two halves, and log2(WIDTH) rounds bring each element home. */
INLINE void NAMED(exchange)(real rows[WIDTH])
{
    for (int round = 1; round < WIDTH; round *= 2) {
        real mixed[WIDTH];
        for (int i = 0; i < WIDTH / 2; i++) {
            const real a = rows[i], b = rows[i + WIDTH / 2];
#ifdef __clang__
            for (int j = 0; j < WIDTH / 2; j++) {
                mixed[2 * i][2 * j] = a[j], mixed[2 * i][2 * j + 1] = b[j];
                mixed[2 * i + 1][2 * j] = a[j + WIDTH / 2], mixed[2 * i + 1][2 * j + 1] = b[j + WIDTH / 2];
            }
#else
            mask low, high;
            for (int j = 0; j < WIDTH; j++) {
                low[j] = j / 2 + j % 2 * WIDTH;
                high[j] = low[j] + WIDTH / 2;
            }
            mixed[2 * i] = __builtin_shuffle(a, b, low);
            mixed[2 * i + 1] = __builtin_shuffle(a, b, high);
#endif
        }
        for (int i = 0; i < WIDTH; i++)
            rows[i] = mixed[i];
    }
}

/* The factor of row k in columns `first` and following. */
INLINE COMPLEX NAMED(twiddle)(const struct dft_plan *plan, size_t k, size_t first)
{
    const double *fine = plan->fine + 16 * k + first % 8;
    const COMPLEX lanes = {*(const loose_real *)fine, *(const loose_real *)(fine + 8)};
    return NAMED(times_one)(lanes, plan->coarse + 2 * (first / 8 * plan->rows + k));
}

/* Take 2 * WIDTH transformed columns apart, turn them, and put them into the table of rows. */
TARGET static void NAMED(distribute)(const struct dft_plan *plan, const COMPLEX *data, size_t first, COMPLEX *table)
{
    const size_t n1 = plan->n1, n2 = plan->n2;
    for (size_t base = 0; base < plan->rows; base += WIDTH, table += n2) {
        real parts[4][WIDTH];
        for (size_t i = 0; i < WIDTH; i++) {
            const size_t k = base + i;
            COMPLEX z, mirror, one, two;
            if (k >= plan->rows) { /* a row that fills the last vector */
                parts[0][i] = parts[1][i] = parts[2][i] = parts[3][i] = (real){0};
                continue;
            }
            z = data[plan->positions[k]];
            mirror = data[plan->positions[k ? n1 - k : 0]];
            one = NAMED(times)((COMPLEX){z.re + mirror.re, z.im - mirror.im}, NAMED(twiddle)(plan, k, first));
            two = NAMED(times)((COMPLEX){z.im + mirror.im, mirror.re - z.re}, NAMED(twiddle)(plan, k, first + WIDTH));
            parts[0][i] = one.re, parts[1][i] = one.im;
            parts[2][i] = two.re, parts[3][i] = two.im;
        }
        for (int i = 0; i < 4; i++)
            NAMED(exchange)(parts[i]);
        for (size_t i = 0; i < WIDTH && first + i < n2; i++)
            table[first + i] = (COMPLEX){parts[0][i], parts[1][i]};
        for (size_t i = 0; i < WIDTH && first + WIDTH + i < n2; i++)
            table[first + WIDTH + i] = (COMPLEX){parts[2][i], parts[3][i]};
    }
}

TARGET int NAMED(spectrum)(const struct dft_plan *plan, const uint8_t *packed, size_t bytes, struct dft_counts *counts)
{
    const size_t groups = (plan->rows + WIDTH - 1) / WIDTH;
    const size_t numbers = groups * plan->n2 + plan->n1;
    void *whole = numbers < SIZE_MAX / 128 ? malloc((numbers + 1) * sizeof(COMPLEX)) : NULL;
    COMPLEX *table = (COMPLEX *)(((uintptr_t)whole + VECTOR_BYTES - 1) / VECTOR_BYTES * VECTOR_BYTES);
    COMPLEX *data = table + groups * plan->n2;

    if (!whole)
        return -1;
    for (size_t first = 0; first < plan->n2; first += 2 * WIDTH) {
        const struct NAMED(columns) columns = {packed, bytes, first, plan->n2};
        NAMED(transform)(data, plan->n1, &plan->columns, &columns, NULL);
        NAMED(distribute)(plan, data, first, table);
    }
    for (size_t group = 0; group < groups; group++) {
        struct NAMED(tally) tally = {(real){0} + plan->low, (real){0} + plan->high, {0}, {0}};
        NAMED(transform)(table + group * plan->n2, plan->n2, &plan->along_rows, NULL, &tally);
        for (size_t i = 0; i < WIDTH && group * WIDTH + i < plan->rows; i++) {
            const size_t k = group * WIDTH + i, twice = k == 0 || k == plan->n1 / 2;
            counts->below_low[twice] += tally.below_low[i];
            counts->below_high[twice] += tally.below_high[i];
        }
    }
    free(whole);
    return 0;
}
