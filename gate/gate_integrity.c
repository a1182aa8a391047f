/* SPDX-License-Identifier: Apache-2.0 */
/* Every listed file is there, is what was signed, and nothing else is. */
#include "gate/candidate.h"

static void differs(struct ay_candidate *c, const struct ay_file *have, const struct ay_file *want)
{
	char got[AY_SHA256_HEX], signed_hex[AY_SHA256_HEX];

	ay_sha256_hex(&have->sha256, got);
	ay_sha256_hex(&want->sha256, signed_hex);
	ay_gate_find(c, AY_GATE_INTEGRITY, "integrity.digest", have->path, got, signed_hex, "the file is not what was signed");
}

static void compare(struct ay_candidate *c, const struct ay_file_list *want)
{
	const struct ay_file_list *have = &c->files;
	size_t i = 0, k = 0;

	while (i < have->n || k < want->n) {
		int order = i == have->n ? 1 : k == want->n ? -1 : strcmp(have->v[i].path, want->v[k].path);

		if (order < 0) {
			ay_gate_find(c, AY_GATE_INTEGRITY, "integrity.extra", have->v[i].path, NULL, NULL, "no signature lists this file");
			i++;
		} else if (order > 0) {
			ay_gate_find(c, AY_GATE_INTEGRITY, "integrity.missing", want->v[k].path, NULL, NULL, "signed, but not there");
			k++;
		} else {
			if (!ay_sha256_eq(&have->v[i].sha256, &want->v[k].sha256))
				differs(c, &have->v[i], &want->v[k]);
			i++;
			k++;
		}
	}
}

void ay_gate_integrity(struct ay_candidate *c)
{
	bool conflict;
	const struct ay_oms *manifest = ay_claims_manifest(&c->claims, &conflict);

	if (!c->files.n)
		ay_gate_find(c, AY_GATE_INTEGRITY, "integrity.empty", NULL, NULL, NULL, "there is no file to publish");
	if (conflict)
		ay_gate_find(c, AY_GATE_INTEGRITY, "integrity.unlisted", NULL, NULL, NULL, "the signatures disagree about the files");
	else if (manifest)
		compare(c, &manifest->files);
	else if (c->rules->gates >> AY_GATE_SIGNATURE & 1)
		ay_gate_find(c, AY_GATE_INTEGRITY, "integrity.unlisted", NULL, NULL, NULL, "no signature that counts lists the files");
	else
		ay_gate_find(c, AY_GATE_INTEGRITY, "integrity.no-manifest", NULL, NULL, NULL, "the policy asks for no signature");
}
