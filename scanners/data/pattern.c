/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tree becomes a Thompson automaton over bytes (code point ranges as
 * UTF-8 byte sequences), run as sets of states. Sets that were met are kept as
 * states of a deterministic automaton until the store is full, then forgotten:
 * memory is bounded and every byte costs at most one pass over the states.
 */
#include "scanners/data/pattern.h"

#include <errno.h>

#include "assay/limits.h"
#include "scanners/data/pattern_ast.h"

#define MAX_SETS 256                 /* deterministic states kept */
#define MAX_SET_MEMBERS (1u << 15)   /* in all of them */
#define HASH_SIZE 1024
#define UNKNOWN UINT32_MAX
#define NONE UINT32_MAX

enum kind { BYTE, SPLIT, MATCH };

struct state {
	uint8_t kind, lo, hi;
	uint32_t out, out2;
};

struct set {
	uint32_t at, n;          /* in members */
	bool match;
};

struct ay_pattern {
	struct state *states;
	uint32_t count, room, start;
	unsigned emitted;
	int err;
	const struct ay_pattern_ast *ast;    /* while compiling */

	uint8_t class_of[256];
	uint32_t classes;
	uint32_t *mark, generation;          /* per state: seen in this closure */
	uint32_t *stack, *next;              /* scratch, count entries each */
	uint32_t next_n;
	bool next_match;
	struct set *sets;
	uint32_t set_count, start_set, *members, member_count, *steps, *hash;
};

/* ---- tree to automaton, from the end backwards ---- */

static uint32_t add_state(struct ay_pattern *p, struct state s)
{
	if (p->count == AY_LIMIT_PATTERN_STATES)
		p->err = AY_ELIMIT;
	if (p->err)
		return 0;
	if (p->count == p->room) {
		uint32_t room = p->room ? p->room * 2 : 64;
		struct state *more = realloc(p->states, room * sizeof(*more));

		if (!more) {
			p->err = -ENOMEM;
			return 0;
		}
		p->states = more;
		p->room = room;
	}
	p->states[p->count] = s;
	return p->count++;
}

static uint32_t add_split(struct ay_pattern *p, uint32_t a, uint32_t b)
{
	return add_state(p, (struct state){.kind = SPLIT, .out = a, .out2 = b});
}

static size_t encode(uint32_t cp, uint8_t out[4])
{
	if (cp < 0x80) {
		out[0] = (uint8_t)cp;
		return 1;
	}
	size_t n = cp < 0x800 ? 2 : cp < 0x10000 ? 3 : 4;

	for (size_t i = n; i-- > 1; cp >>= 6)
		out[i] = (uint8_t)(0x80 | (cp & 0x3F));
	out[0] = (uint8_t)((0xF00u >> n & 0xFF) | cp);
	return n;
}

/* One alternative more: the byte sequences of [lo, hi], then next. */
static uint32_t add_range(struct ay_pattern *p, uint32_t lo, uint32_t hi, uint32_t next, uint32_t others)
{
	static const uint32_t last_of_len[] = {0x7F, 0x7FF, 0xFFFF};
	uint8_t from[4], to[4];

	for (size_t i = 0; i < 3; i++)
		if (lo <= last_of_len[i] && hi > last_of_len[i])
			return add_range(p, last_of_len[i] + 1, hi, next, add_range(p, lo, last_of_len[i], next, others));
	for (unsigned bits = 6; bits <= 18 && hi >= 0x80; bits += 6) {
		uint32_t mask = (1u << bits) - 1;

		if ((lo | mask) == (hi | mask))
			break;
		if (lo & mask)
			return add_range(p, (lo | mask) + 1, hi, next, add_range(p, lo, lo | mask, next, others));
		if ((hi & mask) != mask)
			return add_range(p, hi & ~mask, hi, next, add_range(p, lo, (hi & ~mask) - 1, next, others));
	}
	size_t n = encode(lo, from);

	encode(hi, to);
	while (n-- > 0)
		next = add_state(p, (struct state){.kind = BYTE, .lo = from[n], .hi = to[n], .out = next});
	return others == NONE ? next : add_split(p, next, others);
}

static uint32_t emit(struct ay_pattern *p, uint32_t at, uint32_t next);

