/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tree of a JSON document, built from the pull reader, so that both know one
 * grammar. Children lie side by side in an arena that never moves: a claim over
 * a million files has eight million nodes, and a node has 24 bytes.
 */
#include "assay/json.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "assay/ckd.h"
#include "assay/error.h"
#include "assay/limits.h"

struct ay_json {
	const char *key;                 /* in the arena; NULL for what is not in an object */
	union {
		const char *text;        /* STRING, NUMBER; NUL-terminated */
		const struct ay_json *kids;
		bool truth;
	} u;
	uint32_t len;                    /* bytes of text, or number of kids */
	uint8_t type;
};
_Static_assert(sizeof(struct ay_json) <= 32, "a node is small");

struct chunk {
	struct chunk *next;
	size_t size, used;
	_Alignas(8) uint8_t bytes[];
};

struct ay_json_doc {
	struct chunk *chunks;
	size_t chunk_size;
	struct ay_json root;
};

#define CHUNK_MIN 1024u
#define CHUNK_MAX (1u << 20)

static void *arena_take(struct ay_json_doc *doc, size_t len, size_t align)
{
	struct chunk *c = doc->chunks;
	size_t at = c ? (c->used + align - 1) / align * align : 0;

	if (!c || at > c->size || len > c->size - at) {
		size_t size = len > doc->chunk_size ? len : doc->chunk_size;

		c = size > SIZE_MAX - sizeof(*c) ? NULL : malloc(sizeof(*c) + size);
		if (!c)
			return NULL;
		*c = (struct chunk){.next = doc->chunks, .size = size};
		doc->chunks = c;
		at = 0;
	}
	c->used = at + len;
	return c->bytes + at;
}

static const char *arena_text(struct ay_json_doc *doc, const char *text, size_t len)
{
	char *copy = arena_take(doc, len + 1, 1);

	if (copy)
		memcpy(copy, text, len + 1);
	return copy;
}

/* ---- building ---- */

struct builder {
	struct ay_json_doc *doc;
	struct ay_json_reader *r;
	struct ay_json *pending;         /* nodes whose container is still open */
	size_t npending, cap;
	size_t open[AY_LIMIT_JSON_DEPTH];   /* index in pending of each open container */
	const char *key;                 /* of the next value */
	size_t nodes, max_nodes;
	const char *reason;
};

static int push(struct builder *b, struct ay_json node)
{
	if (b->nodes++ >= b->max_nodes) {
		b->reason = "the document has more values than the limit";
		return AY_ELIMIT;
	}
	if (b->npending == b->cap) {
		size_t cap = b->cap ? b->cap * 2 : 64, bytes;
		struct ay_json *p = ay_ckd_mul_size(cap, sizeof(*p), &bytes) ? NULL : realloc(b->pending, bytes);

		if (!p)
			return -ENOMEM;
		b->pending = p;
		b->cap = cap;
	}
	node.key = b->key;
	b->key = NULL;
	b->pending[b->npending++] = node;
	return 0;
}

static int push_text(struct builder *b, enum ay_json_type type)
{
	size_t len;
	const char *text = ay_json_text(b->r, &len);
	struct ay_json node = {.type = (uint8_t)type, .len = (uint32_t)len};

	node.u.text = arena_text(b->doc, text, len);
	return node.u.text ? push(b, node) : -ENOMEM;
}

static int push_container(struct builder *b, enum ay_json_type type)
{
	b->open[ay_json_depth(b->r) - 1] = b->npending;
	return push(b, (struct ay_json){.type = (uint8_t)type});
}

static int close_container(struct builder *b)
{
	size_t at = b->open[ay_json_depth(b->r)];
	size_t n = b->npending - at - 1;

	if (n) {
		struct ay_json *kids = arena_take(b->doc, n * sizeof(*kids), _Alignof(struct ay_json));

		if (!kids)
			return -ENOMEM;
		memcpy(kids, b->pending + at + 1, n * sizeof(*kids));
		b->pending[at].u.kids = kids;
	}
	b->pending[at].len = (uint32_t)n;
	b->npending = at + 1;
	return 0;
}

