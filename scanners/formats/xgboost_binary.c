/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The binary form of XGBoost up to version 3.0: fixed blocks of little-endian
 * numbers, names, trees as arrays of nodes, attributes. Read to the last byte.
 */
#include <inttypes.h>

#include "scanners/formats/xgboost.h"
#include "scanners/model/xgboost_names.h"
#include "scanners/registry.h"

#define MAGIC "binf"
#define LEARNER_BYTES 136
#define TREES_BYTES 160
#define LINEAR_BYTES 136
#define TREE_BYTES 148
#define NODE_BYTES 20
#define STAT_BYTES 16
#define NODES_AT_ONCE 4096
#define MAX_NAME 63
#define MAX_TEXT (1 * MIB)
#define MAX_ATTRIBUTES 65536

struct reader {
	struct ay_scan *s;
	struct ay_source *in;
	struct ay_buf b;
	uint64_t off;
	uint32_t features, groups, major;
	bool attributes, metrics;
	char objective[MAX_NAME + 1], booster[MAX_NAME + 1];
	struct ay_xgb_tree tree;
	const char *rule, *why;          /* of what is refused */
};

static int refuse(struct reader *r, const char *rule, const char *why)
{
	r->rule = rule;
	r->why = why;
	return AY_EFORMAT;
}

static int malformed(struct reader *r, const char *why)
{
	return refuse(r, "xgboost.malformed", why);
}

/* The next len bytes. */
static int take(struct reader *r, size_t len, struct ay_cursor *out)
{
	int err = ay_budget_tick(ay_scan_budget(r->s));

	if (err)
		return err;
	if (len > r->in->size - r->off)
		return AY_ETRUNC;
	err = ay_source_load(r->in, r->off, len, &r->b, out);
	r->off += err ? 0 : len;
	return err;
}

/* What a later version may have filled. */
static int take_zeros(struct reader *r, struct ay_cursor *c)
{
	while (c->left)
		if (ay_cursor_u8(c) != 0)
			return malformed(r, "a reserved field is not zero");
	return c->err;
}

static int take_length(struct reader *r, size_t elem, uint64_t *out)
{
	struct ay_cursor c;
	int err = take(r, 8, &c);

	*out = err ? 0 : ay_cursor_le64(&c);
	return err ? err : *out > (r->in->size - r->off) / elem ? AY_ETRUNC : 0;
}

static int take_text(struct reader *r, size_t max, struct ay_cursor *out)
{
	uint64_t len;
	int err = take_length(r, 1, &len);

	if (err)
		return err;
	if (len > max)
		return malformed(r, "a text is longer than any that XGBoost writes");
	return take(r, (size_t)len, out);
}

static int take_name(struct reader *r, char out[MAX_NAME + 1])
{
	struct ay_cursor c;
	int err = take_text(r, MAX_NAME, &c);

	if (err)
		return err;
	size_t len = c.left;

	ay_cursor_copy(&c, out, len);
	out[len] = 0;
	return strlen(out) == len ? 0 : malformed(r, "a name has a zero byte");
}

/* ---- learner ---- */

static int take_learner(struct reader *r)
{
	struct ay_cursor c;
	int err = take(r, LEARNER_BYTES, &c);

	if (err)
		return err;
	ay_cursor_skip(&c, 4);
	r->features = ay_cursor_le32(&c);

	uint32_t classes = ay_cursor_le32(&c), targets;

	r->attributes = ay_cursor_le32(&c) != 0;
	r->metrics = ay_cursor_le32(&c) != 0;
	r->major = ay_cursor_le32(&c);
	ay_cursor_skip(&c, 4);
	targets = ay_cursor_le32(&c);
	ay_cursor_skip(&c, 4);
	r->groups = classes > 1 ? classes : 1;
	if (targets > r->groups)
		r->groups = targets;
	if (classes > INT32_MAX || r->groups > INT32_MAX)
		return malformed(r, "the number of classes or targets is negative");
	if (r->major > AY_XGB_MAJOR)
		return refuse(r, "format.unsupported", "an XGBoost model of a version that is not known");
	err = take_zeros(r, &c);
	if (!err)
		err = take_name(r, r->objective);
	if (!err && !ay_xgb_objective_known(r->objective))
		return refuse(r, "xgboost.component", "the objective is none that is known");
	return err ? err : take_name(r, r->booster);
}

/* ---- trees ---- */

