/* SPDX-License-Identifier: Apache-2.0 */
/*
 * R objects and workspaces: .rds, .rda, .RData (R Internals, "Serialization
 * Formats"), versions 2 and 3, as XDR, as little-endian binary and as text.
 * Data passes: vectors, lists, symbols, pairlists, S4 objects, environments
 * with data. What R evaluates does not: promises (CVE-2024-27322), calls,
 * closures, bytecode, active bindings; nor do pointers, hooks and packages that
 * R would have to load. Text is read as widely as R reads it: it is text for
 * every other reader, so what R would load must not be left to them.
 */
#include <stdarg.h>

#include "assay/ckd.h"
#include "scanners/driver.h"
#include "scanners/formats/bytes.h"
#include "scanners/formats/window.h"
#include "scanners/registry.h"

#define MAX_DEPTH 400
#define MAX_STRING (64 * MIB)
#define MAX_NAME 256
#define MAX_REFS (16 * MIB)
#define WORD 128               /* R's own buffer */

enum sexp {
	SYMSXP = 1, LISTSXP = 2, CLOSXP = 3, ENVSXP = 4, PROMSXP = 5, LANGSXP = 6, SPECIALSXP = 7, BUILTINSXP = 8, CHARSXP = 9, LGLSXP = 10,
	INTSXP = 13, REALSXP = 14, CPLXSXP = 15, STRSXP = 16, DOTSXP = 17, VECSXP = 19, EXPRSXP = 20, BCODESXP = 21, EXTPTRSXP = 22,
	WEAKREFSXP = 23, RAWSXP = 24, S4SXP = 25,
	ALTREP_SXP = 238, BASEENV_SXP = 241, EMPTYENV_SXP = 242, PERSISTSXP = 247, PACKAGESXP = 248,
	NAMESPACESXP = 249, BASENAMESPACE_SXP = 250, MISSINGARG_SXP = 251, UNBOUNDVALUE_SXP = 252, GLOBALENV_SXP = 253, NILVALUE_SXP = 254, REFSXP = 255
};
#define HAS_ATTR (1u << 9)
#define HAS_TAG (1u << 10)
#define ACTIVE_BINDING (1u << 27)    /* of a cell in an environment: its value is a function, or the name of one, that each look calls */

enum form { XDR, LITTLE, TEXT };

/* What a reference can mean; of symbols, which compact form they name. */
enum ref { REF_OTHER, REF_SYMBOL, REF_BASE, REF_SEQUENCE, REF_DEFERRED, REF_WRAP };

