/* The values of PostgreSQL's COPY BINARY; postgres_values.py is the specification. */
#include "rows.h"

enum { DAYS_TO_2000 = 10957, MOST_PRINTED = 0x3fff, MOST_WEIGHT = 10 };
enum { POSITIVE = 0, NEGATIVE = 0x4000, NOT_A_NUMBER = 0xc000, INFINITE = 0xd000, MINUS_INFINITE = 0xf000 };
static const int64_t MICROSECONDS_A_DAY = 86400000000;
static const int64_t MICROSECONDS_TO_2000 = DAYS_TO_2000 * 86400000000;
static const uint32_t TEN_TO[] = {1, 10, 100, 1000, 10000};

static int read_2(Column *column, const uint8_t *raw, int64_t size, size_t row, Problem *problem) {
    if (size != 2) return value_problem(problem, VALUE_LENGTH, size);
    uint16_t value = big16(raw);
    return store_fixed(column, row, &value, 2);
}

static int read_4(Column *column, const uint8_t *raw, int64_t size, size_t row, Problem *problem) {
    if (size != 4) return value_problem(problem, VALUE_LENGTH, size);
    uint32_t value = big32(raw);
    return store_fixed(column, row, &value, 4);
}

static int read_8(Column *column, const uint8_t *raw, int64_t size, size_t row, Problem *problem) {
    if (size != 8) return value_problem(problem, VALUE_LENGTH, size);
    uint64_t value = big64(raw);
    return store_fixed(column, row, &value, 8);
}

static int read_oid(Column *column, const uint8_t *raw, int64_t size, size_t row, Problem *problem) {
    if (size != 4) return value_problem(problem, VALUE_LENGTH, size);
    uint64_t value = big32(raw);
    return store_fixed(column, row, &value, 8);
}

static int read_boolean(Column *column, const uint8_t *raw, int64_t size, size_t row, Problem *problem) {
    if (size != 1) return value_problem(problem, VALUE_LENGTH, size);
    if (raw[0] > 1) return value_problem(problem, NOT_BOOLEAN, raw[0]);
    column->values[row >> 3] |= (uint8_t)(raw[0] << (row & 7));
    return READ;
}

static int read_jsonb(Column *column, const uint8_t *raw, int64_t size, size_t row, Problem *problem) {
    if (size < 1) return value_problem(problem, VALUE_LENGTH, size);
    if (raw[0] != 1) return value_problem(problem, JSONB_VERSION, raw[0]);
    return read_utf8(column, raw + 1, size - 1, row, problem);
}

static int read_uuid(Column *column, const uint8_t *raw, int64_t size, size_t row, Problem *problem) {
    static const char DIGITS[] = "0123456789abcdef";
    if (size != 16) return value_problem(problem, VALUE_LENGTH, size);
    char text[36], *to = text;
    for (int i = 0; i < 16; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10) *to++ = '-';
        *to++ = DIGITS[raw[i] >> 4];
        *to++ = DIGITS[raw[i] & 15];
    }
    return store_text(column, (uint8_t *)text, sizeof text, row);
}

static int read_date(Column *column, const uint8_t *raw, int64_t size, size_t row, Problem *problem) {
    if (size != 4) return value_problem(problem, VALUE_LENGTH, size);
    int32_t days = (int32_t)big32(raw);
    if (days == INT32_MIN || days > INT32_MAX - DAYS_TO_2000) return REFUSED;
    days += DAYS_TO_2000;
    return store_fixed(column, row, &days, 4);
}

static int read_timestamp(Column *column, const uint8_t *raw, int64_t size, size_t row, Problem *problem) {
    if (size != 8) return value_problem(problem, VALUE_LENGTH, size);
    int64_t moment = (int64_t)big64(raw);
    if (moment == INT64_MIN || moment > INT64_MAX - MICROSECONDS_TO_2000) return REFUSED;
    moment += MICROSECONDS_TO_2000;
    return store_fixed(column, row, &moment, 8);
}

static int read_time(Column *column, const uint8_t *raw, int64_t size, size_t row, Problem *problem) {
    if (size != 8) return value_problem(problem, VALUE_LENGTH, size);
    int64_t moment = (int64_t)big64(raw);
    if (moment < 0 || moment > MICROSECONDS_A_DAY) return value_problem(problem, NOT_TIME, 0);
    if (moment == MICROSECONDS_A_DAY) return REFUSED;
    return store_fixed(column, row, &moment, 8);
}

/* The sum of digit i times 10000 to the power of `weight - i`; neither the first nor the last digit is 0. */
typedef struct {
    const uint8_t *digits;
    int count, weight, sign, printed;
} Numeric;

static unsigned digit_at(const Numeric *number, int index) {
    return index >= 0 && index < number->count ? big16(number->digits + 2 * index) : 0;
}

static int parse_numeric(const uint8_t *raw, int64_t size, Numeric *number, Problem *problem) {
    if (size < 8 || size != 8 + 2 * (int64_t)big16(raw)) return value_problem(problem, VALUE_LENGTH, size);
    *number = (Numeric){raw + 8, big16(raw), (int16_t)big16(raw + 2), big16(raw + 4), big16(raw + 6)};
    int sign = number->sign;
    if (sign != POSITIVE && sign != NEGATIVE && sign != NOT_A_NUMBER && sign != INFINITE && sign != MINUS_INFINITE)
        return value_problem(problem, NOT_NUMERIC, 0);
    if (number->printed > MOST_PRINTED) return value_problem(problem, NOT_NUMERIC, 0);
    for (int i = 0; i < number->count; i++)
        if (digit_at(number, i) > 9999) return value_problem(problem, NOT_NUMERIC, 0);
    while (number->count && digit_at(number, 0) == 0) {
        number->digits += 2;
        number->count--;
        number->weight--;
    }
    while (number->count && digit_at(number, number->count - 1) == 0) number->count--;
    if (number->count == 0) {
        number->weight = 0;
        if (sign == NEGATIVE) number->sign = POSITIVE;
    }
    return READ;
}

