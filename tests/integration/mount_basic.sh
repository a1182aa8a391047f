#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What a publisher and a reader see, from mkdir to revoked names.
. "$top_srcdir/tests/lib/tap.sh"
. "$top_srcdir/tests/integration/mount_lib.sh"

tree src models/shared/m@v1
start; ok $? "the mount answers"
is "$(ls -A "$M" | tr '\n' ' ')" ".assay attest code datasets log models objects trust " "the root lists its eight names"

# ---- while it is open ----
run mkdir -p "$M/models/shared/m@v1"; is "$status" 0 "mkdir -p makes name and version"
is "$(stat -c %a:%u "$M/models/shared/m@v1")" 700:0 "what is open is a directory of mode 0700 of its writer"
is "$(state models/shared/m@v1)" open "its state is open"
run cp "$T/src/a.bin" "$M/models/shared/m@v1/"; is "$status" 0 "cp a file"
run cat "$M/models/shared/m@v1/a.bin"; is "$status" 1 "its writer cannot read it"; errno_is "Permission denied" "EACCES"
run as nobody ls "$M/models/shared/m@v1"; is "$status" 2 "another user cannot list it"
run as nobody stat "$M/models/shared/m@v1/a.bin"; is "$status" 1 "nor look inside"
run as nobody stat -c %a "$M/models/shared/m@v1"; is "$out" 700 "but sees the name when it asks for it"
is "$(as nobody ls "$M/models/shared")" "" "which readdir omits for others"
is "$(ls "$M/models/shared")" m@v1 "and lists for the writer"
run sh -c "echo more >>'$M/models/shared/m@v1/new.bin' && rm '$M/models/shared/m@v1/new.bin'"; is "$status" 0 "append to a new file, and unlink it"
run ln -s x "$M/models/shared/m@v1/link"; errno_is "not permitted" "no symbolic link inside"
for _ in $(seq 50); do grep -q refused "$M/attest/models/shared/m@v1/status.json" && break; sleep 0.1; done
like "$(cat "$M/attest/models/shared/m@v1/status.json")" 'link was refused: .*cp -rL' "which the artifact's status explains"
run ln "$M/models/shared/m@v1/a.bin" "$M/models/shared/m@v1/link"; errno_is "not permitted" "no hard link"
run mknod "$M/models/shared/m@v1/fifo" p; errno_is "not permitted" "no fifo"
run mv "$M/models/shared/m@v1" "$M/models/shared/m@v2"; errno_is "not permitted" "the artifact's directory cannot be renamed"
run sh -c "echo x >'$M/models/shared/stray'"; errno_is "not permitted" "a file outside an @ directory is refused"
run mkdir "$M/elsewhere"; errno_is "not permitted" "a directory in the root too"
run as daemon mkdir "$M/models/shared/d@v1"; errno_is "Permission denied" "who may not publish makes no version"
run as daemon mkdir "$M/models/other"; errno_is "Permission denied" "nor a directory of names"
run as daemon mkdir "$M/models/way"; errno_is "Permission denied" "nor one on the way to where others may"
run as nobody mkdir -p "$M/models/way/to/it/m@v1"; is "$status" 0 "who may publish further down makes the directories on the way"
run as nobody mkdir "$M/models/way/out"; errno_is "Permission denied" "and none beside it"
run as nobody sh -c "cd '$M/models' && rmdir way/to/it/m@v1 way/to/it way/to way"; is "$status" 0 "and removes them"; [ "$status" -eq 0 ] || diag "$err"
run fallocate -l 1M "$M/models/shared/m@v1/a.bin"; errno_is "not supported" "fallocate is not supported"
run getfattr -d -m - "$M/models/shared/m@v1/a.bin"; is "$out" "" "listxattr is empty"
run setfattr -n user.x -v y "$M/models/shared/m@v1/a.bin"; errno_is "not supported" "setxattr is not supported"

