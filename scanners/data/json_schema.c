/* SPDX-License-Identifier: Apache-2.0 */
/* Judges a document by a compiled JSON Schema. Recursion is bounded by the depth of the document times AY_JS_LINE, and capped. */
#include "scanners/data/json_schema_node.h"

#include <math.h>
#include <stdarg.h>

#include "assay/text.h"

#define MAX_DEPTH 1024           /* schemas one inside the other, of values one inside the other */
#define MAX_STEPS 20000000       /* of one document: alternatives inside of alternatives multiply */

/* The way to the value at hand. */
struct step {
	const struct step *up;
	const char *key;         /* NULL: index */
	size_t index;
};

struct run {
	const struct ay_json_schema *s;
	struct ay_uniq_pool *pool;
	struct ay_json_fault *fault;
	uint64_t steps;
	unsigned depth, quiet;   /* quiet: an alternative that may fail says nothing */
};

/* ---- faults ---- */

static void write_way(const struct step *at, char *out, size_t size)
{
	const struct step *way[AY_LIMIT_JSON_DEPTH + 1];
	size_t n = 0, len = 0;

	for (; at->up && n < AY_ARRAY_LEN(way); at = at->up)
		way[n++] = at;
	out[0] = 0;
	while (n-- > 0 && len + 1 < size) {
		char name[64];

		if (way[n]->key)
			len += (size_t)snprintf(out + len, size - len, "/%s", ay_escape_str(name, sizeof(name), way[n]->key));
		else
			len += (size_t)snprintf(out + len, size - len, "/%zu", way[n]->index);
	}
}

static void write_value(const struct ay_json *j, char *out, size_t size)
{
	size_t len = 0;
	const char *text = ay_json_str(j, &len);
	struct ay_value v = ay_value_of_text(text, len);

	if (text)
		ay_value_write(&v, out, size);
	else
		snprintf(out, size, "%s", ay_json_is(j, AY_JSON_OBJECT) ? "an object" : ay_json_is(j, AY_JSON_ARRAY) ? "an array" :
			 ay_json_is(j, AY_JSON_NULL) ? "null" : ay_json_bool(j, false) ? "true" : "false");
}

static int broken(struct run *r, const struct ay_js_node *n, const struct step *at, const struct ay_json *j, const char *keyword, const char *fmt,
		  ...) AY_PRINTF(6, 7);
static int broken(struct run *r, const struct ay_js_node *n, const struct step *at, const struct ay_json *j, const char *keyword, const char *fmt, ...)
{
	struct ay_json_fault *f = r->fault;
	va_list ap;

	if (r->quiet)
		return 0;
	write_way(at, f->where, sizeof(f->where));
	write_value(j, f->value, sizeof(f->value));
	snprintf(f->keyword, sizeof(f->keyword), "%.90s%s%s", n->where, *keyword ? "/" : "", keyword);
	va_start(ap, fmt);
	vsnprintf(f->message, sizeof(f->message), fmt, ap);
	va_end(ap);
	return 0;
}

/* ---- equality ---- */

/* A number of at most 18 digits, exactly; 0 has one form. */
static bool decimal_of(const struct ay_json *j, struct ay_js_decimal *out)
{
	size_t len = 0;
	const char *text = ay_json_str(j, &len);

	if (!ay_js_decimal(text, len, out))
		return false;
	if (!out->digits)
		out->exponent = 0;
	return true;
}

/* An integer among these, however it is written: 1, 1.0 and 10e-1. */
static bool integer_of(const struct ay_json *j, struct ay_js_decimal *out)
{
	return decimal_of(j, out) && out->exponent >= 0;
}

static bool same_number(const struct ay_json *a, const struct ay_json *b)
{
	struct ay_js_decimal d, e;
	struct ay_value x, y;

	if (integer_of(a, &d) && integer_of(b, &e))
		return d.digits == e.digits && d.exponent == e.exponent;
	return ay_js_number(a, &x) && ay_js_number(b, &y) && ay_value_compare_numbers(&x, &y) == 0;
}

static bool same_scalar(const struct ay_json *a, const struct ay_json *b)
{
	size_t n = 0, m = 0;

	switch (ay_json_type(a)) {
	case AY_JSON_NUMBER:
		return same_number(a, b);
	case AY_JSON_STRING: {
		const char *s = ay_json_str(a, &n), *t = ay_json_str(b, &m);

		return n == m && memcmp(s, t, n) == 0;
	}
	case AY_JSON_BOOL:
		return ay_json_bool(a, false) == ay_json_bool(b, false);
	default:
		return true;
	}
}

