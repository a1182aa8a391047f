/* SPDX-License-Identifier: Apache-2.0 */
/*
 * LightGBM models as text: a header, trees whose sizes the header announces,
 * importances, the parameters of the training, and what pandas needs. A
 * training that goes on from a model takes its parameters over, so those that
 * name files or machines are refused.
 */
#include "scanners/formats/lightgbm.h"

#include <inttypes.h>
#include <stdarg.h>

#include "assay/json.h"
#include "scanners/formats/bytes.h"
#include "scanners/model/lightgbm_names.h"
#include "scanners/registry.h"

#define MAX_LINE (32 * MIB)
#define PANDAS "pandas_categorical:"

enum { H_VERSION, H_CLASSES, H_PER_ROUND, H_LABEL, H_MAX_FEATURE, H_OBJECTIVE, H_AVERAGE, H_NAMES, H_MONOTONE, H_INFOS, H_SIZES, HEADERS };

static const char *const header_keys[HEADERS] = {
	"version", "num_class", "num_tree_per_iteration", "label_index", "max_feature_idx", "objective", "average_output", "feature_names",
	"monotone_constraints", "feature_infos", "tree_sizes"
};

struct model {
	struct ay_lgb r;
	struct ay_lgb_tree tree;
	struct ay_ints sizes;
	int64_t classes, per_round, max_feature;
	uint64_t names, monotone, infos, trees;
	uint32_t seen;
	int version;
	bool pandas;                     /* its line was there */
	uint64_t last_line_end;
};

/* ---- lines ---- */

int ay_lgb_refuse(struct ay_lgb *r, const char *rule, const char *fmt, ...)
{
	char text[256];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	ay_scan_find(r->s, rule, r->line.off, "%s", text);
	r->reported = true;
	return AY_EFORMAT;
}

static int malformed(struct ay_lgb *r, const char *why)
{
	return ay_lgb_refuse(r, "lightgbm.malformed", "%s", why);
}

int ay_lgb_line(struct ay_lgb *r)
{
	int err = ay_budget_tick(ay_scan_budget(r->s));

	if (err)
		return err;
	if (r->again) {
		r->again = false;
		return 1;
	}
	err = ay_lines_next(&r->lines, &r->line);
	if (err > 0 && (ay_bytes_find_control(&r->line) < r->line.left || ay_bytes_find_bad_utf8(&r->line) < r->line.left))
		return malformed(r, "a line holds control bytes, or is not valid UTF-8");
	return err;
}

/* The next line that is not empty. */
static int filled_line(struct ay_lgb *r)
{
	int more;

	do
		more = ay_lgb_line(r);
	while (more > 0 && r->line.left == 0);
	return more;
}

bool ay_lgb_is(const struct ay_cursor *c, const char *text)
{
	return c->left == strlen(text) && ay_cursor_starts(c, text, strlen(text));
}

bool ay_lgb_key(struct ay_cursor *c, char key[AY_LGB_KEY])
{
	size_t len = ay_bytes_find(c, '=');

	if (len == 0 || len >= AY_LGB_KEY || len == c->left)
		return false;
	ay_cursor_copy(c, key, len);
	key[len] = 0;
	ay_cursor_skip(c, 1);
	return strlen(key) == len;
}

bool ay_lgb_token(struct ay_cursor *c, struct ay_cursor *out)
{
	while (ay_cursor_peek(c, 0) == ' ')
		ay_cursor_skip(c, 1);
	*out = ay_cursor_sub(c, ay_bytes_find(c, ' '));
	return out->left > 0;
}

/* ---- numbers ---- */

bool ay_lgb_whole(struct ay_cursor c, int64_t *out)
{
	bool minus = ay_cursor_accept(&c, "-", 1);

	*out = 0;
	if (c.left == 0 || c.left > 18)
		return false;
	while (c.left) {
		uint8_t b = ay_cursor_u8(&c);

		if (b < '0' || b > '9')
			return false;
		*out = *out * 10 + (b - '0');
	}
	if (minus)
		*out = -*out;
	return true;
}

static bool digits(struct ay_cursor *c)
{
	bool any = false;

	for (int b = ay_cursor_peek(c, 0); b >= '0' && b <= '9'; b = ay_cursor_peek(c, 0)) {
		ay_cursor_skip(c, 1);
		any = true;
	}
	return any;
}

