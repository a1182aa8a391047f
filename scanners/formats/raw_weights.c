/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The file beside a model that holds its weights bare: OpenVINO's MODEL.bin, and what ONNX exporters call MODEL.bin,
 * MODEL.data or MODEL.weights. A runtime copies ranges that the model names into tensors. Many formats use these suffixes, so whoever
 * else knows the bytes judges them alone.
 */
#include "assay/attr.h"
#include "scanners/driver.h"
#include "scanners/formats/bytes.h"
#include "scanners/registry.h"

static unsigned bid(struct ay_cursor head, struct ay_source *in, const char *path)
{
	static const char *const suffixes[] = {".bin", ".data", ".weights"};
	const char *name = ay_path_base(path), *suffix = strrchr(name, '.');

	(void)head;
	(void)in;
	for (size_t i = 0; suffix && suffix > name && i < AY_ARRAY_LEN(suffixes); i++)
		if (strcmp(suffix, suffixes[i]) == 0)
			return 1;
	return 0;
}

const struct ay_scanner ay_scanner_raw_weights = {
	.abi = AY_SCAN_ABI, .flags = AY_SCANNER_INERT | AY_SCANNER_FORMLESS | AY_SCANNER_YIELDS, .name = "raw-weights", .version = 1, .bid = bid,
	.scan = ay_formless_scan,
};
