/* SPDX-License-Identifier: Apache-2.0 */
/* The first byte says which profiles are on and what the file is called; the rest is the file. */
#include "tests/fuzz/fuzz_scan.h"

#include "scanners/registry.h"

FUZZ_SCANNERS(&ay_scanner_pickle, &ay_scanner_torch_legacy)

static void scan(const uint8_t *data, size_t size, uint32_t profiles, const char *path)
{
	struct ay_scan_options o = { .profiles = profiles, .path = path };
	struct ay_source in = ay_source_memory(data, size);
	struct ay_scan_result r;

	if (ay_scan_run(&in, &o, &r) < 0)
		ay_bug("the driver gave no answer");
	if (r.verdict > AY_PASS && r.found_count == 0)
		ay_bug("a verdict without a finding");
	/* More profiles never refuse what fewer admit. */
	if (r.verdict == AY_PASS && profiles == AY_PROFILE_WEIGHTS)
		scan(data, size, ~0u, path);
	else if (r.verdict != AY_PASS && profiles == ~0u && r.profile_would_pass)
		ay_bug("a profile would pass that is on already");
	ay_scan_result_free(&r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const paths[] = { "a.pkl", "a.txt", "training_args.bin", "a.pt" };

	if (!size)
		return 0;
	scan(data + 1, size - 1, data[0] & 4 ? ~0u : AY_PROFILE_WEIGHTS, paths[data[0] & 3]);
	return 0;
}
