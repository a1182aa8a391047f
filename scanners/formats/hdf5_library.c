/* SPDX-License-Identifier: Apache-2.0 */
/* What is asked of an HDF5 file through libhdf5. */
#include "scanners/formats/hdf5_library.h"

#include "assay/ckd.h"
#include "assay/extract.h"
#include "scanners/data/array_set.h"

#define PATH_ROOM AY_HDF5_PATH
#define TYPE_DEPTH 16
#define TYPE_MEMBERS 65536
#define MAX_FILTERS 32

/* ---- the walk ---- */

/* A dataset whose rows are read when all were seen. */
struct held {
	struct ay_hdf5_rows rows;
	hid_t set, memory;            /* memory: the type of what is read */
	struct ay_hdf5_texts *texts;  /* NULL: it has none of variable length */
	struct held *next;
};

struct reader {
	struct ay_scan *scan;
	struct ay_budget *budget;
	struct ay_source *in;
	struct hl_file *file;         /* NULL: closed */
	int rc;                       /* the first failure; the walk then ends */
	bool no_memory;               /* it was the library's */
	char why[160];
	struct ay_hdf5_set seen;      /* objects */
	struct held *held;            /* datasets that the table is read from */
	bool plain;                   /* the dataset at hand is stored so that its rows may be read */
	unsigned depth;
	char path[PATH_ROOM];         /* of the object at hand, cut for messages */
};

static herr_t note_cause(unsigned n, const H5E_error2_t *e, void *arg)
{
	struct reader *r = arg;

	if (n == 0)
		snprintf(r->why, sizeof(r->why), "%s", e->desc ? e->desc : "");
	r->no_memory |= e->min_num == H5E_NOSPACE || e->maj_num == H5E_RESOURCE;
	return 0;
}

/* A call failed: what the driver says goes before what the library makes of it. */
static int failed(struct reader *r, const char *what)
{
	char cause[sizeof(r->why)];

	if (r->rc < 0)
		return r->rc;
	r->why[0] = '\0';
	(void)H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, note_cause, r);
	snprintf(cause, sizeof(cause), "%s", r->why);
	snprintf(r->why, sizeof(r->why), "%.100s%s%.50s", cause, *cause ? ", " : "", what);
	r->rc = r->file && r->file->err ? r->file->err : AY_EFORMAT;
	return r->rc;
}

/* Closes whatever it is; rc, or what that failed with. */
static int shut(struct reader *r, hid_t id, int rc)
{
	return id >= 0 && H5Idec_ref(id) < 0 ? failed(r, "closing an object") : rc;
}

static int limit(struct reader *r, const char *why)
{
	if (r->rc == 0) {
		r->rc = AY_ELIMIT;
		ay_scan_find(r->scan, "limit.exceeded", AY_NO_OFFSET, "hdf5: %s: %s", r->path, why);
	}
	return r->rc;
}

static int no_budget(struct reader *r)
{
	if (r->rc == 0) {
		r->rc = AY_ELIMIT;
		ay_scan_find(r->scan, "limit.memory", AY_NO_OFFSET, "hdf5: no memory left at %s", r->path);
	}
	return r->rc;
}

/* 1: for the first time, 0: again. */
static int first_visit(struct reader *r, uint64_t addr)
{
	int rc = ay_hdf5_set_add(r->budget, &r->seen, addr);

	return rc == AY_ELIMIT || r->seen.count > AY_LIMIT_SCAN_MEMBERS ? limit(r, "more objects than a scan follows") : rc;
}

/* ---- datatypes ---- */

static int check_type(struct reader *r, hid_t type, unsigned depth);

static int check_base(struct reader *r, hid_t type, unsigned depth)
{
	hid_t base = H5Tget_super(type);
	int rc = base < 0 ? failed(r, "reading the base of a datatype") : check_type(r, base, depth + 1);

	return shut(r, base, rc);
}

static int check_members(struct reader *r, hid_t type, unsigned depth)
{
	int n = H5Tget_nmembers(type), rc = 0;

	if (n <= 0 || n > TYPE_MEMBERS)
		return failed(r, "counting the members of a datatype");
	for (int i = 0; i < n && rc == 0; i++) {
		hid_t member = H5Tget_member_type(type, (unsigned)i);

		rc = member < 0 ? failed(r, "reading a member of a datatype") : check_type(r, member, depth + 1);
		rc = shut(r, member, rc);
	}
	return rc;
}

