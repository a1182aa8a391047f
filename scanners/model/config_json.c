/* SPDX-License-Identifier: Apache-2.0 */
#include "scanners/model/config_json.h"

#include "scanners/model/config_names.h"
#include "scanners/model/template.h"

#define KEEP 96      /* bytes of a key or module name that the rules look at */

struct level {
	char key[KEEP];          /* the key whose value is next or open */
	bool array;
	bool foreign_module;     /* a "module" that is not of the library itself */
	bool class_name;
	uint64_t module_off;
	uint32_t item;           /* of an array: items so far */
	bool item0_foreign;      /* of an array: its first item names a library that model_index.json must not name */
};

struct ay_config_rules {
	struct ay_scan *s;
	const char *base;
	size_t depth;            /* open containers; levels[0] is the document */
	bool symbol;             /* it has the keys of an MXNet symbol */
	bool model;              /* its own class_name is that of a Keras model */
	bool config, module, keras;   /* it has these keys, or others that only Keras writes */
	bool features, trees;         /* those of CatBoost */
	char operator[KEEP];     /* the first one in its nodes that is not known, cut; "" */
	bool bad_operator;
	uint64_t operator_off;
	struct level levels[AY_LIMIT_JSON_DEPTH + 2];
};

int ay_config_rules_new(struct ay_scan *s, const char *base, struct ay_config_rules **out)
{
	*out = ay_budget_alloc(ay_scan_budget(s), sizeof(**out));
	if (!*out)
		return AY_ELIMIT;
	memset(*out, 0, sizeof(**out));
	(*out)->s = s;
	(*out)->base = base;
	return 0;
}

void ay_config_rules_free(struct ay_config_rules *r)
{
	if (r)
		ay_budget_free(ay_scan_budget(r->s), r);
}

static bool is(const char *text, size_t len, const char *want)
{
	return len == strlen(want) && memcmp(text, want, len) == 0;
}

/* "root" itself or "root." and something. */
static bool within(const char *text, size_t len, const char *root)
{
	size_t n = strlen(root);

	return len >= n && memcmp(text, root, n) == 0 && (len == n || text[n] == '.');
}

static struct level *top(struct ay_config_rules *r)
{
	return &r->levels[r->depth];
}

static bool key_is(struct ay_config_rules *r, const char *want)
{
	return !top(r)->array && strcmp(top(r)->key, want) == 0;
}

/* The key under which the innermost array stands. */
static bool array_key_is(struct ay_config_rules *r, const char *want)
{
	return top(r)->array && r->depth > 0 && !r->levels[r->depth - 1].array && strcmp(r->levels[r->depth - 1].key, want) == 0;
}

/* Hub code by reference: "file.Class", or "org/repo--file.Class". */
static void judge_container(struct ay_config_rules *r, uint64_t off)
{
	if (key_is(r, "auto_map"))
		ay_scan_find(r->s, "config.auto-map", off, "auto_map makes the library import Python code that comes with the model");
	else if (key_is(r, "custom_pipelines"))
		ay_scan_find(r->s, "config.custom-pipeline", off, "custom_pipelines makes the library import Python code that comes with the model");
}

static void judge_array_string(struct ay_config_rules *r, const char *text, size_t len, uint64_t off)
{
	struct level *l = top(r);

	if (strcmp(r->base, "model_index.json") == 0 && r->depth == 2) {
		if (l->item == 0)
			l->item0_foreign = !ay_config_index_library(text, len);
		else if (l->item == 1 && l->item0_foreign)
			ay_scan_find(r->s, "config.module-reference", off, "a pipeline part is loaded from a library that is not known");
		else if (l->item == 1 && !ay_config_identifier(text, len))
			ay_scan_find(r->s, "config.module-reference", off, "the class of a pipeline part is not a plain name");
		if (array_key_is(r, "_class_name") && l->item == 0)
			ay_scan_find(r->s, "config.custom-pipeline", off, "_class_name names a pipeline module that comes with the model");
	}
}

