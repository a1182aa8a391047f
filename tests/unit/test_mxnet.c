/* SPDX-License-Identifier: Apache-2.0 */
#include "assay/buf.h"
#include "tests/lib/scan_case.h"

struct shape {
	uint32_t magic, stype, ndim, type;
	uint64_t dim;
	size_t data;
	uint64_t names, name_len;
};
#define GOOD {.magic = 0xF993FAC9, .ndim = 1, .dim = 3, .data = 12, .names = 1, .name_len = 5}

static struct ay_buf file_of(struct shape s)
{
	struct ay_buf b = ay_buf_new(64 * KIB);

	ay_buf_le64(&b, 0x112);
	ay_buf_le64(&b, 0);
	ay_buf_le64(&b, 1);
	ay_buf_le32(&b, s.magic);
	if (s.magic != 0xF993FAC8)
		ay_buf_le32(&b, s.stype);
	ay_buf_le32(&b, s.ndim);
	if (s.ndim && s.ndim != UINT32_MAX) {
		for (uint32_t i = 0; i < s.ndim; i++)
			ay_buf_le64(&b, i ? 1 : s.dim);
		ay_buf_le64(&b, 1);
		ay_buf_le32(&b, s.type);
		for (size_t i = 0; i < s.data; i++)
			ay_buf_addc(&b, 'x');
	}
	ay_buf_le64(&b, s.names);
	ay_buf_le64(&b, s.name_len);
	ay_buf_adds(&b, "arg:w");
	return b;
}

static const char *verdict(struct shape s)
{
	struct ay_buf b = file_of(s);
	const char *rule = scan_case_with("a.params", b.data, b.len, NULL);

	ay_buf_free(&b);
	return rule;
}

static void arrays(void)
{
	is_str(verdict((struct shape)GOOD), "pass", "three floats");
	is_str(scan_case_result.format, "mxnet", "are MXNet's");
	is_str(verdict((struct shape){.magic = 0xF993FAC8, .ndim = 2, .dim = 3, .type = 3, .data = 3, .names = 1, .name_len = 5}), "pass", "in the first layout");
	is_str(verdict((struct shape){.magic = 0xF993FACA, .ndim = UINT32_MAX, .names = 1, .name_len = 5}), "pass", "an array of no shape");
	is_str(verdict((struct shape){.magic = 0xF993FAC9, .ndim = 32, .dim = 3, .data = 12, .names = 1, .name_len = 5}), "pass", "the most dimensions");
	is_str(verdict((struct shape){.magic = 0xF993FAC9, .ndim = 33, .dim = 3, .data = 12, .names = 1, .name_len = 5}), "mxnet.malformed", "one more");
	is_str(verdict((struct shape){.magic = 3, .ndim = 1, .dim = 3, .data = 12, .names = 1, .name_len = 5}), "mxnet.malformed", "the oldest layout");
	is_str(verdict((struct shape){.magic = 0xF993FAC9, .stype = 1, .ndim = 1, .dim = 3, .data = 12}), "mxnet.malformed", "a sparse array");
	is_str(verdict((struct shape){.magic = 0xF993FAC9, .ndim = 1, .dim = 3, .type = 99, .data = 12}), "mxnet.malformed", "an unknown type");
	is_str(verdict((struct shape){.magic = 0xF993FAC9, .ndim = 1, .dim = 1ull << 63, .data = 12}), "mxnet.malformed", "a negative size");
	is_str(verdict((struct shape){.magic = 0xF993FAC9, .ndim = 1, .dim = INT64_MAX, .data = 12}), "mxnet.malformed", "bytes beyond 64 bits");
	is_str(verdict((struct shape){.magic = 0xF993FAC9, .ndim = 1, .dim = 1ull << 40, .data = 12}), "mxnet.truncated", "more than the file has");
	is_str(verdict((struct shape){.magic = 0xF993FAC9, .ndim = 1, .dim = 3, .data = 12, .names = 2, .name_len = 5}), "mxnet.malformed", "a name too many");
	is_str(verdict((struct shape){.magic = 0xF993FAC9, .ndim = 1, .dim = 3, .data = 12, .names = 0, .name_len = 5}), "mxnet.malformed", "bytes behind no name");
	is_str(verdict((struct shape){.magic = 0xF993FAC9, .ndim = 1, .dim = 3, .data = 12, .names = 1, .name_len = 4}), "mxnet.malformed", "a byte behind the name");
	is_str(verdict((struct shape){.magic = 0xF993FAC9, .ndim = 1, .dim = 3, .data = 12, .names = 1, .name_len = 6}), "mxnet.truncated", "a byte too few");
	is_str(verdict((struct shape){.magic = 0xF993FAC9, .ndim = 1, .dim = 3, .data = 12, .names = 1, .name_len = UINT64_MAX}), "mxnet.truncated", "the longest name");
}

static void cuts(void)
{
	struct ay_buf b = file_of((struct shape)GOOD);
	unsigned passed = 0;

	for (size_t len = 1; len < b.len; len++)
		passed += strcmp(scan_case_with("a.params", b.data, len, NULL), "pass") == 0;
	is_int(passed, 0, "no proper prefix passes");
	b.data[16] = 2;
	is_str(scan_case_with("a.params", b.data, b.len, NULL), "mxnet.malformed", "an array that is not there");
	b.data[23] = 0x80;
	is_str(scan_case_with("a.params", b.data, b.len, NULL), "mxnet.truncated", "more arrays than bytes");
	ay_buf_free(&b);
}

#define SYMBOL(op) "{\"nodes\": [{\"op\": \"null\", \"name\": \"x\"}, {\"op\": \"" op "\", \"name\": \"y\"}], \"arg_nodes\": [0], \"heads\": [[1, 0, 0]]}"

static void symbols(void)
{
	scan_is("m-symbol.json", SYMBOL("Convolution"), "pass", "a symbol");
	scan_is("m-symbol.json", SYMBOL("Custom"), "mxnet.custom-operator", "a custom operator");
	scan_is("other.json", SYMBOL("Custom"), "mxnet.custom-operator", "under another name");
	scan_is("m-symbol.json", SYMBOL("convolution"), "mxnet.operator", "an operator that is not known");
	scan_is("m-symbol.json", "{\"arg_nodes\": [], \"nodes\": [{\"op\": \"evil\"}]}", "mxnet.operator", "with its keys in another order");
	scan_is("graph.json", "{\"nodes\": [{\"op\": \"evil\"}]}", "pass", "a graph of something else");
}

int main(void)
{
	arrays();
	cuts();
	symbols();
	ay_scan_result_free(&scan_case_result);
	return done_testing();
}
