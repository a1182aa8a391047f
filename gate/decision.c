/* SPDX-License-Identifier: Apache-2.0 */
/* What was decided about an admitted artifact under some rules: table ADMISSION of docs/format.md. */
#include "assay/cursor.h"
#include "gate/candidate.h"

void ay_admission_key(uint64_t artifact, const struct ay_sha256 *rules, uint64_t trust_version, uint8_t out[AY_ADMISSION_KEY])
{
	for (int i = 7; i >= 0; i--, artifact >>= 8)
		out[i] = (uint8_t)artifact;
	memcpy(out + 8, rules->b, sizeof(rules->b));
	for (int i = AY_ADMISSION_KEY - 1; i >= 40; i--, trust_version >>= 8)
		out[i] = (uint8_t)trust_version;
}

int ay_decision_encode(const struct ay_decision *d, struct ay_buf *out)
{
	ay_buf_addc(out, (uint8_t)d->verdict);
	ay_buf_be64(out, d->baseline);
	ay_buf_be32(out, (uint32_t)d->nproofs);
	for (size_t i = 0; i < d->nproofs; i++)
		ay_buf_be64(out, d->proof[i]);
	return ay_buf_adds(out, d->reason);
}

static int decode(const void *bytes, size_t len, struct ay_decision *out)
{
	struct ay_cursor c = ay_cursor_of(bytes, len, 0);
	size_t left;

	*out = (struct ay_decision){ .verdict = (enum ay_verdict)ay_cursor_u8(&c) };
	out->baseline = ay_cursor_be64(&c);
	out->nproofs = ay_cursor_be32(&c);
	for (size_t i = 0; i < out->nproofs && i < AY_ARRAY_LEN(out->proof); i++)
		out->proof[i] = ay_cursor_be64(&c);
	left = c.left;
	if (c.err || out->verdict > AY_FAIL || out->nproofs > AY_ARRAY_LEN(out->proof) || left >= sizeof(out->reason))
		return AY_ECORRUPT;
	ay_cursor_copy(&c, out->reason, left);
	return c.err ? AY_ECORRUPT : 0;
}

/* The last one below a prefix of the key. */
static int last(struct ay_txn *t, const uint8_t *prefix, size_t len, struct ay_buf *key, struct ay_decision *out)
{
	struct ay_buf val = ay_buf_new(4096);
	int rc = ay_doc_last(t, AY_TABLE_ADMISSION, prefix, len, key, &val);

	if (rc == 0)
		rc = decode(val.data, val.len, out);
	ay_buf_free(&val);
	return rc;
}

int ay_decision_get(struct ay_txn *t, uint64_t artifact, const struct ay_sha256 *rules, struct ay_decision *out)
{
	struct ay_buf key = ay_buf_new(256);
	uint8_t k[AY_ADMISSION_KEY];
	int rc;

	ay_admission_key(artifact, rules, 0, k);
	rc = last(t, k, sizeof(k) - 8, &key, out);
	ay_buf_free(&key);
	return rc;
}

int ay_decision_baseline(struct ay_txn *t, uint64_t artifact, uint64_t *version_out)
{
	static const struct ay_sha256 any;
	struct ay_buf key = ay_buf_new(256);
	uint8_t k[AY_ADMISSION_KEY];
	struct ay_decision d;
	int rc;

	ay_admission_key(artifact, &any, 0, k);
	rc = last(t, k, 8, &key, &d);
	ay_buf_free(&key);
	if (rc == 0)
		*version_out = d.baseline;
	return rc;
}

int ay_decision_add_proof(struct ay_txn *t, uint64_t artifact, const struct ay_sha256 *rules, uint64_t log_index)
{
	struct ay_buf key = ay_buf_new(256), val = ay_buf_new(4096);
	uint8_t k[AY_ADMISSION_KEY];
	struct ay_decision d;
	int rc;

	ay_admission_key(artifact, rules, 0, k);
	rc = last(t, k, sizeof(k) - 8, &key, &d);
	/* Not judged under these rules, or as many as there may be: nothing to add to. */
	if (rc == AY_ENOTFOUND || (rc == 0 && d.nproofs == AY_ARRAY_LEN(d.proof))) {
		rc = 0;
	} else if (rc == 0) {
		d.proof[d.nproofs++] = log_index;
		rc = ay_decision_encode(&d, &val);
		if (rc == 0)
			rc = ay_doc_put(t, AY_TABLE_ADMISSION, key.data, key.len, val.data, val.len);
	}
	ay_buf_free(&key);
	ay_buf_free(&val);
	return rc;
}
