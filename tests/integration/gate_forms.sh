#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# One table in each form that a dataset may have, published through all gates of data against one reference: rows of the same kind are
# admitted, others are not, whatever the form.
. "$top_srcdir/tests/lib/tap.sh"
. "$top_srcdir/tests/integration/verb_lib.sh"
make_store || { echo "Bail out! no store"; exit 99; }
"$py" -c 'import h5py, numpy' 2>/dev/null || { echo "1..0 # SKIP no h5py"; exit 0; }
cd "$T" || exit 99
gen() { "$py" "$top_srcdir/tests/corpus/gen_forms.py" "$@" || exit 99; }
gen ref 1 6000
gen good 2 3000
gen moved 3 3000 1.6
sed -e 's/format, schema\]/format, schema, drift, outliers, poisoning]/' policy.yaml >all.yaml
run assay policy set all.yaml; is "$status" 0 "the gates of data"
assay baseline propose datasets/t --from ref/csv/t.csv >s.json; is $? 0 "a schema is proposed from CSV"
run assay baseline approve datasets/t --schema s.json --key "$K/curator.key"; is "$status" 0 "and approved"
for form in good/*; do
	form=${form#good/}
	run assay put "good/$form" "datasets/t@good-$form" --key "$K/alice.key"
	is "$status" 0 "$form: rows of the same kind"
	[ "$status" -eq 0 ] || diag "$out"
	run assay put "moved/$form" "datasets/t@moved-$form" --key "$K/alice.key"
	is "$status" 1 "$form: others"
	like "$out" "drift.found: column x, all rows: D is 0.1[0-9]+, .* over 3000 rows against 6000" "$form: are drift"
	[ "${out#*schema.}" = "$out" ]; ok $? "$form: and nothing is against the schema"
done
# A schema from any form is one for the others.
for form in hdf5 tfrecord parquet jsonl npz; do
	ref=$(echo ref/"$form"/t.*)
	assay baseline propose "datasets/$form" --from "$ref" >s.json; is $? 0 "a schema is proposed from $form"
	run assay baseline approve "datasets/$form" --schema s.json --key "$K/curator.key"; is "$status" 0 "and approved"
	for other in hdf5 tfrecord jsonl npz; do
		run assay put "good/$other" "datasets/$form@good-$other" --key "$K/alice.key"
		is "$status" 0 "$other by a reference from $form"
		[ "$status" -eq 0 ] || diag "$out"
	done
done
done_testing