bool ay_lgb_number(struct ay_cursor c)
{
	if (!ay_cursor_accept(&c, "-", 1))
		ay_cursor_accept(&c, "+", 1);
	if (ay_lgb_is(&c, "inf") || ay_lgb_is(&c, "nan"))
		return true;
	bool whole = digits(&c), part = ay_cursor_accept(&c, ".", 1) && digits(&c);

	if (!whole && !part)
		return false;
	if (ay_cursor_accept(&c, "e", 1) || ay_cursor_accept(&c, "E", 1)) {
		if (!ay_cursor_accept(&c, "-", 1))
			ay_cursor_accept(&c, "+", 1);
		if (!digits(&c))
			return false;
	}
	return c.left == 0;
}

int ay_lgb_ints(struct ay_lgb *r, struct ay_cursor c, struct ay_ints *out, const char *what)
{
	struct ay_cursor token;
	int err = 0;

	while (!err && ay_lgb_token(&c, &token)) {
		int64_t v;

		if (!ay_lgb_whole(token, &v) || v < INT32_MIN || v > INT32_MAX)
			return ay_lgb_refuse(r, "lightgbm.malformed", "%s holds something else than whole numbers of 32 bits", what);
		err = ay_ints_add(r->s, out, (int32_t)v);
		if (!err)
			err = ay_budget_tick(ay_scan_budget(r->s));
	}
	return err;
}

int ay_lgb_numbers(struct ay_lgb *r, struct ay_cursor c, uint64_t *count_out, const char *what)
{
	struct ay_cursor token;
	int err = 0;

	for (*count_out = 0; !err && ay_lgb_token(&c, &token); ++*count_out) {
		if (!ay_lgb_number(token))
			return ay_lgb_refuse(r, "lightgbm.malformed", "%s holds something else than numbers", what);
		err = ay_budget_tick(ay_scan_budget(r->s));
	}
	return err;
}

/* ---- header ---- */

static int take_count(struct model *m, struct ay_cursor c, int64_t min, int64_t *out)
{
	if (!ay_lgb_whole(c, out) || *out < min || *out >= INT32_MAX)
		return malformed(&m->r, "a number of the header is out of its range");
	return 0;
}

static int count_tokens(struct model *m, struct ay_cursor c, uint64_t *count_out)
{
	struct ay_cursor token;
	int err = 0;

	for (*count_out = 0; !err && ay_lgb_token(&c, &token); ++*count_out)
		err = ay_budget_tick(ay_scan_budget(m->r.s));
	return err;
}

/* none, [LOW:HIGH], or categories with colons between them. */
static bool info_is_plain(struct ay_cursor c)
{
	if (ay_lgb_is(&c, "none"))
		return true;
	for (int b = ay_cursor_peek(&c, 0); b >= 0; b = ay_cursor_peek(&c, 0)) {
		if (!strchr("0123456789+-.eE:[]infa", b) || b == 0)
			return false;
		ay_cursor_skip(&c, 1);
	}
	return true;
}

static int take_infos(struct model *m, struct ay_cursor c)
{
	struct ay_cursor token;

	for (m->infos = 0; ay_lgb_token(&c, &token); m->infos++) {
		if (!info_is_plain(token))
			return malformed(&m->r, "feature_infos holds something else than ranges and categories");
		if (ay_budget_tick(ay_scan_budget(m->r.s)) != 0)
			return AY_ELIMIT;
	}
	return 0;
}

static bool setting_is_plain(struct ay_cursor c)
{
	char name[AY_LGB_KEY];
	size_t len = ay_bytes_find(&c, ':');

	if (len == 0 || len >= sizeof(name) || len == c.left)
		return false;
	ay_cursor_copy(&c, name, len);
	name[len] = 0;
	ay_cursor_skip(&c, 1);
	return ay_lgb_objective_setting_known(name) && ay_lgb_number(c);
}

/* "binary sigmoid:1" */
static int take_objective(struct model *m, struct ay_cursor c)
{
	struct ay_cursor token;
	char name[AY_LGB_KEY] = "";

	if (ay_lgb_token(&c, &token) && token.left < sizeof(name))
		ay_cursor_copy(&token, name, token.left);
	if (!ay_lgb_objective_known(name))
		return ay_lgb_refuse(&m->r, "lightgbm.objective", "the objective \"%s\" is none that is known", name);
	while (ay_lgb_token(&c, &token))
		if (!ay_lgb_is(&token, "sqrt") && !setting_is_plain(token))
			return malformed(&m->r, "the objective has a setting that is not known");
	return 0;
}

