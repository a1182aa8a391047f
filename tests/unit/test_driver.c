/* SPDX-License-Identifier: Apache-2.0 */
/* The driver against a scanner table of its own: this file takes the place of scanners/registry.c. */
#include "scanners/driver.h"

#include "tests/lib/tap.h"

static struct ay_source_window window;

static unsigned bid_first(struct ay_cursor head, uint8_t byte)
{
	return ay_cursor_peek(&head, 0) == byte ? 8 : 0;
}

static unsigned bid_a(struct ay_cursor head, struct ay_source *in, const char *path)
{
	(void)in;
	(void)path;
	return bid_first(head, 'A') || bid_first(head, 'B') || bid_first(head, 'C') || bid_first(head, 'D');
}

static unsigned bid_b(struct ay_cursor head, struct ay_source *in, const char *path)
{
	(void)in;
	(void)path;
	return bid_first(head, 'B') || bid_first(head, 'D');
}

static unsigned bid_c(struct ay_cursor head, struct ay_source *in, const char *path)
{
	(void)in;
	(void)path;
	return bid_first(head, 'C') || bid_first(head, 'D');
}

static int scan_fail(struct ay_scan *s, struct ay_source *in)
{
	(void)in;
	ay_scan_find(s, "format.malformed", 0, "a %s", ay_scan_member(s));
	return 0;
}

static int scan_pass(struct ay_scan *s, struct ay_source *in)
{
	(void)s;
	(void)in;
	return 0;
}

/* A box: 'X', then a member that is everything after it. */
static unsigned bid_box(struct ay_cursor head, struct ay_source *in, const char *path)
{
	(void)in;
	(void)path;
	return bid_first(head, 'X');
}

static int scan_box(struct ay_scan *s, struct ay_source *in)
{
	struct ay_source_window w;
	struct ay_source inner;

	if (ay_source_sub(in, 1, in->size - 1, &w, &inner) < 0)
		return AY_ETRUNC;
	return ay_scan_member_in(s, "in.bin", &inner, NULL);
}

/* A box whose member must be a "b". */
static unsigned bid_hinter(struct ay_cursor head, struct ay_source *in, const char *path)
{
	(void)in;
	(void)path;
	return bid_first(head, 'H');
}

static int scan_hinter(struct ay_scan *s, struct ay_source *in)
{
	struct ay_source_window w;
	struct ay_source inner;

	if (ay_source_sub(in, 1, in->size - 1, &w, &inner) < 0)
		return AY_ETRUNC;
	return ay_scan_member_in(s, "hinted", &inner, "b");
}

/* Claims what is empty too, as text does. */
static unsigned bid_text(struct ay_cursor head, struct ay_source *in, const char *path)
{
	(void)path;
	return in->size == 0 || ay_cursor_peek(&head, 0) == 'T';
}

/* Claims by a name alone. */
static unsigned bid_named(struct ay_cursor head, struct ay_source *in, const char *path)
{
	(void)head;
	(void)in;
	return strcmp(path, "w.raw") == 0;
}

/* P needs sklearn or pandas, Q fails always, R needs sklearn and then pandas, of which it speaks one by one. */
static unsigned bid_profiled(struct ay_cursor head, struct ay_source *in, const char *path)
{
	(void)in;
	(void)path;
	return bid_first(head, 'P') || bid_first(head, 'Q') || bid_first(head, 'R');
}

static void want(struct ay_scan *s, uint32_t bits)
{
	ay_scan_need_profile(s, bits);
	ay_scan_find(s, "format.malformed", 0, "not in the profile");
}

static int scan_profiled(struct ay_scan *s, struct ay_source *in)
{
	uint32_t on = ay_scan_options(s)->profiles;
	uint8_t kind;

	if (ay_source_read_full(in, 0, &kind, 1) < 0)
		return AY_ETRUNC;
	if (kind == 'R' && !(on & AY_PROFILE_SKLEARN))
		want(s, AY_PROFILE_SKLEARN);
	else if (kind == 'R' && !(on & AY_PROFILE_PANDAS))
		want(s, AY_PROFILE_PANDAS);
	else if (kind == 'P' && !(on & (AY_PROFILE_SKLEARN | AY_PROFILE_PANDAS)))
		want(s, AY_PROFILE_SKLEARN | AY_PROFILE_PANDAS);
	else if (kind == 'Q')
		want(s, AY_PROFILE_HF_TRAINER);
	return 0;
}

