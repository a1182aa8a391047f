/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdarg.h>

#include "assay/text.h"
#include "cli/cli.h"

static bool progress_shown;

void cli_say(const char *fmt, ...)
{
	va_list ap;

	cli_progress_end();
	fputs("assay: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
}

/* What helps when the error itself does not say. */
static void next_step(const struct cli *c, int code, char *out, size_t size)
{
	const char *text = NULL;

	switch (code) {
	case -ENOENT: case -ENOTDIR: text = "check that path, then run the command again"; break;
	case -EEXIST: text = "choose another name"; break;
	case -EACCES: case -EPERM: case AY_EACCESS: text = "run it as the user who owns that, or ask the owner of the store"; break;
	case -ENOSPC: case -EDQUOT: text = "make room on that file system; assay gc frees what nothing refers to"; break;
	case AY_ENOTFOUND: text = "assay ls"; break;
	case AY_ECORRUPT: text = "assay fsck --scrub"; break;
	case AY_EBUSY: text = "try again in a moment"; break;
	case AY_ETRUST: text = "assay trust show"; break;
	default: break;
	}
	if (text)
		snprintf(out, size, "%s", text);
	else if (ay_grade(code) == AY_GRADE_CANNOT || ay_grade(code) == AY_GRADE_BUG)
		snprintf(out, size, "assay doctor");
	else
		snprintf(out, size, "assay %s --help", c->verb->name);
}

int cli_fail(const struct cli *c, const struct ay_error *e, int code)
{
	char next[192];

	if (e->next[0])
		snprintf(next, sizeof(next), "%s", e->next);
	else
		next_step(c, code, next, sizeof(next));
	cli_progress_end();
	if (c->format == CLI_JSON || c->format == CLI_SARIF) {
		struct ay_buf b = ay_buf_new(64 * KIB);
		struct ay_jw w = ay_jw_new(&b, true);

		ay_jw_object(&w);
		ay_jw_key(&w, "error");
		ay_jw_object(&w);
		ay_jw_kstr(&w, "message", e->msg[0] ? e->msg : ay_strerror(code));
		if (e->where[0])
			ay_jw_kstr(&w, "where", e->where);
		if (e->off != AY_NO_OFFSET)
			ay_jw_ku64(&w, "offset", e->off);
		ay_jw_kstr(&w, "next", next);
		ay_jw_ki64(&w, "code", code);
		ay_jw_object_end(&w);
		ay_jw_object_end(&w);
		puts(ay_buf_str(&b));
		ay_buf_free(&b);
	}
	fprintf(stderr, "assay %s: %s%s%s", c->verb->name, e->where, e->where[0] ? ": " : "", e->msg[0] ? e->msg : ay_strerror(code));
	if (e->off != AY_NO_OFFSET)
		fprintf(stderr, " (at byte %llu)", (unsigned long long)e->off);
	fputc('\n', stderr);
	fprintf(stderr, "next: %s\n", next);
	return ay_exit_status(code);
}

void cli_put(const char *text)
{
	struct ay_buf b = ay_buf_new(16 * MIB);

	ay_escape(&b, text, strlen(text));
	fputs(ay_buf_str(&b), stdout);
	ay_buf_free(&b);
}

bool cli_is_tty(void)
{
	static int known = -1;    /* asked once: progress is told for every file */

	if (known < 0)
		known = isatty(STDERR_FILENO);
	return known == 1;
}

void cli_progress(const char *fmt, ...)
{
	va_list ap;

	if (!cli_is_tty())
		return;
	fputs("\r\033[K", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fflush(stderr);
	progress_shown = true;
}

void cli_progress_end(void)
{
	if (progress_shown)
		fputs("\r\033[K", stderr);
	progress_shown = false;
}
