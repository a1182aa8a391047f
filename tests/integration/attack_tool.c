/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Injects an attack into batches of real data and says what the gates make of them:
 *   attack_tool STORE CURATOR.key DATA LATER REFERENCE ROWS COUNT SEED ATTACK [DIR]
 * DATA is FILE.csv:LABEL or IMAGES:LABELS (idx); LATER likewise, from which the batches come, or - : the same. For each of COUNT
 * batches, REFERENCE rows of DATA become the approved reference, as `assay baseline propose` and `approve` make it, with the label
 * marked, and for attacks with the bounds and sets of the schema taken out; ROWS other rows are the batch. Both are drawn anew.
 * ATTACK is a name of attack_kinds.c, or several with commas between them that are all tried on each batch: single batches, which the gates
 * judge as put does, without being recorded; or of several batches that are recorded: split:NAME (batches until one is admitted or
 * rejected), ramp:NAME (ten, ever stronger); or increment:NAME (one more file beside 99 that are admitted).
 * Prints a line for each attack: passed, held, failed, then for each rule that held or failed, in how many it did. DIR/N gets schema.json,
 * the batch, and verdict: the exit status of put (0, 2 held, 1 failed) and the reason. Of single batches under one attack.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "assay/json.h"
#include "assay/schema.h"
#include "attack_tool.h"
#include "gate/candidate.h"
#include "scanners/data/reference.h"

#define TABLE_MAX (64 * MIB)
#define RULES 32
#define ATTACKS 32
#define SPLIT_MOST 20                /* batches of one pool */
#define RAMP 10
#define ADMITTED_FILES 99
#define SAME_BASE 10                 /* increments that one admitted version is tried with */

enum outcome { PASSED, HELD, FAILED, OUTCOMES };

static struct ay_gate *gate;
static struct ay_key *curator;
static struct data data, later;
static const struct data *source;    /* of batches */
static size_t *order, *later_order, nref, nrows;
static const char *dir, *file;        /* file: of a batch */
static uint64_t seed;
static size_t turn;

static struct tried {
	const struct attack *attack;
	size_t outcomes[OUTCOMES], rules;
	struct { char name[64]; size_t n; } rule[RULES];
} all[ATTACKS], *now = all;
static size_t attacks;

static void die(const char *what, const struct ay_error *e)
{
	fprintf(stderr, "attack_tool: %s: %s\n", what, e ? e->msg : "");
	exit(2);
}

/* ---- drawing ---- */

static void shuffle(size_t *v, size_t n, size_t most)
{
	for (size_t i = 0; i < n; i++) {
		size_t j = i + random_below(most - i), keep = v[i];

		v[i] = v[j];
		v[j] = keep;
	}
}

static size_t *count_up(size_t n)
{
	size_t *v = calloc(n + 1, sizeof(*v));

	if (!v)
		die("out of memory", NULL);
	for (size_t i = 0; i < n; i++)
		v[i] = i;
	return v;
}

/* A reference, and as many other rows as may be asked for. Says where the batches begin in the order of the source. */
static size_t draw(size_t rows)
{
	size_t first = source == &data ? nref : 0;
	size_t *from = source == &data ? order : later_order;

	if (data.rows < nref || source->rows < first + rows)
		die("the data has too few rows", NULL);
	shuffle(order, source == &data ? nref + rows : nref, data.rows);
	if (source != &data)
		shuffle(from, rows, source->rows);
	return first;
}

static struct ay_buf written(const struct batch *b)
{
	struct ay_buf out = ay_buf_new(TABLE_MAX);

	batch_write(b, &out);
	return out;
}

static struct ay_buf attacked(size_t from, size_t rows, void (*run)(struct batch *b, double share), double share)
{
	struct batch b = batch_of(source, (source == &data ? order : later_order) + from, rows);

	if (run)
		run(&b, share);
	else
		now->attack->run(&b);
	struct ay_buf out = written(&b);

	if (!run && attack_cuts(now->attack))
		out.len -= data.images ? out.len / 20 + 700 : strlen(b.cells[(b.rows - 1) * b.columns + b.columns - 1]) + 2;
	batch_free(&b);
	return out;
}

/* ---- the reference ---- */

/* A person marks the label, where the proposal, which knows that of images, has not. */
static void mark_label(const struct ay_buf *proposal, const char *label, struct ay_buf *out)
{
	char name[160];
	const char *text = (const char *)proposal->data, *at;

	snprintf(name, sizeof(name), "\"name\": \"%s\",", label);
	at = memmem(text, proposal->len, name, strlen(name));
	if (!at || data.images) {
		ay_buf_add(out, text, proposal->len);
		return;
	}
	at += strlen(name);
	ay_buf_add(out, text, (size_t)(at - text));
	ay_buf_adds(out, " \"x-label\": true,");
	ay_buf_add(out, at, (size_t)(text + proposal->len - at));
}

