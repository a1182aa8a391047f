/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For the interop_*.sh tests.
 *   interop_tool gen DIR              bundles of every shape that was tried on real clients, with fresh keys (interop_gen.c)
 *   interop_tool store DIR            bundles with proofs as a store makes them (interop_store.c)
 *   interop_tool verdict DIR FILE     what Assay says of DIR/FILE, with the keys DIR/(star).pub and the log DIR/log.vkey
 *   interop_tool note DIR FILE        the checkpoint DIR/FILE under DIR/log.vkey
 *   interop_tool minisign FILE        makes FILE.minisig and FILE.minisig.pub with a fresh key
 *   interop_tool minicheck PUB SIG FILE
 */
#include "tests/integration/interop.h"

#include <dirent.h>
#include <fcntl.h>

#include "assay/fd.h"
#include "assay/text.h"

#define KEYS_MAX 16

struct named_key { char name[64]; struct ay_pubkey key; };
static struct named_key keys[KEYS_MAX];
static size_t nkeys;
static char origin[256];
static struct ay_pubkey log_key;

static int slurp(int dirfd, const char *name, struct ay_buf *b)
{
	struct ay_error e;
	int r = ay_read_file(dirfd, name, b, &e);

	if (r < 0)
		fprintf(stderr, "%s: %s\n", name, e.msg);
	return r;
}

static const char *code(int r)
{
	return r == 0 ? "ok" : r == AY_EFORMAT ? "format" : r == AY_ESIGNATURE ? "signature" : r == AY_EDIGEST ? "digest" :
	       r == AY_EUNSUPPORTED ? "unsupported" : r == AY_ENOTFOUND ? "none" : r == AY_EPOLICY ? "policy" : ay_strerror(r);
}

static void load_keys(int dirfd)
{
	struct dirent *de;
	DIR *d = fdopendir(dup(dirfd));

	while (d && (de = readdir(d)) && nkeys < KEYS_MAX) {
		struct ay_buf b = ay_buf_new(1 << 20);
		size_t len = strlen(de->d_name);

		if (len > 4 && strcmp(de->d_name + len - 4, ".pub") == 0 && slurp(dirfd, de->d_name, &b) == 0 &&
		    ay_pubkey_parse(b.data, b.len, &keys[nkeys].key, NULL) == 0)
			snprintf(keys[nkeys++].name, sizeof(keys->name), "%.*s", (int)(len - 4), de->d_name);
		ay_buf_free(&b);
	}
	if (d)
		closedir(d);
}

/* origin+keyid+base64(0x01, key) */
static void load_vkey(int dirfd)
{
	struct ay_buf b = ay_buf_new(4096), raw = ay_buf_new(64);
	char *text, *b64;

	if (slurp(dirfd, "log.vkey", &b) < 0)
		return;
	text = (char *)b.data;
	text[strcspn(text, "\r\n")] = '\0';
	b64 = strchr(text, '+');
	if (b64) {
		snprintf(origin, sizeof(origin), "%.*s", (int)(b64 - text), text);
		b64 = strchr(b64 + 1, '+');
	}
	if (!b64 || ay_base64_decode(&raw, b64 + 1, strlen(b64 + 1), false) < 0 || raw.len != 33 || raw.data[0] != 1 ||
	    ay_pubkey_from_ed25519(raw.data + 1, &log_key) < 0)
		fprintf(stderr, "log.vkey is malformed\n");
	ay_buf_free(&raw);
	ay_buf_free(&b);
}

static const char *kind(const struct ay_statement *st)
{
	const char *last = strrchr(st->predicate_type, '/');
	static char text[128];

	if (strcmp(st->predicate_type, AY_PREDICATE_OMS) == 0)
		return "oms";
	snprintf(text, sizeof(text), "%s", last ? last + 1 : st->predicate_type);
	return text;
}

