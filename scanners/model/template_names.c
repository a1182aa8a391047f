/* SPDX-License-Identifier: Apache-2.0 */
#include "scanners/model/template_names.h"

#include <stdio.h>
#include <string.h>

static bool one_of(const char *text, const char *const *list)
{
	for (; *list; list++)
		if (strcmp(text, *list) == 0)
			return true;
	return false;
}

struct ay_template_name *ay_template_find(struct ay_template_names *n, const char *text)
{
	for (unsigned i = 0; i < n->count; i++)
		if (strcmp(n->list[i].text, text) == 0)
			return &n->list[i];
	return NULL;
}

unsigned ay_template_flags(const struct ay_template_names *n, const char *text)
{
	for (unsigned i = 0; i < n->count; i++)
		if (strcmp(n->list[i].text, text) == 0)
			return n->list[i].flags;
	return 0;
}

unsigned ay_template_mark(struct ay_template_names *n, const char *text, unsigned flags)
{
	struct ay_template_name *one = ay_template_find(n, text);

	if (!one) {
		if (n->count == AY_TEMPLATE_NAMES) {
			n->full = true;
			return 0;
		}
		one = &n->list[n->count++];
		snprintf(one->text, sizeof(one->text), "%s", text);
	}
	if ((one->flags & flags) != flags) {
		one->flags |= flags;
		n->changed = true;
	}
	return (unsigned)(one - n->list);
}

bool ay_template_variable(const char *text)
{
	static const char *const list[] = {
		"messages", "tools", "documents", "add_generation_prompt", "continue_final_message", "loop", "custom_tools", "builtin_tools",
		"tools_in_user_message", "date_string", "system_message", "enable_thinking", "thinking", "add_vision_id", "tool_choice", "controls",
		"reasoning_effort", "model_identity", "conversations", "functions", "chat_template_kwargs", "available_tools", "today", "now",
		"keep_past_thinking", "preserve_thinking", "image_token", "video_token", NULL
	};

	return one_of(text, list) || ay_template_token(text);
}

bool ay_template_token(const char *text)
{
	static const char *const list[] = {
		"bos_token", "eos_token", "unk_token", "pad_token", "sep_token", "cls_token", "mask_token", "additional_special_tokens",
		"image_token", "video_token", "system_message", "model_identity", "date_string", "chat_template_kwargs", NULL
	};

	return one_of(text, list);
}

bool ay_template_function(const char *text)
{
	static const char *const list[] = {"range", "namespace", "dict", "raise_exception", "strftime_now", NULL};

	return one_of(text, list);
}

bool ay_template_method(const char *text)
{
	static const char *const list[] = {
		"strip", "lstrip", "rstrip", "split", "rsplit", "splitlines", "startswith", "endswith", "items", "keys", "values", "get", "append",
		"extend", "insert", "pop", "update", "copy", "upper", "lower", "title", "capitalize", "replace", "join", "find", "rfind", "index", "count",
		"isdigit", "isalpha", "isspace", "removeprefix", "removesuffix", "cycle", NULL
	};

	return one_of(text, list);
}

bool ay_template_mutator(const char *text)
{
	static const char *const list[] = {"append", "extend", "insert", "update", NULL};

	return one_of(text, list);
}

bool ay_template_filter(const char *text)
{
	static const char *const list[] = {
		"trim", "tojson", "length", "count", "upper", "lower", "title", "capitalize", "join", "first", "last", "list", "default", "d", "replace",
		"int", "float", "string", "safe", "items", "reverse", "sort", "dictsort", "unique", "sum", "min", "max", "map", "select", "reject",
		"selectattr", "rejectattr", "groupby", "indent", "round", "abs", "batch", "slice", "e", "escape", "from_json", "wordcount", NULL
	};

	return one_of(text, list);
}

bool ay_template_test(const char *text)
{
	static const char *const list[] = {
		"defined", "undefined", "none", "string", "mapping", "iterable", "sequence", "number", "integer", "float", "boolean", "true", "false",
		"odd", "even", "lower", "upper", NULL
	};

	return one_of(text, list) || ay_template_test_argument(text);
}

bool ay_template_test_argument(const char *text)
{
	static const char *const list[] = {
		"equalto", "eq", "ne", "lt", "le", "gt", "ge", "greaterthan", "lessthan", "in", "sameas", "divisibleby", NULL
	};

	return one_of(text, list);
}

bool ay_template_keyword(const char *text)
{
	static const char *const list[] = {"and", "or", "not", "in", "is", "if", "else", "elif", "for", "recursive", "set", "macro", NULL};

	return one_of(text, list);
}

bool ay_template_banned(const char *text)
{
	static const char *const list[] = {
		"mro", "func_globals", "func_code", "func_closure", "gi_frame", "gi_code", "gi_yieldfrom", "cr_frame", "cr_code", "cr_await", "ag_frame",
		"ag_code", "f_globals", "f_builtins", "f_locals", "f_back", "f_code", "tb_frame", "tb_next", "co_code", "im_func", "im_self", "popen",
		"subprocess", "eval", "exec", "getattr", "setattr", "globals", "builtins", NULL
	};

	return one_of(text, list);
}

bool ay_template_denied(const char *text)
{
	static const char *const list[] = {
		"lipsum", "cycler", "joiner", "self", "caller", "varargs", "kwargs", "request", "config", "url_for", "get_flashed_messages", "session",
		"environment", "os", "sys", "application", "import", "include", "extends", "attr", NULL
	};

	return one_of(text, list) || ay_template_banned(text);
}

bool ay_template_harmless(const char *text)
{
	static const char *const list[] = {
		"length", "count", "int", "float", "round", "abs", "wordcount", "startswith", "endswith", "find", "rfind", "index", "isdigit", "isalpha",
		"isspace", NULL
	};

	return one_of(text, list);
}

bool ay_template_spells(const char *text)
{
	static const char *const list[] = {
		"string", "tojson", "join", "sum", "replace", "lower", "upper", "title", "capitalize", "indent", "e", "escape", "safe", "trim", NULL
	};

	return one_of(text, list);
}

bool ay_template_by_name(const char *text)
{
	static const char *const list[] = {"map", "select", "reject", "selectattr", "rejectattr", "groupby", NULL};

	return one_of(text, list);
}

bool ay_template_by_attribute(const char *text)
{
	static const char *const list[] = {"sort", "unique", "sum", "min", "max", "join", NULL};

	return one_of(text, list);
}
