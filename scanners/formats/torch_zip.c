/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What torch.save writes: one folder with data.pkl, the raw bytes of each
 * storage under data/, and a few small texts. PyTorch takes the folder's name
 * from the first member, and looks names up without regard to case.
 */
#include "scanners/driver.h"
#include "scanners/formats/pickle.h"
#include "scanners/formats/zip.h"
#include "scanners/registry.h"

#define TEXT_MAX 64

struct storage {
	const char *key;                    /* of the entry's name */
	const struct ay_zip_entry *entry;
	bool used;
};

struct archive {
	struct ay_zip zip;
	size_t prefix;                      /* bytes of "NAME/" */
	const struct ay_zip_entry *pickle;
	struct storage *storages;           /* sorted by key */
	size_t count;
	bool big_endian, code;
};

static bool is_pickle_name(const char *name)
{
	const char *slash = strchr(name, '/');

	return slash && strcasecmp(slash + 1, "data.pkl") == 0;
}

/* Stops at the pickle. */
static bool find_pickle(void *arg, const char *name)
{
	bool *found = arg;

	*found = is_pickle_name(name);
	return !*found;
}

static unsigned bid(struct ay_cursor head, struct ay_source *in, const char *path)
{
	bool found = false;

	(void)path;
	if (!ay_zip_claims(head, in))
		return 0;
	ay_zip_peek(in, find_pickle, &found);
	return found ? 64 : 0;
}

static const char *inner_name(const struct archive *a, const struct ay_zip_entry *e)
{
	return e->name + a->prefix;
}

/* The key of data/KEY, or NULL. */
static const char *storage_key(const struct archive *a, const struct ay_zip_entry *e)
{
	const char *name = inner_name(a, e);

	if (e->directory || strncmp(name, "data/", 5) != 0 || name[5] == '\0' || strchr(name + 5, '/'))
		return NULL;
	return name + 5;
}

static bool is_code(const struct archive *a, const struct ay_zip_entry *e)
{
	const char *name = inner_name(a, e);

	return strncasecmp(name, "code/", 5) == 0 || strcasecmp(name, "constants.pkl") == 0;
}

static int by_key(const void *x, const void *y)
{
	const struct storage *a = x, *b = y;

	return strcmp(a->key, b->key);
}

static bool storage_size(void *arg, const char *key, uint64_t *bytes_out)
{
	struct archive *a = arg;
	struct storage wanted = { .key = key };
	struct storage *found = a->count ? bsearch(&wanted, a->storages, a->count, sizeof(*found), by_key) : NULL;

	if (!found)
		return false;
	found->used = true;
	*bytes_out = found->entry->size;
	return true;
}

/* One folder, one data.pkl, no code. AY_EFORMAT: reported, nothing more to judge. */
static int check_layout(struct archive *a)
{
	struct ay_scan *s = a->zip.scan;
	const char *first = a->zip.count ? a->zip.entries[0].name : "";

	size_t len = strcspn(first, "/");

	if (a->zip.count > 0 && first[len] == '\0' && !a->zip.entries[0].directory) {
		ay_scan_find(s, "torch.layout", 0, "the first member, %s, is not in a folder", first);
		return AY_EFORMAT;
	}
	a->prefix = len + 1;
	for (size_t i = 0; i < a->zip.count; i++) {
		const struct ay_zip_entry *e = &a->zip.entries[i];
		bool same = strncmp(e->name, first, len) == 0;

		if (same && e->directory && e->name[len] == '\0')
			continue;
		if (!same || e->name[len] != '/') {
			ay_scan_find(s, "torch.layout", e->off, "%s is not in the folder of the first member, %s", e->name, first);
			return AY_EFORMAT;
		}
		if (is_code(a, e) && !a->code)
			ay_scan_find(s, "torch.torchscript", e->off, "the archive holds code in %s", e->name);
		a->code = a->code || is_code(a, e);
		/* Tensors are read beside the code, which is not. */
		if (a->code && !ay_scan_extract(s))
			return AY_EFORMAT;
		if (strcmp(inner_name(a, e), "data.pkl") == 0 && !e->directory)
			a->pickle = e;
	}
	if (!a->pickle)
		ay_scan_find(s, "torch.layout", AY_NO_OFFSET, "there is no data.pkl in the folder of the first member");
	return a->pickle ? 0 : AY_EFORMAT;
}

