#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every generated image gets the verdict and the rule that the generator's index says.
. "$top_srcdir/tests/integration/scan_lib.sh"
"$python" -c 'import PIL' 2>/dev/null || python=/usr/bin/python3
"$python" -c 'import PIL, numpy' 2>/dev/null || skip_all "python3-pil is not installed"
generate images
index
# Against a schema of what is measured: the widths of c/rgb.png and c/rgb.jpg are 61.
judged() { "$top_builddir/tests/unit/scan_tool" -s "$T/s.json" "$1" | tr -d ' '; }
bounded() {
	fields=
	for f in width:integer height:integer channels:integer brightness:number contrast:number saturation:number sharpness:number; do
		fields="$fields{\"name\": \"image.${f%:*}\", \"type\": \"${f#*:}\""
		[ "${f%:*}" = width ] && fields="$fields, \"constraints\": {$1}"
		fields="$fields}, "
	done
	echo "{\"fields\": [$fields{\"name\": \"label\", \"type\": \"string\", \"x-label\": true}]}" >"$T/s.json"
}
bounded '"minimum": 61'
like "$(judged "$T/c/rgb.png")" '"verdict":"pass"' "a width within the schema"
bounded '"minimum": 62'
like "$(judged "$T/c/rgb.png")" '"rule":"schema.range".*"column":"image.width","value":"61"' "a width below its minimum"
like "$(judged "$T/c/rgb.jpg")" '"rule":"schema.range"' "of a JPEG too"
tar -C "$T/c" --format=ustar -cf "$T/t.tar" one.png rgb.png
like "$(judged "$T/t.tar")" '"row":2,"column":"image.width","value":"61"' "and inside of a tar"
bounded '"unique": true'
like "$(judged "$T/c/rgb.png")" '"rule":"schema.unsupported"' "what one image cannot tell is not silently passed"
done_testing
