/* SPDX-License-Identifier: Apache-2.0 */
/*
 * R objects and workspaces: .rds, .rda, .RData (R Internals, "Serialization
 * Formats"), versions 2 and 3, as XDR, as little-endian binary and as text.
 * Data passes: vectors, lists, symbols, pairlists, S4 objects, environments
 * with data. What R evaluates does not: promises (CVE-2024-27322), calls,
 * closures, bytecode; nor do pointers and hooks.
 */
#include "assay/ckd.h"
#include "scanners/driver.h"
#include "scanners/formats/window.h"
#include "scanners/registry.h"

#define MAX_DEPTH 400
#define MAX_STRING (64 * MIB)
#define MAX_NAME 256
#define MAX_REFS (16 * MIB)

enum sexp {
	SYMSXP = 1, LISTSXP = 2, CLOSXP = 3, ENVSXP = 4, PROMSXP = 5, LANGSXP = 6, SPECIALSXP = 7, BUILTINSXP = 8, CHARSXP = 9, LGLSXP = 10,
	INTSXP = 13, REALSXP = 14, CPLXSXP = 15, STRSXP = 16, DOTSXP = 17, VECSXP = 19, EXPRSXP = 20, BCODESXP = 21, EXTPTRSXP = 22,
	WEAKREFSXP = 23, RAWSXP = 24, S4SXP = 25,
	ALTREP_SXP = 238, ATTRLISTSXP = 239, ATTRLANGSXP = 240, BASEENV_SXP = 241, EMPTYENV_SXP = 242, PERSISTSXP = 247, PACKAGESXP = 248,
	NAMESPACESXP = 249, BASENAMESPACE_SXP = 250, MISSINGARG_SXP = 251, UNBOUNDVALUE_SXP = 252, GLOBALENV_SXP = 253, NILVALUE_SXP = 254, REFSXP = 255
};
#define HAS_ATTR (1u << 9)
#define HAS_TAG (1u << 10)

enum form { XDR, LITTLE, TEXT };

struct reader {
	struct ay_scan *s;
	struct ay_source *in;
	enum form form;
	uint64_t off;             /* of what comes next */
	struct ay_buf refs;       /* one byte for each symbol, environment and the like so far: it names a compact vector's class */
	bool compact;             /* the symbol at hand does */
	const char *why;
	uint64_t bad_off;
	struct ay_window window;
	char name[MAX_NAME];      /* the last CHARSXP, cut */
};

static int fail(struct reader *r, int err, const char *why)
{
	r->why = why;
	r->bad_off = r->off;
	return err;
}

/* The bytes at r->off, at least len unless the file ends. */
static int look(struct reader *r, size_t len, struct ay_cursor *out)
{
	int err = ay_window_look(&r->window, r->off, len, out);

	return err ? fail(r, err, "the file cannot be read") : 0;
}

/* ---- the three forms of a number and of bytes ---- */

/* A word of text between white space. */
static int take_word(struct reader *r, char *out, size_t size)
{
	struct ay_cursor c;
	size_t len = 0;
	int err;

	do {
		err = look(r, 64, &c);
		if (err)
			return err;
		while (ay_cursor_peek(&c, 0) == '\n' || ay_cursor_peek(&c, 0) == ' ')
			ay_cursor_skip(&c, 1);
		r->off = c.off;
	} while (!c.left && r->off < r->in->size);
	err = look(r, 64, &c);
	while (!err && len < size && len < c.left && ay_cursor_peek(&c, len) > ' ')
		len++;
	if (err || len == 0 || len == size)
		return err ? err : fail(r, c.left ? AY_EFORMAT : AY_ETRUNC, "a number is missing or too long");
	ay_cursor_copy(&c, out, len);
	out[len] = '\0';
	r->off = c.off;
	return 0;
}

static int take_int_text(struct reader *r, int32_t *out)
{
	char word[16];
	int err = take_word(r, word, sizeof(word));
	const char *p = word + (word[0] == '-');
	int64_t v = 0;

	if (err)
		return err;
	if (strcmp(word, "NA") == 0) {
		*out = INT32_MIN;
		return 0;
	}
	for (; *p >= '0' && *p <= '9'; p++)
		v = v * 10 + (*p - '0');
	if (*p || p == word || v > INT32_MAX)
		return fail(r, AY_EFORMAT, "a word that is no number");
	*out = (int32_t)(word[0] == '-' ? -v : v);
	return 0;
}

