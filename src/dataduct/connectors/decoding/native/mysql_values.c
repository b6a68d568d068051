/* The values of MySQL's binary rows; mysql_values.py is the specification. */
#include "rows.h"

enum {
    W_DECIMAL = 0, W_TINY = 1, W_SHORT = 2, W_LONG = 3, W_FLOAT = 4, W_DOUBLE = 5, W_NULL = 6, W_TIMESTAMP = 7,
    W_LONGLONG = 8, W_INT24 = 9, W_DATE = 10, W_TIME = 11, W_DATETIME = 12, W_YEAR = 13, W_NEWDATE = 14,
    W_VARCHAR = 15, W_BIT = 16, W_VECTOR = 242, W_JSON = 245, W_NEWDECIMAL = 246
};
enum { DECIMAL_DIGITS = 38, DYNAMIC_DECIMALS = 31, MOST_DAYS = 9999 };
static const int64_t MICROSECONDS_A_DAY = 86400000000;

static int read_null_type(Column *column, const uint8_t *raw, int64_t size, size_t row, Problem *problem) {
    (void)column, (void)raw, (void)size, (void)row;
    return value_problem(problem, NULL_TYPE, 0);
}

static int read_1(Column *column, const uint8_t *raw, int64_t size, size_t row, Problem *problem) {
    (void)size, (void)problem;
    return store_fixed(column, row, raw, 1);
}

static int read_2(Column *column, const uint8_t *raw, int64_t size, size_t row, Problem *problem) {
    (void)size, (void)problem;
    return store_fixed(column, row, raw, 2);
}

static int read_4(Column *column, const uint8_t *raw, int64_t size, size_t row, Problem *problem) {
    (void)size, (void)problem;
    return store_fixed(column, row, raw, 4);
}

static int read_8(Column *column, const uint8_t *raw, int64_t size, size_t row, Problem *problem) {
    (void)size, (void)problem;
    return store_fixed(column, row, raw, 8);
}

static int read_widened(Column *column, const uint8_t *raw, int64_t size, size_t row, Problem *problem) {
    (void)problem;
    uint64_t value = 0;
    memcpy(&value, raw, (size_t)size);
    if (column->is_signed && raw[size - 1] & 0x80) value |= UINT64_MAX << (8 * size);
    return store_fixed(column, row, &value, (size_t)column->width);
}

static int bits_value(const uint8_t *raw, int64_t size, uint64_t *value, Problem *problem) {
    if (size < 1 || size > 8) return value_problem(problem, VALUE_LENGTH, size);
    *value = 0;
    for (int64_t i = 0; i < size; i++) *value = *value << 8 | raw[i];
    return READ;
}

static int read_bits(Column *column, const uint8_t *raw, int64_t size, size_t row, Problem *problem) {
    uint64_t value = 0;
    if (bits_value(raw, size, &value, problem) != READ) return FAULT;
    return store_fixed(column, row, &value, 8);
}

static int read_boolean(Column *column, const uint8_t *raw, int64_t size, size_t row, Problem *problem) {
    uint64_t value = 0;
    if (bits_value(raw, size, &value, problem) != READ) return FAULT;
    if (value) column->values[row >> 3] |= (uint8_t)(1u << (row & 7));
    return READ;
}

static const uint8_t *skip_digits(const uint8_t *at, const uint8_t *end) {
    while (at < end && (uint8_t)(*at - '0') <= 9) at++;
    return at;
}

/* Multiply by ten and add; 0 if that is more than 128 bits hold. */
static int push_digit(uint128 *value, unsigned digit) {
    if (*value > (~(uint128)0 - digit) / 10) return 0;
    *value = *value * 10 + digit;
    return 1;
}

