/* SPDX-License-Identifier: Apache-2.0 */
/* Records as bytes: docs/format.md "Catalogue". */
#include "assay/cursor.h"
#include "assay/text.h"
#include "store/internal.h"

#define RECORD_VERSION 1

static void put_text(struct ay_buf *b, const char *text)
{
	size_t len = strlen(text);

	ay_buf_le16(b, (uint16_t)len);
	ay_buf_add(b, text, len);
}

/* A string of less than room bytes without NUL. */
static void get_text(struct ay_cursor *c, char *out, size_t room)
{
	size_t len = ay_cursor_le16(c);

	out[0] = '\0';
	if (len >= room) {
		ay_cursor_fail(c, AY_EFORMAT);
		return;
	}
	ay_cursor_copy(c, out, len);
	out[c->err ? 0 : len] = '\0';
	if (!c->err && strlen(out) != len)
		ay_cursor_fail(c, AY_EFORMAT);
}

static void get_version(struct ay_cursor *c)
{
	if (ay_cursor_u8(c) != RECORD_VERSION)
		ay_cursor_fail(c, AY_EFORMAT);
}

static int get_enum(struct ay_cursor *c, int first, int last)
{
	int v = ay_cursor_u8(c);

	if (v < first || v > last)
		ay_cursor_fail(c, AY_EFORMAT);
	return v;
}

/* A whole second and the nanoseconds after it. */
static void get_time(struct ay_cursor *c, int64_t *s, uint32_t *ns)
{
	*s = (int64_t)ay_cursor_le64(c);
	*ns = ay_cursor_le32(c);
	if (*ns >= 1000000000)
		ay_cursor_fail(c, AY_EFORMAT);
}

int ay_artifact_encode(struct ay_buf *b, const struct ay_artifact *a)
{
	ay_buf_addc(b, RECORD_VERSION);
	ay_buf_le64(b, a->id);
	ay_buf_addc(b, (uint8_t)a->state);
	ay_buf_le32(b, a->uid);
	ay_buf_le32(b, a->gid);
	ay_buf_le64(b, (uint64_t)a->created_s);
	ay_buf_le64(b, (uint64_t)a->changed_s);
	ay_buf_le64(b, a->top);
	ay_buf_le64(b, a->files);
	ay_buf_le64(b, a->bytes);
	ay_buf_add(b, a->root.b, sizeof(a->root.b));
	ay_buf_add(b, a->root_alias.b, sizeof(a->root_alias.b));
	ay_buf_le64(b, a->log_index);
	put_text(b, a->reason);
	return b->err;
}

int ay_artifact_decode(const char *ref, const void *bytes, size_t len, struct ay_artifact *out)
{
	struct ay_cursor c = ay_cursor_of(bytes, len, 0);
	struct ay_ref parsed;
	int rc = ay_ref_parse(ref, &parsed, NULL); /* first: callers may pass out's own text */

	if (rc)
		return rc;
	memset(out, 0, sizeof(*out));
	out->ref = parsed;
	get_version(&c);
	out->id = ay_cursor_le64(&c);
	out->state = (enum ay_state)get_enum(&c, AY_OPEN, AY_RETIRED);
	out->uid = ay_cursor_le32(&c);
	out->gid = ay_cursor_le32(&c);
	out->created_s = (int64_t)ay_cursor_le64(&c);
	out->changed_s = (int64_t)ay_cursor_le64(&c);
	out->top = ay_cursor_le64(&c);
	out->files = ay_cursor_le64(&c);
	out->bytes = ay_cursor_le64(&c);
	ay_cursor_copy(&c, out->root.b, sizeof(out->root.b));
	ay_cursor_copy(&c, out->root_alias.b, sizeof(out->root_alias.b));
	out->log_index = ay_cursor_le64(&c);
	get_text(&c, out->reason, sizeof(out->reason));
	rc = ay_cursor_end(&c);
	return !rc && out->id == 0 ? AY_EFORMAT : rc;
}

int ay_node_encode(struct ay_buf *b, const struct ay_node_record *r)
{
	const struct ay_node *n = &r->n;

	ay_buf_addc(b, RECORD_VERSION);
	ay_buf_addc(b, (uint8_t)n->kind);
	ay_buf_addc(b, n->executable);
	ay_buf_le64(b, n->parent);
	ay_buf_le64(b, n->artifact);
	ay_buf_le64(b, (uint64_t)n->mtime_s);
	ay_buf_le32(b, n->mtime_ns);
	ay_buf_le64(b, n->ino);
	ay_buf_le64(b, n->size);
	ay_buf_add(b, n->sha256.b, sizeof(n->sha256.b));
	put_text(b, r->name);
	return b->err;
}

