/* SPDX-License-Identifier: Apache-2.0 */
/* The first byte picks a name, so that every text-like scanner is reached; the rest is the file. */
#include "scanners/registry.h"
#include "tests/fuzz/fuzz_scan.h"

FUZZ_SCANNERS(&ay_scanner_text, &ay_scanner_yaml, &ay_scanner_json, &ay_scanner_jsonl, &ay_scanner_tiktoken, &ay_scanner_bpe,
	      &ay_scanner_hdf5, &ay_scanner_refused, &ay_scanner_source_code)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const names[] = {
		"a.txt", "a.json", "model.safetensors.index.json", "model_index.json", "tokenizer_config.json", "a.jsonl", "a.yaml", "a.tiktoken",
		"merges.txt", "vocab.txt", "t.jinja", "a.py", "noname", "modules.json"
	};

	if (size > 0)
		fuzz_scan(data + 1, size - 1, names[data[0] % AY_ARRAY_LEN(names)]);
	return 0;
}
