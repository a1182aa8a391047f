/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claims: in-toto Statements in DSSE envelopes in Sigstore bundles, or bare
 * DSSE envelopes. Bytes that were verified are the bytes that are parsed.
 * Formats and what each real client takes: docs/format.md "Claims".
 */
#ifndef ASSAY_CLAIM_H
#define ASSAY_CLAIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "assay/attr.h"
#include "assay/buf.h"
#include "assay/crypto.h"
#include "assay/digest.h"
#include "assay/error.h"
#include "assay/json.h"
#include "assay/store.h"

#define AY_PAYLOAD_INTOTO "application/vnd.in-toto+json"
#define AY_PREDICATE_OMS "https://model_signing/signature/v1.0"
#define AY_PREDICATE_SLSA "https://slsa.dev/provenance/v1"
#define AY_PREDICATE_VSA "https://slsa.dev/verification_summary/v1"
#define AY_PREDICATE_TEST "https://in-toto.io/attestation/test-result/v0.1"
#define AY_PREDICATE_CYCLONEDX "https://cyclonedx.org/bom"
/* Our own statements: trust roots, policies, tags, revocations, waivers, baselines, retirements. */
#define AY_PREDICATE_PREFIX "https://assay.dev/"

/* PAE of DSSE v1. */
AY_MUSTCHECK int ay_dsse_pae(const char *type, const void *body, size_t len, struct ay_buf *out);

struct ay_signature {
	uint8_t *sig; size_t sig_len;         /* owned by the envelope */
	char keyid[AY_SHA256_HEX + 8];        /* as written, cut; narrowing only, never evidence */
};
/* A parsed, not yet verified, envelope. */
struct ay_envelope {
	uint8_t *payload; size_t payload_len;
	char payload_type[128];
	struct ay_signature *sigs; size_t nsigs;
	char hint[AY_SHA256_HEX + 8];         /* bundle's publicKey hint, may be empty */
	bool is_bundle;
	struct ay_json_doc *doc;              /* the whole document; for tlogEntries */
};
/*
 * A Sigstore bundle (either v0.3 media type spelling, exactly one signature) or a bare DSSE
 * envelope. Only in-toto payload types are claims (AY_EUNSUPPORTED otherwise): nobody signs a
 * statement by signing something else.
 */
AY_MUSTCHECK int ay_envelope_parse(const void *bytes, size_t len, struct ay_envelope *out, struct ay_error *e);
void ay_envelope_free(struct ay_envelope *env);
/* Distinct keys of the list whose signature over the PAE verifies: bit i of *mask_out is keys[i] (n <= 64). */
AY_MUSTCHECK int ay_envelope_verify(const struct ay_envelope *env, const struct ay_pubkey *keys, size_t n, uint64_t *mask_out, struct ay_error *e);

/* Signs a statement into a v0.3 bundle (one signature, keyid "", hint = PEM hex; tlogEntries []) . */
AY_MUSTCHECK int ay_bundle_sign(const struct ay_key *k, const void *statement, size_t len, struct ay_buf *out);
/* A bare DSSE envelope, for documents of several signers: its first signature, and one more. keyid = PEM hex hint, as tools that match by it want. */
AY_MUSTCHECK int ay_envelope_sign(const struct ay_key *k, const void *statement, size_t len, struct ay_buf *out);
AY_MUSTCHECK int ay_envelope_add(const void *envelope, size_t len, const struct ay_key *k, struct ay_buf *out, struct ay_error *e);
/* Puts an inclusion proof of our log into a bundle that we made (tlogEntries[0]); copies everything else. leaf: the canonical body; checkpoint: the note. */
AY_MUSTCHECK int ay_bundle_with_proof(const void *bundle, size_t len, const struct ay_pubkey *log_key, const char *origin,
				      uint64_t index, const void *leaf, size_t leaf_len, const struct ay_sha256 *proof, size_t proof_len,
				      const void *checkpoint, size_t checkpoint_len, struct ay_buf *out);
/* Checks tlogEntries[0] against this log key: body matches the signature and PAE, inclusion holds, checkpoint verifies. AY_ENOTFOUND when there is none. */
AY_MUSTCHECK int ay_bundle_check_proof(const struct ay_envelope *env, const struct ay_pubkey *signer, const struct ay_pubkey *log_key,
				       const char *origin, uint64_t *index_out, struct ay_error *e);
/* trusted_root.json of our log, for stock cosign. */
AY_MUSTCHECK int ay_trusted_root_json(const struct ay_pubkey *log_key, const char *origin, int64_t since_s, struct ay_buf *out);

/* A Statement after its envelope was verified. Trees are borrowed from doc. */
struct ay_statement {
	struct ay_json_doc *doc;
	const char *predicate_type;
	const struct ay_json *subject;        /* array */
	const struct ay_json *predicate;      /* object */
};
/* Statement v1 and v0.1. */
AY_MUSTCHECK int ay_statement_parse(const void *payload, size_t len, struct ay_statement *out, struct ay_error *e);
void ay_statement_free(struct ay_statement *st);
bool ay_statement_has_subject(const struct ay_statement *st, const struct ay_sha256 *digest);

/* ---- OMS ---- */

/* The file list and root of a model signature; checks that the root is the hash of the listed digests in listed order. sha256 and blake2b lists, "files" and "shards" methods by the spec. */
struct ay_oms {
	char name[AY_LIMIT_REF + 1];          /* subject name: our REF when Assay signed it */
	struct ay_sha256 root;
	struct ay_file_list files;            /* sorted; digest per file. Only for sha256 "files" lists */
	bool digests_are_sha256;              /* false: blake2b or shards; files then hold path and (shards) size only: recompute by ay_oms_check_dir */
	char **ignore_paths; size_t nignore;
};
AY_MUSTCHECK int ay_oms_parse(const struct ay_statement *st, struct ay_oms *out, struct ay_error *e);
void ay_oms_free(struct ay_oms *o);
/* Statement text in spec order; name goes into subject[0].name (REF, so that the signature binds the name). */
AY_MUSTCHECK int ay_oms_statement(const char *name, const struct ay_file_list *sorted, const char *const *ignore, size_t nignore, struct ay_buf *out);
/*
 * Checks a directory against a statement of any method and hash (verify DIR). Missing and
 * extra files are AY_EPOLICY, changed ones AY_EDIGEST. Extra and fine: what the statement's
 * ignore_paths name, claims at the top (ay_claim_name), and empty files when the method is "shards".
 */
AY_MUSTCHECK int ay_oms_check_dir(const struct ay_statement *st, int dirfd, struct ay_error *e);

/* A file name that means a claim at the top of an artifact: model.sig, *.sigstore.json, *.intoto.jsonl. */
bool ay_claim_name(const char *name);

/* ---- minisign ---- */

AY_MUSTCHECK int ay_minisign_sign(const struct ay_key *ed25519, const uint8_t blake2b512[64], const char *trusted_comment, struct ay_buf *out);
AY_MUSTCHECK int ay_minisign_pub(const struct ay_pubkey *k, struct ay_buf *out);
AY_MUSTCHECK int ay_minisign_verify(const struct ay_pubkey *k, const void *sig_file, size_t len, const uint8_t blake2b512[64], struct ay_error *e);
/* The same of a file; takes legacy signatures too, which cover the file itself (at most AY_LIMIT_CLAIM bytes). */
AY_MUSTCHECK int ay_minisign_verify_fd(const struct ay_pubkey *k, const void *sig_file, size_t len, int fd, struct ay_error *e);

#endif