static int add_node(struct reader *r, struct ay_cursor *c)
{
	struct ay_ints *ints = r->tree.ints;
	uint32_t parent = ay_cursor_le32(c), left = ay_cursor_le32(c), right = ay_cursor_le32(c), index = ay_cursor_le32(c);
	int err = ay_ints_add(r->s, &ints[AY_XGB_PARENTS], (int32_t)(parent & INT32_MAX));

	ay_cursor_skip(c, 4);
	if (!err)
		err = ay_ints_add(r->s, &ints[AY_XGB_LEFT], (int32_t)left);
	if (!err)
		err = ay_ints_add(r->s, &ints[AY_XGB_RIGHT], (int32_t)right);
	return err ? err : ay_ints_add(r->s, &ints[AY_XGB_INDEXES], (int32_t)(index & INT32_MAX));
}

static int take_nodes(struct reader *r, uint32_t count)
{
	int err = 0;

	while (count && !err) {
		uint32_t n = count < NODES_AT_ONCE ? count : NODES_AT_ONCE;
		struct ay_cursor c;

		err = take(r, (size_t)n * NODE_BYTES, &c);
		for (uint32_t i = 0; i < n && !err; i++)
			err = add_node(r, &c);
		count -= n;
	}
	return err;
}

static int take_tree(struct reader *r)
{
	struct ay_cursor c;
	int err = take(r, TREE_BYTES, &c);

	if (err)
		return err;
	ay_xgb_tree_reset(&r->tree);
	ay_cursor_skip(&c, 4);

	uint32_t nodes = ay_cursor_le32(&c);

	r->tree.deleted = ay_cursor_le32(&c);
	ay_cursor_skip(&c, 8);
	if (ay_cursor_le32(&c) > 1)
		return refuse(r, "format.unsupported", "a tree has a vector at each leaf, which is not judged");
	err = take_zeros(r, &c);
	if (err)
		return err;
	if (nodes > (r->in->size - r->off) / (NODE_BYTES + STAT_BYTES))
		return AY_ETRUNC;
	err = take_nodes(r, nodes);
	if (err)
		return err;
	r->off += (uint64_t)nodes * STAT_BYTES;

	const char *why = ay_xgb_tree_shape(r->s, &r->tree, &err);

	if (!why && r->tree.max_index >= 0 && (uint64_t)r->tree.max_index >= r->features)
		why = "a split asks for a feature that is not there";
	return why ? refuse(r, "xgboost.tree", why) : err;
}

static int take_groups(struct reader *r, uint32_t trees)
{
	struct ay_cursor c;
	int err = 0;

	for (uint32_t i = 0; i < trees && !err; i++) {
		err = take(r, 4, &c);
		if (!err && ay_cursor_le32(&c) >= r->groups)
			err = refuse(r, "xgboost.tree", "a tree belongs to a group that is not there");
	}
	return err;
}

static int take_trees(struct reader *r, bool dart)
{
	struct ay_cursor c;
	uint64_t drops = 0;
	int err = take(r, TREES_BYTES, &c);

	if (err)
		return err;

	uint32_t trees = ay_cursor_le32(&c);

	ay_cursor_skip(&c, 4 + 4 + 4 + 8 + 4);
	if (ay_cursor_le32(&c) > 1)
		return refuse(r, "format.unsupported", "the trees have a vector at each leaf, which is not judged");
	err = take_zeros(r, &c);
	if (!err && trees > (r->in->size - r->off) / (TREE_BYTES + NODE_BYTES + STAT_BYTES + 4))
		return AY_ETRUNC;
	for (uint32_t i = 0; i < trees && !err; i++)
		err = take_tree(r);
	if (!err)
		err = take_groups(r, trees);
	if (err || !dart || trees == 0)
		return err;
	err = take_length(r, 4, &drops);
	if (!err && drops != trees)
		err = refuse(r, "xgboost.tree", "weight_drop has another length than there are trees");
	r->off += 4 * (err ? 0 : drops);
	return err;
}

static int take_linear(struct reader *r)
{
	struct ay_cursor c;
	uint64_t weights;
	int err = take(r, LINEAR_BYTES, &c);

	if (err)
		return err;
	ay_cursor_skip(&c, 8);
	err = take_zeros(r, &c);
	if (!err)
		err = take_length(r, 4, &weights);
	if (err)
		return err;
	if (weights && weights != ((uint64_t)r->features + 1) * r->groups)
		return refuse(r, "xgboost.tree", "a linear model has more or fewer weights than features and groups");
	r->off += 4 * weights;
	return 0;
}

