#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Flipped labels and patches in images: of a folder, whose images are files themselves, and of a tar.
. "$top_srcdir/tests/lib/tap.sh"
. "$top_srcdir/tests/integration/verb_lib.sh"
"$py" -c 'import PIL, numpy' 2>/dev/null || skip_all "python3-pil is not installed"
[ -f /usr/share/datasets/fashion-mnist/train-images-idx3-ubyte.gz ] || skip_all "dataset-fashion-mnist is not installed"
make_store || { echo "Bail out! no store"; exit 99; }
cd "$T" || exit 99
fashion() { "$py" -B "$top_srcdir/tests/corpus/gen_images.py" --fashion "$@" || exit 99; }
tar() { mkdir -p "$1"; "$py" -B "$top_srcdir/tests/corpus/gen_webdataset.py" --fashion "$1/$1.tar" "$2" "$3" 1 ${4:+"$4"} || exit 99; }
sed -e 's/format, schema]/format, schema, poisoning]/' policy.yaml >poison.yaml
run assay policy set poison.yaml; is "$status" 0 "a policy with the poisoning gate"

tar reference 0 4000
assay baseline propose datasets/f --from reference/reference.tar >schema.json; is $? 0 "baseline propose from a tar"
run assay baseline approve datasets/f --schema schema.json --key "$K/curator.key"; is "$status" 0 "baseline approve"

# put NAME STATUS REGEX WHY
put() {
	run assay put "$1" "datasets/f@$1" --key "$K/alice.key"; is "$status" "$2" "$4"
	[ "$3" = - ] || like "$out" "$3" "$4: $3"
}
tar honest 10000 1000
put honest 0 - "1,000 honest images in a tar"
tar flips 12000 1000 flips
put flips 1 poison.labels "5 % of their labels flipped"
run assay why datasets/f@flips; like "$out" "neighbours" "why says what the neighbours say"
tar square 14000 1000 square
put square 1 poison.trigger "5 % with a white square and one label"
run assay show datasets/f@square --json; like "$out" "column 8 and line 8" "a finding says where the square is"
fashion folder png 16000 600
put folder 0 - "600 honest images of a folder"
fashion flipped png 18000 600 1 flips
put flipped 1 poison.labels "5 % of them in the wrong folder"
run assay why datasets/f@flipped; like "$out" "[0-9]/18[0-9]*.png row 1 says" "why names a file"
fashion squares jpg 20000 600 1 square
put squares 1 poison.trigger "5 % with a square, saved as JPEG"
done_testing
