#include "field/time.h"

#include <inttypes.h>
#include <stdio.h>

#define SECOND INT64_C(1000000)
#define DAY    (86400 * SECOND)

struct reader {
	const char *s;
	size_t n;
	bool bad;
};

/* A number of so many digits, within bounds. */
static int digits(struct reader *r, size_t n, int least, int most)
{
	int x = 0;

	if (r->n < n) {
		r->bad = true;
		return least;
	}
	for (size_t i = 0; i < n; i++) {
		if (r->s[i] < '0' || r->s[i] > '9')
			r->bad = true;
		x = x * 10 + (r->s[i] - '0');
	}
	r->s += n;
	r->n -= n;
	if (x < least || x > most)
		r->bad = true;
	return x;
}

static bool take(struct reader *r, char c)
{
	if (r->n == 0 || *r->s != c)
		return false;
	r->s++;
	r->n--;
	return true;
}

static void must_take(struct reader *r, char c)
{
	if (!take(r, c))
		r->bad = true;
}

/* Days since 1970-01-01 of the proleptic Gregorian calendar. */
static int64_t days_of(int year, int month, int day)
{
	int y = month <= 2 ? year - 1 : year; /* March is its first month */
	int m = month <= 2 ? month + 9 : month - 3;

	return 365 * (int64_t)y + y / 4 - y / 100 + y / 400 +
	       (153 * m + 2) / 5 + day - 1 - 719468;
}

static int days_in(int year, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30,
				   31, 31, 30, 31, 30, 31};
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return month == 2 && leap ? 29 : days[month - 1];
}

static int64_t fraction(struct reader *r)
{
	int64_t x = 0, unit = SECOND / 10;

	if (r->n == 0 || *r->s < '0' || *r->s > '9')
		r->bad = true;
	while (r->n > 0 && *r->s >= '0' && *r->s <= '9') {
		if (unit == 0 && *r->s != '0')
			r->bad = true; /* finer than it is kept */
		x += unit * (*r->s - '0');
		unit /= 10;
		r->s++;
		r->n--;
	}
	return x;
}

/* Of the day; what the zone takes is subtracted. */
static int64_t clock(struct reader *r)
{
	int64_t x = digits(r, 2, 0, 23) * 3600 * SECOND;
	int sign;

	must_take(r, ':');
	x += digits(r, 2, 0, 59) * 60 * SECOND;
	if (take(r, ':')) {
		x += digits(r, 2, 0, 59) * SECOND;
		if (take(r, '.'))
			x += fraction(r);
	}
	if (take(r, 'Z') || r->n == 0)
		return x;
	sign = take(r, '-') ? -1 : 1;
	if (sign > 0)
		must_take(r, '+');
	x -= sign * digits(r, 2, 0, 23) * 3600 * SECOND;
	must_take(r, ':');
	return x - sign * digits(r, 2, 0, 59) * 60 * SECOND;
}

bool vsx_time_parse(int64_t *out, const char *s, size_t n)
{
	struct reader r = {s, n, false};
	int year = digits(&r, 4, 1, 9999), month, day;
	int64_t time;

	must_take(&r, '-');
	month = digits(&r, 2, 1, 12);
	must_take(&r, '-');
	day = digits(&r, 2, 1, 31);
	if (r.bad || day > days_in(year, month))
		return false;
	time = days_of(year, month, day) * DAY;
	if (take(&r, 'T') || take(&r, ' '))
		time += clock(&r);
	if (r.bad || r.n > 0)
		return false;
	*out = time;
	return true;
}

/* The date of a day since 0000-03-01. */
static void date_of(int64_t days, int *year, int *month, int *day)
{
	int64_t era = days / 146097, doe = days % 146097;
	int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	int64_t m = (5 * doy + 2) / 153;

	*day = (int)(doy - (153 * m + 2) / 5 + 1);
	*month = (int)(m < 10 ? m + 3 : m - 9);
	*year = (int)(yoe + era * 400 + (*month <= 2));
}

void vsx_time_print(char out[VSX_TIME_BYTES], int64_t time)
{
	int64_t rest = time % DAY, days;
	int year, month, day, n, micros;

	if (time < days_of(1, 1, 1) * DAY ||
	    time >= (days_of(9999, 12, 31) + 1) * DAY) {
		snprintf(out, VSX_TIME_BYTES, "%" PRId64, time);
		return;
	}
	if (rest < 0)
		rest += DAY;
	days = (time - rest) / DAY + 719468;
	date_of(days, &year, &month, &day);
	n = snprintf(out, VSX_TIME_BYTES, "%04d-%02d-%02d", year, month, day);
	if (rest == 0)
		return;
	micros = (int)(rest % SECOND);
	rest /= SECOND;
	n += snprintf(out + n, VSX_TIME_BYTES - (size_t)n, "T%02d:%02d:%02d",
		      (int)(rest / 3600), (int)(rest / 60 % 60),
		      (int)(rest % 60));
	if (micros) {
		n += snprintf(out + n, VSX_TIME_BYTES - (size_t)n, ".%06d",
			      micros);
		while (out[n - 1] == '0')
			n--;
	}
	snprintf(out + n, VSX_TIME_BYTES - (size_t)n, "Z");
}
