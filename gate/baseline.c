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

static int read_one(const struct ay_trust *t, const char *name, const void *val, size_t len, char **schema, uint64_t *version_out)
{
	struct ay_statement st;
	int rc = ay_indexed_verify(t, name, "baseline/v1", val, len, &st);

	if (rc)
		return rc;
	rc = ay_json_u64(ay_json_get(st.predicate, "version"), version_out);
	if (rc == 0)
		rc = schema_of(&st, name, schema);
	ay_statement_free(&st);
	return rc;
}

struct newest { const struct ay_trust *trust; const char *name; char **schema; uint64_t version; };

/* In ascending order, so the last that is trusted stays. */
static int keep_trusted(const void *key, size_t key_len, const void *val, size_t val_len, void *arg)
{
	struct newest *n = arg;
	char *schema;
	int rc = read_one(n->trust, n->name, val, val_len, &schema, &n->version);

	(void)key;
	(void)key_len;
	if (rc == AY_ETRUST)
		return 0;
	if (rc)
		return rc;
	free(*n->schema);
	*n->schema = schema;
	return 0;
}

/* After a curator's key is lost, what another one approved before it holds again. */
static int newest_trusted(struct ay_txn *txn, const struct ay_trust *t, const char *name, char **schema, uint64_t *version_out)
{
	struct newest n = { t, name, schema, 0 };
	int rc = ay_doc_each(txn, AY_TABLE_BASELINE, name, strlen(name) + 1, keep_trusted, &n);

	*version_out = n.version;
	return rc ? rc : *schema ? 0 : AY_ENOTFOUND;
}

static int get(struct ay_txn *txn, const char *name, const uint64_t *pinned, struct ay_buf *val)
{
	struct ay_buf key = ay_buf_new(AY_LIMIT_REF + 16);
	size_t len = strlen(name) + 1;
	int rc;

	if (pinned) {
		ay_buf_add(&key, name, len);
		ay_buf_be64(&key, *pinned);
		rc = key.err ? key.err : ay_doc_get(txn, AY_TABLE_BASELINE, key.data, key.len, val);
	} else {
		rc = ay_doc_last(txn, AY_TABLE_BASELINE, name, len, &key, val);
	}
	ay_buf_free(&key);
	return rc;
}

int ay_baseline_load(struct ay_gate *g, const struct ay_trust *t, const char *name, const uint64_t *pinned, char **schema,
		     uint64_t *version_out)
{
	struct ay_buf val = ay_buf_new(32 * MIB);
	struct ay_txn *txn;
	int rc;

	*schema = NULL;
	*version_out = 0;
	if (pinned && !*pinned)
		return AY_ENOTFOUND;
	rc = ay_read_begin(g->store, &txn);
	if (rc)
		return rc;
	rc = get(txn, name, pinned, &val);
	if (rc == 0)
		rc = read_one(t, name, val.data, val.len, schema, version_out);
	if (rc == AY_ETRUST && !pinned)
		rc = newest_trusted(txn, t, name, schema, version_out);
	ay_read_end(txn);
	ay_buf_free(&val);
	return rc;
}