static int take_version(struct model *m, struct ay_cursor c)
{
	int64_t v;

	if (!ay_cursor_accept(&c, "v", 1) || !ay_lgb_whole(c, &v) || v < 2 || v > 4)
		return ay_lgb_refuse(&m->r, "format.unsupported", "a LightGBM model of a version that is not known");
	m->version = (int)v;
	return 0;
}

static int take_header_value(struct model *m, unsigned key, struct ay_cursor c)
{
	int64_t label;

	switch (key) {
	case H_VERSION:
		return take_version(m, c);
	case H_CLASSES:
		return take_count(m, c, 1, &m->classes);
	case H_PER_ROUND:
		return take_count(m, c, 1, &m->per_round);
	case H_LABEL:
		return take_count(m, c, 0, &label);
	case H_MAX_FEATURE:
		return take_count(m, c, 0, &m->max_feature);
	case H_OBJECTIVE:
		return take_objective(m, c);
	case H_NAMES:
		return count_tokens(m, c, &m->names);
	case H_MONOTONE:
		return ay_lgb_numbers(&m->r, c, &m->monotone, header_keys[key]);
	case H_INFOS:
		return take_infos(m, c);
	default:
		return ay_lgb_ints(&m->r, c, &m->sizes, header_keys[key]);
	}
}

static int take_header_line(struct model *m)
{
	struct ay_cursor c = m->r.line;
	char name[AY_LGB_KEY] = "average_output";

	if (!ay_lgb_is(&c, name) && !ay_lgb_key(&c, name))
		return malformed(&m->r, "a line of the header is none of key and value");
	for (unsigned key = 0; key < HEADERS; key++) {
		if (strcmp(header_keys[key], name) != 0)
			continue;
		if (m->seen >> key & 1)
			return ay_lgb_refuse(&m->r, "lightgbm.malformed", "the header has %s twice", name);
		m->seen |= 1u << key;
		return key == H_AVERAGE ? 0 : take_header_value(m, key, c);
	}
	return ay_lgb_refuse(&m->r, "lightgbm.malformed", "the header has a key that is not known: %s", name);
}

static int check_header(struct model *m)
{
	static const uint8_t needed[] = {H_VERSION, H_CLASSES, H_LABEL, H_MAX_FEATURE, H_NAMES, H_INFOS, H_SIZES};
	uint64_t features = (uint64_t)m->max_feature + 1;

	for (size_t i = 0; i < AY_ARRAY_LEN(needed); i++)
		if (!(m->seen >> needed[i] & 1))
			return ay_lgb_refuse(&m->r, "lightgbm.malformed", "the header lacks %s", header_keys[needed[i]]);
	if (m->names != features || m->infos != features || ((m->seen >> H_MONOTONE & 1) && m->monotone != features))
		return malformed(&m->r, "the header has more or fewer names, ranges or constraints than features");
	m->r.features = m->max_feature + 1;
	return 0;
}

/* Up to the first tree, or the end of them when there is none. */
static int take_header(struct model *m)
{
	int more = filled_line(&m->r), err = 0;

	if (more > 0 && !ay_lgb_is(&m->r.line, "tree"))
		return ay_lgb_refuse(&m->r, "format.unsupported", "a LightGBM model of a kind that is not known");
	while (!err && more > 0 && (more = filled_line(&m->r)) > 0) {
		if (ay_cursor_starts(&m->r.line, "Tree=", 5) || ay_lgb_is(&m->r.line, "end of trees")) {
			m->r.again = true;
			return check_header(m);
		}
		err = take_header_line(m);
	}
	return err ? err : more < 0 ? more : AY_ETRUNC;
}

/* ---- trees ---- */

/*
 * A tree begins where the one before it ends; the sizes count the line Tree=N and the empty lines too. Only the empty line
 * before the importances, in versions that have no "end of trees", is of no tree.
 */
static int check_size(struct model *m, uint64_t at, uint64_t *begin)
{
	int64_t more = ay_cursor_starts(&m->r.line, "Tree=", 5) || ay_lgb_is(&m->r.line, "end of trees") ? 0 : 1;
	int64_t size = m->trees > 0 && m->trees <= m->sizes.n ? m->sizes.v[m->trees - 1] + more : -1;

	if (m->trees > 0 && (int64_t)(at - *begin) != size)
		return ay_lgb_refuse(&m->r, "lightgbm.sizes", "tree %" PRIu64 " has another size than tree_sizes says", m->trees - 1);
	*begin = at;
	return 0;
}