/* Set `unscaled` to the digits before the point and `scale` digits after it; 0 if 128 bits do not hold it. */
static int unscaled_digits(const uint8_t *whole, const uint8_t *whole_end, const uint8_t *fraction,
                           const uint8_t *fraction_end, int scale, uint128 *unscaled) {
    if (whole_end - whole + scale <= 19) {
        uint64_t value = 0;
        for (; whole < whole_end; whole++) value = value * 10 + (*whole - '0');
        for (int i = 0; i < scale; i++)
            value = value * 10 + (fraction < fraction_end ? (unsigned)(*fraction++ - '0') : 0);
        *unscaled = value;
        return 1;
    }
    *unscaled = 0;
    for (; whole < whole_end; whole++)
        if (!push_digit(unscaled, (unsigned)(*whole - '0'))) return 0;
    for (int i = 0; i < scale; i++)
        if (!push_digit(unscaled, fraction < fraction_end ? (unsigned)(*fraction++ - '0') : 0)) return 0;
    return 1;
}

static int read_decimal(Column *column, const uint8_t *raw, int64_t size, size_t row, Problem *problem) {
    const uint8_t *end = raw + size, *whole = raw;
    int negative = size > 0 && *raw == '-';
    whole += negative;
    const uint8_t *whole_end = skip_digits(whole, end), *fraction = end;
    if (whole_end == whole) return value_problem(problem, NOT_DECIMAL, 0);
    if (whole_end < end) {
        fraction = whole_end + 1;
        if (*whole_end != '.' || fraction == end || skip_digits(fraction, end) != end)
            return value_problem(problem, NOT_DECIMAL, 0);
    }
    while (whole < whole_end && *whole == '0') whole++;
    const uint8_t *fraction_end = end - fraction > column->scale ? fraction + column->scale : end;
    for (const uint8_t *at = fraction_end; at < end; at++)
        if (*at != '0') return REFUSED;
    if (whole_end - whole > DECIMAL_DIGITS) return REFUSED;
    uint128 value;
    if (!unscaled_digits(whole, whole_end, fraction, fraction_end, column->scale, &value)) return REFUSED;
    if (value >= column->limit) return REFUSED;
    if (negative) value = -value;
    return store_fixed(column, row, &value, 16);
}