/* References name places in the same file, opaque values are bytes to every reader: both are data. */
static int check_type(struct reader *r, hid_t type, unsigned depth)
{
	if (depth > TYPE_DEPTH)
		return limit(r, "a datatype is nested too deeply");
	if (H5Tget_size(type) == 0)
		return failed(r, "reading the size of a datatype");
	switch (H5Tget_class(type)) {
	case H5T_INTEGER:
	case H5T_FLOAT:
	case H5T_TIME:
	case H5T_STRING:
	case H5T_BITFIELD:
	case H5T_OPAQUE:
	case H5T_REFERENCE:
		return 0;
	case H5T_COMPOUND:
		return check_members(r, type, depth);
	case H5T_ENUM:
	case H5T_VLEN:
	case H5T_ARRAY:
		return check_base(r, type, depth);
	default:
		return failed(r, "a datatype of an unknown class");
	}
}

/* Whether a value takes as much room in the file as in memory. */
static bool is_flat(hid_t type)
{
	return H5Tdetect_class(type, H5T_VLEN) == 0 && H5Tdetect_class(type, H5T_REFERENCE) == 0 && H5Tdetect_class(type, H5T_STRING) == 0;
}

/* Bytes of all elements; UINT64_MAX when 64 bits do not hold them. */
static int data_bytes(struct reader *r, hid_t type, hid_t space, uint64_t *out)
{
	hssize_t n = H5Sget_simple_extent_npoints(space);
	size_t size = H5Tget_size(type);

	if (n < 0 || size == 0)
		return failed(r, "reading an extent");
	if (ay_ckd_mul_u64((uint64_t)n, size, out))
		*out = UINT64_MAX;
	return 0;
}

/* ---- attributes ---- */

/* Text of a variable length: the library allocates each string. */
static int read_strings(struct reader *r, hid_t attr, hid_t type, hid_t space, size_t count, struct ay_buf *out)
{
	hid_t memory = H5Tcopy(H5T_C_S1);
	char **strings = ay_budget_alloc(r->budget, count * sizeof(*strings));
	int rc = 0;

	if (!strings) {
		rc = no_budget(r);
	} else {
		memset(strings, 0, count * sizeof(*strings));
		if (memory < 0 || H5Tset_size(memory, H5T_VARIABLE) < 0 || H5Tset_cset(memory, H5Tget_cset(type)) < 0 || H5Aread(attr, memory, strings) < 0)
			rc = failed(r, "reading the text of an attribute");
		for (size_t i = 0; rc == 0 && i < count; i++)
			if (strings[i])
				(void)ay_buf_adds(out, strings[i]);
		if (memory >= 0)
			(void)H5Dvlen_reclaim(memory, space, H5P_DEFAULT, strings);
	}
	if (memory >= 0)
		(void)H5Tclose(memory);
	ay_budget_free(r->budget, strings);
	return rc;
}

/* All bytes of an attribute of text or bytes; nothing when it is of numbers. */
static int read_bytes(struct reader *r, hid_t attr, hid_t type, hid_t space, struct ay_buf *out)
{
	H5T_class_t class = H5Tget_class(type);
	bool text = class == H5T_STRING, bytes = class == H5T_OPAQUE || (class == H5T_INTEGER && H5Tget_size(type) == 1);
	uint64_t len = 0;
	uint8_t *p;
	int rc = data_bytes(r, type, space, &len);

	if (rc < 0 || !(text || bytes) || len == 0)
		return rc;
	if (text && H5Tis_variable_str(type) > 0) {
		size_t count = (size_t)(len / sizeof(char *));

		return count > AY_LIMIT_JSON_KEYS ? limit(r, "an attribute of too many texts") : read_strings(r, attr, type, space, count, out);
	}
	if (len > AY_LIMIT_JSON_STRING)
		return limit(r, "an attribute of too many bytes");
	p = ay_buf_reserve(out, (size_t)len);
	if (!p)
		return no_budget(r);
	if (H5Aread(attr, type, p) < 0)
		return failed(r, "reading an attribute");
	ay_buf_grew(out, (size_t)len);
	return 0;
}

