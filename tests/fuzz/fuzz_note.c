/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checkpoints and minisign files. The first byte chooses. A note is also tried
 * with our own signature under it, so that its text is reached.
 */
#include <string.h>

#include "assay/claim.h"
#include "assay/log.h"
#include "assay/text.h"
#include "store/note.h"
#include "store/tile.h"

#define ORIGIN "log.example"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void signed_note(const struct ay_key *k, const uint8_t *text, size_t len)
{
	struct ay_buf note = ay_buf_new(1 << 20), again = ay_buf_new(1 << 20);
	struct ay_sha256 id = ay_note_key_hash(ORIGIN, ay_key_public(k));
	struct ay_checkpoint c;
	uint8_t raw[68];
	size_t sig_len = 64;

	memcpy(raw, id.b, 4);
	if (ay_sign(k, text, len, raw + 4, &sig_len) < 0)
		ay_bug("cannot sign");
	ay_buf_add(&note, text, len);
	ay_buf_adds(&note, "\n\xe2\x80\x94 " ORIGIN " ");
	ay_base64_encode(&note, raw, sizeof(raw));
	ay_buf_adds(&note, "\n");
	if (!note.err && ay_checkpoint_verify(note.data, note.len, ORIGIN, ay_key_public(k), &c, NULL) == 0 &&
	    (ay_checkpoint_sign(k, c.origin, c.size, &c.root, &again) < 0 || strncmp(ORIGIN, c.origin, sizeof(c.origin)) != 0))
		ay_bug("a checkpoint that cannot be written");
	ay_buf_free(&note);
	ay_buf_free(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct ay_key *k;
	static const uint8_t digest[64];
	struct ay_checkpoint c;
	struct ay_tile_path p;
	char path[256];
	int r = 0;

	if (!k && ay_key_generate(AY_KEY_ED25519, &k, NULL) < 0)
		ay_bug("no key");
	if (size == 0)
		return 0;
	switch (data[0] % 4) {
	case 0:
		r = ay_checkpoint_verify(data + 1, size - 1, ORIGIN, ay_key_public(k), &c, NULL);
		break;
	case 1:
		signed_note(k, data + 1, size - 1);
		break;
	case 2:
		r = ay_minisign_verify(ay_key_public(k), data + 1, size - 1, digest, NULL);
		break;
	case 3:
		snprintf(path, sizeof(path), "%.*s", (int)(size - 1), (const char *)data + 1);
		r = ay_tile_path_parse(path, &p);
		break;
	}
	(void)r;
	return 0;
}