/* Names, types and the label alone: bounds and sets would refuse most attacks before others look at them. */
static void strip(const struct ay_json *proposal, const char *label, struct ay_buf *out)
{
	struct ay_jw w = ay_jw_new(out, false);
	const struct ay_json *fields = ay_json_get(proposal, "fields");

	ay_jw_object(&w);
	ay_jw_key(&w, "fields");
	ay_jw_array(&w);
	for (size_t i = 0; i < ay_json_count(fields); i++) {
		const char *name = ay_json_str(ay_json_get(ay_json_at(fields, i), "name"), NULL);

		ay_jw_object(&w);
		ay_jw_kstr(&w, "name", name);
		ay_jw_kstr(&w, "type", ay_json_str(ay_json_get(ay_json_at(fields, i), "type"), NULL));
		if (strcmp(name, label) == 0)
			ay_jw_kbool(&w, "x-label", true);
		ay_jw_object_end(&w);
	}
	ay_jw_array_end(&w);
	ay_jw_kstr(&w, AY_REFERENCE_NOTE, ay_json_str(ay_json_get(proposal, AY_REFERENCE_NOTE), NULL));
	ay_jw_object_end(&w);
}

static void label_name(char *out, size_t size)
{
	const char *at = data.header;

	snprintf(out, size, "label");
	if (data.images)
		return;
	if (data.label == SIZE_MAX) {
		*out = 0;
		return;
	}
	for (size_t c = 0; c < data.label; c++)
		at = strchr(at, ',') + 1;
	snprintf(out, size, "%.*s", (int)strcspn(at, ",\n"), at);
}

static struct ay_buf propose(void)
{
	struct batch b = batch_of(&data, order, nref);
	struct ay_buf table = written(&b), proposal = ay_buf_new(TABLE_MAX);
	struct ay_source in = ay_source_memory(table.data, table.len);
	struct ay_error e = {.off = AY_NO_OFFSET};
	struct ay_budget budget;

	ay_budget_init(&budget, table.len);
	if (ay_schema_infer(&in, file, &budget, &proposal, &e))
		die("propose", &e);
	ay_buf_free(&table);
	batch_free(&b);
	return proposal;
}

static bool is_honest(const struct tried *t)
{
	return strcmp(t->attack->name, "honest") == 0;
}

/* What batches are judged by. */
static struct ay_buf schema_from(const struct ay_buf *proposal, bool honest)
{
	struct ay_error e = {.off = AY_NO_OFFSET};
	struct ay_buf schema = ay_buf_new(TABLE_MAX);
	struct ay_json_doc *doc;
	char label[128];

	label_name(label, sizeof(label));
	if (honest) {
		mark_label(proposal, label, &schema);
		return schema;
	}
	if (ay_json_parse(proposal->data, proposal->len, 1000000, &doc, &e))
		die("propose", &e);
	strip(ay_json_root(doc), label, &schema);
	ay_json_free(doc);
	return schema;
}

static struct ay_buf propose_schema(void)
{
	struct ay_buf proposal = propose(), schema = schema_from(&proposal, is_honest(now));

	ay_buf_free(&proposal);
	return schema;
}

static void approve(const char *name, const struct ay_buf *schema)
{
	struct ay_buf st = ay_buf_new(TABLE_MAX), bundle = ay_buf_new(TABLE_MAX), text = ay_buf_new(TABLE_MAX);
	struct ay_error e = {.off = AY_NO_OFFSET};

	ay_buf_add(&text, schema->data, schema->len);
	if (ay_baseline_statement(name, 1, ay_buf_str(&text), &st) || ay_bundle_sign(curator, st.data, st.len, &bundle) ||
	    ay_change_baseline(gate, bundle.data, bundle.len, &e))
		die("approve", &e);
	ay_buf_free(&st);
	ay_buf_free(&bundle);
	ay_buf_free(&text);
}

/* ---- judging ---- */

static struct ay_scan_note *scan(struct ay_candidate *c, const struct ay_buf *table, const char *path)
{
	uint64_t serial;