static uint32_t emit_repeat(struct ay_pattern *p, const struct ay_pattern_node *n, uint32_t next)
{
	uint32_t start = next;

	if (n->max == AY_PATTERN_NO_MAX) {
		start = add_split(p, next, next);
		uint32_t body = emit(p, n->a, start);

		if (!p->err)
			p->states[start].out = body;
	}
	for (int i = n->min; i < n->max && !p->err; i++)
		start = add_split(p, emit(p, n->a, start), next);
	for (int i = 0; i < n->min && !p->err; i++)
		start = emit(p, n->a, start);
	return start;
}

/* The automaton of node at followed by next; its first state. */
static uint32_t emit(struct ay_pattern *p, uint32_t at, uint32_t next)
{
	const struct ay_pattern_node *n = &p->ast->nodes[at];
	uint32_t others = NONE;

	if (++p->emitted > 16 * AY_LIMIT_PATTERN_STATES)
		p->err = AY_ELIMIT;
	if (p->err)
		return 0;
	switch (n->kind) {
	case AY_PATTERN_EMPTY:
		return next;
	case AY_PATTERN_CLASS:
		for (uint32_t i = 0; i < n->b; i++)
			others = add_range(p, p->ast->ranges[n->a + i].lo, p->ast->ranges[n->a + i].hi, next, others);
		/* A class of nothing: a byte that cannot be. */
		return others == NONE ? add_state(p, (struct state){.kind = BYTE, .lo = 1, .hi = 0, .out = next}) : others;
	case AY_PATTERN_CAT:
		return emit(p, n->a, emit(p, n->b, next));
	case AY_PATTERN_ALT:
		others = emit(p, n->a, next);
		return add_split(p, others, emit(p, n->b, next));
	case AY_PATTERN_REPEAT:
		return emit_repeat(p, n, next);
	}
	return next;
}

/* ---- sets ---- */

/* Bytes that no state tells apart share a class. */
static void make_classes(struct ay_pattern *p)
{
	bool edge[257] = {false};
	uint8_t class = 0;

	for (uint32_t i = 0; i < p->count; i++) {
		if (p->states[i].kind == BYTE && p->states[i].lo <= p->states[i].hi) {
			edge[p->states[i].lo] = true;
			edge[p->states[i].hi + 1] = true;
		}
	}
	for (unsigned b = 0; b < 256; b++) {
		class += b > 0 && edge[b];
		p->class_of[b] = class;
	}
	p->classes = class + 1u;
}

/* Adds what can be reached from s without a byte to the next set. */
static void close_over(struct ay_pattern *p, uint32_t s)
{
	uint32_t depth = 0;

	for (;;) {
		const struct state *st = &p->states[s];

		if (p->mark[s] != p->generation) {
			p->mark[s] = p->generation;
			if (st->kind == SPLIT) {
				p->stack[depth++] = st->out2;
				s = st->out;
				continue;
			}
			if (st->kind == MATCH)
				p->next_match = true;
			else
				p->next[p->next_n++] = s;
		}
		if (!depth)
			return;
		s = p->stack[--depth];
	}
}

static void begin_set(struct ay_pattern *p)
{
	p->next_n = 0;
	p->next_match = false;
	if (++p->generation == 0) {
		memset(p->mark, 0, p->count * sizeof(*p->mark));
		p->generation = 1;
	}
}

static int compare_ids(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;    /* own: our state numbers */

	return x < y ? -1 : x > y;
}

static void forget_sets(struct ay_pattern *p)
{
	p->set_count = 0;
	p->member_count = 0;
	p->start_set = UNKNOWN;
	memset(p->hash, 0xff, HASH_SIZE * sizeof(*p->hash));
}

static bool same_set(const struct ay_pattern *p, uint32_t id)
{
	const struct set *s = &p->sets[id];

	return s->n == p->next_n && s->match == p->next_match && memcmp(p->members + s->at, p->next, s->n * sizeof(*p->next)) == 0;
}