static int take_key(struct builder *b)
{
	size_t len;
	const char *text = ay_json_text(b->r, &len);

	/* Keys are handed out as C strings: a cut one must not pass for another. */
	if (strlen(text) != len) {
		b->reason = "a key holds a NUL character";
		return AY_EFORMAT;
	}
	b->key = arena_text(b->doc, text, len);
	return b->key ? 0 : -ENOMEM;
}

static int handle(struct builder *b, enum ay_json_event event)
{
	switch (event) {
	case AY_JSON_EV_NULL:
		return push(b, (struct ay_json){.type = AY_JSON_NULL});
	case AY_JSON_EV_TRUE:
	case AY_JSON_EV_FALSE:
		return push(b, (struct ay_json){.type = AY_JSON_BOOL, .u.truth = event == AY_JSON_EV_TRUE});
	case AY_JSON_EV_NUMBER:
		return push_text(b, AY_JSON_NUMBER);
	case AY_JSON_EV_STRING:
		return push_text(b, AY_JSON_STRING);
	case AY_JSON_EV_KEY:
		return take_key(b);
	case AY_JSON_EV_ARRAY:
		return push_container(b, AY_JSON_ARRAY);
	case AY_JSON_EV_OBJECT:
		return push_container(b, AY_JSON_OBJECT);
	case AY_JSON_EV_ARRAY_END:
	case AY_JSON_EV_OBJECT_END:
		return close_container(b);
	case AY_JSON_EV_END:
		break;
	}
	return AY_EINTERNAL;
}

static int build(struct builder *b, struct ay_error *e)
{
	for (;;) {
		int event = ay_json_next(b->r);
		int rc = event < 0 ? event : 0;

		if (event == AY_JSON_EV_END)
			return 0;
		if (!rc)
			rc = handle(b, (enum ay_json_event)event);
		if (rc == -ENOMEM)
			return ay_error_set(e, rc, "out of memory while JSON is read");
		if (rc)
			return ay_error_at(e, rc, ay_json_reader_off(b->r), "JSON: %s",
					   event < 0 ? ay_json_reader_reason(b->r) : b->reason);
	}
}

struct source {
	const uint8_t *p;
	size_t left;
};

static int64_t fill_from_memory(void *arg, void *dst, size_t len)
{
	struct source *s = arg;
	size_t n = s->left < len ? s->left : len;

	if (n)
		memcpy(dst, s->p, n);
	s->p += n;
	s->left -= n;
	return (int64_t)n;
}

int ay_json_parse(const void *bytes, size_t len, size_t max_nodes, struct ay_json_doc **out, struct ay_error *e)
{
	struct source source = {.p = bytes, .left = len};
	struct builder b = {.max_nodes = max_nodes < UINT32_MAX ? max_nodes : UINT32_MAX, .reason = ""};
	int rc;

	*out = NULL;
	if (len > UINT32_MAX)
		return ay_error_set(e, AY_ELIMIT, "a JSON document of %zu bytes is too long", len);
	rc = ay_json_reader_new(fill_from_memory, &source, AY_LIMIT_JSON_DEPTH, len, b.max_nodes, &b.r);
	if (rc)
		return ay_error_set(e, rc, "cannot read JSON: %s", ay_strerror(rc));
	b.doc = calloc(1, sizeof(*b.doc));
	if (!b.doc) {
		rc = ay_error_set(e, -ENOMEM, "out of memory while JSON is read");
		goto out;
	}
	b.doc->chunk_size = len < CHUNK_MIN ? CHUNK_MIN : len > CHUNK_MAX ? CHUNK_MAX : len;
	rc = build(&b, e);
	if (rc)
		goto out;
	b.doc->root = b.pending[0];
	*out = b.doc;
	b.doc = NULL; /* transferred */
out:
	ay_json_reader_free(b.r);
	ay_json_free(b.doc);
	free(b.pending);
	return rc;
}

