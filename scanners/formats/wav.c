/* SPDX-License-Identifier: Apache-2.0 */
/* WAV: a RIFF of exactly the file's size with uncompressed samples, known chunks, zero padding. No sample is decoded. */
#include "scanners/formats/image.h"
#include "scanners/registry.h"

#define TAGS_MAX (64 * KIB)     /* bytes of a list of titles and the like */

enum { PCM = 1, FLOAT = 3, ALAW = 6, MULAW = 7, EXTENSIBLE = 0xfffe };

struct wav {
	struct ay_image w;
	uint32_t frame;         /* bytes of one sample of all channels; 0: no format chunk yet */
	bool data;
};

static unsigned bid(struct ay_cursor head, struct ay_source *in, const char *path)
{
	(void)in;
	(void)path;
	if (!ay_cursor_starts(&head, "RIFF", 4))
		return 0;
	ay_cursor_skip(&head, 8);
	return ay_cursor_starts(&head, "WAVE", 4) ? 64 : 0;
}

static bool bits_fit(unsigned format, unsigned bits)
{
	switch (format) {
	case PCM: return bits == 8 || bits == 16 || bits == 24 || bits == 32;
	case FLOAT: return bits == 32 || bits == 64;
	case ALAW: case MULAW: return bits == 8;
	default: return false;
	}
}

/* The second half of an extensible format: the real one is the beginning of a fixed identifier. */
static bool take_extension(struct ay_cursor *c, unsigned bits, unsigned *format)
{
	static const char tail[] = "\0\0\0\0\x10\0\x80\0\0\xaa\0\x38\x9b\x71";
	uint16_t len = ay_cursor_le16(c), valid = ay_cursor_le16(c);

	ay_cursor_skip(c, 4);
	*format = ay_cursor_le16(c);
	return len == 22 && valid > 0 && valid <= bits && ay_cursor_accept(c, tail, sizeof(tail) - 1);
}

static int read_format(struct wav *f, uint32_t len)
{
	uint64_t at = f->w.off;
	struct ay_cursor c;
	int err;

	if (f->frame || (len != 16 && len != 18 && len != 40))
		return ay_image_bad(&f->w, at, "a second format chunk, or one of %u bytes", (unsigned)len);
	err = ay_image_take(&f->w, len, &c);
	if (err)
		return err;
	unsigned format = ay_cursor_le16(&c), channels = ay_cursor_le16(&c);
	uint32_t rate = ay_cursor_le32(&c), bytes = ay_cursor_le32(&c);
	unsigned frame = ay_cursor_le16(&c), bits = ay_cursor_le16(&c);
	bool good = true;

	if ((format == EXTENSIBLE) != (len == 40))
		return ay_image_bad(&f->w, at, "the format chunk has another size than its format asks for");
	if (len == 40)
		good = take_extension(&c, bits, &format);
	else if (len == 18)
		good = ay_cursor_le16(&c) == 0;
	if (!good || ay_cursor_end(&c) || !bits_fit(format, bits))
		return ay_image_bad(&f->w, at, "the samples are compressed or of an unknown kind: format %u, %u bits", format, bits);
	if (!channels || !rate || frame != channels * (bits / 8) || bytes != (uint64_t)rate * frame)
		return ay_image_bad(&f->w, at, "channels, rate and sizes of the format chunk contradict each other");
	f->frame = frame;
	return 0;
}

static int read_data(struct wav *f, uint32_t len)
{
	if (!f->frame || f->data || len % f->frame)
		return ay_image_bad(&f->w, f->w.off, "the samples come before their format, come twice, or are cut");
	f->data = true;
	return ay_image_skip(&f->w, len);
}

static int read_chunk(struct wav *f)
{
	struct ay_cursor c;
	uint64_t at = f->w.off;
	int err = ay_image_take(&f->w, 8, &c);

	if (err)
		return err;
	struct ay_cursor type = ay_cursor_sub(&c, 4);
	uint32_t len = ay_cursor_le32(&c);
	bool tags = ay_cursor_starts(&type, "LIST", 4) || ay_cursor_starts(&type, "PEAK", 4) || ay_cursor_starts(&type, "fact", 4);

	if (ay_cursor_starts(&type, "fmt ", 4))
		err = read_format(f, len);
	else if (ay_cursor_starts(&type, "data", 4))
		err = read_data(f, len);
	else if (tags && f->frame && len <= TAGS_MAX)
		err = ay_image_skip(&f->w, len);
	else
		err = ay_image_bad(&f->w, at, "an unknown or misplaced chunk of %u bytes", (unsigned)len);
	if (err || !(len & 1))
		return err;
	err = ay_image_take(&f->w, 1, &c);
	return err ? err : ay_cursor_u8(&c) ? ay_image_bad(&f->w, f->w.off - 1, "padding that is not zero") : 0;
}

static int scan(struct ay_scan *s, struct ay_source *in)
{
	struct wav f = { .w = ay_image_of(s, in) };
	struct ay_cursor c;
	int err = ay_image_take(&f.w, 12, &c);

	if (!err) {
		ay_cursor_skip(&c, 4);
		uint32_t size = ay_cursor_le32(&c);

		if (size + 8ull != in->size)
			err = ay_image_bad(&f.w, 4, "the RIFF size is %u, the file needs %llu", (unsigned)size, (unsigned long long)in->size - 8);
	}
	while (!err && f.w.off < in->size)
		err = read_chunk(&f);
	if (!err && !f.data)
		err = ay_image_bad(&f.w, f.w.off, "there are no samples");
	if (err)
		ay_scan_find_error(s, "audio", err, &f.w.e);
	ay_buf_free(&f.w.buf);
	return 0;
}

const struct ay_scanner ay_scanner_wav = {
	.abi = AY_SCAN_ABI, .flags = AY_SCANNER_INERT, .name = "wav", .version = 1, .bid = bid, .scan = scan,
};
