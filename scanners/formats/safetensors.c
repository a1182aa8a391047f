/* SPDX-License-Identifier: Apache-2.0 */
/*
 * safetensors: a 64-bit length, a JSON object, then tensors that cover the rest
 * without hole or overlap. The rules are those of the Rust reader, and on top of
 * them duplicate keys, unknown keys and strange names are refused.
 */
#include <inttypes.h>

#include "assay/ckd.h"
#include "assay/json.h"
#include "scanners/registry.h"
#include "scanners/formats/bytes.h"

#define HEADER_OFF 8
#define MAX_DEPTH 8
#define FIRST_TENSORS 256

static const struct {
	const char *name;
	uint8_t bits;
} dtypes[] = {
	{ "BOOL", 8 }, { "U8", 8 }, { "I8", 8 }, { "F8_E5M2", 8 }, { "F8_E4M3", 8 }, { "F8_E8M0", 8 }, { "F8_E4M3FNUZ", 8 },
	{ "F8_E5M2FNUZ", 8 }, { "F4", 4 }, { "F6_E2M3", 6 }, { "F6_E3M2", 6 }, { "I16", 16 }, { "U16", 16 }, { "F16", 16 },
	{ "BF16", 16 }, { "I32", 32 }, { "U32", 32 }, { "F32", 32 }, { "I64", 64 }, { "U64", 64 }, { "F64", 64 }, { "C64", 64 },
};

struct range {
	uint64_t begin, end;                /* of the data */
};

struct reader {
	struct ay_scan *scan;
	struct ay_source *in;
	struct ay_json_reader *json;
	uint64_t off, end;                  /* of the header's bytes not yet handed to json */
	struct range *tensors;
	size_t count, room;
	bool reported;
};

/* One tensor's entry. */
struct tensor {
	char name[256];                     /* for messages, may be cut */
	unsigned bits;
	uint64_t numel;
	struct range range;
	bool has_dtype, has_shape, has_range;
};

static int64_t fill(void *arg, void *dst, size_t len)
{
	struct reader *r = arg;
	int rc;

	if (len > r->end - r->off)
		len = (size_t)(r->end - r->off);
	rc = ay_budget_tick(ay_scan_budget(r->scan));
	if (rc == 0)
		rc = ay_source_read_full(r->in, r->off, dst, len);
	if (rc < 0)
		return rc;
	r->off += len;
	return (int64_t)len;
}

static int refuse(struct reader *r, const char *rule, const char *name, const char *why)
{
	ay_scan_find(r->scan, rule, HEADER_OFF + ay_json_reader_off(r->json), "%s%s%s", name, *name ? ": " : "", why);
	r->reported = true;
	return AY_EFORMAT;
}

/* The next event must be this one. A reader error keeps its code. */
static int expect(struct reader *r, enum ay_json_event wanted)
{
	int ev = ay_json_next(r->json);

	if (ev < 0)
		return ev;
	return ev == (int)wanted ? 0 : refuse(r, "safetensors.malformed", "", "the header has another structure than safetensors");
}

/* Also when the text has an inner NUL. */
static bool text_is(const struct reader *r, const char *wanted)
{
	size_t len;
	const char *text = ay_json_text(r->json, &len);

	return len == strlen(wanted) && strcmp(text, wanted) == 0;
}

static int take_u64(struct reader *r, int ev, uint64_t *out)
{
	size_t len;
	const char *text;
	uint64_t v = 0;

	if (ev < 0)
		return ev;
	if (ev != AY_JSON_EV_NUMBER)
		return refuse(r, "safetensors.malformed", "", "a number is expected");
	text = ay_json_text(r->json, &len);
	for (size_t i = 0; i < len; i++)
		if (text[i] < '0' || text[i] > '9' || ay_ckd_mul_u64(v, 10, &v) || ay_ckd_add_u64(v, (uint64_t)(text[i] - '0'), &v))
			return refuse(r, "safetensors.malformed", text, "is not a whole number of at most 64 bits");
	*out = v;
	return 0;
}

static int take_dtype(struct reader *r, struct tensor *t)
{
	int rc = expect(r, AY_JSON_EV_STRING);

	if (rc < 0)
		return rc;
	for (size_t i = 0; i < AY_ARRAY_LEN(dtypes); i++)
		if (text_is(r, dtypes[i].name))
			t->bits = dtypes[i].bits;
	t->has_dtype = true;
	return t->bits ? 0 : refuse(r, "safetensors.dtype", t->name, "has an unknown dtype");
}