static int take_int(struct reader *r, int32_t *out)
{
	struct ay_cursor c;

	if (r->form == TEXT)
		return take_int_text(r, out);
	int err = look(r, 4, &c);

	if (err)
		return err;
	*out = (int32_t)(r->form == XDR ? ay_cursor_be32(&c) : ay_cursor_le32(&c));
	if (c.err)
		return fail(r, AY_ETRUNC, "the file ends inside a number");
	r->off += 4;
	return 0;
}

/* One character of a text, which may be escaped. */
static int take_escaped(struct reader *r, uint8_t *out)
{
	struct ay_cursor c;
	int err = look(r, 4, &c);

	if (err)
		return err;
	*out = ay_cursor_u8(&c);
	if (*out == '\\') {
		uint8_t next = ay_cursor_u8(&c);

		*out = next;
		if (next >= '0' && next <= '7')
			for (*out = (uint8_t)(next - '0'); ay_cursor_peek(&c, 0) >= '0' && ay_cursor_peek(&c, 0) <= '7' && c.off < r->off + 4;)
				*out = (uint8_t)(*out * 8 + (ay_cursor_u8(&c) - '0'));
	}
	if (c.err)
		return fail(r, AY_ETRUNC, "the file ends inside a text");
	r->off = c.off;
	return 0;
}

static int take_bytes_text(struct reader *r, uint64_t len)
{
	struct ay_cursor c;
	int err = look(r, 1, &c);

	/* One line end stands between the length and the text. */
	if (!err && ay_cursor_accept(&c, "\n", 1))
		r->off++;
	for (uint64_t i = 0; !err && i < len; i++) {
		uint8_t byte;

		err = ay_budget_tick(ay_scan_budget(r->s));
		if (!err)
			err = take_escaped(r, &byte);
		if (!err && i < sizeof(r->name) - 1) {
			r->name[i] = (char)byte;
			r->name[i + 1] = '\0';
		}
	}
	return err;
}

/* Bytes, whose beginning is kept in r->name. */
static int take_bytes(struct reader *r, uint64_t len)
{
	struct ay_cursor c;
	size_t kept = len < sizeof(r->name) - 1 ? (size_t)len : sizeof(r->name) - 1;

	r->name[0] = '\0';
	if (len > MAX_STRING)
		return fail(r, AY_ELIMIT, "a text of more than 64 MiB");
	if (r->form == TEXT)
		return take_bytes_text(r, len);
	if (len > r->in->size - r->off)
		return fail(r, AY_ETRUNC, "a text is longer than the file");
	int err = look(r, kept, &c);

	if (err)
		return err;
	ay_cursor_copy(&c, r->name, kept);
	r->name[kept] = '\0';
	r->off += len;
	return 0;
}

/* Numbers of a vector: n of size bytes each, or as words. */
static int skip_numbers(struct reader *r, uint64_t n, uint64_t size, unsigned words)
{
	uint64_t bytes;
	char word[64];
	int err = 0;

	if (r->form == TEXT) {
		for (uint64_t i = 0; !err && i < n; i++)
			for (unsigned k = 0; !err && k < words; k++) {
				err = ay_budget_tick(ay_scan_budget(r->s));
				if (!err)
					err = take_word(r, word, sizeof(word));
			}
		return err;
	}
	if (ay_ckd_mul_u64(n, size, &bytes) || bytes > r->in->size - r->off)
		return fail(r, AY_ETRUNC, "a vector is longer than the file");
	r->off += bytes;
	return 0;
}

static int take_length(struct reader *r, uint64_t *out)
{
	int32_t n, high, low;
	int err = take_int(r, &n);

	if (err)
		return err;
	*out = (uint64_t)n;
	if (n >= 0)
		return 0;
	if (n != -1)
		return fail(r, AY_EFORMAT, "a negative length");
	err = take_int(r, &high);
	if (!err)
		err = take_int(r, &low);
	if (!err && high < 0)
		return fail(r, AY_EFORMAT, "a negative length");
	*out = err ? 0 : (uint64_t)(uint32_t)high << 32 | (uint32_t)low;
	return err;
}

/* ---- objects ---- */

