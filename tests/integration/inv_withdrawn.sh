#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# INV-1: what was admitted and is withdrawn does not open any more, neither by name nor by content; handles stay.
. "$top_srcdir/tests/integration/crash_lib.sh"

mount_begin || { diag "$(cat "$T/daemon.log")"; echo "Bail out! no mount"; exit 99; }
for how in retire revoke; do
	next
	mkdir -p "$M/models/crash"
	cp -rT "$D" "$M/$REF" && timeout 60 assay wait "$REF" --timeout 20 --store "$S" >/dev/null; is $? 0 "admitted, to be ${how}d"
	object=$M/objects/sha256/$(sha256sum <"$D/a.bin" | cut -d' ' -f1)
	shared=$M/objects/sha256/$(sha256sum <"$D/README.md" | cut -d' ' -f1)
	cmp "$D/a.bin" "$M/$REF/a.bin" && cmp "$D/a.bin" "$object"; ok $? "it opens by name and by content"
	exec 3<"$M/$REF/a.bin"
	case $how in
	retire) run timeout 60 assay retire "$REF" --key "$T/k.key" --store "$S" ;;
	revoke) run timeout 60 assay revoke "$REF" --reason test --key "$T/k.key" --store "$S" ;;
	esac
	is "$status" 0 "$how"
	sleep 1
	run cat "$M/$REF/a.bin"; ok "$([ "$status" -ne 0 ] && [ -z "$out" ]; echo $?)" "a second later its name does not open"
	run cat "$object"; ok "$([ "$status" -ne 0 ] && [ -z "$out" ]; echo $?)" "nor its content"
	cmp "$D/README.md" "$shared"; ok $? "what another artifact shares still does"
	/usr/bin/python3 -c 'import os; os.write(1, os.pread(3, 100000, 0))' >"$T/held"; cmp "$D/a.bin" "$T/held"; ok $? "an open handle is not cut"
	is "$(/usr/bin/python3 -c 'import os; print(os.fstat(3).st_size)')" "$(stat -c %s "$D/a.bin")" "and still says its size"
	exec 3<&-
done
mount_end
done_testing
