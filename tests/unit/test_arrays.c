/* SPDX-License-Identifier: Apache-2.0 */
/* Arrays as tables: the same values have the same counts as CSV, whatever the array's order, type or archive. */
#include "assay/schema.h"
#include "scanners/data/batch.h"
#include "tests/lib/scan_case.h"
#include "tests/lib/zip_case.h"

static struct ay_buf npy(const char *descr, bool columns, const char *shape, const void *bytes, size_t len)
{
	struct ay_buf b = ay_buf_new(4 * MIB), header = ay_buf_new(64 * KIB);

	ay_buf_addf(&header, "{'descr': %s, 'fortran_order': %s, 'shape': %s, }\n", descr, columns ? "True" : "False", shape);
	ay_buf_add(&b, "\x93NUMPY\1\0", 8);
	ay_buf_le16(&b, (uint16_t)header.len);
	ay_buf_add(&b, header.data, header.len);
	ay_buf_add(&b, bytes, len);
	ay_buf_free(&header);
	return b;
}

static void add(struct zip_case *z, const char *name, const char *descr, const char *shape, const void *bytes, size_t len)
{
	struct ay_buf b = npy(descr, false, shape, bytes, len);

	zip_add(z, name, b.data, b.len, false);
	ay_buf_free(&b);
}

/* The schema that is proposed from a table, or what stands in its way. */
static struct ay_buf proposed(const char *path, const void *bytes, size_t len)
{
	struct ay_source in = ay_source_memory(bytes, len);
	struct ay_buf out = ay_buf_new(8 * MIB);
	struct ay_budget b;
	struct ay_error e = {.msg = ""};

	ay_budget_init(&b, len);
	if (ay_schema_infer(&in, path, &b, &out, &e))
		ay_buf_adds(&out, e.msg);
	return out;
}

/* The counts of its columns, as they do not depend on how a format writes a value. */
static struct ay_buf counts_of(const char *schema, const char *path, const void *bytes, size_t len, const char *rule, const char *what)
{
	struct ay_buf out = ay_buf_new(4 * MIB);
	struct ay_budget budget;
	struct ay_batch b;

	is_str(scan_case_with(path, bytes, len, schema), rule, "%s", what);
	if (scan_case_result.found_count)
		printf("# %s\n", scan_case_result.found[0].message);
	ay_budget_init(&budget, 0);
	if (scan_case_result.profile && ay_batch_decode(scan_case_result.profile, scan_case_result.profile_len, &budget, &b) == 0) {
		ay_reference_encode(&b.counts, &out);
		ay_batch_free(&b);
	}
	return out;
}

/* The array has the counts that the CSV table has. */
static void same(const char *csv, const char *path, struct ay_buf array, const char *what)
{
	struct ay_buf schema = proposed("t.csv", csv, strlen(csv));
	struct ay_buf a = counts_of(ay_buf_str(&schema), "t.csv", csv, strlen(csv), "pass", "the table itself");
	struct ay_buf b = counts_of(ay_buf_str(&schema), path, array.data, array.len, "pass", what);

	/* A reference has rows. */
	ok((a.len > 0) == (strchr(csv, '\n')[1] != 0) && a.len == b.len && memcmp(ay_buf_str(&a), ay_buf_str(&b), a.len) == 0, "the same counts: %s", what);
	ay_buf_free(&schema);
	ay_buf_free(&a);
	ay_buf_free(&b);
	ay_buf_free(&array);
}

