/* SPDX-License-Identifier: Apache-2.0 */
/* The request "verify". */
#include "assay/fd.h"
#include "gate/candidate.h"
#include "gate/serve.h"

/* Every byte again, every claim again, under the trust root and policy in force, and the verdict's place in the log. */
static int verify_bytes(struct serve *s, const struct ay_artifact *a, uint64_t *bytes_out)
{
	struct ay_store *store = ay_gate_store(s->g);
	struct ay_file_list files = { 0 };
	struct ay_sha256 root, alias;
	struct ay_txn *t;
	int r = ay_read_begin(store, &t);

	if (r < 0)
		return r;
	r = ay_node_list(t, a->top, &files);
	ay_read_end(t);
	for (size_t i = 0; r == 0 && i < files.n; i++) {
		AY_CLEANUP_FD int fd = ay_object_open(store, &files.v[i].sha256, &s->e);
		struct ay_sha256 d;

		r = fd < 0 ? fd : ay_sha256_fd(fd, &d, NULL, &s->e);
		if (r == 0 && !ay_sha256_eq(&d, &files.v[i].sha256))
			r = ay_error_set(&s->e, AY_EDIGEST, "the object's bytes have changed since they were admitted");
		if (r < 0)
			ay_error_where(&s->e, "%s", files.v[i].path);
		*bytes_out += files.v[i].size;
	}
	if (r == 0)
		r = ay_oms_roots(&files, &root, &alias);
	if (r == 0 && !ay_sha256_eq(&root, &a->root))
		r = ay_error_set(&s->e, AY_EDIGEST, "the tree's root is not the one that was admitted");
	ay_file_list_free(&files);
	return r;
}

static int verify_log(struct serve *s, const struct ay_artifact *a)
{
	struct ay_sha256 proof[AY_LIMIT_PROOF_HASHES], leaf_hash, root;
	struct ay_buf leaf = ay_buf_new(AY_LIMIT_LOG_LEAF), note = ay_buf_new(AY_LIMIT_CHECKPOINT);
	struct ay_checkpoint cp;
	size_t n = AY_LIMIT_PROOF_HASHES;
	struct ay_txn *t;
	int r = ay_read_begin(ay_gate_store(s->g), &t);

	if (r < 0)
		return r;
	r = ay_log_entry(t, a->log_index, &leaf);
	if (r == 0)
		r = ay_log_checkpoint(t, &note);
	if (r == 0)
		r = ay_checkpoint_verify(note.data, note.len, s->g->origin, &s->g->log_pub, &cp, &s->e);
	if (r == 0)
		r = ay_log_inclusion(t, a->log_index, cp.size, proof, &n);
	ay_read_end(t);
	if (r == 0) {
		leaf_hash = ay_merkle_leaf(leaf.data, leaf.len);
		root = cp.root;
		if (!ay_merkle_inclusion_ok(a->log_index, cp.size, &leaf_hash, proof, n, &root))
			r = ay_error_set(&s->e, AY_ECORRUPT, "the verdict at index %llu is not in the log", (unsigned long long)a->log_index);
	}
	ay_buf_free(&leaf);
	ay_buf_free(&note);
	return r;
}

int serve_verify(struct serve *s)
{
	struct ay_artifact a;
	uint64_t bytes = 0;
	char text[128];
	int r = serve_find(s, &a);

	if (r == 0)
		r = serve_admitted(s, &a);
	if (r == 0)
		r = ay_gate_may_open(s->g, a.id, s->cred, &s->e);
	if (r == 0)
		r = verify_bytes(s, &a, &bytes);
	if (r == 0)
		r = ay_rejudge(s->g, &a, &s->e);
	if (r == 0)
		r = verify_log(s, &a);
	if (r < 0)
		return r;
	ay_jw_kstr(s->w, "ref", a.ref.text);
	ay_jw_key(s->w, "checks");
	ay_jw_object(s->w);
	snprintf(text, sizeof(text), "%llu files, %llu bytes hashed again", (unsigned long long)a.files, (unsigned long long)bytes);
	ay_jw_kstr(s->w, "bytes", text);
	ay_jw_kstr(s->w, "claims", "signatures and provenance hold under the trust root and policy in force");
	snprintf(text, sizeof(text), "verdict is entry %llu, proved by the signed checkpoint", (unsigned long long)a.log_index);
	ay_jw_kstr(s->w, "log", text);
	ay_jw_object_end(s->w);
	return 0;
}
