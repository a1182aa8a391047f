/* SPDX-License-Identifier: Apache-2.0 */
#include "scanners/data/array_set.h"
#include "scanners/data/schema.h"
#include "scanners/driver.h"

#include "scanners/extract.h"
#include "scanners/images.h"

#include <pthread.h>
#include <stdarg.h>

#define MAX_SCANNERS 128

struct ay_scan {
	const struct ay_scan_options *options;
	struct ay_budget budget;
	struct ay_scan_result *result;
	char *member;                       /* budget memory; NULL at the file itself */
	const char *leaf;                   /* last name on the way here, for suffixes */
	unsigned depth;
	unsigned counts[AY_FAIL + 1];
	uint32_t needed;                    /* profiles for lack of which something was refused */
	struct ay_extract *extract;         /* NULL: the file is only judged */
	struct ay_source *input;            /* the file itself */
	struct ay_images *images;           /* inside of it */
	struct ay_array_set *arrays;        /* of the archive at hand; NULL: there is none, or arrays are tables each */
	bool schema_met;                    /* somebody compared with the schema, or said why not */
};

/* Who claims the bytes at hand: places in the table of scanners. */
struct claims {
	size_t by[MAX_SCANNERS];
	size_t n;
};

/* refining[i][j]: scanner i refines scanner j. Made once, for looking up names takes longer than many a member. */
static bool refining[MAX_SCANNERS][MAX_SCANNERS];
static pthread_once_t refining_once = PTHREAD_ONCE_INIT;

struct ay_budget *ay_scan_budget(struct ay_scan *s)
{
	return &s->budget;
}

const struct ay_scan_options *ay_scan_options(const struct ay_scan *s)
{
	return s->options;
}

const char *ay_scan_member(const struct ay_scan *s)
{
	return s->member ? s->member : "";
}

struct ay_array_set **ay_scan_arrays(struct ay_scan *s)
{
	return &s->arrays;
}

unsigned ay_scan_depth(const struct ay_scan *s)
{
	return s->depth;
}

void ay_scan_set_profile(struct ay_scan *s, struct ay_buf *profile)
{
	free(s->result->profile);
	s->result->profile = ay_buf_steal(profile, &s->result->profile_len);
}

int ay_scan_image(struct ay_scan *s, const struct ay_pixels_seen *image)
{
	struct ay_buf b = ay_buf_new(64 * KIB);
	int rc;

	if (s->depth > 0)
		return ay_images_add(s, ay_scan_member(s), image);
	rc = ay_images_judge_one(s, &image->stats);
	ay_image_encode(image, &b);
	if (!rc)
		rc = b.err;
	if (!rc)
		ay_scan_set_profile(s, &b);
	ay_buf_free(&b);
	return rc;
}

struct ay_images **ay_scan_images(struct ay_scan *s)
{
	return &s->images;
}

struct ay_scan_result *ay_scan_result_of(struct ay_scan *s)
{
	return s->result;
}

void ay_scan_set_keys(struct ay_scan *s, struct ay_buf *keys)
{
	free(s->result->keys);
	s->result->keys = ay_buf_steal(keys, &s->result->keys_len);
}

void ay_scan_schema_met(struct ay_scan *s)
{
	s->schema_met = true;
}

struct ay_extract *ay_scan_extract(struct ay_scan *s)
{
	return s->extract;
}

struct ay_source *ay_extract_input(struct ay_scan *s)
{
	return s->input;
}

unsigned ay_scan_count(const struct ay_scan *s, enum ay_verdict v)
{
	unsigned n = 0;

	for (unsigned i = v; i <= AY_FAIL; i++)
		n += s->counts[i];
	return n;
}

void ay_scan_need_profile(struct ay_scan *s, uint32_t bits)
{
	if (!(s->needed & bits))
		s->needed |= bits & ~(bits - 1);
}

void ay_scan_find_full(struct ay_scan *s, const struct ay_finding *f)
{
	const struct ay_rule *rule = ay_rule_find(f->rule);

	if (!rule)
		ay_bug("the rule table lacks %s", f->rule);
	s->counts[rule->verdict]++;
	if (s->extract && rule->verdict >= AY_INCONCLUSIVE && !ay_extract_tolerates(rule->id))
		ay_extract_refuse(s, f->off, "%s", f->message);
	ay_scan_result_add(s->result, rule, ay_scan_member(s), f);
}