static int take_booster(struct reader *r)
{
	if (strcmp(r->booster, "gbtree") == 0 || strcmp(r->booster, "dart") == 0)
		return take_trees(r, r->booster[0] == 'd');
	if (strcmp(r->booster, "gblinear") == 0)
		return take_linear(r);
	return refuse(r, "xgboost.component", "the booster is none that is known");
}

/* ---- attributes ---- */

/* "rmse;auc;" */
static int check_metrics(struct reader *r, struct ay_cursor c)
{
	while (c.left) {
		char name[MAX_NAME + 1];
		size_t len;
		struct ay_cursor at = c;

		if (!ay_cursor_until(&c, ';', MAX_NAME, &len))
			return malformed(r, "metrics is no list of names");
		ay_cursor_copy(&at, name, len);
		name[len] = 0;
		if (!ay_xgb_metric_known(name))
			return refuse(r, "xgboost.component", "a metric is none that is known");
	}
	return 0;
}

/* The objective is read as a document, and metrics are made by their names; all others are the user's own. */
static int take_attribute(struct reader *r)
{
	struct ay_cursor key, value;
	char name[MAX_NAME + 1] = "";
	int err = take_text(r, MAX_TEXT, &key);

	if (err)
		return err;
	if (key.left <= MAX_NAME)
		ay_cursor_copy(&key, name, key.left);
	err = take_text(r, MAX_TEXT, &value);
	if (err)
		return err;
	if (strcmp(name, "objective") == 0)
		return ay_xgb_objective_text(r->s, value);
	return strcmp(name, "metrics") == 0 ? check_metrics(r, value) : 0;
}

static int take_rest(struct reader *r)
{
	struct ay_cursor c;
	uint64_t count = 0;
	int err = r->attributes ? take_length(r, 16, &count) : 0;

	if (!err && count > MAX_ATTRIBUTES)
		return malformed(r, "there are more attributes than any model has");
	for (uint64_t i = 0; i < count && !err; i++)
		err = take_attribute(r);
	/* Before 1.0 the metrics stood behind the attributes. */
	count = 0;
	if (!err && r->major == 0 && r->metrics)
		err = take_length(r, 8, &count);
	for (uint64_t i = 0; i < count && !err; i++) {
		err = take_text(r, MAX_NAME, &c);
		if (!err && ay_budget_tick(ay_scan_budget(r->s)) != 0)
			err = AY_ELIMIT;
	}
	if (!err && r->off != r->in->size)
		err = malformed(r, "bytes follow the model");
	return err;
}

/* ---- the scanner ---- */

static unsigned binary_bid(struct ay_cursor head, struct ay_source *in, const char *path)
{
	char name[MAX_NAME + 1] = "";
	bool magic = ay_cursor_accept(&head, MAGIC, strlen(MAGIC));
	uint64_t len;

	(void)in;
	(void)path;
	if (!magic && ay_cursor_peek(&head, 0) == '{')
		return 0;
	ay_cursor_skip(&head, LEARNER_BYTES);
	len = ay_cursor_le64(&head);
	if (!head.err && len <= MAX_NAME && len <= head.left)
		ay_cursor_copy(&head, name, (size_t)len);
	if (ay_xgb_objective_known(name))
		return 8 * (8 + (unsigned)len + (magic ? (unsigned)strlen(MAGIC) : 0));
	return magic ? 8 * (unsigned)strlen(MAGIC) : 0;
}

static int binary_scan(struct ay_scan *s, struct ay_source *in)
{
	struct reader r = {.s = s, .in = in, .b = ay_buf_new(MAX_TEXT)};
	struct ay_error e;
	struct ay_cursor c;
	int err = take(&r, strlen(MAGIC), &c);

	if (!err && !ay_cursor_starts(&c, MAGIC, strlen(MAGIC)))
		r.off = 0;
	if (!err)
		err = take_learner(&r);
	if (!err)
		err = take_booster(&r);
	if (!err)
		err = take_rest(&r);
	if (r.why)
		ay_scan_find(s, r.rule, r.off, "%s", r.why);
	else if (err)
		ay_scan_find_error(s, "xgboost", ay_error_at(&e, err, r.off, "%s", ay_strerror(err)), &e);
	ay_xgb_tree_free(s, &r.tree);
	ay_buf_free(&r.b);
	return 0;
}

const struct ay_scanner ay_scanner_xgboost_binary = {
	.abi = AY_SCAN_ABI, .flags = AY_SCANNER_INERT, .name = "xgboost-binary", .version = 1, .bid = binary_bid, .scan = binary_scan
};