/* Recursion is bounded by the depth of documents. 1, 0, or AY_ELIMIT. */
static int same(struct run *r, const struct ay_json *a, const struct ay_json *b)
{
	int rc = 1;

	if (++r->steps > MAX_STEPS)
		return AY_ELIMIT;
	if (ay_json_type(a) != ay_json_type(b))
		return 0;
	if (!ay_json_is(a, AY_JSON_ARRAY) && !ay_json_is(a, AY_JSON_OBJECT))
		return same_scalar(a, b);
	if (ay_json_count(a) != ay_json_count(b))
		return 0;
	for (size_t i = 0; i < ay_json_count(a) && rc == 1; i++) {
		const struct ay_json *other = ay_json_is(a, AY_JSON_ARRAY) ? ay_json_at(b, i) : ay_json_get(b, ay_json_key(a, i));

		/* Finding a key costs as much as the object has keys. */
		r->steps += ay_json_is(a, AY_JSON_OBJECT) ? ay_json_count(b) : 0;
		rc = other ? same(r, ay_json_at(a, i), other) : 0;
	}
	return rc;
}

/* ---- hashes, for unique items ---- */

static void hash_number(struct ay_uniq_state *h, const struct ay_json *j)
{
	uint8_t scratch[AY_VALUE_CANON];
	struct ay_js_decimal d;
	struct ay_value v;
	size_t len;

	if (integer_of(j, &d)) {
		ay_uniq_part(h, &d.digits, sizeof(d.digits));
		ay_uniq_part(h, &d.exponent, sizeof(d.exponent));
		return;
	}
	if (!ay_js_number(j, &v))
		v = ay_value_of_f64(0);
	const void *canon = ay_value_canon(&v, scratch, &len);

	ay_uniq_part(h, canon, len);
}

static struct ay_uniq_hash hash(struct run *r, const struct ay_json *j)
{
	char kind = (char)ay_json_type(j);
	struct ay_uniq_hash sum = {0, 0};
	struct ay_uniq_state h;
	size_t len = 0;
	const char *text;

	r->steps++;
	ay_uniq_start(&h);
	ay_uniq_part(&h, &kind, 1);
	if (ay_json_is(j, AY_JSON_NUMBER)) {
		hash_number(&h, j);
	} else if ((text = ay_json_str(j, &len)) != NULL) {
		ay_uniq_part(&h, text, len);
	} else if (ay_json_is(j, AY_JSON_BOOL)) {
		kind = ay_json_bool(j, false);
		ay_uniq_part(&h, &kind, 1);
	}
	for (size_t i = 0; i < ay_json_count(j); i++) {
		struct ay_uniq_hash one = hash(r, ay_json_at(j, i));

		if (ay_json_is(j, AY_JSON_OBJECT)) {
			/* Their order means nothing: members are added up. */
			struct ay_uniq_state member;

			ay_uniq_start(&member);
			ay_uniq_part(&member, ay_json_key(j, i), strlen(ay_json_key(j, i)));
			ay_uniq_part(&member, &one, sizeof(one));
			one = ay_uniq_finish(&member);
			sum.lo += one.lo;
			sum.hi += one.hi;
		} else {
			ay_uniq_part(&h, &one, sizeof(one));
		}
	}
	ay_uniq_part(&h, &sum, sizeof(sum));
	return ay_uniq_finish(&h);
}

static int judge_unique(struct run *r, const struct ay_js_node *n, const struct ay_json *j, const struct step *at)
{
	struct ay_uniq seen;
	int rc = 1;

	ay_uniq_init(&seen, r->pool);
	for (size_t i = 0; i < ay_json_count(j) && rc == 1; i++) {
		struct step step = {at, NULL, i};

		rc = ay_uniq_add(&seen, hash(r, ay_json_at(j, i)));
		if (rc == 0)
			broken(r, n, &step, ay_json_at(j, i), "uniqueItems", "the item stands earlier in the array too");
	}
	ay_uniq_free(&seen);
	return rc;
}

/* ---- one value ---- */

static unsigned type_of(const struct ay_json *j)
{
	struct ay_js_decimal d;
	struct ay_value v;

	switch (ay_json_type(j)) {
	case AY_JSON_NULL:
		return AY_JS_NULL;
	case AY_JSON_BOOL:
		return AY_JS_BOOLEAN;
	case AY_JSON_STRING:
		return AY_JS_STRING;
	case AY_JSON_ARRAY:
		return AY_JS_ARRAY;
	case AY_JSON_OBJECT:
		return AY_JS_OBJECT;
	case AY_JSON_NUMBER:
		break;
	}
	if (ay_js_number(j, &v) && (decimal_of(j, &d) ? d.exponent >= 0 : v.type == AY_VALUE_INTEGER || floor(v.d) == v.d))
		return AY_JS_NUMBER | AY_JS_INTEGER;
	return AY_JS_NUMBER;
}

