/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Triton's config.pbtxt: text protobuf by its grammar, without the forms that
 * no model configuration needs (extensions, Any). The fields at the top are
 * known by name; what names code is refused wherever it stands.
 */
#include "scanners/formats/bytes.h"
#include "scanners/formats/text.h"
#include "scanners/model/config_names.h"
#include "scanners/registry.h"

#include "assay/buf.h"

#define MAX_FILE (4 * MIB)
#define MAX_DEPTH 32
#define KEEP 256

struct reader {
	struct ay_scan *s;
	struct ay_cursor c;
	char closes[MAX_DEPTH];    /* the bracket that ends each open message */
	size_t depth;
	bool failed;
	bool names_loader;         /* backend or platform was there */
	char text[KEEP];           /* the last scalar, cut */
	size_t text_len;
	bool text_whole;
	size_t fields;
};

static unsigned pbtxt_bid(struct ay_cursor head, struct ay_source *in, const char *path)
{
	(void)in;
	return strcmp(ay_path_base(path), "config.pbtxt") == 0 && ay_bytes_look_like_text(&head) ? 16 : 0;
}

static void malformed(struct reader *r, const char *why)
{
	if (!r->failed)
		ay_scan_find(r->s, "pbtxt.malformed", r->c.off, "%s", why);
	r->failed = true;
}

static void skip_space(struct reader *r)
{
	for (;;) {
		int ch = ay_cursor_peek(&r->c, 0);

		if (ch == '#')
			ay_cursor_skip(&r->c, ay_bytes_find(&r->c, '\n'));
		else if (ch == ' ' || ch == '\t' || ch == '\n' || ch == '\r')
			ay_cursor_skip(&r->c, 1);
		else
			return;
	}
}

static bool accept(struct reader *r, const char *mark)
{
	skip_space(r);
	return ay_cursor_accept(&r->c, mark, 1);
}