static void orders(void)
{
	static const uint8_t c[] = {1, 2, 3, 4, 5, 6}, f[] = {1, 4, 2, 5, 3, 6}, big[] = {0, 1, 0, 4, 0, 2, 0, 5, 0, 3, 0, 6};
	static const char csv[] = "a,b,c\n1,2,3\n4,5,6\n";

	same(csv, "t.npy", npy("'|u1'", false, "(2, 3)", c, 6), "C order");
	same(csv, "t.npy", npy("'|u1'", true, "(2, 3)", f, 6), "Fortran order");
	same(csv, "t.npy", npy("'>i2'", true, "(2, 3)", big, 12), "Fortran order, the most significant byte first");
	same("a,b\n1,2\n", "t.npy", npy("'|u1'", true, "(1, 2)", c, 2), "one row");
	same("a\n1\n2\n", "t.npy", npy("'|u1'", true, "(2, 1)", c, 2), "one column");
	same("a\n1\n2\n", "t.npy", npy("'|u1'", true, "(2,)", c, 2), "one dimension");
	same("a,b\n", "t.npy", npy("'|u1'", true, "(0, 2)", c, 0), "no row");
}

/* More bytes than are read at once, by rows and by columns. */
static void pieces(void)
{
	enum { ROWS = 3000, COLUMNS = 200 };
	struct ay_buf csv = ay_buf_new(16 * MIB), rows = ay_buf_new(4 * MIB), columns = ay_buf_new(4 * MIB);

	for (unsigned k = 0; k < COLUMNS; k++)
		ay_buf_addf(&csv, "%sc%u", k ? "," : "", k);
	ay_buf_addc(&csv, '\n');
	for (unsigned i = 0; i < ROWS; i++) {
		for (unsigned k = 0; k < COLUMNS; k++) {
			ay_buf_addf(&csv, "%s%u", k ? "," : "", (i * 7 + k) % 251);
			ay_buf_addc(&rows, (char)((i * 7 + k) % 251));
		}
		ay_buf_addc(&csv, '\n');
	}
	for (unsigned k = 0; k < COLUMNS; k++)
		for (unsigned i = 0; i < ROWS; i++)
			ay_buf_addc(&columns, (char)((i * 7 + k) % 251));
	same(ay_buf_str(&csv), "t.npy", npy("'|u1'", false, "(3000, 200)", rows.data, rows.len), "many rows in C order");
	same(ay_buf_str(&csv), "t.npy", npy("'|u1'", true, "(3000, 200)", columns.data, columns.len), "in Fortran order");
	ay_buf_free(&csv);
	ay_buf_free(&rows);
	ay_buf_free(&columns);
}

static void types(void)
{
	static const uint8_t halves[] = {0, 0x3e, 0, 0xc0}, truth[] = {1, 0}, days[] = {0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0};
	static const uint8_t moments[] = {1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x80}, nan[] = {0, 0x3e, 0, 0x7e};
	static const uint8_t wide[] = {'a', 0, 0, 0, 0xfc, 0, 0, 0, 0xac, 0x20, 0, 0, 0, 0xf6, 1, 0}, split[] = {0, 0xd8, 0, 0};

	same("a\n1.5\n-2\n", "t.npy", npy("'<f2'", false, "(2,)", halves, 4), "float16");
	same("a\ntrue\nfalse\n", "t.npy", npy("'|b1'", false, "(2,)", truth, 2), "bool");
	same("a\n1970-01-01\n1970-01-02\n", "t.npy", npy("'<M8[D]'", false, "(2,)", days, 16), "datetime64[D]");
	same("a\nx\nyz\n", "t.npy", npy("'|S2'", false, "(2,)", "x\0yz", 4), "texts of bytes");
	same("a,b\na\xc3\xbc,\xe2\x82\xac\xf0\x9f\x98\x80\n", "t.npy", npy("'<U2'", false, "(1, 2)", wide, 16), "texts of code points");
	same("x,y\n1,ab\n2,c\n", "t.npy", npy("[('x', '|u1'), ('y', '|S2')]", false, "(2,)", "\1ab\2c\0", 6), "fields");
	struct ay_buf schema = proposed("t.csv", "a\n1.5\n2.5\n", 10), a = npy("'<f2'", false, "(2,)", nan, 4), p;

	p = counts_of(ay_buf_str(&schema), "t.npy", a.data, a.len, "schema.required", "NaN is a missing value");
	ay_buf_free(&p);
	ay_buf_free(&a);
	a = npy("'<U1'", false, "(1,)", split, 4);
	p = counts_of("{\"fields\": [{\"name\": \"a\", \"type\": \"string\"}]}", "t.npy", a.data, a.len, "schema.type", "half a code point is no text");
	ay_buf_free(&p);
	ay_buf_free(&a);
	a = npy("'<M8[us]'", false, "(2,)", moments, 16);
	p = counts_of("{\"fields\": [{\"name\": \"a\", \"type\": \"datetime\"}]}", "t.npy", a.data, a.len, "pass", "a time, and none");
	ay_buf_free(&p);
	ay_buf_free(&a);
	a = npy("'<M8[h]'", false, "(1,)", moments, 8);
	p = counts_of("{\"resources\": [{\"path\": \"*\", \"schema\": {\"fields\": [{\"name\": \"a\", \"type\": \"datetime\"}]}}]}", "t.npy", a.data, a.len,
		       "schema.unsupported", "hours are not read");
	ay_buf_free(&p);
	ay_buf_free(&a);
	ay_buf_free(&schema);
}

