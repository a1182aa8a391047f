/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/lib/scan_case.h"

#define HEAD3 "X\n\0\0\0\3\0\4\2\2\0\3\5\0\0\0\0\5UTF-8"
#define HEAD2 "X\n\0\0\0\2\0\4\2\2\0\2\3\0"
#define NIL "\0\0\0\xfe"
#define NUMBER "\0\0\0\x0e\0\0\0\1\x3f\xf8\0\0\0\0\0\0"
#define NAME "\0\4\0\x09\0\0\0\1x"

static void test_data(void)
{
	scan_is("a.rds", HEAD3 NIL, "pass", "nothing");
	scan_is("a.rds", HEAD2 NIL, "pass", "version 2");
	scan_is("a.rds", HEAD3 NUMBER, "pass", "a number");
	scan_is("a.rds", HEAD3 NUMBER NIL, "rds.malformed", "something behind it");
	scan_is("a.rds", "B\n\3\0\0\0\2\2\4\0\0\5\3\0\5\0\0\0UTF-8\x0d\0\0\0\1\0\0\0\7\0\0\0", "pass", "little-endian");
	scan_is("a.rds", "A\n3\n262657\n197888\n5\nUTF-8\n14\n2\n1.5\nNA\n", "pass", "as text");
	scan_is("a.rds", "A\n3\n262657\n197888\n5\nUTF-8\n16\n1\n262153\n4\na\\040\\n\\\\\n", "pass", "with escapes");
	scan_is("a.rds", "A\n3\n262657\n197888\n5\nUTF-8\n14\n3\n1.5\nNA\n", "rds.truncated", "a number less");
	scan_is("a.rds", "A\n3\n262657\n197888\n5\nUTF-8\n6\n1\n254\n254\n", "rds.code", "a call as text");
	scan_is("notes.txt", "A\nB\n", "pass", "other text");
	scan_is("a.rds", HEAD3 "\0\0\0\x10\0\0\0\1" NAME, "pass", "a text");
	scan_is("a.rds", HEAD3 "\0\0\0\x10\0\0\0\1" NIL, "rds.malformed", "no text where one belongs");
	scan_is("a.rds", HEAD3 "\0\0\0\1" NAME, "pass", "a symbol");
	scan_is("a.rds", HEAD3 "\0\0\0\1" NIL, "rds.malformed", "without a name");
	scan_is("a.rds", HEAD3 "\0\0\0\x13\0\0\0\2\0\0\0\1" NAME "\0\0\1\xff", "pass", "a reference to the first symbol");
	scan_is("a.rds", HEAD3 "\0\0\0\x13\0\0\0\2\0\0\0\1" NAME "\0\0\2\xff", "rds.malformed", "one beyond the last");
	scan_is("a.rds", HEAD3 "\0\0\0\x13\0\0\0\2\0\0\0\1" NAME "\0\0\0\xff\0\0\0\1", "pass", "a reference with a number of its own");
	scan_is("a.rds", HEAD3 "\0\0\2\x0e\0\0\0\0" "\0\0\4\2\0\0\0\1" NAME NUMBER NIL, "pass", "an attribute");
	scan_is("a.rds", HEAD3 "\0\0\0\x0e\xff\xff\xff\xff\0\0\0\0\0\0\0\0", "pass", "a length of 64 bits");
	scan_is("a.rds", HEAD3 "\0\0\0\x0e\xff\xff\xff\xff\x80\0\0\0\0\0\0\0", "rds.malformed", "of 2^63");
	scan_is("a.rds", HEAD3 "\0\0\0\x0e\xff\xff\xff\xff\x7f\xff\xff\xff\xff\xff\xff\xff", "rds.truncated", "of 2^63 - 1");
	scan_is("a.rds", HEAD3 "\0\0\0\x18\0\0\0\3ab", "rds.truncated", "one byte more than there is");
	scan_is("a.rds", HEAD3 "\0\0\0\x09\x7f\xff\xff\xff", "limit.exceeded", "a text of 2 GiB");
}

