/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pwd.h>
#include <sys/stat.h>
#include <termios.h>

#include "assay/claim.h"
#include "assay/fd.h"
#include "assay/text.h"
#include "cli/cli.h"

/* Reads one line from the terminal without echo. */
static int ask_passphrase(const char *prompt, char *out, size_t size, struct ay_error *e)
{
	struct termios saved, quiet;
	FILE *tty = fopen("/dev/tty", "r+e");

	if (!tty || tcgetattr(fileno(tty), &saved) != 0) {
		if (tty)
			fclose(tty);
		ay_error_set(e, AY_EUSAGE, "a passphrase is needed and there is no terminal to ask on");
		ay_error_next(e, "set ASSAY_PASSWORD, or make the key with --no-passphrase");
		return AY_EUSAGE;
	}
	quiet = saved;
	quiet.c_lflag &= ~(tcflag_t)ECHO;
	tcsetattr(fileno(tty), TCSAFLUSH, &quiet);
	fprintf(tty, "%s: ", prompt);
	fflush(tty);
	bool got = fgets(out, (int)size, tty) != NULL;

	tcsetattr(fileno(tty), TCSAFLUSH, &saved);
	fputc('\n', tty);
	fclose(tty);
	if (!got)
		return ay_error_set(e, AY_EUSAGE, "no passphrase was given");
	out[strcspn(out, "\n")] = '\0';
	return 0;
}

int cli_new_passphrase(char *out, size_t size, struct ay_error *e)
{
	const char *env = getenv("ASSAY_PASSWORD");
	char again[1024];

	if (env) {
		snprintf(out, size, "%s", env);
		return 0;
	}
	int r = ask_passphrase("Passphrase for the new key", out, size, e);

	if (r == 0)
		r = ask_passphrase("Again", again, sizeof(again), e);
	if (r == 0 && strcmp(out, again) != 0)
		r = ay_error_set(e, AY_EUSAGE, "the two passphrases differ");
	if (r == 0 && !out[0])
		r = ay_error_set(e, AY_EUSAGE, "an empty passphrase protects nothing; use --no-passphrase if that is wanted");
	ay_wipe(again, sizeof(again));
	return r;
}

int cli_key(const char *path, struct ay_key **out, struct ay_error *e)
{
	char pass[1024];
	int r = ay_key_read(path, getenv("ASSAY_PASSWORD"), out, e);

	if (r == AY_EACCESS && getenv("ASSAY_PASSWORD") && e && !e->next[0])
		ay_error_next(e, "check ASSAY_PASSWORD");
	if (r != AY_EACCESS || getenv("ASSAY_PASSWORD"))
		return r;
	/* A wrong mode is refused the same way with a passphrase; only an encrypted key is worth asking for. */
	struct ay_buf b = ay_buf_new(AY_LIMIT_KEY_FILE);
	bool encrypted = strncmp(path, "env://", 6) == 0 ||
			 (ay_read_file(AT_FDCWD, path, &b, NULL) == 0 && ay_key_file_encrypted(b.data, b.len));

	ay_buf_free(&b);
	if (encrypted && e && !e->next[0])
		ay_error_next(e, "set ASSAY_PASSWORD, or run it on a terminal");
	if (!encrypted || !isatty(STDIN_FILENO))
		return r;
	snprintf(pass, sizeof(pass), "Passphrase for %s", path);
	char prompt[1024];

	snprintf(prompt, sizeof(prompt), "%s", pass);
	r = ask_passphrase(prompt, pass, sizeof(pass), e);
	if (r == 0)
		r = ay_key_read(path, pass, out, e);
	ay_wipe(pass, sizeof(pass));
	return r;
}

static void config_dir(char *out, size_t size)
{
	const char *base = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
	struct passwd *pw = getpwuid(getuid());

	if (!home || !home[0])
		home = pw ? pw->pw_dir : "/root";
	if (base && base[0] == '/')
		snprintf(out, size, "%s/assay", base);
	else
		snprintf(out, size, "%s/.config/assay", home);
}

int cli_config_dir(char *out, size_t size, struct ay_error *e)
{
	config_dir(out, size);
	int r = ay_mkdirs(AT_FDCWD, out, 0700);

	return r < 0 ? ay_error_set(e, r, "make %s: %s", out, ay_strerror(r)) : 0;
}

