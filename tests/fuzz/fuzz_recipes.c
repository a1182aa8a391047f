/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/fuzz/fuzz_scan.h"

#include "scanners/registry.h"

FUZZ_SCANNERS(&ay_scanner_mlflow, &ay_scanner_pbtxt, &ay_scanner_requirements, &ay_scanner_yaml, &ay_scanner_json, &ay_scanner_text, &ay_scanner_refused)

/* The name is the first thing that decides; the rest of the input is the file. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const names[] = {
		"MLmodel", "config.pbtxt", "c.yaml", "model_index.json", "modules.json", "a.jinja", "requirements.txt",
		"conda.yaml"
	};

	for (size_t i = 0; i < AY_ARRAY_LEN(names); i++)
		fuzz_scan(data, size, names[i]);
	return 0;
}
