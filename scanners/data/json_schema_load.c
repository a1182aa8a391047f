/* SPDX-License-Identifier: Apache-2.0 */
/* The compiler of JSON Schemas. Schemas inside schemas wait in the list of nodes, so that nothing here is recursive. */
#include "scanners/data/json_schema_node.h"

#include <errno.h>
#include <stdarg.h>

#include "assay/limits.h"

#define MAX_NODES 20000           /* schemas */
#define MAX_JSON_NODES 1000000
#define MAX_PATTERNS 256
#define NUMERIC (AY_JS_NUMBER | AY_JS_INTEGER)
#define ANY (AY_JS_OBJECT * 2 - 1)

struct compiler {
	struct ay_json_schema *s;
	struct ay_error *e;
	uint32_t *slots;                  /* node + 1 by the address of its JSON */
	size_t slot_count;
	unsigned patterns;
	const struct ay_js_node *at;      /* being compiled */
};

static int bad(struct compiler *c, const char *key, const char *fmt, ...) AY_PRINTF(3, 4);
static int bad(struct compiler *c, const char *key, const char *fmt, ...)
{
	char msg[200];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(msg, sizeof(msg), fmt, ap);
	va_end(ap);
	ay_error_set(c->e, AY_EFORMAT, "%s", msg);
	ay_error_where(c->e, "%s%s%s", c->at ? c->at->where : "", key && *key ? "/" : "", key ? key : "");
	return AY_EFORMAT;
}

static int no_memory(struct compiler *c)
{
	return ay_error_set(c->e, -ENOMEM, "out of memory");
}

/* ---- nodes ---- */

static size_t slot_of(const struct compiler *c, const struct ay_json *json)
{
	size_t i = ((uintptr_t)json / 8 * 0x9E3779B97F4A7C15ull) >> 40 & (c->slot_count - 1);

	while (c->slots[i] && c->s->nodes[c->slots[i] - 1]->json != json)
		i = (i + 1) & (c->slot_count - 1);
	return i;
}

/* The node of this JSON, made when it is new. */
static int intern(struct compiler *c, const struct ay_json *json, const char *up, const char *key, const char *name, uint32_t *out)
{
	size_t slot = slot_of(c, json), len = strlen(up) + strlen(key) + (name ? strlen(name) : 0) + 3;
	struct ay_js_node *n;

	if (c->slots[slot]) {
		*out = c->slots[slot] - 1;
		return 0;
	}
	if (!ay_json_is(json, AY_JSON_OBJECT) && !ay_json_is(json, AY_JSON_BOOL))
		return bad(c, key, "must be a schema: an object, true or false");
	if (c->s->node_count == MAX_NODES)
		return bad(c, key, "there are more than %d schemas in it", MAX_NODES);
	n = calloc(1, sizeof(*n));
	if (n)
		n->where = malloc(len);
	if (!n || !n->where) {
		free(n);
		return no_memory(c);
	}
	snprintf(n->where, len, "%s%s%s%s%s", up, *key ? "/" : "", key, name ? "/" : "", name ? name : "");
	n->json = json;
	c->s->nodes[c->s->node_count] = n;
	*out = (uint32_t)c->s->node_count++;
	c->slots[slot] = *out + 1;
	return 0;
}

/* ---- keywords ---- */

struct keyword {
	const char *name;
	unsigned types;                   /* that it can say something of */
	int (*load)(struct compiler *c, struct ay_js_node *n, const struct ay_json *j, const struct keyword *k);
	unsigned which;
};

static unsigned type_bit(const char *name)
{
	static const char *const names[] = {"null", "boolean", "number", "integer", "string", "array", "object"};

	for (unsigned i = 0; name && i < AY_ARRAY_LEN(names); i++)
		if (strcmp(names[i], name) == 0)
			return 1u << i;
	return 0;
}

static const char *string_of(const struct ay_json *j)
{
	return ay_json_is(j, AY_JSON_STRING) ? ay_json_str(j, NULL) : NULL;
}