static void test_code(void)
{
	scan_is("a.rds", HEAD3 "\0\0\0\5" NIL NIL, "rds.code", "a promise");
	scan_is("a.rds", HEAD3 "\0\0\0\6" NIL NIL, "rds.code", "a call");
	scan_is("a.rds", HEAD3 "\0\0\0\3" NIL NIL, "rds.code", "a function");
	scan_is("a.rds", HEAD3 "\0\0\0\x14\0\0\0\0", "rds.code", "an expression");
	scan_is("a.rds", HEAD3 "\0\0\0\x15\0\0\0\1", "rds.code", "bytecode");
	scan_is("a.rds", HEAD3 "\0\0\0\x08\0\0\0\3sum", "rds.code", "a built-in function");
	scan_is("a.rds", HEAD3 "\0\0\0\2" NIL "\0\0\0\5" NIL NIL, "rds.code", "a promise as the rest of a list");
	scan_is("a.rds", HEAD3 "\0\0\2\x0e\0\0\0\0" "\0\0\4\2\0\0\0\1" NAME "\0\0\0\5" NIL NIL NIL, "rds.code", "a promise in an attribute");
	scan_is("a.rds", HEAD3 "\0\0\0\4\0\0\0\0" NIL "\0\0\0\2" "\0\0\0\5" NIL NIL NIL NIL NIL, "rds.code", "a promise in an environment");
	scan_is("a.rds", HEAD3 "\0\0\0\x16" NIL NIL, "rds.foreign", "a pointer");
	scan_is("a.rds", HEAD3 "\0\0\0\xc8", "rds.malformed", "an unknown type");
	scan_is("a.rda", "RDX1\nX\n\0\0\0\1", "format.unsupported", "an old workspace");
}

#define SYMBOL(len, name) "\0\0\0\1\0\4\0\x09\0\0\0" len name
#define COMPACT(class_len, class, package_len, package) \
	HEAD3 "\0\0\0\xee\0\0\0\2" SYMBOL(class_len, class) "\0\0\0\2" SYMBOL(package_len, package) "\0\0\0\2\0\0\0\x0d\0\0\0\1\0\0\0\x0d" NIL
#define SEQUENCE COMPACT("\x0e", "compact_intseq", "\4", "base")
#define WRAPPED COMPACT("\x0c", "wrap_integer", "\4", "base")
#define ZERO8 "\0\0\0\0\0\0\0\0"
#define ONE_INT "\0\0\0\x0d\0\0\0\1\0\0\0\7"
#define TWO_INTS "\0\0\0\x0d\0\0\0\2\0\0\0\1\0\0\0\1"

static void test_compact(void)
{
	scan_is("a.rds", SEQUENCE "\0\0\0\x0e\0\0\0\3" ZERO8 ZERO8 ZERO8 NIL, "pass", "a sequence");
	scan_is("a.rds", SEQUENCE "\0\0\0\x0e\0\0\0\2" ZERO8 ZERO8 NIL, "rds.malformed", "of two numbers");
	scan_is("a.rds", SEQUENCE "\0\0\0\x0e\0\0\0\4" ZERO8 ZERO8 ZERO8 ZERO8 NIL, "rds.malformed", "of four");
	scan_is("a.rds", SEQUENCE "\0\0\0\x18\0\0\0\0" NIL, "rds.malformed", "of bytes");
	scan_is("a.rds", WRAPPED "\0\0\0\2" ONE_INT TWO_INTS NIL, "pass", "a wrapped vector");
	scan_is("a.rds", WRAPPED "\0\0\0\2" ONE_INT ONE_INT NIL, "rds.malformed", "with one flag");
	scan_is("a.rds", WRAPPED "\0\0\0\2" NIL TWO_INTS NIL, "rds.malformed", "of nothing");
	scan_is("a.rds", WRAPPED ONE_INT NIL, "rds.malformed", "that is no pair");
	scan_is("a.rds", COMPACT("\4", "mmap", "\4", "simp"), "rds.altrep", "of a package");
	scan_is("a.rds", COMPACT("\x0e", "compact_intseq", "\4", "simp"), "rds.altrep", "of a package under the name of R's own");
	scan_is("a.rds", COMPACT("\4", "mmap", "\4", "base"), "rds.altrep", "unknown to R");
	scan_is("a.rds", HEAD3 "\0\0\0\xee\0\0\0\2\0\0\0\x13\0\0\0\1" SYMBOL("\x0e", "compact_intseq"), "rds.malformed", "whose class is a list");
	scan_is("a.rds", HEAD3 "\0\0\0\x13\0\0\0\2" SYMBOL("\x0e", "compact_intseq") "\0\0\0\xee\0\0\0\2\0\0\0\1\0\0\0\x09\xff\xff\xff\xff"
		"\0\0\0\2" SYMBOL("\4", "base"), "rds.altrep", "whose class is a symbol without a name");
}