static int take_trees(struct model *m)
{
	uint64_t begin = 0;
	int more, err = 0;

	while (!err && (more = filled_line(&m->r)) > 0) {
		struct ay_cursor c = m->r.line;
		int64_t index;

		err = check_size(m, c.off, &begin);
		if (err)
			return err;
		if (!ay_cursor_accept(&c, "Tree=", 5)) {
			m->r.again = !ay_lgb_is(&m->r.line, "end of trees");
			if (m->trees != m->sizes.n || (m->per_round && m->trees % (uint64_t)m->per_round))
				return ay_lgb_refuse(&m->r, "lightgbm.sizes", "there are more or fewer trees than the header announces");
			return 0;
		}
		if (!ay_lgb_whole(c, &index) || index < 0 || (uint64_t)index != m->trees)
			return malformed(&m->r, "a tree has another number than its place");
		m->trees++;
		err = ay_lgb_tree(&m->r, &m->tree);
	}
	return err ? err : more < 0 ? more : AY_ETRUNC;
}

/* ---- what follows the trees ---- */

/* A plain name without a folder. */
static bool plain_name(struct ay_cursor c)
{
	return ay_cursor_peek(&c, 0) != '.' && ay_bytes_find(&c, '/') == c.left && ay_bytes_find(&c, '\\') == c.left &&
	       ay_bytes_find(&c, ':') == c.left && ay_bytes_find(&c, '|') == c.left;
}

/* "[KEY: VALUE]" */
static int take_parameter(struct model *m)
{
	struct ay_cursor c = m->r.line, value;
	char name[AY_LGB_KEY];
	size_t len;

	if (!ay_cursor_accept(&c, "[", 1) || (len = ay_bytes_find(&c, ':')) >= sizeof(name) || len + 3 > c.left ||
	    ay_cursor_peek(&c, c.left - 1) != ']')
		return malformed(&m->r, "a line of the parameters is none of key and value");
	ay_cursor_copy(&c, name, len);
	name[len] = 0;
	if (!ay_cursor_accept(&c, ": ", 2))
		return malformed(&m->r, "a line of the parameters is none of key and value");
	value = ay_cursor_sub(&c, c.left - 1);
	switch (ay_lgb_parameter_kind(name)) {
	case AY_LGB_PLAIN:
		return 0;
	case AY_LGB_INPUT:
	case AY_LGB_DATA:
		if (value.left == 0)
			return 0;
		break;
	case AY_LGB_OUTPUT:
		if (plain_name(value))
			return 0;
		break;
	default:
		return ay_lgb_refuse(&m->r, "lightgbm.malformed", "a parameter is not known: %s", name);
	}
	/* Those of the command line say where it was trained; a library that goes on from the model does not open them. */
	bool opened = ay_lgb_parameter_kind(name) == AY_LGB_INPUT;

	ay_scan_find(m->r.s, opened ? "lightgbm.parameter" : "lightgbm.path", m->r.line.off, "the parameter %s names %s", name,
		     opened ? "a file or machine, which training on from this model reads or talks to" : "a file where the model was trained");
	return 0;
}

static int take_parameters(struct model *m)
{
	int more, err = 0;

	while (!err && (more = filled_line(&m->r)) > 0) {
		if (ay_lgb_is(&m->r.line, "end of parameters"))
			return 0;
		err = take_parameter(m);
	}
	return err ? err : more < 0 ? more : AY_ETRUNC;
}

/* NAME=COUNT; a name may hold '=' itself. */
static int take_importance(struct model *m)
{
	struct ay_cursor c = m->r.line;
	size_t at = c.left;
	int64_t count;

	while (at > 0 && ay_cursor_peek(&c, at - 1) != '=')
		at--;
	if (at < 2)
		return malformed(&m->r, "a line of the importances is none of name and count");
	ay_cursor_skip(&c, at);
	return ay_lgb_whole(c, &count) && count >= 0 ? 0 : malformed(&m->r, "an importance is no count");
}

/* Up to the parameters, or to what stands in their place in models that have none. */
static int take_importances(struct model *m)
{
	int more = filled_line(&m->r), err = 0;

	if (more > 0 && !ay_lgb_is(&m->r.line, "feature_importances:") && !ay_lgb_is(&m->r.line, "feature importances:"))
		return malformed(&m->r, "the importances of the features do not follow the trees");
	while (!err && more > 0 && (more = filled_line(&m->r)) > 0) {
		if (ay_lgb_is(&m->r.line, "parameters:"))
			return take_parameters(m);
		if (ay_cursor_starts(&m->r.line, PANDAS, strlen(PANDAS))) {
			m->r.again = true;
			break;
		}
		err = take_importance(m);
	}
	if (err || more < 0)
		return err ? err : more;
	/* Only the first versions wrote no parameters. */
	return m->version > 2 ? AY_ETRUNC : 0;
}

