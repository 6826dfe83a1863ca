/* HMAC-SHA256 over a range of nonces in plain C over OpenSSL's own SHA-256: what the kernel is compared with.
 *
 * The key's two states are prepared once, and each message is formed in place, as a careful programmer would do it.
 * Prints the nanoseconds for one message (the fastest of several rounds) and the last digest, which the benchmark checks.
 */
#define _POSIX_C_SOURCE 199309L
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { ROUNDS = 7 };

static double seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static void start(SHA256_CTX *state, const uint8_t *key, size_t length, uint8_t pad)
{
    uint8_t block[64];

    for (size_t i = 0; i < sizeof block; i++)
        block[i] = (uint8_t)((i < length ? key[i] : 0) ^ pad);
    SHA256_Init(state);
    SHA256_Update(state, block, sizeof block);
}

/* Write a decimal number and give its end. */
static char *write_number(char *to, uint64_t number)
{
    char digits[20];
    size_t count = 0;

    do
        digits[count++] = (char)('0' + number % 10);
    while (number /= 10);
    while (count)
        *to++ = digits[--count];
    return to;
}

int main(int count, char **arguments)
{
    const char *key, *prefix;
    uint64_t first, messages;
    SHA256_CTX inner, outer;
    double best = 1e9;
    char message[512];
    uint8_t *out;

    if (count != 5 || strlen(arguments[1]) > 64 || strlen(arguments[2]) > 256)
        return 2;
    key = arguments[1], prefix = arguments[2];
    first = strtoull(arguments[3], NULL, 10), messages = strtoull(arguments[4], NULL, 10);
    if (!messages || !(out = malloc(messages * 32)))
        return 2;
    start(&inner, (const uint8_t *)key, strlen(key), 0x36);
    start(&outer, (const uint8_t *)key, strlen(key), 0x5c);
    memcpy(message, prefix, strlen(prefix));
    for (int round = 0; round < ROUNDS; round++) {
        const double begin = seconds();
        double spent;
        for (uint64_t i = 0; i < messages; i++) {
            uint8_t digest[32];
            char *end = write_number(message + strlen(prefix), first + i);
            SHA256_CTX state = inner;
            *end++ = ':', *end++ = '0';
            SHA256_Update(&state, message, (size_t)(end - message));
            SHA256_Final(digest, &state);
            state = outer;
            SHA256_Update(&state, digest, sizeof digest);
            SHA256_Final(out + 32 * i, &state);
        }
        spent = seconds() - begin;
        best = spent < best ? spent : best;
    }
    printf("%.3f ", best / (double)messages * 1e9);
    for (int i = 0; i < 32; i++)
        printf("%02x", out[32 * (messages - 1) + (uint64_t)i]);
    putchar('\n');
    free(out);
    return 0;
}
