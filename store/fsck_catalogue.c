/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records against each other. Each check reads one table from end to end and
 * looks the others up, so memory stays constant (INV-10). Reference counts are
 * compared in sum: references of all objects are files in trees plus long values.
 */
#include "store/internal.h"

struct counts {
	struct ay_fsck *f;
	struct ay_txn *t;
	uint64_t state[8];
	uint64_t files, blobs;
	uint64_t refs, objects, bytes;
};

static int missing_is_0(int rc)
{
	return rc == AY_ENOTFOUND ? 0 : rc;
}

static int see_artifact(const struct ay_artifact *a, void *arg)
{
	struct counts *c = arg;
	struct ay_artifact by_id;
	struct ay_node top;
	int rc = ay_artifact_by_id(c->t, a->id, &by_id);

	c->f->r->artifacts++;
	c->state[a->state]++;
	if (rc == AY_ENOTFOUND)
		ay_fsck_problem(c->f, "%s: artifact %llu is not in table artifact_id", a->ref.text, (unsigned long long)a->id);
	else if (rc)
		return rc;
	if (a->state != AY_ADMITTED && !a->top)
		return 0;
	rc = ay_node_get(c->t, a->top, &top);
	if (rc == AY_ENOTFOUND || (!rc && (top.artifact != a->id || top.parent)))
		ay_fsck_problem(c->f, "%s: admitted, but its tree is gone; restore the catalogue from a backup", a->ref.text);
	return missing_is_0(rc);
}

/* A node's parent, its entry, its artifact and its object. */
static int see_node(const void *key, size_t key_len, const void *val, size_t val_len, void *arg)
{
	struct counts *c = arg;
	struct ay_node_record r;
	struct ay_artifact a;
	struct ay_node found;
	uint64_t size, refs;
	int rc;

	if (key_len != 8 || ay_node_decode(ay_get_be64(key), val, val_len, &r))
		return AY_ECORRUPT;
	unsigned long long id = r.n.id;

	if (!r.n.parent) {
		rc = ay_artifact_by_id(c->t, r.n.artifact, &a);
		if (rc == AY_ENOTFOUND || (!rc && a.top != r.n.id))
			ay_fsck_problem(c->f, "node %llu: the tree of no artifact", id);
		return missing_is_0(rc);
	}
	rc = ay_node_lookup(c->t, r.n.parent, r.name, &found);
	if (rc == AY_ENOTFOUND || (!rc && found.id != r.n.id))
		ay_fsck_problem(c->f, "node %llu: its directory does not list it", id);
	if (rc && rc != AY_ENOTFOUND)
		return rc;
	if (r.n.kind != AY_NODE_FILE)
		return 0;
	c->files++;
	rc = ay_object_stat(c->t, &r.n.sha256, &size, &refs);
	if (rc == AY_ENOTFOUND)
		ay_fsck_problem(c->f, "node %llu: its object is not referenced", id);
	else if (!rc && size != r.n.size)
		ay_fsck_problem(c->f, "node %llu: says %llu bytes, its object has %llu", id, (unsigned long long)r.n.size, (unsigned long long)size);
	return missing_is_0(rc);
}

static int see_entry(const void *key, size_t key_len, const void *val, size_t val_len, void *arg)
{
	struct counts *c = arg;
	struct ay_node n;
	uint64_t dir = key_len > 8 ? ay_get_be64(key) : 0;
	int rc;

	if (!dir || val_len != 8)
		return AY_ECORRUPT;
	rc = ay_node_get(c->t, ay_get_le64(val), &n);
	if (rc == AY_ENOTFOUND || (!rc && n.parent != dir))
		ay_fsck_problem(c->f, "directory %llu: an entry leads nowhere", (unsigned long long)dir);
	return missing_is_0(rc);
}

static int see_object(const void *key, size_t key_len, const void *val, size_t val_len, void *arg)
{
	struct counts *c = arg;
	struct ay_object o;

	(void)key;
	if (key_len != 32 || ay_object_decode(val, val_len, &o))
		return AY_ECORRUPT;
	c->refs += o.refs;
	c->objects += o.refs != 0;
	c->bytes += o.refs ? o.size : 0;
	return 0;
}

static int see_blob(const void *key, size_t key_len, const void *val, size_t val_len, void *arg)
{
	struct counts *c = arg;
	struct ay_blob b;

	(void)key;
	(void)key_len;
	if (ay_blob_decode(val, val_len, &b))
		return AY_ECORRUPT;
	c->blobs += !b.inlined;
	return 0;
}

