/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What torch.export and AOTInductor save: a zip with a program as JSON beside its weights. The program names what it
 * calls as attributes to be looked up below torch, operator or math, from where much of Python can be reached, and newer
 * packages hold compiled libraries. So it is recognised to be refused.
 */
#include "assay/extract.h"
#include "scanners/formats/bytes.h"
#include "scanners/formats/text.h"
#include "scanners/formats/zip.h"
#include "scanners/registry.h"

/* Names that the loader looks for: in the first layout and in the package layout. */
static bool is_program_name(const char *name)
{
	static const char *const names[] = { "serialized_exported_program.json", "archive_format" };
	const char *slash = strrchr(name, '/');

	for (size_t i = 0; i < AY_ARRAY_LEN(names); i++)
		if (strcasecmp(slash ? slash + 1 : name, names[i]) == 0)
			return true;
	return false;
}

static bool find_program(void *arg, const char *name)
{
	bool *found = arg;

	*found = is_program_name(name);
	return !*found;
}

static unsigned bid(struct ay_cursor head, struct ay_source *in, const char *path)
{
	bool found = false;

	if (!ay_zip_claims(head, in))
		return 0;
	ay_zip_peek(in, find_program, &found);
	return found || ay_path_ends(path, ".pt2") ? 64 : 0;
}

static int scan(struct ay_scan *s, struct ay_source *in)
{
	struct ay_zip z;
	int rc = ay_zip_open(&z, s, in);

	if (rc == 0)
		ay_scan_find(s, "torch.export", 0, "the archive holds an exported program, which names the functions it calls");
	/* Of the first layout, the weights are a file of torch.save. */
	for (size_t i = 0; rc == 0 && ay_scan_extract(s) && i < z.count; i++)
		if (strcmp(z.entries[i].name, "serialized_state_dict.pt") == 0)
			rc = ay_zip_judge(&z, &z.entries[i], "torch-zip");
	ay_zip_free(&z);
	return rc == AY_EFORMAT ? 0 : rc;
}

static const char *const refined[] = { "zip", NULL };
const struct ay_scanner ay_scanner_torch_export = {
	.abi = AY_SCAN_ABI, .flags = AY_SCANNER_CONTAINER, .name = "torch-export", .version = 1, .refines = refined, .bid = bid, .scan = scan,
};
