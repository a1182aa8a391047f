/* SPDX-License-Identifier: Apache-2.0 */
#include "assay/scan.h"

#include <inttypes.h>

#include "assay/digest.h"

void ay_scanners_version(char out[65])
{
	struct ay_hash *h = ay_hash_new();
	struct ay_sha256 digest;
	char line[256];

	if (!h)
		ay_bug("out of memory while hashing the scanner table");
	for (size_t i = 0; i < ay_scanners_count; i++) {
		snprintf(line, sizeof(line), "%s %" PRIu32 "\n", ay_scanners[i]->name, ay_scanners[i]->version);
		ay_hash_add(h, line, strlen(line));
	}
	for (size_t i = 0; i < ay_rule_table_count; i++) {
		const struct ay_rule *r = &ay_rule_table[i];

		snprintf(line, sizeof(line), "%s %s %d %d %d\n", r->id, r->gate, r->verdict, r->severity, r->code_execution);
		ay_hash_add(h, line, strlen(line));
	}
	digest = ay_hash_final(h);
	ay_hash_free(h);
	ay_sha256_hex(&digest, out);
}