/* Compact forms that R makes itself; others are classes of packages, whose methods run. */
static bool names_compact(const char *name)
{
	static const char *const known[] = {
		"compact_intseq", "compact_realseq", "deferred_string", "wrap_real", "wrap_integer", "wrap_logical", "wrap_complex", "wrap_raw",
		"wrap_string", "wrap_list"
	};

	for (size_t i = 0; i < AY_ARRAY_LEN(known); i++)
		if (strcmp(name, known[i]) == 0)
			return true;
	return false;
}

static int add_ref(struct reader *r, bool compact)
{
	r->compact = compact;
	return ay_buf_addc(&r->refs, compact) ? fail(r, AY_ELIMIT, "more symbols and environments than are followed") : 0;
}

static int walk(struct reader *r, unsigned depth, uint32_t *flags_out);

static int item(struct reader *r, unsigned depth)
{
	uint32_t flags;

	return walk(r, depth + 1, &flags);
}

static const char *code_name(unsigned type)
{
	switch (type) {
	case CLOSXP: return "a function";
	case PROMSXP: return "a promise, which R evaluates at the first look";
	case LANGSXP: case ATTRLANGSXP: return "a call";
	case SPECIALSXP: case BUILTINSXP: return "a built-in function";
	case DOTSXP: return "arguments that are not evaluated yet";
	case EXPRSXP: return "an expression";
	case BCODESXP: return "bytecode";
	default: return NULL;
	}
}

/* Cells of a pairlist, one after the other: attributes, tag and value of each. */
static int walk_pairs(struct reader *r, unsigned depth, uint32_t flags, uint64_t off)
{
	for (;;) {
		unsigned type = flags & 0xFF;
		const char *code = code_name(type);
		int err = ay_budget_tick(ay_scan_budget(r->s));

		if (code)
			ay_scan_find(r->s, "rds.code", off, "the object holds %s", code);
		if (!err && ((flags & HAS_ATTR) || type == ATTRLISTSXP || type == ATTRLANGSXP))
			err = item(r, depth);
		if (!err && (flags & HAS_TAG))
			err = item(r, depth);
		if (!err)
			err = item(r, depth);
		off = r->off;
		if (!err) {
			int32_t next;

			err = take_int(r, &next);
			flags = (uint32_t)next;
		}
		if (err)
			return err;
		type = flags & 0xFF;
		if (type != LISTSXP && type != LANGSXP && type != CLOSXP && type != PROMSXP && type != DOTSXP && type != ATTRLISTSXP && type != ATTRLANGSXP) {
			r->off = off;
			return item(r, depth);
		}
	}
}

static int walk_items(struct reader *r, unsigned depth, uint64_t n, bool strings)
{
	int err = 0;

	/* Each takes four bytes at least, or two as text. */
	if (n > (r->in->size - r->off) / 2)
		return fail(r, AY_ETRUNC, "a list is longer than the file");
	for (uint64_t i = 0; !err && i < n; i++) {
		uint32_t flags;

		err = walk(r, depth + 1, &flags);
		if (!err && strings && (flags & 0xFF) != CHARSXP)
			err = fail(r, AY_EFORMAT, "something other than text in a vector of texts");
	}
	return err;
}

static int walk_vector(struct reader *r, unsigned depth, unsigned type)
{
	uint64_t n;
	int err = take_length(r, &n);

	if (err)
		return err;
	switch (type) {
	case LGLSXP: case INTSXP: return skip_numbers(r, n, 4, 1);
	case REALSXP: return skip_numbers(r, n, 8, 1);
	case CPLXSXP: return skip_numbers(r, n, 16, 2);
	case RAWSXP: return skip_numbers(r, n, 1, 1);
	default: return walk_items(r, depth, n, type == STRSXP);
	}
}

static int walk_char(struct reader *r)
{
	int32_t n;
	int err = take_int(r, &n);

	if (err || n == -1)
		return err;
	return n < 0 ? fail(r, AY_EFORMAT, "a negative length") : take_bytes(r, (uint64_t)n);
}

/* The name of a package or namespace, as texts. */
static int walk_strings(struct reader *r, unsigned depth)
{
	int32_t zero, n;
	int err = take_int(r, &zero);

	if (!err)
		err = take_int(r, &n);
	if (!err && (zero != 0 || n < 0))
		err = fail(r, AY_EFORMAT, "the name of a namespace is malformed");
	return err ? err : walk_items(r, depth, (uint64_t)n, true);
}

