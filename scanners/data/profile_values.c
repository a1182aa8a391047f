/* SPDX-License-Identifier: Apache-2.0 */
#include "scanners/data/profile_code.h"
#include "scanners/data/words.h"

#define MEMO 256
#define FIRST_ROOM 16                           /* times a power of 4 is AY_PROFILE_VALUES_MAX */
#define SLOTS (4 * AY_PROFILE_VALUES_MAX)       /* a power of two; at most a quarter is used */

struct ay_values_memo { struct ay_words text; uint64_t hash[2]; size_t entry; };

int ay_values_init(struct ay_values *c, struct ay_budget *b, const struct ay_sipkey *key)
{
	*c = (struct ay_values){.budget = b, .key = *key};
	c->slots = ay_budget_alloc(b, SLOTS * sizeof(*c->slots));
	if (!c->slots) {
		ay_values_free(c);
		return AY_ELIMIT;
	}
	memset(c->slots, 0, SLOTS * sizeof(*c->slots));
	return 0;
}

/* Most columns have few values, and there may be many columns. */
static int append(struct ay_values *c, const struct ay_counted *e)
{
	if (c->used == c->room) {
		size_t room = c->room ? 4 * c->room : FIRST_ROOM;
		struct ay_counted *more = ay_budget_alloc(c->budget, room * sizeof(*more));

		if (!more)
			return AY_ELIMIT;
		for (size_t i = 0; i < c->used; i++)
			more[i] = c->entries[i];
		ay_budget_free(c->budget, c->entries);
		c->entries = more;
		c->room = room;
	}
	c->entries[c->used++] = *e;
	return 0;
}

static bool same(const struct ay_counted *e, const struct ay_counted *key)
{
	return e->hash[0] == key->hash[0] && e->hash[1] == key->hash[1] && e->len == key->len && !e->bytes == !key->bytes &&
	       (!e->bytes || memcmp(e->bytes, key->bytes, e->len) == 0);
}

/* The slot of this value, or the free one where it belongs. */
static uint16_t *slot_of(const struct ay_values *c, const struct ay_counted *key)
{
	size_t i = (size_t)key->hash[0] % SLOTS;

	while (c->slots[i] && !same(&c->entries[c->slots[i] - 1], key))
		i = (i + 1) % SLOTS;
	return &c->slots[i];
}

static void index_all(struct ay_values *c)
{
	memset(c->slots, 0, SLOTS * sizeof(*c->slots));
	for (size_t i = 0; i < c->used; i++)
		*slot_of(c, &c->entries[i]) = (uint16_t)(i + 1);
}

static int by_count(const void *x, const void *y)
{
	const uint64_t *a = x, *b = y;

	return *a < *b ? -1 : *a > *b;
}

/* Takes the median count off each and drops what is left with none: at least half of the places become free. */
static int thin_out(struct ay_values *c)
{
	uint64_t *counts = ay_budget_alloc(c->budget, c->used * sizeof(*counts)), less;
	size_t kept = 0;

	if (!counts)
		return AY_ELIMIT;
	for (size_t i = 0; i < c->used; i++)
		counts[i] = c->entries[i].count;
	qsort(counts, c->used, sizeof(*counts), by_count);
	less = counts[c->used / 2];
	ay_budget_free(c->budget, counts);
	for (size_t i = 0; i < c->used; i++) {
		struct ay_counted *e = &c->entries[i];

		if (e->count > less) {
			e->count -= less;
			c->entries[kept++] = *e;
		} else {
			ay_budget_free(c->budget, e->bytes);
		}
	}
	c->used = kept;
	c->missed += less;
	c->crowded = true;
	index_all(c);
	return 0;
}

