/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Symbolic unpickler: runs a pickle over abstract values and reports every
 * global, call and state that the allowlist does not name. Nothing is imported
 * or called. Containers that hold pickles (torch zip, npy, legacy torch) call
 * it with what they know.
 */
#ifndef ASSAY_FORMATS_PICKLE_H
#define ASSAY_FORMATS_PICKLE_H

#include <stdbool.h>
#include <stdint.h>
#include "assay/extract.h"
#include "assay/scan.h"

struct pk_vm;

/* What the container around a pickle knows. All zero: one stand-alone pickle. */
struct ay_pickle_context {
	/* Bytes of the storage member with this key; false when there is none. Needed with persistent; NULL otherwise. */
	bool (*storage_size)(void *arg, const char *key, uint64_t *bytes_out);
	/*
	 * For files that hold the storages after the pickle: told of each
	 * persistent id in place of storage_size. A negative result refuses it.
	 */
	int (*storage_seen)(void *arg, const char *key, uint64_t numel, uint32_t item_size);
	/* Told of each text value, in order; of plain pickles only. May be NULL. */
	int (*text_seen)(void *arg, const char *text);
	/* For extractions: told of each tensor that the pickle's value holds, by name, and of the storage it lies in. Negative stops the scan. */
	int (*tensor)(void *arg, const char *name, const struct ay_layout *l, const char *storage);
	/* For formats that look at the value itself, which is kept for them: called after the run (pickle_tree.h). Negative stops the scan. */
	int (*value)(void *arg, struct pk_vm *vm);
	void *arg;                /* of the callbacks */
	bool several;             /* complete pickles may follow each other up to the end of the input */
	bool persistent;          /* torch's persistent ids are expected */
	bool plain;               /* constants and containers only: every global is refused */
	bool torchscript;         /* archive with code/: classes __torch__.* are of the archive */
	bool no_joblib;           /* the reader is plain pickle: inline arrays are refused */
};

/* Judges all of in: pickles up to the last byte. Findings, not errors; negative only to stop the scan. */
AY_MUSTCHECK int ay_pickle_scan(struct ay_scan *s, struct ay_source *in, const struct ay_pickle_context *ctx);

/*
 * Judges the one pickle that starts at off; *end_out is the offset after its
 * STOP, or UINT64_MAX when it could not be read that far (then a finding says
 * why). Negative only to stop the scan.
 */
AY_MUSTCHECK int ay_pickle_scan_one(struct ay_scan *s, struct ay_source *in, uint64_t off, const struct ay_pickle_context *ctx,
				    uint64_t *end_out);


#endif
