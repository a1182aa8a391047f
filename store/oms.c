/* SPDX-License-Identifier: Apache-2.0 */
/* Model signatures (OMS v1.0): reading any, writing the one form that every client takes. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "assay/limits.h"
#include "store/oms_list.h"

static int copy_ignore(const struct ay_oms_list *l, struct ay_oms *out)
{
	size_t n = ay_json_count(l->ignore);

	out->ignore_paths = calloc(n ? n : 1, sizeof(*out->ignore_paths));
	if (!out->ignore_paths)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		out->ignore_paths[i] = strdup(ay_json_str(ay_json_at(l->ignore, i), NULL));
		if (!out->ignore_paths[i])
			return -ENOMEM;
		out->nignore++;
	}
	return 0;
}

static int copy_files(const struct ay_oms_list *l, struct ay_oms *out)
{
	static const struct ay_sha256 none;

	for (size_t i = 0; i < l->n; i++) {
		const struct ay_oms_item *item = &l->v[i];
		bool last = i + 1 == l->n || item[1].path_len != item->path_len || memcmp(item->name, item[1].name, item->path_len) != 0;
		char path[AY_LIMIT_PATH + 1];
		uint8_t raw[64];
		struct ay_sha256 d = none;
		int r;

		if (l->shards && !last)
			continue;
		memcpy(path, item->name, item->path_len);
		path[item->path_len] = '\0';
		if (out->digests_are_sha256) {
			ay_oms_item_digest(l, item, raw);
			memcpy(d.b, raw, sizeof(d.b));
		}
		r = ay_file_list_add(&out->files, path, l->shards ? item->end : 0, &d);
		if (r < 0)
			return r;
	}
	return 0;
}

int ay_oms_parse(const struct ay_statement *st, struct ay_oms *out, struct ay_error *e)
{
	struct ay_oms_list l;
	int r;

	memset(out, 0, sizeof(*out));
	r = ay_oms_list_read(st, &l, e);
	if (r < 0)
		return r;
	out->root = l.root;
	out->digests_are_sha256 = !l.blake2b && !l.shards;
	if (strlen(l.subject) >= sizeof(out->name)) {
		r = ay_error_set(e, AY_ELIMIT, "the subject's name has %zu bytes, at most %d", strlen(l.subject), AY_LIMIT_REF);
	} else {
		memcpy(out->name, l.subject, strlen(l.subject) + 1);
		r = copy_ignore(&l, out);
		if (r == 0)
			r = copy_files(&l, out);
		if (r < 0)
			ay_error_set(e, r, "no memory for a list of %zu files", l.n);
	}
	ay_oms_list_free(&l);
	if (r < 0)
		ay_oms_free(out);
	return r;
}

void ay_oms_free(struct ay_oms *o)
{
	for (size_t i = 0; i < o->nignore; i++)
		free(o->ignore_paths[i]);
	free(o->ignore_paths);
	ay_file_list_free(&o->files);
	memset(o, 0, sizeof(*o));
}

static int list_root(const struct ay_file_list *files, struct ay_sha256 *out)
{
	struct ay_hash *h = ay_hash_new();

	if (!h)
		return -ENOMEM;
	for (size_t i = 0; i < files->n; i++)
		ay_hash_add(h, files->v[i].sha256.b, sizeof(files->v[i].sha256.b));
	*out = ay_hash_final(h);
	ay_hash_free(h);
	return 0;
}

int ay_oms_statement(const char *name, const struct ay_file_list *sorted, const char *const *ignore, size_t nignore, struct ay_buf *out)
{
	struct ay_jw w = ay_jw_new(out, false);
	char hex[AY_SHA256_HEX];
	struct ay_sha256 root;
	int r;

	if (sorted->n == 0)
		return AY_EUSAGE;
	r = list_root(sorted, &root);
	if (r < 0)
		return r;
	ay_sha256_hex(&root, hex);
	ay_jw_object(&w);
	ay_jw_kstr(&w, "_type", "https://in-toto.io/Statement/v1");
	ay_jw_key(&w, "subject");
	ay_jw_array(&w);
	ay_jw_object(&w);
	ay_jw_kstr(&w, "name", name);
	ay_jw_key(&w, "digest");
	ay_jw_object(&w);
	ay_jw_kstr(&w, "sha256", hex);
	ay_jw_object_end(&w);
	ay_jw_object_end(&w);
	ay_jw_array_end(&w);
	ay_jw_kstr(&w, "predicateType", AY_PREDICATE_OMS);
	ay_jw_key(&w, "predicate");
	ay_jw_object(&w);
	ay_jw_key(&w, "serialization");
	ay_jw_object(&w);
	ay_jw_kstr(&w, "method", "files");
	ay_jw_kstr(&w, "hash_type", "sha256");
	ay_jw_kbool(&w, "allow_symlinks", false);
	ay_jw_key(&w, "ignore_paths");
	ay_jw_array(&w);
	for (size_t i = 0; i < nignore; i++)
		ay_jw_str(&w, ignore[i]);
	ay_jw_array_end(&w);
	ay_jw_object_end(&w);
	ay_jw_key(&w, "resources");
	ay_jw_array(&w);
	for (size_t i = 0; i < sorted->n; i++) {
		ay_sha256_hex(&sorted->v[i].sha256, hex);
		ay_jw_object(&w);
		ay_jw_kstr(&w, "name", sorted->v[i].path);
		ay_jw_kstr(&w, "algorithm", "sha256");
		ay_jw_kstr(&w, "digest", hex);
		ay_jw_object_end(&w);
	}
	ay_jw_array_end(&w);
	ay_jw_object_end(&w);
	ay_jw_object_end(&w);
	return out->err;
}
