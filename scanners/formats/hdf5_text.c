/* SPDX-License-Identifier: Apache-2.0 */
#include "scanners/formats/hdf5.h"

#include "scanners/driver.h"
#include "scanners/registry.h"

#define SUPERBLOCK_MAX 96
#define UNDEFINED UINT64_MAX

struct superblock {
	unsigned version, address_bytes, length_bytes, status;
	uint64_t base, end, extension, driver;
};

static int read_superblock(struct ay_source *in, struct superblock *b)
{
	struct ay_buf bytes = ay_buf_new(SUPERBLOCK_MAX);
	struct ay_cursor c;
	int rc = ay_source_load(in, 0, in->size < SUPERBLOCK_MAX ? (size_t)in->size : SUPERBLOCK_MAX, &bytes, &c);

	*b = (struct superblock){ .extension = UNDEFINED, .driver = UNDEFINED };
	if (rc == 0) {
		ay_cursor_skip(&c, AY_HDF5_SIGNATURE_LEN);
		b->version = ay_cursor_u8(&c);
		if (b->version < 2)
			ay_cursor_skip(&c, 4);
		b->address_bytes = ay_cursor_u8(&c);
		b->length_bytes = ay_cursor_u8(&c);
		if (b->version < 2) {
			ay_cursor_skip(&c, b->version == 1 ? 13 : 9);
			b->base = ay_cursor_le64(&c);
			ay_cursor_skip(&c, 8);
			b->end = ay_cursor_le64(&c);
			b->driver = ay_cursor_le64(&c);
		} else {
			b->status = ay_cursor_u8(&c);
			b->base = ay_cursor_le64(&c);
			b->extension = ay_cursor_le64(&c);
			b->end = ay_cursor_le64(&c);
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

int ay_hdf5_superblock(struct ay_scan *s, struct ay_source *in)
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
	return b.end < in->size ? refuse(s, "hdf5.layout", "bytes follow the end that the superblock gives") : 0;
}

bool ay_hdf5_is_config(const char *name, enum ay_keras_mode *mode_out)
{
	*mode_out = strcmp(name, "training_config") == 0 ? AY_KERAS_TRAINING : AY_KERAS_LEGACY;
	return *mode_out == AY_KERAS_TRAINING || strcmp(name, "model_config") == 0;
}

int ay_hdf5_config(struct ay_scan *s, const char *name, enum ay_keras_mode mode, const void *bytes, size_t len)
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

int ay_hdf5_attribute(struct ay_scan *s, const char *object, const char *name, const void *bytes, size_t len)
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
