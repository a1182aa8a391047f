/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The file beside an ONNX model that holds its weights. The bytes have no form: a runtime copies ranges that the model
 * names into tensors. So the claim rests on the name that exporters give it (PyTorch MODEL.onnx.data, Optimum
 * MODEL.onnx_data), and whoever else claims the bytes makes it a conflict, which is refused.
 */
#include "assay/text.h"
#include "scanners/driver.h"
#include "scanners/formats/bytes.h"
#include "scanners/registry.h"

static unsigned bid(struct ay_cursor head, struct ay_source *in, const char *path)
{
	const char *name = ay_path_base(path);
	size_t len = strlen(name);

	(void)head;
	(void)in;
	/* A large model has more than one: .onnx_data_1 and so on. */
	while (len && name[len - 1] >= '0' && name[len - 1] <= '9')
		len--;
	if (name[len] && (!len || name[--len] != '_'))
		return 0;
	return len > 10 && (strncmp(name + len - 10, ".onnx_data", 10) == 0 || (!name[len] && strncmp(name + len - 10, ".onnx.data", 10) == 0)) ? 1 : 0;
}

static const char *const refines[] = {"text", NULL};

const struct ay_scanner ay_scanner_onnx_data = {
	.abi = AY_SCAN_ABI, .flags = AY_SCANNER_INERT | AY_SCANNER_FORMLESS, .name = "onnx-data", .version = 1, .refines = refines, .bid = bid, .scan = ay_formless_scan,
};
