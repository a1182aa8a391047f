/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/fuzz/fuzz_scan.h"

#include "scanners/registry.h"

FUZZ_SCANNERS(&ay_scanner_text, &ay_scanner_json, &ay_scanner_xgboost, &ay_scanner_xgboost_ubj, &ay_scanner_xgboost_binary,
	      &ay_scanner_lightgbm, &ay_scanner_catboost, &ay_scanner_catboost_json)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_scan(data, size, "a.model");
	return 0;
}