/* key borrows its bytes; a new entry gets its own. */
static int count_value(struct ay_values *c, const struct ay_counted *key, size_t *entry)
{
	uint16_t *slot = slot_of(c, key);
	struct ay_counted e = *key;

	*entry = *slot ? *slot - 1u : c->used;
	if (*slot) {
		c->entries[*slot - 1].count += key->count;
		return 0;
	}
	if (c->fixed) {
		c->unseen += key->count;
		return 0;
	}
	if (c->used == AY_PROFILE_VALUES_MAX) {
		int err = thin_out(c);

		if (err)
			return err;
		slot = slot_of(c, key);
	}
	if (key->bytes) {
		e.bytes = ay_budget_alloc(c->budget, key->len + 1u);
		if (!e.bytes)
			return AY_ELIMIT;
		memcpy(e.bytes, key->bytes, key->len);    /* own: len is that of the allocation */
	}
	if (append(c, &e) != 0) {
		ay_budget_free(c->budget, e.bytes);
		return AY_ELIMIT;
	}
	*slot = (uint16_t)c->used;
	return 0;
}

static void forget(struct ay_values *c)
{
	for (size_t i = 0; c->memo && i < MEMO; i++)
		c->memo[i].text = AY_WORDS_NONE;
}

int ay_values_like(struct ay_values *c, struct ay_budget *b, const struct ay_values *ref)
{
	int err = ay_values_init(c, b, &ref->key);

	for (size_t i = 0; i < ref->used && !err; i++) {
		struct ay_counted e = ref->entries[i];
		size_t at;

		e.count = 0;
		err = count_value(c, &e, &at);
	}
	if (err) {
		ay_values_free(c);
		return err;
	}
	c->crowded = ref->crowded;
	c->fixed = true;
	c->memo = ay_budget_alloc(b, MEMO * sizeof(*c->memo));
	if (!c->memo) {
		ay_values_free(c);
		return AY_ELIMIT;
	}
	forget(c);
	return 0;
}

/* Borrows the bytes. */
static struct ay_counted key_of(const struct ay_values *c, const void *bytes, size_t len)
{
	static const uint8_t nothing[1];
	struct ay_counted key = {.count = 1, .len = (uint32_t)len};
	union { const void *in; uint8_t *out; } borrowed = {.in = len ? bytes : nothing};

	ay_siphash128(&c->key, bytes, len, key.hash);
	if (len <= AY_PROFILE_VALUE_LEN)
		key.bytes = borrowed.out;
	return key;
}

size_t ay_values_find(const struct ay_values *c, const void *bytes, size_t len, uint64_t *hash)
{
	struct ay_counted key = key_of(c, bytes, len);
	uint16_t slot = *slot_of(c, &key);

	*hash = key.hash[0];
	return slot && len <= UINT32_MAX ? slot - 1u : c->used;
}

static void count_hashed(struct ay_values *c, const uint64_t hash[2])
{
	c->rows++;
	c->buckets[hash[1] % AY_PROFILE_BUCKETS]++;
	ay_distinct_add(&c->distinct, hash[0]);
}

int ay_values_place(struct ay_values *c, const void *bytes, size_t len, size_t *entry, uint64_t *hash)
{
	struct ay_words text = c->memo && len <= AY_WORDS_MAX ? ay_words_of(bytes, len) : AY_WORDS_NONE;
	struct ay_values_memo *memo = text.len == len ? &c->memo[ay_words_slot(&text, MEMO)] : NULL;
	struct ay_counted key;
	int err;

	if (c->rows >= AY_PROFILE_ROWS_MAX || len > UINT32_MAX)
		return AY_ELIMIT;
	if (memo && ay_words_eq(&memo->text, &text)) {
		*entry = memo->entry;
		*hash = memo->hash[0];
		*(memo->entry < c->used ? &c->entries[memo->entry].count : &c->unseen) += 1;
		count_hashed(c, memo->hash);
		return 0;
	}
	key = key_of(c, bytes, len);
	err = count_value(c, &key, entry);
	if (err)
		return err;
	count_hashed(c, key.hash);
	*hash = key.hash[0];
	if (memo)
		*memo = (struct ay_values_memo){text, {key.hash[0], key.hash[1]}, *entry};
	return 0;
}

int ay_values_add(struct ay_values *c, const void *bytes, size_t len)
{
	uint64_t hash;
	size_t entry;

	return ay_values_place(c, bytes, len, &entry, &hash);
}

