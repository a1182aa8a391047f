/* SPDX-License-Identifier: Apache-2.0 */
#include "scanners/formats/crc32c.h"

/* By half bytes: the blocks that it covers are small. */
static const uint32_t half[16] = {
	0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1, 0x417b1dbc, 0x5125dad3, 0x61c69362, 0x7198540d,
	0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9, 0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75
};

uint32_t ay_crc32c_more(uint32_t crc, struct ay_cursor c)
{
	crc = ~crc;
	while (c.left) {
		uint8_t byte = ay_cursor_u8(&c);

		crc = half[(crc ^ byte) & 15] ^ (crc >> 4);
		crc = half[(crc ^ (byte >> 4)) & 15] ^ (crc >> 4);
	}
	return ~crc;
}

uint32_t ay_crc32c(struct ay_cursor c)
{
	return ay_crc32c_more(0, c);
}

uint32_t ay_crc32c_masked(uint32_t crc)
{
	return ((crc >> 15) | (crc << 17)) + 0xa282ead8u;
}
