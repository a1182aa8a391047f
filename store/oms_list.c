/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OMS v1.0 resource lists. The root is over the digests in listed order, so any
 * order verifies; by the specification's and by the reference's order it differs.
 * Shards: the specification writes the plain hash as algorithm, the reference
 * writes HASH-sharded-SIZE; both are taken.
 */
#include "store/oms_list.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "assay/ckd.h"
#include "assay/limits.h"
#include "assay/ref.h"
#include "assay/text.h"

struct serialization {
	const char *hash;
	uint64_t shard_size;
	char sharded[64];             /* the reference's spelling of algorithm */
};

static const char *text_of(const struct ay_json *j)
{
	return ay_json_is(j, AY_JSON_STRING) ? ay_json_str(j, NULL) : NULL;
}

static int read_ignore(const struct ay_json *ignore, struct ay_oms_list *out, struct ay_error *e)
{
	if (!ignore || ay_json_is(ignore, AY_JSON_NULL))
		return 0;
	if (!ay_json_is(ignore, AY_JSON_ARRAY))
		return ay_error_set(e, AY_EFORMAT, "ignore_paths is not a list");
	for (size_t i = 0; i < ay_json_count(ignore); i++) {
		const char *path = text_of(ay_json_at(ignore, i));

		if (!path || ay_path_check(path, strlen(path), NULL) < 0)
			return ay_error_set(e, AY_EFORMAT, "entry %zu of ignore_paths is not a relative path", i);
	}
	out->ignore = ignore;
	return 0;
}

static int read_serialization(const struct ay_json *j, struct serialization *s, struct ay_oms_list *out, struct ay_error *e)
{
	const char *method = text_of(ay_json_get(j, "method"));

	s->hash = text_of(ay_json_get(j, "hash_type"));
	s->shard_size = 0;
	if (!method || !s->hash)
		return ay_error_set(e, AY_EFORMAT, "the signature's serialization names no method or hash");
	if (strcmp(s->hash, "sha256") != 0 && strcmp(s->hash, "blake2b") != 0)
		return ay_error_set(e, AY_EUNSUPPORTED, "file hashes of type %s are not computed here", s->hash);
	out->blake2b = strcmp(s->hash, "blake2b") == 0;
	out->shards = strcmp(method, "shards") == 0;
	if (!out->shards && strcmp(method, "files") != 0)
		return ay_error_set(e, AY_EUNSUPPORTED, "serialization method %s is not known", method);
	if (out->shards && (ay_json_u64(ay_json_get(j, "shard_size"), &s->shard_size) < 0 || s->shard_size == 0))
		return ay_error_set(e, AY_EFORMAT, "shards need a shard_size");
	snprintf(s->sharded, sizeof(s->sharded), "%s-sharded-%llu", s->hash, (unsigned long long)s->shard_size);
	return read_ignore(ay_json_get(j, "ignore_paths"), out, e);
}

/* The decimal number from p to end, without sign or leading zeros. */
static bool parse_number(const char *p, const char *end, uint64_t *out)
{
	uint64_t v = 0;

	if (p == end || (*p == '0' && end - p > 1))
		return false;
	for (; p < end; p++)
		if (*p < '0' || *p > '9' || ay_ckd_mul_u64(v, 10, &v) || ay_ckd_add_u64(v, (uint64_t)(*p - '0'), &v))
			return false;
	*out = v;
	return true;
}

/* A path may hold colons: the last two fields are the shard's. */
static bool split_shard(struct ay_oms_item *item, size_t len)
{
	const char *end = item->name + len, *b = memrchr(item->name, ':', len), *a;

	if (!b)
		return false;
	a = memrchr(item->name, ':', (size_t)(b - item->name));
	if (!a || !parse_number(a + 1, b, &item->start) || !parse_number(b + 1, end, &item->end))
		return false;
	item->path_len = (size_t)(a - item->name);
	return item->start < item->end;
}

static bool hex_ok(const char *hex, size_t len)
{
	return hex && strlen(hex) == len && strspn(hex, "0123456789abcdef") == len;
}