static int walk_environment(struct reader *r, unsigned depth)
{
	int32_t locked;
	int err = take_int(r, &locked);

	if (!err)
		err = add_ref(r, false);
	for (unsigned i = 0; !err && i < 4; i++)    /* enclosure, frame, hash table, attributes */
		err = item(r, depth);
	return err;
}

static int walk_altrep(struct reader *r, unsigned depth)
{
	uint64_t off = r->off;
	int32_t flags;
	/* Its description is a pairlist that begins with the symbol of the class, written here for the first time or again. */
	int err = take_int(r, &flags);

	if (err)
		return err;
	if ((flags & 0xFF) != LISTSXP || ((uint32_t)flags & (HAS_ATTR | HAS_TAG)))
		return fail(r, AY_EFORMAT, "the description of a compact vector is malformed");
	r->compact = false;
	err = item(r, depth);
	if (!err && !r->compact)
		ay_scan_find(r->s, "rds.altrep", off, "a compact vector of the class \"%.80s\"", r->name);
	for (unsigned i = 0; !err && i < 3; i++)    /* the rest of the description, state, attributes */
		err = item(r, depth);
	return err;
}

static int walk_reference(struct reader *r, uint32_t flags)
{
	int32_t index = (int32_t)(flags >> 8);
	int err = index ? 0 : take_int(r, &index);

	if (!err && (index < 1 || (uint64_t)index > r->refs.len))
		err = fail(r, AY_EFORMAT, "a reference to an object that is not there");
	r->name[0] = '\0';
	r->compact = !err && r->refs.data[index - 1];    /* own: one byte a reference */
	return err;
}

static int walk_symbol(struct reader *r, unsigned depth)
{
	uint32_t flags;
	int err = walk(r, depth + 1, &flags);

	if (!err && (flags & 0xFF) != CHARSXP)
		err = fail(r, AY_EFORMAT, "a symbol without a name");
	return err ? err : add_ref(r, names_compact(r->name));
}

static int walk_type(struct reader *r, unsigned depth, uint32_t flags, uint64_t off)
{
	unsigned type = flags & 0xFF;
	const char *code = code_name(type);

	switch (type) {
	case NILVALUE_SXP: case GLOBALENV_SXP: case UNBOUNDVALUE_SXP: case MISSINGARG_SXP: case BASENAMESPACE_SXP: case EMPTYENV_SXP: case BASEENV_SXP:
	case S4SXP:
		return 0;
	case REFSXP: return walk_reference(r, flags);
	case SYMSXP: return walk_symbol(r, depth);
	case CHARSXP: return walk_char(r);
	case LGLSXP: case INTSXP: case REALSXP: case CPLXSXP: case RAWSXP: case STRSXP: case VECSXP: return walk_vector(r, depth, type);
	case ENVSXP: return walk_environment(r, depth);
	case ALTREP_SXP: return walk_altrep(r, depth);
	case NAMESPACESXP: case PACKAGESXP: {
		int err = walk_strings(r, depth);

		return err ? err : add_ref(r, false);
	}
	default:
		break;
	}
	/* What follows is not understood any more, and need not be. */
	if (code)
		ay_scan_find(r->s, "rds.code", off, "the object holds %s", code);
	else if (type == EXTPTRSXP || type == WEAKREFSXP || type == PERSISTSXP)
		ay_scan_find(r->s, "rds.foreign", off, "the object holds a pointer, a weak reference or what a hook has to bring back");
	else
		return fail(r, AY_EFORMAT, "an object of an unknown type");
	return AY_EUNSUPPORTED;
}

static int walk(struct reader *r, unsigned depth, uint32_t *flags_out)
{
	uint64_t off = r->off;
	int32_t raw;
	int err = ay_budget_tick(ay_scan_budget(r->s));

	if (!err && depth > MAX_DEPTH)
		err = fail(r, AY_ELIMIT, "lists are nested too deeply");
	if (!err)
		err = take_int(r, &raw);
	if (err)
		return err;
	uint32_t flags = *flags_out = (uint32_t)raw;
	unsigned type = flags & 0xFF;

	if (type == LISTSXP || type == LANGSXP || type == CLOSXP || type == PROMSXP || type == DOTSXP || type == ATTRLISTSXP || type == ATTRLANGSXP)
		return walk_pairs(r, depth, flags, off);
	err = walk_type(r, depth, flags, off);
	/* Those with parts of their own have their attributes among them. */
	if (!err && (flags & HAS_ATTR) && type != REFSXP && type != SYMSXP && type != ENVSXP && type != ALTREP_SXP && type < ALTREP_SXP)
		err = item(r, depth);
	return err;
}