/* Stops with a code and says nothing. */
static unsigned bid_stop(struct ay_cursor head, struct ay_source *in, const char *path)
{
	(void)in;
	(void)path;
	return bid_first(head, 'S');
}

static int scan_stop(struct ay_scan *s, struct ay_source *in)
{
	(void)s;
	(void)in;
	return AY_ELIMIT;
}

static unsigned bid_many(struct ay_cursor head, struct ay_source *in, const char *path)
{
	(void)in;
	(void)path;
	return bid_first(head, 'M');
}

static int scan_many(struct ay_scan *s, struct ay_source *in)
{
	(void)in;
	for (int i = 0; i < 150; i++)
		ay_scan_find(s, "format.opaque", (uint64_t)i, "number %d", i);
	ay_scan_find(s, "format.malformed", 150, "the last\n one");
	return 0;
}

static const char *const refines_a[] = { "a", NULL };
static const char *const refines_b[] = { "b", NULL };
static const struct ay_scanner a = { .abi = AY_SCAN_ABI, .name = "a", .bid = bid_a, .scan = scan_fail };
static const struct ay_scanner b = { .abi = AY_SCAN_ABI, .name = "b", .bid = bid_b, .scan = scan_pass, .refines = refines_a };
static const struct ay_scanner c = { .abi = AY_SCAN_ABI, .name = "c", .bid = bid_c, .scan = scan_pass };
static const struct ay_scanner d = { .abi = AY_SCAN_ABI, .name = "d", .bid = bid_b, .scan = scan_pass, .refines = refines_b };
static const struct ay_scanner box = { .abi = AY_SCAN_ABI, .name = "box", .bid = bid_box, .scan = scan_box };
static const struct ay_scanner profiled = { .abi = AY_SCAN_ABI, .name = "profiled", .bid = bid_profiled, .scan = scan_profiled };
static const struct ay_scanner stop = { .abi = AY_SCAN_ABI, .name = "stop", .bid = bid_stop, .scan = scan_stop };
static const struct ay_scanner many = { .abi = AY_SCAN_ABI, .name = "many", .bid = bid_many, .scan = scan_many };
static const struct ay_scanner hinter = { .abi = AY_SCAN_ABI, .name = "hinter", .bid = bid_hinter, .scan = scan_hinter };
static const struct ay_scanner text = { .abi = AY_SCAN_ABI, .name = "text", .bid = bid_text, .scan = scan_pass };
static const struct ay_scanner raw = { .abi = AY_SCAN_ABI, .flags = AY_SCANNER_YIELDS, .name = "raw", .bid = bid_named, .scan = scan_pass };
const struct ay_scanner *const ay_scanners[] = { &a, &b, &c, &d, &box, &profiled, &stop, &many, &hinter, &text, &raw };
const size_t ay_scanners_count = AY_ARRAY_LEN(ay_scanners);

const struct ay_scanner *ay_scanner_find(const char *name)
{
	for (size_t i = 0; i < ay_scanners_count; i++)
		if (strcmp(ay_scanners[i]->name, name) == 0)
			return ay_scanners[i];
	return NULL;
}

static struct ay_scan_result run(const char *bytes, struct ay_scan_options o)
{
	struct ay_source in = ay_source_memory(bytes, strlen(bytes));
	struct ay_scan_result r;

	is_int(ay_scan_run(&in, &o, &r), 0, "%.8s: the driver answers", bytes);
	return r;
}

static bool has(const struct ay_scan_result *r, const char *rule)
{
	for (size_t i = 0; i < r->found_count; i++)
		if (strcmp(r->found[i].rule->id, rule) == 0)
			return true;
	return false;
}

static void test_identify(void)
{
	struct ay_scan_options o = { .profiles = AY_PROFILE_WEIGHTS };
	struct ay_scan_result r = run("", o);

	is_int(r.verdict, AY_PASS, "an empty file passes");
	is_str(r.format, "empty", "as empty");
	ay_scan_result_free(&r);

	r = run("?", o);
	is_int(r.verdict, AY_FAIL, "what nobody claims fails");
	ok(has(&r, "format.unknown"), "as unknown");
	ay_scan_result_free(&r);

	r = run("A", o);
	is_str(r.format, "a", "one claimant judges");
	is_int(r.verdict, AY_FAIL, "and its finding counts");
	ay_scan_result_free(&r);

	r = run("B", o);
	is_str(r.format, "d", "the most refined of three claimants judges, refinement being transitive");
	is_int(r.verdict, AY_PASS, "alone");
	ay_scan_result_free(&r);

	r = run("C", o);
	is_str(r.format, "a+c", "two claimants are both named");
	ok(has(&r, "format.polyglot"), "as a polyglot");
	is_int(r.verdict, AY_FAIL, "which fails");
	ay_scan_result_free(&r);
}

