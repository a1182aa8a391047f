/* SPDX-License-Identifier: Apache-2.0 */
#include "scanners/formats/doc.h"

#include <stdarg.h>

#include "assay/ckd.h"
#include "scanners/formats/json_feed.h"

#define MAX_TEXT (1 * MIB)

int ay_doc_refuse(struct ay_doc_reader *r, const char *rule, const char *fmt, ...)
{
	char text[256];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	ay_scan_find(r->s, rule, r->d->off(r->d->arg), "%s", text);
	r->reported = true;
	return AY_EFORMAT;
}

int ay_doc_next(struct ay_doc_reader *r)
{
	int ev = r->pending, err = ay_budget_tick(ay_scan_budget(r->s));

	r->pending = 0;
	return err ? err : ev ? ev : r->d->next(r->d->arg);
}

int ay_doc_more(struct ay_doc_reader *r)
{
	int ev = ay_doc_next(r);

	if (ev < 0 || ev == AY_JSON_EV_ARRAY_END)
		return ev < 0 ? ev : 0;
	r->pending = ev;
	return 1;
}

static int wrong_kind(struct ay_doc_reader *r, const char *what)
{
	return ay_doc_refuse(r, r->malformed, "%s has another structure than %s gives it", what, r->maker);
}

int ay_doc_expect(struct ay_doc_reader *r, enum ay_json_event wanted, const char *what)
{
	int ev = ay_doc_next(r);

	if (ev < 0)
		return ev;
	return ev == (int)wanted ? 0 : wrong_kind(r, what);
}

static const struct ay_doc_field *find_field(const struct ay_doc_field *fields, size_t count, const char *key, size_t len)
{
	for (size_t i = 0; i < count; i++)
		if (strlen(fields[i].key) == len && strcmp(fields[i].key, key) == 0)
			return &fields[i];
	return NULL;
}

int ay_doc_object(struct ay_doc_reader *r, const struct ay_doc_field *fields, size_t count, void *to, const char *what, uint32_t *seen_out)
{
	uint32_t seen = 0;
	int ev, err = ay_doc_expect(r, AY_JSON_EV_OBJECT, what);

	while (!err && (ev = ay_doc_next(r)) != AY_JSON_EV_OBJECT_END) {
		size_t len;

		if (ev < 0)
			return ev;
		const char *key = r->d->text(r->d->arg, &len);
		const struct ay_doc_field *f = find_field(fields, count, key, len);

		if (!f)
			return ay_doc_refuse(r, r->malformed, "%s has a key that is not known: %.64s", what, key);
		if (seen & 1u << (f - fields))
			return ay_doc_refuse(r, r->malformed, "%s has the key %s twice", what, f->key);
		seen |= 1u << (f - fields);
		err = f->take(r, to, f->id);
	}
	for (size_t i = 0; i < count && !err; i++)
		if (fields[i].required && !(seen & 1u << i))
			err = ay_doc_refuse(r, r->malformed, "%s lacks %s", what, fields[i].key);
	if (seen_out)
		*seen_out = seen;
	return err;
}

int ay_doc_string(struct ay_doc_reader *r, char *out, size_t size, const char *what)
{
	size_t len;
	const char *text;
	int err = ay_doc_expect(r, AY_JSON_EV_STRING, what);

	if (err)
		return err;
	text = r->d->text(r->d->arg, &len);
	if (len >= size || strlen(text) != len)
		return ay_doc_refuse(r, r->malformed, "%s is too long, or has a zero byte", what);
	snprintf(out, size, "%s", text);
	return 0;
}

int ay_doc_int(struct ay_doc_reader *r, int64_t *out, const char *what)
{
	int err = ay_doc_expect(r, AY_JSON_EV_NUMBER, what);

	if (err)
		return err;
	return r->d->whole(r->d->arg, out) ? 0 : ay_doc_refuse(r, r->malformed, "%s is not a whole number", what);
}

int ay_doc_int_text(struct ay_doc_reader *r, uint64_t *out, const char *what)
{
	char text[24];
	uint64_t v = 0;
	int err = ay_doc_string(r, text, sizeof(text), what);

	for (const char *p = text; !err && (*p || p == text); p++)
		if (*p < '0' || *p > '9' || ay_ckd_mul_u64(v, 10, &v) || ay_ckd_add_u64(v, (uint64_t)(*p - '0'), &v))
			err = ay_doc_refuse(r, r->malformed, "%s is not a whole number", what);
	*out = v;
	return err;
}

