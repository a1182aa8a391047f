/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/lib/tap.h"
#include "tests/unit/scan_check.h"

#define Z1 "\0"
#define Z4 Z1 Z1 Z1 Z1
#define Z16 Z4 Z4 Z4 Z4
#define Z64 Z16 Z16 Z16 Z16

/* Two frames of 192 equal samples. */
#define FLAC \
	"fLaC\200\000\000\042\000\300\000\300\000\000\000\000\000\000\001\364\000\360\000\000\001\200" Z16 \
	"\377\370\024\010\000+\000\000\000\351[\377\370\024\010\001,\000\000\005\205="
/* Two pages of Opus. */
#define OGG \
	"OggS\000\002\000\000\000\000\000\000\000\000\007\000\000\000\000\000\000\000\177ih\312\001\023OpusHea" \
	"d\001\001\000\000@\037\000\000\000\000\000OggS\000\004\000\000\000\000\000\000\000\000\007\000\000\000" \
	"\001\000\000\000V\340\245\277\002\003\002abcde"
/* One frame of 72 bytes. */
#define MP3 "\377\343\030" Z64 Z4 Z1
#define TITLE "ID3\3\0\0\0\0\0\014" "TIT2\0\0\0\2\0\0\0x"
#define FTYP "\0\0\0\030ftypisom\0\0\2\0isommp41"
/* Samples, then a movie of one track. */
#define MP4 \
	"\000\000\000\030ftypisom\000\000\002\000isommp41\000\000\000\013mdatabc\000\000\002\023moov\000\000\000" "lmvhd" Z64 Z16 \
	Z16 Z4 Z1 Z1 "\001\237trak\000\000\000\134tkhd" Z64 Z16 Z4 Z1 Z1 "\001;mdia\000\000\000 mdhd" Z16 Z4 Z4 Z1 Z1 Z1 "!hdlr" \
	Z16 Z4 Z4 Z4 "\362minf\000\000\000\024vmhd" Z4 Z4 Z4 Z1 Z1 Z1 \
	"$dinf\000\000\000\034dref\000\000\000\000\000\000\000\001\000\000\000\014url \000\000\000\001\000\000" \
	"\000\262stbl\000\000\000fstsd\000\000\000\000\000\000\000\001\000\000\000Vavc1" Z64 Z16 Z1 "\020stts" Z4 Z4 Z1 Z1 Z1 \
	"\020stsc" Z4 Z4 Z1 Z1 Z1 "\024stsz" Z4 Z4 Z4 Z1 Z1 Z1 "\020stco\000\000\000\000\000\000\000\000"

static const char *rule_at(const char *good, size_t len, size_t at, unsigned char to)
{
	char bytes[1024];
	static const char *rule;

	if (len > sizeof(bytes) || at >= len)
		abort();
	memcpy(bytes, good, len);
	bytes[at] = (char)to;
	judge_bytes(bytes, len, &rule);
	return rule;
}

#define rule_of(bytes) rule_at(bytes, sizeof(bytes) - 1, 0, (unsigned char)(bytes)[0])
#define is_rule(bytes, rule, what) is_str(rule_of(bytes), rule, what)

/* How many of the proper prefixes pass, from the length on up to which they are text. */
static unsigned cuts(const char *good, size_t len)
{
	unsigned passed = 0;

	for (size_t n = 6; n < len; n++)
		passed += judge_bytes(good, n, NULL) <= AY_WARN;
	return passed;
}

/* How many changes of one bit are not seen. */
static unsigned flips(const char *good, size_t len)
{
	unsigned passed = 0;

	for (size_t bit = 0; bit < len * 8; bit++)
		passed += !*rule_at(good, len, bit / 8, (unsigned char)good[bit / 8] ^ (unsigned char)(1u << bit % 8));
	return passed;
}

