/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pwd.h>

#include "assay/fd.h"
#include "assay/text.h"
#include "cli/cli.h"

/* A key in the user's configuration folder, made on first use. */
static int config_key(const char *name, enum ay_key_type type, bool passphrase, struct ay_key **out, struct ay_error *e)
{
	char dir[PATH_MAX], base[PATH_MAX + 64], file[PATH_MAX + 80], pass[1024];
	int r = cli_config_dir(dir, sizeof(dir), e);

	if (r < 0)
		return r;
	snprintf(base, sizeof(base), "%s/%s", dir, name);
	snprintf(file, sizeof(file), "%s.key", base);
	if (access(file, F_OK) == 0)
		return cli_key(file, out, e);
	if (passphrase && (r = cli_new_passphrase(pass, sizeof(pass), e)) < 0)
		return r;
	r = ay_key_generate(type, out, e);
	if (r == 0)
		r = cli_write_key(*out, base, passphrase ? pass : NULL, e);
	ay_wipe(pass, sizeof(pass));
	if (r == 0)
		cli_say("made the key %s", file);
	return r;
}

int cmd_init(struct cli *c, int argc, char **argv)
{
	const char *owner_path = NULL;
	bool solo = false, no_passphrase = false;
	const struct cli_opt opts[] = {
		{ "owner", CLI_TEXT_OPT, &owner_path, "OWNER.key", "the owner's Ed25519 key; else one in the configuration folder" },
		{ "solo", CLI_FLAG, &solo, NULL, "also trust you as publisher, builder and curator, with a second key" },
		{ "no-passphrase", CLI_FLAG, &no_passphrase, NULL, "keys made now are not protected by a passphrase" },
		{ NULL, 0, NULL, NULL, NULL }
	};
	struct ay_error e = { .off = AY_NO_OFFSET };
	struct ay_key *owner = NULL, *self = NULL;
	struct passwd *pw = getpwuid(getuid());
	int status;

	if (cli_parse(c, argc, argv, opts, 1, 1, &status) < 0)
		return status;
	bool ask = !no_passphrase && (getenv("ASSAY_PASSWORD") || isatty(STDIN_FILENO));

	if (!owner_path && !ask && !no_passphrase)
		return cli_usage(c, "the owner's key needs a passphrase: set ASSAY_PASSWORD, run on a terminal, or say --no-passphrase");
	int r = owner_path ? cli_key(owner_path, &owner, &e) : config_key("owner", AY_KEY_ED25519, ask, &owner, &e);

	if (r == 0 && solo)
		r = config_key("solo", AY_KEY_P256, ask, &self, &e);
	if (r == 0)
		r = ay_gate_init(argv[0], owner, self ? ay_key_public(self) : NULL, pw ? pw->pw_name : "root", &e);
	ay_key_free(owner);
	ay_key_free(self);
	if (r < 0)
		return cli_fail(c, &e, r);
	if (c->format == CLI_JSON) {
		struct ay_buf b = ay_buf_new(64 * KIB);
		struct ay_jw w = ay_jw_new(&b, true);

		ay_jw_object(&w);
		ay_jw_kstr(&w, "store", argv[0]);
		ay_jw_object_end(&w);
		puts(ay_buf_str(&b));
		ay_buf_free(&b);
		return 0;
	}
	printf("store %s is ready\n", argv[0]);
	if (!solo)
		printf("next: assay --help; trust somebody: assay trust add KEY.pub --role publisher --for 'models/**' --store %s\n", argv[0]);
	else
		printf("next: assay mount %s DIR\n", argv[0]);
	return 0;
}

int cmd_keygen(struct cli *c, int argc, char **argv)
{
	const char *type = "p256";
	bool no_passphrase = false;
	const struct cli_opt opts[] = {
		{ "type", CLI_TEXT_OPT, &type, "p256|ed25519", "p256 signs artifacts (default); ed25519 is for owners" },
		{ "no-passphrase", CLI_FLAG, &no_passphrase, NULL, "do not protect the key by a passphrase" },
		{ NULL, 0, NULL, NULL, NULL }
	};
	struct ay_error e = { .off = AY_NO_OFFSET };
	struct ay_key *k = NULL;
	char pass[1024], hex[AY_SHA256_HEX];
	int status, r = 0;

	if (cli_parse(c, argc, argv, opts, 1, 1, &status) < 0)
		return status;
	if (strcmp(type, "p256") != 0 && strcmp(type, "ed25519") != 0)
		return cli_usage(c, "--type takes p256 or ed25519");
	if (!no_passphrase)
		r = cli_new_passphrase(pass, sizeof(pass), &e);
	if (r == 0)
		r = ay_key_generate(strcmp(type, "p256") == 0 ? AY_KEY_P256 : AY_KEY_ED25519, &k, &e);
	if (r == 0)
		r = cli_write_key(k, argv[0], no_passphrase ? NULL : pass, &e);
	ay_wipe(pass, sizeof(pass));
	if (r < 0) {
		ay_key_free(k);
		return cli_fail(c, &e, r);
	}
	ay_sha256_hex(&ay_key_public(k)->id, hex);
	ay_key_free(k);
	if (c->format == CLI_JSON)
		printf("{\"key\": \"%s\", \"type\": \"%s\"}\n", hex, type);
	else
		printf("%s.key and %s.pub, key id %s\n", argv[0], argv[0], hex);
	return 0;
}
