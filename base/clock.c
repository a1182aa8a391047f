/* SPDX-License-Identifier: Apache-2.0 */
/* Times, durations and sizes as text. */
#include "assay/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "assay/ckd.h"
#include "assay/error.h"

#define YEAR_0000 (-62167219200ll)
#define YEAR_9999 253402300799ll /* last second that has a four-digit year */

void ay_time_format(int64_t unix_s, char out[24])
{
	time_t t = unix_s < YEAR_0000 ? YEAR_0000 : unix_s > YEAR_9999 ? YEAR_9999 : unix_s;
	struct tm tm;

	gmtime_r(&t, &tm);
	strftime(out, 24, "%Y-%m-%dT%H:%M:%SZ", &tm);
	/* %Y does not pad years before 1000. */
	if (tm.tm_year < 1000 - 1900)
		snprintf(out, 24, "%04u-%02u-%02uT%02u:%02u:%02uZ", (unsigned)(tm.tm_year + 1900) % 10000,
			 (unsigned)(tm.tm_mon + 1) % 100, (unsigned)tm.tm_mday % 100, (unsigned)tm.tm_hour % 100,
			 (unsigned)tm.tm_min % 100, (unsigned)tm.tm_sec % 100);
}

/* Reads exactly n digits with value <= max and moves *p; -1 otherwise. */
static int digits(const char **p, const char *end, int n, int max)
{
	int v = 0;

	if (end - *p < n)
		return -1;
	for (int i = 0; i < n; i++) {
		char c = (*p)[i];

		if (c < '0' || c > '9')
			return -1;
		v = v * 10 + (c - '0');
	}
	*p += n;
	return v <= max ? v : -1;
}

static bool eat(const char **p, const char *end, char c)
{
	if (*p == end || **p != c)
		return false;
	(*p)++;
	return true;
}

/* "Z", "+HH:MM" or "-HH:MM" at the very end. */
static int parse_zone(const char *p, const char *end, int *offset_s)
{
	int sign, h, m;

	*offset_s = 0;
	if (eat(&p, end, 'Z'))
		return p == end ? 0 : AY_EFORMAT;
	sign = eat(&p, end, '-') ? -1 : eat(&p, end, '+') ? 1 : 0;
	if (!sign || (h = digits(&p, end, 2, 23)) < 0 || !eat(&p, end, ':') || (m = digits(&p, end, 2, 59)) < 0 || p != end)
		return AY_EFORMAT;
	*offset_s = sign * (h * 3600 + m * 60);
	return 0;
}

int ay_time_parse(const char *text, size_t len, int64_t *unix_s)
{
	const char *p = text, *end = text + len;
	int year, mon, day, hour, min, sec, offset;
	struct tm tm;
	time_t t;

	*unix_s = 0;
	if ((year = digits(&p, end, 4, 9999)) < 0 || !eat(&p, end, '-') || (mon = digits(&p, end, 2, 12)) < 1 ||
	    !eat(&p, end, '-') || (day = digits(&p, end, 2, 31)) < 1 || !eat(&p, end, 'T') ||
	    (hour = digits(&p, end, 2, 23)) < 0 || !eat(&p, end, ':') || (min = digits(&p, end, 2, 59)) < 0 ||
	    !eat(&p, end, ':') || (sec = digits(&p, end, 2, 60)) < 0)
		return AY_EFORMAT;
	if (eat(&p, end, '.')) {
		const char *fraction = p;

		while (p < end && *p >= '0' && *p <= '9')
			p++;
		if (p == fraction)
			return AY_EFORMAT;
	}
	if (parse_zone(p, end, &offset) != 0)
		return AY_EFORMAT;
	tm = (struct tm){.tm_year = year - 1900, .tm_mon = mon - 1, .tm_mday = day, .tm_hour = hour, .tm_min = min};
	t = timegm(&tm);
	/* timegm turns 30 February into March. */
	if (tm.tm_mon != mon - 1 || tm.tm_mday != day)
		return AY_EFORMAT;
	*unix_s = (int64_t)t + sec - offset;
	return 0;
}

int64_t ay_time_now(void)
{
	struct timespec ts;

#ifdef ASSAY_TESTING
	const char *fake = getenv("ASSAY_TEST_NOW");
	int64_t at;

	if (fake && ay_time_parse(fake, strlen(fake), &at) == 0)
		return at;
	if (fake)
		return strtoll(fake, NULL, 10);
#endif
	clock_gettime(CLOCK_REALTIME, &ts);
	return ts.tv_sec;
}

int64_t ay_time_mono_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* A decimal number without sign or leading blanks; *end_out is what follows it. */
static int parse_number(const char *text, uint64_t *v_out, const char **end_out)
{
	const char *p = text;
	uint64_t v = 0;

	for (; *p >= '0' && *p <= '9'; p++) {
		if (ay_ckd_mul_u64(v, 10, &v) || ay_ckd_add_u64(v, (uint64_t)(*p - '0'), &v))
			return AY_EFORMAT;
	}
	if (p == text)
		return AY_EFORMAT;
	*v_out = v;
	*end_out = p;
	return 0;
}

int ay_size_parse(const char *text, uint64_t *bytes)
{
	static const struct { const char *name; uint64_t factor; } units[] = {
		{"", 1}, {"B", 1},
		{"kB", 1000}, {"KB", 1000}, {"MB", 1000000}, {"GB", 1000000000}, {"TB", 1000000000000}, {"PB", 1000000000000000},
		{"KiB", 1ull << 10}, {"MiB", 1ull << 20}, {"GiB", 1ull << 30}, {"TiB", 1ull << 40}, {"PiB", 1ull << 50},
	};
	const char *unit;
	uint64_t v;

	*bytes = 0;
	if (parse_number(text, &v, &unit) != 0)
		return AY_EFORMAT;
	for (size_t i = 0; i < AY_ARRAY_LEN(units); i++) {
		if (strcmp(unit, units[i].name) == 0)
			return ay_ckd_mul_u64(v, units[i].factor, bytes) ? AY_EFORMAT : 0;
	}
	return AY_EFORMAT;
}

int ay_duration_parse(const char *text, int64_t *seconds)
{
	static const struct { char name; int64_t factor; } units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};
	const char *unit;
	uint64_t v;

	*seconds = 0;
	if (parse_number(text, &v, &unit) != 0 || v > INT64_MAX || strlen(unit) != 1)
		return AY_EFORMAT;
	for (size_t i = 0; i < AY_ARRAY_LEN(units); i++) {
		if (*unit == units[i].name)
			return ay_ckd_mul_i64((int64_t)v, units[i].factor, seconds) ? AY_EFORMAT : 0;
	}
	return AY_EFORMAT;
}

char *ay_size_format(char out[16], uint64_t bytes)
{
	static const char *const units[] = {"kB", "MB", "GB", "TB", "PB", "EB"};
	double v = (double)bytes / 1000;
	size_t u = 0;

	if (bytes < 1000) {
		snprintf(out, 16, "%u B", (unsigned)bytes);
		return out;
	}
	/* 999.95 would print as 1000.0. */
	while (v >= 999.95 && u + 1 < AY_ARRAY_LEN(units)) {
		v /= 1000;
		u++;
	}
	snprintf(out, 16, "%.1f %s", v, units[u]);
	return out;
}
