/* SPDX-License-Identifier: Apache-2.0 */
/* Test Anything Protocol in C. One plan at the end; failures print file, line and both values. */
#ifndef ASSAY_TAP_H
#define ASSAY_TAP_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "assay/attr.h"

static int tap_count, tap_failed;

static inline bool AY_PRINTF(4, 5) tap_ok(bool ok, const char *file, int line, const char *fmt, ...)
{
	va_list ap;

	printf("%sok %d - ", ok ? "" : "not ", ++tap_count);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n");
	if (!ok) {
		tap_failed++;
		printf("# at %s:%d\n", file, line);
	}
	fflush(stdout);
	return ok;
}

#define ok(cond, ...) tap_ok((cond), __FILE__, __LINE__, __VA_ARGS__)
#define is_int(got, want, ...) do { \
		long long tap_g = (long long)(got), tap_w = (long long)(want); \
		if (!ok(tap_g == tap_w, __VA_ARGS__)) \
			printf("#  got %lld\n# want %lld\n", tap_g, tap_w); \
	} while (0)
#define is_str(got, want, ...) do { \
		const char *tap_g = (got), *tap_w = (want); \
		if (!ok(tap_g && tap_w && strcmp(tap_g, tap_w) == 0, __VA_ARGS__)) \
			printf("#  got %s\n# want %s\n", tap_g ? tap_g : "(null)", tap_w ? tap_w : "(null)"); \
	} while (0)
#define is_mem(got, want, len, ...) ok(memcmp((got), (want), (len)) == 0, __VA_ARGS__)
#define skip(why) printf("ok %d # SKIP %s\n", ++tap_count, (why))

/* Last statement of main. */
static inline int done_testing(void)
{
	printf("1..%d\n", tap_count);
	return tap_failed ? 1 : 0;
}

#endif
