/* SPDX-License-Identifier: Apache-2.0 */
/* Tensors on their way from a file to another: order, places, and what a worker may not say. INV-6. */
#include "assay/extract.h"

#include <errno.h>
#include <fcntl.h>

#include "assay/convert.h"
#include "assay/fd.h"
#include "gate/proto.h"
#include "tests/lib/tap.h"

static int temp_file(void)
{
	char path[] = "/tmp/assay-extract-XXXXXX";
	int fd = mkstemp(path);

	unlink(path);
	return fd;
}

/* A .npy of version 1: header, then len bytes. */
static void make_npy(struct ay_buf *b, const char *descr, bool columns, const char *shape, const void *bytes, size_t len)
{
	char text[256];
	int n = snprintf(text, sizeof(text), "{'descr': '%s', 'fortran_order': %s, 'shape': %s, }\n", descr, columns ? "True" : "False", shape);

	ay_buf_clear(b);
	ay_buf_add(b, "\x93NUMPY\x01\x00", 8);
	ay_buf_le16(b, (uint16_t)n);
	ay_buf_add(b, text, (size_t)n);
	ay_buf_add(b, bytes, len);
}

static int run(const struct ay_buf *b, size_t len, struct ay_extract *x)
{
	struct ay_source in = ay_source_memory(b->data, len);
	struct ay_scan_options o = { .path = "dir/weights.npy" };
	struct ay_scan_result r;

	*x = (struct ay_extract){ .fd = temp_file(), .room = 1 * GIB };
	int rc = ay_extract_run(&in, &o, x, &r);

	ay_scan_result_free(&r);
	return rc;
}

static void done(struct ay_extract *x)
{
	int fd = x->fd;

	ay_extract_free(x);
	close(fd);
}

static void in_place(void)
{
	struct ay_buf b = ay_buf_new(1 * MIB);
	static const uint8_t bytes[24] = { 1, 2, 3 };
	struct ay_extract x;

	make_npy(&b, "<f4", false, "(2, 3)", bytes, 24);
	is_int(run(&b, b.len, &x), 0, "an array is read");
	ok(x.count == 1 && !x.refused[0] && !x.tensors[0].expanded && x.tensors[0].off == b.len - 24 && x.tensors[0].len == 24,
	   "and noted where it lies");
	ok(x.count == 1 && x.tensors[0].dtype == AY_DTYPE_F32 && x.tensors[0].dims == 2 && x.tensors[0].shape[0] == 2 &&
	   x.tensors[0].shape[1] == 3 && strcmp(x.tensors[0].name, "weights") == 0, "with type, shape and the file's name");
	is_int((long long)x.expanded, 0, "nothing is written");
	done(&x);
	int good = 0;

	for (size_t n = 0; n < b.len; n++) {
		is_int(run(&b, n, &x), 0, "cut at %zu", n);
		good += x.count && !x.refused[0];
		done(&x);
	}
	is_int(good, 0, "cut anywhere it is refused");
	make_npy(&b, "<f4", false, "(2, 3)", bytes, 24);
	ay_buf_addc(&b, 0);
	run(&b, b.len, &x);
	ok(x.refused[0], "a byte too many is refused");
	done(&x);
	make_npy(&b, "<c8", false, "(3,)", bytes, 24);
	run(&b, b.len, &x);
	ok(strstr(x.refused, "c8"), "complex numbers are refused: %s", x.refused);
	done(&x);
	make_npy(&b, "<U2", false, "(3,)", bytes, 24);
	run(&b, b.len, &x);
	ok(!x.refused[0] && x.count == 0 && x.left_total == 1, "texts are left out");
	done(&x);
	make_npy(&b, "<f4", false, "()", bytes, 4);
	run(&b, b.len, &x);
	ok(x.count == 1 && x.tensors[0].dims == 0 && x.tensors[0].len == 4, "one number has no dimension");
	done(&x);
	make_npy(&b, ">f4", true, "(0, 5)", bytes, 0);
	run(&b, b.len, &x);
	ok(x.count == 1 && x.tensors[0].len == 0 && !x.expanded, "nothing is nothing in any order");
	done(&x);
	make_npy(&b, "<f4", false, "(1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1)", bytes, 4);
	run(&b, b.len, &x);
	ok(x.count == 1 && x.tensors[0].dims == AY_LIMIT_TENSOR_DIMS, "as many dimensions as there may be");
	done(&x);
	make_npy(&b, "<f4", false, "(1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1)", bytes, 4);
	run(&b, b.len, &x);
	ok(x.refused[0], "one more is refused");
	done(&x);
	ay_buf_free(&b);
}

