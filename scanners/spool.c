/* SPDX-License-Identifier: Apache-2.0 */
#include "scanners/spool.h"

#include <errno.h>
#include <inttypes.h>

#include "assay/fd.h"

/* Beyond this many bytes a spool moves to the scratch file. */
#define MEMORY_MAX (32 * MIB)
#define MEMORY_FIRST (64 * KIB)

static int scratch_fd = -1;
static uint64_t scratch_used;
static bool scratch_written;

void ay_scratch_fd(int fd)
{
	scratch_fd = fd;
	scratch_used = 0;
	scratch_written = true;    /* who knows */
}

int ay_scratch_clear(void)
{
	if (scratch_fd >= 0 && scratch_written && ftruncate(scratch_fd, 0) != 0)
		return -errno;
	scratch_written = false;
	return 0;
}

void ay_spool_begin(struct ay_spool *sp, struct ay_scan *s, uint64_t compressed)
{
	*sp = (struct ay_spool){ .scan = s, .compressed = compressed };
}

int ay_spool_announce(struct ay_spool *sp, uint64_t size)
{
	if (size > AY_LIMIT_SCAN_RATIO_FREE && (size - AY_LIMIT_SCAN_RATIO_FREE) / AY_LIMIT_SCAN_RATIO >= sp->compressed) {
		ay_scan_find(sp->scan, "limit.ratio", AY_NO_OFFSET,
			     "%" PRIu64 " compressed bytes expand to at least %" PRIu64 ", more than %d times as many", sp->compressed, size,
			     AY_LIMIT_SCAN_RATIO);
		return AY_ELIMIT;
	}
	if (size > sp->size && size - sp->size > ay_scan_budget(sp->scan)->expanded_left) {
		ay_scan_find(sp->scan, "limit.expanded", AY_NO_OFFSET, "the compressed content of the file expands to more than %llu bytes",
			     AY_LIMIT_SCAN_EXPANDED);
		return AY_ELIMIT;
	}
	return 0;
}

static int write_scratch(struct ay_spool *sp, uint64_t off, const void *bytes, size_t len)
{
	scratch_written = true;

	int rc = ay_pwrite_full(scratch_fd, bytes, len, sp->scratch_off + off);

	if (rc == -ENOSPC || rc == -EDQUOT || rc == -EFBIG) {
		ay_scan_find(sp->scan, "limit.memory", AY_NO_OFFSET, "the scratch file is full after %" PRIu64 " bytes", sp->scratch_off + off);
		return AY_ELIMIT;
	}
	if (rc < 0)
		ay_scan_find(sp->scan, "scan.error", AY_NO_OFFSET, "the scratch file cannot be written: %s", ay_strerror(rc));
	return rc;
}

static int move_to_scratch(struct ay_spool *sp)
{
	int rc;

	if (scratch_fd < 0) {
		ay_scan_find(sp->scan, "limit.memory", AY_NO_OFFSET, "expands to more than %zu bytes, and there is no scratch file", sp->room);
		return AY_ELIMIT;
	}
	sp->scratch_off = scratch_used;
	sp->in_scratch = true;
	rc = write_scratch(sp, 0, sp->memory, (size_t)sp->size);
	ay_budget_free(ay_scan_budget(sp->scan), sp->memory);
	sp->memory = NULL;
	return rc;
}

/* Makes memory for size bytes; false when they must go to the scratch file. */
static bool grow(struct ay_spool *sp, uint64_t size)
{
	size_t want = sp->room ? sp->room : MEMORY_FIRST;
	uint8_t *fresh;

	if (size <= sp->room)
		return true;
	if (size > MEMORY_MAX)
		return false;
	while (want < size)
		want *= 2;
	fresh = ay_budget_realloc(ay_scan_budget(sp->scan), sp->memory, want);
	if (!fresh)
		return false;
	sp->memory = fresh;
	sp->room = want;
	return true;
}

int ay_spool_write(struct ay_spool *sp, const void *bytes, size_t len)
{
	struct ay_budget *b = ay_scan_budget(sp->scan);
	int rc = ay_spool_announce(sp, sp->size + len);

	if (rc < 0)
		return rc;
	if (!sp->in_scratch && !grow(sp, sp->size + len))
		rc = move_to_scratch(sp);
	if (rc < 0)
		return rc;
	if (sp->in_scratch)
		rc = write_scratch(sp, sp->size, bytes, len);
	else
		memcpy(sp->memory + sp->size, bytes, len); /* own: grow() made the room */
	if (rc < 0)
		return rc;
	b->expanded_left -= len;
	sp->size += len;
	if (sp->in_scratch)
		scratch_used = sp->scratch_off + sp->size;
	return 0;
}

int ay_spool_take(struct ay_spool *sp, uint8_t *bytes, size_t len)
{
	int rc = ay_spool_announce(sp, len);

	sp->memory = bytes;
	sp->room = len;
	if (rc < 0)
		return rc;
	sp->size = len;
	ay_scan_budget(sp->scan)->expanded_left -= len;
	return 0;
}

int ay_spool_put_away(struct ay_spool *sp)
{
	int rc = move_to_scratch(sp);

	if (rc == 0)
		scratch_used = sp->scratch_off + sp->size;
	return rc;
}

static int64_t scratch_read(struct ay_source *s, uint64_t off, void *dst, size_t len)
{
	struct ay_spool *sp = s->arg;
	int rc;

	if (off >= sp->size)
		return 0;
	if (len > sp->size - off)
		len = (size_t)(sp->size - off);
	rc = ay_pread_full(scratch_fd, dst, len, sp->scratch_off + off);
	return rc < 0 ? rc : (int64_t)len;
}

struct ay_source ay_spool_source(struct ay_spool *sp)
{
	if (!sp->in_scratch)
		return ay_source_memory(sp->memory, (size_t)sp->size);
	return (struct ay_source){ .size = sp->size, .read = scratch_read, .arg = sp };
}

void ay_spool_free(struct ay_spool *sp)
{
	ay_budget_free(ay_scan_budget(sp->scan), sp->memory);
	sp->memory = NULL;
	if (!sp->in_scratch)
		return;
	/* Gives the space back; when that fails the quota still bounds it. */
	if (ftruncate(scratch_fd, (off_t)sp->scratch_off) == 0)
		scratch_used = sp->scratch_off;
	sp->in_scratch = false;
}
