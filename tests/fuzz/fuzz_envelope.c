/* SPDX-License-Identifier: Apache-2.0 */
/* Envelopes, bundles, their statements and proofs. Signing is left out: the bytes before it are the attack surface. */
#include "assay/claim.h"

#include "assay/log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct ay_pubkey key;
	struct ay_envelope env;
	struct ay_statement st;
	struct ay_error e;
	uint64_t index, mask;

	if (key.spki_len == 0) {
		/* The base point of Ed25519. */
		static const uint8_t raw[32] = { 0x58, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66,
						 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66 };

		if (ay_pubkey_from_ed25519(raw, &key) < 0)
			ay_bug("no key");
	}
	if (ay_envelope_parse(data, size, &env, &e) < 0)
		return 0;
	if (ay_envelope_verify(&env, &key, 1, &mask, &e) == 0 && env.is_bundle) {
		int r = ay_bundle_check_proof(&env, &key, &key, "log.example", &index, &e);

		(void)r;
	}
	if (ay_statement_parse(env.payload, env.payload_len, &st, &e) == 0)
		ay_statement_free(&st);
	ay_envelope_free(&env);
	return 0;
}