int ay_values_add_null(struct ay_values *c)
{
	if (c->rows >= AY_PROFILE_ROWS_MAX)
		return AY_ELIMIT;
	c->rows++;
	c->null++;
	return 0;
}

uint64_t ay_values_count(const struct ay_values *c, const struct ay_counted *entry)
{
	uint16_t slot = *slot_of(c, entry);

	return slot ? c->entries[slot - 1].count : 0;
}

static bool same_dictionary(const struct ay_values *c, const struct ay_values *other)
{
	if (c->used != other->used || c->crowded != other->crowded)
		return false;
	for (size_t i = 0; i < other->used; i++)
		if (!*slot_of(c, &other->entries[i]))
			return false;
	return true;
}

int ay_values_merge(struct ay_values *c, const struct ay_values *other)
{
	size_t at;
	int err = 0;

	if (c->key.k0 != other->key.k0 || c->key.k1 != other->key.k1 || c->fixed != other->fixed || (c->fixed && !same_dictionary(c, other)))
		return AY_EUSAGE;
	if (other->rows > AY_PROFILE_ROWS_MAX - c->rows)
		return AY_ELIMIT;
	for (size_t i = 0; i < other->used && !err; i++)
		err = count_value(c, &other->entries[i], &at);
	if (err)
		return err;
	for (size_t i = 0; i < AY_PROFILE_BUCKETS; i++)
		c->buckets[i] += other->buckets[i];
	c->rows += other->rows;
	c->null += other->null;
	c->unseen += other->unseen;
	c->missed += other->missed;
	c->crowded |= other->crowded;
	ay_distinct_merge(&c->distinct, &other->distinct);
	return 0;
}

static int by_bytes(const void *x, const void *y)
{
	const struct ay_counted *a = x, *b = y;
	int order;

	if (!a->bytes != !b->bytes)
		return a->bytes ? -1 : 1;
	if (a->len != b->len)
		return a->len < b->len ? -1 : 1;
	order = a->bytes ? memcmp(a->bytes, b->bytes, a->len) : 0;
	if (order || a->bytes)
		return order;
	for (int i = 0; i < 2; i++)
		if (a->hash[i] != b->hash[i])
			return a->hash[i] < b->hash[i] ? -1 : 1;
	return 0;
}

#define VALUES_VERSION 2
enum { FIXED = 1, CROWDED = 2 };

void ay_values_encode(struct ay_values *c, bool distinct, struct ay_buf *b)
{
	const uint64_t sums[] = {c->missed, c->rows, c->null, c->unseen};

	if (c->used)
		qsort(c->entries, c->used, sizeof(*c->entries), by_bytes);
	index_all(c);
	forget(c);
	ay_buf_addc(b, 'v');
	ay_buf_addc(b, VALUES_VERSION);
	ay_buf_addc(b, (uint8_t)((c->fixed ? FIXED : 0) | (c->crowded ? CROWDED : 0)));
	ay_buf_le64(b, c->key.k0);
	ay_buf_le64(b, c->key.k1);
	for (size_t i = 0; i < AY_ARRAY_LEN(sums); i++)
		ay_profile_put_count(b, sums[i]);
	for (size_t i = 0; i < AY_PROFILE_BUCKETS; i++)
		ay_profile_put_count(b, c->buckets[i]);
	ay_buf_le32(b, (uint32_t)c->used);
	for (size_t i = 0; i < c->used; i++) {
		const struct ay_counted *e = &c->entries[i];

		ay_profile_put_count(b, e->len);
		if (e->bytes)
			ay_buf_add(b, e->bytes, e->len);
		else
			for (int k = 0; k < 2; k++)
				ay_buf_le64(b, e->hash[k]);
		ay_profile_put_count(b, e->count);
	}
	ay_profile_put_distinct(b, &c->distinct, distinct);
}