static void test_flac(void)
{
	is_rule(FLAC, "", "FLAC");
	is_int(cuts(FLAC, sizeof(FLAC) - 1), 0, "no proper prefix passes");
	for (size_t at = 42; at < sizeof(FLAC) - 1; at++)
		ok(*rule_at(FLAC, sizeof(FLAC) - 1, at, (unsigned char)FLAC[at] ^ 0x10), "a flipped bit in byte %zu of the frames is seen", at);
	is_rule(FLAC "\0", "audio.truncated", "one byte more");
	is_rule(FLAC Z16, "audio.truncated", "zeros behind the last frame");
	is_str(rule_at(FLAC, sizeof(FLAC) - 1, 7, 33), "audio.malformed", "STREAMINFO of 33 bytes");
	is_str(rule_at(FLAC, sizeof(FLAC) - 1, 4, 0x81), "audio.malformed", "no STREAMINFO");
	is_str(rule_at(FLAC, sizeof(FLAC) - 1, 4, 0), "audio.malformed", "frames taken for a block");
	is_str(rule_at(FLAC, sizeof(FLAC) - 1, 25, 0x81), "audio.truncated", "one sample more than there are");
	is_str(rule_at(FLAC, sizeof(FLAC) - 1, 11, 15), "audio.malformed", "blocks larger than the largest");
}

static void test_ogg(void)
{
	is_rule(OGG, "", "Opus");
	is_int(cuts(OGG, sizeof(OGG) - 1), 0, "no proper prefix passes");
	is_int(flips(OGG, sizeof(OGG) - 1), 0, "no flipped bit does");
	is_rule(OGG "x", "audio.truncated", "one byte more");
	is_rule(OGG OGG, "audio.malformed", "two streams");
}

static void test_mp3(void)
{
	is_rule(MP3, "", "one frame");
	is_rule(MP3 MP3, "", "two frames");
	is_rule(TITLE MP3 MP3, "", "and a title");
	is_int(cuts(TITLE MP3 MP3, sizeof(TITLE MP3 MP3) - 1), 1, "of the proper prefixes only the one of a whole frame passes");
	is_rule(TITLE, "audio.truncated", "a title alone");
	is_rule(MP3 MP3 "\0", "audio.truncated", "one byte more");
	is_rule(MP3 MP3 "MZ\0\0", "audio.malformed", "a program behind");
	is_rule(MP3 MP3 "TAG" Z64 Z16 Z16 Z16 Z4 Z4 Z4 Z1, "", "a tag at the end");
	is_rule(MP3 MP3 "TAG" Z64 Z16 Z16 Z16 Z4 Z4 Z4, "audio.malformed", "one that is a byte short");
	is_str(rule_at(TITLE MP3, sizeof(TITLE MP3) - 1, 17, 3), "audio.malformed", "a text one byte beyond its tag");
	is_str(rule_at(TITLE MP3, sizeof(TITLE MP3) - 1, 14, 0xff), "audio.malformed", "a text of almost 4 GiB");
	is_str(rule_at(TITLE MP3, sizeof(TITLE MP3) - 1, 9, 0x55), "audio.truncated", "a tag one byte beyond the end");
	is_str(rule_at(TITLE MP3, sizeof(TITLE MP3) - 1, 6, 0x80), "audio.malformed", "a size that is not 7 bits a byte");
}

#define HUGE_BOX(len) FTYP "\0\0\0\1mdat" len

static void test_mp4(void)
{
	is_rule(MP4, "", "MP4");
	is_int(cuts(MP4, sizeof(MP4) - 1), 0, "no proper prefix passes");
	is_rule(MP4 "\0", "video.malformed", "one byte more");
	is_rule(MP4 "\0\0\0\010free", "", "an empty box more");
	is_rule(MP4 "\0\0\0\011free", "video.truncated", "one byte beyond the end");
	is_rule(MP4 "\0\0\0\007free", "video.malformed", "shorter than its head");
	is_rule(MP4 "\0\0\0\0free", "video.malformed", "no length");
	is_rule(HUGE_BOX("\0\0\0\0\0\0\0\017"), "video.malformed", "a long one shorter than its head");
	is_rule(HUGE_BOX("\0\0\0\0\0\0\0\021"), "video.truncated", "one byte beyond the end");
	is_rule(HUGE_BOX("\200\0\0\0\0\0\0\0"), "video.truncated", "2^63 bytes");
	is_rule(HUGE_BOX("\377\377\377\377\377\377\377\377"), "video.truncated", "2^64 - 1 bytes");
	is_rule("\0\0\0\020ftypheic\0\0\0\0", "format.unsupported", "an image of boxes");
}

int main(void)
{
	test_flac();
	test_ogg();
	test_mp3();
	test_mp4();
	return done_testing();
}
