/* The compiled decoder of rows. The Python modules beside it are its specification.
 *
 * Nothing here but module.c knows of Python. A function that returns `int` returns one of the outcomes below.
 */
#ifndef DATADUCT_ROWS_H
#define DATADUCT_ROWS_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#if !defined(__SIZEOF_INT128__) || !defined(__BYTE_ORDER__) || __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "the compiled decoder needs 128-bit integers and a little-endian machine; Python decodes without it"
#endif

typedef unsigned __int128 uint128;

#define BATCH_BYTES (8 * 1024 * 1024)
#define LONGEST_VALUE ((int64_t)1 << 30)
#define NO_COLUMN (-1)

/* Outcomes. The first four are the numbers of `State`. */
enum { MORE = 0, FULL = 1, END = 2, OTHER = 3, FAULT = -1, NO_MEMORY = -2, READ = 4, REFUSED = 5 };

/* Numbers of `Fault`. */
enum {
    SEQUENCE = 1, EMPTY_PACKET, NO_ROW, SHORT_ROW, LONG_ROW, LENGTH_PREFIX, NULL_TYPE, VALUE_LENGTH, LONG_VALUE,
    NOT_UTF8, NOT_DECIMAL, NOT_TIME, NOT_NUMERIC, NOT_BOOLEAN, JSONB_VERSION, SIGNATURE, HEADER, FIELD_COUNT,
    AFTER_END, NO_END, MESSAGE, NOT_DATE
};

/* Numbers of `Target`. */
enum {
    INT8, INT16, INT32, INT64, UINT8, UINT16, UINT32, UINT64, FLOAT32, FLOAT64, BOOL, DECIMAL, UTF8, BINARY, DATE32,
    TIMESTAMP, TIME_TEXT, TIME64, UUID_TEXT, NUMERIC_TEXT, JSONB_TEXT, OID
};

enum { MYSQL = 0, COPY = 1, COPY_MESSAGES = 2 };

typedef struct {
    int number;
    int64_t row;
    int column;
    int64_t first, second;
} Problem;

typedef struct {
    uint8_t *at;
    size_t size, capacity;
} Bytes;

/* Where one value of a row stands; size -1 is NULL. */
typedef struct {
    const uint8_t *at;
    int64_t size;
} Extent;

typedef struct Column Column;

/* Reads one value into row `row` of the column; returns READ, REFUSED, FAULT or NO_MEMORY. */
typedef int (*Reader)(Column *column, const uint8_t *raw, int64_t size, size_t row, Problem *problem);

enum { BITS = -1, VARIABLE = 0 };

struct Column {
    Reader read;
    int width;        /* bytes of a stored value, or BITS, or VARIABLE */
    int wire_size;    /* MySQL: bytes of a value without a length before it, or 0 */
    int is_signed;    /* MySQL: whether an integer on the wire has a sign */
    int decimals;     /* MySQL: digits of a second's fraction */
    int scale;
    uint128 limit;    /* 10 to the power of the decimal's precision */
    int counts_digits;
    uint8_t *validity;
    size_t nulls;
    uint8_t *values;  /* of a fixed width */
    int32_t *offsets; /* of values of variable width, which `text` holds */
    Bytes text;
    int64_t refused, first_refused;
    Bytes refused_value;
};

typedef struct {
    int protocol;
    int count;
    Column *columns;
    Extent *extents;
    size_t rows, capacity;
    int64_t taken, nbytes;
    Problem problem;
    int sequence;     /* MySQL: number of the packet that is due, or -1 */
    int in_rows, ended;
    Bytes joined;     /* a row of several packets, or data of messages that hold parts of rows */
} Decoder;

/* columns.c */
int bytes_grow(Bytes *bytes, size_t more);
int batch_is_full(const Decoder *decoder, size_t max_rows);
int append_row(Decoder *decoder, int64_t nbytes);
void begin_batch(Decoder *decoder);
void free_columns(Decoder *decoder);
int problem_between(Decoder *decoder, int number, int64_t first, int64_t second);
int problem_in(Decoder *decoder, int column, int number, int64_t first, int64_t second);

/* values.c */
int value_problem(Problem *problem, int number, int64_t first);
int store_text(Column *column, const uint8_t *raw, int64_t size, size_t row);
int read_utf8(Column *column, const uint8_t *raw, int64_t size, size_t row, Problem *problem);
int read_binary(Column *column, const uint8_t *raw, int64_t size, size_t row, Problem *problem);
char *write_two_digits(char *to, unsigned value);

/* Return the reader of a column, or NULL where the wire's values do not become the target's. */
Reader mysql_reader(Column *column, int target, int wire);
Reader postgres_reader(int target);

/* mysql_rows.c, postgres_rows.c: sets `used` to the bytes that are used up. */
int decode_packets(Decoder *decoder, const uint8_t *data, size_t size, size_t max_rows, size_t *used);
int decode_copy(Decoder *decoder, const uint8_t *data, size_t size, size_t max_rows, size_t *used);
int decode_messages(Decoder *decoder, const uint8_t *data, size_t size, size_t max_rows, size_t *used);

static inline int bytes_reserve(Bytes *bytes, size_t more) {
    return bytes->capacity - bytes->size >= more ? READ : bytes_grow(bytes, more);
}

static inline int bytes_append(Bytes *bytes, const void *from, size_t size) {
    if (bytes_reserve(bytes, size) != READ) return NO_MEMORY;
    if (size) memcpy(bytes->at + bytes->size, from, size);
    bytes->size += size;
    return READ;
}

static inline uint16_t big16(const uint8_t *at) {
    uint16_t value;
    memcpy(&value, at, 2);
    return __builtin_bswap16(value);
}

static inline uint32_t big32(const uint8_t *at) {
    uint32_t value;
    memcpy(&value, at, 4);
    return __builtin_bswap32(value);
}

static inline uint64_t big64(const uint8_t *at) {
    uint64_t value;
    memcpy(&value, at, 8);
    return __builtin_bswap64(value);
}

static inline uint32_t little(const uint8_t *at, int size) {
    uint32_t value = 0;
    for (int i = 0; i < size; i++) value |= (uint32_t)at[i] << (8 * i);
    return value;
}

static inline int store_fixed(Column *column, size_t row, const void *value, size_t width) {
    memcpy(column->values + row * width, value, width);
    return READ;
}

#endif