static int judge_type(struct run *r, const struct ay_js_node *n, const struct ay_json *j, const struct step *at)
{
	static const char *const names[] = {"null", "a boolean", "a number", "an integer", "a string", "an array", "an object"};
	char want[96] = "";
	size_t len = 0;

	if (!n->types || (n->types & type_of(j)))
		return 1;
	for (unsigned i = 0; i < AY_ARRAY_LEN(names); i++)
		if (n->types >> i & 1)
			len += (size_t)snprintf(want + len, sizeof(want) - len, "%s%s", len ? " or " : "", names[i]);
	return broken(r, n, at, j, "type", "the value is not %s", want);
}

static int judge_enum(struct run *r, const struct ay_js_node *n, const struct ay_json *j, const struct step *at)
{
	int rc = 0;

	if (n->constant) {
		rc = same(r, j, n->constant);
		if (rc != 1)
			return rc ? rc : broken(r, n, at, j, "const", "the value is not the one that must stand here");
	}
	for (size_t i = 0; n->enums && i < ay_json_count(n->enums); i++) {
		rc = same(r, j, ay_json_at(n->enums, i));
		if (rc)
			return rc;
	}
	return n->enums ? broken(r, n, at, j, "enum", "the value is none of the %zu that are allowed", ay_json_count(n->enums)) : 1;
}

bool ay_js_number(const struct ay_json *j, struct ay_value *out)
{
	size_t len = 0;
	const char *text = ay_json_is(j, AY_JSON_NUMBER) ? ay_json_str(j, &len) : NULL;

	return text && (ay_value_parse(AY_VALUE_INTEGER, text, len, out) || ay_value_parse(AY_VALUE_NUMBER, text, len, out));
}

bool ay_js_decimal(const char *text, size_t len, struct ay_js_decimal *out)
{
	bool minus = len && text[0] == '-', point = false;
	int zeros = 0, exponent = 0;
	unsigned digits = 0;
	size_t i = minus;

	*out = (struct ay_js_decimal){0, 0};
	for (; i < len && (text[i] == '.' || (text[i] >= '0' && text[i] <= '9')); i++) {
		if (text[i] == '.') {
			point = true;
			continue;
		}
		out->exponent -= point;
		/* Zeros count when another digit follows. */
		if (text[i] == '0') {
			zeros++;
			continue;
		}
		for (; zeros; zeros--) {
			digits += digits > 0;
			if (digits > AY_VALUE_SHORT)
				return false;
			out->digits *= 10;
		}
		if (++digits > AY_VALUE_SHORT)
			return false;
		out->digits = out->digits * 10 + (text[i] - '0');
	}
	out->exponent += zeros;
	if (i < len) {
		bool down = i + 1 < len && text[i + 1] == '-';

		for (i++; i < len; i++)
			if (text[i] >= '0' && text[i] <= '9' && exponent < 100000)
				exponent = exponent * 10 + (text[i] - '0');
		out->exponent += down ? -exponent : exponent;
	}
	if (minus)
		out->digits = -out->digits;
	return true;
}

/* v is a whole number of times m. Both have at most 18 digits, so that products of two fit 128 bits. */
static bool is_multiple(struct ay_js_decimal v, struct ay_js_decimal m)
{
	int64_t value = v.digits < 0 ? -v.digits : v.digits, unit = m.digits;
	int shift = v.exponent - m.exponent;

	if (value == 0)
		return true;
	/* Digits below the last one of the unit: the value ends in none that is 0, so that it has such digits. */
	if (shift < 0)
		return false;
	__int128 rest = value % unit;

	for (; shift > 0 && rest; shift--)
		rest = rest * 10 % unit;
	return rest == 0;
}