/* Column-major items that are their own index, in three dimensions; compares all of what is written. */
static void in_order(uint64_t p, uint64_t q, uint64_t r, bool swap)
{
	uint64_t n = p * q * r, bad = 0;
	struct ay_buf b = ay_buf_new(256 * MIB), back = ay_buf_new(256 * MIB);
	uint8_t *items = malloc((size_t)n * 4 + 1);
	struct ay_extract x;
	char shape[96];

	for (uint64_t i = 0; i < n; i++)
		for (unsigned k = 0; k < 4; k++)
			items[i * 4 + k] = (uint8_t)(i >> (8 * (swap ? 3 - k : k)));
	snprintf(shape, sizeof(shape), "(%llu, %llu, %llu)", (unsigned long long)p, (unsigned long long)q, (unsigned long long)r);
	make_npy(&b, swap ? ">u4" : "<u4", true, shape, items, (size_t)n * 4);
	run(&b, b.len, &x);
	ok(x.count == 1 && x.expanded == n * 4, "%s is written", shape);
	uint8_t *got = ay_buf_reserve(&back, (size_t)n * 4);

	is_int(ay_pread_full(x.fd, got, (size_t)n * 4, 0), 0, "in full");
	for (uint64_t i = 0, at = 0; i < p; i++)
		for (uint64_t j = 0; j < q; j++)
			for (uint64_t k = 0; k < r; k++, at++)
				bad += (got[at * 4] | (uint64_t)got[at * 4 + 1] << 8 | (uint64_t)got[at * 4 + 2] << 16 |
					(uint64_t)got[at * 4 + 3] << 24) != i + j * p + k * p * q;
	is_int((long long)bad, 0, "in row-major order%s", swap ? ", the bytes of items swapped" : "");
	free(items);
	ay_buf_free(&b);
	ay_buf_free(&back);
	done(&x);
}

static struct ay_tensor tensor(const char *name, uint64_t n, uint64_t off)
{
	return (struct ay_tensor){ .name = strdup(name), .dtype = AY_DTYPE_F32, .dims = 1, .shape = { n }, .off = off, .len = 4 * n };
}

/* What the answer makes of one tensor that is changed by a byte at an offset of its own. */
static void wire(void)
{
	struct ay_scan_result r = { .verdict = AY_FAIL, .format = "npz" }, back;
	struct ay_extract x = { .fd = -1 }, y = { .fd = 7 };
	struct ay_tensor t[2] = { tensor("a", 3, 10), tensor("b", 0, 0) };
	struct ay_left_out left = { (char *)"l", (char *)"a text" };
	struct ay_buf b = ay_buf_new(64 * KIB);
	struct ay_error e;
	int bad = 0;

	x.tensors = t;
	x.count = 2;
	x.left = &left;
	x.left_count = 1;
	x.left_total = 5;
	is_int(proto_encode_extract(&r, &x, &b), 0, "an answer is encoded");
	is_int(proto_decode_extract(b.data, b.len, &back, &y, &e), 0, "and decoded");
	ok(y.count == 2 && y.fd == 7 && y.tensors[0].len == 12 && y.tensors[0].off == 10 && strcmp(y.tensors[1].name, "b") == 0 &&
	   y.left_total == 5 && y.left_count == 1 && strcmp(y.left[0].why, "a text") == 0, "with all that it says");
	ay_scan_result_free(&back);
	ay_extract_free(&y);
	for (size_t n = 0; n < b.len; n++) {
		y = (struct ay_extract){ .fd = 7 };
		bad += proto_decode_extract(b.data, n, &back, &y, &e) == AY_EWORKER && !y.count && !y.tensors && y.fd == 7;
	}
	is_int(bad, (long long)b.len, "cut anywhere it is refused");
	for (size_t i = 0; i < b.len; i++)
		for (unsigned v = 0; v < 256; v += 51) {
			uint8_t was = b.data[i];

			b.data[i] = (uint8_t)v;
			y = (struct ay_extract){ .fd = 7 };
			if (proto_decode_extract(b.data, b.len, &back, &y, &e) == 0) {
				bad += y.count > 0 && y.tensors[0].len != ay_dtype_size(y.tensors[0].dtype) * y.tensors[0].shape[0];
				ay_scan_result_free(&back);
				ay_extract_free(&y);
			}
			b.data[i] = was;
		}
	is_int(bad, (long long)b.len, "no changed byte makes a length that is not the shape's");
	x.tensors[0].shape[0] = 1ull << 63;
	ay_buf_clear(&b);
	y = (struct ay_extract){ .fd = 7 };
	ok(proto_encode_extract(&r, &x, &b) == 0 && proto_decode_extract(b.data, b.len, &back, &y, &e) == AY_EWORKER, "nor does one of 2^63 items");
	free(t[0].name);
	free(t[1].name);
	ay_buf_free(&b);
}

