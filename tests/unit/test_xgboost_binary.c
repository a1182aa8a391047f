/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/lib/scan_case.h"

#define OBJECTIVE "{\"name\":\"reg:squarederror\",\"reg_loss_param\":{\"scale_pos_weight\":\"1\"}}"

struct node {
	uint32_t parent, left, right, index;
};

/* What a model is made of; a good one is made by good(). */
struct parts {
	const char *magic, *objective, *booster, *document, *metrics;
	uint32_t features, classes, targets, major, old_metrics;
	uint32_t trees, nodes, announced, deleted, width, group, weights, reserved;
	struct node node[8];
	const char *tail;
};

static struct parts good(void)
{
	return (struct parts){.magic = "binf", .objective = "reg:squarederror", .booster = "gbtree", .document = OBJECTIVE, .metrics = "rmse;ndcg@5-;",
			      .features = 2, .targets = 1, .major = 1, .trees = 1, .nodes = 3, .announced = 3, .tail = "",
			      .node = {{UINT32_MAX, 1, 2, 1}, {1u << 31, UINT32_MAX, UINT32_MAX, 0}, {0, UINT32_MAX, UINT32_MAX, 0}}};
}

static void zeros(struct ay_buf *b, size_t n)
{
	while (n--)
		ay_buf_addc(b, 0);
}

static void add_text(struct ay_buf *b, const char *t)
{
	ay_buf_le64(b, strlen(t));
	ay_buf_adds(b, t);
}

static void add_tree(struct ay_buf *b, const struct parts *p)
{
	ay_buf_le32(b, 1);
	ay_buf_le32(b, p->announced);
	ay_buf_le32(b, p->deleted);
	ay_buf_le32(b, 0);
	ay_buf_le32(b, p->features);
	ay_buf_le32(b, p->width);
	zeros(b, 124);
	for (uint32_t i = 0; i < p->nodes; i++) {
		ay_buf_le32(b, p->node[i].parent);
		ay_buf_le32(b, p->node[i].left);
		ay_buf_le32(b, p->node[i].right);
		ay_buf_le32(b, p->node[i].index);
		ay_buf_le32(b, 0x3f000000);
	}
	zeros(b, 16 * (size_t)p->nodes);
}

static void add_booster(struct ay_buf *b, const struct parts *p)
{
	if (strcmp(p->booster, "gblinear") == 0) {
		zeros(b, 136);
		ay_buf_le64(b, p->weights);
		zeros(b, 4 * (size_t)p->weights);
		return;
	}
	ay_buf_le32(b, p->trees);
	ay_buf_le32(b, 1);
	zeros(b, 24);
	zeros(b, 128);
	for (uint32_t i = 0; i < p->trees; i++)
		add_tree(b, p);
	for (uint32_t i = 0; i < p->trees; i++)
		ay_buf_le32(b, p->group);
	if (strcmp(p->booster, "dart") == 0) {
		ay_buf_le64(b, p->weights);
		zeros(b, 4 * (size_t)p->weights);
	}
}

static struct ay_buf file_of(const struct parts *p)
{
	struct ay_buf b = ay_buf_new(1 * MIB);

	ay_buf_adds(&b, p->magic);
	ay_buf_le32(&b, 0x3f000000);
	ay_buf_le32(&b, p->features);
	ay_buf_le32(&b, p->classes);
	ay_buf_le32(&b, p->document != NULL);
	ay_buf_le32(&b, p->old_metrics);
	ay_buf_le32(&b, p->major);
	ay_buf_le32(&b, 7);
	ay_buf_le32(&b, p->targets);
	ay_buf_le32(&b, 1);
	zeros(&b, 99);
	ay_buf_addc(&b, (uint8_t)p->reserved);
	add_text(&b, p->objective);
	add_text(&b, p->booster);
	add_booster(&b, p);
	if (p->document) {
		ay_buf_le64(&b, 3);
		add_text(&b, "best_iteration");
		add_text(&b, "1");
		add_text(&b, "metrics");
		add_text(&b, p->metrics);
		add_text(&b, "objective");
		add_text(&b, p->document);
	}
	if (p->old_metrics) {
		ay_buf_le64(&b, 1);
		add_text(&b, "rmse");
	}
	ay_buf_adds(&b, p->tail);
	return b;
}

static void try(struct parts p, const char *rule, const char *what)
{
	struct ay_buf b = file_of(&p);

	is_str(scan_case_with("m.model", b.data, b.len, NULL), rule, "%s", what);
	ay_buf_free(&b);
}

#define WITH(rule, what, ...) \
	do { \
		struct parts p = good(); \
		__VA_ARGS__; \
		try(p, rule, what); \
	} while (0)

