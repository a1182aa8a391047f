/* SPDX-License-Identifier: Apache-2.0 */
/* Values that may be long: in the table itself, or as an object of their own. */
#include "assay/fd.h"
#include "store/internal.h"

static int old_object(struct ay_txn *t, enum ay_ix table, const void *key, size_t key_len, bool *any_out, struct ay_sha256 *out)
{
	struct ay_buf old = ay_buf_new(AY_LIMIT_RECORD_INLINE + 1);
	struct ay_blob b;
	int rc = ay_ix_get(t, table, key, key_len, &old);

	*any_out = false;
	if (rc == 0 && ay_blob_decode(old.data, old.len, &b))
		rc = ay_txn_fail(t, AY_ECORRUPT, "a record of table %s does not decode", ay_ix_name(table));
	if (rc == 0 && !b.inlined) {
		*any_out = true;
		*out = b.object;
	}
	ay_buf_free(&old);
	return rc;
}

static int put_long(struct ay_txn *t, const void *bytes, size_t len, struct ay_buf *value)
{
	struct ay_sha256 d;
	int rc = ay_object_put_in(t, bytes, len, &d);

	if (!rc)
		rc = ay_object_ref(t, &d, len);
	if (rc)
		return rc;
	ay_buf_addc(value, 1);
	ay_buf_add(value, d.b, sizeof(d.b));
	return ay_buf_le64(value, len);
}

int ay_blob_put(struct ay_txn *t, enum ay_ix table, const void *key, size_t key_len, const void *bytes, size_t len)
{
	struct ay_buf value = ay_buf_new(AY_LIMIT_RECORD_INLINE + 1);
	struct ay_sha256 old;
	bool had_object;
	int rc = old_object(t, table, key, key_len, &had_object, &old);

	if (rc && rc != AY_ENOTFOUND)
		return rc;
	if (len > AY_LIMIT_RECORD_INLINE) {
		rc = put_long(t, bytes, len, &value);
	} else {
		ay_buf_addc(&value, 0);
		rc = ay_buf_add(&value, bytes, len);
	}
	if (!rc)
		rc = ay_ix_put(t, table, key, key_len, value.data, value.len);
	if (!rc && had_object)
		rc = ay_object_unref(t, &old);
	ay_buf_free(&value);
	return rc;
}

static int get_long(struct ay_txn *t, const struct ay_blob *b, struct ay_buf *out)
{
	struct ay_store *s = ay_txn_store(t);
	struct ay_error e;
	struct ay_object o;
	char path[AY_OBJECT_PATH];
	int rc = ay_object_get(t, &b->object, &o);

	if (rc)
		return rc == AY_ENOTFOUND ? ay_txn_fail(t, AY_ECORRUPT, "a long record has lost its object") : rc;
	ay_object_path(&b->object, path);
	rc = ay_read_file(s->objects, path, out, &e);
	if (rc)
		return ay_txn_fail(t, rc, "%s", e.msg);
	struct ay_sha256 got = ay_sha256_of(out->data, out->len);

	if (out->len != b->size || !ay_sha256_eq(&got, &b->object))
		return ay_txn_fail(t, AY_ECORRUPT, "object %s differs from what was sealed", path + 3);
	return 0;
}

int ay_blob_get(struct ay_txn *t, enum ay_ix table, const void *key, size_t key_len, struct ay_buf *out)
{
	struct ay_buf value = ay_buf_new(AY_LIMIT_RECORD_INLINE + 1);
	struct ay_blob b;
	int rc = ay_ix_get(t, table, key, key_len, &value);

	ay_buf_clear(out);
	if (!rc && ay_blob_decode(value.data, value.len, &b))
		rc = ay_txn_fail(t, AY_ECORRUPT, "a record of table %s does not decode", ay_ix_name(table));
	if (!rc)
		rc = b.inlined ? ay_buf_add(out, b.bytes, (size_t)b.size) : get_long(t, &b, out);
	ay_buf_free(&value);
	return rc;
}

int ay_blob_del(struct ay_txn *t, enum ay_ix table, const void *key, size_t key_len)
{
	struct ay_sha256 old;
	bool had_object;
	int rc = old_object(t, table, key, key_len, &had_object, &old);

	if (!rc)
		rc = ay_ix_del(t, table, key, key_len);
	if (!rc && had_object)
		rc = ay_object_unref(t, &old);
	return rc;
}
