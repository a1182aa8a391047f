/* SPDX-License-Identifier: Apache-2.0 */
/* Keyed documents: tables whose values the store does not look into. */
#include "store/internal.h"

static enum ay_ix table_of(enum ay_table table)
{
	switch (table) {
	case AY_TABLE_TRUST:
		return AY_IX_TRUST;
	case AY_TABLE_POLICY:
		return AY_IX_POLICY;
	case AY_TABLE_BASELINE:
		return AY_IX_BASELINE;
	case AY_TABLE_WAIVER:
		return AY_IX_WAIVER;
	case AY_TABLE_SCAN:
		return AY_IX_SCAN;
	case AY_TABLE_ADMISSION:
		return AY_IX_ADMISSION;
	case AY_TABLE_HIGH_WATER:
		return AY_IX_HIGH_WATER;
	case AY_TABLE_QUOTA:
		return AY_IX_QUOTA;
	}
	ay_bug("no document table %d", (int)table);
}

int ay_doc_put(struct ay_txn *t, enum ay_table table, const void *key, size_t key_len, const void *val, size_t val_len)
{
	return ay_ix_put(t, table_of(table), key, key_len, val, val_len);
}

int ay_doc_get(struct ay_txn *t, enum ay_table table, const void *key, size_t key_len, struct ay_buf *out)
{
	return ay_ix_get(t, table_of(table), key, key_len, out);
}

int ay_doc_each(struct ay_txn *t, enum ay_table table, const void *prefix, size_t prefix_len,
		int (*fn)(const void *key, size_t key_len, const void *val, size_t val_len, void *arg), void *arg)
{
	return ay_ix_each(t, table_of(table), prefix, prefix_len, NULL, 0, fn, arg);
}

int ay_doc_last(struct ay_txn *t, enum ay_table table, const void *prefix, size_t prefix_len, struct ay_buf *key_out, struct ay_buf *val_out)
{
	return ay_ix_last(t, table_of(table), prefix, prefix_len, key_out, val_out);
}
