/* SPDX-License-Identifier: Apache-2.0 */
#include "scanners/registry.h"
#include "tests/fuzz/fuzz_scan.h"

FUZZ_SCANNERS(&ay_scanner_dbm_gnu, &ay_scanner_dbm_berkeley, &ay_scanner_dbm_sqlite, &ay_scanner_dbm_dumb, &ay_scanner_dbm_dumb_index,
	      &ay_scanner_pickle, &ay_scanner_torch_legacy, &ay_scanner_torch_zip, &ay_scanner_zip, &ay_scanner_text)

/* dbm.dumb's two files are told by their names, and by the first byte. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	bool quoted = size > 0 && (data[0] == '\'' || data[0] == '"');

	fuzz_scan(data, size, quoted ? "s.dir" : "s.dat");
	return 0;
}