static void test_opaque(void)
{
	const char *suffixes[] = { ".h5", NULL };
	struct ay_scan_options o = { .profiles = AY_PROFILE_WEIGHTS, .opaque = suffixes, .path = "dir/model.h5" };
	struct ay_scan_result r = run("?", o);

	is_int(r.verdict, AY_WARN, "an opaque suffix turns unknown into a warning");
	ok(has(&r, "format.opaque"), "that says so");
	ay_scan_result_free(&r);
	r = run("A", o);
	is_int(r.verdict, AY_FAIL, "but does not rescue what a scanner claims");
	ay_scan_result_free(&r);
	o.path = ".h5";
	r = run("?", o);
	is_int(r.verdict, AY_FAIL, "a name that is only the suffix is not opaque");
	ay_scan_result_free(&r);
	o.path = "model.h5x";
	r = run("?", o);
	is_int(r.verdict, AY_FAIL, "nor is a longer suffix");
	ay_scan_result_free(&r);
}

static void test_yielding(void)
{
	const char *suffixes[] = { ".raw", NULL };
	struct ay_scan_options o = { .profiles = AY_PROFILE_WEIGHTS, .path = "w.raw" };
	struct ay_scan_result r = run("?", o);

	is_str(r.format, "raw", "who yields judges what nobody else claims");
	ay_scan_result_free(&r);
	r = run("A", o);
	is_str(r.format, "a", "and is not heard beside another");
	ok(!has(&r, "format.polyglot"), "without a conflict");
	ay_scan_result_free(&r);
	r = run("C", o);
	is_str(r.format, "a+c", "nor beside two");
	ay_scan_result_free(&r);
	o.opaque = suffixes;
	r = run("?", o);
	ok(has(&r, "format.opaque"), "an opaque suffix goes before it");
	ay_scan_result_free(&r);
}

static void test_nesting(void)
{
	struct ay_scan_options o = { .profiles = AY_PROFILE_WEIGHTS };
	struct ay_scan_result r = run("XXA", o);

	is_int(r.found_count, 1, "a nested member is judged");
	is_str(r.found[0].member, "in.bin!in.bin", "and named by its whole path");
	ay_scan_result_free(&r);
	r = run("XXXXXXXXB", o);
	is_int(r.verdict, AY_PASS, "eight containers deep is followed");
	ay_scan_result_free(&r);
	r = run("XXXXXXXXXB", o);
	ok(has(&r, "limit.depth"), "nine are not");
	is_int(r.verdict, AY_FAIL, "and fail");
	ay_scan_result_free(&r);
	r = run("X", o);
	is_int(r.verdict, AY_PASS, "an empty member passes");
	ay_scan_result_free(&r);
}

static void test_hints(void)
{
	struct ay_scan_options o = { .profiles = AY_PROFILE_WEIGHTS };
	struct ay_scan_result r = run("H?", o);

	is_int(r.verdict, AY_PASS, "what a hint names judges, also what nobody claims");
	ay_scan_result_free(&r);
	r = run("HB", o);
	is_int(r.verdict, AY_PASS, "who refines it has no say, nor whom it refines");
	ay_scan_result_free(&r);
	r = run("H", o);
	is_int(r.found_count, 0, "nor who claims an empty member");
	ay_scan_result_free(&r);
	r = run("HT", o);
	ok(has(&r, "format.polyglot"), "but another claimant makes a polyglot");
	ay_scan_result_free(&r);
}

static void test_profiles(void)
{
	struct ay_scan_options o = { .profiles = AY_PROFILE_WEIGHTS };
	struct ay_scan_result r = run("P", o);

	is_int(r.verdict, AY_FAIL, "a profile that is off fails");
	is_int(r.profile_would_pass, AY_PROFILE_WEIGHTS | AY_PROFILE_SKLEARN, "and the profile that would pass is named");
	is_int(r.found_count, 1, "the second judgement adds no findings");
	ay_scan_result_free(&r);
	r = run("Q", o);
	is_int(r.profile_would_pass, 0, "none is named when none would pass");
	ay_scan_result_free(&r);
	r = run("R", o);
	is_int(r.profile_would_pass, AY_PROFILE_WEIGHTS | AY_PROFILE_SKLEARN | AY_PROFILE_PANDAS, "several are found one by one");
	ay_scan_result_free(&r);
	o.profiles |= AY_PROFILE_SKLEARN;
	r = run("P", o);
	is_int(r.verdict, AY_PASS, "with the profile it passes");
	is_int(r.profile_would_pass, AY_PROFILE_WEIGHTS | AY_PROFILE_SKLEARN, "which is said");
	ay_scan_result_free(&r);
	is_int(ay_profile_bit("hf-trainer"), AY_PROFILE_HF_TRAINER, "profiles have names");
	is_str(ay_profile_name(AY_PROFILE_PANDAS), "pandas", "both ways");
	is_int(ay_profile_bit("all"), 0, "unknown ones do not");
}

