/* SPDX-License-Identifier: Apache-2.0 */
/* The pickle scanner: what is a pickle, and one or several of them in an input. */
#include "scanners/formats/pickle_tree.h"
#include "scanners/registry.h"

/* Evidence of a text pickle without PROTO: two lines of names and a call, or a suffix and a clean STOP. */
#define BITS_TEXT 24
/* More opcodes, marks or values than this and nothing against it: no text gets so far. */
#define BID_OPS 1000000
#define BID_MARKS 1024

/* Reading ahead to bid, without running anything. */
struct reader {
	struct ay_source *in;
	uint8_t bytes[4096];
	struct ay_cursor c;
	size_t depth;
	size_t marks[BID_MARKS], marks_len;
	bool named, called;
};

static bool fill(struct reader *r)
{
	uint64_t off = r->c.off;
	size_t len = r->in->size - off < sizeof(r->bytes) ? (size_t)(r->in->size - off) : sizeof(r->bytes);

	if (len <= r->c.left)
		return true;
	if (ay_source_read_full(r->in, off, r->bytes, len) != 0)
		return false;
	r->c = ay_cursor_of(r->bytes, len, off);
	return true;
}

static bool skip(struct reader *r, uint64_t len)
{
	if (r->c.err || len > r->in->size - r->c.off)
		return false;
	if (len <= r->c.left)
		ay_cursor_skip(&r->c, len);
	else
		r->c = ay_cursor_of(r->bytes, 0, r->c.off + len);
	return true;
}

static bool skip_line(struct reader *r)
{
	size_t n;

	for (;;) {
		struct ay_cursor c = r->c;

		ay_cursor_until(&c, '\n', c.left, &n);
		if (!c.err) {
			r->c = c;
			return true;
		}
		if (!skip(r, r->c.left) || !fill(r) || !r->c.left)
			return false;
	}
}

static bool skip_name(struct reader *r)
{
	size_t n;
	const uint8_t *p;

	if (!fill(r))
		return false;
	p = ay_cursor_until(&r->c, '\n', AY_LIMIT_PICKLE_NAME, &n);
	struct ay_cursor text = ay_cursor_of(p, n, 0);

	while (text.left) {
		int b = ay_cursor_u8(&text);

		/* Wider than the real grammar: what the loader refuses there is still a pickle. */
		if (b < 0x21 || b == '(' || b == ',' || b == '<' || b == '"')
			return false;
	}
	return n > 0 && !r->c.err;
}

static bool skip_argument(struct reader *r, enum pk_arg arg)
{
	switch (arg) {
	case PK_ARG_NONE: return true;
	case PK_ARG_1: return skip(r, 1);
	case PK_ARG_2: return skip(r, 2);
	case PK_ARG_4: return skip(r, 4);
	case PK_ARG_8: return skip(r, 8);
	case PK_ARG_LEN1: return skip(r, ay_cursor_u8(&r->c));
	case PK_ARG_LEN4: return skip(r, ay_cursor_le32(&r->c));
	case PK_ARG_LEN8: return skip(r, ay_cursor_le64(&r->c));
	case PK_ARG_LINE: return skip_line(r);
	case PK_ARG_TWO_LINES: return skip_name(r) && skip_name(r);
	default: return false;
	}
}

/* Only how many values there are; false when a loader would stop here. */
static bool move_stack(struct reader *r, const struct pk_op *op, int byte)
{
	size_t floor = r->marks_len ? r->marks[r->marks_len - 1] : 0;

	if (byte == '(') {
		if (r->marks_len < BID_MARKS)
			r->marks[r->marks_len++] = r->depth;
		return true;
	}
	if (op->pops < 0) {
		if (!r->marks_len)
			return false;
		r->depth = r->marks[--r->marks_len];
	} else if (byte == '0' && r->marks_len && r->depth == floor) {
		r->marks_len--;
	} else {
		if (r->depth - floor < (size_t)op->pops)
			return false;
		r->depth -= (size_t)op->pops;
	}
	r->depth += (size_t)op->pushes;
	return true;
}

/* Opcodes of numbers, constants, memo and single items as long as they are in the window, with cursor and depth in registers. */
static unsigned move_dense(struct reader *r, unsigned most)
{
	static const uint8_t fixed[] = { [PK_ARG_NONE] = 0, [PK_ARG_1] = 1, [PK_ARG_2] = 2, [PK_ARG_4] = 4, [PK_ARG_8] = 8 };
	struct ay_cursor c = r->c;
	size_t depth = r->depth, floor = r->marks_len ? r->marks[r->marks_len - 1] : 0;
	unsigned ops = 0;

	for (; ops < most && c.left >= 9; ops++) {
		int byte = ay_cursor_peek(&c, 0);
		const struct pk_op *op = &pk_ops[byte];
		bool special = byte == '(' || byte == '.' || byte == '0' || op->calls || op->names || op->pops < 0;

		if (special || op->arg == PK_ARG_BAD || op->arg > PK_ARG_8 || depth - floor < (size_t)op->pops)
			break;
		ay_cursor_skip(&c, 1u + fixed[op->arg]);
		depth = depth - (size_t)op->pops + (size_t)op->pushes;
	}
	r->c = c;
	r->depth = depth;
	return ops;
}

