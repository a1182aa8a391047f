/* SPDX-License-Identifier: Apache-2.0 */
/* Scan notes: what a scan said of some bytes, small enough to keep for each file and to cache by digest. */
#include "assay/cursor.h"
#include "gate/candidate.h"

#define NOTE_VERSION 6
#define NOTE_MAX (4 * MIB)
#define CLEAN_KINDS 64

/* Notes without findings, one a format: most files of a large tree share them. */
static struct { pthread_mutex_t lock; struct ay_scan_note *v[CLEAN_KINDS]; size_t n; } clean = { .lock = PTHREAD_MUTEX_INITIALIZER };

struct ay_scan_note *ay_note_ref(struct ay_scan_note *n)
{
	if (n)
		__atomic_add_fetch(&n->refs, 1, __ATOMIC_RELAXED);
	return n;
}

void ay_note_unref(struct ay_scan_note *n)
{
	if (!n || __atomic_sub_fetch(&n->refs, 1, __ATOMIC_ACQ_REL))
		return;
	ay_siblings_free(n->siblings, n->sibling_count);
	free(n->profile);
	free(n->keys);
	free(n->findings);
	free(n->why);
	free(n);
}

static bool same_kind(const struct ay_scan_note *a, const struct ay_scan_note *b)
{
	return a->verdict == b->verdict && a->would_pass == b->would_pass && strcmp(a->format, b->format) == 0;
}

/* Takes n; returns it or the shared one that says the same. */
static struct ay_scan_note *share(struct ay_scan_note *n)
{
	struct ay_scan_note *other = NULL;

	if (n->findings || n->code || n->total || n->tensors.known || n->siblings || n->profile || n->keys)
		return n;
	pthread_mutex_lock(&clean.lock);
	for (size_t i = 0; i < clean.n && !other; i++)
		if (same_kind(clean.v[i], n))
			other = ay_note_ref(clean.v[i]);
	if (!other && clean.n < CLEAN_KINDS)
		clean.v[clean.n++] = ay_note_ref(n);
	pthread_mutex_unlock(&clean.lock);
	if (!other)
		return n;
	ay_note_unref(n);
	return other;
}

static void put_finding(struct ay_jw *w, const struct ay_found *f)
{
	ay_jw_object(w);
	ay_jw_kstr(w, "rule", f->rule->id);
	ay_jw_kstr(w, "severity", ay_severity_name(f->rule->severity));
	ay_jw_kstr(w, "message", f->message);
	ay_jw_kstr(w, "member", f->member);
	ay_jw_key(w, "offset");
	if (f->off == AY_NO_OFFSET)
		ay_jw_null(w);
	else
		ay_jw_u64(w, f->off);
	ay_jw_key(w, "row");
	if (f->row)
		ay_jw_u64(w, f->row);
	else
		ay_jw_null(w);
	ay_jw_kstr(w, "column", f->column);
	ay_jw_kstr(w, "value", f->value);
	ay_jw_kstr(w, "limit", f->limit);
	ay_jw_object_end(w);
}

static int put_findings(struct ay_scan_note *n, const struct ay_scan_result *r)
{
	struct ay_buf b = ay_buf_new(NOTE_MAX);
	struct ay_jw w = ay_jw_new(&b, false);

	ay_jw_array(&w);
	for (size_t i = 0; i < r->found_count; i++)
		put_finding(&w, &r->found[i]);
	ay_jw_array_end(&w);
	n->findings = (char *)ay_buf_steal(&b, NULL);
	ay_buf_free(&b);
	return n->findings ? 0 : AY_ELIMIT;
}

struct ay_scan_note *ay_note_of(int code, struct ay_scan_result *r, const struct ay_error *e)
{
	struct ay_scan_note *n = calloc(1, sizeof(*n));

	if (!n)
		return NULL;
	n->refs = 1;
	n->code = code;
	n->verdict = AY_ERROR;
	if (code == 0) {
		n->verdict = r->verdict;
		n->total = r->found_total;
		n->would_pass = r->profile_would_pass;
		snprintf(n->format, sizeof(n->format), "%s", r->format);
		if (r->found_count && put_findings(n, r))
			code = n->code = AY_ELIMIT;
		n->tensors = r->tensors;
		n->siblings = r->siblings;
		n->sibling_count = r->sibling_count;
		n->profile = r->profile;
		n->profile_len = r->profile_len;
		r->profile = NULL;
		r->profile_len = 0;
		n->keys = r->keys;
		n->keys_len = r->keys_len;
		r->keys = NULL;
		r->keys_len = 0;
		r->siblings = NULL;
		r->sibling_count = 0;
	}
	if (code) {
		n->verdict = AY_ERROR;
		n->why = strdup(e && e->msg[0] ? e->msg : ay_strerror(code));
	}
	return share(n);
}