/* Set `days` to the days from 1970-01-01 to a date of the years 1 to 9999; 0 if there is no such date. */
static int days_of_date(unsigned year, unsigned month, unsigned day, int32_t *days) {
    static const uint8_t LENGTHS[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (year < 1 || month < 1 || month > 12 || day < 1) return 0;
    int leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    if (day > LENGTHS[month - 1] + (unsigned)(month == 2 && leap)) return 0;
    unsigned shifted_year = year - (month <= 2), era = shifted_year / 400, year_of_era = shifted_year % 400;
    unsigned day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    unsigned day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    *days = (int32_t)(era * 146097 + day_of_era) - 719468;
    return 1;
}

static int read_date(Column *column, const uint8_t *raw, int64_t size, size_t row, Problem *problem) {
    int32_t days;
    if (size != 4) return size ? value_problem(problem, VALUE_LENGTH, size) : REFUSED;
    unsigned year = little(raw, 2);
    if (year > 9999 || raw[2] > 99 || raw[3] > 99) return value_problem(problem, NOT_DATE, 0);
    if (!days_of_date(year, raw[2], raw[3], &days)) return REFUSED;
    return store_fixed(column, row, &days, 4);
}

static int read_timestamp(Column *column, const uint8_t *raw, int64_t size, size_t row, Problem *problem) {
    int32_t days;
    if (size != 0 && size != 4 && size != 7 && size != 11) return value_problem(problem, VALUE_LENGTH, size);
    uint8_t parts[11] = {0};
    memcpy(parts, raw, (size_t)size);
    unsigned year = little(parts, 2), hour = parts[4], minute = parts[5], second = parts[6];
    uint32_t micro = little(parts + 7, 4);
    if (year > 9999 || parts[2] > 99 || parts[3] > 99 || hour > 23 || minute > 59 || second > 59 || micro > 999999)
        return value_problem(problem, NOT_DATE, 0);
    if (!days_of_date(year, parts[2], parts[3], &days)) return REFUSED;
    int64_t moment =
        days * MICROSECONDS_A_DAY + (int64_t)(hour * 3600 + minute * 60 + second) * 1000000 + (int64_t)micro;
    return store_fixed(column, row, &moment, 8);
}

/* Write a second's fraction with `decimals` digits, or with six where fewer would lose some. */
static char *write_fraction(char *to, uint32_t micro, int decimals) {
    static const uint32_t UNITS[] = {1000000, 100000, 10000, 1000, 100, 10, 1};
    int digits = decimals >= DYNAMIC_DECIMALS ? 0 : decimals > 6 ? 6 : decimals;
    if (micro % UNITS[digits] != 0) digits = 6;
    if (digits == 0) return to;
    *to++ = '.';
    for (int i = 1; i <= digits; i++) *to++ = (char)('0' + micro / UNITS[i] % 10);
    return to;
}

static int read_time(Column *column, const uint8_t *raw, int64_t size, size_t row, Problem *problem) {
    if (size != 0 && size != 8 && size != 12) return value_problem(problem, VALUE_LENGTH, size);
    uint8_t parts[12] = {0};
    memcpy(parts, raw, (size_t)size);
    uint32_t days = little(parts + 1, 4), micro = little(parts + 8, 4);
    if (parts[0] > 1 || days > MOST_DAYS || parts[5] > 23 || parts[6] > 59 || parts[7] > 59 || micro > 999999)
        return value_problem(problem, NOT_TIME, 0);
    char text[32], *to = text;
    if (parts[0]) *to++ = '-';
    uint32_t hours = days * 24 + parts[5];
    if (hours >= 100) {
        uint32_t unit = hours >= 100000 ? 100000 : hours >= 10000 ? 10000 : hours >= 1000 ? 1000 : 100;
        for (; unit >= 100; unit /= 10) *to++ = (char)('0' + hours / unit % 10);
    }
    to = write_two_digits(to, hours % 100);
    *to++ = ':';
    to = write_two_digits(to, parts[6]);
    *to++ = ':';
    to = write_two_digits(to, parts[7]);
    to = write_fraction(to, micro, column->decimals);
    return store_text(column, (uint8_t *)text, to - text, row);
}

static int is_text_or_blob(int wire) {
    return wire == W_DECIMAL || wire == W_VARCHAR || wire == W_BIT || wire == W_VECTOR || wire == W_JSON ||
           (wire >= W_NEWDECIMAL && wire <= 255);
}

static Reader integer_reader(const Column *column, int target) {
    static const Reader BY_SIZE[] = {NULL, read_1, read_2, NULL, read_4, NULL, NULL, NULL, read_8};
    int target_signed = target <= INT64;
    if (column->width < column->wire_size || (column->is_signed && !target_signed)) return NULL;
    if (column->width > column->wire_size) return read_widened;
    return column->is_signed == target_signed ? BY_SIZE[column->width] : NULL;
}

Reader mysql_reader(Column *column, int target, int wire) {
    static const uint8_t SIZES[] = {0, 1, 2, 4, 4, 8, 0, 0, 8, 4, 0, 0, 0, 2};
    int integer = wire == W_TINY || wire == W_SHORT || wire == W_YEAR || wire == W_LONG || wire == W_INT24 ||
                  wire == W_LONGLONG;
    column->wire_size = wire >= 0 && wire < (int)sizeof(SIZES) ? SIZES[wire] : 0;
    if (wire == W_YEAR) column->is_signed = 1;
    if (wire == W_NULL) return read_null_type;
    if (target <= UINT64 && integer) return integer_reader(column, target);
    if (target == UINT64 && wire == W_BIT) return read_bits;
    if (target == BOOL && (wire == W_BIT || wire == W_TINY)) return read_boolean;
    if (target == FLOAT32 && wire == W_FLOAT) return read_4;
    if (target == FLOAT64 && wire == W_DOUBLE) return read_8;
    if (target == DECIMAL && (wire == W_DECIMAL || wire == W_NEWDECIMAL)) return read_decimal;
    if (target == UTF8 && is_text_or_blob(wire)) return read_utf8;
    if (target == BINARY && is_text_or_blob(wire)) return read_binary;
    if (target == DATE32 && (wire == W_DATE || wire == W_NEWDATE)) return read_date;
    if (target == TIMESTAMP && (wire == W_TIMESTAMP || wire == W_DATETIME)) return read_timestamp;
    if (target == TIME_TEXT && wire == W_TIME) return read_time;
    return NULL;
}
