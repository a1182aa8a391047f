#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What is measured of images is what NumPy computes from Pillow's pixels: of generated ones, Fashion-MNIST and digits.
. "$top_srcdir/tests/lib/tap.sh"
python=python3
"$python" -c 'import PIL, numpy' 2>/dev/null || python=/usr/bin/python3
"$python" -c 'import PIL, numpy' 2>/dev/null || skip_all "python3-pil is not installed"
gen="$top_srcdir/tests/corpus/gen_images.py"
"$python" -B "$gen" "$T/c" || exit 99
files=$(awk -F '\t' -v d="$T/c/" '$2 == "pass" { print d $1 }' "$T/c/INDEX.tsv")
if [ -f /usr/share/datasets/fashion-mnist/train-images-idx3-ubyte.gz ]; then
	"$python" -B "$gen" --fashion "$T/f" png 0 40 && "$python" -B "$gen" --fashion "$T/f" jpg 40 40 || exit 99
fi
"$python" -c 'import sklearn' 2>/dev/null && { "$python" -B "$gen" --digits "$T/d" png || exit 99; }
# shellcheck disable=SC2046,SC2086
"$python" -B "$top_srcdir/tests/integration/images_oracle.py" "$top_builddir/tests/unit/pixels_tool" $files \
	$(find "$T/f" -type f 2>/dev/null | LC_ALL=C sort) $(find "$T/d" -type f 2>/dev/null | LC_ALL=C sort | head -n 100)
exit $?