int ay_note_encode(const struct ay_scan_note *n, struct ay_buf *out)
{
	size_t format = strlen(n->format), findings = n->findings ? strlen(n->findings) : 0;

	ay_buf_addc(out, NOTE_VERSION);
	ay_buf_addc(out, (uint8_t)n->verdict);
	ay_buf_le32(out, n->would_pass);
	ay_buf_le64(out, n->total);
	ay_buf_addc(out, (uint8_t)format);
	ay_buf_add(out, n->format, format);
	ay_siblings_encode(&n->tensors, n->siblings, n->sibling_count, out);
	ay_profile_bytes_encode(n->profile, n->profile_len, out);
	ay_profile_bytes_encode(n->keys, n->keys_len, out);
	ay_buf_add(out, n->findings, findings);
	return out->err;
}

int ay_note_decode(const void *bytes, size_t len, struct ay_scan_note **out)
{
	struct ay_cursor c = ay_cursor_of(bytes, len, 0);
	struct ay_scan_note *n = calloc(1, sizeof(*n));
	uint8_t version, verdict, format;

	if (!n)
		return AY_ELIMIT;
	n->refs = 1;
	version = ay_cursor_u8(&c);
	verdict = ay_cursor_u8(&c);
	n->would_pass = ay_cursor_le32(&c);
	n->total = ay_cursor_le64(&c);
	format = ay_cursor_u8(&c);
	if (c.err || version != NOTE_VERSION || verdict > AY_FAIL || format >= sizeof(n->format))
		goto bad;
	n->verdict = (enum ay_verdict)verdict;
	ay_cursor_copy(&c, n->format, format);
	if (ay_siblings_decode(&c, &n->tensors, &n->siblings, &n->sibling_count) || ay_profile_bytes_decode(&c, &n->profile, &n->profile_len) ||
	    ay_key_bytes_decode(&c, &n->keys, &n->keys_len))
		goto bad;
	if (c.left) {
		size_t left = c.left;

		n->findings = malloc(left + 1);
		if (!n->findings)
			goto bad;
		ay_cursor_copy(&c, n->findings, left);
		n->findings[left] = 0;
	}
	*out = share(n);
	return 0;
bad:
	ay_note_unref(n);
	return AY_ECORRUPT;
}

int ay_note_each(const struct ay_scan_note *n, ay_note_fn fn, void *arg)
{
	struct ay_json_doc *doc;
	const struct ay_json *list;
	int rc;

	if (!n->findings)
		return 0;
	rc = ay_json_parse(n->findings, strlen(n->findings), 64 * (AY_LIMIT_FINDINGS_PER_FILE + 1), &doc, NULL);
	if (rc)
		return rc;
	list = ay_json_root(doc);
	for (size_t i = 0; i < ay_json_count(list); i++) {
		const struct ay_json *f = ay_json_at(list, i);
		const char *id = ay_json_str(ay_json_get(f, "rule"), NULL);

		fn(arg, id ? ay_gate_rule(id) : NULL, f);
	}
	ay_json_free(doc);
	return 0;
}

struct deciding { const struct ay_rules *rules; const struct ay_waiver *waivers; int64_t now_s; enum ay_verdict worst, listed; };

static void decide(void *arg, const struct ay_rule *rule, const struct ay_json *finding)
{
	struct deciding *d = arg;
	enum ay_verdict v = rule ? rule->verdict : AY_ERROR;

	(void)finding;
	if (v > d->listed)
		d->listed = v;
	if (rule && !(d->rules->gates >> ay_rule_gate(rule) & 1))
		return;
	if (rule && v > AY_WARN && ay_waived(d->waivers, rule, d->now_s))
		v = AY_WARN;
	if (v > d->worst)
		d->worst = v;
}

enum ay_verdict ay_note_decide(const struct ay_scan_note *n, const struct ay_rules *r, const struct ay_waiver *w, int64_t now_s)
{
	struct deciding d = { r, w, now_s, AY_PASS, AY_PASS };

	if (n->code)
		return AY_ERROR;
	if (!n->findings)
		return n->verdict;
	if (ay_note_each(n, decide, &d))
		return AY_ERROR;
	/* A verdict worse than all that is listed comes from what was only counted: nobody can say which gate it is of. */
	return n->verdict > d.listed ? n->verdict : d.worst;
}