static int judge_number(struct run *r, const struct ay_js_node *n, const struct ay_json *j, const struct step *at)
{
	static const struct { const char *keyword, *message; } bounds[] = {
		[AY_JS_MINIMUM] = {"minimum", "the value is below the minimum"},
		[AY_JS_MAXIMUM] = {"maximum", "the value is above the maximum"},
		[AY_JS_EXCLUSIVE_MINIMUM] = {"exclusiveMinimum", "the value is not above what it must exceed"},
		[AY_JS_EXCLUSIVE_MAXIMUM] = {"exclusiveMaximum", "the value is not below what it must stay under"},
	};
	struct ay_value v;
	struct ay_js_decimal d;
	size_t len = 0;

	if (!ay_js_number(j, &v))
		return broken(r, n, at, j, "", "the number is beyond what a double holds");
	for (int b = 0; b < AY_JS_BOUNDS; b++) {
		if (!n->has_bound[b])
			continue;
		int o = ay_value_compare_numbers(&v, &n->bound[b]);
		bool good = b == AY_JS_MINIMUM ? o >= 0 : b == AY_JS_MAXIMUM ? o <= 0 : b == AY_JS_EXCLUSIVE_MINIMUM ? o > 0 : o < 0;

		if (!good)
			return broken(r, n, at, j, bounds[b].keyword, "%s", bounds[b].message);
	}
	if (!n->has_multiple)
		return 1;
	const char *text = ay_json_str(j, &len);

	if (!ay_js_decimal(text, len, &d))
		return broken(r, n, at, j, "multipleOf", "the number has more than %d digits, so that this cannot be judged", AY_VALUE_SHORT);
	return is_multiple(d, n->multiple) ? 1 : broken(r, n, at, j, "multipleOf", "the value is not a multiple");
}

static int judge_count(struct run *r, const struct ay_js_node *n, const struct ay_json *j, const struct step *at, uint64_t have, enum ay_js_count min,
		       const char *what)
{
	static const char *const keywords[] = {"minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"};

	if (n->has_count[min] && have < n->count[min])
		return broken(r, n, at, j, keywords[min], "%llu %s are fewer than %llu", (unsigned long long)have, what, (unsigned long long)n->count[min]);
	if (n->has_count[min + 1] && have > n->count[min + 1])
		return broken(r, n, at, j, keywords[min + 1], "%llu %s are more than %llu", (unsigned long long)have, what,
			      (unsigned long long)n->count[min + 1]);
	return 1;
}

static int judge_string(struct run *r, const struct ay_js_node *n, const struct ay_json *j, const struct step *at)
{
	uint64_t chars = 0;
	size_t len = 0;
	const char *text = ay_json_str(j, &len);

	for (size_t i = 0; i < len; i++)
		chars += ((uint8_t)text[i] & 0xC0) != 0x80;
	r->steps += len / 16;
	if (!judge_count(r, n, j, at, chars, AY_JS_MIN_LENGTH, "characters"))
		return 0;
	if (n->pattern && !ay_pattern_match(n->pattern, text, len))
		return broken(r, n, at, j, "pattern", "the text does not match the pattern");
	return 1;
}

/* ---- values inside, and schemas of the same value ---- */

static int judge(struct run *r, uint32_t index, const struct ay_json *j, const struct step *at);

static int judge_array(struct run *r, const struct ay_js_node *n, const struct ay_json *j, const struct step *at)
{
	size_t count = ay_json_count(j);
	int rc = judge_count(r, n, j, at, count, AY_JS_MIN_ITEMS, "items");

	for (size_t i = 0; i < count && rc == 1; i++) {
		struct step step = {at, NULL, i};

		if (i < n->list_count[AY_JS_PREFIX_ITEMS])
			rc = judge(r, n->list[AY_JS_PREFIX_ITEMS][i], ay_json_at(j, i), &step);
		else if (n->single[AY_JS_ITEMS])
			rc = judge(r, n->single[AY_JS_ITEMS] - 1, ay_json_at(j, i), &step);
	}
	return rc == 1 && n->unique ? judge_unique(r, n, j, at) : rc;
}