struct reader {
	struct ay_scan *s;        /* NULL: it is only looked whether R would read this */
	struct ay_budget *budget;
	struct ay_source *in;
	enum form form;
	uint64_t off;             /* of what comes next */
	struct ay_buf refs;       /* an enum ref for each symbol, environment and the like so far */
	enum ref ref;             /* the last of them */
	bool not_r;               /* R would not read it either */
	bool loads;               /* but would have loaded a package by then */
	bool odd;                 /* something is written as R does not write it, and read as R reads it */
	uint64_t odd_off;
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

/* Where R gives up as well. */
static int fail_with_r(struct reader *r, int err, const char *why)
{
	r->not_r = true;
	return fail(r, err, why);
}

AY_PRINTF(4, 5) static void found(struct reader *r, const char *rule, uint64_t off, const char *fmt, ...)
{
	char text[256];
	va_list ap;

	if (!r->s)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	ay_scan_find(r->s, rule, off, "%s", text);
}

/* The bytes at r->off, at least len unless the file ends. */
static int look(struct reader *r, size_t len, struct ay_cursor *out)
{
	int err = ay_window_look(&r->window, r->off, len, out);

	return err ? fail(r, err, "the file cannot be read") : 0;
}

/* ---- the three forms of a number and of bytes ---- */

static bool is_space(int c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static int skip_space(struct reader *r)
{
	struct ay_cursor c;
	int err;

	do {
		err = ay_budget_tick(r->budget);
		if (!err)
			err = look(r, 64, &c);
		if (err)
			return err;
		while (is_space(ay_cursor_peek(&c, 0)))
			ay_cursor_skip(&c, 1);
		r->off = c.off;
	} while (!c.left && r->off < r->in->size);
	return 0;
}

/* A word of text between white space, and the one space behind it. */
static int take_word(struct reader *r, char word[WORD])
{
	struct ay_cursor c;
	size_t len = 0;
	int err = skip_space(r);

	if (!err)
		err = look(r, WORD, &c);
	while (!err && len < WORD && len < c.left && !is_space(ay_cursor_peek(&c, len)))
		len++;
	if (err || len == 0 || len == WORD)
		return err ? err : fail_with_r(r, c.left ? AY_EFORMAT : AY_ETRUNC, "a number is missing or too long");
	ay_cursor_copy(&c, word, len);
	word[len] = '\0';
	r->off = c.off;
	return 0;
}

/* R takes what begins as a number; it does not write so. */
static int take_int_text(struct reader *r, int32_t *out)
{
	char word[WORD];
	uint64_t off = r->off;
	int err = take_word(r, word);
	const char *start = word + (word[0] == '-' || word[0] == '+'), *p = start;
	int64_t v = 0;

	if (err)
		return err;
	if (strcmp(word, "NA") == 0) {
		*out = INT32_MIN;
		return 0;
	}
	for (; *p >= '0' && *p <= '9' && v <= INT32_MAX; p++)
		v = v * 10 + (*p - '0');
	if (p == start)
		return fail_with_r(r, AY_EFORMAT, "a word that is no number");
	if (v > INT32_MAX)
		return fail(r, AY_EFORMAT, "a number of more than 32 bits");
	if ((*p || word[0] == '+') && !r->odd) {
		r->odd = true;
		r->odd_off = off;
	}
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
		return fail_with_r(r, AY_ETRUNC, "the file ends inside a number");
	r->off += 4;
	return 0;
}

/* One character of a text, which may be escaped. */
static int take_escaped(struct reader *r, uint8_t *out)
{
	static const char letters[] = "ntvbrfa", meant[] = "\n\t\v\b\r\f\a";
	struct ay_cursor c;
	int err = look(r, 4, &c);

	if (err)
		return err;
	*out = ay_cursor_u8(&c);
	if (*out == '\\') {
		uint8_t next = ay_cursor_u8(&c);
		const char *letter = next ? strchr(letters, next) : NULL;

		*out = letter ? (uint8_t)meant[letter - letters] : next;
		if (next >= '0' && next <= '7')
			for (*out = (uint8_t)(next - '0'); ay_cursor_peek(&c, 0) >= '0' && ay_cursor_peek(&c, 0) <= '7' && c.off < r->off + 4;)
				*out = (uint8_t)(*out * 8 + (ay_cursor_u8(&c) - '0'));
	}
	if (c.err)
		return fail_with_r(r, AY_ETRUNC, "the file ends inside a text");
	r->off = c.off;
	return 0;
}

static int take_bytes_text(struct reader *r, uint64_t len)
{
	/* All white space before a text goes; white space of its own is written as an escape. */
	int err = len ? skip_space(r) : 0;

	for (uint64_t i = 0; !err && i < len; i++) {
		uint8_t byte;

		err = ay_budget_tick(r->budget);
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
		return fail_with_r(r, AY_ETRUNC, "a text is longer than the file");
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
	char word[WORD];
	int err = 0;

	if (r->form == TEXT) {
		for (uint64_t i = 0; !err && i < n; i++)
			for (unsigned k = 0; !err && k < words; k++) {
				err = ay_budget_tick(r->budget);
				if (!err)
					err = take_word(r, word);
			}
		return err;
	}
	if (ay_ckd_mul_u64(n, size, &bytes) || bytes > r->in->size - r->off)
		return fail_with_r(r, AY_ETRUNC, "a vector is longer than the file");
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
static enum ref ref_of(const char *name)
{
	static const struct { const char *name; enum ref ref; } known[] = {
		{"base", REF_BASE}, {"compact_intseq", REF_SEQUENCE}, {"compact_realseq", REF_SEQUENCE}, {"deferred_string", REF_DEFERRED},
		{"wrap_real", REF_WRAP}, {"wrap_integer", REF_WRAP}, {"wrap_logical", REF_WRAP}, {"wrap_complex", REF_WRAP},
		{"wrap_raw", REF_WRAP}, {"wrap_string", REF_WRAP}, {"wrap_list", REF_WRAP}
	};

	for (size_t i = 0; i < AY_ARRAY_LEN(known); i++)
		if (strcmp(name, known[i].name) == 0)
			return known[i].ref;
	return REF_SYMBOL;
}

/* Always loaded: what belongs to others makes R load them. */
static bool is_own_package(const char *name)
{
	static const char *const own[] = {"base", "methods", "datasets", "utils", "grDevices", "graphics", "stats"};

	for (size_t i = 0; i < AY_ARRAY_LEN(own); i++)
		if (strcmp(name, own[i]) == 0)
			return true;
	return false;
}

static int add_ref(struct reader *r, enum ref ref)
{
	r->ref = ref;
	return ay_buf_addc(&r->refs, (uint8_t)ref) ? fail(r, AY_ELIMIT, "more symbols and environments than are followed") : 0;
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
	case LANGSXP: return "a call";
	case SPECIALSXP: case BUILTINSXP: return "a built-in function";
	case DOTSXP: return "arguments that are not evaluated yet";
	case EXPRSXP: return "an expression";
	case BCODESXP: return "bytecode";
	default: return NULL;
	}
}

static bool is_pair(unsigned type)
{
	return type == LISTSXP || type == LANGSXP || type == CLOSXP || type == PROMSXP || type == DOTSXP;
}

/* Cells of a pairlist, one after the other: attributes, tag and value of each. */
static int walk_pairs(struct reader *r, unsigned depth, uint32_t flags, uint64_t off)
{
	for (;;) {
		unsigned type = flags & 0xFF;
		const char *code = code_name(type);
		int err = ay_budget_tick(r->budget);

		if (code)
			found(r, "rds.code", off, "the object holds %s", code);
		if (flags & ACTIVE_BINDING)
			found(r, "rds.code", off, "the object holds an active binding, which calls a function at each look");
		if (!err && (flags & HAS_ATTR))
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
		if (!is_pair(flags & 0xFF)) {
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
		return fail_with_r(r, AY_ETRUNC, "a list is longer than the file");
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

	r->name[0] = '\0';
	if (err || n == -1)
		return err;
	return n < 0 ? fail(r, AY_EFORMAT, "a negative length") : take_bytes(r, (uint64_t)n);
}

/* A package or namespace: its name, and perhaps its version, as texts. */
static int walk_package(struct reader *r, unsigned depth, bool attached)
{
	static const char prefix[] = "package:";
	uint64_t off = r->off;
	int32_t zero, n;
	int err = take_int(r, &zero);

	if (!err)
		err = take_int(r, &n);
	if (!err && (zero != 0 || n < 1))
		err = fail(r, AY_EFORMAT, "the name of a namespace is malformed");
	if (!err)
		err = walk_items(r, depth, 1, true);
	if (err)
		return err;
	const char *name = r->name;

	if (attached)
		name = strncmp(name, prefix, sizeof(prefix) - 1) == 0 ? name + sizeof(prefix) - 1 : "";
	if (!is_own_package(name)) {
		r->loads = true;
		found(r, "rds.package", off, "reading the object loads \"%.80s\"", r->name);
	}
	err = walk_items(r, depth, (uint64_t)n - 1, true);
	return err ? err : add_ref(r, REF_OTHER);
}

/* R looks at the parts of an environment without asking for their types. */
static int walk_environment(struct reader *r, unsigned depth)
{
	uint32_t enclosure = 0, frame = 0, table = 0, attributes = 0;
	int32_t locked;
	int err = take_int(r, &locked);

	if (!err)
		err = add_ref(r, REF_OTHER);
	if (!err)
		err = walk(r, depth + 1, &enclosure);
	if (!err)
		err = walk(r, depth + 1, &frame);
	if (!err)
		err = walk(r, depth + 1, &table);
	if (!err)
		err = walk(r, depth + 1, &attributes);
	frame &= 0xFF;
	table &= 0xFF;
	attributes &= 0xFF;
	enclosure &= 0xFF;
	if (!err && ((frame != LISTSXP && frame != NILVALUE_SXP) || (table != VECSXP && table != NILVALUE_SXP) ||
		     (attributes != LISTSXP && attributes != NILVALUE_SXP) || (enclosure != ENVSXP && enclosure < BASEENV_SXP)))
		err = fail(r, AY_EFORMAT, "an environment has parts of another type");
	return err;
}

/* ---- compact vectors: R trusts the types of all parts ---- */

/* Exactly these flags. */
static int expect(struct reader *r, unsigned flags)
{
	int32_t raw;
	int err = take_int(r, &raw);

	if (!err && (unsigned)raw != flags)
		err = fail(r, AY_EFORMAT, "the description of a compact vector is malformed");
	return err;
}

static int expect_numbers(struct reader *r, unsigned type, uint64_t n)
{
	uint64_t len;
	int err = expect(r, type);

	if (!err)
		err = take_length(r, &len);
	if (!err && len != n)
		err = fail(r, AY_EFORMAT, "the description of a compact vector is malformed");
	return err ? err : skip_numbers(r, n, type == REALSXP ? 8 : 4, 1);
}

/* A symbol, written here for the first time or again. */
static int take_symbol(struct reader *r, unsigned depth, enum ref *out)
{
	uint32_t flags;
	int err = walk(r, depth + 1, &flags);

	if (!err && (flags & 0xFF) != SYMSXP && ((flags & 0xFF) != REFSXP || r->ref == REF_OTHER))
		err = fail(r, AY_EFORMAT, "the description of a compact vector is malformed");
	*out = r->ref;
	return err;
}

/* The numbers that make a sequence, or what is wrapped and how. */
static int walk_compact_state(struct reader *r, unsigned depth, enum ref class)
{
	uint32_t flags;
	int err;

	if (class == REF_SEQUENCE)
		return expect_numbers(r, REALSXP, 3);
	err = expect(r, LISTSXP);
	if (!err)
		err = walk(r, depth + 1, &flags);
	if (err)
		return err;
	unsigned type = flags & 0xFF;
	bool number = type == LGLSXP || type == INTSXP || type == REALSXP || type == CPLXSXP || type == ALTREP_SXP;

	if (!number && (class == REF_DEFERRED || (type != STRSXP && type != RAWSXP && type != VECSXP)))
		return fail(r, AY_EFORMAT, "a compact vector of something other than a vector");
	return expect_numbers(r, INTSXP, class == REF_DEFERRED ? 1 : 2);
}

static int walk_altrep(struct reader *r, unsigned depth)
{
	uint64_t off = r->off;
	enum ref class = REF_OTHER, package = REF_OTHER;
	char name[MAX_NAME];
	int err = expect(r, LISTSXP);

	if (!err)
		err = take_symbol(r, depth, &class);
	snprintf(name, sizeof(name), "%s", r->name);
	if (!err)
		err = expect(r, LISTSXP);
	if (!err)
		err = take_symbol(r, depth, &package);
	if (err)
		return err;
	if (class < REF_SEQUENCE || package != REF_BASE) {
		found(r, "rds.altrep", off, "a compact vector of the class \"%.80s\" of the package \"%.80s\"", name, package == REF_BASE ? "base" : r->name);
		return AY_EUNSUPPORTED;
	}
	err = expect(r, LISTSXP);
	if (!err)
		err = expect_numbers(r, INTSXP, 1);
	if (!err)
		err = expect(r, NILVALUE_SXP);
	if (!err)
		err = walk_compact_state(r, depth, class);
	return err ? err : item(r, depth);
}

static int walk_reference(struct reader *r, uint32_t flags)
{
	int32_t index = (int32_t)(flags >> 8);
	int err = index ? 0 : take_int(r, &index);

	if (!err && (index < 1 || (uint64_t)index > r->refs.len))
		err = fail(r, AY_EFORMAT, "a reference to an object that is not there");
	r->name[0] = '\0';
	r->ref = err ? REF_OTHER : (enum ref)r->refs.data[index - 1];    /* own: one byte a reference */
	return err;
}

static int walk_symbol(struct reader *r, unsigned depth)
{
	uint32_t flags;
	int err = walk(r, depth + 1, &flags);

	if (!err && (flags & 0xFF) != CHARSXP)
		err = fail(r, AY_EFORMAT, "a symbol without a name");
	return err ? err : add_ref(r, ref_of(r->name));
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
	case NAMESPACESXP: case PACKAGESXP: return walk_package(r, depth, type == PACKAGESXP);
	default:
		break;
	}
	/* What follows is not understood any more, and need not be. */
	if (code)
		found(r, "rds.code", off, "the object holds %s", code);
	else if (type == EXTPTRSXP || type == WEAKREFSXP || type == PERSISTSXP)
		found(r, "rds.foreign", off, "the object holds a pointer, a weak reference or what a hook has to bring back");
	else
		return fail_with_r(r, AY_EFORMAT, "an object of an unknown type");
	return AY_EUNSUPPORTED;
}

static int walk(struct reader *r, unsigned depth, uint32_t *flags_out)
{
	uint64_t off = r->off;
	int32_t raw;
	int err = ay_budget_tick(r->budget);

	if (!err && depth > MAX_DEPTH)
		err = fail(r, AY_ELIMIT, "lists are nested too deeply");
	if (!err)
		err = take_int(r, &raw);
	if (err)
		return err;
	uint32_t flags = *flags_out = (uint32_t)raw;
	unsigned type = flags & 0xFF;

	if (is_pair(type))
		return walk_pairs(r, depth, flags, off);
	err = walk_type(r, depth, flags, off);
	/* Those with parts of their own have their attributes among them. */
	if (!err && (flags & HAS_ATTR) && type != REFSXP && type != SYMSXP && type != ENVSXP && type != ALTREP_SXP && type < ALTREP_SXP)
		err = item(r, depth);
	return err;
}

/* ---- the file ---- */

/* The magic of a workspace, if any, then the form. R looks at its letter alone, and past a line end before an A; *odd: it is not as R writes it. */
static bool take_magic(struct ay_cursor *c, enum form *form_out, bool *odd)
{
	static const struct { char letter; enum form form; } kinds[] = {{'X', XDR}, {'B', LITTLE}, {'A', TEXT}};

	if (ay_cursor_starts(c, "RD", 2) && ay_cursor_peek(c, 4) == '\n') {
		int kind = ay_cursor_peek(c, 2), version = ay_cursor_peek(c, 3);

		if ((kind != 'X' && kind != 'A' && kind != 'B') || (version != '2' && version != '3'))
			return false;
		ay_cursor_skip(c, 5);
	}
	if (ay_cursor_starts(c, "\nA", 2))
		ay_cursor_skip(c, 1);
	uint8_t letter = ay_cursor_u8(c);

	*odd = ay_cursor_u8(c) != '\n';
	for (size_t i = 0; i < AY_ARRAY_LEN(kinds); i++)
		if (!c->err && kinds[i].letter == letter) {
			*form_out = kinds[i].form;
			return true;
		}
	return false;
}

static int walk_file(struct reader *r)
{
	int32_t version = 0, skipped, len;
	int err = take_int(r, &version);

	for (unsigned i = 0; !err && i < 2; i++)    /* versions of R: the writer's, and the oldest reader's */
		err = take_int(r, &skipped);
	if (!err && version != 2 && version != 3)
		err = fail_with_r(r, AY_EFORMAT, "a version of the format other than 2 and 3");
	if (!err && version == 3) {
		err = take_int(r, &len);
		if (!err)
			err = len < 0 || len > MAX_NAME ? fail_with_r(r, AY_EFORMAT, "the name of an encoding is malformed") : take_bytes(r, (uint64_t)len);
	}
	if (!err)
		err = item(r, 0);
	if (err || r->off == r->in->size)
		return err;
	/* Text ends with its last line. */
	if (r->form == TEXT)
		err = skip_space(r);
	return err || r->off == r->in->size ? err : fail(r, AY_EFORMAT, "there is something behind the object");
}

static void report(struct reader *r, int err)
{
	struct ay_error e;

	if (err == AY_EUNSUPPORTED)
		return;    /* a finding said what */
	ay_error_at(&e, err, r->bad_off, "%s", r->why ? r->why : ay_strerror(err));
	ay_scan_find_error(r->s, "rds", err, &e);
}

/* One reading of the whole; s is NULL when nothing is to be reported. r->not_r: R would not read it. */
static void read_all(struct reader *r, struct ay_scan *s, struct ay_budget *b, struct ay_source *in)
{
	struct ay_cursor c;

	*r = (struct reader){.s = s, .budget = b, .in = in, .window = {.in = in}, .bad_off = AY_NO_OFFSET, .refs = ay_buf_new(MAX_REFS)};
	int err = look(r, 16, &c);

	if (!err && !take_magic(&c, &r->form, &r->odd)) {
		found(r, "format.unsupported", 0, "this is an R workspace of an old or unknown form, which is not judged");
	} else if (!err) {
		r->off = c.off;
		err = walk_file(r);
		if (r->odd)
			found(r, "rds.malformed", r->odd_off, "something is written in a form that R reads and does not write");
	}
	if (err && s)
		report(r, err);
	ay_buf_free(&r->refs);
}

/* Many texts begin with an A. R reads some of them. */
static unsigned bid_text(struct ay_source *in, const char *path)
{
	struct ay_budget b;

	if (ay_path_ends(path, ".rds") || ay_path_ends(path, ".rda") || ay_path_ends(path, ".rdata"))
		return 8;
	ay_budget_init(&b, in->size);
	struct reader *r = ay_budget_alloc(&b, sizeof(*r));

	if (!r)
		return 8;
	read_all(r, NULL, &b, in);
	unsigned bits = r->not_r && !r->loads ? 0 : 32;

	ay_budget_free(&b, r);
	return bits;
}

static unsigned rds_bid(struct ay_cursor head, struct ay_source *in, const char *path)
{
	struct ay_cursor c = head;
	enum form form;
	bool odd;
	int kind = ay_cursor_peek(&head, 2);

	if (ay_cursor_starts(&head, "RD", 2) && (kind == 'X' || kind == 'B' || (kind == 'A' && ay_cursor_peek(&head, 4) == '\n')))
		return 24;
	if (!take_magic(&c, &form, &odd))
		return 0;
	if (form == TEXT)
		return bid_text(in, path);
	uint32_t version = form == XDR ? ay_cursor_be32(&c) : ay_cursor_le32(&c);

	return !c.err && (version == 2 || version == 3) ? 40 : 0;
}

static int rds_scan(struct ay_scan *s, struct ay_source *in)
{
	struct reader *r = ay_budget_alloc(ay_scan_budget(s), sizeof(*r));

	if (!r) {
		ay_scan_find(s, "limit.memory", AY_NO_OFFSET, "no memory left to read the object");
		return AY_ELIMIT;
	}
	read_all(r, s, ay_scan_budget(s), in);
	ay_budget_free(ay_scan_budget(s), r);
	return 0;
}

static const char *const refines_text[] = {"text", NULL};

const struct ay_scanner ay_scanner_rds = {
	.abi = AY_SCAN_ABI, .name = "rds", .version = 2, .refines = refines_text, .bid = rds_bid, .scan = rds_scan
};
