/* SPDX-License-Identifier: Apache-2.0 */
#include "gate/proto.h"

#include <errno.h>

#include "assay/ckd.h"
#include "assay/cursor.h"
#include "assay/text.h"

#define ABSENT UINT32_MAX

static void put_text(struct ay_buf *b, const char *text)
{
	if (!text) {
		ay_buf_le32(b, ABSENT);
		return;
	}
	size_t len = strlen(text);

	ay_buf_le32(b, (uint32_t)len);
	ay_buf_add(b, text, len + 1);
}

/* Terminated text inside the frame; NULL for an absent one and on failure. */
static const char *get_text(struct ay_cursor *c)
{
	uint32_t len = ay_cursor_le32(c);

	if (c->err || len == ABSENT)
		return NULL;
	const uint8_t *p = ay_cursor_take(c, (size_t)len + 1);

	if (!p)
		return NULL;
	if (p[len] != '\0' || memchr(p, '\0', len)) {
		ay_cursor_fail(c, AY_EFORMAT);
		return NULL;
	}
	return (const char *)p;
}

int proto_encode_request(const struct ay_job *job, enum proto_kind kind, uint64_t serial, struct ay_buf *out)
{
	const struct ay_scan_options *o = &job->options;
	uint32_t opaque = 0;

	while (o->opaque && o->opaque[opaque])
		opaque++;
	ay_buf_addc(out, (uint8_t)kind);
	ay_buf_le64(out, job->size);
	ay_buf_le32(out, o->profiles);
	put_text(out, o->path ? o->path : "");
	ay_buf_le32(out, opaque);
	for (uint32_t i = 0; i < opaque; i++)
		put_text(out, o->opaque[i]);
	ay_buf_le64(out, serial);
	return out->err;
}

int proto_encode_given(uint64_t serial, const char *schema, size_t len, struct ay_buf *out)
{
	ay_buf_addc(out, PROTO_SCHEMA);
	ay_buf_le64(out, serial);
	ay_buf_le32(out, (uint32_t)len);
	ay_buf_add(out, schema, len);
	return out->err;
}

static int get_given(struct ay_cursor *c, struct proto_request *out)
{
	out->options.schema_serial = ay_cursor_le64(c);
	out->options.schema_len = ay_cursor_le32(c);
	out->options.schema_json = out->options.schema_len ? (const char *)ay_cursor_take(c, out->options.schema_len) : "";
	if (!out->options.schema_serial)
		ay_cursor_fail(c, AY_EFORMAT);
	return ay_cursor_end(c);
}

int proto_decode_request(const uint8_t *frame, size_t len, struct proto_request *out)
{
	struct ay_cursor c = ay_cursor_of(frame, len, 0);

	memset(out, 0, sizeof(*out));
	uint8_t kind = ay_cursor_u8(&c);

	if (kind > PROTO_SCHEMA)
		ay_cursor_fail(&c, AY_EFORMAT);
	out->kind = (enum proto_kind)kind;
	if (kind == PROTO_SCHEMA)
		return get_given(&c, out);
	out->size = ay_cursor_le64(&c);
	out->options.profiles = ay_cursor_le32(&c);
	out->options.path = get_text(&c);
	uint32_t opaque = ay_cursor_le32(&c);

	ay_cursor_check_count(&c, opaque, 5, 4096);
	if (c.err)
		return c.err;
	out->opaque = ay_alloc_array((size_t)opaque + 1, sizeof(*out->opaque), 1 * MIB);
	if (!out->opaque)
		return -ENOMEM;
	for (uint32_t i = 0; i < opaque && !c.err; i++)
		out->opaque[i] = get_text(&c);
	out->options.opaque = out->opaque;
	out->options.schema_serial = ay_cursor_le64(&c);

	int r = ay_cursor_end(&c);

	if (r == 0 && !out->options.path)
		r = AY_EFORMAT;
	if (r < 0)
		proto_request_free(out);
	return r;
}

void proto_request_free(struct proto_request *r)
{
	free(r->opaque);
	r->opaque = NULL;
}

int proto_encode_result(const struct ay_scan_result *r, struct ay_buf *out)
{
	ay_buf_addc(out, (uint8_t)r->verdict);
	put_text(out, r->format);
	ay_buf_le32(out, r->profile_would_pass);
	ay_buf_le64(out, r->found_total);
	ay_buf_le32(out, (uint32_t)r->found_count);
	for (size_t i = 0; i < r->found_count; i++) {
		const struct ay_found *f = &r->found[i];

		put_text(out, f->rule->id);
		put_text(out, f->member);
		put_text(out, f->column);
		put_text(out, f->value);
		put_text(out, f->limit);
		put_text(out, f->message);
		ay_buf_le64(out, f->off);
		ay_buf_le64(out, f->row);
	}
	ay_siblings_encode(&r->tensors, r->siblings, r->sibling_count, out);
	ay_profile_bytes_encode(r->profile, r->profile_len, out);
	ay_profile_bytes_encode(r->keys, r->keys_len, out);
	return out->err;
}

