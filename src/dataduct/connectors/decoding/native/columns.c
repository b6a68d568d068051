/* Columns of the open batch: their buffers, and rows appended to them. */
#include "rows.h"

static const size_t FIRST_ROWS = 1024;

int bytes_grow(Bytes *bytes, size_t more) {
    size_t capacity = bytes->capacity ? bytes->capacity : 4096;
    while (capacity - bytes->size < more) {
        if (capacity > SIZE_MAX / 2) return NO_MEMORY;
        capacity *= 2;
    }
    uint8_t *at = realloc(bytes->at, capacity);
    if (at == NULL) return NO_MEMORY;
    bytes->at = at;
    bytes->capacity = capacity;
    return READ;
}

static int grow(void **buffer, size_t size) {
    void *grown = realloc(*buffer, size);
    if (grown == NULL) return NO_MEMORY;
    *buffer = grown;
    return READ;
}

static int grow_column(Column *column, size_t rows, size_t capacity) {
    size_t old_bits = (rows + 7) / 8, bits = capacity / 8;
    if (grow((void **)&column->validity, bits) != READ) return NO_MEMORY;
    memset(column->validity + old_bits, 0xff, bits - old_bits);
    if (column->width == BITS) {
        if (grow((void **)&column->values, bits) != READ) return NO_MEMORY;
        memset(column->values + old_bits, 0, bits - old_bits);
    } else if (column->width == VARIABLE) {
        if (grow((void **)&column->offsets, (capacity + 1) * sizeof(int32_t)) != READ) return NO_MEMORY;
        column->offsets[0] = 0;
    } else if (grow((void **)&column->values, capacity * (size_t)column->width) != READ) {
        return NO_MEMORY;
    }
    return READ;
}

static int grow_rows(Decoder *decoder) {
    size_t capacity = decoder->capacity ? decoder->capacity * 2 : FIRST_ROWS;
    for (int i = 0; i < decoder->count; i++)
        if (grow_column(&decoder->columns[i], decoder->rows, capacity) != READ) return NO_MEMORY;
    decoder->capacity = capacity;
    return READ;
}

static void store_null(Column *column, size_t row) {
    column->validity[row >> 3] &= (uint8_t)~(1u << (row & 7));
    column->nulls++;
    if (column->width > 0)
        memset(column->values + row * (size_t)column->width, 0, (size_t)column->width);
    else if (column->width == VARIABLE)
        column->offsets[row + 1] = (int32_t)column->text.size;
}

static int count_refused(Column *column, const Extent *extent, int64_t row) {
    if (column->refused++ > 0) return READ;
    column->first_refused = row;
    return bytes_append(&column->refused_value, extent->at, (size_t)extent->size);
}

int batch_is_full(const Decoder *decoder, size_t max_rows) {
    return decoder->rows >= max_rows || decoder->nbytes >= BATCH_BYTES;
}

/* Append the row whose values the extents name. */
int append_row(Decoder *decoder, int64_t nbytes) {
    if (decoder->rows == decoder->capacity && grow_rows(decoder) != READ) return NO_MEMORY;
    size_t row = decoder->rows;
    for (int i = 0; i < decoder->count; i++) {
        Column *column = &decoder->columns[i];
        const Extent *extent = &decoder->extents[i];
        if (extent->size < 0) {
            store_null(column, row);
            continue;
        }
        int outcome = column->read(column, extent->at, extent->size, row, &decoder->problem);
        if (outcome == READ) continue;
        if (outcome == FAULT) {
            decoder->problem.row = decoder->taken + (int64_t)row + 1;
            decoder->problem.column = i;
            return FAULT;
        }
        if (outcome == NO_MEMORY) return NO_MEMORY;
        if (count_refused(column, extent, decoder->taken + (int64_t)row + 1) != READ) return NO_MEMORY;
        store_null(column, row);
    }
    decoder->rows++;
    decoder->nbytes += nbytes;
    return READ;
}

void begin_batch(Decoder *decoder) {
    size_t bits = (decoder->rows + 7) / 8;
    for (int i = 0; i < decoder->count; i++) {
        Column *column = &decoder->columns[i];
        if (column->nulls) memset(column->validity, 0xff, bits);
        if (column->width == BITS && bits) memset(column->values, 0, bits);
        column->nulls = 0;
        column->text.size = 0;
    }
    decoder->taken += (int64_t)decoder->rows;
    decoder->rows = 0;
    decoder->nbytes = 0;
}

void free_columns(Decoder *decoder) {
    for (int i = 0; decoder->columns != NULL && i < decoder->count; i++) {
        Column *column = &decoder->columns[i];
        free(column->validity);
        free(column->values);
        free(column->offsets);
        free(column->text.at);
        free(column->refused_value.at);
    }
    free(decoder->columns);
    free(decoder->extents);
    free(decoder->joined.at);
}

int problem_in(Decoder *decoder, int column, int number, int64_t first, int64_t second) {
    decoder->problem =
        (Problem){number, decoder->taken + (int64_t)decoder->rows + 1, column, first, second};
    return FAULT;
}

int problem_between(Decoder *decoder, int number, int64_t first, int64_t second) {
    return problem_in(decoder, NO_COLUMN, number, first, second);
}