void ay_scan_find(struct ay_scan *s, const char *rule, uint64_t off, const char *fmt, ...)
{
	struct ay_finding f = { .rule = rule, .off = off };
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(f.message, sizeof(f.message), fmt, ap);
	va_end(ap);
	ay_scan_find_full(s, &f);
}

/* FORMAT.what when the table has it, else format.what. */
static const char *rule_for(const char *format, const char *what, char *buf, size_t size)
{
	snprintf(buf, size, "%s.%s", format, what);
	if (!ay_rule_find(buf))
		snprintf(buf, size, "format.%s", what);
	return buf;
}

void ay_scan_find_error(struct ay_scan *s, const char *format, int code, const struct ay_error *e)
{
	const char *why = e && e->code ? e->msg : ay_strerror(code);
	uint64_t off = e && e->code ? e->off : AY_NO_OFFSET;
	char id[64];
	const char *rule;

	switch (code) {
	case AY_ETRUNC: rule = rule_for(format, "truncated", id, sizeof(id)); break;
	case AY_EFORMAT: rule = rule_for(format, "malformed", id, sizeof(id)); break;
	case AY_ELIMIT: rule = ay_budget_expired(&s->budget) ? "limit.time" : "limit.exceeded"; break;
	case AY_EUNSUPPORTED: rule = "format.unsupported"; break;
	default: rule = "scan.error"; break;
	}
	ay_scan_find(s, rule, off, "%s: %s", format, why);
}

int ay_scan_enter(struct ay_scan *s, const char *member, struct ay_scan_frame *f)
{
	const char *outer = ay_scan_member(s);
	size_t room = strlen(outer) + strlen(member) + 2;
	char *path;

	if (s->budget.members_left == 0) {
		ay_scan_find(s, "limit.members", AY_NO_OFFSET, "more than %d members in all", AY_LIMIT_SCAN_MEMBERS);
		return AY_ELIMIT;
	}
	if (s->budget.depth_left == 0) {
		ay_scan_find(s, "limit.depth", AY_NO_OFFSET, "containers are nested more than %d deep", AY_LIMIT_SCAN_DEPTH);
		return AY_EUNSUPPORTED;
	}
	path = ay_budget_alloc(&s->budget, room);
	if (!path) {
		ay_scan_find(s, "limit.memory", AY_NO_OFFSET, "no memory left for the name of a member");
		return AY_ELIMIT;
	}
	snprintf(path, room, "%s%s%s", outer, *outer ? "!" : "", member);
	f->outer = s->member;
	s->member = path;
	s->depth++;
	s->budget.members_left--;
	s->budget.depth_left--;
	return 0;
}