static int read_item(const struct ay_json *j, const struct serialization *s, const struct ay_oms_list *l, struct ay_oms_item *item,
		     size_t i, struct ay_error *e)
{
	size_t len = 0;
	const struct ay_json *name = ay_json_get(j, "name");
	const char *algorithm = text_of(ay_json_get(j, "algorithm"));

	item->name = ay_json_is(name, AY_JSON_STRING) ? ay_json_str(name, &len) : NULL;
	item->hex = text_of(ay_json_get(j, "digest"));
	item->path_len = len;
	if (!item->name || !algorithm)
		return ay_error_set(e, AY_EFORMAT, "resource %zu has no name or algorithm", i);
	if (l->shards && !split_shard(item, len))
		return ay_error_set(e, AY_EFORMAT, "resource %zu is not named PATH:START:END", i);
	if (ay_path_check(item->name, item->path_len, e) < 0)
		return ay_error_set(e, AY_EFORMAT, "resource %zu does not have a plain relative path", i);
	if (strcmp(algorithm, s->hash) != 0 && !(l->shards && strcmp(algorithm, s->sharded) == 0))
		return ay_error_set(e, AY_EFORMAT, "resource %zu says algorithm %s in a list of %s", i, algorithm, s->hash);
	if (!hex_ok(item->hex, l->blake2b ? 128 : 64))
		return ay_error_set(e, AY_EFORMAT, "resource %zu has no lower-case hex digest", i);
	return 0;
}

void ay_oms_item_digest(const struct ay_oms_list *l, const struct ay_oms_item *item, uint8_t out[64])
{
	if (ay_hex_decode(item->hex, l->blake2b ? 128 : 64, out) < 0)
		ay_bug("a checked digest does not decode");
}

static int check_root(const struct ay_oms_list *l, struct ay_error *e)
{
	struct ay_hash *h = ay_hash_new();
	struct ay_sha256 root;
	uint8_t raw[64];

	if (!h)
		return ay_error_set(e, -ENOMEM, "no memory to hash a list");
	for (size_t i = 0; i < l->n; i++) {
		ay_oms_item_digest(l, &l->v[i], raw);
		ay_hash_add(h, raw, l->blake2b ? 64 : 32);
	}
	root = ay_hash_final(h);
	ay_hash_free(h);
	if (!ay_sha256_eq(&root, &l->root))
		return ay_error_set(e, AY_EDIGEST, "the signature's root is not that of its list of files");
	return 0;
}

static int compare_paths(const char *a, size_t a_len, const char *b, size_t b_len)
{
	int c = memcmp(a, b, a_len < b_len ? a_len : b_len);

	return c ? c : (a_len > b_len) - (a_len < b_len);
}

static int compare_items(const void *va, const void *vb)
{
	const struct ay_oms_item *a = va, *b = vb;
	int c = compare_paths(a->name, a->path_len, b->name, b->path_len);

	return c ? c : (a->start > b->start) - (a->start < b->start);
}

static int check_order(const struct ay_oms_list *l, const struct serialization *s, struct ay_error *e)
{
	for (size_t i = 0; i < l->n; i++) {
		const struct ay_oms_item *item = &l->v[i], *before = i ? item - 1 : NULL;
		bool same = before && compare_paths(before->name, before->path_len, item->name, item->path_len) == 0;
		bool last = i + 1 == l->n || compare_paths(item->name, item->path_len, item[1].name, item[1].path_len) != 0;
		uint64_t size = item->end - item->start;

		if (!l->shards && same)
			return ay_error_set(e, AY_EFORMAT, "%.*s is listed twice", (int)item->path_len, item->name);
		if (l->shards && (item->start != (same ? before->end : 0) || (last ? size > s->shard_size : size != s->shard_size)))
			return ay_error_set(e, AY_EFORMAT, "the shards of %.*s overlap or leave a gap at byte %llu",
					    (int)item->path_len, item->name, (unsigned long long)item->start);
	}
	return 0;
}