int cli_owner_key(const char *path, struct ay_key **out, struct ay_error *e)
{
	char dir[PATH_MAX], file[PATH_MAX + 16];

	if (path)
		return cli_key(path, out, e);
	int r = cli_config_dir(dir, sizeof(dir), e);

	if (r < 0)
		return r;
	snprintf(file, sizeof(file), "%s/owner.key", dir);
	if (access(file, F_OK) != 0) {
		ay_error_set(e, AY_ENOTFOUND, "there is no owner's key at %s", file);
		ay_error_next(e, "name it with --owner OWNER.key");
		return AY_ENOTFOUND;
	}
	return cli_key(file, out, e);
}

const char *cli_solo_key(void)
{
	static char file[PATH_MAX + 16];
	char dir[PATH_MAX];

	config_dir(dir, sizeof(dir));
	snprintf(file, sizeof(file), "%s/solo.key", dir);
	return access(file, R_OK) == 0 ? file : NULL;
}

int cli_curator_key(const char *path, struct ay_key **out, struct ay_error *e)
{
	if (!path)
		path = cli_solo_key();
	return path ? cli_key(path, out, e) : ay_error_set(e, AY_EUSAGE, "a curator's key is needed: --key CURATOR.key");
}

static int write_new(const char *path, const struct ay_buf *b, mode_t mode, struct ay_error *e)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);

	if (fd < 0) {
		int r = ay_error_errno(e, "%s", path);

		if (r == -EEXIST) {
			ay_error_set(e, AY_EEXISTS, "%s exists already and is not overwritten", path);
			ay_error_next(e, "choose another name");
			r = AY_EEXISTS;
		}
		return r;
	}
	int r = ay_write_full(fd, b->data, b->len);

	if (r == 0)
		r = ay_fsync(fd);
	close(fd);
	return r < 0 ? ay_error_set(e, r, "write %s: %s", path, ay_strerror(r)) : 0;
}

int cli_write_key(const struct ay_key *k, const char *name, const char *passphrase, struct ay_error *e)
{
	struct ay_buf secret = ay_buf_new(AY_LIMIT_KEY_FILE), pem = ay_buf_new(AY_LIMIT_KEY_FILE);
	char path[PATH_MAX];
	int r = ay_key_save(k, passphrase, &secret);

	if (r == 0)
		r = ay_pubkey_pem(ay_key_public(k), &pem);
	if (r < 0)
		ay_error_set(e, r, "the key could not be written: %s", ay_strerror(r));
	snprintf(path, sizeof(path), "%s.key", name);
	if (r == 0)
		r = write_new(path, &secret, 0600, e);
	snprintf(path, sizeof(path), "%s.pub", name);
	if (r == 0)
		r = write_new(path, &pem, 0644, e);
	if (secret.data)
		ay_wipe(secret.data, secret.len);
	ay_buf_free(&secret);
	ay_buf_free(&pem);
	return r;
}

int cli_bring(struct cli *c, const char *kind, const struct ay_buf *envelope, struct ay_error *e)
{
	struct ay_buf b64 = ay_buf_new(AY_LIMIT_REQUEST), q = ay_buf_new(AY_LIMIT_REQUEST);
	struct ay_json_doc *doc = NULL;
	struct ay_jw w = ay_jw_new(&q, false);

	ay_base64_encode(&b64, envelope->data, envelope->len);
	ay_jw_object(&w);
	ay_jw_kstr(&w, "verb", "change");
	ay_jw_kstr(&w, "kind", kind);
	ay_jw_kstr(&w, "envelope", ay_buf_str(&b64));
	ay_jw_object_end(&w);
	int r = cli_ask(c, &q, true, &doc, e);

	ay_json_free(doc);
	ay_buf_free(&b64);
	ay_buf_free(&q);
	return r;
}

int cli_change(struct cli *c, const struct ay_key *k, const char *kind, const struct ay_buf *statement, struct ay_error *e)
{
	struct ay_buf bundle = ay_buf_new(AY_LIMIT_REQUEST);
	int r = statement->err ? statement->err : ay_bundle_sign(k, statement->data, statement->len, &bundle);

	r = r < 0 ? ay_error_set(e, r, "the change could not be signed: %s", ay_strerror(r)) : cli_bring(c, kind, &bundle, e);
	ay_buf_free(&bundle);
	return r;
}
