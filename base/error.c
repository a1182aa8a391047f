/* SPDX-License-Identifier: Apache-2.0 */
#include "assay/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "assay/text.h"

static void AY_PRINTF(3, 0) set_text(char *dst, size_t size, const char *fmt, va_list ap)
{
	char raw[1024];

	vsnprintf(raw, sizeof(raw), fmt, ap);
	ay_escape_str(dst, size, raw);
}

static int AY_PRINTF(4, 0) set(struct ay_error *e, int code, uint64_t off, const char *fmt, va_list ap)
{
	if (!e)
		return code;
	e->code = code;
	e->off = off;
	e->where[0] = '\0';
	e->next[0] = '\0';
	set_text(e->msg, sizeof(e->msg), fmt, ap);
	return code;
}

int ay_error_set(struct ay_error *e, int code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	set(e, code, AY_NO_OFFSET, fmt, ap);
	va_end(ap);
	return code;
}

int ay_error_at(struct ay_error *e, int code, uint64_t off, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	set(e, code, off, fmt, ap);
	va_end(ap);
	return code;
}

void ay_error_where(struct ay_error *e, const char *fmt, ...)
{
	va_list ap;

	if (!e)
		return;
	va_start(ap, fmt);
	set_text(e->where, sizeof(e->where), fmt, ap);
	va_end(ap);
}

void ay_error_next(struct ay_error *e, const char *fmt, ...)
{
	va_list ap;

	if (!e)
		return;
	va_start(ap, fmt);
	set_text(e->next, sizeof(e->next), fmt, ap);
	va_end(ap);
}

int ay_error_errno(struct ay_error *e, const char *fmt, ...)
{
	int sys = errno;
	char what[512], text[128];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	return ay_error_set(e, -sys, "%s: %s", what, strerror_r(sys, text, sizeof(text)));
}

const char *ay_strerror(int code)
{
	static _Thread_local char text[128];

	if (code < 0 && code > AY_ETRUNC)
		return strerror_r(-code, text, sizeof(text));
	switch ((enum ay_err)code) {
	case AY_OK: return "success";
	case AY_ETRUNC: return "input ends too early";
	case AY_EFORMAT: return "malformed input";
	case AY_ELIMIT: return "limit exceeded";
	case AY_EUNSUPPORTED: return "not supported";
	case AY_EDIGEST: return "digest differs";
	case AY_ESIGNATURE: return "signature does not verify";
	case AY_ETRUST: return "not trusted";
	case AY_EPOLICY: return "refused";
	case AY_EACCESS: return "not permitted";
	case AY_ENOTFOUND: return "not found";
	case AY_EEXISTS: return "already exists";
	case AY_ESTATE: return "not possible in this state";
	case AY_EBUSY: return "busy";
	case AY_EUSAGE: return "wrong usage";
	case AY_ECORRUPT: return "store is damaged";
	case AY_EROLLBACK: return "store is older than what was seen before";
	case AY_EWORKER: return "worker failed";
	case AY_EINTERNAL: return "internal error";
	}
	return "unknown error";
}

enum ay_grade ay_grade(int code)
{
	if (code >= 0)
		return AY_GRADE_OK;
	if (code > AY_ETRUNC)
		return AY_GRADE_CANNOT;
	switch ((enum ay_err)code) {
	case AY_OK: return AY_GRADE_OK;
	case AY_ETRUNC: case AY_EFORMAT: case AY_EDIGEST: case AY_ESIGNATURE: return AY_GRADE_INPUT;
	case AY_ETRUST: case AY_EPOLICY: case AY_EACCESS: case AY_EEXISTS: case AY_EROLLBACK: return AY_GRADE_REFUSED;
	case AY_ELIMIT: case AY_EUNSUPPORTED: case AY_ENOTFOUND: case AY_ESTATE: case AY_EBUSY: case AY_ECORRUPT: case AY_EWORKER:
		return AY_GRADE_CANNOT;
	case AY_EUSAGE: return AY_GRADE_USAGE;
	case AY_EINTERNAL: return AY_GRADE_BUG;
	}
	return AY_GRADE_BUG;
}

int ay_exit_status(int code)
{
	switch (ay_grade(code)) {
	case AY_GRADE_OK: return 0;
	case AY_GRADE_INPUT: case AY_GRADE_REFUSED: return 1;
	case AY_GRADE_USAGE: return 64;
	case AY_GRADE_CANNOT: case AY_GRADE_BUG: return 2;
	}
	return 2;
}

void ay_bug(const char *fmt, ...)
{
	va_list ap;

	fputs("assay: bug: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	abort();
}
