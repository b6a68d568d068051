/* Values that both protocols have: text and bytes. */
#include "rows.h"

static const uint64_t HIGH_BITS = 0x8080808080808080u;

int value_problem(Problem *problem, int number, int64_t first) {
    *problem = (Problem){number, 0, NO_COLUMN, first, 0};
    return FAULT;
}

/* Return whether the bytes are all below 128. */
static int is_ascii(const uint8_t *at, size_t size) {
    uint64_t bits = 0, word;
    if (size < 8) {
        uint32_t low, high;
        if (size >= 4) {
            memcpy(&low, at, 4);
            memcpy(&high, at + size - 4, 4);
            return ((low | high) & 0x80808080u) == 0;
        }
        for (size_t i = 0; i < size; i++) bits |= at[i];
        return (bits & 0x80) == 0;
    }
    for (size_t i = 0; i + 8 <= size; i += 8) {
        memcpy(&word, at + i, 8);
        bits |= word;
    }
    memcpy(&word, at + size - 8, 8);
    return ((bits | word) & HIGH_BITS) == 0;
}

static int continues(const uint8_t *at, size_t from, size_t to) {
    for (size_t i = from; i < to; i++)
        if ((at[i] & 0xc0) != 0x80) return 0;
    return 1;
}

/* Return the length of the well-formed sequence at `at`, whose first byte is above 127; 0 if it is none. */
static size_t sequence_length(const uint8_t *at, size_t left) {
    uint8_t lead = at[0];
    if (lead >= 0xc2 && lead <= 0xdf) return left >= 2 && continues(at, 1, 2) ? 2 : 0;
    if (lead >= 0xe0 && lead <= 0xef) {
        if (left < 3 || !continues(at, 1, 3)) return 0;
        if ((lead == 0xe0 && at[1] < 0xa0) || (lead == 0xed && at[1] > 0x9f)) return 0;
        return 3;
    }
    if (lead >= 0xf0 && lead <= 0xf4) {
        if (left < 4 || !continues(at, 1, 4)) return 0;
        if ((lead == 0xf0 && at[1] < 0x90) || (lead == 0xf4 && at[1] > 0x8f)) return 0;
        return 4;
    }
    return 0;
}

/* Return the offset of the first byte that is not UTF-8, or -1. */
static int64_t utf8_problem(const uint8_t *at, size_t size) {
    if (is_ascii(at, size)) return -1;
    size_t i = 0;
    while (i < size) {
        uint64_t word;
        if (i + 8 <= size) {
            memcpy(&word, at + i, 8);
            if ((word & HIGH_BITS) == 0) {
                i += 8;
                continue;
            }
        }
        if (at[i] < 0x80) {
            i++;
            continue;
        }
        size_t length = sequence_length(at + i, size - i);
        if (length == 0) return (int64_t)i;
        i += length;
    }
    return -1;
}

int store_text(Column *column, const uint8_t *raw, int64_t size, size_t row) {
    if (bytes_append(&column->text, raw, (size_t)size) != READ) return NO_MEMORY;
    if (column->text.size > INT32_MAX) return NO_MEMORY;
    column->offsets[row + 1] = (int32_t)column->text.size;
    return READ;
}

int read_utf8(Column *column, const uint8_t *raw, int64_t size, size_t row, Problem *problem) {
    int64_t wrong = utf8_problem(raw, (size_t)size);
    if (wrong >= 0) return value_problem(problem, NOT_UTF8, wrong);
    return store_text(column, raw, size, row);
}

int read_binary(Column *column, const uint8_t *raw, int64_t size, size_t row, Problem *problem) {
    (void)problem;
    return store_text(column, raw, size, row);
}

char *write_two_digits(char *to, unsigned value) {
    to[0] = (char)('0' + value / 10 % 10);
    to[1] = (char)('0' + value % 10);
    return to + 2;
}
