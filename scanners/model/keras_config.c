/* SPDX-License-Identifier: Apache-2.0 */
#include "scanners/formats/json_feed.h"
#include "scanners/model/keras_config.h"

#include "assay/json.h"
#include "scanners/model/keras_names.h"

#define KEEP 96      /* bytes of a key or name that is looked at: no name of Keras is as long */

enum kind { ABSENT, NONE, TEXT, OTHER };

/* One value that decides; text is "" but for TEXT. */
struct word {
	enum kind kind;
	char text[KEEP];
};

/* What plain strings stand for at a place. */
enum names { NAMES_NO, NAMES_FUNCTION, NAMES_OPTIMIZER };

struct level {
	bool array;
	bool compile;                /* its keys are arguments of Model.compile */
	enum names names;
	uint64_t off;
	char key[KEEP];              /* the key whose value is next or open */
	struct word class_name, module, registered, config;
	struct word function;        /* its own, and that of the object under "config" */
	struct word config_function;
};

struct rules {
	struct ay_scan *s;
	struct ay_json_feed from;
	enum ay_keras_mode mode;
	size_t depth;                /* open containers; levels[0] is the document */
	bool object_seen;            /* the document itself is an object to make */
	struct level levels[AY_LIMIT_JSON_DEPTH + 2];
};

/* A text that is too long or has an inner NUL becomes one that equals nothing. */
static void keep(char *out, const char *text, size_t len)
{
	bool odd = len >= KEEP - 1 || memchr(text, 0, len);
	size_t n = len < KEEP - 2 ? len : KEEP - 2;

	snprintf(out, KEEP, "%s%.*s", odd ? "?" : "", (int)n, text);
}

static struct level *top(struct rules *r)
{
	return &r->levels[r->depth];
}

static bool key_is(struct rules *r, const char *want)
{
	return !top(r)->array && strcmp(top(r)->key, want) == 0;
}

static bool is_activation_key(struct rules *r)
{
	return key_is(r, "activation") || key_is(r, "recurrent_activation") || key_is(r, "inner_activation");
}

static struct word *word_of(struct rules *r)
{
	struct level *l = top(r);

	if (key_is(r, "class_name"))
		return &l->class_name;
	if (key_is(r, "module"))
		return &l->module;
	if (key_is(r, "registered_name"))
		return &l->registered;
	if (key_is(r, "config"))
		return &l->config;
	return key_is(r, "function") ? &l->function : NULL;
}

static void custom(struct rules *r, uint64_t off, const char *what, const char *name)
{
	ay_scan_find(r->s, "keras.custom", off, "the %s %s is none of Keras' own", what, name);
}

/* ---- one object ---- */

static void judge_function(struct rules *r, const struct level *l)
{
	const char *why = ay_keras_denied(l->config.text);
	bool same = l->registered.kind <= NONE || (l->registered.kind == TEXT && strcmp(l->registered.text, l->config.text) == 0);

	if (why)
		ay_scan_find(r->s, "keras.code", l->off, "a reference to the function %s, which %s", l->config.text, why);
	else if (l->config.kind != TEXT || l->module.kind != TEXT || !same || !ay_keras_function(l->module.text, l->config.text))
		ay_scan_find(r->s, "keras.function", l->off, "a reference to the function %s of module %s is no activation, loss or metric of Keras",
			     l->config.text, l->module.text);
}

/* A registered object of the loading program goes before Keras' own. */
static void judge_registered(struct rules *r, const struct level *l)
{
	const char *name = l->registered.text;

	if (l->registered.kind <= NONE || (l->registered.kind == TEXT && strcmp(name, l->class_name.text) == 0))
		return;
	if (l->registered.kind == TEXT && strncmp(name, "Custom>", 7) == 0 && strcmp(name + 7, l->class_name.text) == 0 &&
	    ay_keras_optimizer(name + 7))
		return;
	custom(r, l->off, "registered class", name);
}

