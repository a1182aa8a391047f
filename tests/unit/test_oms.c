/* SPDX-License-Identifier: Apache-2.0 */
#include "assay/claim.h"

#include "assay/text.h"
#include "tests/lib/tap.h"

static void need(int r, const char *what)
{
	if (r < 0)
		ay_bug("%s: %s", what, ay_strerror(r));
}

/* Builds a statement around resources; the root is made to fit unless root is given. */
struct made { const char *method, *hash, *more, *resources, *root, *subject2; };

static int parse(struct made m, struct ay_oms *out, struct ay_error *e)
{
	struct ay_buf b = ay_buf_new(1 << 20), raw = ay_buf_new(1 << 20);
	char hex[AY_SHA256_HEX];
	struct ay_statement st;
	struct ay_sha256 d;
	int r;

	for (const char *p = m.resources; (p = strstr(p, "\"digest\":\""));) {
		size_t len;

		p += 10;
		len = strcspn(p, "\"");
		uint8_t *at = ay_buf_reserve(&raw, len / 2);

		if (at && ay_hex_decode(p, len & ~(size_t)1, at) == 0)
			ay_buf_grew(&raw, len / 2);
	}
	d = ay_sha256_of(raw.data, raw.len);
	ay_sha256_hex(&d, hex);
	ay_buf_addf(&b, "{\"_type\":\"https://in-toto.io/Statement/v1\",\"subject\":[{\"name\":\"m\",\"digest\":{\"sha256\":\"%s\"}}%s],\"predicateType\":\"%s\","
			"\"predicate\":{\"serialization\":{\"method\":\"%s\",\"hash_type\":\"%s\"%s},\"resources\":[%s]}}",
		    m.root ? m.root : hex, m.subject2 ? m.subject2 : "", AY_PREDICATE_OMS, m.method ? m.method : "files", m.hash ? m.hash : "sha256",
		    m.more ? m.more : "", m.resources);
	r = ay_statement_parse(b.data, b.len, &st, e);
	if (r == 0) {
		r = ay_oms_parse(&st, out, e);
		ay_statement_free(&st);
	}
	ay_buf_free(&raw);
	ay_buf_free(&b);
	return r;
}

#define D1 "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define D2 "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define R(name, digest) "{\"name\":\"" name "\",\"algorithm\":\"sha256\",\"digest\":\"" digest "\"}"
#define RA(name, algorithm) "{\"name\":\"" name "\",\"algorithm\":\"" algorithm "\",\"digest\":\"" D1 "\"}"
#define SHARDS .method = "shards", .more = ",\"shard_size\":4"

static void test_lists(void)
{
	static const struct { struct made m; int want; const char *name; } t[] = {
		{ { .resources = R("a", D1) "," R("b/c", D2) }, 0, "a list" },
		{ { .resources = R("b/c", D2) "," R("a", D1) }, 0, "in any order" },
		{ { .resources = R("a", D1), .root = D2 }, AY_EDIGEST, "another root" },
		{ { .resources = R("a", D1), .root = "x" }, AY_EFORMAT, "no root" },
		{ { .resources = "" }, AY_EFORMAT, "no files" },
		{ { .resources = R("a", D1) "," R("b", D1) "," R("a", D2) }, AY_EFORMAT, "a path twice" },
		{ { .resources = R("/a", D1) }, AY_EFORMAT, "an absolute path" },
		{ { .resources = R("a/../b", D1) }, AY_EFORMAT, "a path that climbs" },
		{ { .resources = R("a//b", D1) }, AY_EFORMAT, "an empty component" },
		{ { .resources = R("./a", D1) }, AY_EFORMAT, "a dot" },
		{ { .resources = R("a/", D1) }, AY_EFORMAT, "a slash at the end" },
		{ { .resources = R("", D1) }, AY_EFORMAT, "no name" },
		{ { .resources = R("a\\u0000b", D1) }, AY_EFORMAT, "a NUL in a name" },
		{ { .resources = RA("a", "sha512") }, AY_EFORMAT, "another algorithm in the list" },
		{ { .resources = "{\"name\":\"a\",\"algorithm\":\"sha256\",\"digest\":\"E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855\"}" },
		  AY_EFORMAT, "upper-case hex" },
		{ { .resources = R("a", "e3b0") }, AY_EFORMAT, "a short digest" },
		{ { .resources = "7" }, AY_EFORMAT, "a resource that is no object" },
		{ { .resources = R("a", D1), .hash = "blake3" }, AY_EUNSUPPORTED, "blake3" },
		{ { .resources = R("a", D1), .method = "tree" }, AY_EUNSUPPORTED, "another method" },
		{ { .resources = R("a", D1), .more = ",\"ignore_paths\":[\"x\",\".git\"]" }, 0, "ignored paths" },
		{ { .resources = R("a", D1), .more = ",\"ignore_paths\":[\"../x\"]" }, AY_EFORMAT, "an ignored path that climbs" },
		{ { .resources = R("a", D1), .more = ",\"ignore_paths\":[7]" }, AY_EFORMAT, "an ignored number" },
		{ { .resources = R("a", D1), .more = ",\"ignore_paths\":\"x\"" }, AY_EFORMAT, "ignored paths that are no list" },
		{ { .resources = R("a", D1), .subject2 = ",{\"digest\":{\"sha256\":\"" D1 "\"}}" }, AY_EFORMAT, "two subjects" },
		{ { SHARDS, .resources = R("a:0:4", D1) "," R("a:4:6", D2) }, 0, "shards" },
		{ { SHARDS, .resources = R("a:4:6", D2) "," R("a:0:4", D1) }, 0, "in any order" },
		{ { SHARDS, .resources = R("a:b:0:4", D1) }, 0, "a colon in a path" },
		{ { SHARDS, .resources = RA("a:0:4", "sha256-sharded-4") }, 0, "the reference's spelling" },
		{ { SHARDS, .resources = RA("a:0:4", "sha256-sharded-5") }, AY_EFORMAT, "of another size" },
		{ { .resources = RA("a", "sha256-sharded-4") }, AY_EFORMAT, "where there are no shards" },
		{ { SHARDS, .resources = R("a:0:4", D1) "," R("a:5:6", D2) }, AY_EFORMAT, "a gap" },
		{ { SHARDS, .resources = R("a:0:4", D1) "," R("a:3:6", D2) }, AY_EFORMAT, "an overlap" },
		{ { SHARDS, .resources = R("a:4:8", D1) }, AY_EFORMAT, "no beginning" },
		{ { SHARDS, .resources = R("a:0:3", D1) "," R("a:3:6", D2) }, AY_EFORMAT, "a short shard in the middle" },
		{ { SHARDS, .resources = R("a:0:5", D1) }, AY_EFORMAT, "a shard that is too long" },
		{ { SHARDS, .resources = R("a:0:0", D1) }, AY_EFORMAT, "an empty shard" },
		{ { SHARDS, .resources = R("a:00:4", D1) }, AY_EFORMAT, "a leading zero" },
		{ { SHARDS, .resources = R("a:0:18446744073709551616", D1) }, AY_EFORMAT, "an end beyond 64 bits" },
		{ { SHARDS, .resources = R("a:4", D1) }, AY_EFORMAT, "one number" },
		{ { SHARDS, .resources = R(":0:4", D1) }, AY_EFORMAT, "no path" },
		{ { .method = "shards", .more = ",\"shard_size\":0", .resources = R("a:0:4", D1) }, AY_EFORMAT, "shards of nothing" },
		{ { .method = "shards", .resources = R("a:0:4", D1) }, AY_EFORMAT, "shards without size" },
	};

	for (size_t i = 0; i < AY_ARRAY_LEN(t); i++) {
		struct ay_oms o;
		struct ay_error e = { .msg = "" };
		int r = parse(t[i].m, &o, &e);

		is_int(r, t[i].want, "%s", t[i].name);
		if (r == 0)
			ay_oms_free(&o);
	}
}