/* A matrix of zeros, so wide. */
static void widths(void)
{
	static const struct { unsigned columns; const char *has; } cases[] = {{2048, "\"2047\""}, {2049, "2049 columns, and a reference has at most 2048"}, {4096, "at most 2048"}, {4097, "no table"}};
	uint8_t *zeros = calloc(2, 4097);

	for (size_t i = 0; i < AY_ARRAY_LEN(cases); i++) {
		for (int columns = 0; columns < 2; columns++) {
			char shape[32];

			snprintf(shape, sizeof(shape), "(2, %u)", cases[i].columns);
			struct ay_buf a = npy("'|u1'", columns, shape, zeros, 2 * (size_t)cases[i].columns), p = proposed("t.npy", a.data, a.len);

			ok(strstr(ay_buf_str(&p), cases[i].has), "%u columns in %s order", cases[i].columns, columns ? "Fortran" : "C");
			ay_buf_free(&a);
			ay_buf_free(&p);
		}
	}
	free(zeros);
}

static void archives(void)
{
	static const uint8_t x[] = {1, 2, 3, 4, 5, 6}, y[] = {0, 1}, z[] = {7, 8, 9};
	struct zip_case a = zip_begin();

	add(&a, "X.npy", "'|u1'", "(2, 3)", x, 6);
	add(&a, "y.npy", "'|u1'", "(2,)", y, 2);
	zip_finish(&a);
	same("X.0,X.1,X.2,y\n1,2,3,0\n4,5,6,1\n", "t.npz", a.bytes, "a matrix and labels");
	a = zip_begin();
	add(&a, "b.npy", "'<i2'", "(2,)", "\1\0\2\0", 4);
	add(&a, "dir/a.npy", "'|S2'", "(2,)", "uvw", 4);
	zip_finish(&a);
	same("b,dir/a\n1,uv\n2,w\n", "t.npz", a.bytes, "one array a column");
	a = zip_begin();
	add(&a, "X.npy", "'|u1'", "(2, 3)", x, 6);
	zip_finish(&a);
	same("p,q,r\n1,2,3\n4,5,6\n", "t.npz", a.bytes, "an array alone");
	a = zip_begin();
	add(&a, "s.npy", "[('x', '|u1'), ('y', '|u1')]", "(3,)", x, 6);
	zip_finish(&a);
	same("x,y\n1,2\n3,4\n5,6\n", "t.npz", a.bytes, "a structure alone");
	a = zip_begin();
	add(&a, "s.npy", "[('x', '|u1'), ('y', '|u1')]", "(3,)", x, 6);
	add(&a, "t.npy", "'|u1'", "(3,)", z, 3);
	zip_finish(&a);
	same("s.x,s.y,t\n1,2,7\n3,4,8\n5,6,9\n", "t.npz", a.bytes, "a structure and an array");
	a = zip_begin();
	add(&a, "x.npy", "'|u1'", "(0, 2)", x, 0);
	add(&a, "y.npy", "'|u1'", "(0,)", y, 0);
	zip_finish(&a);
	same("x.0,x.1,y\n", "t.npz", a.bytes, "no rows");
}