static void test_environment(void)
{
	scan_is("a.rds", HEAD3 "\0\0\0\4\0\0\0\0" "\0\0\0\xf2" "\0\0\4\2\0\0\0\1" NAME NUMBER NIL NIL NIL, "pass", "a value");
	scan_is("a.rds", HEAD3 "\0\0\0\4\0\0\0\0" "\0\0\0\xf2" "\4\0\4\2\0\0\0\1" NAME NUMBER NIL NIL NIL, "pass", "a locked one");
	scan_is("a.rds", HEAD3 "\0\0\0\4\0\0\0\0" "\0\0\0\xf2" "\x08\0\4\2\0\0\0\1" NAME "\0\0\1\xff" NIL NIL NIL, "rds.code",
		"one that calls a function by its name");
	scan_is("a.rds", HEAD3 "\0\0\0\4\0\0\0\0" "\0\0\0\xf2" NUMBER NIL NIL, "rds.malformed", "a number for values");
	scan_is("a.rds", HEAD3 "\0\0\0\4\0\0\0\0" "\0\0\0\xf2" NIL NUMBER NIL, "rds.malformed", "a number for a table");
	scan_is("a.rds", HEAD3 "\0\0\0\4\0\0\0\0" NUMBER NIL NIL NIL, "rds.malformed", "in a number");
	scan_is("a.rds", HEAD3 "\0\0\0\xf9\0\0\0\0\0\0\0\1\0\4\0\x09\0\0\0\5stats", "pass", "the namespace of a package of R");
	scan_is("a.rds", HEAD3 "\0\0\0\xf9\0\0\0\0\0\0\0\1\0\4\0\x09\0\0\0\5statz", "rds.package", "of another");
	scan_is("a.rds", HEAD3 "\0\0\0\xf8\0\0\0\0\0\0\0\1\0\4\0\x09\0\0\0\x0dpackage:stats", "pass", "a package of R");
	scan_is("a.rds", HEAD3 "\0\0\0\xf8\0\0\0\0\0\0\0\1\0\4\0\x09\0\0\0\x0dpackage:statz", "rds.package", "another");
	scan_is("a.rds", HEAD3 "\0\0\0\xf9\0\0\0\0\0\0\0\0", "rds.malformed", "without a name");
}

#define TEXT3 "3\n262657\n197888\n5\nUTF-8\n"
#define PROMISE "1029\n253\n252\n6\n1\n262153\n1\nq\n254\n"