static void test_content(void)
{
	struct ay_oms o;
	struct ay_error e;
	char hex[AY_SHA256_HEX];

	need(parse((struct made){ .resources = R("b", D2) "," R("a", D1), .more = ",\"ignore_paths\":[\"x\",\".git\"]" }, &o, &e), "parse");
	is_str(o.name, "m", "name");
	ok(o.digests_are_sha256 && o.files.n == 2, "two files");
	is_str(o.files.v[0].path, "a", "sorted");
	ay_sha256_hex(&o.files.v[1].sha256, hex);
	is_str(hex, D2, "with their digests");
	ok(o.nignore == 2 && strcmp(o.ignore_paths[1], ".git") == 0, "ignored paths");
	ay_oms_free(&o);
	need(parse((struct made){ SHARDS, .resources = R("b:0:4", D2) "," R("b:4:5", D2) "," R("a:0:2", D1) }, &o, &e), "parse");
	ok(!o.digests_are_sha256 && o.files.n == 2 && o.files.v[0].size == 2 && o.files.v[1].size == 5, "shards give sizes");
	ay_oms_free(&o);
}

static void test_write(void)
{
	static const char *const ignore[] = { ".git" };
	struct ay_file_list files = { 0 };
	struct ay_buf b = ay_buf_new(65536);
	struct ay_sha256 d1, d2, both_root;
	struct ay_statement st;
	struct ay_oms o;
	struct ay_error e;
	uint8_t both[64];

	need(ay_sha256_parse(D1, 64, &d1), "digest");
	need(ay_sha256_parse(D2, 64, &d2), "digest");
	/* The two orders differ here: by whole name '.' comes before '/'. */
	need(ay_file_list_add(&files, "sub/a.b", 1, &d1), "add");
	need(ay_file_list_add(&files, "sub.bin", 1, &d2), "add");
	ay_file_list_sort(&files);
	is_int(ay_oms_statement("models/x@v1", &files, ignore, 1, &b), 0, "written");
	need(ay_statement_parse(b.data, b.len, &st, &e), "parse");
	need(ay_oms_parse(&st, &o, &e), "parse");
	memcpy(both, d2.b, 32);
	memcpy(both + 32, d1.b, 32);
	both_root = ay_sha256_of(both, 64);
	ok(ay_sha256_eq(&o.root, &both_root), "sub.bin comes before sub/a.b");
	is_str(o.name, "models/x@v1", "the reference is the subject's name");
	ok(o.nignore == 1 && o.files.n == 2, "and the rest");
	ay_oms_free(&o);
	ay_statement_free(&st);
	files.n = 0;
	is_int(ay_oms_statement("m", &files, NULL, 0, &b), AY_EUSAGE, "nothing cannot be signed");
	files.n = 2;
	ay_file_list_free(&files);
	ay_buf_free(&b);
}

static void test_other_type(void)
{
	static const char text[] = "{\"_type\":\"https://in-toto.io/Statement/v1\",\"subject\":[{\"digest\":{\"sha256\":\"" D1 "\"}}],\"predicateType\":\"x\",\"predicate\":{}}";
	struct ay_statement st;
	struct ay_oms o;
	struct ay_error e;

	need(ay_statement_parse(text, strlen(text), &st, &e), "parse");
	is_int(ay_oms_parse(&st, &o, &e), AY_EUNSUPPORTED, "another predicate is no model signature");
	ay_statement_free(&st);
}

int main(void)
{
	test_lists();
	test_content();
	test_write();
	test_other_type();
	return done_testing();
}