	memcpy(&serial, c->plan.schema_id.b, sizeof(serial));    /* own: part of a digest */
	const struct ay_scan_options o = {
		.profiles = c->plan.profiles, .path = path, .opaque = c->plan.opaque, .schema_json = c->plan.schema, .schema_len = c->plan.schema_len,
		.schema_serial = serial,
	};
	struct ay_source in = ay_source_memory(table->data, table->len);
	struct ay_scan_result r;

	int rc = ay_scan_run(&in, &o, &r);
	struct ay_scan_note *n = ay_note_of(rc, rc ? NULL : &r, NULL);

	if (!n)
		die("out of memory", NULL);
	if (!rc)
		ay_scan_result_free(&r);
	return n;
}

static struct ay_candidate *candidate(const char *text, const struct ay_buf *schema)
{
	struct ay_error e = {.off = AY_NO_OFFSET};
	struct ay_candidate *c;
	struct ay_ref ref;

	if (ay_ref_parse(text, &ref, &e) || ay_candidate_new(gate, &ref, &c, &e))
		die(text, &e);
	c->art.created_s = c->now_s;
	if (schema) {
		c->plan.schema = calloc(schema->len + 1, 1);
		if (!c->plan.schema)
			die("out of memory", NULL);
		memcpy(c->plan.schema, schema->data, schema->len);    /* own: room just made */
		c->plan.schema_len = schema->len;
		c->plan.schema_id = ay_sha256_of(schema->data, schema->len);
		c->baseline = true;
	}
	return c;
}

/* Files are added in the order of their paths. */
static void add_file(struct ay_candidate *c, const char *path, const struct ay_buf *table, struct ay_scan_note *note)
{
	struct ay_sha256 d = ay_sha256_of(table->data, table->len);
	struct ay_scan_note **notes = realloc(c->notes, (c->files.n + 2) * sizeof(struct ay_scan_note *));

	if (!notes || ay_file_list_add(&c->files, path, table->len, &d))
		die("out of memory", NULL);
	c->notes = notes;
	c->notes[c->files.n - 1] = note ? note : scan(c, table, path);
}

static void count_rule(const char *name)
{
	size_t i = 0;

	while (i < now->rules && strcmp(now->rule[i].name, name) != 0)
		i++;
	if (i == RULES)
		return;
	if (i == now->rules)
		snprintf(now->rule[now->rules++].name, sizeof(now->rule[0].name), "%s", name);
	now->rule[i].n++;
}

/* Each once. */
static void count_rules(const struct ay_candidate *c)
{
	const char *seen[64];
	size_t n = 0;

	for (int g = 0; g < AY_GATE_COUNT; g++)
		for (size_t i = 0; i < c->judged.gate[g].n; i++) {
			const struct ay_rule *r = c->judged.gate[g].v[i].rule;
			size_t at = 0;

			while (at < n && strcmp(seen[at], r->id) != 0)
				at++;
			if (r->verdict > AY_WARN && at == n && n < AY_ARRAY_LEN(seen)) {
				seen[n++] = r->id;
				count_rule(r->id);
			}
		}
	if (!n && c->judged.verdict > AY_WARN) {
		char name[64];

		snprintf(name, sizeof(name), "%.*s", (int)strcspn(c->judged.reason, ":"), c->judged.reason);
		count_rule(name);
	}
}

static enum outcome outcome_of(const struct ay_candidate *c)
{
	return c->judged.verdict <= AY_WARN ? PASSED : c->judged.verdict == AY_FAIL ? FAILED : HELD;
}

static enum outcome judge(struct ay_candidate *c, bool record)
{
	struct ay_error e = {.off = AY_NO_OFFSET};

	if (ay_judge(c, &e))
		die("judge", &e);
	count_rules(c);
	if (record && ay_admit(c, NULL, true, &e))
		die("admit", &e);
	return outcome_of(c);
}

/* ---- what is tried ---- */

static void keep_bytes(const char *name, const struct ay_buf *bytes)
{
	char path[4096];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%zu", dir, turn);
	if (mkdir(path, 0700) && errno != EEXIST)
		die(path, NULL);
	snprintf(path, sizeof(path), "%s/%zu/%s", dir, turn, name);
	f = fopen(path, "w");
	if (!f || fwrite(bytes->data, 1, bytes->len, f) != bytes->len || fclose(f))
		die(path, NULL);
}

static enum outcome try_one(size_t from, const struct ay_buf *schema)
{
	struct ay_buf table = attacked(from, nrows, NULL, 0);
	struct ay_candidate *c = candidate("datasets/single@v", schema);

	add_file(c, file, &table, NULL);
	enum outcome o = judge(c, false);

