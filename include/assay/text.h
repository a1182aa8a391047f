/* SPDX-License-Identifier: Apache-2.0 */
/* Text helpers: encodings, names, patterns, times. Pure functions unless said otherwise. */
#ifndef ASSAY_TEXT_H
#define ASSAY_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "assay/attr.h"
#include "assay/buf.h"

/* Strict UTF-8 (no overlong forms, surrogates, > U+10FFFF). Returns len when valid, else the offset of the first bad byte. */
size_t ay_utf8_check(const void *bytes, size_t len);

int ay_hex_encode(struct ay_buf *b, const void *bytes, size_t len);
/* Lower or upper case; AY_EFORMAT otherwise. out has len/2 bytes. */
AY_MUSTCHECK int ay_hex_decode(const char *hex, size_t len, uint8_t *out);

/* Standard alphabet with padding. */
int ay_base64_encode(struct ay_buf *b, const void *bytes, size_t len);
/* Strict: alphabet, padding, zero trailing bits. url_too also takes the URL-safe alphabet and absent padding (DSSE asks for it). Appends to b. */
AY_MUSTCHECK int ay_base64_decode(struct ay_buf *b, const char *text, size_t len, bool url_too);

/* Appends bytes safe for a terminal: control bytes, ESC, invalid UTF-8, bidi controls and backslash become \xNN. */
int ay_escape(struct ay_buf *b, const void *bytes, size_t len);
/* The same into a fixed buffer, cut with "..." when too long. Returns out. */
char *ay_escape_str(char *out, size_t out_size, const char *text);

/*
 * Pattern of policy and ignore lists against a '/'-separated path. '*' matches
 * within a component, '**' as a whole component matches any number of them
 * (none too), '?' one byte, '{a,b}' is not special. Linear time. A pattern
 * "x/" followed by two stars matches "x/y" and below, not "x" itself.
 */
bool ay_glob_match(const char *pattern, const char *path);
/* Length of the literal prefix before the first wildcard: specificity of a pattern. */
size_t ay_glob_literal(const char *pattern);

/* "2026-11-23T12:00:00Z" from Unix seconds and back (Z or numeric offset; fractions accepted, dropped). */
void ay_time_format(int64_t unix_s, char out[24]);
AY_MUSTCHECK int ay_time_parse(const char *text, size_t len, int64_t *unix_s);
/* Wall clock in Unix seconds. Reads ASSAY_TEST_NOW in builds with --enable-testing only. */
int64_t ay_time_now(void);
/* Monotonic milliseconds. */
int64_t ay_time_mono_ms(void);
/* "512MiB", "1TiB", "10GB", "4096" to bytes; AY_EFORMAT otherwise. */
AY_MUSTCHECK int ay_size_parse(const char *text, uint64_t *bytes);
/* "24h", "30d", "90s", "15m" to seconds. */
AY_MUSTCHECK int ay_duration_parse(const char *text, int64_t *seconds);
/* "1.4 GB" style for people. */
char *ay_size_format(char out[16], uint64_t bytes);

#endif