# ---- admission ----
# With a.bin there already, the last other file would complete the version, which may be sealed before cp comes to a.bin.
rm "$M/models/shared/m@v1/a.bin"
run cp -r "$T/src/." "$M/models/shared/m@v1/"; is "$status$err" 0 "cp -r of the signed tree"
wait_state models/shared/m@v1 admitted
same "$T/src" "$M/models/shared/m@v1"; ok $? "it reads back bit for bit, and nothing else is in it"
is "$(ls "$M/models/shared/m@v1" | tr '\n' ' ')" "a.bin sub zero.bin " "the claim is not inside"
same "$T/src" "$M/models/shared/m@v1" && as nobody cmp "$T/src/a.bin" "$M/models/shared/m@v1/a.bin"; ok $? "another user reads it"
is "$(stat -c %a "$M/models/shared/m@v1"):$(stat -c %a "$M/models/shared/m@v1/a.bin")" 555:444 "modes are 0555 and 0444"
sum=$(sha256sum "$T/src/a.bin" | cut -d' ' -f1)
is "$(getfattr --only-values -n user.assay.sha256 "$M/models/shared/m@v1/a.bin" 2>/dev/null)" "$sum" "user.assay.sha256"
is "$(getfattr --only-values -n user.assay.artifact "$M/models/shared/m@v1/a.bin" 2>/dev/null)" models/shared/m@v1 "user.assay.artifact"
cmp "$M/objects/sha256/$sum" "$T/src/a.bin"; ok $? "objects/sha256/HEX is the same file"
is "$(ls "$M/objects/sha256")" "" "which is not listed"
run cat "$M/objects/sha256/$(printf '%064d' 0)"; errno_is "No such file" "an unknown object does not exist"
for how in "echo x >a.bin" "echo x >>a.bin" "echo x >new.bin" "rm a.bin" "mkdir dir" "mv a.bin b.bin" "truncate -s 1 a.bin" "rmdir sub"; do
	run sh -c "cd '$M/models/shared/m@v1' && $how"; errno_is "Read-only file system" "EROFS: $how"
done
run sh -c "cd '$M/models/shared/m@v1' && chmod 644 a.bin && chown 0:0 a.bin && touch a.bin && chmod 755 ."; is "$status" 0 "chmod, chown and touch by the publisher succeed"
is "$(stat -c %a "$M/models/shared/m@v1/a.bin")" 444 "and change nothing"
run as nobody chmod 644 "$M/models/shared/m@v1/a.bin"; errno_is "not permitted" "another user's chmod does not"
run mkdir "$M/models/shared/m@v1"; errno_is "File exists" "the version is taken"

# ---- ignored names and claims that come last ----
run sh -c "mkdir '$M/models/shared/m@v1/.cache' && echo x >'$M/models/shared/m@v1/.cache/f' && test -f '$M/models/shared/m@v1/.cache/f'"
is "$status" 0 "its writer may still copy ignored names"
run as nobody ls "$M/models/shared/m@v1/.cache"; errno_is "No such file" "unseen by others"
is "$(ls -A "$M/models/shared/m@v1" | tr '\n' ' ')" "a.bin sub zero.bin " "and not listed"
run cp "$T/src/model.sig" "$M/models/shared/m@v1/other.sigstore.json"; is "$status" 0 "a claim is taken after admission"

# ---- read rights ----
tree priv models/private/p@v1
mkdir -p "$M/models/private/p@v1" && cp -r "$T/priv/." "$M/models/private/p@v1/"
wait_state models/private/p@v1 admitted
run as nobody cat "$M/models/private/p@v1/a.bin"; errno_is "Permission denied" "who may not read cannot open"
run as nobody stat -c %s "$M/models/private/p@v1/a.bin"; is "$out" 3000000 "but names and sizes are public"
as daemon cmp "$T/priv/a.bin" "$M/models/private/p@v1/a.bin"; ok $? "who may can"
psum=$(sha256sum "$T/priv/a.bin" | cut -d' ' -f1)
run as nobody cat "$M/objects/sha256/$psum"; errno_is "Permission denied" "nor by content"

# ---- removal ----
mkdir "$M/models/shared/gone@v1" && plain 100 >"$M/models/shared/gone@v1/x.bin" && mkdir "$M/models/shared/gone@v1/d"
run rm -r "$M/models/shared/gone@v1"; is "$status" 0 "rm -r of an open artifact"
run stat "$M/models/shared/gone@v1"; errno_is "No such file" "it is gone"
mkdir "$M/models/shared/empty"; run rmdir "$M/models/shared/empty"; is "$status" 0 "an empty directory of names can be removed"
run rmdir "$M/models/shared"; errno_is "not empty" "one with versions cannot"

stop; is "$stop_status" 0 "SIGTERM ends it with status 0"
run stat -c %a "$M/models"; ok "$([ "$status" -ne 0 ]; echo $?)" "and unmounts"
start ro; ok $? "mounted read-only"
same "$T/src" "$M/models/shared/m@v1"; ok $? "what was admitted is there"
run mkdir "$M/models/shared/n@v1"; errno_is "Read-only file system" "nothing can be written"
stop
done_testing
