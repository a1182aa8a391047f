/* SPDX-License-Identifier: Apache-2.0 */
/* What is recognised only to be refused by its name: nobody here judges it, so nobody here may admit it. */
#include "scanners/registry.h"

#include "scanners/driver.h"
#include "scanners/formats/bytes.h"
#include "scanners/formats/text.h"

enum {
	AMONG_TEXT = 1,     /* the magic is meant to be seen in text; others do not count when the head looks like text */
	CODE = 2            /* runs when started */
};

struct magic {
	const char *bytes;
	uint8_t len;
	uint16_t at;
	uint8_t flags;
	const char *suffix;     /* needed too, where the bytes alone say little; with a slash at its end: a folder; else NULL */
	const char *what;
};

#define M(bytes, at, flags, suffix, what) {bytes, sizeof(bytes) - 1, at, flags, suffix, what}
static const struct magic magics[] = {
	M("\x7f" "ELF", 0, CODE, NULL, "an ELF program or library"),
	M("MZ", 0, CODE, NULL, "a Windows program or library (PE)"),
	M("\xfe\xed\xfa\xce", 0, CODE, NULL, "a Mach-O program or library"),
	M("\xfe\xed\xfa\xcf", 0, CODE, NULL, "a Mach-O program or library"),
	M("\xce\xfa\xed\xfe", 0, CODE, NULL, "a Mach-O program or library"),
	M("\xcf\xfa\xed\xfe", 0, CODE, NULL, "a Mach-O program or library"),
	M("\xca\xfe\xba\xbe", 0, CODE, NULL, "a Java class or a Mach-O program for several machines"),
	M("\0asm", 0, CODE, NULL, "a WebAssembly module"),
	M("\x1bLua", 0, CODE, NULL, "Lua bytecode"),
	M("BC\xc0\xde", 0, CODE, NULL, "LLVM bitcode"),
	M("\r\n", 2, CODE, ".pyc", "Python bytecode"),
	M("#!", 0, CODE | AMONG_TEXT, NULL, "a script with an interpreter line"),
	M("!<arch>\n", 0, CODE | AMONG_TEXT, NULL, "an ar archive (static library or Debian package)"),
	M("%PDF-", 0, AMONG_TEXT, NULL, "a PDF document"),
	M("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 0, 0, NULL, "an OLE document (old Office, MSI)"),
	M("{\\rtf", 0, AMONG_TEXT, NULL, "a Rich Text document"),
	M("Rar!\x1a\x07", 0, 0, NULL, "a RAR archive"),
	M("MSCF", 0, 0, NULL, "a Windows cabinet archive"),
	M("LZIP", 0, 0, NULL, "an lzip stream"),
	M("\x1f\x9d", 0, 0, NULL, "a compress (.Z) stream"),
	M("\x1f\xa0", 0, 0, NULL, "a compress (.z) stream"),
	M("\xff\x06\0\0sNaPpY", 0, 0, NULL, "a framed Snappy stream"),
	M("FUGG", 0, 0, NULL, "a byte-swapped GGUF model"),
	M("lmgg", 0, 0, NULL, "a GGML model"),
	M("tjgg", 0, 0, NULL, "a GGJT model"),
	M("fmgg", 0, 0, NULL, "a GGMF model"),
	M("PTMF", 4, 0, NULL, "a PyTorch Mobile flatbuffer"),
	M("", 0, AMONG_TEXT, ".pb", "a TensorFlow or other protobuf graph"),
	M("", 0, AMONG_TEXT, ".pbtxt", "a TensorFlow graph as text"),
	M("", 0, AMONG_TEXT, ".mil", "a program of a compiled Core ML model"),
	M("", 0, AMONG_TEXT, ".espresso.net", "a network of a compiled Core ML model"),
	M("", 0, 0, "coremldata.bin", "a part of a compiled Core ML model"),
	M("bs64\t", 0, AMONG_TEXT, NULL, "an XGBoost model in base 64"),
	M("CONFIG-offset:", 0, AMONG_TEXT, NULL, "a snapshot of XGBoost's memory"),
	M("PARE", 0, 0, NULL, "an encrypted Parquet table"),
	M("FEA1", 0, 0, NULL, "a Feather table"),
	M("ORC", 0, 0, NULL, "an ORC table"),
	M("Obj\x01", 0, 0, NULL, "an Avro file"),
	M("", 0, AMONG_TEXT, ".lance", "a part of a Lance table"),
	M("{", 0, AMONG_TEXT, "_delta_log/", "the log of a Delta table"),
	M("\xcd\x9a\x57\x13", 0, 0, NULL, "a GNU dbm database of another machine, or one that is safe from crashes"),
	M("\x13\x57\x9a\xcd", 0, 0, NULL, "a GNU dbm database of another machine, or one that is safe from crashes"),
	M("\xce\x9a\x57\x13", 0, 0, NULL, "a GNU dbm database of another machine, or one that is safe from crashes"),
	M("\x13\x57\x9a\xce", 0, 0, NULL, "a GNU dbm database of another machine, or one that is safe from crashes"),
	M("\x13\x57\x9a\xcf", 0, 0, NULL, "a GNU dbm database of another machine, or one that is safe from crashes"),
	M("\xd0\x9a\x57\x13", 0, 0, NULL, "a GNU dbm database of another machine, or one that is safe from crashes"),
	M("\x13\x57\x9a\xd0", 0, 0, NULL, "a GNU dbm database of another machine, or one that is safe from crashes"),
	M("\xd1\x9a\x57\x13", 0, 0, NULL, "a GNU dbm database of another machine, or one that is safe from crashes"),
	M("\x13\x57\x9a\xd1", 0, 0, NULL, "a GNU dbm database of another machine, or one that is safe from crashes"),
	M("\000\006\025\141", 12, 0, NULL, "a Berkeley DB hash of another machine"),
	M("\141\025\006\000", 0, 0, NULL, "a Berkeley DB hash of another machine"),
	M("\000\006\025\141", 0, 0, NULL, "a Berkeley DB hash of another machine"),
	M("\142\061\005\000", 12, 0, NULL, "a Berkeley DB B-tree"),
	M("\000\005\061\142", 12, 0, NULL, "a Berkeley DB B-tree"),
	M("\142\061\005\000", 0, 0, NULL, "a Berkeley DB B-tree"),
	M("\000\005\061\142", 0, 0, NULL, "a Berkeley DB B-tree"),
	M("\123\042\004\000", 12, 0, NULL, "a Berkeley DB queue"),
	M("\000\004\042\123", 12, 0, NULL, "a Berkeley DB queue"),
	M("", 0, AMONG_TEXT, ".dir", "the index of a dbm database"),
	M("\x37\x7f\x06\x82", 0, 0, NULL, "a log that changes an SQLite database (WAL)"),
	M("\x37\x7f\x06\x83", 0, 0, NULL, "a log that changes an SQLite database (WAL)"),
	M("\xd9\xd5\x05\xf9\x20\xa1\x63\xd7", 0, 0, NULL, "a journal that changes an SQLite database"),
	M("MATLAB 5.0 MAT-file", 0, AMONG_TEXT, NULL, "a MATLAB file"),
	M("\xac\xed\0\x05", 0, CODE, NULL, "a Java serialised object"),
	M("AVI ", 8, 0, NULL, "an AVI video"),
	M("\x1a\x45\xdf\xa3", 0, 0, NULL, "a Matroska or WebM video"),
	M("BM", 0, 0, ".bmp", "a BMP image"),
	M("II*\0", 0, 0, NULL, "a TIFF image"),
	M("MM\0*", 0, 0, NULL, "a TIFF image"),
	M("8BPS", 0, 0, NULL, "a Photoshop image"),
};

static bool is_named(const char *path, const char *suffix)
{
	size_t len = strlen(suffix);

	if (suffix[len - 1] != '/')
		return ay_path_ends(path, suffix);
	for (const char *at = strstr(path, suffix); at; at = strstr(at + 1, suffix))
		if (at == path || at[-1] == '/')
			return true;
	return false;
}

static const struct magic *find_magic(struct ay_cursor head, const char *path)
{
	bool text = ay_bytes_look_like_text(&head);

	for (size_t i = 0; i < AY_ARRAY_LEN(magics); i++) {
		const struct magic *m = &magics[i];
		struct ay_cursor at = head;

		if ((text && !(m->flags & AMONG_TEXT)) || (m->suffix && !is_named(path, m->suffix)))
			continue;
		ay_cursor_skip(&at, m->at);
		if (!at.err && ay_cursor_starts(&at, m->bytes, m->len))
			return m;
	}
	return NULL;
}

static unsigned refused_bid(struct ay_cursor head, struct ay_source *in, const char *path)
{
	const struct magic *m = find_magic(head, path);

	(void)in;
	return m ? 8u * (m->len ? m->len : 1u) : 0;
}

static int refused_scan(struct ay_scan *s, struct ay_source *in)
{
	struct ay_buf b = ay_buf_new(AY_LIMIT_SCAN_HEAD);
	struct ay_cursor head;
	size_t len = in->size < AY_LIMIT_SCAN_HEAD ? (size_t)in->size : AY_LIMIT_SCAN_HEAD;
	int err = ay_source_load(in, 0, len, &b, &head);
	const struct magic *m = err ? NULL : find_magic(head, ay_scan_name(s));

	if (m && !(m->flags & CODE) && ay_scan_is_opaque(s))
		ay_scan_find(s, "format.opaque", AY_NO_OFFSET, "this is %s, admitted unread by its suffix, as the policy says", m->what);
	else if (m)
		ay_scan_find(s, "format.unsupported", m->at, "this is %s%s", m->what,
			     m->flags & CODE ? ", which runs code" : ", which is not judged");
	else
		ay_scan_find_error(s, "refused", err ? err : AY_EUNSUPPORTED, NULL);
	ay_buf_free(&b);
	return 0;
}

static const char *const refines_text[] = {"text", "json", NULL};

const struct ay_scanner ay_scanner_refused = {
	.abi = AY_SCAN_ABI, .name = "refused", .version = 14, .refines = refines_text, .bid = refused_bid, .scan = refused_scan
};
