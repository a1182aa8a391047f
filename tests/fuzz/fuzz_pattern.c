/* SPDX-License-Identifier: Apache-2.0 */
/* A pattern up to the first NUL, a value behind it. */
#include "scanners/data/pattern.h"

#include "tests/lib/tap.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *nul = size ? memchr(data, 0, size) : NULL;
	size_t len = nul ? (size_t)(nul - data) : size;
	struct ay_pattern *p;

	if (ay_pattern_compile((const char *)data, len, &p, NULL) != 0)
		return 0;
	const char *value = nul ? (const char *)nul + 1 : "";
	size_t value_len = nul ? size - len - 1 : 0;
	bool first = ay_pattern_match(p, value, value_len);

	/* States that were kept change nothing. */
	if (ay_pattern_match(p, value, value_len) != first)
		abort();
	ay_pattern_free(p);
	return 0;
}
