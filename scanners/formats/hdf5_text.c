/* SPDX-License-Identifier: Apache-2.0 */
#include "scanners/formats/hdf5.h"

#include "assay/extract.h"
#include "scanners/driver.h"
#include "scanners/registry.h"

#define SUPERBLOCK_MAX 100
#define UNDEFINED UINT64_MAX
#define K_MAX 16384
#define FIRST_SLOTS 1024

struct superblock {
	unsigned version, address_bytes, length_bytes, status;
	uint64_t base, end, extension, driver;
	struct ay_hdf5_super more;
};

/* What HDF5 takes where the superblock says nothing. */
static const struct ay_hdf5_super defaults = { .leaf_k = 4, .group_k = 16, .chunk_k = 32 };

/* Of version 0 and 1, behind the sizes of addresses. */
static void read_old(struct ay_cursor *c, struct superblock *b)
{
	ay_cursor_skip(c, 1);
	b->more.leaf_k = ay_cursor_le16(c);
	b->more.group_k = ay_cursor_le16(c);
	ay_cursor_skip(c, 4);
	if (b->version == 1) {
		b->more.chunk_k = ay_cursor_le16(c);
		ay_cursor_skip(c, 2);
	}
	b->base = ay_cursor_le64(c);
	ay_cursor_skip(c, 8);
	b->end = ay_cursor_le64(c);
	b->driver = ay_cursor_le64(c);
	/* The root as an entry of a symbol table. */
	ay_cursor_skip(c, 8);
	b->more.root = ay_cursor_le64(c);
	b->more.cached = ay_cursor_le32(c) == 1;
	ay_cursor_skip(c, 4);
	b->more.tree = ay_cursor_le64(c);
	b->more.heap = ay_cursor_le64(c);
}

static int read_superblock(struct ay_source *in, struct superblock *b)
{
	struct ay_buf bytes = ay_buf_new(SUPERBLOCK_MAX);
	struct ay_cursor c;
	int rc = ay_source_load(in, 0, in->size < SUPERBLOCK_MAX ? (size_t)in->size : SUPERBLOCK_MAX, &bytes, &c);

	*b = (struct superblock){ .extension = UNDEFINED, .driver = UNDEFINED, .more = defaults };
	if (rc == 0) {
		ay_cursor_skip(&c, AY_HDF5_SIGNATURE_LEN);
		b->version = ay_cursor_u8(&c);
		if (b->version < 2)
			ay_cursor_skip(&c, 4);
		b->address_bytes = ay_cursor_u8(&c);
		b->length_bytes = ay_cursor_u8(&c);
		if (b->version < 2) {
			read_old(&c, b);
		} else {
			b->status = ay_cursor_u8(&c);
			b->base = ay_cursor_le64(&c);
			b->extension = ay_cursor_le64(&c);
			b->end = ay_cursor_le64(&c);
			b->more.root = ay_cursor_le64(&c);
		}
		rc = c.err;
	}
	ay_buf_free(&bytes);
	return rc;
}

static int refuse(struct ay_scan *s, const char *rule, const char *why)
{
	ay_scan_find(s, rule, 0, "%s", why);
	return AY_EFORMAT;
}

int ay_hdf5_superblock(struct ay_scan *s, struct ay_source *in, struct ay_hdf5_super *out)
{
	struct superblock b;
	int rc = read_superblock(in, &b);

	if (rc == AY_ETRUNC)
		return refuse(s, "hdf5.truncated", "the file ends within its superblock");
	if (rc < 0)
		return rc;
	if (b.version > 3 || b.address_bytes != 8 || b.length_bytes != 8)
		return refuse(s, "hdf5.unusual", "the superblock is not of version 0 to 3 with addresses of eight bytes");
	if (b.base != 0)
		return refuse(s, "hdf5.layout", "the superblock says that the file starts elsewhere");
	if (b.driver != UNDEFINED)
		return refuse(s, "hdf5.unusual", "the file is one of several that only a special driver puts together");
	if (b.extension != UNDEFINED)
		return refuse(s, "hdf5.unusual", "the superblock has an extension: paged space, shared messages or a cache image");
	if (b.status != 0)
		return refuse(s, "hdf5.malformed", "the file was not closed by its writer");
	if (b.end > in->size)
		return refuse(s, "hdf5.truncated", "the file is shorter than its superblock says");
	if (b.end < in->size)
		return refuse(s, "hdf5.layout", "bytes follow the end that the superblock gives");
	if (b.more.leaf_k == 0 || b.more.leaf_k > K_MAX || b.more.group_k == 0 || b.more.group_k > K_MAX || b.more.chunk_k == 0 || b.more.chunk_k > K_MAX)
		return refuse(s, "hdf5.unusual", "the nodes of the trees have an impossible or unusual size");
	*out = b.more;
	return 0;
}

static size_t slot_of(const uint64_t *slots, size_t room, uint64_t key)
{
	size_t i = (size_t)((key * 0x9e3779b97f4a7c15ull) >> 20) % room;

	while (slots[i] && slots[i] != key)
		i = (i + 1) % room;
	return i;
}