void ay_json_free(struct ay_json_doc *doc)
{
	if (!doc)
		return;
	while (doc->chunks) {
		struct chunk *c = doc->chunks;

		doc->chunks = c->next;
		free(c);
	}
	free(doc);
}

/* ---- reading ---- */

const struct ay_json *ay_json_root(const struct ay_json_doc *doc)
{
	return doc ? &doc->root : NULL;
}

enum ay_json_type ay_json_type(const struct ay_json *j)
{
	return j ? (enum ay_json_type)j->type : AY_JSON_NULL;
}

bool ay_json_is(const struct ay_json *j, enum ay_json_type t)
{
	return j && j->type == t;
}

static const struct ay_json *get(const struct ay_json *object, const char *key, size_t len)
{
	if (!ay_json_is(object, AY_JSON_OBJECT))
		return NULL;
	for (size_t i = 0; i < object->len; i++) {
		const struct ay_json *kid = &object->u.kids[i];

		if (strncmp(kid->key, key, len) == 0 && !kid->key[len])
			return kid;
	}
	return NULL;
}

const struct ay_json *ay_json_get(const struct ay_json *object, const char *key)
{
	return get(object, key, strlen(key));
}

const struct ay_json *ay_json_path(const struct ay_json *object, const char *dotted)
{
	for (;;) {
		size_t len = strcspn(dotted, ".");

		object = get(object, dotted, len);
		if (!object || !dotted[len])
			return object;
		dotted += len + 1;
	}
}

size_t ay_json_count(const struct ay_json *j)
{
	return ay_json_is(j, AY_JSON_ARRAY) || ay_json_is(j, AY_JSON_OBJECT) ? j->len : 0;
}

const struct ay_json *ay_json_at(const struct ay_json *j, size_t i)
{
	return i < ay_json_count(j) ? &j->u.kids[i] : NULL;
}

const char *ay_json_key(const struct ay_json *object, size_t i)
{
	return ay_json_is(object, AY_JSON_OBJECT) && i < object->len ? object->u.kids[i].key : NULL;
}

const char *ay_json_str(const struct ay_json *j, size_t *len_out)
{
	if (len_out)
		*len_out = 0;
	if (!ay_json_is(j, AY_JSON_STRING) && !ay_json_is(j, AY_JSON_NUMBER))
		return NULL;
	if (len_out)
		*len_out = j->len;
	else if (memchr(j->u.text, '\0', j->len))
		return NULL;
	return j->u.text;
}

bool ay_json_bool(const struct ay_json *j, bool otherwise)
{
	return ay_json_is(j, AY_JSON_BOOL) ? j->u.truth : otherwise;
}

/* "0" or digits without a leading zero. */
static int parse_digits(const char *text, size_t len, uint64_t *out)
{
	uint64_t v = 0;

	if (len == 0 || (text[0] == '0' && len > 1))
		return AY_EFORMAT;
	for (size_t i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9' || ay_ckd_mul_u64(v, 10, &v) || ay_ckd_add_u64(v, (uint64_t)(text[i] - '0'), &v))
			return AY_EFORMAT;
	}
	*out = v;
	return 0;
}

int ay_json_u64(const struct ay_json *j, uint64_t *out)
{
	size_t len;
	const char *text = ay_json_str(j, &len);

	*out = 0;
	return text ? parse_digits(text, len, out) : AY_EFORMAT;
}

int ay_json_i64(const struct ay_json *j, int64_t *out)
{
	size_t len;
	const char *text = ay_json_str(j, &len);
	bool negative = text && text[0] == '-';
	uint64_t v;

	*out = 0;
	if (!text || parse_digits(text + negative, len - negative, &v) != 0 || v > (uint64_t)INT64_MAX + negative)
		return AY_EFORMAT;
	*out = negative ? (int64_t)(0 - v) : (int64_t)v;
	return 0;
}

double ay_json_num(const struct ay_json *j, double otherwise)
{
	double v;

	if (!ay_json_is(j, AY_JSON_NUMBER))
		return otherwise;
	v = strtod(j->u.text, NULL);
	return isfinite(v) ? v : otherwise;
}