static int take_shape(struct reader *r, struct tensor *t)
{
	int rc = expect(r, AY_JSON_EV_ARRAY);
	int ev;

	t->numel = 1;
	t->has_shape = true;
	while (rc == 0 && (ev = ay_json_next(r->json)) != AY_JSON_EV_ARRAY_END) {
		uint64_t dim = 0;

		rc = take_u64(r, ev, &dim);
		if (rc == 0 && ay_ckd_mul_u64(t->numel, dim, &t->numel))
			rc = refuse(r, "safetensors.layout", t->name, "the shape has more elements than 64 bits can count");
	}
	return rc;
}

static int take_range(struct reader *r, struct tensor *t)
{
	int rc = expect(r, AY_JSON_EV_ARRAY);

	t->has_range = true;
	if (rc == 0)
		rc = take_u64(r, ay_json_next(r->json), &t->range.begin);
	if (rc == 0)
		rc = take_u64(r, ay_json_next(r->json), &t->range.end);
	return rc < 0 ? rc : expect(r, AY_JSON_EV_ARRAY_END);
}

static int add_range(struct reader *r, struct range range)
{
	if (r->count == r->room) {
		size_t room = r->room ? r->room * 2 : FIRST_TENSORS;
		struct range *fresh = ay_budget_realloc(ay_scan_budget(r->scan), r->tensors, room * sizeof(*fresh));

		if (!fresh)
			return AY_ELIMIT;
		r->tensors = fresh;
		r->room = room;
	}
	r->tensors[r->count++] = range;
	return 0;
}

static int check_tensor(struct reader *r, const struct tensor *t)
{
	uint64_t bits;

	if (!t->has_dtype || !t->has_shape || !t->has_range)
		return refuse(r, "safetensors.malformed", t->name, "lacks dtype, shape or data_offsets");
	if (t->range.begin > t->range.end)
		return refuse(r, "safetensors.layout", t->name, "ends before it begins");
	if (ay_ckd_mul_u64(t->numel, t->bits, &bits))
		return refuse(r, "safetensors.layout", t->name, "has more bits than 64 bits can count");
	if (bits % 8 != 0)
		return refuse(r, "safetensors.layout", t->name, "does not end at a whole byte");
	if (bits / 8 != t->range.end - t->range.begin)
		return refuse(r, "safetensors.layout", t->name, "dtype and shape ask for another number of bytes than data_offsets");
	return add_range(r, t->range);
}

static int take_tensor(struct reader *r, struct tensor *t)
{
	int rc = expect(r, AY_JSON_EV_OBJECT);
	int ev;

	while (rc == 0 && (ev = ay_json_next(r->json)) != AY_JSON_EV_OBJECT_END) {
		if (ev < 0)
			rc = ev;
		else if (text_is(r, "dtype"))
			rc = take_dtype(r, t);
		else if (text_is(r, "shape"))
			rc = take_shape(r, t);
		else if (text_is(r, "data_offsets"))
			rc = take_range(r, t);
		else
			rc = refuse(r, "safetensors.malformed", t->name, "has a key other than dtype, shape and data_offsets");
	}
	return rc < 0 ? rc : check_tensor(r, t);
}

static int take_metadata(struct reader *r)
{
	int rc = expect(r, AY_JSON_EV_OBJECT);
	int ev;

	while (rc == 0 && (ev = ay_json_next(r->json)) != AY_JSON_EV_OBJECT_END) {
		if (ev < 0)
			return ev;
		rc = ay_json_next(r->json);
		if (rc >= 0)
			rc = rc == AY_JSON_EV_STRING ? 0 : refuse(r, "safetensors.metadata", "__metadata__", "has a value that is no string");
	}
	return rc;
}

static bool name_is_plain(const char *name, size_t len)
{
	if (len == 0 || len > AY_LIMIT_PATH || strlen(name) != len)
		return false;
	for (; *name; name++)
		if ((unsigned char)*name < 0x20 || *name == 0x7f)
			return false;
	return true;
}

/* The whole header. 0, AY_EFORMAT when reported, or the JSON reader's code. */
static int take_header(struct reader *r)
{
	int rc = expect(r, AY_JSON_EV_OBJECT);
	int ev;

	ay_scan_hold_tensor(r->scan, NULL, 0);
	while (rc == 0 && (ev = ay_json_next(r->json)) != AY_JSON_EV_OBJECT_END) {
		struct tensor t = { .bits = 0 };
		const char *name;
		size_t len;

		if (ev < 0)
			return ev;
		name = ay_json_text(r->json, &len);
		snprintf(t.name, sizeof(t.name), "%s", name);
		if (text_is(r, "__metadata__"))
			rc = take_metadata(r);
		else if (!name_is_plain(name, len))
			rc = refuse(r, "safetensors.name", t.name, "is empty, too long or has control characters");
		else {
			ay_scan_hold_tensor(r->scan, name, len);
			rc = take_tensor(r, &t);
		}
	}
	return rc < 0 ? rc : expect(r, AY_JSON_EV_END);
}