static int load_type(struct compiler *c, struct ay_js_node *n, const struct ay_json *j, const struct keyword *k)
{
	size_t count = ay_json_is(j, AY_JSON_ARRAY) ? ay_json_count(j) : 1;

	for (size_t i = 0; i < count; i++) {
		unsigned bit = type_bit(string_of(ay_json_is(j, AY_JSON_ARRAY) ? ay_json_at(j, i) : j));

		if (!bit || (n->types & bit))
			return bad(c, k->name, "must be a type, or a list of different types");
		n->types |= bit;
	}
	return n->types ? 0 : bad(c, k->name, "must be a type, or a list of different types");
}

static int load_enum(struct compiler *c, struct ay_js_node *n, const struct ay_json *j, const struct keyword *k)
{
	if (!ay_json_is(j, AY_JSON_ARRAY) || ay_json_count(j) == 0)
		return bad(c, k->name, "must be a list of at least one value");
	n->enums = j;
	return 0;
}

static int load_const(struct compiler *c, struct ay_js_node *n, const struct ay_json *j, const struct keyword *k)
{
	(void)c;
	(void)k;
	n->constant = j;
	return 0;
}

static int load_bound(struct compiler *c, struct ay_js_node *n, const struct ay_json *j, const struct keyword *k)
{
	if (!ay_js_number(j, &n->bound[k->which]))
		return bad(c, k->name, "must be a number");
	n->has_bound[k->which] = true;
	return 0;
}

static int load_multiple(struct compiler *c, struct ay_js_node *n, const struct ay_json *j, const struct keyword *k)
{
	size_t len = 0;
	const char *text = ay_json_is(j, AY_JSON_NUMBER) ? ay_json_str(j, &len) : NULL;

	if (!text || !ay_js_decimal(text, len, &n->multiple) || n->multiple.digits <= 0)
		return bad(c, k->name, "must be a number above 0, of at most 18 digits");
	n->has_multiple = true;
	return 0;
}

static int load_count(struct compiler *c, struct ay_js_node *n, const struct ay_json *j, const struct keyword *k)
{
	if (!ay_json_is(j, AY_JSON_NUMBER) || ay_json_u64(j, &n->count[k->which]) != 0)
		return bad(c, k->name, "must be a whole number that is not negative");
	n->has_count[k->which] = true;
	return 0;
}

static int load_unique(struct compiler *c, struct ay_js_node *n, const struct ay_json *j, const struct keyword *k)
{
	if (!ay_json_is(j, AY_JSON_BOOL))
		return bad(c, k->name, "must be true or false");
	n->unique = ay_json_bool(j, false);
	return 0;
}

/* Behind text[at]: the end of an alternative that stands in no group and no class; beyond len when a group ends that did not begin. */
static size_t alternative_end(const char *text, size_t len, size_t at)
{
	unsigned depth = 0;
	bool class = false;

	for (; at < len; at++) {
		char ch = text[at];

		if (ch == '\\')
			at++;
		else if (class)
			class = ch != ']';
		else if (ch == '[')
			class = true;
		else if (ch == '(')
			depth++;
		else if (ch == ')' && !depth)
			return len + 1;
		else if (ch == ')')
			depth--;
		else if (ch == '|' && !depth)
			break;
	}
	return at < len ? at : len;
}

/* Does it end with a $ that is no escaped one? */
static bool ends_anchored(const char *text, size_t len)
{
	size_t slashes = 0;

	if (!len || text[len - 1] != '$')
		return false;
	while (slashes + 1 < len && text[len - 2 - slashes] == '\\')
		slashes++;
	return slashes % 2 == 0;
}

/* The pattern is looked for anywhere; what matches whole values gets room around each alternative that has no anchor there. */
static bool widen(const char *text, size_t len, struct ay_buf *out)
{
	static const char room[] = "[\\s\\S]*";
	size_t at = 0;

	for (;;) {
		size_t end = alternative_end(text, len, at);

		if (end > len)
			return false;
		bool head = at < end && text[at] == '^', tail = ends_anchored(text + at, end - at);
		size_t from = at + head, to = end - (tail && end > from);

		if (!head)
			ay_buf_adds(out, room);
		ay_buf_adds(out, "(?:");
		ay_buf_add(out, text + from, to - from);
		ay_buf_adds(out, ")");
		if (!tail)
			ay_buf_adds(out, room);
		if (end == len)
			return true;
		ay_buf_addc(out, '|');
		at = end + 1;
	}
}