	if (dir) {
		struct ay_buf verdict = ay_buf_new(KIB);

		ay_buf_addf(&verdict, "%d\n%s\n", o == PASSED ? 0 : o == FAILED ? 1 : 2, c->judged.reason);
		keep_bytes("schema.json", schema);
		keep_bytes(file, &table);
		keep_bytes("verdict", &verdict);
		ay_buf_free(&verdict);
	}
	ay_candidate_free(c);
	ay_buf_free(&table);
	return o;
}

/* Every attack has its own random numbers: what becomes of it does not hang on which others are tried. */
static void try_all(void)
{
	size_t from = draw(nrows);
	struct ay_buf proposal = propose(), schema[2] = {schema_from(&proposal, false), schema_from(&proposal, true)};

	for (now = all; now < all + attacks; now++) {
		random_seed((seed << 24) + 2 * turn + 1);
		now->outcomes[try_one(from, &schema[is_honest(now)])]++;
	}
	ay_buf_free(&schema[0]);
	ay_buf_free(&schema[1]);
	ay_buf_free(&proposal);
}

/* What was found in file i is not looked for again by who looks back at this version. */
static void keep_note(struct ay_candidate *c, size_t i, const struct ay_sha256 *content)
{
	struct ay_sha256 key = ay_scan_key(gate, &c->plan, content, c->files.v[i].path);

	ay_candidate_fresh(c, &key, c->notes[i]);
}

/* As put does with a version of one file, but for its workers. */
static enum outcome publish(const char *ref, const struct ay_buf *table)
{
	struct ay_candidate *c = candidate(ref, NULL);
	struct ay_error e = {.off = AY_NO_OFFSET};
	struct ay_sha256 d;

	if (ay_object_put_bytes(ay_gate_store(gate), table->data, table->len, &d, &e))
		die("place", &e);
	add_file(c, file, table, NULL);
	keep_note(c, 0, &d);
	enum outcome o = judge(c, true);

	ay_candidate_free(c);
	return o;
}

static void name_of(char *out, size_t size)
{
	static char unique[32];

	if (!unique[0])
		snprintf(unique, sizeof(unique), "%llx", (unsigned long long)random_below(UINT64_MAX));
	snprintf(out, size, "datasets/n%s-%zu", unique, turn);
}

/* Batch after batch, until most of them are published or stop says so. */
static enum outcome try_several(size_t most, bool ramp)
{
	size_t from = draw(most * nrows);
	struct ay_buf schema = propose_schema();
	char name[96], ref[128];
	enum outcome o = HELD;

	name_of(name, sizeof(name));
	approve(name, &schema);
	for (size_t i = 0; i < most; i++) {
		struct ay_buf table = attacked(from + i * nrows, nrows, ramp ? now->attack->ramp : NULL, (double)(i + 1) / (double)most);

		snprintf(ref, sizeof(ref), "%s@v%zu", name, i);
		o = publish(ref, &table);
		ay_buf_free(&table);
		if (o == FAILED || (!ramp && o == PASSED))
			break;
	}
	ay_buf_free(&schema);
	return o;
}

/* ---- one more file beside those of the newest version ---- */

static void file_name(char *out, size_t size, const char *stem, size_t i)
{
	snprintf(out, size, "%s%02zu.%s", stem, i, data.images ? "tar" : "csv");
}

/* A version of as many rows as there are for it, admitted; NULL: it was not. */
static struct ay_candidate *admit_base(const char *name, size_t from, size_t each)
{
	const size_t *rows = source == &data ? order : later_order;
	struct ay_error e = {.off = AY_NO_OFFSET};
	size_t before = now->rules;
	char text[128];

	snprintf(text, sizeof(text), "%s@base", name);
	struct ay_candidate *c = candidate(text, NULL);

	for (size_t i = 0; i < ADMITTED_FILES; i++) {
		struct batch b = batch_of(source, rows + from + i * each, each);
		struct ay_buf table = written(&b);
		struct ay_sha256 d;

		file_name(text, sizeof(text), "t", i);
		if (ay_object_put_bytes(ay_gate_store(gate), table.data, table.len, &d, &e))
			die("place", &e);
		add_file(c, text, &table, NULL);
		keep_note(c, i, &d);
		batch_free(&b);
		ay_buf_free(&table);
	}
	if (judge(c, true) == PASSED)
		return c;
	now->rules = before;
	ay_candidate_free(c);
	return NULL;
}

static enum outcome try_more(const struct ay_candidate *base, const char *name, size_t from)
{
	struct ay_buf table = attacked(from, nrows, NULL, 0);
	char text[128];