static int grow(struct ay_budget *b, struct ay_hdf5_set *set)
{
	size_t room = set->room ? 2 * set->room : FIRST_SLOTS;
	uint64_t *grown = ay_budget_alloc(b, room * sizeof(*grown));

	if (!grown)
		return AY_ELIMIT;
	memset(grown, 0, room * sizeof(*grown));
	for (size_t i = 0; i < set->room; i++)
		if (set->slots[i])
			grown[slot_of(grown, room, set->slots[i])] = set->slots[i];
	ay_budget_free(b, set->slots);
	set->slots = grown;
	set->room = room;
	return 0;
}

int ay_hdf5_set_add(struct ay_budget *b, struct ay_hdf5_set *set, uint64_t addr)
{
	uint64_t key = addr + 1;    /* no address is the largest number: that stands for none */
	size_t at;

	if (key == 0)
		return 0;
	if (2 * (set->count + 1) > set->room && grow(b, set) < 0)
		return AY_ELIMIT;
	at = slot_of(set->slots, set->room, key);
	if (set->slots[at])
		return 0;
	if (set->count >= 8 * AY_LIMIT_SCAN_MEMBERS)
		return AY_ELIMIT;
	set->slots[at] = key;
	set->count++;
	return 1;
}

void ay_hdf5_set_free(struct ay_budget *b, struct ay_hdf5_set *set)
{
	ay_budget_free(b, set->slots);
	*set = (struct ay_hdf5_set){ .slots = NULL };
}

bool ay_hdf5_is_config(const char *name, enum ay_keras_mode *mode_out)
{
	*mode_out = strcmp(name, "training_config") == 0 ? AY_KERAS_TRAINING : AY_KERAS_LEGACY;
	return *mode_out == AY_KERAS_TRAINING || strcmp(name, "model_config") == 0;
}

static int judge_config(struct ay_scan *s, const char *name, enum ay_keras_mode mode, const void *bytes, size_t len)
{
	struct ay_cursor c = ay_cursor_of(bytes, len, 0);
	struct ay_scan_frame frame;
	struct ay_source in;
	int rc = ay_scan_enter(s, name, &frame);

	if (rc < 0)
		return rc == AY_EUNSUPPORTED ? 0 : rc;
	/* Fixed strings are padded. */
	while (c.left > 0 && ay_cursor_peek(&c, c.left - 1) == 0)
		c.left--;
	in = ay_source_memory(bytes, c.left);
	rc = ay_keras_judge(s, &in, mode);
	ay_scan_leave(s, &frame);
	return rc;
}

/* PyTables and hickle mark what they pickled in datasets, which nobody here unpickles. */
static bool marks_pickles(const char *name, struct ay_cursor c)
{
	if (strcmp(name, "PSEUDOATOM") == 0)
		return ay_cursor_starts(&c, "object", 6);
	return (strcmp(name, "base_type") == 0 || strcmp(name, "type") == 0) && ay_cursor_starts(&c, "pickle", 6);
}

static int judge_bytes(struct ay_scan *s, const char *object, const char *name, const void *bytes, size_t len)
{
	const struct ay_scanner *pickle = ay_scanner_find("pickle");
	struct ay_source in = ay_source_memory(bytes, len);
	struct ay_cursor head = ay_cursor_of(bytes, len < AY_LIMIT_SCAN_HEAD ? len : AY_LIMIT_SCAN_HEAD, 0);
	char member[AY_LIMIT_COMPONENT];

	if (marks_pickles(name, head)) {
		ay_scan_find(s, "hdf5.pickle", AY_NO_OFFSET, "%s holds pickles, says its attribute %s", object, name);
		return 0;
	}
	if (len == 0 || !pickle || pickle->bid(head, &in, "") == 0)
		return 0;
	snprintf(member, sizeof(member), "%s (attribute)", name);
	return ay_scan_member_in(s, member, &in, "pickle");
}

/* "model_config0" is the first part of model_config; the other parts are judged with it, and are no pickles. */
bool ay_hdf5_cut_config(const char *name, char *base, size_t room)
{
	size_t len = strlen(name);
	enum ay_keras_mode mode;

	if (len < 2 || len >= room || name[len - 1] != '0')
		return false;
	snprintf(base, room, "%.*s", (int)(len - 1), name);
	return ay_hdf5_is_config(base, &mode);
}

int ay_hdf5_attribute(struct ay_scan *s, const char *object, const char *name, const char *base, bool text, const struct ay_buf *b)
{
	enum ay_keras_mode mode;
	bool config = ay_hdf5_is_config(base ? base : name, &mode);

	if (config && ay_scan_extract(s))
		ay_extract_leave_out(s, name, "the configuration of a Keras model");
	if (config && text)
		return judge_config(s, base ? base : name, mode, b->data, b->len);
	if (!config)
		return judge_bytes(s, object, name, b->data, b->len);
	ay_scan_find(s, "keras.malformed", AY_NO_OFFSET, "%s of %s is no text", name, object);
	return 0;
}

void ay_hdf5_report(struct ay_scan *s, int code, bool no_memory, const char *path, const char *why, bool untold)
{
	struct ay_error e;

	if (no_memory)
		ay_scan_find(s, "limit.memory", AY_NO_OFFSET, "hdf5: the library has no memory left: %s", why);
	else if (*why || untold)
		ay_scan_find_error(s, "hdf5", code, ay_error_at(&e, code, AY_NO_OFFSET, "%s%s%s", path, *path ? ": " : "", *why ? why : "not read") ? &e : NULL);
}