static const struct ay_js_property *find_property(const struct ay_js_node *n, const char *name)
{
	size_t lo = 0, hi = n->property_count;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		int o = strcmp(name, n->properties[mid].name);

		if (o == 0)
			return &n->properties[mid];
		if (o < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return NULL;
}

static int judge_member(struct run *r, const struct ay_js_node *n, const char *key, const struct ay_json *j, const struct step *at)
{
	const struct ay_js_property *p = find_property(n, key);
	bool named = p != NULL;
	int rc = p ? judge(r, p->node, j, at) : 1;

	for (size_t i = 0; i < n->pattern_count && rc == 1; i++) {
		r->steps++;
		if (!ay_pattern_match(n->patterns[i].pattern, key, strlen(key)))
			continue;
		named = true;
		rc = judge(r, n->patterns[i].node, j, at);
	}
	if (rc == 1 && !named && n->single[AY_JS_ADDITIONAL])
		rc = judge(r, n->single[AY_JS_ADDITIONAL] - 1, j, at);
	return rc;
}

static bool is_required(const struct ay_js_node *n, const char *key)
{
	size_t lo = 0, hi = n->required_count;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		int o = strcmp(key, n->required[mid]);

		if (o == 0)
			return true;
		if (o < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return false;
}

static int judge_object(struct run *r, const struct ay_js_node *n, const struct ay_json *j, const struct step *at)
{
	size_t count = ay_json_count(j), met = 0;
	int rc = judge_count(r, n, j, at, count, AY_JS_MIN_PROPERTIES, "properties");

	for (size_t i = 0; i < count && rc == 1; i++) {
		struct step step = {at, ay_json_key(j, i), 0};

		met += is_required(n, step.key);
		rc = judge_member(r, n, step.key, ay_json_at(j, i), &step);
	}
	for (size_t i = 0; rc == 1 && met < n->required_count && i < n->required_count; i++) {
		r->steps += count;
		if (!ay_json_get(j, n->required[i]))
			rc = broken(r, n, at, j, "required", "the property %.60s is missing", n->required[i]);
	}
	return rc;
}

/* How many of the alternatives fit; enough of them end it. */
static int count_fitting(struct run *r, const struct ay_js_node *n, enum ay_js_list list, const struct ay_json *j, const struct step *at, int enough)
{
	int fit = 0, rc = 0;

	r->quiet++;
	for (size_t i = 0; i < n->list_count[list] && rc >= 0 && fit < enough; i++) {
		rc = judge(r, n->list[list][i], j, at);
		fit += rc == 1;
	}
	r->quiet--;
	return rc < 0 ? rc : fit;
}

static int judge_combined(struct run *r, const struct ay_js_node *n, const struct ay_json *j, const struct step *at)
{
	int rc = n->single[AY_JS_REF] ? judge(r, n->single[AY_JS_REF] - 1, j, at) : 1;

	for (size_t i = 0; i < n->list_count[AY_JS_ALL_OF] && rc == 1; i++)
		rc = judge(r, n->list[AY_JS_ALL_OF][i], j, at);
	if (rc == 1 && n->list_count[AY_JS_ANY_OF]) {
		rc = count_fitting(r, n, AY_JS_ANY_OF, j, at, 1);
		if (rc == 0)
			broken(r, n, at, j, "anyOf", "none of the %zu alternatives fits", n->list_count[AY_JS_ANY_OF]);
	}
	if (rc == 1 && n->list_count[AY_JS_ONE_OF]) {
		rc = count_fitting(r, n, AY_JS_ONE_OF, j, at, 2);
		if (rc == 0 || rc == 2)
			rc = broken(r, n, at, j, "oneOf", "%s of the %zu alternatives fits", rc ? "more than one" : "none",
				    n->list_count[AY_JS_ONE_OF]);
	}
	if (rc == 1 && n->single[AY_JS_NOT]) {
		r->quiet++;
		rc = judge(r, n->single[AY_JS_NOT] - 1, j, at);
		r->quiet--;
		if (rc >= 0)
			rc = rc ? broken(r, n, at, j, "not", "the value is what it must not be") : 1;
	}
	return rc;
}

static int judge_node(struct run *r, const struct ay_js_node *n, const struct ay_json *j, const struct step *at)
{
	int rc = n->never ? broken(r, n, at, j, "", "nothing may stand here") : judge_type(r, n, j, at);

	if (rc == 1)
		rc = judge_enum(r, n, j, at);
	if (rc == 1 && ay_json_is(j, AY_JSON_NUMBER))
		rc = judge_number(r, n, j, at);
	if (rc == 1 && ay_json_is(j, AY_JSON_STRING))
		rc = judge_string(r, n, j, at);
	if (rc == 1 && ay_json_is(j, AY_JSON_ARRAY))
		rc = judge_array(r, n, j, at);
	if (rc == 1 && ay_json_is(j, AY_JSON_OBJECT))
		rc = judge_object(r, n, j, at);
	return rc == 1 ? judge_combined(r, n, j, at) : rc;
}

static int judge(struct run *r, uint32_t index, const struct ay_json *j, const struct step *at)
{
	if (++r->steps > MAX_STEPS || r->depth == MAX_DEPTH || ay_budget_tick(r->pool->budget) != 0)
		return AY_ELIMIT;
	r->depth++;
	int rc = judge_node(r, r->s->nodes[index], j, at);

	r->depth--;
	return rc;
}

int ay_json_schema_judge(const struct ay_json_schema *s, const struct ay_json *document, struct ay_uniq_pool *pool, struct ay_json_fault *fault)
{
	struct run r = {.s = s, .pool = pool, .fault = fault};
	struct step root = {NULL, NULL, 0};

	return judge(&r, 0, document, &root);
}
