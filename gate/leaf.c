/* SPDX-License-Identifier: Apache-2.0 */
/* From a signed envelope to its leaf in the transparency log. */
#include "gate/core.h"

int ay_envelope_leaf(const struct ay_envelope *env, const struct ay_pubkey *k, struct ay_buf *out)
{
	struct ay_buf pae = ay_buf_new(env->payload_len + 512);
	int rc = ay_dsse_pae(env->payload_type, env->payload, env->payload_len, &pae);

	if (rc == 0) {
		rc = AY_ESIGNATURE;
		for (size_t i = 0; i < env->nsigs; i++) {
			if (!ay_verify(k, pae.data, pae.len, env->sigs[i].sig, env->sigs[i].sig_len))
				continue;
			rc = ay_log_leaf(k, pae.data, pae.len, env->sigs[i].sig, env->sigs[i].sig_len, out);
			break;
		}
	}
	ay_buf_free(&pae);
	return rc;
}

int ay_bundle_leaf(const void *bytes, size_t len, const struct ay_pubkey *k, struct ay_buf *out)
{
	struct ay_envelope env;
	int rc = ay_envelope_parse(bytes, len, &env, NULL);

	if (rc)
		return rc;
	rc = ay_envelope_leaf(&env, k, out);
	ay_envelope_free(&env);
	return rc;
}
