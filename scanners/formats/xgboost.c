/* SPDX-License-Identifier: Apache-2.0 */
/*
 * XGBoost models as JSON and as UBJSON. XGBoost's own UBJSON reader does not
 * hold lengths against the end of the file, and its predictors do not hold
 * indexes against the size of a tree, so both are done here.
 */
#include "scanners/formats/xgboost.h"

#include "scanners/formats/bytes.h"
#include "scanners/formats/json_feed.h"
#include "scanners/formats/ubjson.h"
#include "scanners/registry.h"

#define MAX_TEXT (1 * MIB)

/* ---- JSON ---- */

static bool text_is(const struct ay_json_reader *r, const char *want)
{
	size_t len;
	const char *text = ay_json_text(r, &len);

	return len == strlen(want) && strcmp(text, want) == 0;
}

/* The first key within "learner". A configuration, which has the same name, begins with another. */
static bool learner_begins(struct ay_json_reader *r)
{
	static const char *const keys[] = {"attributes", "feature_names", "feature_types", "gradient_booster", "learner_model_param", "objective"};

	if (ay_json_next(r) != AY_JSON_EV_OBJECT || ay_json_next(r) != AY_JSON_EV_KEY)
		return false;
	for (size_t i = 0; i < AY_ARRAY_LEN(keys); i++)
		if (text_is(r, keys[i]))
			return true;
	return false;
}

static unsigned xgboost_bid(struct ay_cursor head, struct ay_source *in, const char *path)
{
	struct ay_json_reader *r;
	bool mine = false;
	int ev;

	(void)in;
	(void)path;
	if (!ay_bytes_look_like_text(&head) ||
	    ay_json_reader_new(ay_json_feed_cursor, &head, AY_XGB_DEPTH, AY_LIMIT_SCAN_HEAD, AY_LIMIT_SCAN_HEAD, &r) != 0)
		return 0;
	ev = ay_json_next(r) == AY_JSON_EV_OBJECT ? ay_json_next(r) : -1;
	if (ev == AY_JSON_EV_KEY && text_is(r, "version"))
		do
			ev = ay_json_next(r);
		while (ev > 0 && (ev != AY_JSON_EV_KEY || ay_json_depth(r) != 1));
	if (ev == AY_JSON_EV_KEY && (text_is(r, "Config") || text_is(r, "Model")))
		mine = ay_json_next(r) == AY_JSON_EV_OBJECT && ay_json_next(r) == AY_JSON_EV_KEY && (text_is(r, "learner") || text_is(r, "version"));
	else if (ev == AY_JSON_EV_KEY && text_is(r, "learner"))
		mine = learner_begins(r);
	ay_json_reader_free(r);
	return mine ? 8 * 20 : 0;
}

static int xgboost_scan(struct ay_scan *s, struct ay_source *in)
{
	return ay_doc_json(s, in, 0, AY_XGB_DEPTH, "xgboost", ay_xgb_judge);
}

int ay_xgb_objective_text(struct ay_scan *s, struct ay_cursor c)
{
	uint64_t base = c.off;
	size_t len = c.left;
	struct ay_source in = ay_source_memory(ay_cursor_take(&c, len), len);

	return ay_doc_json(s, &in, base, AY_XGB_DEPTH, "xgboost", ay_xgb_judge_objective);
}

static const char *const refines_json[] = {"json", "jsonl", "yaml", "text", NULL};

const struct ay_scanner ay_scanner_xgboost = {
	.abi = AY_SCAN_ABI, .flags = AY_SCANNER_INERT, .name = "xgboost", .version = 1, .refines = refines_json,
	.bid = xgboost_bid, .scan = xgboost_scan
};

/* ---- UBJSON ---- */

static unsigned ubj_bid(struct ay_cursor head, struct ay_source *in, const char *path)
{
	static const char *const keys[] = {"learner", "version", "Config", "Model"};

	(void)in;
	(void)path;
	if (!ay_cursor_accept(&head, "{L", 2))
		return 0;
	uint64_t len = ay_cursor_be64(&head);

	for (size_t i = 0; i < AY_ARRAY_LEN(keys); i++)
		if (!head.err && len == strlen(keys[i]) && ay_cursor_starts(&head, keys[i], strlen(keys[i])))
			return 8 * 15;
	return 0;
}

static int ubj_next(void *arg)
{
	return ay_ubj_next(arg);
}

static const char *ubj_text(void *arg, size_t *len_out)
{
	struct ay_ubj *r = arg;

	*len_out = r->text.len;
	return ay_buf_str(&r->text);
}

static bool ubj_whole(void *arg, int64_t *out)
{
	struct ay_ubj *r = arg;

	*out = r->integer;
	return r->whole;
}

static uint64_t ubj_off(void *arg)
{
	struct ay_ubj *r = arg;

	return r->event_off;
}

static const char *ubj_reason(void *arg)
{
	struct ay_ubj *r = arg;

	return r->why;
}

static int ubj_scan(struct ay_scan *s, struct ay_source *in)
{
	struct ay_ubj r;
	struct ay_doc d = {.arg = &r, .next = ubj_next, .text = ubj_text, .whole = ubj_whole, .off = ubj_off, .reason = ubj_reason};

	ay_ubj_open(&r, in, ay_scan_budget(s), MAX_TEXT);
	int err = ay_xgb_judge(s, &d);

	ay_ubj_close(&r);
	return err;
}

const struct ay_scanner ay_scanner_xgboost_ubj = {
	.abi = AY_SCAN_ABI, .flags = AY_SCANNER_INERT, .name = "xgboost-ubj", .version = 1, .bid = ubj_bid, .scan = ubj_scan
};
