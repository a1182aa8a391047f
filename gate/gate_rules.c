/* SPDX-License-Identifier: Apache-2.0 */
/* Rules of the gates that look at records instead of bytes; the scanners have a table of their own. */
#include "gate/candidate.h"

#define FAIL(id, gate, meaning, next) { id, gate, AY_FAIL, AY_HIGH, false, meaning, next }

static const struct ay_rule table[] = {
	FAIL("integrity.digest", "integrity", "a file is not what was signed", "restore the file, or sign again: assay sign DIR --as REF --key KEY"),
	FAIL("integrity.missing", "integrity", "a signed file is not there", "write the missing file, or sign again"),
	FAIL("integrity.extra", "integrity", "a file is there that nobody signed", "remove the file, or sign again"),
	FAIL("integrity.empty", "integrity", "there is no file to publish", "write at least one file"),
	{ "integrity.no-manifest", "integrity", AY_WARN, AY_LOW, false, "no signature lists the files, so none can be missed",
	  "let the policy ask for a signature" },
	{ "integrity.unlisted", "integrity", AY_INCONCLUSIVE, AY_HIGH, false, "no signature that counts lists the files", "see the signature gate" },
	FAIL("signature.missing", "signature", "nobody signed these files", "assay sign DIR --as REF --key KEY"),
	FAIL("signature.malformed", "signature", "a claim cannot be read", "sign again: assay sign DIR --as REF --key KEY"),
	FAIL("signature.untrusted", "signature", "the key that signed may not do so for this name",
	     "assay trust add KEY.pub --role publisher --for NAME --owner OWNER.key"),
	FAIL("signature.reference", "signature", "the files were signed under another reference", "assay sign DIR --as REF --key KEY"),
	FAIL("signature.threshold", "signature", "too few trusted keys signed", "let another publisher sign the same files"),
	FAIL("signature.conflict", "signature", "two trusted signatures list different files", "remove the claim that is wrong"),
	FAIL("signature.unsupported", "signature", "the signature lists files in a way that is not judged", "sign with SHA-256 of whole files"),
	FAIL("signature.trust-expired", "signature", "the trust root has expired, so nothing is admitted", "assay trust sign --owner OWNER.key"),
	{ "signature.clock", "signature", AY_INCONCLUSIVE, AY_HIGH, false, "the clock stands before the trust root was issued, so its end cannot be judged",
	  "set the clock right, then assay retry REF" },
	FAIL("provenance.missing", "provenance", "no provenance claim of a trusted key is about these files",
	     "assay sign DIR --as REF --key KEY --code auto --dataset REF --param K=V"),
	FAIL("provenance.untrusted", "provenance", "the key that signed the provenance may not do so for this name",
	     "assay trust add KEY.pub --role builder --for NAME --owner OWNER.key"),
	FAIL("provenance.subject", "provenance", "the provenance is about other files", "sign again, after the last change of a file"),
	FAIL("provenance.reference", "provenance", "the provenance is about another reference", "assay sign DIR --as REF --key KEY"),
	FAIL("provenance.field", "provenance", "a field that the policy requires is absent or empty", "assay sign DIR --as REF --key KEY, with what is missing"),
	FAIL("provenance.unknown-input", "provenance", "an input is not admitted here, or has other content", "assay put the input first"),
	FAIL("provenance.external", "provenance", "an input is outside this store and the policy does not allow that",
	     "assay import it first, or set provenance external: true"),
	FAIL("provenance.builder", "provenance", "the builder is not one that the policy allows", "build with an allowed builder"),
	FAIL("provenance.kind", "provenance", "the provenance is of another kind than the policy asks for", "assay sign with the options of that kind"),
	FAIL("provenance.conflict", "provenance", "two provenance claims name different content of one input", "remove the claim that is wrong"),
	{ "baseline.none", "schema", AY_WARN, AY_MEDIUM, false, "no schema is approved for this name, so none was checked",
	  "assay baseline propose NAME --from FILE, then assay baseline approve NAME" },
	{ "baseline.required", "schema", AY_INCONCLUSIVE, AY_HIGH, false, "the policy requires an approved schema for this name and there is none",
	  "assay baseline propose NAME --from FILE, then assay baseline approve NAME, then assay retry REF" },
	FAIL("schema.missing-file", "schema", "no file belongs to a resource of the schema",
	     "publish the file, or let a curator approve a schema without it, or with \"x-optional\": true"),
	FAIL("schema.digest", "schema", "a file is not the one that the schema names by its digest or size",
	     "publish that file, or let a curator approve the new one"),
	{ "schema.foreign-key-dataset", "schema", AY_ERROR, AY_HIGH, false, "foreign keys into another dataset could not be compared with it",
	  "publish or restore a version of that dataset that has the table, or let a curator approve a schema that names another; then assay retry REF" },
	{ "schema.foreign-key-version", "schema", AY_PASS, AY_NOTE, false, "keys were looked for in this version of another dataset", "nothing is to be done" },
	FAIL("drift.found", "drift", "a column of the new rows is distributed differently from the approved reference",
	     "look at how the rows were made; if the change is meant, assay baseline propose NAME --from FILE, then approve it"),
	{ "drift.warn", "drift", AY_WARN, AY_MEDIUM, false, "a column of the new rows moves away from the approved reference", "look at how the rows were made" },
	{ "drift.held", "drift", AY_INCONCLUSIVE, AY_MEDIUM, false, "there are too few new rows to tell drift from chance",
	  "publish the next batches: held batches of a name are judged together as soon as there are rows enough; or let the policy say drift: {small: warn}" },
	{ "drift.reference-small", "drift", AY_INCONCLUSIVE, AY_MEDIUM, false, "the approved reference has too few rows to tell drift from chance, whatever comes",
	  "assay baseline propose NAME --from a table with more rows, some hundreds at least, then approve it, then assay retry REF; or let the policy say drift: {small: warn}" },
	FAIL("drift.pool", "drift", "a column of the batches that were held for too few rows, judged together, is distributed differently from the approved reference",
	     "look at how the rows of the batches that the finding names were made; publish those that are sound again, under another version"),
	FAIL("drift.cumulative", "drift", "each of the last batches passed, but added up with this one they are distributed differently from the approved reference",
	     "look at how the batches of the last versions were made, not only this one; assay ls NAME lists them"),
	FAIL("drift.trend", "drift", "a column moves away from the approved reference batch by batch",
	     "look at how the batches of the last versions were made, not only this one; assay ls NAME lists them"),
	{ "drift.column", "drift", AY_INCONCLUSIVE, AY_HIGH, false, "the policy sets floors for a column that the reference does not have",
	  "correct the name under drift: columns: and assay policy set FILE, or approve a reference with this column; then assay retry REF" },
	{ "drift.season", "drift", AY_INCONCLUSIVE, AY_HIGH, false, "the policy names a season whose reference is not approved, or cannot be read",
	  "assay baseline propose NAME --from FILE --season TAG, then approve it, then assay retry REF" },
	{ "drift.nearest", "drift", AY_PASS, AY_NOTE, false, "the reference of this season is nearest to the rows, which are judged by it", "nothing is to be done" },
	{ "drift.pooled", "drift", AY_PASS, AY_NOTE, false, "the batch has too few rows to be judged alone and was added up with other held batches of its name",
	  "nothing is to be done" },
	{ "drift.small", "drift", AY_WARN, AY_MEDIUM, false, "there are too few new rows to tell drift from chance, and the policy lets them pass",
	  "publish more rows in one version" },
	{ "drift.unknown", "drift", AY_INCONCLUSIVE, AY_HIGH, false, "a column could not be compared with the approved reference",
	  "assay baseline propose NAME --from FILE, then approve it, then assay retry REF" },
	{ "drift.not-applicable", "drift", AY_PASS, AY_NOTE, false, "a label is not in the tables, so its drift was not looked for", "nothing is to be done" },
	{ "drift.no-reference", "drift", AY_WARN, AY_MEDIUM, false, "no reference is approved for this name, so drift was not looked for",
	  "assay baseline propose NAME --from FILE, then assay baseline approve NAME" },
	FAIL("outlier.value", "outliers", "a value lies far beyond everything that the approved reference has",
	     "correct the value; if it is right, let the schema's minimum or maximum include it, or the policy say outliers: {columns: {NAME: {ranges: N}}}"),
	FAIL("outlier.rate", "outliers", "many more values of a column lie far out than in the approved reference",
	     "look at how the rows were made; if they are right, assay baseline propose NAME --from FILE, then approve it"),
	FAIL("outlier.rows", "outliers", "many more rows than in the approved reference are unlike its rows",
	     "look at the rows named; if they are right, assay baseline propose NAME --from FILE, then approve it"),
	{ "outlier.unknown", "outliers", AY_INCONCLUSIVE, AY_HIGH, false, "rows could not be judged against the approved reference",
	  "assay baseline propose NAME --from FILE with more rows, then approve it, or let the policy name other outliers: {methods}; then assay retry REF" },
	{ "outlier.no-reference", "outliers", AY_WARN, AY_MEDIUM, false, "no reference is approved for this name, so outliers were not looked for",
	  "assay baseline propose NAME --from FILE, then assay baseline approve NAME" },
	FAIL("poison.labels", "poisoning", "more labels disagree with the rows most like them than among the rows of the approved reference",
	     "look at the named rows; correct or remove what was labelled wrongly; if the labels are right, approve a reference that has such rows"),
	FAIL("poison.duplicates", "poisoning", "more rows repeat others, exactly or nearly, than in the approved reference",
	     "remove the repeated rows; if they are meant, let the policy say poisoning: {duplicates: N}, or approve a reference that has them"),
	FAIL("poison.class-drift", "poisoning", "labels come in other shares than in the approved reference, or the rows of one label have moved",
	     "look at how the rows of that label were made; if the change is meant, assay baseline propose NAME --from FILE, then approve it"),
	FAIL("poison.trigger", "poisoning", "a value came up that nearly always carries one label",
	     "look at the rows that have the value; remove them unless you know where they come from"),
	FAIL("poison.predictions", "poisoning", "the predictions that come with the rows contradict more labels than in the approved reference",
	     "look at the named rows; correct or remove what was labelled wrongly; if the labels are right, the predictions are not of this data"),
	FAIL("poison.spectrum", "poisoning", "rows of one label lie together where the approved reference has hardly any",
	     "look at the named rows and how they came into their class; remove them, or approve a reference that has such rows"),
	FAIL("poison.token", "poisoning", "a word came up in a column of texts and nearly always carries one label",
	     "look at the rows that have the word; remove them unless you know where they come from, or approve a reference that has such rows"),
	FAIL("poison.leak", "poisoning", "rows of a dataset that the policy keeps apart are here too",
	     "remove those rows; whatever was trained with them cannot be tested by that dataset"),
	{ "poison.known-rows", "poisoning", AY_WARN, AY_MEDIUM, false, "new rows are rows of the approved reference", "look whether the file was meant to be added" },
	{ "poison.unknown", "poisoning", AY_INCONCLUSIVE, AY_HIGH, false, "signs of tampering could not be looked for",
	  "publish more rows in one version, or approve a reference with more of them, then assay retry REF" },
	{ "poison.not-applicable", "poisoning", AY_PASS, AY_NOTE, false, "no label is named or present, so flipped labels were not looked for",
	  "mark the field that a model is to learn with \"x-label\": true in the schema, if there is one" },
	{ "poison.no-reference", "poisoning", AY_WARN, AY_MEDIUM, false, "no reference is approved for this name, so signs of tampering were not looked for",
	  "assay baseline propose NAME --from FILE, then assay baseline approve NAME" },
	{ "gate.not-judged", "deserialization", AY_ERROR, AY_HIGH, false, "a file could not be judged", "assay retry REF" },
};

const struct ay_rule *ay_gate_rule(const char *id)
{
	for (size_t i = 0; i < AY_ARRAY_LEN(table); i++)
		if (strcmp(table[i].id, id) == 0)
			return &table[i];
	return ay_rule_find(id);
}

const struct ay_rule *ay_rule_at(size_t i)
{
	if (i < AY_ARRAY_LEN(table))
		return &table[i];
	i -= AY_ARRAY_LEN(table);
	return i < ay_rule_table_count ? &ay_rule_table[i] : NULL;
}

enum ay_gate_kind ay_rule_gate(const struct ay_rule *r)
{
	for (int k = 0; k < AY_GATE_COUNT; k++)
		if (strcmp(ay_gate_name((enum ay_gate_kind)k), r->gate) == 0)
			return (enum ay_gate_kind)k;
	/* Rules of the scan driver itself ("scan", "limit"): no gate can pass what could not be read. */
	return AY_GATE_DESERIALIZATION;
}