static void judge_tf_function(struct rules *r, const struct level *l)
{
	const struct word *f = &l->config_function;
	bool wraps = strcmp(l->class_name.text, "TFOpLambda") == 0 || strcmp(l->class_name.text, "SlicingOpLambda") == 0;

	if (wraps && (f->kind != TEXT || !ay_keras_tf_function(f->text)))
		ay_scan_find(r->s, "keras.code", l->off, "%s calls the function %s of TensorFlow, which is not among those of tensors",
			     l->class_name.text, f->text);
}

static void judge_class(struct rules *r, const struct level *l)
{
	const char *name = l->class_name.text, *module = l->module.text;

	if (l->module.kind == TEXT && !ay_keras_module(module))
		ay_scan_find(r->s, "keras.module", l->off, "the class %s is to be imported from %s, which is not Keras", name, module);
	else if (l->module.kind == TEXT && !ay_keras_class(module, name))
		ay_scan_find(r->s, "keras.class", l->off, "%s of module %s is no class that a model is made of", name, module);
	else if (l->module.kind == OTHER)
		ay_scan_find(r->s, "keras.malformed", l->off, "the module of class %s is no text", name);
	else if (l->module.kind == NONE || (l->module.kind == ABSENT && strchr(name, '>') && !ay_keras_legacy_class(name)))
		custom(r, l->off, "class", name);
	else if (l->module.kind == ABSENT && r->mode == AY_KERAS_V3)
		ay_scan_find(r->s, "keras.class", l->off, "the class %s comes without its module, which leads Keras to an older loader", name);
	else if (l->module.kind == ABSENT && !ay_keras_legacy_class(name))
		ay_scan_find(r->s, "keras.class", l->off, "%s is no class that a model is made of", name);
	judge_registered(r, l);
	judge_tf_function(r, l);
}

/* The types of inputs and outputs in a SavedModel, which TensorFlow finds among those that are registered. */
static bool is_spec(const struct rules *r, const struct level *l)
{
	return r->mode == AY_KERAS_SAVED && l->module.kind == ABSENT &&
	       (strcmp(l->class_name.text, "InputSpec") == 0 || strcmp(l->class_name.text, "TypeSpec") == 0);
}

static void judge_object(struct rules *r, const struct level *l)
{
	const char *name = l->class_name.text;
	const char *why = ay_keras_denied(name);

	if (l->class_name.kind == TEXT && is_spec(r, l))
		return;
	if (l->class_name.kind != TEXT)
		ay_scan_find(r->s, "keras.malformed", l->off, "the class_name of an object is no text");
	else if (why)
		ay_scan_find(r->s, "keras.code", l->off, "an object of class %s, which %s", name, why);
	else if (strcmp(name, "function") == 0)
		judge_function(r, l);
	else if (l->module.kind == TEXT || !ay_keras_value(name))
		judge_class(r, l);
}

/* ---- events ---- */

/* What the value of the present key stands for: under a key of Model.compile all strings, but for the configurations of objects. */
static enum names names_below(struct rules *r)
{
	struct level *l = top(r);

	if (l->compile && (key_is(r, "loss") || key_is(r, "metrics") || key_is(r, "weighted_metrics")))
		return NAMES_FUNCTION;
	if (l->compile && key_is(r, "optimizer"))
		return NAMES_OPTIMIZER;
	return key_is(r, "config") ? NAMES_NO : l->names;
}

static void string_value(struct rules *r, const char *text, size_t len, uint64_t off)
{
	struct word *w = word_of(r);
	enum names names = names_below(r);
	char name[KEEP];

	keep(name, text, len);
	if (w) {
		w->kind = TEXT;
		keep(w->text, text, len);
	} else if (is_activation_key(r) && !ay_keras_activation(name)) {
		custom(r, off, "activation", name);
	} else if (key_is(r, "fn") && !ay_keras_loss_or_metric(name) && !ay_keras_activation(name)) {
		custom(r, off, "function", name);
	} else if (key_is(r, "vocabulary") || key_is(r, "idf_weights")) {
		ay_scan_find(r->s, "keras.path", off, "%s is a path, which the loading program would read", top(r)->key);
	} else if (names == NAMES_FUNCTION && !ay_keras_loss_or_metric(name)) {
		custom(r, off, "loss or metric", name);
	} else if (names == NAMES_OPTIMIZER && !ay_keras_optimizer(name)) {
		custom(r, off, "optimizer", name);
	}
}

