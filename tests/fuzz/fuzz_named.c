/* SPDX-License-Identifier: Apache-2.0 */
/* Formats that are told by their name. The first byte says which one, from '0' on. */
#include "tests/fuzz/fuzz_scan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const names[] = {
		"checkpoint", "a.data-00000-of-00001", "m.onnx_data", "m.onnx.data", "m.tiktoken", "tokenizer.model", ".metadata", "__0_0.distcp",
		"weights.weight.bin", "MLmodel", "config.pbtxt", "m.pmml", "m.txt", "m.md", "requirements.txt", "Dockerfile", "m.bin"
	};

	if (size > 0)
		fuzz_scan(data + 1, size - 1, names[(uint8_t)(data[0] - '0') % AY_ARRAY_LEN(names)]);
	return 0;
}
