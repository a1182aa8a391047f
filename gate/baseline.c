/* SPDX-License-Identifier: Apache-2.0 */
/* The approved schema of a dataset name: the newest one that a curator, still trusted for that name, signed. */
#include <errno.h>
#include "gate/candidate.h"

static int schema_of(const struct ay_statement *st, const char *name, char **schema)
{
	const char *own = ay_json_str(ay_json_get(st->predicate, "name"), NULL);
	struct ay_buf b = ay_buf_new(16 * MIB);
	struct ay_jw w = ay_jw_new(&b, false);

	if (!own || strcmp(own, name) != 0)
		return AY_ECORRUPT;
	ay_jw_tree(&w, ay_json_get(st->predicate, "schema"));
	*schema = (char *)ay_buf_steal(&b, NULL);
	ay_buf_free(&b);
	return *schema ? 0 : -ENOMEM;
}

int ay_baseline_load(struct ay_gate *g, const struct ay_trust *t, const char *name, char **schema, uint64_t *version_out)
{
	struct ay_buf key = ay_buf_new(1024), val = ay_buf_new(32 * MIB);
	struct ay_statement st;
	struct ay_txn *txn;
	int rc = ay_read_begin(g->store, &txn);

	if (rc)
		return rc;
	rc = ay_doc_last(txn, AY_TABLE_BASELINE, name, strlen(name) + 1, &key, &val);
	ay_read_end(txn);
	if (rc == 0)
		rc = ay_indexed_verify(t, name, "baseline/v1", val.data, val.len, &st);
	if (rc == 0) {
		rc = ay_json_u64(ay_json_get(st.predicate, "version"), version_out);
		if (rc == 0)
			rc = schema_of(&st, name, schema);
		ay_statement_free(&st);
	}
	ay_buf_free(&key);
	ay_buf_free(&val);
	return rc;
}
