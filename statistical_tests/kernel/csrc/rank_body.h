/* Ranks of 32 x 32 matrices, one in each lane: included by the files lanes_*.c, once for each width of vectors.
 *
 * Each row that is not zero clears one of its columns from all rows below, in every lane with the same instructions.
 */
typedef uint32_t lane_rows __attribute__((vector_size(VECTOR_BYTES)));

enum { MATRICES = VECTOR_BYTES / 4 };

TARGET void NAMED(ranks_32)(const uint8_t *packed, size_t bytes, size_t count, int64_t *out)
{
    for (size_t first = 0; first < count; first += MATRICES) {
        lane_rows row[32], rank = {0};
        for (size_t lane = 0; lane < MATRICES; lane++)
            for (size_t i = 0; i < 32; i += 2) { /* lanes past the last matrix repeat it */
                const size_t matrix = first + lane < count ? first + lane : count - 1;
                const uint64_t two = bits_at(packed, bytes, matrix * 1024 + i * 32);
                row[i][lane] = (uint32_t)(two >> 32);
                row[i + 1][lane] = (uint32_t)two;
            }
        for (int i = 0; i < 32; i++) {
            const lane_rows pivot = row[i], lowest = pivot & -pivot;
            rank -= (lane_rows)(pivot != 0); /* what is true is -1 */
            for (int j = i + 1; j < 32; j++)
                row[j] ^= pivot & (lane_rows)((row[j] & lowest) != 0);
        }
        for (size_t lane = 0; lane < MATRICES && first + lane < count; lane++)
            out[first + lane] = rank[lane];
    }
}