/* Return whether at most `scale` digits stand after the point. */
static int has_scale(const Numeric *number, int scale) {
    int index = number->weight + scale / 4 + 1;
    for (index = index < 0 ? 0 : index; index < number->count; index++) {
        int beyond = 4 * (index - number->weight) - scale;
        if (digit_at(number, index) % TEN_TO[beyond < 4 ? beyond : 4] != 0) return 0;
    }
    return 1;
}

/* Multiply by a power of ten up to 10000 and add; 0 if that is more than 128 bits hold. */
static int push_digits(uint128 *value, unsigned factor, unsigned digits) {
    if (*value >> 64 && *value > (~(uint128)0 - digits) / factor) return 0;
    *value = *value * factor + digits;
    return 1;
}

/* Set `unscaled` to the number, which has that scale, times 10 to the power of it; 0 if 128 bits do not hold it. */
static int unscaled_numeric(const Numeric *number, int scale, uint128 *unscaled) {
    *unscaled = 0;
    int exponent = 4 * number->weight + scale, index = 0;
    for (; index < number->count && exponent >= 0; index++, exponent -= 4)
        if (!push_digits(unscaled, 10000, digit_at(number, index))) return 0;
    if (index < number->count)
        return push_digits(unscaled, TEN_TO[4 + exponent], digit_at(number, index) / TEN_TO[-exponent]);
    for (exponent += 4; exponent > 0 && *unscaled; exponent -= exponent < 4 ? exponent : 4)
        if (!push_digits(unscaled, TEN_TO[exponent < 4 ? exponent : 4], 0)) return 0;
    return 1;
}

static int read_decimal(Column *column, const uint8_t *raw, int64_t size, size_t row, Problem *problem) {
    Numeric number;
    uint128 value;
    if (parse_numeric(raw, size, &number, problem) != READ) return FAULT;
    if (number.sign > NEGATIVE || number.weight > MOST_WEIGHT || !has_scale(&number, column->scale)) return REFUSED;
    if (!unscaled_numeric(&number, column->scale, &value) || value >= column->limit) return REFUSED;
    if (number.sign == NEGATIVE) value = -value;
    return store_fixed(column, row, &value, 16);
}

static char *write_four_digits(char *to, unsigned digit) {
    to = write_two_digits(to, digit / 100);
    return write_two_digits(to, digit % 100);
}

static int store_special(Column *column, const char *text, size_t row) {
    return store_text(column, (const uint8_t *)text, (int64_t)strlen(text), row);
}

static int read_numeric_text(Column *column, const uint8_t *raw, int64_t size, size_t row, Problem *problem) {
    Numeric number;
    if (parse_numeric(raw, size, &number, problem) != READ) return FAULT;
    if (!has_scale(&number, number.printed)) return value_problem(problem, NOT_NUMERIC, 0);
    if (number.sign == NOT_A_NUMBER) return store_special(column, "NaN", row);
    if (number.sign == INFINITE) return store_special(column, "Infinity", row);
    if (number.sign == MINUS_INFINITE) return store_special(column, "-Infinity", row);
    int whole_digits = number.weight < 0 ? 0 : number.weight + 1;
    if (bytes_reserve(&column->text, 4 * (size_t)whole_digits + (size_t)number.printed + 8) != READ) return NO_MEMORY;
    char *start = (char *)column->text.at + column->text.size, *to = start;
    if (number.sign == NEGATIVE) *to++ = '-';
    char *whole = to, group[4];
    for (int index = 0; index < whole_digits; index++) {
        write_four_digits(group, digit_at(&number, index));
        int skipped = 0;
        if (to == whole)
            while (skipped < 4 && group[skipped] == '0') skipped++;
        memcpy(to, group + skipped, (size_t)(4 - skipped));
        to += 4 - skipped;
    }
    if (to == whole) *to++ = '0';
    if (number.printed) *to++ = '.';
    for (int printed = 0; printed < number.printed; printed += 4) {
        int digits = number.printed - printed < 4 ? number.printed - printed : 4;
        write_four_digits(group, digit_at(&number, number.weight + 1 + printed / 4));
        memcpy(to, group, (size_t)digits);
        to += digits;
    }
    column->text.size += (size_t)(to - start);
    if (column->text.size > INT32_MAX) return NO_MEMORY;
    column->offsets[row + 1] = (int32_t)column->text.size;
    return READ;
}

Reader postgres_reader(int target) {
    switch (target) {
    case INT16:
        return read_2;
    case INT32:
    case FLOAT32:
        return read_4;
    case INT64:
    case FLOAT64:
        return read_8;
    case BOOL:
        return read_boolean;
    case DECIMAL:
        return read_decimal;
    case UTF8:
        return read_utf8;
    case BINARY:
        return read_binary;
    case DATE32:
        return read_date;
    case TIMESTAMP:
        return read_timestamp;
    case TIME64:
        return read_time;
    case UUID_TEXT:
        return read_uuid;
    case NUMERIC_TEXT:
        return read_numeric_text;
    case JSONB_TEXT:
        return read_jsonb;
    case OID:
        return read_oid;
    default:
        return NULL;
    }
}