static bool is_word(int ch)
{
	return ch == '_' || (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || (ch >= '0' && ch <= '9');
}

static void keep(struct reader *r, int ch)
{
	if (r->text_len + 1 < sizeof(r->text)) {
		r->text[r->text_len++] = (char)ch;
		r->text[r->text_len] = 0;
	} else {
		r->text_whole = false;
	}
}

static void start_text(struct reader *r)
{
	r->text[0] = 0;
	r->text_len = 0;
	r->text_whole = true;
}

/* An identifier, a number or -inf into text; false when there is none. */
static bool take_word(struct reader *r, bool number)
{
	start_text(r);
	skip_space(r);
	while (is_word(ay_cursor_peek(&r->c, 0)) ||
	       (number && ay_cursor_peek(&r->c, 0) > 0 && strchr("+-.", ay_cursor_peek(&r->c, 0))))
		keep(r, ay_cursor_u8(&r->c));
	return r->text_len > 0 && r->text_whole;
}

/* Adjacent strings are one. Escapes are refused: no name or path needs them. */
static void take_string(struct reader *r)
{
	start_text(r);
	for (;;) {
		int quote, ch;

		skip_space(r);
		quote = ay_cursor_peek(&r->c, 0);
		if (quote != '"' && quote != '\'')
			return;
		ay_cursor_skip(&r->c, 1);
		while ((ch = ay_cursor_peek(&r->c, 0)) >= 0 && ch != quote && ch != '\n') {
			if (ch == '\\')
				return malformed(r, "a string with an escape");
			keep(r, ch);
			ay_cursor_skip(&r->c, 1);
		}
		if (ch != quote)
			return malformed(r, "a string that does not end");
		ay_cursor_skip(&r->c, 1);
	}
}

static bool is_field(const char *name)
{
	static const char *const fields[] = {
		"name", "platform", "backend", "version_policy", "max_batch_size", "input", "output", "batch_input", "batch_output", "optimization",
		"dynamic_batching", "sequence_batching", "ensemble_scheduling", "instance_group", "default_model_filename", "cc_model_filenames",
		"metric_tags", "parameters", "model_warmup", "model_operations", "model_transaction_policy", "model_repository_agents",
		"response_cache", "model_metrics", "runtime"
	};

	for (size_t i = 0; i < AY_ARRAY_LEN(fields); i++)
		if (strcmp(name, fields[i]) == 0)
			return true;
	return false;
}

static void judge_name(struct reader *r, const char *name, uint64_t off)
{
	if (r->depth == 0 && !is_field(name))
		ay_scan_find(r->s, "pbtxt.field", off, "%s is no field of a model configuration", name);
	else if (strcmp(name, "op_library_filename") == 0 || strcmp(name, "model_operations") == 0)
		ay_scan_find(r->s, "pbtxt.code", off, "%s makes the backend load a library of operators", name);
	else if (strcmp(name, "model_repository_agents") == 0 || strcmp(name, "agents") == 0)
		ay_scan_find(r->s, "pbtxt.code", off, "%s makes the server load an agent", name);
	else if (r->depth == 0 && strcmp(name, "runtime") == 0)
		ay_scan_find(r->s, "pbtxt.code", off, "runtime names the library or script that is the backend");
}

/* One scalar in text, of the field name. */
static void judge_scalar(struct reader *r, const char *name, uint64_t off)
{
	size_t len = r->text_len;

	if (strcmp(name, "backend") == 0 && len) {
		r->names_loader = true;
		if (!r->text_whole || !ay_config_triton_backend(r->text, len))
			ay_scan_find(r->s, "pbtxt.backend", off, "the backend %s runs code of the model, or is not known", r->text);
	} else if (strcmp(name, "platform") == 0 && len) {
		r->names_loader = true;
		if (!r->text_whole || !ay_config_triton_platform(r->text, len))
			ay_scan_find(r->s, "pbtxt.backend", off, "the platform %s is not known", r->text);
	} else if ((strcmp(name, "key") == 0 || strcmp(name, "name") == 0) && strcasecmp(r->text, "EXECUTION_ENV_PATH") == 0) {
		ay_scan_find(r->s, "pbtxt.code", off, "EXECUTION_ENV_PATH names an environment to run in");
	} else if ((strstr(name, "filename") || strcmp(name, "input_data_file") == 0) && len &&
		   (!r->text_whole || !ay_config_inner_path(r->text, len))) {
		ay_scan_find(r->s, "config.path", off, "%s leads out of the model's folder", name);
	}
}

static void open_message(struct reader *r, char close)
{
	if (r->depth == MAX_DEPTH)
		return malformed(r, "messages are nested too deep");
	r->closes[r->depth++] = close;
}

/* A scalar, or a list of them. Lists of messages are written as repeated fields by every tool; as a list they go on as messages. */
static void take_value(struct reader *r, const char *name)
{
	uint64_t off;
	int ch;

	skip_space(r);
	off = r->c.off;
	ch = ay_cursor_peek(&r->c, 0);
	if (ch == '"' || ch == '\'')
		take_string(r);
	else if (!take_word(r, true))
		return malformed(r, "a value is expected");
	if (!r->failed)
		judge_scalar(r, name, off);
}

static void take_list(struct reader *r, const char *name)
{
	if (accept(r, "]"))
		return;
	skip_space(r);
	if (ay_cursor_peek(&r->c, 0) == '{') {
		ay_cursor_skip(&r->c, 1);
		open_message(r, ']');
		return open_message(r, '}');
	}
	do {
		if (ay_budget_tick(ay_scan_budget(r->s)))
			return malformed(r, "the time is over");
		take_value(r, name);
	} while (!r->failed && accept(r, ","));
	if (!r->failed && !accept(r, "]"))
		malformed(r, "a list that does not end");
}

static void take_field(struct reader *r)
{
	char name[KEEP];
	uint64_t off = r->c.off;
	bool colon;

	if (!take_word(r, false))
		return malformed(r, "the name of a field is expected");
	snprintf(name, sizeof(name), "%s", r->text);
	judge_name(r, name, off);
	r->fields++;
	colon = accept(r, ":");
	if (accept(r, "{"))
		return open_message(r, '}');
	if (accept(r, "<"))
		return open_message(r, '>');
	if (accept(r, "["))
		take_list(r, name);
	else if (colon)
		take_value(r, name);
	else
		malformed(r, "a field has neither value nor message");
	if (!r->failed && !accept(r, ","))
		(void)accept(r, ";");
}

/* Behind a message of a list: the next one, or the end of the list. */
static void go_on(struct reader *r)
{
	if (r->depth && r->closes[r->depth - 1] == ']') {
		if (accept(r, ",") && accept(r, "{"))
			open_message(r, '}');
		else if (accept(r, "]"))
			r->depth--;
		else
			malformed(r, "a list of messages that does not go on");
	}
	if (!accept(r, ","))
		(void)accept(r, ";");
}

static void walk(struct reader *r)
{
	for (skip_space(r); r->c.left && !r->failed; skip_space(r)) {
		char close[2] = {r->depth ? r->closes[r->depth - 1] : 0, 0};

		if (ay_budget_tick(ay_scan_budget(r->s)))
			return malformed(r, "the time is over");
		if (r->depth && accept(r, close)) {
			r->depth--;
			go_on(r);
		} else {
			take_field(r);
		}
	}
	if (!r->failed && r->depth)
		malformed(r, "a message does not end");
	if (!r->failed && !r->names_loader)
		ay_scan_find(r->s, "pbtxt.backend", AY_NO_OFFSET, "neither backend nor platform says what loads the model");
}

static int pbtxt_scan(struct ay_scan *s, struct ay_source *in)
{
	struct reader r = {.s = s};
	struct ay_buf b = ay_buf_new(MAX_FILE);
	bool clean;
	int err = ay_text_check(s, in, "pbtxt", MAX_FILE, &clean);

	if (err || !clean)
		return err;
	if (in->size > MAX_FILE)
		err = AY_ELIMIT;
	if (!err)
		err = ay_source_load(in, 0, (size_t)in->size, &b, &r.c);
	if (err)
		ay_scan_find_error(s, "pbtxt", err, NULL);
	else
		walk(&r);
	ay_buf_free(&b);
	return 0;
}

static const char *const refines[] = {"text", "refused", NULL};

const struct ay_scanner ay_scanner_pbtxt = {
	.abi = AY_SCAN_ABI, .flags = AY_SCANNER_INERT, .name = "pbtxt", .version = 1, .refines = refines,
	.bid = pbtxt_bid, .scan = pbtxt_scan
};
