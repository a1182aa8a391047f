/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The provenance statement: SLSA provenance v1 as `assay sign` writes it and
 * the provenance gate reads it. docs/provenance.md says every field; both
 * sides take the names from here.
 */
#ifndef ASSAY_PROVENANCE_H
#define ASSAY_PROVENANCE_H

#include <stddef.h>
#include <stdint.h>
#include "assay/attr.h"
#include "assay/buf.h"
#include "assay/digest.h"
#include "assay/error.h"

#define AY_BUILD_TRAINING "https://assay.dev/training/v1"
#define AY_BUILD_SOURCE "https://assay.dev/source/v1"

enum ay_prov_form { AY_PROV_FORM_TRAINING = 1, AY_PROV_FORM_SOURCE = 2 };

/* A dataset, base model or input: "assay:datasets/x@v1" with the root of that artifact, or any other URI with a digest. */
struct ay_prov_input {
	const char *role;                 /* "dataset", "base" or "input" */
	const char *uri;
	struct ay_sha256 digest;
};
struct ay_prov_pair { const char *key, *value; };

/* Everything borrowed; strings may be NULL when they do not apply. */
struct ay_provenance {
	enum ay_prov_form form;
	const char *ref;                  /* bound: externalParameters.ref */
	struct ay_sha256 root, alias;     /* subjects; one when they are equal */
	const char *code_uri;             /* training: "git+https://host/repo"; with */
	const char *code_commit;          /* 40 or 64 lower-case hex */
	const struct ay_prov_input *inputs; size_t ninputs;
	const struct ay_prov_pair *params; size_t nparams;    /* externalParameters.parameters */
	const struct ay_prov_pair *metrics; size_t nmetrics;  /* a by-product */
	const char *initiator;            /* who asked: a mail address or a CI identity */
	const char *builder;              /* builder id, a URI; NULL: AY_BUILDER_LOCAL */
	const char *source_uri;           /* source: where the content came from */
	const char *source_revision;
	const char *collector;            /* source: who or what fetched it */
	int64_t started_s, finished_s;    /* 0: left out */
};
#define AY_BUILDER_LOCAL "https://assay.dev/builder/local"

/* The statement's text, to be signed with ay_bundle_sign. AY_EUSAGE when a field is malformed (a commit that is not hex, no reference). */
AY_MUSTCHECK int ay_provenance_statement(const struct ay_provenance *p, struct ay_buf *out, struct ay_error *e);

#endif