static int read_subject(const struct ay_statement *st, struct ay_oms_list *out, struct ay_error *e)
{
	const struct ay_json *subject = ay_json_at(st->subject, 0);
	const char *hex = text_of(ay_json_path(subject, "digest.sha256"));

	if (ay_json_count(st->subject) != 1 || !hex || ay_sha256_parse(hex, strlen(hex), &out->root) < 0)
		return ay_error_set(e, AY_EFORMAT, "a model signature has one subject with a sha256 digest");
	out->subject = text_of(ay_json_get(subject, "name"));
	if (!out->subject)
		out->subject = "";
	return 0;
}

static int read_all(const struct ay_statement *st, struct ay_oms_list *out, struct ay_error *e)
{
	const struct ay_json *resources = ay_json_get(st->predicate, "resources");
	struct serialization s;
	int r;

	if (strcmp(st->predicate_type, AY_PREDICATE_OMS) != 0)
		return ay_error_set(e, AY_EUNSUPPORTED, "a statement of type %s is not a model signature", st->predicate_type);
	r = read_subject(st, out, e);
	if (r == 0)
		r = read_serialization(ay_json_get(st->predicate, "serialization"), &s, out, e);
	if (r < 0)
		return r;
	if (!ay_json_is(resources, AY_JSON_ARRAY) || ay_json_count(resources) == 0)
		return ay_error_set(e, AY_EFORMAT, "the signature lists no files");
	out->n = ay_json_count(resources);
	out->v = ay_alloc_array(out->n, sizeof(*out->v), SIZE_MAX);
	if (!out->v)
		return ay_error_set(e, -ENOMEM, "no memory for a list of %zu files", out->n);
	for (size_t i = 0; i < out->n; i++) {
		r = read_item(ay_json_at(resources, i), &s, out, &out->v[i], i, e);
		if (r < 0)
			return r;
	}
	r = check_root(out, e);
	if (r < 0)
		return r;
	qsort(out->v, out->n, sizeof(*out->v), compare_items);
	return check_order(out, &s, e);
}

int ay_oms_list_read(const struct ay_statement *st, struct ay_oms_list *out, struct ay_error *e)
{
	int r;

	memset(out, 0, sizeof(*out));
	r = read_all(st, out, e);
	if (r < 0)
		ay_oms_list_free(out);
	return r;
}

void ay_oms_list_free(struct ay_oms_list *l)
{
	free(l->v);
	memset(l, 0, sizeof(*l));
}

/* Index of the first item whose path is >= path. */
static size_t lower_bound(const struct ay_oms_list *l, const char *path, size_t len)
{
	size_t low = 0, high = l->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (compare_paths(l->v[mid].name, l->v[mid].path_len, path, len) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

const struct ay_oms_item *ay_oms_list_find(const struct ay_oms_list *l, const char *path)
{
	size_t len = strlen(path), i = lower_bound(l, path, len);

	return i < l->n && compare_paths(l->v[i].name, l->v[i].path_len, path, len) == 0 ? &l->v[i] : NULL;
}

bool ay_oms_list_below(const struct ay_oms_list *l, const char *dir)
{
	char prefix[AY_LIMIT_PATH + 2];
	int len = snprintf(prefix, sizeof(prefix), "%s/", dir);
	size_t i;

	if (len < 0 || (size_t)len >= sizeof(prefix))
		return false;
	i = lower_bound(l, prefix, (size_t)len);
	return i < l->n && l->v[i].path_len > (size_t)len && memcmp(l->v[i].name, prefix, (size_t)len) == 0;
}

static bool covers(const char *ignored, const char *path)
{
	size_t len = strlen(ignored);

	return strncmp(path, ignored, len) == 0 && (path[len] == '\0' || path[len] == '/');
}

bool ay_oms_list_ignored(const struct ay_oms_list *l, const char *path)
{
	static const char *const git[] = { ".git", ".gitattributes", ".github", ".gitignore" };

	if (!l->ignore) {
		for (size_t i = 0; i < AY_ARRAY_LEN(git); i++)
			if (covers(git[i], path))
				return true;
		return false;
	}
	for (size_t i = 0; i < ay_json_count(l->ignore); i++)
		if (covers(text_of(ay_json_at(l->ignore, i)), path))
			return true;
	return false;
}