/* Claims are kept byte for byte: the key is their digest. */
static int see_claim(const void *key, size_t key_len, const void *val, size_t val_len, void *arg)
{
	struct counts *c = arg;
	struct ay_sha256 got;
	struct ay_blob b;

	if (key_len != 32 || ay_blob_decode(val, val_len, &b))
		return AY_ECORRUPT;
	c->blobs += !b.inlined;
	got = b.inlined ? ay_sha256_of(b.bytes, (size_t)b.size) : b.object;
	if (memcmp(got.b, key, 32) != 0)
		ay_fsck_problem(c->f, "a claim does not have the digest that it is filed under");
	return 0;
}

static int see_attachment(const void *key, size_t key_len, const void *val, size_t val_len, void *arg)
{
	struct counts *c = arg;
	const uint8_t *k = key;
	char name[AY_LIMIT_COMPONENT + 1];
	uint64_t log_index;
	int rc;

	if (key_len != 40 || ay_claim_of_decode(val, val_len, &log_index, name))
		return AY_ECORRUPT;
	rc = ay_ix_has(c->t, AY_IX_ARTIFACT_ID, k, 8);
	if (!rc)
		rc = ay_ix_has(c->t, AY_IX_CLAIM, k + 8, 32);
	if (rc == AY_ENOTFOUND)
		ay_fsck_problem(c->f, "artifact %llu: a claim of it, or itself, is gone", (unsigned long long)ay_get_be64(k));
	return missing_is_0(rc);
}

static int see_tag(const struct ay_tag *tag, void *arg)
{
	struct counts *c = arg;
	struct ay_artifact a;
	char ref[AY_LIMIT_REF + AY_LIMIT_VERSION + 2];
	int rc;

	snprintf(ref, sizeof(ref), "%s@%s", tag->name, tag->version);
	rc = ay_artifact_get(c->t, ref, &a);
	if (rc == AY_ENOTFOUND)
		ay_fsck_problem(c->f, "tag %s@%s points to %s, which does not exist", tag->name, tag->tag, ref);
	return missing_is_0(rc);
}

static void compare(struct counts *c, const char *what, uint64_t found, uint64_t said)
{
	if (found != said)
		ay_fsck_problem(c->f, "catalogue: %llu %s found, %llu recorded", (unsigned long long)found, what, (unsigned long long)said);
}

static int check_sums_up(struct counts *c)
{
	uint64_t tally[AY_TALLY_N];
	int rc = ay_tally_get(c->t, tally);

	if (rc)
		return rc;
	for (int i = 0; i < 8; i++)
		compare(c, "artifacts of one state", c->state[i], tally[AY_TALLY_STATE + i]);
	compare(c, "files", c->files, tally[AY_TALLY_FILES]);
	compare(c, "objects", c->objects, tally[AY_TALLY_OBJECTS]);
	compare(c, "bytes of objects", c->bytes, tally[AY_TALLY_BYTES]);
	compare(c, "uses of objects", c->files + c->blobs, c->refs);
	compare(c, "artifacts", c->f->r->artifacts, ay_ix_count(c->t, AY_IX_ARTIFACT_ID));
	c->f->r->bytes = c->bytes;
	return 0;
}

int ay_fsck_catalogue(struct ay_fsck *f)
{
	struct counts c = { .f = f };
	int rc = ay_read_begin(f->s, &c.t);

	if (rc)
		return rc;
	rc = ay_artifact_each(c.t, "", see_artifact, &c);
	if (!rc)
		rc = ay_ix_each(c.t, AY_IX_NODE, NULL, 0, NULL, 0, see_node, &c);
	if (!rc)
		rc = ay_ix_each(c.t, AY_IX_ENTRY, NULL, 0, NULL, 0, see_entry, &c);
	if (!rc)
		rc = ay_ix_each(c.t, AY_IX_OBJECT, NULL, 0, NULL, 0, see_object, &c);
	if (!rc)
		rc = ay_ix_each(c.t, AY_IX_RECORD, NULL, 0, NULL, 0, see_blob, &c);
	if (!rc)
		rc = ay_ix_each(c.t, AY_IX_CLAIM, NULL, 0, NULL, 0, see_claim, &c);
	if (!rc)
		rc = ay_ix_each(c.t, AY_IX_CLAIM_OF, NULL, 0, NULL, 0, see_attachment, &c);
	if (!rc)
		rc = ay_tag_each(c.t, "", see_tag, &c);
	if (!rc)
		rc = check_sums_up(&c);
	if (rc == AY_ECORRUPT) {
		const char *what = ay_txn_message(c.t);

		ay_fsck_problem(f, "catalogue: %s; restore it from a backup", what[0] ? what : "a record does not decode");
		rc = 0;
	}
	ay_read_end(c.t);
	return rc;
}