/* References that are one string. */
static void judge_string(struct ay_config_rules *r, const char *text, size_t len, uint64_t off)
{
	if (key_is(r, "auto_map") || key_is(r, "custom_pipelines"))
		judge_container(r, off);
	else if (key_is(r, "custom_pipeline"))
		ay_scan_find(r->s, "config.custom-pipeline", off, "custom_pipeline names Python code to download or import");
	else if (key_is(r, "_target_") && !ay_config_hydra_target(text, len))
		ay_scan_find(r->s, "recipe.code-reference", off, "a _target_ names code that Hydra imports and calls");
	else if (key_is(r, "__loader__"))
		ay_scan_find(r->s, "recipe.code-reference", off, "__loader__ tells skops which object to build, and skops is not judged");
	else if ((key_is(r, "_attn_implementation") || key_is(r, "attn_implementation") || key_is(r, "_experts_implementation")) &&
		 memchr(text, '/', len))
		ay_scan_find(r->s, "config.code-reference", off, "the implementation is a compiled kernel to be downloaded");
	else if (key_is(r, "filename") && r->depth >= 3 && strcmp(r->levels[r->depth - 2].key, "_data_files") == 0 && !ay_config_inner_path(text, len))
		ay_scan_find(r->s, "config.path", off, "a data file of the dataset lies outside of its folder");
	else if (key_is(r, "trust_remote_code") && !is(text, len, "false") && !is(text, len, ""))
		ay_scan_find(r->s, "config.trust-remote-code", off, "trust_remote_code is not false");
}

/* Classes that a library finds by a dotted name: PEFT, sentence-transformers, diffusers. */
static void judge_class(struct ay_config_rules *r, const char *text, size_t len, uint64_t off)
{
	bool types = r->depth > 0 && !r->levels[r->depth - 1].array && strcmp(r->levels[r->depth - 1].key, "types") == 0;

	if (key_is(r, "parent_library") && !ay_config_peft_library(text, len))
		ay_scan_find(r->s, "config.module-reference", off, "parent_library names a module to import that holds no models of transformers");
	else if (key_is(r, "base_model_class") && !ay_config_identifier(text, len))
		ay_scan_find(r->s, "config.module-reference", off, "base_model_class is not a plain name");
	else if (key_is(r, "type") && strcmp(r->base, "modules.json") == 0 && !ay_config_sentence_module(text, len))
		ay_scan_find(r->s, "config.module-reference", off, "a module type is not among those of sentence_transformers");
	else if (types && strcmp(r->base, "router_config.json") == 0 && !ay_config_sentence_module(text, len))
		ay_scan_find(r->s, "config.module-reference", off, "a routed module is not among those of sentence_transformers");
	else if (key_is(r, "path") && strcmp(r->base, "modules.json") == 0 && len && !ay_config_inner_path(text, len))
		ay_scan_find(r->s, "config.path", off, "the path of a module leads out of the model's folder");
	else if ((key_is(r, "activation_function") || key_is(r, "activation_fn") || key_is(r, "sbert_ce_default_activation_function")) &&
		 memchr(text, '.', len) && !ay_config_activation(text, len))
		ay_scan_find(r->s, "config.module-reference", off, "an activation function is imported that is none of torch");
	else if (key_is(r, "_class_name") && strcmp(r->base, "model_index.json") == 0 && !ay_config_identifier(text, len))
		ay_scan_find(r->s, "config.custom-pipeline", off, "_class_name is not the plain name of a pipeline of diffusers");
}

/* Keras: {"module": ..., "class_name": ...} is what its deserializer imports. */
static void judge_keras(struct ay_config_rules *r, const char *text, size_t len, uint64_t off)
{
	struct level *l = top(r);

	if (key_is(r, "class_name")) {
		l->class_name = true;
		r->model |= r->depth == 1 && (is(text, len, "Sequential") || is(text, len, "Functional") || is(text, len, "Model"));
		if (is(text, len, "Lambda") || is(text, len, "__lambda__") || is(text, len, "TorchModuleWrapper") ||
		    is(text, len, "function"))
			ay_scan_find(r->s, "config.code-reference", off, "a Keras object of class Lambda, function or TorchModuleWrapper holds code");
	} else if (key_is(r, "module")) {
		l->foreign_module = !within(text, len, "keras") && !within(text, len, "tf_keras") && !within(text, len, "builtins");
		l->module_off = off;
	}
}

static void judge_template(struct ay_config_rules *r, const char *text, size_t len, uint64_t off)
{
	if (len > AY_LIMIT_TEMPLATE)
		ay_scan_find(r->s, "limit.exceeded", off, "a chat template has %zu bytes, the limit is %llu", len, (unsigned long long)AY_LIMIT_TEMPLATE);
	else
		ay_template_check(r->s, ay_cursor_of(text, len, 0), AY_NO_OFFSET);
}

static bool in_templates(struct ay_config_rules *r)
{
	for (size_t i = 0; i <= r->depth; i++)
		if (!r->levels[i].array && strcmp(r->levels[i].key, "chat_template") == 0)
			return true;
	return false;
}

/* "op" of an object in the list "nodes". Whether the document is a symbol shows only later. */
static void note_operator(struct ay_config_rules *r, const char *text, size_t len, uint64_t off)
{
	if (r->depth != 3 || !key_is(r, "op") || strcmp(r->levels[1].key, "nodes") != 0 || r->bad_operator || ay_config_mxnet_operator(text, len))
		return;
	r->bad_operator = true;
	r->operator_off = off;
	len = len < KEEP ? len : KEEP - 1;
	memcpy(r->operator, text, len);    /* own: cut to the room above */
	r->operator[len] = 0;
}