static void test_failures(void)
{
	struct ay_scan_options o = { .profiles = AY_PROFILE_WEIGHTS };
	struct ay_scan_result r = run("S", o);

	is_int(r.verdict, AY_INCONCLUSIVE, "a scanner that stops silently is never clean");
	ay_scan_result_free(&r);
	r = run("XS", o);
	is_int(r.verdict, AY_INCONCLUSIVE, "nor inside a container");
	ay_scan_result_free(&r);
	r = run("M", o);
	is_int(r.found_count, AY_LIMIT_FINDINGS_PER_FILE, "findings are capped");
	is_int(r.found_total, 151, "and counted");
	ok(has(&r, "format.malformed"), "the worst stays listed");
	is_int(r.verdict, AY_FAIL, "and decides");
	ay_scan_result_free(&r);
}

static void test_source(void)
{
	struct ay_source in = ay_source_memory("0123456789", 10), sub;
	struct ay_buf buf = ay_buf_new(16);
	struct ay_cursor cur;
	char got[8];

	is_int(ay_source_sub(&in, 4, 6, &window, &sub), 0, "a window up to the end");
	is_int(ay_source_read_full(&sub, 0, got, 6), 0, "reads");
	is_mem(got, "456789", 6, "what lies there");
	is_int(ay_source_read_full(&sub, 1, got, 6), AY_ETRUNC, "one byte beyond it does not");
	is_int(ay_source_sub(&in, 4, 7, &window, &sub), AY_ETRUNC, "a window beyond the end is refused");
	is_int(ay_source_sub(&in, UINT64_MAX, 2, &window, &sub), AY_ETRUNC, "also where the sum wraps");
	is_int(ay_source_load(&in, 8, 2, &buf, &cur), 0, "load");
	is_int((long long)cur.off, 8, "has the offset of the input");
	is_int(ay_cursor_u8(&cur), '8', "and its bytes");
	is_int(ay_source_load(&in, 8, 3, &buf, &cur), AY_ETRUNC, "load beyond the end");
	ay_buf_free(&buf);
}

static void test_budget(void)
{
	struct ay_budget budget;
	void *p;

	ay_budget_init(&budget, 0);
	p = ay_budget_alloc(&budget, AY_LIMIT_SCAN_ALLOC - 1);
	ok(p != NULL, "all but one byte");
	ok(ay_budget_alloc(&budget, 2) == NULL, "two more are too many");
	p = ay_budget_realloc(&budget, p, 10);
	is_int((long long)budget.alloc_left, AY_LIMIT_SCAN_ALLOC - 10, "shrinking gives back");
	ay_budget_free(&budget, p);
	is_int((long long)budget.alloc_left, AY_LIMIT_SCAN_ALLOC, "freeing gives all back");
	ay_budget_free(&budget, NULL);
	budget.deadline_ms = 0;
	for (int i = 0; i < 64 && !ay_budget_expired(&budget); i++)
		if (ay_budget_tick(&budget) < 0)
			break;
	ok(ay_budget_expired(&budget), "the deadline is seen within 64 ticks");
	is_int(ay_budget_tick(&budget), AY_ELIMIT, "and sticks");
}

static void test_rules(void)
{
	for (size_t i = 0; i < ay_rule_table_count; i++) {
		const struct ay_rule *r = &ay_rule_table[i];

		ok(ay_rule_find(r->id) == r, "%s stands once in the table", r->id);
		ok(strchr(r->id, '.') && r->gate && r->meaning && *r->meaning && r->next && *r->next, "%s is complete", r->id);
		ok(!r->code_execution || r->verdict == AY_FAIL, "%s: what runs code fails", r->id);
	}
}

int main(void)
{
	test_identify();
	test_opaque();
	test_yielding();
	test_nesting();
	test_hints();
	test_profiles();
	test_failures();
	test_source();
	test_budget();
	test_rules();
	return done_testing();
}