#define Y "{\"fields\": [{\"name\": \"y\", \"type\": \"integer\"}]}"

/* X and, when shape is not NULL, another array, by this schema. */
static void beside(const char *schema, const char *name, const char *descr, const char *shape, size_t len, const char *rule, const char *what)
{
	static const uint8_t bytes[64] = {1, 2};
	struct zip_case a = zip_begin();

	add(&a, "y.npy", "'|u1'", "(2,)", bytes, 2);
	add(&a, name, descr, shape, bytes, len);
	zip_finish(&a);
	struct ay_buf p = counts_of(schema, "t.npz", a.bytes.data, a.bytes.len, rule, what);

	ay_buf_free(&p);
	ay_buf_free(&a.bytes);
}

static void misfits(void)
{
	beside(Y, "x.npy", "'|u1'", "(3,)", 3, "schema.unsupported", "another length");
	is_int(scan_case_result.verdict, AY_ERROR, "is not clean");
	beside(Y, "x.npy", "'|u1'", "(2, 2, 2)", 8, "schema.unsupported", "three dimensions");
	beside(Y, "x.npy", "'|u1'", "()", 1, "schema.unsupported", "a number alone");
	beside(Y, "x.npy", "'|u1'", "(2, 0)", 0, "schema.unsupported", "no columns");
	beside(Y, "x.npy", "'<c8'", "(2,)", 16, "schema.unsupported", "complex numbers");
	beside(Y, "x.npy", "'|u1'", "(18446744073709551615, 0)", 0, "schema.unsupported", "a great number of rows of nothing");
	beside(Y, "x.npy", "[('a', '|u1', (2,))]", "(2,)", 4, "schema.unsupported", "a structure of arrays");
	beside("{\"fields\": [{\"name\": \"y\", \"type\": \"any\"}, {\"name\": \"y.0\", \"type\": \"any\"}]}", "y.0.npy", "'|u1'", "(2,)", 2, "pass", "names that only look alike");
	beside(Y, "x.npy", "'|u1'", "(2,)", 2, "schema.columns", "a column that the schema does not name");
	beside("{\"resources\": [{\"path\": \"t.npz!x.npy\", \"x-shape\": [2, 2, 2]}, {\"path\": \"t.npz\", \"schema\": " Y "}]}", "x.npy", "'|u1'", "(2, 2, 2)", 8,
	       "pass", "an array with a resource of its own");
	beside("{\"resources\": [{\"path\": \"t.npz!x.npy\", \"x-shape\": [2, 2, 3]}, {\"path\": \"t.npz\", \"schema\": " Y "}]}", "x.npy", "'|u1'", "(2, 2, 2)", 8,
	       "schema.shape", "which holds for it");
	beside("{\"resources\": [{\"path\": \"t.npz!*\", \"schema\": " Y "}]}", "x.npy", "'|u1'", "(3,)", 3, "pass", "a table each");
	struct zip_case a = zip_begin();

	add(&a, "x.npy", "'|u1'", "(1, 2)", "\1\2", 2);
	add(&a, "x.0.npy", "'|u1'", "(1,)", "\1", 1);
	zip_finish(&a);
	struct ay_buf p = proposed("t.npz", a.bytes.data, a.bytes.len);

	ok(strstr(ay_buf_str(&p), "two columns would have the name x.0"), "one name for two columns");
	ay_buf_free(&p);
	ay_buf_free(&a.bytes);
}

int main(void)
{
	orders();
	pieces();
	types();
	widths();
	archives();
	misfits();
	ay_scan_result_free(&scan_case_result);
	return done_testing();
}