static void places(void)
{
	struct ay_extract x = { .fd = temp_file() };
	int in = temp_file(), out = temp_file();
	uint8_t head[256] = { 0 };
	struct ay_error e;

	x.tensors = calloc(64, sizeof(*x.tensors));
	x.count = 1;
	x.tensors[0] = tensor("a", 3, 0);
	ok(ay_write_full(in, "0123456789abcdef", 16) == 0 && ay_write_full(x.fd, "xyzw", 4) == 0, "two small files");
	is_int(ay_safetensors_write(out, &x, in, "pt", &e), 0, "a tensor at the start");
	ok(ay_pread_full(out, head, 88, 0) == 0 &&
	   memcmp(head + 8, "{\"__metadata__\":{\"format\":\"pt\"},\"a\":{\"dtype\":\"F32\",\"shape\":[3],", 60) == 0,
	   "its header");
	x.tensors[0].off = 4;
	is_int(ay_safetensors_write(out, &x, in, "pt", &e), 0, "one that ends with the file");
	x.tensors[0].off = 5;
	is_int(ay_safetensors_write(out, &x, in, "pt", &e), AY_EWORKER, "one beyond it");
	x.tensors[0].off = UINT64_MAX - 4;
	is_int(ay_safetensors_write(out, &x, in, "pt", &e), AY_EWORKER, "one at the end of numbers");
	x.tensors[0].off = 0;
	x.tensors[0].expanded = true;
	is_int(ay_safetensors_write(out, &x, in, "pt", &e), AY_EWORKER, "one beyond the second file");
	x.tensors[0].expanded = false;
	x.tensors[x.count++] = tensor("b", 1, 0);
	x.tensors[x.count++] = tensor("a", 1, 0);
	is_int(ay_safetensors_write(out, &x, in, "pt", &e), AY_EFORMAT, "two of one name");
	done(&x);
	/* Sixteen times and a gigabyte: all views of one large hole. */
	x = (struct ay_extract){ .fd = temp_file() };
	x.tensors = calloc(64, sizeof(*x.tensors));
	ok(ftruncate(in, (off_t)(1 * GIB)) == 0, "a large file");
	for (; x.count < 18; x.count++) {
		char name[8];

		snprintf(name, sizeof(name), "t%zu", x.count);
		x.tensors[x.count] = tensor(name, GIB / 4, 0);
	}
	is_int(ay_safetensors_write(out, &x, in, "pt", &e), AY_ELIMIT, "shared storages do not fill the disk");
	done(&x);
	close(in);
	close(out);
}

int main(void)
{
	in_place();
	in_order(3, 4, 5, false);
	in_order(7, 1, 300, true);
	in_order(5000, 1000, 1, false);
	in_order(1, 3000, 1500, true);
	in_order(2, 3, 800000, false);
	wire();
	places();
	return done_testing();
}