static int collect_storages(struct archive *a)
{
	a->storages = ay_budget_alloc(ay_scan_budget(a->zip.scan), a->zip.count * sizeof(*a->storages));
	if (!a->storages)
		return AY_ELIMIT;
	for (size_t i = 0; i < a->zip.count; i++) {
		const char *key = storage_key(a, &a->zip.entries[i]);

		if (key)
			a->storages[a->count++] = (struct storage){ .key = key, .entry = &a->zip.entries[i] };
	}
	qsort(a->storages, a->count, sizeof(*a->storages), by_key);
	return 0;
}

/* A tensor of the pickle, from the member that is its storage. */
static int take_tensor(void *arg, const char *name, const struct ay_layout *l, const char *key)
{
	struct archive *a = arg;
	struct storage wanted = { .key = key };
	struct storage *found = a->count ? bsearch(&wanted, a->storages, a->count, sizeof(*found), by_key) : NULL;
	struct ay_layout layout = *l;
	struct ay_source_window w;
	struct ay_zip_member m;
	struct ay_source data;
	int rc;

	if (!found)
		return 0;
	layout.swap = a->big_endian;
	/* Its CRC is checked when its turn comes. */
	if (found->entry->method == 0 && !found->entry->unreadable &&
	    ay_source_sub(a->zip.in, found->entry->data_off, found->entry->size, &w, &data) == 0)
		return ay_extract_tensor(a->zip.scan, name, &layout, &data);
	rc = ay_zip_begin(&a->zip, found->entry, &m);
	if (rc == 0)
		rc = ay_extract_tensor(a->zip.scan, name, &layout, &m.source);
	ay_zip_end(&m);
	return rc == AY_EFORMAT || rc == AY_EUNSUPPORTED ? 0 : rc;
}

static int judge_pickle(struct archive *a)
{
	struct ay_scan *s = a->zip.scan;
	struct ay_pickle_context ctx = { .storage_size = storage_size, .tensor = take_tensor, .arg = a, .persistent = true,
					 .no_joblib = true, .torchscript = a->code };
	struct ay_zip_member m;
	struct ay_scan_frame frame;
	int rc = ay_zip_begin(&a->zip, a->pickle, &m);

	if (rc == 0) {
		rc = ay_scan_enter(s, a->pickle->name, &frame);
		if (rc == 0) {
			rc = ay_pickle_scan(s, &m.source, &ctx);
			ay_scan_leave(s, &frame);
		}
	}
	ay_zip_end(&m);
	return rc == AY_EFORMAT || rc == AY_EUNSUPPORTED ? 0 : rc;
}

/* The characters that a small text may have; NULL: it is no such text. */
static const char *text_alphabet(const char *name)
{
	static const char digits[] = "0123456789\n";
	static const struct {
		const char *name, *alphabet;
	} texts[] = {
		{ "version", digits }, { ".format_version", digits }, { ".storage_alignment", digits },
		{ ".data/serialization_id", digits }, { ".data/version", digits }, { "byteorder", "biglte" },
	};

	for (size_t i = 0; i < AY_ARRAY_LEN(texts); i++)
		if (strcmp(texts[i].name, name) == 0)
			return texts[i].alphabet;
	return NULL;
}

