/* SPDX-License-Identifier: Apache-2.0 */
/* The reader answers alike however its input is cut, the tree agrees with the reader, and canonical text is its own canonical form. */
#include "assay/json.h"

#include <string.h>

#include "assay/error.h"
#include "assay/limits.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define REQUIRE(cond) do { if (!(cond)) ay_bug("fuzz_json: %s", #cond); } while (0)

struct source { const uint8_t *p; size_t left, step; };
struct outcome { int rc; uint64_t off, sum; size_t values; bool nul_key; };

static int64_t fill(void *arg, void *dst, size_t len)
{
	struct source *s = arg;
	size_t n = s->left < s->step ? s->left : s->step;

	n = n < len ? n : len;
	if (n)
		memcpy(dst, s->p, n);
	s->p += n;
	s->left -= n;
	return (int64_t)n;
}

static struct outcome read_events(const uint8_t *data, size_t size, size_t step)
{
	struct source s = {data, size, step};
	struct outcome o = {0};
	struct ay_json_reader *r;
	size_t len;

	REQUIRE(ay_json_reader_new(fill, &s, AY_LIMIT_JSON_DEPTH, size, SIZE_MAX, &r) == 0);
	do {
		const char *text;

		o.rc = ay_json_next(r);
		text = ay_json_text(r, &len);
		for (size_t i = 0; o.rc >= 0 && i < len; i++)
			o.sum = o.sum * 31 + (uint8_t)text[i];
		o.sum = o.sum * 31 + (uint64_t)o.rc;
		o.nul_key |= o.rc == AY_JSON_EV_KEY && strlen(text) != len;
		o.values += o.rc != AY_JSON_EV_KEY && o.rc != AY_JSON_EV_ARRAY_END && o.rc != AY_JSON_EV_OBJECT_END;
	} while (o.rc > 0);
	o.off = ay_json_reader_off(r);
	ay_json_reader_free(r);
	return o;
}

static size_t count_values(const struct ay_json *j)
{
	size_t n = 1;

	for (size_t i = 0; i < ay_json_count(j); i++)
		n += count_values(ay_json_at(j, i));
	return n;
}

static void check_canonical(const struct ay_json *root, size_t size)
{
	struct ay_buf once = ay_buf_new(6 * size + 16), twice = ay_buf_new(6 * size + 16);
	struct ay_jw w = ay_jw_new(&once, false);
	struct ay_json_doc *doc;

	ay_jw_tree(&w, root);
	REQUIRE(once.err == 0);
	REQUIRE(ay_json_parse(once.data, once.len, SIZE_MAX, &doc, NULL) == 0);
	w = ay_jw_new(&twice, false);
	ay_jw_tree(&w, ay_json_root(doc));
	REQUIRE(twice.len == once.len && memcmp(once.data, twice.data, once.len) == 0);
	ay_json_free(doc);
	ay_buf_free(&once);
	ay_buf_free(&twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct outcome whole = read_events(data, size, SIZE_MAX), cut = read_events(data, size, 1 + size % 5);
	struct ay_json_doc *doc;
	struct ay_error e;
	int rc = ay_json_parse(data, size, SIZE_MAX, &doc, &e);

	REQUIRE(whole.rc == cut.rc && whole.off == cut.off && whole.sum == cut.sum);
	REQUIRE(whole.off <= size);
	if (whole.nul_key) {
		REQUIRE(rc != 0 && !doc);
		return 0;
	}
	REQUIRE(rc == whole.rc);
	REQUIRE(rc == 0 ? doc != NULL : !doc && e.off == whole.off);
	if (doc) {
		/* The reader's END was counted too. */
		REQUIRE(count_values(ay_json_root(doc)) + 1 == whole.values);
		check_canonical(ay_json_root(doc), size);
		ay_json_free(doc);
	}
	return 0;
}
