/* PostgreSQL's COPY BINARY, row by row; postgres_rows.py is the specification. */
#include "rows.h"

enum { COPY_HEADER = 19, LONGEST_EXTENSION = 1 << 16, END_MARK = -1, END_MARK_SIZE = 2 };
enum { MESSAGE_HEADER = 5, SHORTEST_MESSAGE = 4 };
static const uint8_t COPY_SIGNATURE[11] = {'P', 'G', 'C', 'O', 'P', 'Y', '\n', 0xff, '\r', '\n', 0};

/* Read past the header; READ, MORE or FAULT. */
static int find_rows(Decoder *decoder, const uint8_t *data, size_t size, size_t *used) {
    size_t known = size < sizeof COPY_SIGNATURE ? size : sizeof COPY_SIGNATURE;
    if (known && memcmp(data, COPY_SIGNATURE, known) != 0) return problem_between(decoder, SIGNATURE, 0, 0);
    if (size < COPY_HEADER) return MORE;
    int32_t extension = (int32_t)big32(data + 15);
    if (big32(data + 11) >> 16 || extension < 0 || extension > LONGEST_EXTENSION)
        return problem_between(decoder, HEADER, 0, 0);
    if (size - COPY_HEADER < (size_t)extension) return MORE;
    *used = COPY_HEADER + (size_t)extension;
    decoder->in_rows = 1;
    return READ;
}

/* Set the extents to the fields of the row at the start of the data and `after` to its end; READ, MORE or FAULT. */
static int find_fields(Decoder *decoder, const uint8_t *data, size_t size, size_t *after) {
    if (size < 2) return MORE;
    int count = (int16_t)big16(data);
    if (count == END_MARK) {
        decoder->ended = 1;
        return END;
    }
    if (count != decoder->count) return problem_between(decoder, FIELD_COUNT, count, decoder->count);
    size_t at = 2;
    for (int i = 0; i < count; i++) {
        if (size - at < 4) return MORE;
        int32_t length = (int32_t)big32(data + at);
        at += 4;
        decoder->extents[i] = (Extent){data + at, length};
        if (length == -1) continue;
        if (length < 0) return problem_in(decoder, i, VALUE_LENGTH, length, 0);
        if (length > LONGEST_VALUE) return problem_in(decoder, i, LONG_VALUE, length, 0);
        if (size - at < (size_t)length) return MORE;
        at += (size_t)length;
    }
    *after = at;
    return READ;
}

/* Return the number of digits that the row's numbers are printed with, at most. */
static int64_t printed_digits(const Decoder *decoder) {
    int64_t total = 0;
    for (int i = 0; i < decoder->count; i++) {
        if (!decoder->columns[i].counts_digits || decoder->extents[i].size < 8) continue;
        const uint8_t *raw = decoder->extents[i].at;
        int weight = (int16_t)big16(raw + 2);
        total += 4 * (weight < 0 ? 1 : weight + 1) + big16(raw + 6);
    }
    return total;
}

int decode_copy(Decoder *decoder, const uint8_t *data, size_t size, size_t max_rows, size_t *used) {
    *used = 0;
    if (batch_is_full(decoder, max_rows)) return FULL;
    if (!decoder->in_rows) {
        int outcome = find_rows(decoder, data, size, used);
        if (outcome != READ) return outcome;
    }
    while (!batch_is_full(decoder, max_rows)) {
        size_t after = 0;
        int outcome = find_fields(decoder, data + *used, size - *used, &after);
        if (outcome == READ) outcome = append_row(decoder, (int64_t)after + printed_digits(decoder));
        if (outcome != READ) return outcome;
        *used += after;
    }
    return FULL;
}

/* Decode what is kept of earlier messages. */
static int decode_kept(Decoder *decoder, size_t max_rows) {
    size_t used;
    Bytes *kept = &decoder->joined;
    int outcome = decode_copy(decoder, kept->at, kept->size, max_rows, &used);
    if (used) memmove(kept->at, kept->at + used, kept->size - used);
    kept->size -= used;
    return outcome == END && kept->size > END_MARK_SIZE ? problem_between(decoder, AFTER_END, 0, 0) : outcome;
}

/* Decode the content of a message, keeping what is no whole row. */
static int decode_content(Decoder *decoder, const uint8_t *content, size_t size, size_t max_rows) {
    if (decoder->joined.size) {
        if (bytes_append(&decoder->joined, content, size) != READ) return NO_MEMORY;
        return decode_kept(decoder, max_rows);
    }
    size_t used;
    int outcome = decode_copy(decoder, content, size, max_rows, &used);
    if (outcome == END && size - used > END_MARK_SIZE) return problem_between(decoder, AFTER_END, 0, 0);
    if (outcome >= 0 && bytes_append(&decoder->joined, content + used, size - used) != READ) return NO_MEMORY;
    return outcome;
}

static int is_letter(uint8_t byte) {
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
}

int decode_messages(Decoder *decoder, const uint8_t *data, size_t size, size_t max_rows, size_t *used) {
    *used = 0;
    int outcome = decode_kept(decoder, max_rows);
    while (outcome != FULL && outcome >= 0 && size - *used >= MESSAGE_HEADER) {
        const uint8_t *message = data + *used;
        int32_t length = (int32_t)big32(message + 1);
        int done = message[0] == 'c';
        if (!is_letter(message[0]) || length < SHORTEST_MESSAGE || (done && length != SHORTEST_MESSAGE))
            return problem_between(decoder, MESSAGE, message[0], length);
        if (size - *used < 1 + (size_t)length) return MORE;
        if (done) return decoder->ended ? END : problem_between(decoder, NO_END, 0, 0);
        if (message[0] != 'd') return OTHER;
        *used += 1 + (size_t)length;
        outcome = decode_content(decoder, message + MESSAGE_HEADER, (size_t)length - SHORTEST_MESSAGE, max_rows);
    }
    return outcome == END ? MORE : outcome;
}
