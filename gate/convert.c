/* SPDX-License-Identifier: Apache-2.0 */
#include "assay/convert.h"

#include <errno.h>
#include <sys/stat.h>

#include "assay/buf.h"
#include "assay/ckd.h"
#include "assay/fd.h"
#include "assay/json.h"
#include "assay/text.h"

#define PIECE (1 * MIB)
#define ALIGNMENT 8

static int by_name(const void *a, const void *b)
{
	const struct ay_tensor *x = a, *y = b;

	return strcmp(x->name, y->name);
}

/* Wide items first, so that each tensor is aligned to its own; then by name. */
static int by_place(const void *a, const void *b)
{
	const struct ay_tensor *x = a, *y = b;
	unsigned p = ay_dtype_size(x->dtype), q = ay_dtype_size(y->dtype);

	return p != q ? (p < q ? 1 : -1) : strcmp(x->name, y->name);
}

static int check_places(const struct ay_extract *x, uint64_t in_size, uint64_t second_size, struct ay_error *e)
{
	uint64_t total = 0, most = ay_extract_most(in_size);

	for (size_t i = 0; i < x->count; i++) {
		const struct ay_tensor *t = &x->tensors[i];
		uint64_t size = t->expanded ? second_size : in_size;

		if (t->off > size || t->len > size - t->off)
			return ay_error_set(e, AY_EWORKER, "the worker places a tensor outside of its file");
		if (ay_ckd_add_u64(total, t->len, &total) || total > most)
			return ay_error_set(e, AY_ELIMIT, "the tensors share so much that they would take more than %llu bytes",
					    (unsigned long long)most);
	}
	return 0;
}

static int write_header(const struct ay_extract *x, const char *kind, struct ay_buf *out)
{
	struct ay_jw w = ay_jw_new(out, false);
	uint64_t off = 0;

	ay_buf_le64(out, 0);
	ay_jw_object(&w);
	ay_jw_key(&w, "__metadata__");
	ay_jw_object(&w);
	ay_jw_kstr(&w, "format", kind);
	ay_jw_object_end(&w);
	for (size_t i = 0; i < x->count; i++) {
		const struct ay_tensor *t = &x->tensors[i];

		ay_jw_key(&w, t->name);
		ay_jw_object(&w);
		ay_jw_kstr(&w, "dtype", ay_dtype_name(t->dtype));
		ay_jw_key(&w, "shape");
		ay_jw_array(&w);
		for (unsigned d = 0; d < t->dims; d++)
			ay_jw_u64(&w, t->shape[d]);
		ay_jw_array_end(&w);
		ay_jw_key(&w, "data_offsets");
		ay_jw_array(&w);
		ay_jw_u64(&w, off);
		ay_jw_u64(&w, off += t->len);
		ay_jw_array_end(&w);
		ay_jw_object_end(&w);
	}
	ay_jw_object_end(&w);
	while (!out->err && out->len % ALIGNMENT)
		ay_buf_addc(out, ' ');
	for (int i = 0; !out->err && i < 8; i++)
		out->data[i] = (uint8_t)((out->len - 8) >> (8 * i));
	return out->err;
}

static int copy(int from, uint64_t off, uint64_t len, int to, uint8_t *piece)
{
	while (len) {
		size_t n = len < PIECE ? (size_t)len : PIECE;
		int r = ay_pread_full(from, piece, n, off);

		if (r == 0)
			r = ay_write_full(to, piece, n);
		if (r < 0)
			return r;
		off += n;
		len -= n;
	}
	return 0;
}

static int write_all(int out, const struct ay_extract *x, int in, const struct ay_buf *header, struct ay_error *e)
{
	uint8_t *piece = malloc(PIECE);
	int r = piece ? ay_write_full(out, header->data, header->len) : -ENOMEM;

	for (size_t i = 0; i < x->count && r == 0; i++) {
		const struct ay_tensor *t = &x->tensors[i];

		r = copy(t->expanded ? x->fd : in, t->off, t->len, out, piece);
	}
	free(piece);
	return r < 0 ? ay_error_set(e, r, "the tensors cannot be copied: %s", ay_strerror(r)) : 0;
}

int ay_safetensors_write(int out, struct ay_extract *x, int in, const char *kind, struct ay_error *e)
{
	struct ay_buf header = ay_buf_new(AY_LIMIT_SAFETENSORS_HEADER);
	struct stat a, b;
	char name[128];

	if (fstat(in, &a) != 0 || fstat(x->fd, &b) != 0)
		return ay_error_errno(e, "fstat");
	int r = check_places(x, (uint64_t)a.st_size, (uint64_t)b.st_size, e);

	if (r < 0)
		return r;
	if (x->count)
		qsort(x->tensors, x->count, sizeof(*x->tensors), by_name);
	for (size_t i = 1; i < x->count; i++)
		if (strcmp(x->tensors[i - 1].name, x->tensors[i].name) == 0)
			return ay_error_set(e, AY_EFORMAT, "two tensors would be named %s",
					    ay_escape_str(name, sizeof(name), x->tensors[i].name));
	if (x->count)
		qsort(x->tensors, x->count, sizeof(*x->tensors), by_place);
	r = write_header(x, kind, &header);
	if (r < 0)
		ay_error_set(e, r, "the header cannot be written: %s", ay_strerror(r));
	else
		r = write_all(out, x, in, &header, e);
	ay_buf_free(&header);
	return r;
}
