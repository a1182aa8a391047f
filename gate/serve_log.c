/* SPDX-License-Identifier: Apache-2.0 */
/* Requests about the transparency log. */
#include "assay/log.h"
#include "assay/text.h"
#include "gate/serve.h"

int serve_log_show(struct serve *s)
{
	struct ay_txn *t;
	struct ay_buf note = ay_buf_new(AY_LIMIT_CHECKPOINT), leaf = ay_buf_new(AY_LIMIT_LOG_LEAF);
	uint64_t from = 0, count = 20;
	int r = ay_read_begin(ay_gate_store(s->g), &t);

	if (r < 0)
		return r;
	uint64_t size = ay_log_size(t);

	if (ay_json_u64(ay_json_get(s->q, "count"), &count) < 0 || count > 100000)
		count = 20;
	from = size > count ? size - count : 0;
	r = ay_log_checkpoint(t, &note);
	ay_jw_ku64(s->w, "size", size);
	ay_jw_kstr(s->w, "checkpoint", ay_buf_str(&note));
	ay_jw_key(s->w, "entries");
	ay_jw_array(s->w);
	for (uint64_t i = from; i < size && r == 0; i++) {
		ay_buf_clear(&leaf);
		r = ay_log_entry(t, i, &leaf);
		if (r < 0)
			break;
		ay_jw_object(s->w);
		ay_jw_ku64(s->w, "index", i);
		ay_jw_key(s->w, "leaf");
		ay_jw_raw(s->w, ay_buf_str(&leaf), leaf.len);
		ay_jw_object_end(s->w);
	}
	ay_jw_array_end(s->w);
	ay_read_end(t);
	ay_buf_free(&note);
	ay_buf_free(&leaf);
	return r;
}

int serve_log_prove(struct serve *s)
{
	struct ay_buf b = ay_buf_new(AY_LIMIT_CHECKPOINT);
	const char *ref = serve_text_opt(s, "ref");
	uint64_t index = UINT64_MAX;
	struct ay_artifact a;
	struct ay_txn *t;
	int r = ref ? serve_find(s, &a) : 0;

	if (r == 0)
		r = ay_read_begin(ay_gate_store(s->g), &t);
	if (r < 0)
		return r;
	if (ref)
		index = a.log_index;
	else if (ay_json_u64(ay_json_get(s->q, "index"), &index) < 0)
		r = ay_error_set(&s->e, AY_EUSAGE, "which leaf? give a reference or an index");
	if (r == 0 && index >= ay_log_size(t)) {
		r = ay_error_set(&s->e, AY_ENOTFOUND, "the log has %llu entries and not this one", (unsigned long long)ay_log_size(t));
		ay_error_next(&s->e, "assay log show");
	}
	if (r == 0)
		r = ay_log_proof_file(t, index, &b);
	ay_read_end(t);
	if (r == 0) {
		ay_jw_ku64(s->w, "index", index);
		ay_jw_kstr(s->w, "proof", ay_buf_str(&b));
	}
	ay_buf_free(&b);
	return r;
}

int serve_log_verify(struct serve *s)
{
	struct ay_txn *t;
	int r = ay_read_begin(ay_gate_store(s->g), &t);

	if (r < 0)
		return r;
	r = ay_log_check(t, &s->e);
	ay_jw_ku64(s->w, "size", ay_log_size(t));
	ay_read_end(t);
	return r;
}
