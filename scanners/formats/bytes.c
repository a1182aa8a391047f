/* SPDX-License-Identifier: Apache-2.0 */
#include "scanners/formats/bytes.h"

#include "assay/text.h"

#define EVERY_BYTE(b) (0x0101010101010101ull * (b))

size_t ay_bytes_find(const struct ay_cursor *c, uint8_t byte)
{
	const uint8_t *hit = c->left ? memchr(c->p, byte, c->left) : NULL;

	return hit ? (size_t)(hit - c->p) : c->left;
}

static bool is_control(uint8_t b)
{
	return b < 0x20 && b != '\t' && b != '\n' && b != '\r' && b != '\f';
}

size_t ay_bytes_find_control(const struct ay_cursor *c)
{
	size_t i = 0;

	while (i < c->left) {
		uint64_t word;

		if (c->left - i >= sizeof(word)) {
			memcpy(&word, c->p + i, sizeof(word));    /* own: bounded by left */
			/* Nonzero exactly when some byte is below 0x20. */
			if (!((word - EVERY_BYTE(0x20)) & ~word & EVERY_BYTE(0x80))) {
				i += sizeof(word);
				continue;
			}
		}
		for (size_t stop = i + sizeof(word); i < stop && i < c->left; i++)
			if (is_control(c->p[i]))    /* own: bounded by left */
				return i;
	}
	return i;
}

size_t ay_bytes_find_bad_utf8(const struct ay_cursor *c)
{
	size_t i = 0;
	uint64_t word;

	for (; c->left - i >= sizeof(word); i += sizeof(word)) {
		memcpy(&word, c->p + i, sizeof(word));    /* own: bounded by left */
		if (word & EVERY_BYTE(0x80))
			break;
	}
	return i < c->left ? i + ay_utf8_check(c->p + i, c->left - i) : i;    /* own: bounded by left */
}

bool ay_bytes_cut_utf8(const struct ay_cursor *c)
{
	static const uint8_t tails[2][3] = {{0x80, 0x80, 0x80}, {0xBF, 0xBF, 0xBF}};

	if (c->left < 1 || c->left > 3)
		return false;
	/* Cut off, not ill-formed: some continuation completes it. The second byte's range depends on the first, so try both ends. */
	for (size_t add = 1; add <= 4 - c->left; add++) {
		for (int t = 0; t < 2; t++) {
			uint8_t whole[4];

			memcpy(whole, c->p, c->left);    /* own: 1 to 3 bytes */
			memcpy(whole + c->left, tails[t], add);    /* own: up to 4 in all */
			if (ay_utf8_check(whole, c->left + add) == c->left + add)
				return true;
		}
	}
	return false;
}

bool ay_bytes_look_like_text(const struct ay_cursor *c)
{
	if (ay_bytes_find_control(c) < c->left)
		return false;
	struct ay_cursor tail = *c;

	ay_cursor_skip(&tail, ay_bytes_find_bad_utf8(c));
	return !tail.left || ay_bytes_cut_utf8(&tail);
}

bool ay_bytes_hidden_break(const struct ay_cursor *line)
{
	static const char *const breaks[] = {"\v", "\f", "\r", "\xc2\x85", "\xe2\x80\xa8", "\xe2\x80\xa9"};

	for (size_t i = 0; i < AY_ARRAY_LEN(breaks); i++)
		if (memmem(line->p, line->left, breaks[i], strlen(breaks[i])))
			return true;
	return false;
}

bool ay_path_ends(const char *path, const char *suffix)
{
	size_t len = path ? strlen(path) : 0, tail = strlen(suffix);

	return len >= tail && strcasecmp(path + len - tail, suffix) == 0;
}

const char *ay_path_base(const char *path)
{
	if (!path)
		return "";
	for (const char *p = path; *p; p++)
		if (*p == '/' || *p == '!')
			path = p + 1;
	return path;
}