/* ---- the file ---- */

/* Magic of a workspace, then of the form. */
static bool take_magic(struct ay_cursor *c, enum form *form_out)
{
	static const struct { const char *magic; enum form form; } kinds[] = {{"X\n", XDR}, {"B\n", LITTLE}, {"A\n", TEXT}};
	bool workspace = ay_cursor_starts(c, "RD", 2);

	if (workspace) {
		int kind = ay_cursor_peek(c, 2), version = ay_cursor_peek(c, 3);

		if ((kind != 'X' && kind != 'A' && kind != 'B') || (version != '2' && version != '3') || ay_cursor_peek(c, 4) != '\n')
			return false;
		ay_cursor_skip(c, 5);
	}
	for (size_t i = 0; i < AY_ARRAY_LEN(kinds); i++)
		if (ay_cursor_accept(c, kinds[i].magic, 2)) {
			*form_out = kinds[i].form;
			return true;
		}
	return false;
}

static unsigned rds_bid(struct ay_cursor head, struct ay_source *in, const char *path)
{
	enum form form;

	(void)in;
	(void)path;
	if (ay_cursor_starts(&head, "RDX", 3) || ay_cursor_starts(&head, "RDB", 3))
		return 24;
	if (!take_magic(&head, &form))
		return 0;
	if (form == TEXT)
		return ay_cursor_starts(&head, "2\n", 2) || ay_cursor_starts(&head, "3\n", 2) ? 32 : 0;
	uint32_t version = form == XDR ? ay_cursor_be32(&head) : ay_cursor_le32(&head);

	return !head.err && (version == 2 || version == 3) ? 48 : 0;
}

static int walk_file(struct reader *r)
{
	int32_t version = 0, skipped, len;
	int err = take_int(r, &version);

	for (unsigned i = 0; !err && i < 2; i++)    /* versions of R: the writer's, and the oldest reader's */
		err = take_int(r, &skipped);
	if (!err && version != 2 && version != 3)
		err = fail(r, AY_EFORMAT, "a version of the format other than 2 and 3");
	if (!err && version == 3) {
		err = take_int(r, &len);
		if (!err)
			err = len < 0 || len > MAX_NAME ? fail(r, AY_EFORMAT, "the name of an encoding is malformed") : take_bytes(r, (uint64_t)len);
	}
	if (!err)
		err = item(r, 0);
	if (err || r->off == r->in->size)
		return err;
	/* Text ends with its last line. */
	struct ay_cursor c;

	err = look(r, 2, &c);
	return err || (r->form == TEXT && c.left == 1 && ay_cursor_peek(&c, 0) == '\n') ? err : fail(r, AY_EFORMAT, "there is something behind the object");
}

static void report(struct reader *r, int err)
{
	struct ay_error e;

	if (err == AY_EUNSUPPORTED)
		return;    /* a finding said what */
	ay_error_at(&e, err, r->bad_off, "%s", r->why ? r->why : ay_strerror(err));
	ay_scan_find_error(r->s, "rds", err, &e);
}

static int rds_scan(struct ay_scan *s, struct ay_source *in)
{
	struct reader *r = ay_budget_alloc(ay_scan_budget(s), sizeof(*r));
	struct ay_cursor c;
	int err;

	if (!r) {
		ay_scan_find(s, "limit.memory", AY_NO_OFFSET, "no memory left to read the object");
		return AY_ELIMIT;
	}
	*r = (struct reader){.s = s, .in = in, .window = {.in = in}, .bad_off = AY_NO_OFFSET, .refs = ay_buf_new(MAX_REFS)};
	err = look(r, 16, &c);
	if (!err && !take_magic(&c, &r->form))
		ay_scan_find(s, "format.unsupported", 0, "this is an R workspace of an old or unknown form, which is not judged");
	else if (!err) {
		r->off = c.off;
		err = walk_file(r);
	}
	if (err)
		report(r, err);
	ay_buf_free(&r->refs);
	ay_budget_free(ay_scan_budget(s), r);
	return 0;
}

static const char *const refines_text[] = {"text", NULL};

const struct ay_scanner ay_scanner_rds = {
	.abi = AY_SCAN_ABI, .name = "rds", .version = 1, .refines = refines_text, .bid = rds_bid, .scan = rds_scan
};