int ay_doc_ints(struct ay_doc_reader *r, struct ay_ints *out, const char *what)
{
	int ev, err = ay_doc_expect(r, AY_JSON_EV_ARRAY, what);

	while (!err && (ev = ay_doc_next(r)) != AY_JSON_EV_ARRAY_END) {
		int64_t v = ev == AY_JSON_EV_TRUE;

		if (ev < 0)
			return ev;
		if (ev != AY_JSON_EV_TRUE && ev != AY_JSON_EV_FALSE &&
		    (ev != AY_JSON_EV_NUMBER || !r->d->whole(r->d->arg, &v) || v < INT32_MIN || v > INT32_MAX))
			return ay_doc_refuse(r, r->malformed, "%s holds something else than whole numbers of 32 bits", what);
		err = ay_ints_add(r->s, out, (int32_t)v);
	}
	return err;
}

int ay_doc_numbers(struct ay_doc_reader *r, uint64_t *count_out, const char *what)
{
	int ev, err = ay_doc_expect(r, AY_JSON_EV_ARRAY, what);

	*count_out = 0;
	while (!err && (ev = ay_doc_next(r)) != AY_JSON_EV_ARRAY_END) {
		if (ev < 0)
			return ev;
		if (ev != AY_JSON_EV_NUMBER && ev != AY_JSON_EV_TRUE && ev != AY_JSON_EV_FALSE)
			return wrong_kind(r, what);
		++*count_out;
	}
	return err;
}

void ay_doc_tell(struct ay_doc_reader *r, int err)
{
	const char *reason = r->d->reason(r->d->arg);
	struct ay_error e;

	if (!err || r->reported)
		return;
	ay_error_at(&e, err, r->d->off(r->d->arg), "%s", *reason ? reason : ay_strerror(err));
	ay_scan_find_error(r->s, r->format, err, &e);
}

/* ---- JSON ---- */

struct feed {
	struct ay_json_feed from;
	struct ay_json_reader *json;
	uint64_t base;               /* of the source in the file, for messages */
};

static int json_next(void *arg)
{
	struct feed *f = arg;

	return ay_json_next(f->json);
}

static const char *json_text(void *arg, size_t *len_out)
{
	struct feed *f = arg;

	return ay_json_text(f->json, len_out);
}

/* A number beyond what 18 digits hold is none that a model has. */
static bool json_whole(void *arg, int64_t *out)
{
	struct feed *f = arg;
	size_t len;
	const char *text = ay_json_text(f->json, &len), *p = text + (*text == '-');

	if (len > 18)
		return false;
	for (*out = 0; *p >= '0' && *p <= '9'; p++)
		*out = *out * 10 + (*p - '0');
	if (*text == '-')
		*out = -*out;
	return *p == 0;
}

static uint64_t json_off(void *arg)
{
	struct feed *f = arg;

	return f->base + ay_json_reader_off(f->json);
}

static const char *json_reason(void *arg)
{
	struct feed *f = arg;

	return ay_json_reader_reason(f->json);
}

int ay_doc_json(struct ay_scan *s, struct ay_source *in, uint64_t base, size_t max_depth, const char *format,
		int (*judge)(struct ay_scan *s, const struct ay_doc *d))
{
	struct feed f = {.from = {.in = in, .budget = ay_scan_budget(s)}, .base = base};
	struct ay_doc d = {.arg = &f, .next = json_next, .text = json_text, .whole = json_whole, .off = json_off, .reason = json_reason};
	int err = ay_json_reader_new(ay_json_feed_source, &f.from, max_depth, MAX_TEXT, AY_LIMIT_JSON_KEYS, &f.json);

	if (err) {
		ay_scan_find_error(s, format, err, NULL);
		return 0;
	}
	/* Conditions of splits are written so. */
	ay_json_reader_permit_nonfinite(f.json);
	err = judge(s, &d);
	ay_json_reader_free(f.json);
	return err;
}
