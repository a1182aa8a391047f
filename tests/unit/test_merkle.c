/* SPDX-License-Identifier: Apache-2.0 */
#include "assay/log.h"

#include "tests/lib/merkle_oracle.h"
#include "tests/lib/tap.h"

#define MOST 300

static struct ay_sha256 leaves[MOST], roots[MOST + 1];

/* Sizes to try: all to beyond the seventh power of two, then those around the eighth. */
static uint64_t next_size(uint64_t size)
{
	return size == 130 ? 255 : size == 258 ? MOST : size + 1;
}

/* Inputs and roots of Certificate Transparency's reference test. */
static void test_known(void)
{
	static const struct { const char *bytes; size_t len; } in[] = {
		{ "", 0 }, { "\x00", 1 }, { "\x10", 1 }, { "\x20\x21", 2 }, { "\x30\x31", 2 }, { "\x40\x41\x42\x43", 4 },
		{ "\x50\x51\x52\x53\x54\x55\x56\x57", 8 },
		{ "\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f", 16 } };
	static const char *want[] = {
		"6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
		"fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
		"aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
		"d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
		"4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
		"76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
		"ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
		"5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328" };
	struct ay_sha256 h[8];
	char hex[AY_SHA256_HEX];

	for (size_t i = 0; i < 8; i++) {
		struct ay_sha256 root;

		h[i] = ay_merkle_leaf(in[i].bytes, in[i].len);
		root = oracle_root(h, i + 1);
		ay_sha256_hex(&root, hex);
		is_str(hex, want[i], "root of %zu entries", i + 1);
	}
}

/* Every proof that differs in one bit, one hash, its position or its size must fail. */
static bool mutants_refused(uint64_t index, uint64_t size, const struct ay_sha256 *proof, size_t n)
{
	struct ay_sha256 bad[70];
	bool refused = true;

	for (size_t i = 0; i < n; i++) {
		memcpy(bad, proof, n * sizeof(*bad));
		bad[i].b[(index + i) % 32] ^= 1;
		refused &= !ay_merkle_inclusion_ok(index, size, &leaves[index], bad, n, &roots[size]);
	}
	memcpy(bad, proof, n * sizeof(*bad));
	bad[n] = roots[size];
	refused &= !ay_merkle_inclusion_ok(index, size, &leaves[index], bad, n + 1, &roots[size]);
	if (n) {
		refused &= !ay_merkle_inclusion_ok(index, size, &leaves[index], bad, n - 1, &roots[size]);
		refused &= !ay_merkle_inclusion_ok(index, size, &leaves[index], bad + 1, n - 1, &roots[size]);
	}
	if (size > 1)
		refused &= !ay_merkle_inclusion_ok((index + 1) % size, size, &leaves[index], proof, n, &roots[size]);
	refused &= !ay_merkle_inclusion_ok(index, size, &leaves[(index + 1) % MOST], proof, n, &roots[size]);
	refused &= !ay_merkle_inclusion_ok(index, size, &leaves[index], proof, n, &roots[size - 1]);
	refused &= !ay_merkle_inclusion_ok(index + size, size, &leaves[index], proof, n, &roots[size]);
	return refused;
}

static void test_inclusion(void)
{
	bool good = true, refused = true;

	for (uint64_t size = 1; size <= MOST; size = next_size(size)) {
		for (uint64_t i = 0; i < size; i++) {
			struct ay_sha256 proof[70];
			size_t n = 0;

			oracle_path(i, leaves, size, proof, &n);
			good &= ay_merkle_inclusion_ok(i, size, &leaves[i], proof, n, &roots[size]);
			refused &= mutants_refused(i, size, proof, n);
		}
	}
	ok(good, "every inclusion proof of sizes 1 to 130, 255 to 258 and %d", MOST);
	ok(refused, "and every mutant of it is refused");
}

static void test_consistency(void)
{
	bool good = true, refused = true;

	for (uint64_t new = 1; new <= MOST; new = next_size(new)) {
		for (uint64_t old = 1; old <= new; old++) {
			struct ay_sha256 proof[70], bad[70];
			size_t n = 0;

			oracle_subproof(old, leaves, new, 1, proof, &n);
			good &= ay_merkle_consistency_ok(old, &roots[old], new, &roots[new], proof, n);
			for (size_t i = 0; i < n; i++) {
				memcpy(bad, proof, n * sizeof(*bad));
				bad[i].b[i % 32] ^= 0x80;
				refused &= !ay_merkle_consistency_ok(old, &roots[old], new, &roots[new], bad, n);
			}
			memcpy(bad, proof, n * sizeof(*bad));
			bad[n] = roots[new];
			refused &= !ay_merkle_consistency_ok(old, &roots[old], new, &roots[new], bad, n + 1);
			if (n)
				refused &= !ay_merkle_consistency_ok(old, &roots[old], new, &roots[new], bad, n - 1);
			refused &= !ay_merkle_consistency_ok(old, &roots[old - 1], new, &roots[new], proof, n);
			refused &= !ay_merkle_consistency_ok(old, &roots[old], new, &roots[new - 1], proof, n);
		}
	}
	ok(good, "every consistency proof of the same sizes");
	ok(refused, "and every mutant of it is refused");
	ok(ay_merkle_consistency_ok(0, &roots[0], 5, &roots[5], NULL, 0), "the empty log comes before every log");
	ok(!ay_merkle_consistency_ok(0, &roots[1], 5, &roots[5], NULL, 0), "but only with its own root");
	ok(!ay_merkle_consistency_ok(6, &roots[6], 5, &roots[5], NULL, 0), "a log does not shrink");
	ok(!ay_merkle_inclusion_ok(0, 2, &leaves[0], NULL, 0, &leaves[0]), "a proof does not end below the root");
	ok(!ay_merkle_inclusion_ok(0, 0, &leaves[0], NULL, 0, &roots[0]), "nothing is in the empty log");
}

int main(void)
{
	test_known();
	for (int i = 0; i < MOST; i++) {
		uint8_t text[2] = { (uint8_t)i, (uint8_t)(i >> 8) };

		leaves[i] = ay_merkle_leaf(text, 2);
	}
	for (uint64_t n = 0; n <= MOST; n++)
		roots[n] = oracle_root(leaves, n);
	test_inclusion();
	test_consistency();
	return done_testing();
}