/* True when the bytes up to STOP, or up to a call of something named, are opcodes that a loader would run. */
static bool runs(struct reader *r)
{
	for (unsigned ops = 0; ops < BID_OPS && r->marks_len < BID_MARKS; ops++) {
		ops += move_dense(r, BID_OPS - 1 - ops);
		if (r->c.left < 16 && !fill(r))
			return false;
		if (!r->c.left)
			return false;
		int byte = ay_cursor_u8(&r->c);
		const struct pk_op *op = &pk_ops[byte];

		/* A persistent id stops a plain loader; containers that explain one hand their pickle over by name. */
		if (byte == 'P' || byte == 'Q' || !skip_argument(r, op->arg) || r->c.err || !move_stack(r, op, byte))
			return false;
		if (byte == '.')
			return true;
		r->named |= op->names;
		/* What an extension code stands for is at most a name here: no loader has codes of its own accord. */
		r->called |= op->calls && (byte < 0x82 || byte > 0x84);
		if (r->named && r->called)
			return true;
	}
	r->named = r->called = true;
	return true;
}

static bool has_pickle_suffix(const char *path)
{
	static const char *const suffixes[] = { ".pkl", ".pickle", ".pt", ".pth", ".ckpt", ".bin", ".joblib", ".p", ".dat", ".model" };
	size_t len = path ? strlen(path) : 0;

	for (size_t i = 0; i < AY_ARRAY_LEN(suffixes); i++) {
		size_t n = strlen(suffixes[i]);

		if (len > n && strcasecmp(path + len - n, suffixes[i]) == 0)
			return true;
	}
	return false;
}

/*
 * Protocol 2 and later begin with PROTO. Older ones have no magic, so the
 * bytes are read as opcodes: text is one when a name is called, which prose,
 * JSON and CSV never reach; values alone need a suffix that says pickle.
 */
static unsigned bid(struct ay_cursor head, struct ay_source *in, const char *path)
{
	struct reader r = { .in = in };

	if (ay_cursor_peek(&head, 0) == 0x80) {
		int proto = ay_cursor_peek(&head, 1), next = ay_cursor_peek(&head, 2);

		if (proto < 0 || proto > 5 || next < 0 || pk_ops[next].arg == PK_ARG_BAD)
			return 0;
		return next == 0x95 ? 24 : 20;
	}
	r.c = ay_cursor_of(r.bytes, 0, 0);
	if (!runs(&r))
		return 0;
	if (r.named && r.called)
		return BITS_TEXT;
	if (r.named && r.c.off == in->size)
		return BITS_TEXT;
	return has_pickle_suffix(path) && r.c.off == in->size ? BITS_TEXT / 2 : 0;
}

int ay_pickle_scan_one(struct ay_scan *s, struct ay_source *in, uint64_t off, const struct ay_pickle_context *ctx, uint64_t *end_out)
{
	struct pk_vm *vm = ay_budget_alloc(ay_scan_budget(s), sizeof(*vm));
	int rc = AY_ELIMIT;

	*end_out = UINT64_MAX;
	if (vm)
		rc = pk_init(vm, s, in, ctx);
	if (rc != 0) {
		ay_scan_find(s, "limit.memory", off, "no memory left in this scan's budget for a pickle");
		ay_budget_free(ay_scan_budget(s), vm);
		return rc;
	}
	vm->c.off = off;
	if (pk_run(vm) == 0)
		*end_out = vm->c.off;
	if (vm->tree && !vm->err && pk_tree_settle(vm) == 0) {
		int stop = ctx->value ? ctx->value(ctx->arg, vm) : pk_flatten(vm);

		if (stop < 0) {
			*end_out = UINT64_MAX;
			rc = stop;
		}
	}
	pk_free(vm);
	ay_budget_free(ay_scan_budget(s), vm);
	return rc < 0 ? rc : ay_budget_tick(ay_scan_budget(s));
}

int ay_pickle_scan(struct ay_scan *s, struct ay_source *in, const struct ay_pickle_context *ctx)
{
	uint64_t off = 0, end;

	do {
		int rc = ay_pickle_scan_one(s, in, off, ctx, &end);

		if (rc < 0)
			return rc;
		if (end == UINT64_MAX)
			return 0;
		off = end;
	} while (ctx->several && off < in->size);
	if (off != in->size)
		ay_scan_find(s, "pickle.trailing", off, "%llu bytes follow the end of the pickle",
			     (unsigned long long)(in->size - off));
	return 0;
}

/* Without a container there are arrays, whose bytes are in the pickle, and no storages. */
static int no_storage(void *arg, const char *name, const struct ay_layout *l, const char *storage)
{
	(void)arg;
	(void)name;
	(void)l;
	(void)storage;
	return AY_EUNSUPPORTED;
}

static int scan(struct ay_scan *s, struct ay_source *in)
{
	static const struct ay_pickle_context alone = { .tensor = no_storage };

	return ay_pickle_scan(s, in, &alone);
}

/* Protocol 0 is text all through; that it is also a pickle is what counts. */
static const char *const refines[] = { "text", NULL };

const struct ay_scanner ay_scanner_pickle = {
	.abi = AY_SCAN_ABI, .name = "pickle", .version = 2, .refines = refines, .bid = bid, .scan = scan,
};