static int64_t cursor_fill(void *arg, void *dst, size_t len)
{
	struct ay_cursor *c = arg;

	if (len > c->left)
		len = c->left;
	ay_cursor_copy(c, dst, len);
	return (int64_t)len;
}

static int take_pandas(struct model *m)
{
	struct ay_cursor c = m->r.line;
	struct ay_json_reader *json;
	int ev, err;

	ay_cursor_skip(&c, strlen(PANDAS));
	err = ay_json_reader_new(cursor_fill, &c, 4, MAX_LINE, AY_LIMIT_JSON_KEYS, &json);
	if (err)
		return err;
	ev = ay_json_next(json);
	if (ev != AY_JSON_EV_NULL && ev != AY_JSON_EV_ARRAY && ev > 0)
		err = malformed(&m->r, PANDAS " is no list");
	while (!err && ev > 0) {
		ev = ay_json_next(json);
		if (ev == AY_JSON_EV_OBJECT)
			err = malformed(&m->r, PANDAS " holds something else than categories");
	}
	if (!err && ev < 0)
		err = ev == AY_ELIMIT ? ev : malformed(&m->r, PANDAS " is not strict JSON");
	ay_json_reader_free(json);
	return err;
}

static int take_end(struct model *m)
{
	int more, err = 0;

	if (!m->r.again)
		m->last_line_end = m->r.line.off + m->r.line.left;
	while (!err && (more = filled_line(&m->r)) > 0) {
		m->last_line_end = m->r.line.off + m->r.line.left;
		if (ay_lgb_is(&m->r.line, "parser:"))
			return ay_lgb_refuse(&m->r, "format.unsupported", "the model names a parser of its own, which is not judged");
		if (!ay_cursor_starts(&m->r.line, PANDAS, strlen(PANDAS)) || m->pandas)
			return malformed(&m->r, "something follows the parameters");
		m->pandas = true;
		err = take_pandas(m);
	}
	return err ? err : more;
}

/* ---- the scanner ---- */

/* "tree" alone on the first line, then a key that only a model has. */
static unsigned lightgbm_bid(struct ay_cursor head, struct ay_source *in, const char *path)
{
	(void)in;
	(void)path;
	if (!ay_bytes_look_like_text(&head) || !ay_cursor_accept(&head, "tree", 4) ||
	    (ay_cursor_peek(&head, 0) != '\n' && !ay_cursor_starts(&head, "\r\n", 2)))
		return 0;
	for (;;) {
		size_t len = ay_bytes_find(&head, '\n');

		if (len == head.left)
			return 0;
		ay_cursor_skip(&head, len + 1);
		for (unsigned key = 0; key < HEADERS; key++) {
			struct ay_cursor c = head;

			if (ay_cursor_accept(&c, header_keys[key], strlen(header_keys[key])) && ay_cursor_peek(&c, 0) == '=')
				return 8 * 8;
		}
	}
}

static int lightgbm_scan(struct ay_scan *s, struct ay_source *in)
{
	struct model m = {.r = {.s = s}, .per_round = 0};
	struct ay_error e;
	int err = ay_lines_open(&m.r.lines, in, ay_scan_budget(s), MAX_LINE);

	if (!err)
		err = take_header(&m);
	if (!err)
		err = take_trees(&m);
	if (!err)
		err = take_importances(&m);
	if (!err)
		err = take_end(&m);
	/* A last line that does not end may have been longer. */
	if (!err && m.last_line_end == in->size)
		err = AY_ETRUNC;
	if (err && !m.r.reported)
		ay_scan_find_error(s, "lightgbm", ay_error_at(&e, err, m.r.line.off, "%s", ay_strerror(err)), &e);
	ay_lines_close(&m.r.lines);
	ay_ints_free(s, &m.sizes);
	ay_lgb_tree_free(s, &m.tree);
	return 0;
}

static const char *const refines_text[] = {"text", NULL};

const struct ay_scanner ay_scanner_lightgbm = {
	.abi = AY_SCAN_ABI, .flags = AY_SCANNER_INERT, .name = "lightgbm", .version = 1, .refines = refines_text,
	.bid = lightgbm_bid, .scan = lightgbm_scan
};
