/* SPDX-License-Identifier: Apache-2.0 */
/* NumPy's archive: a zip whose members are all arrays. */
#include "scanners/formats/zip.h"
#include "scanners/registry.h"

static bool is_array_name(const char *name)
{
	size_t len = strlen(name);

	return len > 4 && strcmp(name + len - 4, ".npy") == 0;
}

/* Whether all names so far were arrays'. */
static bool all_arrays(void *arg, const char *name)
{
	bool *all = arg;

	*all = is_array_name(name);
	return *all;
}

static unsigned bid(struct ay_cursor head, struct ay_source *in, const char *path)
{
	bool all = false;

	(void)path;
	if (!ay_zip_claims(head, in))
		return 0;
	ay_zip_peek(in, all_arrays, &all);
	return all ? 64 : 0;
}

static int scan(struct ay_scan *s, struct ay_source *in)
{
	struct ay_zip z;
	int rc = ay_zip_open(&z, s, in);

	for (size_t i = 0; rc == 0 && i < z.count; i++)
		rc = ay_zip_judge(&z, &z.entries[i], is_array_name(z.entries[i].name) ? "npy" : NULL);
	ay_zip_free(&z);
	return rc == AY_EFORMAT ? 0 : rc;
}

static const char *const refined[] = { "zip", NULL };
const struct ay_scanner ay_scanner_npz = {
	.abi = AY_SCAN_ABI, .flags = AY_SCANNER_CONTAINER, .name = "npz", .version = 1, .refines = refined, .bid = bid, .scan = scan,
};