static void test_learner(void)
{
	try(good(), "pass", "a good model");
	WITH("pass", "without the magic", p.magic = "");
	WITH("pass", "without attributes", p.document = NULL);
	WITH("pass", "before 1.0, with metrics at the end", p.major = 0, p.document = NULL, p.old_metrics = 1);
	WITH("format.unsupported", "a version to come", p.major = 4);
	WITH("xgboost.malformed", "a reserved field", p.reserved = 1);
	WITH("xgboost.component", "an unknown objective", p.objective = "my:own");
	WITH("format.unknown", "an unknown objective without the magic", p.objective = "my:own", p.magic = "");
	WITH("xgboost.component", "an unknown booster", p.booster = "gbother");
	WITH("xgboost.malformed", "2^31 classes", p.classes = 1u << 31);
	WITH("xgboost.malformed", "2^32-1 targets", p.targets = UINT32_MAX);
	WITH("xgboost.malformed", "a byte behind", p.tail = "x");
	WITH("xgboost.component", "an unknown metric", p.metrics = "rmse;my_metric;");
	WITH("xgboost.malformed", "a metric without an end", p.metrics = "rmse");
	WITH("xgboost.component", "an unknown objective as a document", p.document = "{\"name\":\"my:own\"}");
	WITH("xgboost.truncated", "a document that is cut off", p.document = "{\"name\":\"reg:squarederror\"");
	WITH("xgboost.malformed", "a document and more", p.document = OBJECTIVE "{}");
}

static void test_trees(void)
{
	WITH("pass", "several trees of several classes", p.trees = 3, p.classes = 3, p.group = 2);
	WITH("pass", "no trees", p.trees = 0);
	WITH("xgboost.tree", "a group that is not there", p.classes = 3, p.group = 3);
	WITH("xgboost.tree", "a child that is not there", p.node[0].right = 3);
	WITH("xgboost.tree", "a child that is the root", p.node[0].right = 0);
	WITH("xgboost.tree", "a child 2^31", p.node[0].right = 1u << 31);
	WITH("xgboost.tree", "one child", p.node[0].right = UINT32_MAX);
	WITH("xgboost.tree", "one child twice", p.node[0].right = 1);
	WITH("xgboost.tree", "a parent that is not", p.node[2].parent = 1);
	WITH("xgboost.tree", "a feature that is not there", p.node[0].index = 2);
	WITH("pass", "a missing value goes left", p.node[0].index = 1u << 31);
	WITH("xgboost.tree", "no nodes", p.nodes = 0, p.announced = 0);
	WITH("xgboost.truncated", "more nodes than bytes", p.announced = 1000);
	WITH("xgboost.truncated", "2^32-1 nodes", p.announced = UINT32_MAX);
	WITH("format.unsupported", "vectors at leaves", p.width = 2);
	WITH("xgboost.tree", "deleted nodes that are none", p.deleted = 1);
	WITH("pass", "two deleted nodes", p.deleted = 2, p.node[0].left = p.node[0].right = UINT32_MAX, p.node[1].index = p.node[2].index = UINT32_MAX);
	WITH("pass", "dart", p.booster = "dart", p.weights = 1);
	WITH("xgboost.tree", "dart with too many weights", p.booster = "dart", p.weights = 2);
	WITH("pass", "a linear model", p.booster = "gblinear", p.weights = 3);
	WITH("pass", "a linear model of three classes", p.booster = "gblinear", p.classes = 3, p.weights = 9);
	WITH("xgboost.tree", "a linear model with too many weights", p.booster = "gblinear", p.weights = 4);
	WITH("xgboost.tree", "a linear model of 2^32-1 features", p.booster = "gblinear", p.weights = 3, p.features = UINT32_MAX);
}

static void test_cuts(void)
{
	struct parts p = good();
	struct ay_buf b = file_of(&p);
	unsigned passed = 0;

	/* Four bytes are text. */
	for (size_t len = 5; len < b.len; len++)
		passed += strcmp(scan_case_with("m.model", b.data, len, NULL), "pass") == 0;
	is_int(passed, 0, "no proper prefix passes");
	for (unsigned i = 0; i < 8; i++) {
		b.data[4 + 136 + i] = 0xFF;
		is_str(scan_case_with("m.model", b.data, b.len, NULL), i ? "xgboost.truncated" : "xgboost.malformed", "the length of the objective has byte %u full", i);
		b.data[4 + 136 + i] = i ? 0 : 16;
	}
	ay_buf_free(&b);
	scan_is("m.model", "bs64\tYmFzZTY0", "format.unsupported", "the form in base 64");
	scan_is("m.model", "CONFIG-offset:\1\0\0\0\0\0\0\0", "format.unsupported", "a snapshot");
}

int main(void)
{
	test_learner();
	test_trees();
	test_cuts();
	return done_testing();
}