static void verdict_oms(const struct ay_statement *st, int dirfd)
{
	struct ay_oms oms;
	struct ay_error e;
	int r = ay_oms_parse(st, &oms, &e), model = openat(dirfd, "my-model", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	printf(" list=%s", code(r));
	if (r == 0) {
		printf(" files=%zu sha256=%d", oms.files.n, oms.digests_are_sha256);
		ay_oms_free(&oms);
	}
	printf(" dir=%s", code(ay_oms_check_dir(st, model, &e)));
	close(model);
}

static int verdict(int dirfd, const char *name)
{
	struct ay_buf b = ay_buf_new(16 << 20);
	struct ay_envelope env;
	struct ay_statement st;
	struct ay_error e;
	uint64_t mask, index = 0;
	const struct ay_pubkey *signer = NULL;
	struct ay_pubkey list[KEYS_MAX];
	int r;

	load_keys(dirfd);
	load_vkey(dirfd);
	if (slurp(dirfd, name, &b) < 0)
		return 2;
	r = ay_envelope_parse(b.data, b.len, &env, &e);
	if (r < 0) {
		printf("parse=%s\n", code(r));
		ay_buf_free(&b);
		return 0;
	}
	for (size_t i = 0; i < nkeys; i++)
		list[i] = keys[i].key;
	if (ay_envelope_verify(&env, list, nkeys, &mask, &e) < 0)
		return 2;
	printf("signer=");
	for (size_t i = 0; i < nkeys; i++) {
		if (!(mask >> i & 1))
			continue;
		printf("%s", keys[i].name);
		signer = &keys[i].key;
	}
	if (!signer)
		printf("nobody");
	r = ay_statement_parse(env.payload, env.payload_len, &st, &e);
	printf(" type=%s", r == 0 ? kind(&st) : code(r));
	if (r == 0 && strcmp(st.predicate_type, AY_PREDICATE_OMS) == 0)
		verdict_oms(&st, dirfd);
	if (signer && env.is_bundle) {
		r = ay_bundle_check_proof(&env, signer, &log_key, origin, &index, &e);
		printf(" proof=%s", code(r));
		if (r == 0)
			printf(" index=%llu", (unsigned long long)index);
	}
	printf("\n");
	if (st.doc)
		ay_statement_free(&st);
	ay_envelope_free(&env);
	ay_buf_free(&b);
	return 0;
}

static int note(int dirfd, const char *name)
{
	struct ay_buf b = ay_buf_new(1 << 20);
	struct ay_checkpoint c = { .size = 0 };
	struct ay_error e;
	int r;

	load_vkey(dirfd);
	if (slurp(dirfd, name, &b) < 0)
		return 2;
	r = ay_checkpoint_verify(b.data, b.len, origin, &log_key, &c, &e);
	printf("note=%s size=%llu\n", code(r), (unsigned long long)c.size);
	ay_buf_free(&b);
	return 0;
}

static int spit(const char *name, const char *tail, const struct ay_buf *b)
{
	char path[4096];
	struct ay_error e;

	snprintf(path, sizeof(path), "%s%s", name, tail);
	return ay_write_file(AT_FDCWD, path, b->data, b->len, 0644, &e);
}

static int minisign(const char *name)
{
	struct ay_key *k;
	struct ay_buf sig = ay_buf_new(65536), pub = ay_buf_new(65536);
	uint8_t digest[64];
	int r = 2, fd = open(name, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || ay_blake2b_fd(fd, digest) < 0 || ay_key_generate(AY_KEY_ED25519, &k, NULL) < 0)
		return 2;
	if (ay_minisign_sign(k, digest, "origin=assay.local seq=7", &sig) == 0 && ay_minisign_pub(ay_key_public(k), &pub) == 0 &&
	    spit(name, ".minisig", &sig) == 0 && spit(name, ".minisig.pub", &pub) == 0)
		r = 0;
	close(fd);
	ay_key_free(k);
	ay_buf_free(&sig);
	ay_buf_free(&pub);
	return r;
}

static int minicheck(const char *pub_name, const char *sig_name, const char *name)
{
	struct ay_buf sig = ay_buf_new(65536), pub = ay_buf_new(65536);
	struct ay_pubkey k;
	struct ay_error e = { .msg = "" };
	int r, fd = open(name, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || slurp(AT_FDCWD, sig_name, &sig) < 0 || slurp(AT_FDCWD, pub_name, &pub) < 0)
		return 2;
	r = ay_pubkey_parse(pub.data, pub.len, &k, &e);
	if (r == 0)
		r = ay_minisign_verify_fd(&k, sig.data, sig.len, fd, &e);
	printf("minisign=%s\n", code(r));
	close(fd);
	ay_buf_free(&sig);
	ay_buf_free(&pub);
	return 0;
}

int main(int argc, char **argv)
{
	int dirfd;

	if (argc == 3 && strcmp(argv[1], "minisign") == 0)
		return minisign(argv[2]);
	if (argc == 5 && strcmp(argv[1], "minicheck") == 0)
		return minicheck(argv[2], argv[3], argv[4]);
	if (argc < 3)
		return 64;
	dirfd = open(argv[2], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dirfd < 0)
		return 2;
	if (strcmp(argv[1], "gen") == 0)
		return interop_gen(dirfd);
	if (strcmp(argv[1], "store") == 0)
		return interop_store(dirfd, argv[2]);
	if (argc == 4 && strcmp(argv[1], "verdict") == 0)
		return verdict(dirfd, argv[3]);
	if (argc == 4 && strcmp(argv[1], "note") == 0)
		return note(dirfd, argv[3]);
	return 64;
}
