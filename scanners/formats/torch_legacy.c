/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Torch's format before its zip: pickles of a magic number, a protocol, the
 * writer's system, the object and the storages' keys, then for each key the
 * number of its items and the items.
 */
#include "scanners/formats/pickle.h"
#include "scanners/registry.h"

#define STORAGES_MAX 100000
#define KEY_MAX 128

static const uint8_t magic[] = { 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, '.' };

struct storage {
	char key[KEY_MAX];
	uint64_t items;
	uint32_t item_size;
	bool listed;
	uint64_t off, bytes;       /* of the items in the file, once they are checked */
};

/* Of an extraction: a tensor waits for the place of its storage. */
struct waiting {
	char *name;
	struct ay_layout layout;
	char key[KEY_MAX];
};

struct storages {
	struct ay_scan *s;
	struct storage *list;      /* in the order of first mention */
	size_t len, cap;
	size_t *order;             /* of the last pickle: index into list */
	size_t order_len;
	struct waiting *waiting;
	size_t waiting_len, waiting_cap;
};

static struct storage *find(const struct storages *all, const char *key)
{
	for (size_t i = 0; i < all->len; i++)
		if (strcmp(all->list[i].key, key) == 0)
			return &all->list[i];
	return NULL;
}

static int seen(void *arg, const char *key, uint64_t items, uint32_t item_size)
{
	struct storages *all = arg;
	struct storage *old = find(all, key);

	if (old)
		return old->items == items && old->item_size == item_size ? 0 : AY_EFORMAT;
	if (strlen(key) >= KEY_MAX || all->len == STORAGES_MAX)
		return AY_EFORMAT;
	if (all->len == all->cap) {
		size_t cap = all->cap ? all->cap * 2 : 64;
		void *p = ay_budget_realloc(ay_scan_budget(all->s), all->list, cap * sizeof(*all->list));

		if (!p)
			return AY_ELIMIT;
		all->list = p;
		all->cap = cap;
	}
	all->list[all->len] = (struct storage){ .items = items, .item_size = item_size };
	snprintf(all->list[all->len++].key, KEY_MAX, "%s", key);
	return 0;
}

static int wait_for_storage(void *arg, const char *name, const struct ay_layout *l, const char *key)
{
	struct storages *all = arg;
	struct ay_budget *b = ay_scan_budget(all->s);
	size_t len = strlen(name) + 1;

	if (all->waiting_len == AY_LIMIT_EXTRACT_TENSORS) {
		ay_extract_refuse(all->s, AY_NO_OFFSET, "the file holds more than %d tensors", AY_LIMIT_EXTRACT_TENSORS);
		return 0;
	}
	if (all->waiting_len == all->waiting_cap) {
		size_t cap = all->waiting_cap ? all->waiting_cap * 2 : 64;
		void *p = ay_budget_realloc(b, all->waiting, cap * sizeof(*all->waiting));

		if (!p)
			return AY_ELIMIT;
		all->waiting = p;
		all->waiting_cap = cap;
	}
	struct waiting *one = &all->waiting[all->waiting_len];

	*one = (struct waiting){ .name = ay_budget_alloc(b, len), .layout = *l };
	if (!one->name)
		return AY_ELIMIT;
	snprintf(one->name, len, "%s", name);
	snprintf(one->key, KEY_MAX, "%s", key);
	all->waiting_len++;
	return 0;
}

static int take_tensors(struct ay_source *in, const struct storages *all)
{
	int rc = 0;

	for (size_t i = 0; i < all->waiting_len && rc == 0; i++) {
		const struct waiting *one = &all->waiting[i];
		const struct storage *from = find(all, one->key);
		struct ay_source_window w;
		struct ay_source data;

		/* Storages are written little-endian whatever the machine. */
		if (!from || ay_source_sub(in, from->off, from->bytes, &w, &data) < 0)
			ay_extract_refuse(all->s, AY_NO_OFFSET, "the storage of %s is not there", one->name);
		else
			rc = ay_extract_tensor(all->s, one->name, &one->layout, &data);
	}
	return rc;
}

static int listed(void *arg, const char *key)
{
	struct storages *all = arg;
	struct storage *old = find(all, key);

	if (!old || old->listed)
		return AY_EFORMAT;
	old->listed = true;
	all->order[all->order_len++] = (size_t)(old - all->list);
	return 0;
}

/* PROTO, FRAME from protocol 4 on, and the literal magic. Returns its end, 0 when it is not there. */
static uint64_t after_magic(struct ay_cursor c)
{
	if (ay_cursor_u8(&c) != 0x80)
		return 0;
	unsigned proto = ay_cursor_u8(&c);

	if (proto < 2 || proto > 5)
		return 0;
	if (proto >= 4 && (ay_cursor_u8(&c) != 0x95 || ay_cursor_le64(&c) != sizeof(magic)))
		return 0;
	return ay_cursor_accept(&c, magic, sizeof(magic)) ? c.off : 0;
}