void ay_scan_leave(struct ay_scan *s, struct ay_scan_frame *f)
{
	ay_budget_free(&s->budget, s->member);
	s->member = f->outer;
	s->depth--;
	s->budget.depth_left++;
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

void ay_scan_inner_name(const struct ay_scan *s, char *out, size_t out_size)
{
	const char *name = base_name(s->leaf);
	const char *dot = strrchr(name, '.');

	if (dot && dot != name)
		snprintf(out, out_size, "%.*s", (int)(dot - name), name);
	else
		snprintf(out, out_size, "content");
}

static size_t place_of(const char *name)
{
	size_t i = 0;

	while (i < ay_scanners_count && strcmp(ay_scanners[i]->name, name) != 0)
		i++;
	return i;
}

/* By the table's refines lists, followed from narrow. No cycle: test_driver checks the table. */
static void note_refining(size_t narrow, size_t from)
{
	const char *const *names = ay_scanners[from]->refines;

	for (size_t i = 0; names && names[i]; i++) {
		size_t wide = place_of(names[i]);

		if (wide == ay_scanners_count)
			continue;
		refining[narrow][wide] = true;
		note_refining(narrow, wide);
	}
}

static void note_all_refining(void)
{
	if (ay_scanners_count > MAX_SCANNERS)
		ay_bug("more than %d scanners", MAX_SCANNERS);
	for (size_t i = 0; i < ay_scanners_count; i++)
		note_refining(i, i);
}

static bool yields(size_t i)
{
	return ay_scanners[i]->flags & AY_SCANNER_YIELDS;
}

/* Drops every claim that yields to another one or that another one refines. */
static void keep_most_refined(struct claims *c)
{
	struct claims kept = { .n = 0 };

	for (size_t i = 0; i < c->n; i++) {
		bool refined = false;

		for (size_t j = 0; j < c->n && !refined; j++)
			refined = refining[c->by[j]][c->by[i]] || (yields(c->by[i]) && !yields(c->by[j]));
		if (!refined)
			kept.by[kept.n++] = c->by[i];
	}
	*c = kept;
}

/*
 * Everybody bids. A hint claims without bidding, and then who merely refines it, or claims
 * what is empty, has no say.
 */
static void collect_claims(struct ay_source *in, struct ay_cursor head, const char *path, const char *hint, struct claims *c)
{
	size_t hinted = hint ? place_of(hint) : 0;

	if (hinted == ay_scanners_count)
		ay_bug("no scanner is named %s", hint);
	pthread_once(&refining_once, note_all_refining);
	c->n = 0;
	for (size_t i = 0; i < ay_scanners_count; i++) {
		bool sure = hint && i == hinted;

		if (hint && !sure && (in->size == 0 || refining[i][hinted]))
			continue;
		if (sure || ay_scanners[i]->bid(head, in, path) > 0)
			c->by[c->n++] = i;
	}
	keep_most_refined(c);
}

bool ay_scan_is_opaque(const struct ay_scan *s)
{
	size_t len = strlen(s->leaf);

	for (const char *const *o = s->options->opaque; o && *o; o++) {
		size_t n = strlen(*o);

		if (n > 0 && n < len && strcmp(s->leaf + len - n, *o) == 0)
			return true;
	}
	return false;
}

static void report_unclaimed(struct ay_scan *s)
{
	if (ay_scan_is_opaque(s))
		ay_scan_find(s, "format.opaque", AY_NO_OFFSET, "admitted unread by its suffix, as the policy says");
	else
		ay_scan_find(s, "format.unknown", 0, "no scanner knows what this is");
}

static void report_polyglot(struct ay_scan *s, const struct claims *c)
{
	struct ay_buf names = ay_buf_new(1024);

	for (size_t i = 0; i < c->n; i++)
		ay_buf_addf(&names, "%s%s", i ? " and " : "", ay_scanners[c->by[i]]->name);
	ay_scan_find(s, "format.polyglot", 0, "the same bytes are %s", ay_buf_str(&names));
	ay_buf_free(&names);
}

static void set_format(struct ay_scan *s, const struct claims *c)
{
	size_t used = 0;

	if (s->depth > 0)
		return;
	if (c->n == 0)
		snprintf(s->result->format, sizeof(s->result->format), "unknown");
	for (size_t i = 0; i < c->n && used < sizeof(s->result->format); i++)
		used += (size_t)snprintf(s->result->format + used, sizeof(s->result->format) - used, "%s%s", i ? "+" : "", ay_scanners[c->by[i]]->name);
}

/* A scanner that stops the scan has reported why, or it is done here: stopping is never clean. */
static int run_one(struct ay_scan *s, const struct ay_scanner *one, struct ay_source *in)
{
	unsigned before = ay_scan_count(s, AY_INCONCLUSIVE);
	int rc = one->scan(s, in);

	if (rc < 0 && ay_scan_count(s, AY_INCONCLUSIVE) == before)
		ay_scan_find_error(s, one->name, rc, NULL);
	return rc;
}

static int judge(struct ay_scan *s, struct ay_source *in, const char *path, const char *hint)
{
	uint8_t bytes[AY_LIMIT_SCAN_HEAD];
	size_t len = in->size < sizeof(bytes) ? (size_t)in->size : sizeof(bytes);
	const char *outer_leaf = s->leaf;
	struct ay_cursor head;
	struct claims c;
	int rc = ay_source_read_full(in, 0, bytes, len);

	if (rc < 0) {
		ay_scan_find(s, "scan.error", 0, "cannot be read: %s", ay_strerror(rc));
		return rc;
	}
	/* Under a schema even nothing must be judged: a table without a header is not one. */
	if (in->size == 0 && !hint && !s->options->schema_json) {
		if (s->depth == 0)
			snprintf(s->result->format, sizeof(s->result->format), "empty");
		return 0;
	}
	head = ay_cursor_of(bytes, len, 0);
	s->leaf = path;
	collect_claims(in, head, path, hint, &c);
	if (c.n == 1 && yields(c.by[0]) && ay_scan_is_opaque(s))
		c.n = 0;
	set_format(s, &c);
	if (c.n == 0)
		report_unclaimed(s);
	if (c.n > 1)
		report_polyglot(s, &c);
	for (size_t i = 0; i < c.n && rc == 0; i++)
		rc = run_one(s, ay_scanners[c.by[i]], in);
	s->leaf = outer_leaf;
	return rc;
}

int ay_scan_member_in(struct ay_scan *s, const char *member, struct ay_source *in, const char *hint)
{
	struct ay_scan_frame f;
	int rc = ay_budget_tick(&s->budget);

	if (rc < 0)
		return rc;
	rc = ay_scan_enter(s, member, &f);
	if (rc == AY_EUNSUPPORTED)
		return 0;
	if (rc < 0)
		return rc;
	rc = judge(s, in, member, hint);
	ay_scan_leave(s, &f);
	return rc;
}

/* One pass over the file. Returns the profiles that it needed. */
static uint32_t run_pass(struct ay_source *in, const struct ay_scan_options *o, struct ay_budget *budget,
			 struct ay_extract *x, struct ay_scan_result *out, int *rc_out)
{
	struct ay_scan s = { .options = o, .budget = *budget, .result = out, .leaf = "", .extract = x, .input = in };

	*out = (struct ay_scan_result){ .verdict = AY_PASS };
	*rc_out = judge(&s, in, o->path ? o->path : "", NULL);
	int images = ay_images_finish(&s);

	if (*rc_out == 0)
		*rc_out = images;
	if (*rc_out == 0 && !s.schema_met)
		ay_schema_judge_scope(&s);
	if (*rc_out < 0 && out->verdict < AY_INCONCLUSIVE)
		ay_bug("the scan stopped with %d and nothing says why", *rc_out);
	*budget = s.budget;
	return s.needed;
}

/*
 * The fewest profiles, as far as the scanners name them, with which the file passes: each pass adds those that it was
 * refused for. 0 when there are none.
 */
static uint32_t find_profiles(struct ay_source *in, const struct ay_scan_options *o, const struct ay_budget *budget, uint32_t needed)
{
	struct ay_scan_options wider = *o;
	uint32_t found = 0;

	wider.profiles = AY_PROFILE_WEIGHTS;
	while (!found && (needed & ~wider.profiles)) {
		struct ay_scan_result again;
		int rc;

		struct ay_budget fresh = *budget;

		wider.profiles |= needed;
		needed = run_pass(in, &wider, &fresh, NULL, &again, &rc);
		if (again.verdict <= AY_WARN)
			found = wider.profiles;
		ay_scan_result_free(&again);
	}
	return found;
}

int ay_scan_run(struct ay_source *in, const struct ay_scan_options *o, struct ay_scan_result *out)
{
	struct ay_budget budget, first;
	uint32_t needed;
	int rc;

	ay_budget_init(&budget, in->size);
	first = budget;
	needed = run_pass(in, o, &first, NULL, out, &rc);
	if (out->verdict <= AY_WARN)
		out->profile_would_pass = o->profiles | AY_PROFILE_WEIGHTS;
	else if (rc == 0)
		out->profile_would_pass = find_profiles(in, o, &budget, needed);
	return 0;
}

int ay_scan_run_within(struct ay_source *in, const struct ay_scan_options *o, struct ay_budget *b, struct ay_scan_result *out)
{
	int rc;

	run_pass(in, o, b, NULL, out, &rc);
	return 0;
}

int ay_extract_run(struct ay_source *in, const struct ay_scan_options *o, struct ay_extract *x, struct ay_scan_result *out)
{
	struct ay_scan_options all = *o;
	struct ay_budget budget;
	int rc;

	all.profiles = AY_PROFILE_PANDAS * 2 - 1;
	ay_budget_init(&budget, in->size);
	run_pass(in, &all, &budget, x, out, &rc);
	return 0;
}
