/* MySQL's binary rows, packet by packet; mysql_rows.py is the specification. */
#include "rows.h"

enum { PACKET_HEADER = 4, GOES_ON = 0xffffff };
enum { ROW_BYTE = 0x00, END_BYTE = 0xfe, ERROR_BYTE = 0xff, FIRST_LONG_PREFIX = 0xfb };

/* Content of one packet, joined with that of the packets that continue it. */
typedef struct {
    const uint8_t *content;
    size_t size, after;
    int next_sequence;
} Packet;

/* Find the packet at the start of the data; READ, MORE, FAULT or NO_MEMORY. Joins only what is whole. */
static int find_packet(Decoder *decoder, const uint8_t *data, size_t size, Packet *packet) {
    size_t at = 0, parts = 0, total = 0, length;
    int sequence = decoder->sequence;
    do {
        if (size - at < PACKET_HEADER) return MORE;
        length = little(data + at, 3);
        if (sequence >= 0 && data[at + 3] != sequence)
            return problem_between(decoder, SEQUENCE, data[at + 3], sequence);
        if (length == 0 && parts == 0) return problem_between(decoder, EMPTY_PACKET, 0, 0);
        sequence = (data[at + 3] + 1) & 0xff;
        at += PACKET_HEADER;
        if (size - at < length) return MORE;
        at += length;
        total += length;
        parts++;
    } while (length == GOES_ON);
    *packet = (Packet){data + PACKET_HEADER, total, at, sequence};
    if (parts == 1) return READ;
    decoder->joined.size = 0;
    for (at = 0; parts > 0; parts--, at += PACKET_HEADER + length) {
        length = little(data + at, 3);
        if (bytes_append(&decoder->joined, data + at + PACKET_HEADER, length) != READ) return NO_MEMORY;
    }
    packet->content = decoder->joined.at;
    return READ;
}

/* Read the length whose first byte, 0xfb or more, is before `at`; sets `at` to the value. */
static int long_length(Decoder *decoder, int column, const Packet *packet, size_t *at, uint64_t *length) {
    uint8_t prefix = packet->content[*at - 1];
    size_t bytes = prefix == 0xfc ? 2 : prefix == 0xfd ? 3 : prefix == 0xfe ? 8 : 0;
    if (bytes == 0) return problem_in(decoder, column, LENGTH_PREFIX, prefix, 0);
    if (packet->size - *at < bytes) return problem_between(decoder, SHORT_ROW, (int64_t)packet->size, 0);
    *length = 0;
    memcpy(length, packet->content + *at, bytes);
    *at += bytes;
    if (*length > (uint64_t)LONGEST_VALUE)
        return problem_in(decoder, column, LONG_VALUE, *length > INT64_MAX ? INT64_MAX : (int64_t)*length, 0);
    return READ;
}

/* Set the extents to the values of a row. */
static int find_values(Decoder *decoder, const Packet *packet) {
    const uint8_t *content = packet->content, *nulls = content + 1;
    size_t size = packet->size, at = 1 + ((size_t)decoder->count + 9) / 8;
    if (at > size) return problem_between(decoder, SHORT_ROW, (int64_t)size, 0);
    for (int i = 0; i < decoder->count; i++) {
        if (nulls[(i + 2) >> 3] >> ((i + 2) & 7) & 1) {
            decoder->extents[i].size = -1;
            continue;
        }
        uint64_t length = (uint64_t)decoder->columns[i].wire_size;
        if (length == 0) {
            if (at >= size) return problem_between(decoder, SHORT_ROW, (int64_t)size, 0);
            length = content[at++];
            if (length >= FIRST_LONG_PREFIX && long_length(decoder, i, packet, &at, &length) != READ) return FAULT;
        }
        if (size - at < length) return problem_between(decoder, SHORT_ROW, (int64_t)size, 0);
        decoder->extents[i] = (Extent){content + at, (int64_t)length};
        at += length;
    }
    return at < size ? problem_between(decoder, LONG_ROW, (int64_t)(size - at), 0) : READ;
}

int decode_packets(Decoder *decoder, const uint8_t *data, size_t size, size_t max_rows, size_t *used) {
    *used = 0;
    while (!batch_is_full(decoder, max_rows)) {
        Packet packet = {0};
        int outcome = find_packet(decoder, data + *used, size - *used, &packet);
        if (outcome != READ) return outcome;
        uint8_t kind = packet.content[0];
        if (kind == ERROR_BYTE || (kind == END_BYTE && packet.size < GOES_ON)) {
            decoder->sequence = -1;
            return kind == ERROR_BYTE ? OTHER : END;
        }
        if (kind != ROW_BYTE) return problem_between(decoder, NO_ROW, kind, 0);
        outcome = find_values(decoder, &packet);
        if (outcome == READ) outcome = append_row(decoder, (int64_t)packet.size);
        if (outcome != READ) return outcome;
        *used += packet.after;
        decoder->sequence = packet.next_sequence;
    }
    return FULL;
}
