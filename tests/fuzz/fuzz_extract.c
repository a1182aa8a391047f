/* SPDX-License-Identifier: Apache-2.0 */
/* Tensors out of the input; what is written of them is a file that the gate admits. */
#include "tests/fuzz/fuzz_scan.h"

#include <sys/mman.h>

#include "assay/convert.h"
#include "assay/fd.h"
#include "scanners/registry.h"

FUZZ_SCANNERS(&ay_scanner_zip, &ay_scanner_torch_zip, &ay_scanner_npz, &ay_scanner_npy, &ay_scanner_pickle, &ay_scanner_torch_legacy,
	      &ay_scanner_safetensors, &ay_scanner_torch_export, &ay_scanner_hdf5, &ay_scanner_keras, &ay_scanner_json)

#define ROOM (256 * KIB)

static void check_output(int fd)
{
	struct ay_scan_options o = { .profiles = AY_PROFILE_WEIGHTS, .path = "a.safetensors" };
	off_t size = lseek(fd, 0, SEEK_END);
	struct ay_source in = ay_source_fd(fd, (uint64_t)size);
	struct ay_scan_result r;

	if (ay_scan_run(&in, &o, &r) < 0 || r.verdict > AY_WARN || strcmp(r.format, "safetensors") != 0)
		ay_bug("the gate refuses what was written: %s", r.found_count ? r.found[0].message : r.format);
	ay_scan_result_free(&r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ay_scan_options o = { .path = "a.pt" };
	struct ay_source source = ay_source_memory(data, size);
	struct ay_error e = { .off = AY_NO_OFFSET };
	struct ay_scan_result r;
	int in = memfd_create("in", 0), out = memfd_create("out", 0), second = memfd_create("second", 0);
	struct ay_extract x = { .fd = second, .room = ROOM };

	if (in < 0 || out < 0 || second < 0 || ay_write_full(in, data, size) < 0 || ay_extract_run(&source, &o, &x, &r) < 0)
		ay_bug("the driver gave no answer");
	if (x.expanded > ROOM)
		ay_bug("more was written than there is room for");
	/* What is large only because storages are shared need not be written here. */
	if (!x.refused[0] && x.count && x.total < 4 * MIB) {
		int rc = ay_safetensors_write(out, &x, in, "pt", &e);

		if (rc == 0)
			check_output(out);
		else if (rc != AY_EFORMAT)
			ay_bug("the places of tensors are wrong: %s", e.msg);
	}
	ay_scan_result_free(&r);
	ay_extract_free(&x);
	close(in);
	close(out);
	close(second);
	return 0;
}
