/* SPDX-License-Identifier: Apache-2.0 */
/* Table `store`: counters. */
#include "assay/cursor.h"
#include "store/internal.h"

#define TALLY_SIZE (1 + 8 * AY_TALLY_N)

int ay_tally_get(struct ay_txn *t, uint64_t out[AY_TALLY_N])
{
	uint8_t raw[TALLY_SIZE];
	size_t len = 0;
	int rc = ay_ix_read(t, AY_IX_STORE, "tally", 5, raw, sizeof(raw), &len);

	memset(out, 0, AY_TALLY_N * sizeof(out[0]));
	if (rc)
		return rc == AY_ENOTFOUND ? 0 : rc;
	struct ay_cursor c = ay_cursor_of(raw, len, 0);

	if (ay_cursor_u8(&c) != 1)
		ay_cursor_fail(&c, AY_EFORMAT);
	for (int i = 0; i < AY_TALLY_N; i++)
		out[i] = ay_cursor_le64(&c);
	rc = ay_cursor_end(&c);
	return rc ? ay_txn_fail(t, AY_ECORRUPT, "the store's tally does not decode") : 0;
}

int ay_tally_flush(struct ay_txn *t, const int64_t delta[AY_TALLY_N])
{
	uint64_t now[AY_TALLY_N];
	struct ay_buf b;
	bool any = false;
	int rc;

	for (int i = 0; i < AY_TALLY_N; i++)
		any |= delta[i] != 0;
	if (!any)
		return 0;
	rc = ay_tally_get(t, now);
	if (rc)
		return rc;
	b = ay_buf_new(TALLY_SIZE);
	ay_buf_addc(&b, 1);
	for (int i = 0; i < AY_TALLY_N; i++)
		ay_buf_le64(&b, now[i] + (uint64_t)delta[i]);
	rc = b.err ? ay_txn_fail(t, b.err, "tally") : ay_ix_put(t, AY_IX_STORE, "tally", 5, b.data, b.len);
	ay_buf_free(&b);
	return rc;
}

int ay_counter_take(struct ay_txn *t, const char *name, uint64_t least, uint64_t n, uint64_t *first_out)
{
	uint8_t raw[8] = {0};
	size_t len = 0;
	uint64_t first = least;
	int rc = ay_ix_read(t, AY_IX_STORE, name, strlen(name), raw, sizeof(raw), &len);

	if (rc && rc != AY_ENOTFOUND)
		return rc;
	if (!rc) {
		first = ay_get_le64(raw);
		if (len != sizeof(raw) || first < least)
			return ay_txn_fail(t, AY_ECORRUPT, "the store's counter %s does not decode", name);
	}
	if (n > UINT64_MAX / 2 - first)
		return ay_txn_fail(t, AY_ELIMIT, "the store's counter %s is exhausted", name);
	ay_put_le64(raw, first + n);
	*first_out = first;
	return ay_ix_put(t, AY_IX_STORE, name, strlen(name), raw, sizeof(raw));
}
