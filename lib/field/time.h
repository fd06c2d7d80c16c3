/* Times as ISO 8601 writes them, as microseconds since 1970. */
#ifndef VSX_FIELD_TIME_H
#define VSX_FIELD_TIME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * 2024-02-29, 2024-02-29T13:05, :59, :59.123456, then Z, +01:00 or nothing for
 * UTC; a space may stand for T. Years 0001 to 9999. false: it is none.
 */
bool vsx_time_parse(int64_t *out, const char *s, size_t n);

#define VSX_TIME_BYTES 32

/*
 * A date where the time of day is 0, else the time of RFC 3339 in UTC, without
 * zeros at its end. Of other years: the number.
 */
void vsx_time_print(char out[VSX_TIME_BYTES], int64_t time);

#endif