static int compile_pattern(struct compiler *c, const char *key, const char *text, size_t len, struct ay_pattern **out)
{
	struct ay_buf b = ay_buf_new(AY_LIMIT_SCHEMA * 4);
	struct ay_error why = {.off = 0};
	int rc;

	if (++c->patterns > MAX_PATTERNS)
		return bad(c, key, "there are more than %d patterns in it", MAX_PATTERNS);
	if (!widen(text, len, &b)) {
		ay_buf_free(&b);
		return bad(c, key, "the pattern cannot be used: a ) has no ( before it");
	}
	rc = b.err ? b.err : ay_pattern_compile(ay_buf_str(&b), b.len, out, &why);
	ay_buf_free(&b);
	if (rc == -ENOMEM)
		return no_memory(c);
	return rc ? bad(c, key, "the pattern cannot be used: %s", *why.msg ? why.msg : ay_strerror(rc)) : 0;
}

static int load_pattern(struct compiler *c, struct ay_js_node *n, const struct ay_json *j, const struct keyword *k)
{
	size_t len = 0;

	if (!ay_json_is(j, AY_JSON_STRING))
		return bad(c, k->name, "must be a string");
	const char *text = ay_json_str(j, &len);

	return compile_pattern(c, k->name, text, len, &n->pattern);
}