static void take_entry(struct ay_cursor *in, struct ay_values *c)
{
	struct ay_counted e = {.count = 0};
	uint64_t len = ay_pb_varint(in);

	e.len = (uint32_t)len;
	if (len > UINT32_MAX)
		ay_cursor_fail(in, AY_EFORMAT);

	if (e.len <= AY_PROFILE_VALUE_LEN && !in->err) {
		e.bytes = ay_budget_alloc(c->budget, e.len + 1u);
		if (!e.bytes) {
			ay_cursor_fail(in, AY_ELIMIT);
			return;
		}
		ay_cursor_copy(in, e.bytes, e.len);
		ay_siphash128(&c->key, e.bytes, e.len, e.hash);
	} else {
		e.hash[0] = ay_cursor_le64(in);
		e.hash[1] = ay_cursor_le64(in);
	}
	e.count = ay_pb_varint(in);
	if (append(c, &e) != 0) {
		ay_budget_free(c->budget, e.bytes);
		ay_cursor_fail(in, AY_ELIMIT);
		return;
	}
	if (!in->err && c->used > 1 && by_bytes(&c->entries[c->used - 2], &e) >= 0)
		ay_cursor_fail(in, AY_EFORMAT);
}

/* Sums that only adding rows can have made. */
static bool values_plausible(const struct ay_values *c)
{
	uint64_t known = c->unseen, in_buckets = 0;

	if (c->rows > AY_PROFILE_ROWS_MAX || c->null > c->rows || c->unseen > c->rows || c->missed > c->rows || (c->unseen && !c->fixed) ||
	    (c->missed && !c->crowded))
		return false;
	for (size_t i = 0; i < c->used; i++) {
		if (c->entries[i].count > c->rows || (!c->fixed && !c->entries[i].count))
			return false;
		known += c->entries[i].count;
	}
	for (size_t i = 0; i < AY_PROFILE_BUCKETS; i++) {
		if (c->buckets[i] > c->rows)
			return false;
		in_buckets += c->buckets[i];
	}
	return in_buckets == c->rows - c->null && (c->crowded && !c->fixed ? known <= in_buckets : known == in_buckets);
}

int ay_values_decode(struct ay_cursor *in, struct ay_budget *b, struct ay_values *out)
{
	uint8_t kind = ay_cursor_u8(in), version = ay_cursor_u8(in), flags = ay_cursor_u8(in);
	struct ay_sipkey key = {.k0 = ay_cursor_le64(in), .k1 = 0};
	int err;

	key.k1 = ay_cursor_le64(in);
	*out = (struct ay_values){.budget = b};
	if (in->err || kind != 'v' || version != VALUES_VERSION || flags > (FIXED | CROWDED))
		return in->err ? in->err : AY_EFORMAT;
	err = ay_values_init(out, b, &key);
	if (err)
		return err;
	uint64_t *sums[] = {&out->missed, &out->rows, &out->null, &out->unseen};

	for (size_t i = 0; i < AY_ARRAY_LEN(sums); i++)
		*sums[i] = ay_pb_varint(in);
	for (size_t i = 0; i < AY_PROFILE_BUCKETS; i++)
		out->buckets[i] = ay_pb_varint(in);
	out->fixed = flags & FIXED;
	out->crowded = flags & CROWDED;
	size_t n = (size_t)ay_cursor_check_count(in, ay_cursor_le32(in), 2, AY_PROFILE_VALUES_MAX);

	for (size_t i = 0; i < n && !in->err; i++)
		take_entry(in, out);
	ay_profile_take_distinct(in, &out->distinct);
	if (!in->err && values_plausible(out)) {
		index_all(out);
		return 0;
	}
	ay_values_free(out);
	return in->err ? in->err : AY_EFORMAT;
}

void ay_values_free(struct ay_values *c)
{
	for (size_t i = 0; i < c->used; i++)
		ay_budget_free(c->budget, c->entries[i].bytes);
	ay_budget_free(c->budget, c->entries);
	ay_budget_free(c->budget, c->slots);
	ay_budget_free(c->budget, c->memo);
	c->memo = NULL;
	c->entries = NULL;
	c->slots = NULL;
	c->used = c->room = 0;
}