static int open_and_read(struct reader *r, hid_t object, const char *name, bool *text_out, struct ay_buf *out)
{
	hid_t attr = H5Aopen(object, name, H5P_DEFAULT);
	hid_t type = attr < 0 ? -1 : H5Aget_type(attr);
	hid_t space = type < 0 ? -1 : H5Aget_space(attr);
	int rc = space < 0 ? failed(r, "opening an attribute") : check_type(r, type, 0);

	if (rc == 0 && H5Aget_storage_size(attr) > r->in->size) {
		ay_scan_find(r->scan, "hdf5.layout", AY_NO_OFFSET, "the attribute %s of %s is larger than the file", name, r->path);
		rc = r->rc = AY_EFORMAT;
		r->why[0] = '\0';
	}
	if (rc == 0)
		rc = read_bytes(r, attr, type, space, out);
	*text_out = type >= 0 && H5Tget_class(type) == H5T_STRING;
	rc = shut(r, space, rc);
	rc = shut(r, type, rc);
	return shut(r, attr, rc);
}

/* Keras cuts a long text into NAME0, NAME1 ...; all of them are read with the first. */
static int read_rest(struct reader *r, hid_t object, const char *base, bool *text, struct ay_buf *out)
{
	char name[96];
	htri_t more = 1;

	for (unsigned i = 1; more > 0 && *text; i++) {
		int rc;

		snprintf(name, sizeof(name), "%s%u", base, i);
		more = H5Aexists(object, name);
		if (more < 0)
			return failed(r, "looking for an attribute");
		rc = more > 0 ? open_and_read(r, object, name, text, out) : 0;
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int judge_attribute(struct reader *r, hid_t object, const char *name)
{
	struct ay_buf b = ay_buf_new(AY_LIMIT_JSON_STRING);
	char base[64];
	bool cut = ay_hdf5_cut_config(name, base, sizeof(base)), text = false;
	int rc = open_and_read(r, object, name, &text, &b);

	if (rc == 0 && cut)
		rc = read_rest(r, object, base, &text, &b);
	if (rc == 0 && b.err)
		rc = no_budget(r);
	if (rc == 0)
		rc = ay_hdf5_attribute(r->scan, r->path, name, cut ? base : NULL, text, &b);
	r->rc = r->rc ? r->rc : rc;
	ay_buf_free(&b);
	return rc;
}

static herr_t on_attribute(hid_t object, const char *name, const H5A_info_t *info, void *arg)
{
	struct reader *r = arg;

	(void)info;
	return r->rc < 0 || judge_attribute(r, object, name) < 0 ? -1 : 0;
}

/* ---- datasets ---- */

static int check_filters(struct reader *r, hid_t plist)
{
	int n = H5Pget_nfilters(plist);

	r->plain = true;
	if (n < 0 || n > MAX_FILTERS)
		return failed(r, "counting the filters of a dataset");
	for (int i = 0; i < n; i++) {
		unsigned flags, config;
		size_t values = 0;
		char name[64] = "";
		H5Z_filter_t id = H5Pget_filter2(plist, (unsigned)i, &flags, &values, NULL, sizeof(name), name, &config);

		if (id < 0)
			return failed(r, "reading a filter of a dataset");
		r->plain &= id != H5Z_FILTER_SZIP;
		if (id != H5Z_FILTER_DEFLATE && id != H5Z_FILTER_SHUFFLE && id != H5Z_FILTER_FLETCHER32 && id != H5Z_FILTER_SZIP)
			ay_scan_find(r->scan, "hdf5.filter", AY_NO_OFFSET, "%s is stored through filter %d (%s)", r->path, (int)id, *name ? name : "no name");
	}
	return 0;
}

static bool is_heaped(hid_t type)
{
	return H5Tget_class(type) == H5T_STRING && H5Tis_variable_str(type) != 0;
}

/* What an item is, as far as a tensor can hold it. */
static void describe_item(hid_t type, struct ay_hdf5_array *a)
{
	H5T_class_t class = H5Tget_class(type);
	hid_t base = class == H5T_ENUM ? H5Tget_super(type) : H5Tcopy(type);
	size_t sign = 0, at = 0, exponent = 0, low = 0, mantissa = 0;

	a->size = H5Tget_size(type);
	/* Padding inside of an item, and orders of old machines, are not described further. */
	if (base >= 0 && H5Tget_precision(base) == 8 * a->size && H5Tget_offset(base) == 0 &&
	    (H5Tget_order(base) == H5T_ORDER_LE || H5Tget_order(base) == H5T_ORDER_BE)) {
		a->big_endian = H5Tget_order(base) == H5T_ORDER_BE;
		a->is_signed = class == H5T_INTEGER && H5Tget_sign(base) == H5T_SGN_2;
		if (class == H5T_FLOAT && H5Tget_fields(base, &sign, &at, &exponent, &low, &mantissa) >= 0 && low == 0 && at == mantissa &&
		    sign == at + exponent && sign + 1 == 8 * a->size && H5Tget_norm(base) == H5T_NORM_IMPLIED) {
			a->exponent = exponent;
			a->mantissa = mantissa;
			a->bias = H5Tget_ebias(base);
		}
	} else {
		a->size = 0;
	}
	if (class == H5T_ENUM)
		a->kind = H5Tget_nmembers(type) == 2 && a->size == 1 ? AY_HDF5_TRUTH : AY_HDF5_OTHER;
	else
		/* How h5py writes complex numbers: numbers that no tensor here can hold, not a structure to leave out. */
		a->kind = class == H5T_COMPOUND && H5Tget_member_index(type, "r") == 0 && H5Tget_member_index(type, "i") == 1 ? AY_HDF5_REAL :
			  class == H5T_INTEGER ? AY_HDF5_WHOLE : class == H5T_FLOAT ? AY_HDF5_REAL : AY_HDF5_OTHER;
	if (class == H5T_STRING) {
		a->kind = is_heaped(type) ? AY_HDF5_HEAPED : AY_HDF5_TEXT;
		a->size = is_heaped(type) ? AY_HDF5_PLACE : H5Tget_size(type);
	}
	if (base >= 0)
		(void)H5Tclose(base);
}

static int extract_dataset(struct reader *r, hid_t set, hid_t type, hid_t space, bool contiguous, uint64_t bytes)
{
	struct ay_hdf5_array a = { .contiguous = contiguous && H5Dget_storage_size(set) == bytes, .bytes = bytes };
	int dims = H5Sget_simple_extent_ndims(space), rc;
	hsize_t shape[AY_LIMIT_TENSOR_DIMS];

	describe_item(type, &a);
	a.dims = dims < 0 || dims > AY_LIMIT_TENSOR_DIMS ? AY_LIMIT_TENSOR_DIMS + 1 : (unsigned)dims;
	if (a.dims <= AY_LIMIT_TENSOR_DIMS && dims > 0 && H5Sget_simple_extent_dims(space, shape, NULL) < 0)
		return failed(r, "reading an extent");
	for (unsigned i = 0; a.dims <= AY_LIMIT_TENSOR_DIMS && i < a.dims; i++)
		a.shape[i] = shape[i];
	/* A dataset of no items has no place. */
	a.contiguous |= bytes == 0;
	a.off = a.contiguous && bytes ? H5Dget_offset(set) : 0;
	rc = ay_hdf5_tensor(r->scan, r->in, r->path, &a);
	if (rc < 0 && r->rc == 0)
		r->rc = rc;
	return rc;
}

/* ---- rows ---- */

static int64_t read_rows(struct ay_source *source, uint64_t off, void *dst, size_t len)
{
	const struct held *h = source->arg;
	const hsize_t start[2] = { off / h->rows.stride }, count[2] = { len / h->rows.stride, h->rows.shape[1] };
	hid_t space = H5Dget_space(h->set), memory = H5Screate_simple((int)h->rows.dims, count, NULL);
	bool good = H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, count, NULL) >= 0 &&
		    H5Dread(h->set, h->memory, memory, space, H5P_DEFAULT, dst) >= 0;

	(void)H5Sclose(space);
	(void)H5Sclose(memory);
	return good ? (int64_t)len : AY_EFORMAT;
}

/* A field of several values is as many columns. */
static int add_item(struct reader *r, struct ay_hdf5_items *t, hid_t type, const char *name, size_t at)
{
	bool several = H5Tget_class(type) == H5T_ARRAY && H5Tget_array_ndims(type) == 1;
	hid_t item = several ? H5Tget_super(type) : H5Tcopy(type);
	struct ay_hdf5_array a = { .kind = AY_HDF5_OTHER };
	hsize_t n = 1;
	int rc = item < 0 || (several && H5Tget_array_dims2(type, &n) < 0) ? failed(r, "reading a datatype") : 0;

	if (rc == 0) {
		describe_item(item, &a);
		if (several && a.kind == AY_HDF5_HEAPED)
			a.kind = AY_HDF5_OTHER;
		rc = ay_hdf5_item(r->budget, t, &a, name, at, several ? n : 0) < 0 ? limit(r, "a dataset has too many fields") : 0;
	}
	return shut(r, item, rc);
}

static int add_items(struct reader *r, struct ay_hdf5_items *t, hid_t type, hid_t memory)
{
	int n = H5Tget_class(type) == H5T_COMPOUND ? H5Tget_nmembers(type) : 0, rc = n ? 0 : add_item(r, t, type, NULL, 0);

	for (int i = 0; rc == 0 && i < n; i++) {
		hid_t field = H5Tget_member_type(type, (unsigned)i);
		char *name = H5Tget_member_name(type, (unsigned)i);

		rc = name && field >= 0 ? add_item(r, t, field, name, H5Tget_member_offset(memory, (unsigned)i)) : failed(r, "reading a field");
		(void)H5free_memory(name);
		rc = shut(r, field, rc);
	}
	return rc;
}

/* The field i, or the place of its text, at the end of the structure that is made. */
static bool add_field(hid_t memory, hid_t type, unsigned i)
{
	hid_t field = H5Tget_member_type(type, i), place = is_heaped(field) ? H5Tcreate(H5T_OPAQUE, AY_HDF5_PLACE) : H5Tcopy(field);
	size_t at = i ? H5Tget_size(memory) : 0;
	char *name = H5Tget_member_name(type, i);
	bool good = name && H5Tset_size(memory, at + H5Tget_size(place)) >= 0 && H5Tinsert(memory, name, at, place) >= 0;

	(void)H5free_memory(name);
	(void)H5Tclose(field);
	(void)H5Tclose(place);
	return good;
}

/* What rows are read as: as they are, but for texts of variable length, of which only the places are read. */
static hid_t memory_type(hid_t type, bool *heaped)
{
	int n = H5Tget_class(type) == H5T_COMPOUND ? H5Tget_nmembers(type) : 0;

	*heaped = is_heaped(type);
	for (int i = 0; i < n && !*heaped; i++) {
		hid_t field = H5Tget_member_type(type, (unsigned)i);

		*heaped = is_heaped(field);
		(void)H5Tclose(field);
	}
	if (!*heaped)
		return H5Tcopy(type);
	if (!n)
		return H5Tcreate(H5T_OPAQUE, AY_HDF5_PLACE);
	hid_t memory = H5Tcreate(H5T_COMPOUND, 1);

	for (int i = 0; i < n; i++)
		if (!add_field(memory, type, (unsigned)i)) {
			(void)H5Tclose(memory);
			return -1;
		}
	return memory;
}

/* Where nothing was written, readers find the fill value: the library would fetch that of a text from the heap. */
static int find_why_unread(struct reader *r, struct held *h, hid_t plist, bool heaped)
{
	H5D_fill_value_t fill = H5D_FILL_VALUE_UNDEFINED;

	if (heaped && H5Pfill_value_defined(plist, &fill) < 0)
		return failed(r, "reading the fill value of a dataset");
	if (!r->plain)
		h->rows.unread = "is not stored plainly, or by gzip";
	else if (fill == H5D_FILL_VALUE_USER_DEFINED)
		h->rows.unread = "has texts of variable length and a fill value";
	return 0;
}

/* The dataset is closed with the file. */
static int hold_rows(struct reader *r, hid_t set, hid_t type, hid_t space, hid_t plist)
{
	struct held *h = ay_budget_alloc(r->budget, sizeof(*h));
	int dims = H5Sget_simple_extent_ndims(space), rc = 0;
	hsize_t shape[H5S_MAX_RANK] = { 0 }, chunk[H5S_MAX_RANK];
	struct ay_hdf5_items items = { .n = 0 };
	bool heaped;

	if (!h)
		return no_budget(r);
	*h = (struct held){ .set = set, .memory = memory_type(type, &heaped), .next = r->held };
	r->held = h;
	if (h->memory < 0)
		return failed(r, "making a datatype");
	h->rows = (struct ay_hdf5_rows){ .source = { .read = read_rows, .arg = h }, .dims = (unsigned)dims, .item = H5Tget_size(h->memory) };
	if (dims < 0 || dims > H5S_MAX_RANK || (dims > 0 && H5Sget_simple_extent_dims(space, shape, NULL) < 0) || H5Iinc_ref(set) < 0)
		rc = failed(r, "reading the extent of a dataset");
	for (int i = 0; rc == 0 && i < dims; i++)
		h->rows.shape[i] = shape[i];
	if (rc == 0 && H5Pget_layout(plist) == H5D_CHUNKED && H5Pget_chunk(plist, H5S_MAX_RANK, chunk) > 0)
		h->rows.chunk_rows = chunk[0];
	if (rc == 0)
		rc = find_why_unread(r, h, plist, heaped);
	if (rc == 0 && heaped && !(h->texts = ay_hdf5_texts_new(r->scan, r->in)))
		rc = no_budget(r);
	items.texts = ay_hdf5_texts_column(h->texts);
	if (rc == 0)
		rc = add_items(r, &items, type, h->memory);
	if (rc == 0)
		rc = ay_hdf5_rows(r->scan, r->path, &h->rows, &items);
	ay_budget_free(r->budget, items.v);
	r->rc = r->rc ? r->rc : rc;
	return rc;
}

/* The datatype and the extent, and that data in one piece is all there. Chunks were counted before the library saw the file. */
static int check_sizes(struct reader *r, hid_t set, hid_t plist)
{
	bool contiguous = H5Pget_layout(plist) == H5D_CONTIGUOUS;
	hid_t type = H5Dget_type(set), space = type < 0 ? -1 : H5Dget_space(set);
	uint64_t bytes = 0, stored;
	int rc = space < 0 ? failed(r, "opening a dataset") : check_type(r, type, 0);

	if (rc == 0)
		rc = data_bytes(r, type, space, &bytes);
	if (rc == 0 && contiguous && is_flat(type)) {
		stored = H5Dget_storage_size(set);
		if (stored > 0 && stored != bytes)
			ay_scan_find(r->scan, "hdf5.layout", AY_NO_OFFSET, "%s has %llu bytes, and %llu are stored", r->path, (unsigned long long)bytes,
				     (unsigned long long)stored);
	}
	if (rc == 0 && ay_scan_extract(r->scan))
		rc = extract_dataset(r, set, type, space, contiguous, bytes);
	else if (rc == 0 && ay_array_set_wanted(r->scan))
		rc = hold_rows(r, set, type, space, plist);
	rc = shut(r, space, rc);
	return shut(r, type, rc);
}

static int judge_dataset(struct reader *r, hid_t set)
{
	hid_t plist = H5Dget_create_plist(set);
	H5D_layout_t layout = plist < 0 ? H5D_LAYOUT_ERROR : H5Pget_layout(plist);
	int external = plist < 0 ? -1 : H5Pget_external_count(plist), rc = 0;

	if (layout == H5D_LAYOUT_ERROR || external < 0)
		rc = failed(r, "reading the properties of a dataset");
	else if (layout == H5D_VIRTUAL)
		ay_scan_find(r->scan, "hdf5.external", AY_NO_OFFSET, "%s is a view of datasets in other files", r->path);
	else if (external > 0)
		ay_scan_find(r->scan, "hdf5.external", AY_NO_OFFSET, "the data of %s is in another file", r->path);
	else
		rc = check_filters(r, plist);
	if (rc == 0 && external == 0 && layout != H5D_VIRTUAL)
		rc = check_sizes(r, set, plist);
	return shut(r, plist, rc);
}

/* ---- groups ---- */

static int judge_object(struct reader *r, hid_t object);

static int follow(struct reader *r, hid_t group, const char *name)
{
	hid_t object = H5Oopen(group, name, H5P_DEFAULT);
	int rc = object < 0 ? failed(r, "opening an object") : judge_object(r, object);

	return shut(r, object, rc);
}

static herr_t on_link(hid_t group, const char *name, const H5L_info_t *info, void *arg)
{
	struct reader *r = arg;
	size_t len = strlen(r->path);
	int rc = r->rc ? r->rc : ay_budget_tick(r->budget);

	snprintf(r->path + len, sizeof(r->path) - len, "/%s", name);
	if (rc < 0 && r->rc == 0)
		r->rc = rc;
	else if (rc == 0 && info->type == H5L_TYPE_HARD)
		rc = follow(r, group, name);
	else if (rc == 0 && info->type == H5L_TYPE_EXTERNAL)
		ay_scan_find(r->scan, "hdf5.external", AY_NO_OFFSET, "%s is a link into another file", r->path);
	else if (rc == 0)
		ay_scan_find(r->scan, "hdf5.link", AY_NO_OFFSET, "%s is a %s", r->path, info->type == H5L_TYPE_SOFT ? "soft link" : "link of an unknown kind");
	r->path[len] = '\0';
	return rc < 0 ? -1 : 0;
}

static int judge_group(struct reader *r, hid_t group)
{
	hsize_t at = 0;
	herr_t done;

	if (r->depth >= AY_LIMIT_PATH_DEPTH)
		return limit(r, "groups are nested too deeply");
	r->depth++;
	done = H5Literate(group, H5_INDEX_NAME, H5_ITER_NATIVE, &at, on_link, r);
	r->depth--;
	return done < 0 ? failed(r, "listing a group") : 0;
}

static int judge_object(struct reader *r, hid_t object)
{
	H5O_info_t info;
	hsize_t at = 0;
	int rc;

	if (H5Oget_info2(object, &info, H5O_INFO_BASIC | H5O_INFO_NUM_ATTRS) < 0)
		return failed(r, "reading an object");
	rc = first_visit(r, info.addr);
	if (rc == 0 && ay_scan_extract(r->scan))
		ay_extract_leave_out(r->scan, r->path, "a second name of something that has one");
	if (rc <= 0)
		return rc;
	rc = 0;
	if (info.type == H5O_TYPE_DATASET)
		rc = judge_dataset(r, object);
	else if (info.type == H5O_TYPE_NAMED_DATATYPE)
		rc = check_type(r, object, 0);
	else if (info.type != H5O_TYPE_GROUP)
		rc = failed(r, "an object of an unknown kind");
	if (rc == 0 && H5Aiterate2(object, H5_INDEX_NAME, H5_ITER_NATIVE, &at, on_attribute, r) < 0)
		rc = failed(r, "listing attributes");
	if (rc == 0 && info.type == H5O_TYPE_GROUP)
		rc = judge_group(r, object);
	return rc;
}

/* ---- the file ---- */

static void judge_file(struct reader *r)
{
	hid_t file = hl_open(r->in, r->budget, &r->file), root = file < 0 ? -1 : H5Oopen(file, "/", H5P_DEFAULT);
	struct ay_array_set set;

	if (file < 0)
		(void)failed(r, "opening the file");
	else if (root < 0)
		(void)failed(r, "opening the root group");
	ay_array_set_begin(&set, r->scan);
	if (root >= 0)
		(void)shut(r, root, judge_object(r, root));
	int rc = ay_array_set_end(&set, r->rc == 0);

	r->rc = r->rc ? r->rc : rc;
	if (file >= 0 && H5Fclose(file) < 0)
		(void)failed(r, "closing the file");
	/* What the library did not give back must not reach for a source that is gone. */
	if (r->file) {
		r->file->in = NULL;
		r->file->owner = NULL;
	}
	(void)H5Eclear2(H5E_DEFAULT);
}

static int judge(struct ay_scan *s, struct ay_source *in)
{
	struct reader r = { .scan = s, .budget = ay_scan_budget(s), .in = in };
	unsigned before = ay_scan_count(s, AY_INCONCLUSIVE);

	judge_file(&r);
	for (struct held *next; r.held; r.held = next) {
		next = r.held->next;
		(void)H5Tclose(r.held->memory);
		ay_hdf5_texts_free(r.held->texts);
		ay_budget_free(r.budget, r.held);
	}
	ay_hdf5_set_free(r.budget, &r.seen);
	if (r.rc < 0)
		ay_hdf5_report(s, r.rc, r.no_memory, r.path, r.why, ay_scan_count(s, AY_INCONCLUSIVE) == before);
	return r.rc == AY_ELIMIT ? r.rc : 0;
}

static const struct ay_hdf5_library library = { .prepare = hl_prepare, .judge = judge };
const struct ay_hdf5_library *const ay_hdf5_library = &library;