static int by_property(const void *a, const void *b)
{
	const struct ay_js_property *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static int load_properties(struct compiler *c, struct ay_js_node *n, const struct ay_json *j, const struct keyword *k)
{
	int rc = 0;

	if (!ay_json_is(j, AY_JSON_OBJECT))
		return bad(c, k->name, "must be an object of schemas");
	n->properties = calloc(ay_json_count(j) + 1, sizeof(*n->properties));
	if (!n->properties)
		return no_memory(c);
	for (size_t i = 0; i < ay_json_count(j) && !rc; i++) {
		struct ay_js_property *p = &n->properties[n->property_count++];

		p->name = ay_json_key(j, i);
		rc = intern(c, ay_json_at(j, i), n->where, k->name, p->name, &p->node);
	}
	qsort(n->properties, n->property_count, sizeof(*n->properties), by_property);
	return rc;
}

static int load_patterns(struct compiler *c, struct ay_js_node *n, const struct ay_json *j, const struct keyword *k)
{
	int rc = 0;

	if (!ay_json_is(j, AY_JSON_OBJECT))
		return bad(c, k->name, "must be an object of schemas");
	n->patterns = calloc(ay_json_count(j) + 1, sizeof(*n->patterns));
	if (!n->patterns)
		return no_memory(c);
	for (size_t i = 0; i < ay_json_count(j) && !rc; i++) {
		struct ay_js_pattern *p = &n->patterns[n->pattern_count];
		const char *key = ay_json_key(j, i);

		rc = compile_pattern(c, k->name, key, strlen(key), &p->pattern);
		if (!rc)
			n->pattern_count++;
		if (!rc)
			rc = intern(c, ay_json_at(j, i), n->where, k->name, key, &p->node);
	}
	return rc;
}

static int by_name(const void *a, const void *b)
{
	const char *const *x = a, *const *y = b;

	return strcmp(*x, *y);
}

static int load_required(struct compiler *c, struct ay_js_node *n, const struct ay_json *j, const struct keyword *k)
{
	if (!ay_json_is(j, AY_JSON_ARRAY))
		return bad(c, k->name, "must be a list of names");
	n->required = calloc(ay_json_count(j) + 1, sizeof(*n->required));
	if (!n->required)
		return no_memory(c);
	for (size_t i = 0; i < ay_json_count(j); i++) {
		n->required[i] = string_of(ay_json_at(j, i));
		if (!n->required[i])
			return bad(c, k->name, "must be a list of names");
	}
	n->required_count = ay_json_count(j);
	qsort(n->required, n->required_count, sizeof(*n->required), by_name);
	for (size_t i = 1; i < n->required_count; i++)
		if (strcmp(n->required[i - 1], n->required[i]) == 0)
			return bad(c, k->name, "names a property twice");
	return 0;
}

static int load_list(struct compiler *c, struct ay_js_node *n, const struct ay_json *j, const struct keyword *k)
{
	uint32_t **list = &n->list[k->which];
	char index[24];
	int rc = 0;

	if (!ay_json_is(j, AY_JSON_ARRAY) || ay_json_count(j) == 0)
		return bad(c, k->name, "must be a list of at least one schema");
	*list = calloc(ay_json_count(j), sizeof(**list));
	if (!*list)
		return no_memory(c);
	for (size_t i = 0; i < ay_json_count(j) && !rc; i++) {
		snprintf(index, sizeof(index), "%zu", i);
		rc = intern(c, ay_json_at(j, i), n->where, k->name, index, &(*list)[i]);
		n->list_count[k->which]++;
	}
	return rc;
}

static int load_single(struct compiler *c, struct ay_js_node *n, const struct ay_json *j, const struct keyword *k)
{
	uint32_t node = 0;
	int rc = intern(c, j, n->where, k->name, NULL, &node);

	n->single[k->which] = node + 1;
	return rc;
}

static int load_defs(struct compiler *c, struct ay_js_node *n, const struct ay_json *j, const struct keyword *k)
{
	uint32_t unused;
	int rc = 0;

	if (!ay_json_is(j, AY_JSON_OBJECT))
		return bad(c, k->name, "must be an object of schemas");
	for (size_t i = 0; i < ay_json_count(j) && !rc; i++)
		rc = intern(c, ay_json_at(j, i), n->where, k->name, ay_json_key(j, i), &unused);
	return rc;
}

/* The next part of a JSON pointer, unescaped: false for what is none. */
static bool pointer_part(const char **at, char *out, size_t size)
{
	size_t n = 0;

	if (**at != '/')
		return false;
	for (++*at; **at && **at != '/'; ++*at) {
		char ch = **at;

		if (ch == '~') {
			++*at;
			if (**at != '0' && **at != '1')
				return false;
			ch = **at == '0' ? '~' : '/';
		}
		if (ch == '%' || n + 1 >= size)
			return false;
		out[n++] = ch;
	}
	out[n] = 0;
	return true;
}

static const struct ay_json *follow(const struct compiler *c, const char *at)
{
	const struct ay_json *j = ay_json_root(c->s->doc);
	char part[256];

	while (j && *at) {
		if (!pointer_part(&at, part, sizeof(part)))
			return NULL;
		if (ay_json_is(j, AY_JSON_ARRAY)) {
			char *end;
			unsigned long i = strtoul(part, &end, 10);

			j = *part >= '0' && *part <= '9' && !*end && i < ay_json_count(j) ? ay_json_at(j, i) : NULL;
		} else {
			j = ay_json_get(j, part);
		}
	}
	return j;
}

static int load_ref(struct compiler *c, struct ay_js_node *n, const struct ay_json *j, const struct keyword *k)
{
	const char *text = string_of(j);
	const struct ay_json *target = text && *text == '#' ? follow(c, text + 1) : NULL;
	uint32_t node = 0;

	if (!text || *text != '#')
		return bad(c, k->name, "must be a reference into this schema, as \"#/$defs/name\"; none is fetched");
	if (!ay_json_is(target, AY_JSON_OBJECT) && !ay_json_is(target, AY_JSON_BOOL))
		return bad(c, k->name, "leads to no schema here");
	int rc = intern(c, target, "", text + (text[1] == '/' ? 2 : 1), NULL, &node);

	n->single[k->which] = node + 1;
	return rc;
}

static int load_top(struct compiler *c, struct ay_js_node *n, const struct ay_json *j, const struct keyword *k)
{
	const char *text = string_of(j);

	if (n != c->s->nodes[0] || !text)
		return bad(c, k->name, "may only stand at the top, as a string");
	if (strcmp(k->name, "$schema") == 0 && strcmp(text, AY_JSON_SCHEMA_2020) != 0)
		return bad(c, k->name, "only draft 2020-12 is supported: " AY_JSON_SCHEMA_2020);
	return 0;
}

static int load_note(struct compiler *c, struct ay_js_node *n, const struct ay_json *j, const struct keyword *k)
{
	(void)c;
	(void)n;
	(void)j;
	(void)k;
	return 0;
}

static const struct keyword keywords[] = {
	{"type", ANY, load_type, 0},    /* first: others are compared with it */
	{"enum", ANY, load_enum, 0},
	{"const", ANY, load_const, 0},
	{"minimum", NUMERIC, load_bound, AY_JS_MINIMUM},
	{"maximum", NUMERIC, load_bound, AY_JS_MAXIMUM},
	{"exclusiveMinimum", NUMERIC, load_bound, AY_JS_EXCLUSIVE_MINIMUM},
	{"exclusiveMaximum", NUMERIC, load_bound, AY_JS_EXCLUSIVE_MAXIMUM},
	{"multipleOf", NUMERIC, load_multiple, 0},
	{"minLength", AY_JS_STRING, load_count, AY_JS_MIN_LENGTH},
	{"maxLength", AY_JS_STRING, load_count, AY_JS_MAX_LENGTH},
	{"pattern", AY_JS_STRING, load_pattern, 0},
	{"minItems", AY_JS_ARRAY, load_count, AY_JS_MIN_ITEMS},
	{"maxItems", AY_JS_ARRAY, load_count, AY_JS_MAX_ITEMS},
	{"uniqueItems", AY_JS_ARRAY, load_unique, 0},
	{"items", AY_JS_ARRAY, load_single, AY_JS_ITEMS},
	{"prefixItems", AY_JS_ARRAY, load_list, AY_JS_PREFIX_ITEMS},
	{"minProperties", AY_JS_OBJECT, load_count, AY_JS_MIN_PROPERTIES},
	{"maxProperties", AY_JS_OBJECT, load_count, AY_JS_MAX_PROPERTIES},
	{"properties", AY_JS_OBJECT, load_properties, 0},
	{"required", AY_JS_OBJECT, load_required, 0},
	{"additionalProperties", AY_JS_OBJECT, load_single, AY_JS_ADDITIONAL},
	{"patternProperties", AY_JS_OBJECT, load_patterns, 0},
	{"allOf", ANY, load_list, AY_JS_ALL_OF},
	{"anyOf", ANY, load_list, AY_JS_ANY_OF},
	{"oneOf", ANY, load_list, AY_JS_ONE_OF},
	{"not", ANY, load_single, AY_JS_NOT},
	{"$ref", ANY, load_ref, AY_JS_REF},
	{"$defs", ANY, load_defs, 0},
	{"$schema", ANY, load_top, 0},
	{"$id", ANY, load_top, 0},
	{"title", ANY, load_note, 0},
	{"description", ANY, load_note, 0},
	{"$comment", ANY, load_note, 0},
	{"default", ANY, load_note, 0},
	{"examples", ANY, load_note, 0},
	{"deprecated", ANY, load_note, 0},
	{"readOnly", ANY, load_note, 0},
	{"writeOnly", ANY, load_note, 0},
};

static int compile(struct compiler *c, struct ay_js_node *n)
{
	int rc = 0;

	c->at = n;
	if (ay_json_is(n->json, AY_JSON_BOOL)) {
		n->never = !ay_json_bool(n->json, true);
		return 0;
	}
	for (size_t i = 0; i < ay_json_count(n->json); i++) {
		const char *key = ay_json_key(n->json, i);
		size_t k = 0;

		while (k < AY_ARRAY_LEN(keywords) && strcmp(keywords[k].name, key) != 0)
			k++;
		if (k == AY_ARRAY_LEN(keywords))
			return bad(c, key, "this keyword is not supported, and without it values would pass unjudged");
	}
	for (size_t k = 0; k < AY_ARRAY_LEN(keywords) && !rc; k++) {
		const struct ay_json *j = ay_json_get(n->json, keywords[k].name);

		if (j && n->types && !(n->types & keywords[k].types))
			rc = bad(c, keywords[k].name, "no value of the type beside it could break this");
		else if (j)
			rc = keywords[k].load(c, n, j, &keywords[k]);
	}
	return rc;
}

/* ---- lines of schemas that judge the same value ---- */

/* Calls of one round: which nodes judge the same value as this one. */
static bool lengthen(struct compiler *c, const struct ay_js_node *n, uint32_t other)
{
	struct ay_js_node *to = c->s->nodes[other];

	if (to->line > n->line)
		return false;
	to->line = n->line + 1;
	return true;
}

/* Rounds until no line grows; one that grows beyond the limit is a circle, or as good as one. */
static int measure_lines(struct compiler *c)
{
	bool grown = true;

	while (grown) {
		grown = false;
		for (size_t i = 0; i < c->s->node_count; i++) {
			const struct ay_js_node *n = c->s->nodes[i];

			c->at = n;
			if (n->line > AY_JS_LINE)
				return bad(c, NULL, "it leads back to itself at the same value, or more than %d schemas judge one value one inside the other",
					   AY_JS_LINE);
			for (int l = AY_JS_ALL_OF; l <= AY_JS_ONE_OF; l++)
				for (size_t k = 0; k < n->list_count[l]; k++)
					grown |= lengthen(c, n, n->list[l][k]);
			if (n->single[AY_JS_NOT])
				grown |= lengthen(c, n, n->single[AY_JS_NOT] - 1);
			if (n->single[AY_JS_REF])
				grown |= lengthen(c, n, n->single[AY_JS_REF] - 1);
		}
	}
	return 0;
}

/* ---- the whole ---- */

static int copy_document(struct compiler *c, const struct ay_json *schema)
{
	struct ay_buf b = ay_buf_new(2 * AY_LIMIT_SCHEMA);
	struct ay_jw w = ay_jw_new(&b, false);
	int rc;

	ay_jw_tree(&w, schema);
	rc = b.err ? b.err : ay_json_parse(b.data, b.len, MAX_JSON_NODES, &c->s->doc, c->e);
	ay_buf_free(&b);
	return rc;
}

static int load(struct compiler *c, const struct ay_json *schema)
{
	uint32_t first;
	int rc = copy_document(c, schema);

	c->s->nodes = calloc(MAX_NODES, sizeof(*c->s->nodes));
	c->slot_count = 65536;
	c->slots = calloc(c->slot_count, sizeof(*c->slots));
	if (!rc && (!c->s->nodes || !c->slots))
		rc = no_memory(c);
	if (!rc)
		rc = intern(c, ay_json_root(c->s->doc), "", "", NULL, &first);
	for (size_t i = 0; i < c->s->node_count && !rc; i++)
		rc = compile(c, c->s->nodes[i]);
	return rc ? rc : measure_lines(c);
}

int ay_json_schema_load(const struct ay_json *schema, struct ay_json_schema **out, struct ay_error *e)
{
	struct compiler c = {.s = calloc(1, sizeof(*c.s)), .e = e};
	int rc = c.s ? load(&c, schema) : no_memory(&c);

	free(c.slots);
	if (rc)
		ay_json_schema_free(c.s);
	*out = rc ? NULL : c.s;
	return rc;
}

static void node_free(struct ay_js_node *n)
{
	for (size_t i = 0; i < n->pattern_count; i++)
		ay_pattern_free(n->patterns[i].pattern);
	for (int l = 0; l < AY_JS_LISTS; l++)
		free(n->list[l]);
	ay_pattern_free(n->pattern);
	free(n->patterns);
	free(n->properties);
	free(n->required);
	free(n->where);
	free(n);
}

void ay_json_schema_free(struct ay_json_schema *s)
{
	if (!s)
		return;
	for (size_t i = 0; s->nodes && i < s->node_count; i++)
		node_free(s->nodes[i]);
	free(s->nodes);
	ay_json_free(s->doc);
	free(s);
}