static void open_container(struct rules *r, bool array, uint64_t off)
{
	struct word *w = word_of(r);
	bool compile = key_is(r, "compile_config") || (r->mode == AY_KERAS_SAVED && key_is(r, "training_config")) || (r->mode == AY_KERAS_TRAINING && r->depth == 0);
	enum names names = names_below(r);

	if (w)
		w->kind = OTHER;
	if (!array && (key_is(r, "vocabulary") || key_is(r, "idf_weights")))
		ay_scan_find(r->s, "keras.path", off, "%s is an object instead of a list", top(r)->key);
	if (r->depth + 1 < AY_ARRAY_LEN(r->levels)) {
		r->depth++;
		*top(r) = (struct level){ .array = array, .compile = compile && !array, .names = names, .off = off };
	}
}

static void close_container(struct rules *r)
{
	struct level *l = top(r);

	if (!l->array && l->class_name.kind != ABSENT) {
		judge_object(r, l);
		r->object_seen |= r->depth == 1;
	}
	if (r->depth == 0)
		return;
	r->depth--;
	if (!l->array && key_is(r, "config"))
		top(r)->config_function = l->function;
}

static void event(struct rules *r, int ev, const char *text, size_t len, uint64_t off)
{
	struct word *w;

	switch (ev) {
	case AY_JSON_EV_KEY:
		keep(top(r)->key, text, len);
		return;
	case AY_JSON_EV_ARRAY:
	case AY_JSON_EV_OBJECT:
		open_container(r, ev == AY_JSON_EV_ARRAY, off);
		return;
	case AY_JSON_EV_ARRAY_END:
	case AY_JSON_EV_OBJECT_END:
		close_container(r);
		return;
	case AY_JSON_EV_STRING:
		string_value(r, text, len, off);
		return;
	default:
		w = word_of(r);
		if (w)
			w->kind = ev == AY_JSON_EV_NULL ? NONE : OTHER;
	}
}

static int walk(struct rules *r)
{
	struct ay_json_reader *json;
	struct ay_error e;
	int ev = ay_json_reader_new(ay_json_feed_source, &r->from, AY_LIMIT_JSON_DEPTH, AY_LIMIT_JSON_STRING, AY_LIMIT_JSON_KEYS, &json);

	if (ev < 0)
		return ev;
	while ((ev = ay_json_next(json)) > 0) {
		size_t len = 0;
		const char *text = ev >= AY_JSON_EV_NUMBER && ev <= AY_JSON_EV_KEY ? ay_json_text(json, &len) : NULL;

		event(r, ev, text, len, ay_json_reader_off(json));
	}
	if (ev < 0) {
		const char *why = ay_json_reader_reason(json);

		ay_error_at(&e, ev, ay_json_reader_off(json), "not strict JSON: %s", *why ? why : ay_strerror(ev));
		ay_scan_find_error(r->s, "keras", ev, &e);
	} else if (!r->object_seen && r->mode != AY_KERAS_TRAINING) {
		ay_scan_find(r->s, "keras.malformed", 0, "the configuration is no object with a class_name");
	}
	ay_json_reader_free(json);
	return ev == AY_ELIMIT ? ev : 0;
}

int ay_keras_judge(struct ay_scan *s, struct ay_source *in, enum ay_keras_mode mode)
{
	struct rules *r = ay_budget_alloc(ay_scan_budget(s), sizeof(*r));
	int rc;

	if (!r)
		return AY_ELIMIT;
	memset(r, 0, sizeof(*r));
	r->s = s;
	r->from = (struct ay_json_feed){.in = in, .budget = ay_scan_budget(s)};
	r->mode = mode;
	rc = walk(r);
	ay_budget_free(ay_scan_budget(s), r);
	return rc;
}