int ay_node_decode(uint64_t id, const void *bytes, size_t len, struct ay_node_record *out)
{
	struct ay_cursor c = ay_cursor_of(bytes, len, 0);
	struct ay_node *n = &out->n;
	int rc;

	memset(n, 0, sizeof(*n));
	n->id = id;
	get_version(&c);
	n->kind = (enum ay_node_kind)get_enum(&c, AY_NODE_DIR, AY_NODE_FILE);
	n->executable = get_enum(&c, 0, 1);
	n->parent = ay_cursor_le64(&c);
	n->artifact = ay_cursor_le64(&c);
	get_time(&c, &n->mtime_s, &n->mtime_ns);
	n->ino = ay_cursor_le64(&c);
	n->size = ay_cursor_le64(&c);
	ay_cursor_copy(&c, n->sha256.b, sizeof(n->sha256.b));
	get_text(&c, out->name, sizeof(out->name));
	rc = ay_cursor_end(&c);
	if (rc)
		return rc;
	/* Parents come first, so that no walk upwards can go round. */
	if (n->parent >= id || (n->parent == 0) != (out->name[0] == '\0') || strchr(out->name, '/') ||
	    (n->parent == 0 && n->kind != AY_NODE_DIR) || strcmp(out->name, ".") == 0 || strcmp(out->name, "..") == 0)
		return AY_EFORMAT;
	return 0;
}

int ay_object_encode(struct ay_buf *b, const struct ay_object *o)
{
	ay_buf_addc(b, RECORD_VERSION);
	ay_buf_addc(b, (uint8_t)o->state);
	ay_buf_addc(b, o->dead);
	ay_buf_le64(b, o->refs);
	ay_buf_le64(b, o->size);
	ay_buf_le64(b, o->ino);
	ay_buf_le64(b, (uint64_t)o->mtime_s);
	ay_buf_le32(b, o->mtime_ns);
	ay_buf_le64(b, (uint64_t)o->ctime_s);
	ay_buf_le32(b, o->ctime_ns);
	ay_buf_le64(b, o->epoch);
	return b->err;
}

int ay_object_decode(const void *bytes, size_t len, struct ay_object *out)
{
	struct ay_cursor c = ay_cursor_of(bytes, len, 0);
	int rc;

	get_version(&c);
	out->state = (enum ay_object_state)get_enum(&c, AY_OBJECT_PLACED, AY_OBJECT_SEALED);
	out->dead = get_enum(&c, 0, 1);
	out->refs = ay_cursor_le64(&c);
	out->size = ay_cursor_le64(&c);
	out->ino = ay_cursor_le64(&c);
	get_time(&c, &out->mtime_s, &out->mtime_ns);
	get_time(&c, &out->ctime_s, &out->ctime_ns);
	out->epoch = ay_cursor_le64(&c);
	rc = ay_cursor_end(&c);
	if (!rc && out->dead && out->refs)
		rc = AY_EFORMAT;
	return rc;
}

int ay_tag_encode(struct ay_buf *b, const struct ay_tag *tag)
{
	ay_buf_addc(b, RECORD_VERSION);
	ay_buf_le64(b, tag->seq);
	ay_buf_le64(b, (uint64_t)tag->moved_s);
	put_text(b, tag->version);
	return b->err;
}

int ay_tag_decode(const void *key, size_t key_len, const void *bytes, size_t len, struct ay_tag *out)
{
	struct ay_cursor k = ay_cursor_of(key, key_len, 0), c = ay_cursor_of(bytes, len, 0);
	size_t name_len = 0;
	const uint8_t *name = ay_cursor_until(&k, 0, AY_LIMIT_REF, &name_len);
	size_t tag_len = k.left;
	int rc;

	memset(out, 0, sizeof(*out));
	if (!name || tag_len > AY_LIMIT_VERSION)
		return AY_EFORMAT;
	memcpy(out->name, name, name_len);
	ay_cursor_copy(&k, out->tag, tag_len);
	get_version(&c);
	out->seq = ay_cursor_le64(&c);
	out->moved_s = (int64_t)ay_cursor_le64(&c);
	get_text(&c, out->version, sizeof(out->version));
	rc = ay_cursor_end(&c);
	if (rc)
		return rc;
	if (ay_name_parse(out->name, NULL) || !ay_component_ok(out->tag, tag_len) || !ay_component_ok(out->version, strlen(out->version)))
		return AY_EFORMAT;
	return 0;
}

int ay_claim_of_encode(struct ay_buf *b, uint64_t log_index, const char *name)
{
	ay_buf_addc(b, RECORD_VERSION);
	ay_buf_le64(b, log_index);
	put_text(b, name);
	return b->err;
}

int ay_claim_of_decode(const void *bytes, size_t len, uint64_t *log_index_out, char name_out[AY_LIMIT_COMPONENT + 1])
{
	struct ay_cursor c = ay_cursor_of(bytes, len, 0);

	get_version(&c);
	*log_index_out = ay_cursor_le64(&c);
	get_text(&c, name_out, AY_LIMIT_COMPONENT + 1);
	return ay_cursor_end(&c);
}

int ay_blob_decode(const void *bytes, size_t len, struct ay_blob *out)
{
	struct ay_cursor c = ay_cursor_of(bytes, len, 0);
	int rc;

	memset(out, 0, sizeof(*out));
	out->inlined = get_enum(&c, 0, 1) == 0;
	if (c.err)
		return c.err;
	if (out->inlined) {
		out->size = c.left;
		out->bytes = ay_cursor_take(&c, c.left);
		return c.err;
	}
	ay_cursor_copy(&c, out->object.b, sizeof(out->object.b));
	out->size = ay_cursor_le64(&c);
	rc = ay_cursor_end(&c);
	return rc ? rc : out->size <= AY_LIMIT_RECORD_INLINE ? AY_EFORMAT : 0;
}
