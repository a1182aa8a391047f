/* SPDX-License-Identifier: Apache-2.0 */
/* Keras 3's archive: a zip with the model's configuration, a note of versions, the weights as HDF5, and assets. */
#include "assay/extract.h"
#include "scanners/formats/bytes.h"
#include "scanners/formats/zip.h"
#include "scanners/model/keras_config.h"
#include "scanners/registry.h"

#define CONFIG "config.json"
#define METADATA "metadata.json"
#define WEIGHTS "model.weights.h5"
#define WEIGHTS_NPZ "model.weights.npz"

struct names {
	bool config, other;
};

/* Stops when all that is looked for was there. */
static bool note_name(void *arg, const char *name)
{
	struct names *n = arg;

	n->config |= strcmp(name, CONFIG) == 0;
	n->other |= strcmp(name, METADATA) == 0 || strcmp(name, WEIGHTS) == 0 || strcmp(name, WEIGHTS_NPZ) == 0;
	return !(n->config && n->other);
}

static unsigned bid(struct ay_cursor head, struct ay_source *in, const char *path)
{
	struct names n = { .config = false };

	if (!ay_zip_claims(head, in))
		return 0;
	ay_zip_peek(in, note_name, &n);
	return (n.config && n.other) || ay_path_ends(path, ".keras") ? 64 : 0;
}

static int judge_config(struct ay_scan *s, struct ay_source *in)
{
	return ay_keras_judge(s, in, AY_KERAS_V3);
}

/* What Keras would read a member as, whatever it looks like. */
static const char *hint_of(const char *name)
{
	if (strcmp(name, METADATA) == 0)
		return "json";
	if (ay_path_ends(name, ".weights.h5"))
		return "hdf5";
	return strcmp(name, WEIGHTS_NPZ) == 0 ? "npz" : NULL;
}

static int scan(struct ay_scan *s, struct ay_source *in)
{
	struct ay_zip z;
	bool config = false;
	int rc = ay_zip_open(&z, s, in), opened = rc;

	for (size_t i = 0; rc == 0 && i < z.count; i++) {
		const struct ay_zip_entry *e = &z.entries[i];

		if (!e->directory && strcmp(e->name, CONFIG) == 0) {
			config = true;
			if (ay_scan_extract(s))
				ay_extract_leave_out(s, e->name, "the configuration of a Keras model");
			rc = ay_zip_judge_by(&z, e, judge_config);
		} else {
			rc = ay_zip_judge(&z, e, hint_of(e->name));
		}
	}
	if (opened == 0 && rc == 0 && !config)
		ay_scan_find(s, "keras.layout", AY_NO_OFFSET, "there is no config.json at the top of the archive");
	ay_zip_free(&z);
	return rc == AY_EFORMAT ? 0 : rc;
}

static const char *const refined[] = { "zip", NULL };
const struct ay_scanner ay_scanner_keras = {
	.abi = AY_SCAN_ABI, .flags = AY_SCANNER_CONTAINER, .name = "keras", .version = 1, .refines = refined, .bid = bid, .scan = scan,
};