static unsigned bid(struct ay_cursor head, struct ay_source *in, const char *path)
{
	(void)in;
	(void)path;
	return after_magic(head) ? 8 * sizeof(magic) : 0;
}

/* The raw storages fill the rest of the file exactly. */
static int check_storages(struct ay_scan *s, struct ay_source *in, struct storages *all, uint64_t off)
{
	for (size_t i = 0; i < all->order_len; i++) {
		struct storage *one = &all->list[all->order[i]];
		uint8_t count[8];
		uint64_t bytes;
		int rc = ay_budget_tick(ay_scan_budget(s));

		if (rc < 0)
			return rc;
		rc = ay_source_read_full(in, off, count, sizeof(count));
		struct ay_cursor c = ay_cursor_of(count, sizeof(count), off);

		if (rc != 0 || ay_cursor_le64(&c) != one->items) {
			ay_scan_find(s, "torch-legacy.malformed", off, "storage \"%s\" does not begin with its %llu items", one->key,
				     (unsigned long long)one->items);
			return 0;
		}
		if (__builtin_mul_overflow(one->items, (uint64_t)one->item_size, &bytes) || bytes > in->size - c.off) {
			ay_scan_find(s, "torch-legacy.malformed", off, "storage \"%s\" reaches beyond the end of the file", one->key);
			return 0;
		}
		one->off = c.off;
		one->bytes = bytes;
		off = c.off + bytes;
	}
	if (off != in->size)
		ay_scan_find(s, "torch-legacy.malformed", off, "%llu bytes follow the last storage",
			     (unsigned long long)(in->size - off));
	return take_tensors(in, all);
}

static int scan_object(struct ay_scan *s, struct ay_source *in, struct storages *all, uint64_t off)
{
	struct ay_pickle_context object = { .storage_seen = seen, .tensor = wait_for_storage, .arg = all, .persistent = true,
					    .no_joblib = true };
	struct ay_pickle_context keys = { .text_seen = listed, .arg = all, .plain = true, .no_joblib = true };
	int rc = ay_pickle_scan_one(s, in, off, &object, &off);

	if (rc < 0 || off == UINT64_MAX)
		return rc;
	all->order = ay_budget_alloc(ay_scan_budget(s), (all->len + 1) * sizeof(*all->order));
	if (!all->order) {
		ay_scan_find(s, "limit.memory", off, "no memory left in this scan's budget for %zu storages", all->len);
		return AY_ELIMIT;
	}
	rc = ay_pickle_scan_one(s, in, off, &keys, &off);
	if (rc < 0 || off == UINT64_MAX)
		return rc;
	if (all->order_len != all->len) {
		ay_scan_find(s, "torch-legacy.malformed", off, "%zu storages are used, %zu are listed", all->len, all->order_len);
		return 0;
	}
	return check_storages(s, in, all, off);
}

static int scan(struct ay_scan *s, struct ay_source *in)
{
	static const struct ay_pickle_context plain = { .plain = true, .no_joblib = true };
	uint8_t head[32] = { 0 };
	size_t len = in->size < sizeof(head) ? (size_t)in->size : sizeof(head);
	struct storages all = { .s = s };
	uint64_t off = 0;
	int rc = ay_source_read_full(in, 0, head, len);

	if (rc == 0)
		off = after_magic(ay_cursor_of(head, len, 0));
	if (!off) {
		ay_scan_find(s, "torch-legacy.malformed", 0, "the file does not begin with torch's magic number as a literal");
		return 0;
	}
	/* Protocol and the writer's system: values only. */
	for (int i = 0; i < 2 && off != UINT64_MAX && rc == 0; i++)
		rc = ay_pickle_scan_one(s, in, off, &plain, &off);
	if (rc == 0 && off != UINT64_MAX)
		rc = scan_object(s, in, &all, off);
	for (size_t i = 0; i < all.waiting_len; i++)
		ay_budget_free(ay_scan_budget(s), all.waiting[i].name);
	ay_budget_free(ay_scan_budget(s), all.waiting);
	ay_budget_free(ay_scan_budget(s), all.list);
	ay_budget_free(ay_scan_budget(s), all.order);
	return rc;
}

static const char *const refines[] = { "pickle", NULL };
const struct ay_scanner ay_scanner_torch_legacy = {
	.abi = AY_SCAN_ABI, .name = "torch-legacy", .version = 2, .refines = refines, .bid = bid, .scan = scan,
};