static int by_begin(const void *a, const void *b)
{
	const struct range *x = a, *y = b;

	if (x->begin != y->begin)
		return x->begin < y->begin ? -1 : 1;
	return (x->end > y->end) - (x->end < y->end);
}

static void check_coverage(struct reader *r)
{
	uint64_t data_off = r->end, at = 0;

	if (r->count > 0)
		qsort(r->tensors, r->count, sizeof(*r->tensors), by_begin);
	for (size_t i = 0; i < r->count; i++) {
		if (r->tensors[i].begin != at) {
			ay_scan_find(r->scan, "safetensors.layout", data_off + at, "there is a %s of tensors at data offset %" PRIu64,
				     r->tensors[i].begin > at ? "hole in the row" : "overlap", at);
			return;
		}
		at = r->tensors[i].end;
	}
	if (at > r->in->size - data_off)
		ay_scan_find(r->scan, "safetensors.truncated", r->in->size, "the tensors need %" PRIu64 " bytes and %" PRIu64 " are there", at,
			     r->in->size - data_off);
	else if (at < r->in->size - data_off)
		ay_scan_find(r->scan, "safetensors.layout", data_off + at, "%" PRIu64 " bytes follow the last tensor",
			     r->in->size - data_off - at);
}

static int read_length(struct ay_source *in, uint64_t *len_out)
{
	uint8_t bytes[HEADER_OFF + 1];
	struct ay_cursor c;
	int rc = ay_source_read_full(in, 0, bytes, sizeof(bytes));

	if (rc < 0)
		return rc;
	c = ay_cursor_of(bytes, sizeof(bytes), 0);
	*len_out = ay_cursor_le64(&c);
	return ay_cursor_u8(&c) == '{' ? 0 : AY_EFORMAT;
}

static unsigned bid(struct ay_cursor head, struct ay_source *in, const char *path)
{
	uint64_t len = ay_cursor_le64(&head);

	if (head.err || ay_cursor_peek(&head, 0) != '{')
		return 0;
	/* The brace alone is weak; a length within the file and its limit has 37 zero bits. Under its own name it is judged without them. */
	if (len >= 2 && len <= AY_LIMIT_SAFETENSORS_HEADER && len <= in->size - HEADER_OFF)
		return 45;
	return ay_path_ends(path, ".safetensors") ? 8 : 0;
}

static int scan(struct ay_scan *s, struct ay_source *in)
{
	struct reader r = { .scan = s, .in = in, .off = HEADER_OFF };
	uint64_t len;
	int rc = read_length(in, &len);

	if (rc < 0) {
		ay_scan_find_error(s, "safetensors", rc, NULL);
		return 0;
	}
	if (len > AY_LIMIT_SAFETENSORS_HEADER || len > in->size - HEADER_OFF) {
		ay_scan_find(s, "safetensors.truncated", 0, "the header announces %" PRIu64 " bytes, more than there are or may be", len);
		return 0;
	}
	r.end = HEADER_OFF + len;
	rc = ay_json_reader_new(fill, &r, MAX_DEPTH, AY_LIMIT_JSON_STRING, AY_LIMIT_JSON_KEYS, &r.json);
	if (rc < 0)
		return rc;
	rc = take_header(&r);
	if (rc < 0 && !r.reported) {
		struct ay_error e;

		ay_error_at(&e, rc, HEADER_OFF + ay_json_reader_off(r.json), "the header is not strict JSON: %s", ay_strerror(rc));
		ay_scan_find_error(s, "safetensors", rc, &e);
	}
	if (rc == 0)
		check_coverage(&r);
	ay_json_reader_free(r.json);
	ay_budget_free(ay_scan_budget(s), r.tensors);
	return rc == AY_EFORMAT || rc == AY_ETRUNC ? 0 : rc;
}

const struct ay_scanner ay_scanner_safetensors = {
	.abi = AY_SCAN_ABI, .flags = AY_SCANNER_INERT, .name = "safetensors", .version = 3, .bid = bid, .scan = scan,
};
