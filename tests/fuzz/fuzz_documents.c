/* SPDX-License-Identifier: Apache-2.0 */
/* Documents that are compared with a JSON Schema: '0' before a file of one, anything else before lines of them. */
#include "scanners/registry.h"
#include "tests/fuzz/fuzz_scan.h"

FUZZ_SCANNERS(&ay_scanner_json, &ay_scanner_jsonl, &ay_scanner_text)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char schema[] =
		"{\"resources\": [{\"path\": \"*\", \"x-json-schema\": {\"type\": \"object\", \"required\": [\"id\"], \"additionalProperties\": false,"
		"\"properties\": {\"id\": {\"type\": \"integer\", \"minimum\": 0}, \"name\": {\"type\": \"string\", \"maxLength\": 4, \"pattern\": \"^[a-z]*$\"},"
		"\"tags\": {\"type\": \"array\", \"uniqueItems\": true, \"items\": {\"enum\": [\"a\", \"b\", 1]}}, \"next\": {\"$ref\": \"#\"}}}}]}";

	if (size > 0)
		fuzz_scan_by(data + 1, size - 1, data[0] == '0' ? "a.json" : "a.jsonl", schema);
	return 0;
}