/* What R reads is R's, under any name and however it is spaced; what it does not read is text. */
static void test_as_r_reads_text(void)
{
	scan_is("a.txt", "A\n" TEXT3 PROMISE, "rds.code", "a promise by another name");
	scan_is("a.txt", "\nA\n" TEXT3 PROMISE, "rds.code", "behind a line end");
	scan_is("a.txt", "AB" TEXT3 PROMISE, "rds.code", "with another second byte");
	scan_is("a.txt", "A\n3rd\n262657\n197888\n5\nUTF-8\n" PROMISE, "rds.code", "with a number that goes on as a word");
	is_str(scan_case_result.found[scan_case_result.found_count - 1].rule->id, "rds.malformed", "which is not as R writes it");
	scan_is("a.txt", "A\n+3\n262657\n197888\n5\nUTF-8\n" PROMISE, "rds.code", "with a sign");
	scan_is("a.txt", "A\n" TEXT3 "4294968325\n253\n252\n254\n", "rds.malformed", "with a number that overflows");
	scan_is("a.txt", "A\n3\t262657\r\n\f\v 197888\n5\nUTF-8\n" PROMISE, "rds.code", "with other white space");
	scan_is("a.txt", "A\n" TEXT3 "19\n2\n16\n1\n262153\n1\n  \n\t x\n" PROMISE, "rds.code", "behind a text that white space stands before");
	scan_is("a.txt", "A\n" TEXT3 "19\n2\n249\n0\n1\n262153\n4\nevil\nx\n", "rds.package", "a package, before R finds what it does not read");
	scan_is("a.rda", "RDA3\nA\n" TEXT3 PROMISE, "rds.code", "in a workspace");
	scan_is("a.rda", "RDA1\nA\n", "format.unsupported", "an old workspace");
	scan_is("a.txt", "A\n3\nB\n", "pass", "a list of lines");
	scan_is("a.txt", "A\n2\n3\n4\n", "pass", "a column of numbers");
	scan_is("a.txt", "A 3D model of 2 4 5\n", "pass", "a sentence");
	scan_is("a.rds", "A\n2\n3\n4\n", "rds.truncated", "which is R's under R's own name");
}

static void test_every_cut(void)
{
	static const char good[] = "RDX3\n" HEAD3 "\0\0\4\2\0\0\0\1" NAME "\0\0\0\x13\0\0\0\2" NUMBER "\0\0\0\x10\0\0\0\1" NAME NIL;
	unsigned passed = 0;

	is_str(scan_case_with("a.rda", good, sizeof(good) - 1, NULL), "pass", "the whole passes");
	for (size_t len = 6; len < sizeof(good) - 1; len++)
		passed += strcmp(scan_case_with("a.rda", good, len, NULL), "pass") == 0;
	is_int(passed, 0, "no proper prefix does");
}

static void test_deep(void)
{
	struct ay_buf b = ay_buf_new(64 * KIB);

	for (unsigned depth = 300; depth <= 500; depth += 200) {
		ay_buf_clear(&b);
		ay_buf_add(&b, HEAD3, sizeof(HEAD3) - 1);
		for (unsigned i = 0; i < depth; i++)
			ay_buf_add(&b, "\0\0\0\x13\0\0\0\1", 8);
		ay_buf_add(&b, NIL, 4);
		is_str(scan_case_with("a.rds", b.data, b.len, NULL), depth < 400 ? "pass" : "limit.exceeded", "%u lists in each other", depth);
	}
	/* The rest of a list is not nested. */
	ay_buf_clear(&b);
	ay_buf_add(&b, HEAD3, sizeof(HEAD3) - 1);
	for (unsigned i = 0; i < 5000; i++)
		ay_buf_add(&b, "\0\0\0\2" NIL, 8);
	ay_buf_add(&b, NIL, 4);
	is_str(scan_case_with("a.rds", b.data, b.len, NULL), "pass", "a pairlist of 5000");
	ay_buf_free(&b);
}

int main(void)
{
	test_data();
	test_code();
	test_compact();
	test_environment();
	test_as_r_reads_text();
	test_every_cut();
	test_deep();
	ay_scan_result_free(&scan_case_result);
	return done_testing();
}