static void judge_operators(struct ay_config_rules *r)
{
	if (!r->symbol || !r->bad_operator)
		return;
	if (strcmp(r->operator, "Custom") == 0 || strcmp(r->operator, "_Native") == 0 || strcmp(r->operator, "_NDArray") == 0)
		ay_scan_find(r->s, "mxnet.custom-operator", r->operator_off, "the operator %s calls Python code of the loading program", r->operator);
	else
		ay_scan_find(r->s, "mxnet.operator", r->operator_off, "the operator %s is not known", r->operator);
}

static void string_value(struct ay_config_rules *r, const char *text, size_t len, uint64_t off)
{
	if (top(r)->array) {
		judge_array_string(r, text, len, off);
	} else {
		judge_string(r, text, len, off);
		judge_class(r, text, len, off);
		note_operator(r, text, len, off);
		judge_keras(r, text, len, off);
	}
	if (in_templates(r) || key_is(r, "response_schema") || key_is(r, "default_chat_template"))
		judge_template(r, text, len, off);
}

static void open_container(struct ay_config_rules *r, bool array, uint64_t off)
{
	judge_container(r, off);
	if (r->depth + 1 < AY_ARRAY_LEN(r->levels)) {
		r->depth++;
		*top(r) = (struct level){.array = array};
	}
}

static void close_container(struct ay_config_rules *r)
{
	struct level *l = top(r);

	if (!l->array && l->class_name && l->foreign_module)
		ay_scan_find(r->s, "config.module-reference", l->module_off, "a class is to be imported from a module that is not Keras");
	if (r->depth > 0)
		r->depth--;
	if (r->depth == 0)
		judge_operators(r);
}

/* jsonpickle 3 (tags.py): the keys that import or call; the rest of its keys only build what these ask for. */
static bool is_pickle_key(const char *key)
{
	static const char *const keys[] = {"py/object", "py/newobj", "py/reduce", "py/type", "py/function", "py/mod", "py/repr", "py/property"};

	for (size_t i = 0; key[0] == 'p' && i < AY_ARRAY_LEN(keys); i++)
		if (strcmp(key, keys[i]) == 0)
			return true;
	return false;
}

/* Keys of the document itself that tell what it is. */
static void note_key(struct ay_config_rules *r)
{
	r->symbol |= key_is(r, "arg_nodes");
	r->config |= key_is(r, "config");
	r->module |= key_is(r, "module");
	r->features |= key_is(r, "features_info");
	r->trees |= key_is(r, "oblivious_trees") || key_is(r, "trees");
	r->keras |= key_is(r, "registered_name") || key_is(r, "keras_version") || key_is(r, "build_config") || key_is(r, "compile_config");
}

bool ay_config_rules_keras(const struct ay_config_rules *r, enum ay_keras_mode *mode_out)
{
	*mode_out = r->module ? AY_KERAS_V3 : AY_KERAS_LEGACY;
	return r->config && r->levels[1].class_name && (r->model || r->keras);
}

bool ay_config_rules_catboost(const struct ay_config_rules *r)
{
	return r->features && r->trees;
}

void ay_config_rules_event(struct ay_config_rules *r, enum ay_json_event ev, const char *text, size_t len, uint64_t off)
{
	switch (ev) {
	case AY_JSON_EV_KEY:
		len = len < KEEP ? len : KEEP - 1;
		memcpy(top(r)->key, text, len);    /* own: cut to the room above */
		top(r)->key[len] = 0;
		if (is_pickle_key(top(r)->key))
			ay_scan_find(r->s, "json.pickled-object", off, "the key %s tells jsonpickle what to import and call", top(r)->key);
		if (r->depth == 1)
			note_key(r);
		return;
	case AY_JSON_EV_ARRAY:
	case AY_JSON_EV_OBJECT:
		open_container(r, ev == AY_JSON_EV_ARRAY, off);
		return;
	case AY_JSON_EV_ARRAY_END:
	case AY_JSON_EV_OBJECT_END:
		close_container(r);
		break;
	case AY_JSON_EV_STRING:
		string_value(r, text, len, off);
		break;
	case AY_JSON_EV_TRUE:
	case AY_JSON_EV_NUMBER:
		if (key_is(r, "trust_remote_code"))
			ay_scan_find(r->s, "config.trust-remote-code", off, "trust_remote_code is not false");
		break;
	default:
		break;
	}
	if (top(r)->array && top(r)->item < UINT32_MAX)
		top(r)->item++;
}