/* The id of the next set; *flushed_out when ids given before are void. */
static uint32_t intern(struct ay_pattern *p, bool *flushed_out)
{
	uint32_t h = p->next_match;

	*flushed_out = false;
	qsort(p->next, p->next_n, sizeof(*p->next), compare_ids);
	if (p->set_count && (p->set_count == MAX_SETS || p->member_count + p->next_n > MAX_SET_MEMBERS)) {
		forget_sets(p);
		*flushed_out = true;
	}
	for (uint32_t i = 0; i < p->next_n; i++)
		h = (h ^ p->next[i]) * 0x9E3779B1u;
	for (h %= HASH_SIZE; p->hash[h] != UNKNOWN; h = (h + 1) % HASH_SIZE)
		if (same_set(p, p->hash[h]))
			return p->hash[h];
	uint32_t id = p->set_count++;

	p->hash[h] = id;
	p->sets[id] = (struct set){p->member_count, p->next_n, p->next_match};
	memcpy(p->members + p->member_count, p->next, p->next_n * sizeof(*p->next));    /* own: our state numbers */
	p->member_count += p->next_n;
	for (uint32_t c = 0; c < p->classes; c++)
		p->steps[(size_t)id * p->classes + c] = UNKNOWN;
	return id;
}

static uint32_t start_set(struct ay_pattern *p)
{
	bool flushed;

	if (p->start_set == UNKNOWN) {
		begin_set(p);
		close_over(p, p->start);
		p->start_set = intern(p, &flushed);
	}
	return p->start_set;
}

static uint32_t step(struct ay_pattern *p, uint32_t from, uint8_t byte)
{
	struct set s = p->sets[from];
	bool flushed;

	begin_set(p);
	for (uint32_t i = 0; i < s.n; i++) {
		const struct state *st = &p->states[p->members[s.at + i]];

		if (byte >= st->lo && byte <= st->hi)
			close_over(p, st->out);
	}
	uint32_t to = intern(p, &flushed);

	if (!flushed)
		p->steps[(size_t)from * p->classes + p->class_of[byte]] = to;
	return to;
}

bool ay_pattern_match(struct ay_pattern *p, const char *value, size_t len)
{
	uint32_t at = start_set(p);

	for (size_t i = 0; i < len; i++) {
		uint8_t byte = (uint8_t)value[i];
		uint32_t to = p->steps[(size_t)at * p->classes + p->class_of[byte]];

		at = to == UNKNOWN ? step(p, at, byte) : to;
		if (p->sets[at].n == 0 && !p->sets[at].match)
			return false;
	}
	return p->sets[at].match;
}

static int make_tables(struct ay_pattern *p)
{
	make_classes(p);
	p->mark = calloc(p->count, sizeof(*p->mark));
	p->stack = calloc(p->count + 1, sizeof(*p->stack));
	p->next = calloc(p->count, sizeof(*p->next));
	p->sets = calloc(MAX_SETS, sizeof(*p->sets));
	p->members = calloc(MAX_SET_MEMBERS + p->count, sizeof(*p->members));
	p->steps = calloc((size_t)MAX_SETS * p->classes, sizeof(*p->steps));
	p->hash = calloc(HASH_SIZE, sizeof(*p->hash));
	if (!p->mark || !p->stack || !p->next || !p->sets || !p->members || !p->steps || !p->hash)
		return -ENOMEM;
	forget_sets(p);
	return 0;
}

int ay_pattern_compile(const char *text, size_t len, struct ay_pattern **out, struct ay_error *e)
{
	struct ay_pattern_ast ast;
	struct ay_pattern *p = *out = NULL;
	int err = ay_pattern_parse(text, len, &ast, e);

	if (!err && !(p = calloc(1, sizeof(*p))))
		err = ay_error_set(e, -ENOMEM, "out of memory");
	if (!err) {
		p->ast = &ast;
		p->start = emit(p, ast.root, add_state(p, (struct state){.kind = MATCH}));
		p->ast = NULL;
		err = p->err ? p->err : make_tables(p);
		if (err)
			ay_error_at(e, err, 0, "the pattern needs more than %d states or more memory than there is", AY_LIMIT_PATTERN_STATES);
	}
	ay_pattern_ast_free(&ast);
	if (err)
		ay_pattern_free(p);
	else
		*out = p;
	return err;
}

void ay_pattern_free(struct ay_pattern *p)
{
	if (!p)
		return;
	free(p->states);
	free(p->mark);
	free(p->stack);
	free(p->next);
	free(p->sets);
	free(p->members);
	free(p->steps);
	free(p->hash);
	free(p);
}
