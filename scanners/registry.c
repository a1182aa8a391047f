/* SPDX-License-Identifier: Apache-2.0 */
#include "scanners/registry.h"

const struct ay_scanner *const ay_scanners[] = {
	&ay_scanner_zip,
	&ay_scanner_npz,
	&ay_scanner_npy,
	&ay_scanner_safetensors,
	&ay_scanner_gzip,
	&ay_scanner_zlib,
	&ay_scanner_bzip2,
	&ay_scanner_xz,
	&ay_scanner_lzma,
	&ay_scanner_lz4,
	&ay_scanner_zstd,
	&ay_scanner_pickle,
	&ay_scanner_torch_legacy,
};
const size_t ay_scanners_count = AY_ARRAY_LEN(ay_scanners);

const struct ay_scanner *ay_scanner_find(const char *name)
{
	for (size_t i = 0; i < ay_scanners_count; i++)
		if (strcmp(ay_scanners[i]->name, name) == 0)
			return ay_scanners[i];
	return NULL;
}