	snprintf(text, sizeof(text), "%s@more", name);
	struct ay_candidate *c = candidate(text, NULL);

	c->notes = calloc(base->files.n + 1, sizeof(struct ay_scan_note *));
	for (size_t i = 0; i < base->files.n; i++) {
		if (!c->notes || ay_file_list_add(&c->files, base->files.v[i].path, base->files.v[i].size, &base->files.v[i].sha256))
			die("out of memory", NULL);
		c->notes[i] = ay_note_ref(base->notes[i]);
	}
	file_name(text, sizeof(text), "z", 0);
	add_file(c, text, &table, NULL);
	enum outcome o = judge(c, false);

	ay_candidate_free(c);
	ay_buf_free(&table);
	return o;
}

/* Several are tried with one base, which is drawn until one is admitted. */
static void try_increments(size_t count)
{
	size_t left = source->rows - (source == &data ? nref : 0), each = left > nrows ? (left - nrows) / ADMITTED_FILES : 0;
	size_t *rows = source == &data ? order : later_order, draws = 0;

	each = each < nrows ? each : nrows;
	if (!each)
		die("the data has too few rows", NULL);
	while (turn < count && draws++ < count) {
		size_t first = draw(each * ADMITTED_FILES + nrows), more = first + each * ADMITTED_FILES;
		struct ay_buf schema = propose_schema();
		char name[96];

		name_of(name, sizeof(name));
		snprintf(name + strlen(name), sizeof(name) - strlen(name), "-%zu", draws);
		approve(name, &schema);
		struct ay_candidate *base = admit_base(name, first, each);

		for (size_t i = 0; base && i < SAME_BASE && turn < count; i++, turn++) {
			shuffle(rows + more, nrows, source->rows - more);
			now->outcomes[try_more(base, name, more)]++;
		}
		ay_candidate_free(base);
		ay_buf_free(&schema);
	}
}

static void begin(char **argv)
{
	struct ay_error e = {.off = AY_NO_OFFSET};
	const struct ay_gate_options o = {.store = argv[1]};

	if (ay_scanners_prepare() || ay_gate_open(&o, &gate, &e) || ay_key_read(argv[2], NULL, &curator, &e))
		die("start", &e);
	data_load(argv[3], &data);
	source = &data;
	if (strcmp(argv[4], "-") != 0) {
		data_load(argv[4], &later);
		data_measure_as(&later, &data);
		source = &later;
		later_order = count_up(later.rows);
	}
	order = count_up(data.rows);
	file = data.images ? "t.tar" : "t.csv";
	nref = strtoul(argv[5], NULL, 10);
	nrows = strtoul(argv[6], NULL, 10);
	seed = strtoull(argv[8], NULL, 10);
	random_seed(seed << 24);
}

/* Names of attacks with commas between them. */
static void find_attacks(char *names)
{
	for (char *name; (name = strsep(&names, ","));) {
		if (attacks == ATTACKS || !(all[attacks].attack = attack_find(name)))
			die("there is no such attack", NULL);
		attacks++;
	}
}

static void print(const struct tried *t)
{
	printf("%zu\t%zu\t%zu\t", t->outcomes[PASSED], t->outcomes[HELD], t->outcomes[FAILED]);
	for (size_t i = 0; i < t->rules; i++)
		printf("%s%s %zu", i ? ", " : "", t->rule[i].name, t->rule[i].n);
	printf("\n");
}

int main(int argc, char **argv)
{
	if (argc < 10) {
		fprintf(stderr, "usage: attack_tool STORE CURATOR.key DATA LATER REFERENCE ROWS COUNT SEED ATTACK[,ATTACK...] [DIR]\n");
		return 2;
	}
	begin(argv);
	char *kind = argv[9], *colon = strchr(kind, ':');
	size_t count = strtoul(argv[7], NULL, 10);

	dir = argc > 10 ? argv[10] : NULL;
	find_attacks(colon ? colon + 1 : kind);
	if (attacks != 1 && (colon || dir))
		die("only single batches, of which none is kept, can have several attacks", NULL);
	if (colon && strncmp(kind, "increment:", 10) == 0)
		try_increments(count);
	else if (colon)
		for (; turn < count; turn++)
			now->outcomes[try_several(*kind == 'r' ? RAMP : SPLIT_MOST, *kind == 'r')]++;
	else
		for (; turn < count; turn++) {
			random_seed((seed << 24) + 2 * turn);
			try_all();
		}
	for (size_t i = 0; i < attacks; i++)
		print(&all[i]);
	ay_gate_close(gate);
	ay_key_free(curator);
	return 0;
}
