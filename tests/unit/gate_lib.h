/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of the gate share: a store in a temporary directory, keys, trees in memory, and a pool without processes. */
#ifndef ASSAY_TESTS_GATE_LIB_H
#define ASSAY_TESTS_GATE_LIB_H

#include "assay/provenance.h"
#include "gate/candidate.h"
#include "tests/lib/tap.h"

/*
 * The fake pool judges by the first four bytes: "EVIL" fails, "SICK" kills the worker while fake_sick is set, "ROWS" fails under a
 * schema that holds the word strict and cannot be judged under one that holds unloadable, all else passes.
 */
extern int fake_sick;
extern unsigned fake_scans;

struct fixture {
	char base[64], store[96], state[96];
	struct ay_key *owner, *alice, *bob, *eve;
	struct ay_gate *g;
	struct ay_cred me;
};
/* alice and bob may publish and build, alice also curates; eve is in no trust root. policy NULL: the one below. */
void fixture_make(struct fixture *f, const char *policy);
void fixture_open(struct fixture *f);
void fixture_close(struct fixture *f);
void fixture_free(struct fixture *f);
extern const char gate_policy[];

/* Signed changes by the owner. */
int fixture_policy(struct fixture *f, const char *yaml, struct ay_error *e);
int fixture_revoke(struct fixture *f, const struct ay_key *k, bool compromised, struct ay_error *e);
int fixture_threshold(struct fixture *f, const char *pattern, uint32_t n, struct ay_error *e);
int fixture_curator(struct fixture *f, const struct ay_key *k, struct ay_error *e);
int fixture_baseline(struct fixture *f, const char *name, uint64_t version, const char *schema, const struct ay_key *k, struct ay_error *e);
int fixture_waive(struct fixture *f, const char *ref, const char *rule, int64_t until, const struct ay_key *k, struct ay_error *e);

/* A tree to put. */
struct tree_file { const char *path; const char *text; };
struct tree {
	const char *ref;
	const struct tree_file *v;
	size_t n, at;
	/* How it is signed; NULL keys: not. */
	const struct ay_key *key, *key2;
	const char *as;                      /* reference inside the signature; NULL: ref */
	const struct tree_file *signed_v;    /* what is signed; NULL: what is put */
	size_t signed_n;
	const struct ay_provenance *prov;    /* ref and root are filled in */
	const struct ay_key *prov_key;       /* NULL: key */
	const struct ay_provenance *prov2;   /* a second claim */
	const struct ay_key *prov2_key;
	const char *from;
	const char *const *remove;
	void (*before_commit)(struct tree *t);   /* called when all files are placed */
	struct fixture *f;                   /* for it; filled by tree_put */
};
int tree_put(struct fixture *f, struct tree *t, struct ay_buf *report, struct ay_error *e);
/* A model signature over files, and a provenance claim. */
void sign_files(const struct tree_file *v, size_t n, const char *ref, const struct ay_key *k, struct ay_buf *out);
void sign_provenance(const struct tree_file *v, size_t n, const char *ref, const struct ay_provenance *p, const struct ay_key *k, struct ay_buf *out);
/* State of a reference; 0 when there is none. */
enum ay_state state_of(struct fixture *f, const char *ref, struct ay_artifact *out);
bool readable(struct fixture *f, const char *ref, struct ay_error *e);

#endif