/* A copy that is safe to show, since a worker that was taken over may say anything. */
static int keep_text(struct ay_cursor *c, char **out)
{
	const char *text = get_text(c);
	struct ay_buf b = ay_buf_new(64 * KIB);

	*out = NULL;
	if (c->err || !text)
		return c->err;
	/* Escaped text is left alone: backslashes are legal in it, control bytes are not. */
	for (const char *p = text; *p; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			return ay_cursor_fail(c, AY_EFORMAT);
	if (ay_utf8_check(text, strlen(text)) != strlen(text))
		return ay_cursor_fail(c, AY_EFORMAT);
	if (ay_buf_adds(&b, text) < 0 || ay_buf_addc(&b, '\0') < 0) {
		ay_buf_free(&b);
		return ay_cursor_fail(c, AY_ELIMIT);
	}
	*out = (char *)ay_buf_steal(&b, NULL);
	return 0;
}

static int get_found(struct ay_cursor *c, struct ay_found *f)
{
	const char *rule = get_text(c);

	f->rule = rule ? ay_rule_find(rule) : NULL;
	if (!c->err && !f->rule)
		return ay_cursor_fail(c, AY_EFORMAT);
	keep_text(c, &f->member);
	keep_text(c, &f->column);
	keep_text(c, &f->value);
	keep_text(c, &f->limit);
	keep_text(c, &f->message);
	f->off = ay_cursor_le64(c);
	f->row = ay_cursor_le64(c);
	return c->err;
}

static int get_result(struct ay_cursor *c, struct ay_scan_result *out)
{
	memset(out, 0, sizeof(*out));
	uint8_t verdict = ay_cursor_u8(c);
	const char *format = get_text(c);

	out->profile_would_pass = ay_cursor_le32(c);
	out->found_total = ay_cursor_le64(c);
	uint64_t count = ay_cursor_check_count(c, ay_cursor_le32(c), 40, AY_LIMIT_FINDINGS_PER_FILE);

	if (!c->err && (verdict > AY_FAIL || !format || strlen(format) >= sizeof(out->format)))
		ay_cursor_fail(c, AY_EFORMAT);
	if (!c->err) {
		out->verdict = (enum ay_verdict)verdict;
		snprintf(out->format, sizeof(out->format), "%s", format);
		/* Room for all that ay_scan_result_find may still add. */
		out->found = count ? ay_alloc_array(AY_LIMIT_FINDINGS_PER_FILE, sizeof(*out->found), 1 * MIB) : NULL;
		if (count && !out->found)
			ay_cursor_fail(c, -ENOMEM);
	}
	for (uint64_t i = 0; i < count && !c->err; i++) {
		out->found_count = i + 1;
		if (get_found(c, &out->found[i]) == 0 && out->found[i].rule->verdict > out->verdict)
			ay_cursor_fail(c, AY_EFORMAT);
	}
	int err = ay_siblings_decode(c, &out->tensors, &out->siblings, &out->sibling_count);

	if (!err)
		err = ay_profile_bytes_decode(c, &out->profile, &out->profile_len);
	return err ? err : ay_key_bytes_decode(c, &out->keys, &out->keys_len);
}

/* The frame was read to its end without fault, or what it made is freed. */
static int finish(struct ay_cursor *c, struct ay_scan_result *r, struct ay_error *e)
{
	if (ay_cursor_end(c) == 0)
		return 0;
	ay_scan_result_free(r);
	memset(r, 0, sizeof(*r));
	return ay_error_at(e, AY_EWORKER, c->off, "the worker's answer is malformed (%s)", ay_strerror(c->err));
}

int proto_decode_result(const uint8_t *frame, size_t len, struct ay_scan_result *out, struct ay_error *e)
{
	struct ay_cursor c = ay_cursor_of(frame, len, 0);
	int r = get_result(&c, out);

	if (r < 0 && !c.err)
		ay_cursor_fail(&c, r);
	return finish(&c, out, e);
}

int proto_encode_schema(int code, const struct ay_buf *schema, const struct ay_error *e, struct ay_buf *out)
{
	ay_buf_addc(out, code == 0);
	put_text(out, code == 0 ? ay_buf_str(schema) : e->msg);
	ay_buf_le64(out, code == 0 ? AY_NO_OFFSET : e->off);
	return out->err;
}

int proto_decode_schema(const uint8_t *frame, size_t len, struct ay_buf *schema_out, struct ay_error *e)
{
	struct ay_cursor c = ay_cursor_of(frame, len, 0);
	bool good = ay_cursor_u8(&c) != 0;
	const char *text = get_text(&c);
	uint64_t off = ay_cursor_le64(&c);

	if (ay_cursor_end(&c) < 0 || !text || ay_utf8_check(text, strlen(text)) != strlen(text))
		return ay_error_set(e, AY_EWORKER, "the worker's answer is malformed");
	return good ? ay_buf_adds(schema_out, text) : ay_error_at(e, AY_EFORMAT, off, "%s", text);
}

int proto_encode_extract(const struct ay_scan_result *r, const struct ay_extract *x, struct ay_buf *out)
{
	int rc = proto_encode_result(r, out);

	put_text(out, x->refused[0] ? x->refused : NULL);
	ay_buf_le64(out, x->refused_off);
	ay_buf_le32(out, (uint32_t)x->count);
	for (size_t i = 0; i < x->count; i++) {
		const struct ay_tensor *t = &x->tensors[i];

		put_text(out, t->name);
		ay_buf_addc(out, t->dtype);
		ay_buf_addc(out, t->expanded);
		ay_buf_addc(out, t->dims);
		for (unsigned d = 0; d < t->dims; d++)
			ay_buf_le64(out, t->shape[d]);
		ay_buf_le64(out, t->off);
		ay_buf_le64(out, t->len);
	}
	ay_buf_le64(out, x->left_total);
	ay_buf_le32(out, (uint32_t)x->left_count);
	for (size_t i = 0; i < x->left_count; i++) {
		put_text(out, x->left[i].name);
		put_text(out, x->left[i].why);
	}
	return rc < 0 ? rc : out->err;
}

/* A name may hold any character but NUL: it is escaped when shown. */
static int get_tensor(struct ay_cursor *c, struct ay_tensor *t)
{
	const char *name = get_text(c);
	uint64_t bytes;

	t->dtype = ay_cursor_u8(c);
	uint8_t expanded = ay_cursor_u8(c);

	t->expanded = expanded == 1;
	t->dims = ay_cursor_u8(c);
	bytes = ay_dtype_size(t->dtype);
	if (!c->err && (!name || !*name || strlen(name) > AY_LIMIT_TENSOR_NAME || ay_utf8_check(name, strlen(name)) != strlen(name) || !bytes ||
			expanded > 1 || t->dims > AY_LIMIT_TENSOR_DIMS))
		return ay_cursor_fail(c, AY_EFORMAT);
	for (unsigned d = 0; d < t->dims && !c->err; d++) {
		t->shape[d] = ay_cursor_le64(c);
		if (ay_ckd_mul_u64(bytes, t->shape[d], &bytes))
			return ay_cursor_fail(c, AY_EFORMAT);
	}
	t->off = ay_cursor_le64(c);
	t->len = ay_cursor_le64(c);
	if (c->err || t->len != bytes)
		return ay_cursor_fail(c, AY_EFORMAT);
	t->name = strdup(name);
	return t->name ? 0 : ay_cursor_fail(c, -ENOMEM);
}

static int get_extract(struct ay_cursor *c, struct ay_extract *x)
{
	const char *refused = get_text(c);

	if (!c->err && refused)
		ay_escape_str(x->refused, sizeof(x->refused), *refused ? refused : "?");
	x->refused_off = ay_cursor_le64(c);
	uint64_t n = ay_cursor_check_count(c, ay_cursor_le32(c), 24, AY_LIMIT_EXTRACT_TENSORS);

	if (c->err || (n && !(x->tensors = ay_alloc_array(n, sizeof(*x->tensors), 64 * MIB))))
		return ay_cursor_fail(c, c->err ? c->err : -ENOMEM);
	for (; x->count < n && get_tensor(c, &x->tensors[x->count]) == 0; x->count++)
		;
	x->left_total = ay_cursor_le64(c);
	n = ay_cursor_check_count(c, ay_cursor_le32(c), 8, AY_LIMIT_EXTRACT_LEFT_OUT);
	if (c->err || (n && !(x->left = ay_alloc_array(n, sizeof(*x->left), 1 * MIB))))
		return ay_cursor_fail(c, c->err ? c->err : -ENOMEM);
	while (x->left_count < n && !c->err) {
		struct ay_left_out *one = &x->left[x->left_count++];

		keep_text(c, &one->name);
		keep_text(c, &one->why);
		if (!c->err && (!one->name || !one->why))
			ay_cursor_fail(c, AY_EFORMAT);
	}
	return c->err;
}

int proto_decode_extract(const uint8_t *frame, size_t len, struct ay_scan_result *out, struct ay_extract *x, struct ay_error *e)
{
	struct ay_cursor c = ay_cursor_of(frame, len, 0);
	int fd = x->fd, r = get_result(&c, out);

	if (r == 0)
		r = get_extract(&c, x);
	if (r < 0 && !c.err)
		ay_cursor_fail(&c, r);
	r = finish(&c, out, e);
	if (r < 0) {
		ay_extract_free(x);
		x->fd = fd;
	}
	return r;
}
