/* Work that goes on in vectors: compiled once for each width of register, and chosen when the module is loaded.
 *
 * lanes_body.h holds the functions; a file such as lanes_avx2.c says for which processor, and includes it.
 */
#ifndef FAIRLOT_STATISTICS_LANES_H
#define FAIRLOT_STATISTICS_LANES_H

#include <stddef.h>
#include <stdint.h>

enum { MOST_VECTOR_BYTES = 64 };

struct lanes {
    const char *name;
    int (*runs_here)(void); /* whether this processor and its system support it */
    size_t vector_bytes;
    /* Linear complexities of `count` blocks of `size` bits; 0, or -1 without memory. */
    int (*complexities)(const uint8_t *packed, size_t bytes, size_t count, size_t size, int64_t *out);
};

/* The one in use. */
const struct lanes *lanes_in_use(void);

int complexities_128(const uint8_t *packed, size_t bytes, size_t count, size_t size, int64_t *out);
#if defined(__x86_64__) && defined(__GNUC__)
#define FAIRLOT_X86 1
int complexities_avx2(const uint8_t *packed, size_t bytes, size_t count, size_t size, int64_t *out);
int complexities_avx512(const uint8_t *packed, size_t bytes, size_t count, size_t size, int64_t *out);
#endif

#endif
