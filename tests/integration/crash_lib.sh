# SPDX-License-Identifier: Apache-2.0
# A store whose owner is killed again and again. Source this; it sources tap.sh.
#   $S the store, $M its mount; publication REF makes and signs $T/REF-with-dashes (named $D); check REF; again REF
# SIGKILL keeps what the kernel holds, in memory as on a disk; and hundreds of syncs cost nothing there.
[ -d /dev/shm ] && [ -w /dev/shm ] && TMPDIR=/dev/shm && export TMPDIR
. "$top_srcdir/tests/lib/tap.sh"
grep -q 'define ASSAY_TESTING 1' "$top_builddir/config.h" || skip_all "fail-points need --enable-testing"
[ "$(id -u)" -eq 0 ] || skip_all "needs root: a mount, and the immutable flag"
[ -c /dev/fuse ] || skip_all "no /dev/fuse"
ASSAY_STATE_DIR=$T/state XDG_CONFIG_HOME=$T/config S=$T/store M=$T/mnt
export ASSAY_STATE_DIR XDG_CONFIG_HOME
unset ASSAY_STORE ASSAY_PASSWORD ASSAY_FAILPOINT
mkdir "$ASSAY_STATE_DIR" "$XDG_CONFIG_HOME" "$M" "$T/src"
: >"$T/sums"
: >"$T/acked"
daemon=
tap_cleanup='mount_end'

cat >"$T/policy.yaml" <<'POLICY'
version: 1
on_expiry: serve
access:
  - {for: "**", publish: ["user:root"], read: [everyone]}
names:
  "models/**":
    gates: [integrity, signature, deserialization, format]
    signature: {role: publisher, threshold: 1, bind: ref}
    deserialization: {profiles: [weights], opaque: [".bin"]}
ignore: [".cache/**"]
limits: {file_bytes: 1TiB, files: 20000000, worker_memory: 512MiB, open_ttl: 24h, publisher_bytes: 10TiB, publisher_open: 64}
POLICY
prepare() {
	assay keygen "$T/k" --no-passphrase && assay init "$S" --no-passphrase && assay policy set "$T/policy.yaml" --store "$S" &&
		assay trust add "$T/k.pub" --role publisher --for '**' --store "$S" && assay trust add "$T/k.pub" --role curator --for '**' --store "$S"
}
prepare >"$T/prepare.log" 2>&1 || { diag "$(cat "$T/prepare.log")"; echo "Bail out! no store"; exit 99; }

# publication REF: a few files in $D: one shared by all publications, one with content of its own
publication() {
	D=$T/src/$(echo "$1" | tr '/@' '--')
	mkdir -p "$D/sub"
	echo "shared by all" >"$D/README.md"
	{ echo weights; head -c 5000 /dev/urandom; } >"$D/a.bin" # no first bytes that look like a format
	echo "{\"hidden_size\": 16, \"name\": \"$1\"}" >"$D/sub/config.json"
	sign
}
sign() { assay sign "$D" --as "$REF" --key "$T/k.key" --store "$S" >/dev/null 2>&1; }
# mount_begin [VARIABLE=VALUE]: the daemon is a child, so that its end can be waited for
mount_begin() {
	env "$@" assay mount -f "$S" "$M" >/dev/null 2>>"$T/daemon.log" &
	daemon=$!
	while kill -0 "$daemon" 2>/dev/null; do
		mountpoint -q "$M" && return 0
		sleep 0.02
	done
	mount_end
	return 1
}
# The status of the daemon is in $daemon_status; 137: it was killed.
mount_end() {
	[ -n "$daemon" ] || return 0
	umount -l "$M" 2>/dev/null
	wait "$daemon" 2>/dev/null
	daemon_status=$?
	daemon=
}
put() { env "$@" timeout 60 assay put "$D" "$REF" --key "$T/k.key" --store "$S" >"$T/put.log" 2>&1; }
bad() { broken="$broken $*;"; }
whole() {
	assay verify "$1" --store "$S" >"$T/verify.log" 2>&1 || { diag "$(cat "$T/verify.log")"; bad "$1 does not verify"; }
	diff -r -x model.sig "$T/src/$(echo "$1" | tr '/@' '--')" "$M/$1" >"$T/diff" 2>&1 || bad "$1 is not what was signed"
}
# After a crash: the store is sound, everything acknowledged is there, and $1 is admitted and whole or cannot be read at all.
check() {
	mount_begin || { bad "the store cannot be mounted"; diag "$(tail -n 3 "$T/daemon.log")"; return; }
	timeout 60 assay fsck --scrub --store "$S" >"$T/fsck.log" 2>&1 || { diag "$(cat "$T/fsck.log")"; bad "fsck"; }
	timeout 60 assay log verify --store "$S" >"$T/log.log" 2>&1 || { diag "$(cat "$T/log.log")"; bad "the log"; }
	(cd "$M" && sha256sum --quiet --strict -c "$T/sums") >"$T/sha.log" 2>&1 || { diag "$(head -n 4 "$T/sha.log")"; bad "content was lost (INV-2, INV-5)"; }
	assay ls --state admitted --store "$S" 2>/dev/null | awk '{ print $NF }' | sort >"$T/admitted"
	sort "$T/acked" | comm -23 - "$T/admitted" >"$T/lost"
	[ -s "$T/lost" ] && bad "lost: $(cat "$T/lost") (INV-5)"
	sort "$T/acked" | comm -13 - "$T/admitted" | grep -Fxv "$1" >"$T/more" && bad "admitted by nobody: $(cat "$T/more")"
	if grep -Fxq "$1" "$T/admitted"; then
		whole "$1"
	elif find "$M/$1" -type f -exec cat {} + 2>/dev/null | grep -q .; then
		bad "$1 is not admitted and can be read (INV-4)"
	fi
	mount_end
	[ "$daemon_status" -eq 0 ] || { diag "$(tail -n 5 "$T/daemon.log")"; bad "the mount ended with $daemon_status"; }
}
# The same publication by a process that is not killed.
again() {
	put || { diag "$(tail -n 3 "$T/put.log")"; bad "$REF cannot be published afterwards"; return; }
	acknowledge
}
again_mounted() {
	mount_begin || { bad "the store cannot be mounted again"; return; }
	if ! grep -Fxq "$REF" "$T/admitted"; then
		# With every name there it was judged when the store was opened; what is refused (a file cut short) is removed first.
		timeout 60 assay wait "$REF" --store "$S" >/dev/null 2>&1
		[ $? -eq 1 ] && assay rm "$REF" --store "$S" >/dev/null 2>&1
		cp -rT "$D" "$M/$REF" 2>"$T/cp.log" || bad "cp fails afterwards: $(head -n 1 "$T/cp.log")"
		timeout 60 assay wait "$REF" --timeout 20 --store "$S" >"$T/wait.log" 2>&1 || bad "$REF cannot be published afterwards: $(tail -n 2 "$T/wait.log")"
	fi
	whole "$REF"
	mount_end
	acknowledge
}
acknowledge() {
	echo "$REF" >>"$T/acked"
	(cd "$T/src/$(echo "$REF" | tr '/@' '--')" && find . -type f ! -name model.sig -exec sha256sum {} +) | sed "s,  \./,  $REF/," >>"$T/sums"
}
# next: a new $REF and its tree $D
serial=0
next() {
	serial=$((serial + 1)) REF=models/crash/m@v$serial broken=
	publication "$REF"
}
# One that was there before everything.
next
again
[ -z "$broken" ] || { echo "Bail out! nothing can be published"; exit 99; }
