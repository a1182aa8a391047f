/* SPDX-License-Identifier: Apache-2.0 */
/* Table `tag`: the only names that can be moved. */
#include "store/internal.h"

/* NAME NUL TAG; together no longer than a reference, because NAME@TAG is used like one. */
static int tag_key(const char *name, const char *tag, char key[AY_LIMIT_REF + 1], size_t *len_out)
{
	size_t name_len = strlen(name), tag_len = strlen(tag);

	if (name_len + 1 + tag_len > AY_LIMIT_REF)
		return AY_ELIMIT;
	memcpy(key, name, name_len + 1);
	memcpy(key + name_len + 1, tag, tag_len);
	*len_out = name_len + 1 + tag_len;
	return 0;
}

int ay_tag_get(struct ay_txn *t, const char *name, const char *tag, struct ay_tag *out)
{
	char key[AY_LIMIT_REF + 1];
	uint8_t raw[AY_CODEC_MAX];
	size_t key_len, len = 0;
	int rc;

	if (tag_key(name, tag, key, &key_len))
		return AY_ENOTFOUND;
	rc = ay_ix_read(t, AY_IX_TAG, key, key_len, raw, sizeof(raw), &len);
	if (rc)
		return rc;
	return ay_tag_decode(key, key_len, raw, len, out) ? ay_txn_fail(t, AY_ECORRUPT, "the record of tag %s@%s does not decode", name, tag) : 0;
}

int ay_tag_put(struct ay_txn *t, const struct ay_tag *tag)
{
	struct ay_buf b = ay_buf_new(AY_CODEC_MAX);
	char key[AY_LIMIT_REF + 1];
	struct ay_tag check;
	size_t key_len;
	int rc = tag_key(tag->name, tag->tag, key, &key_len);

	if (rc)
		return ay_txn_fail(t, rc, "%s@%s is longer than %d bytes", tag->name, tag->tag, AY_LIMIT_REF);
	rc = ay_tag_encode(&b, tag);
	if (rc)
		ay_txn_fail(t, rc, "a tag's record");
	else if (ay_tag_decode(key, key_len, b.data, b.len, &check))
		rc = ay_txn_fail(t, AY_EUSAGE, "not a tag: %s@%s", tag->name, tag->tag);
	else
		rc = ay_ix_put(t, AY_IX_TAG, key, key_len, b.data, b.len);
	ay_buf_free(&b);
	return rc;
}

struct each {
	struct ay_txn *t;
	int (*fn)(const struct ay_tag *tag, void *arg);
	void *arg;
};

static int each_tag(const void *key, size_t key_len, const void *val, size_t val_len, void *arg)
{
	struct each *w = arg;
	struct ay_tag tag;

	if (ay_tag_decode(key, key_len, val, val_len, &tag))
		return ay_txn_fail(w->t, AY_ECORRUPT, "a record of table tag does not decode");
	return w->fn(&tag, w->arg);
}

int ay_tag_each(struct ay_txn *t, const char *name_prefix, int (*fn)(const struct ay_tag *tag, void *arg), void *arg)
{
	struct each w = { t, fn, arg };

	return ay_ix_each(t, AY_IX_TAG, name_prefix, strlen(name_prefix), NULL, 0, each_tag, &w);
}
