/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Strict zip. The directory is read once and held against every local header;
 * formats that are zips with rules of their own (torch, npz) go through the
 * same entries.
 */
#ifndef ASSAY_FORMATS_ZIP_H
#define ASSAY_FORMATS_ZIP_H

#include "assay/scan.h"
#include "scanners/spool.h"

struct ay_zip_entry {
	const char *name;                   /* of the zip; a directory's without its slash */
	uint64_t off;                       /* of the local header */
	uint64_t data_off;
	uint64_t compressed, size;          /* bytes */
	uint32_t crc;
	uint16_t method, flags;
	bool directory;
	bool unreadable;                    /* encrypted or of an unknown method: reported */
};

struct ay_zip {
	struct ay_scan *scan;
	struct ay_source *in;
	struct ay_zip_entry *entries;       /* in the order of the archive */
	size_t count;
	char *names;
	uint64_t directory_off;
};

/*
 * Reads and checks the directory and all local headers; what is wrong is
 * reported. 0: the entries can be read, though findings may have been made.
 * AY_EFORMAT: they cannot. Other codes stop the scan. Free in all cases.
 */
AY_MUSTCHECK int ay_zip_open(struct ay_zip *z, struct ay_scan *s, struct ay_source *in);
void ay_zip_free(struct ay_zip *z);

/* Where the end record lies, or false: for bids. */
bool ay_zip_claims(struct ay_cursor head, struct ay_source *in);
/* Calls fn for each name of the directory, unchecked, until it answers false; for bids. Nothing is reported. */
void ay_zip_peek(struct ay_source *in, bool (*fn)(void *arg, const char *name), void *arg);

/* Content of one entry, with sizes and CRC checked; the caller's, until end. */
struct ay_zip_member {
	struct ay_source_window window;
	struct ay_spool spool;
	struct ay_source source;
};
/* 0: m->source may be judged (a wrong CRC of a stored member is reported and does not hinder). AY_EFORMAT: reported, not readable. Other codes stop the scan. end must follow in all cases. */
AY_MUSTCHECK int ay_zip_begin(struct ay_zip *z, const struct ay_zip_entry *e, struct ay_zip_member *m);
void ay_zip_end(struct ay_zip_member *m);
/* begin, the driver, end: for members that nothing special is known about. */
AY_MUSTCHECK int ay_zip_judge(struct ay_zip *z, const struct ay_zip_entry *e, const char *hint);
/* begin, judge as the member, end: for members that the archive's own format explains. Of judge's codes AY_EFORMAT and AY_EUNSUPPORTED go on. */
AY_MUSTCHECK int ay_zip_judge_by(struct ay_zip *z, const struct ay_zip_entry *e, int (*judge)(struct ay_scan *s, struct ay_source *in));
/* Only sizes and CRC: for members whose bytes are inert. */
AY_MUSTCHECK int ay_zip_verify(struct ay_zip *z, const struct ay_zip_entry *e);

#endif
