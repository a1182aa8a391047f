/* SPDX-License-Identifier: Apache-2.0 */
/* Public keys and unencrypted key files: what is taken has one encoding, and that is taken again. */
#include <string.h>

#include "assay/crypto.h"
#include "assay/error.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ay_pubkey k, again;
	struct ay_key *key;

	if (ay_pubkey_parse(data, size, &k, NULL) == 0) {
		struct ay_buf pem = ay_buf_new(4096);

		if (ay_pubkey_pem(&k, &pem) < 0 || ay_pubkey_parse(pem.data, pem.len, &again, NULL) < 0 || !ay_sha256_eq(&k.id, &again.id) ||
		    ay_pubkey_parse(k.spki, k.spki_len, &again, NULL) < 0)
			ay_bug("a key that cannot be written");
		if (ay_verify(&k, "x", 1, data, size < 80 ? size : 80))
			ay_bug("a forged signature");
		ay_buf_free(&pem);
	}
	if (!ay_key_file_encrypted(data, size) && ay_key_load(data, size, NULL, &key, NULL) == 0)
		ay_key_free(key);
	return 0;
}
