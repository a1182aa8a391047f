#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A folder of images is a table for the drift gate: honest ones are admitted, darkened ones and those of other classes not.
. "$top_srcdir/tests/lib/tap.sh"
. "$top_srcdir/tests/integration/verb_lib.sh"
"$py" -c 'import PIL, numpy' 2>/dev/null || skip_all "python3-pil is not installed"
[ -f /usr/share/datasets/fashion-mnist/train-images-idx3-ubyte.gz ] || skip_all "dataset-fashion-mnist is not installed"
make_store || { echo "Bail out! no store"; exit 99; }
cd "$T" || exit 99
fashion() { "$py" -B "$top_srcdir/tests/corpus/gen_images.py" --fashion "$@" || exit 99; }
sed -e 's/format, schema]/format, schema, drift]/' policy.yaml >drift.yaml
run assay policy set drift.yaml; is "$status" 0 "a policy with the drift gate"

fashion reference png 0 4000
assay baseline propose datasets/f --from reference >schema.json; is $? 0 "baseline propose from a folder"
like "$(tr -d ' \n' <schema.json)" '"image.brightness","type":"number".*"label","type":"string".*x-profile' "measures and label are fields"
mkdir none; echo '{}' >none/a.json
run assay baseline propose datasets/f --from none; like "$status:$err" "^[1-9].*neither PNG nor JPEG" "a folder without images"
run assay baseline approve datasets/f --schema schema.json --key "$K/curator.key"; is "$status" 0 "baseline approve"

# put NAME STATUS REGEX WHY
put() {
	run assay put "$1" "datasets/f@$1" --key "$K/alice.key"; is "$status" "$2" "$4"
	[ "$3" = - ] || like "$out" "$3" "$4: $3"
}
fashion honest png 10000 1000
put honest 0 - "1,000 honest images"
fashion dark png 12000 1000 0.9
put dark 1 drift.found "the same darkened by 10 %"
run assay why datasets/f@dark; like "$out" "image.brightness|image.contrast|image.sharpness" "why names a column"
fashion few png 14000 20
put few 2 drift.held "20 images are held"
fashion lossy jpg 16000 1000
put lossy 0 - "JPEG instead of PNG, which looks the same"
# The same in a WebDataset, whose .cls says the label.
tar() { mkdir -p "$1"; "$py" -B "$top_srcdir/tests/corpus/gen_webdataset.py" --fashion "$1/$1.tar" "$2" "$3" ${4:+"$4"} || exit 99; }
tar shard 20000 1000
put shard 0 - "1,000 honest images in a tar"
run assay show datasets/f@shard --json
case $out in *drift.not-applicable*) false ;; *) true ;; esac
ok $? "which has labels"
tar darkshard 22000 1000 0.9
put darkshard 1 drift.found "darkened in a tar"
assay baseline propose datasets/f --from shard/shard.tar >tar.json; is $? 0 "baseline propose from a tar of images"
like "$(tr -d ' \n' <tar.json)" '"image.brightness","type":"number".*"label","type":"string".*x-profile' "has the same columns"
mkdir -p moved/7
find honest -name '*.png' -exec cp {} moved/7 ';'
put moved 1 "column label" "the same images, all with one label"
done_testing
