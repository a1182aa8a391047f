/* SPDX-License-Identifier: Apache-2.0 */
/* A policy is either refused with its line, or answers every question; parsing it again gives the same rules. */
#include "assay/policy.h"

#include <string.h>

#include "gate/pattern.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define REQUIRE(cond) do { if (!(cond)) ay_bug("fuzz_policy: %s", #cond); } while (0)

static const char *const names[] = {"models/a", "models/a/b", "models/imported/x", "datasets/x", "code/y/z"};

static void ask(const struct ay_policy *p, const struct ay_policy *again)
{
	struct ay_buf b = ay_buf_new(1 << 24);

	for (size_t i = 0; i < AY_ARRAY_LEN(names); i++) {
		const struct ay_rules *r, *r2;
		int rc = ay_policy_rules(p, names[i], &r, NULL);

		REQUIRE(rc == ay_policy_rules(again, names[i], &r2, NULL));
		REQUIRE(rc == 0 ? r != NULL : rc == AY_EPOLICY && !r);
		if (r) {
			REQUIRE(ay_sha256_eq(&r->digest, &r2->digest));
			REQUIRE(ay_patterns_meet(r->pattern, names[i]));
			REQUIRE(r->gates != 0 && r->gates < 1u << AY_GATE_POISONING);
			REQUIRE(r->signature.threshold >= 1);
			REQUIRE(!(r->gates & 1u << AY_GATE_PROVENANCE) == (r->provenance.kind == AY_PROV_NONE));
		}
		/* UINT32_MAX is no user: no look-up by name can answer with it. */
		if (ay_policy_access(p, names[i], AY_RIGHT_PUBLISH, UINT32_MAX, NULL, NULL))
			REQUIRE(ay_policy_access(p, names[i], AY_RIGHT_ATTEST, UINT32_MAX, NULL, NULL));
		ay_policy_ignored(p, names[i]);
	}
	ay_policy_warnings(p, &b);
	ay_buf_free(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ay_policy *p, *again;
	struct ay_error e = {0};
	int rc = ay_policy_parse(data, size, &p, &e);

	REQUIRE(rc == 0 ? p != NULL : !p && e.msg[0] != '\0');
	if (rc == AY_EFORMAT)
		REQUIRE(strncmp(e.msg, "line ", 5) == 0);
	if (!p)
		return 0;
	REQUIRE(ay_policy_parse(data, size, &again, NULL) == 0);
	ask(p, again);
	ay_policy_free(p);
	ay_policy_free(again);
	return 0;
}