static int judge_text(struct archive *a, const struct ay_zip_entry *e, const char *alphabet)
{
	struct ay_buf b = ay_buf_new(TEXT_MAX);
	struct ay_zip_member m;
	struct ay_cursor c;
	int rc = ay_zip_begin(&a->zip, e, &m);
	bool good = false;

	if (rc == 0 && m.source.size <= TEXT_MAX) {
		rc = ay_source_load(&m.source, 0, (size_t)m.source.size, &b, &c);
		good = rc == 0 && b.len > 0 && strspn(ay_buf_str(&b), alphabet) == b.len;
	}
	if (rc == 0 && !good)
		ay_scan_find(a->zip.scan, "torch.layout", e->data_off, "%s is not the short text that torch.save writes", e->name);
	ay_zip_end(&m);
	ay_buf_free(&b);
	return rc == AY_EFORMAT ? 0 : rc;
}

/* What torch.save says of the storages; absent in files before torch 2.1, which are little-endian. */
static int read_byte_order(struct archive *a)
{
	struct ay_scan *s = a->zip.scan;
	int rc = 0;

	for (size_t i = 0; i < a->zip.count && rc == 0; i++) {
		const struct ay_zip_entry *e = &a->zip.entries[i];
		struct ay_buf b = ay_buf_new(TEXT_MAX);
		struct ay_zip_member m;
		struct ay_cursor c;

		if (e->directory || strcmp(inner_name(a, e), "byteorder") != 0)
			continue;
		rc = ay_zip_begin(&a->zip, e, &m);
		if (rc == 0 && (m.source.size > TEXT_MAX || ay_source_load(&m.source, 0, (size_t)m.source.size, &b, &c) < 0))
			rc = AY_EFORMAT;
		a->big_endian = rc == 0 && strcmp(ay_buf_str(&b), "big") == 0;
		if (rc == 0 && !a->big_endian && strcmp(ay_buf_str(&b), "little") != 0)
			ay_extract_refuse(s, e->off, "the byte order of the storages is neither little nor big");
		ay_zip_end(&m);
		ay_buf_free(&b);
	}
	return rc;
}

static int judge_member(struct archive *a, const struct ay_zip_entry *e)
{
	const char *alphabet;

	if (e->directory)
		return 0;
	if (e == a->pickle)
		return judge_pickle(a);
	if (storage_key(a, e))
		return ay_zip_verify(&a->zip, e);
	if (is_code(a, e))
		return 0;
	alphabet = text_alphabet(inner_name(a, e));
	return alphabet ? judge_text(a, e, alphabet) : ay_zip_judge(&a->zip, e, NULL);
}

static void report_unused(struct archive *a)
{
	for (size_t i = 0; i < a->count; i++)
		if (!a->storages[i].used)
			ay_scan_find(a->zip.scan, "torch.storage-unused", a->storages[i].entry->off, "%s is not named by the pickle",
				     a->storages[i].entry->name);
}

static int scan(struct ay_scan *s, struct ay_source *in)
{
	struct archive a = { .prefix = 0 };
	int rc = ay_zip_open(&a.zip, s, in);

	if (rc == 0)
		rc = check_layout(&a);
	if (rc == 0)
		rc = collect_storages(&a);
	if (rc == 0 && ay_scan_extract(s))
		rc = read_byte_order(&a);
	for (size_t i = 0; rc == 0 && i < a.zip.count; i++)
		rc = judge_member(&a, &a.zip.entries[i]);
	if (rc == 0 && ay_scan_count(s, AY_INCONCLUSIVE) == 0)
		report_unused(&a);
	ay_budget_free(ay_scan_budget(s), a.storages);
	ay_zip_free(&a.zip);
	return rc == AY_EFORMAT ? 0 : rc;
}

static const char *const refined[] = { "zip", NULL };
const struct ay_scanner ay_scanner_torch_zip = {
	.abi = AY_SCAN_ABI, .flags = AY_SCANNER_CONTAINER, .name = "torch-zip", .version = 2, .refines = refined, .bid = bid, .scan = scan,
};
