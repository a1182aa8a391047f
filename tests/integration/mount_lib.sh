# SPDX-License-Identifier: Apache-2.0
# A store with one publisher and a mount of it. Source tap.sh first, then this.
#   $M the mount, $S the store; start [ro|daemon], stop, crash; plain N; tree NAME REF (a signed tree of files in $T/NAME);
#   as USER COMMAND...; state REF; wait_state REF STATE
[ "$(id -u)" -eq 0 ] || skip_all "needs root: a mount that serves several users"
[ -c /dev/fuse ] || skip_all "no /dev/fuse"
driver=$top_builddir/tests/integration/mount_driver
ASSAY_STATE_DIR=$T/state
export ASSAY_STATE_DIR
S=$T/store M=$T/mnt
mkdir "$T/state" "$M"
chmod 755 "$T"
cat >"$T/policy.yaml" <<'POLICY'
version: 1
on_expiry: serve
access:
  - {for: "models/shared/**", publish: ["user:nobody", "user:root"], read: [everyone]}
  - {for: "models/way/to/it/**", publish: ["user:nobody"], read: [everyone]}
  - {for: "models/private/**", publish: ["user:root"], read: ["user:daemon"]}
  - {for: "**", publish: ["user:root"], read: [everyone]}
names:
  "models/**":
    gates: [integrity, signature, deserialization, format]
    signature: {role: publisher, threshold: 1, bind: ref}
    deserialization: {profiles: [weights], opaque: [".bin"]}
ignore: [".cache/**", ".git*", ".DS_Store", "__pycache__/**", ".ipynb_checkpoints/**"]
limits: {file_bytes: 1TiB, files: 20000000, worker_memory: 512MiB, open_ttl: 24h, publisher_bytes: 10TiB, publisher_open: 64}
POLICY
"$driver" init "$S" "$T/policy.yaml" || { echo "Bail out! no store"; exit 99; }

daemon_pid=
tap_cleanup=mount_cleanup
mount_cleanup() {
	[ -n "$daemon_pid" ] && kill "$daemon_pid" 2>/dev/null && wait "$daemon_pid" 2>/dev/null
	umount -l "$M" 2>/dev/null
}
start() {
	: >"$T/ready"
	"$driver" serve "$S" "$M" "$@" >"$T/ready" 2>>"$T/daemon.log" &
	daemon_pid=$!
	for _ in $(seq 100); do
		[ -s "$T/ready" ] && return 0
		kill -0 "$daemon_pid" 2>/dev/null || break
		sleep 0.1
	done
	sed 's/^/# /' "$T/daemon.log"
	return 1
}
stop() {
	sleep 0.3                   # the kernel sends RELEASE behind the back of close(): a sanitizer would miss those handles
	kill "$daemon_pid"
	wait "$daemon_pid"
	stop_status=$?
	daemon_pid=
	[ $stop_status -eq 0 ] || sed 's/^/# /' "$T/daemon.log"
}
crash() {
	kill -9 "$daemon_pid"
	wait "$daemon_pid" 2>/dev/null
	daemon_pid=
}
as() {
	who=$1
	shift
	setpriv --reuid "$(id -u "$who")" --regid "$(id -g "$who")" --clear-groups "$@"
}
# plain N: N bytes that no format claims; what begins at random begins like a pickle now and then
plain() { { printf 'no known format: '; head -c "$1" /dev/urandom; } | head -c "$1"; }
# tree NAME REF: $T/NAME with nested payload and a signature for REF
tree() {
	mkdir -p "$T/$1/sub/deep"
	plain 3000000 >"$T/$1/a.bin"
	plain 70000 >"$T/$1/sub/b.bin"
	echo '{"hidden_size": 16}' >"$T/$1/sub/deep/config.json"
	: >"$T/$1/zero.bin"
	sign "$1" "$2"
}
sign() {
	(cd "$T/$1" && find . -type f ! -name model.sig ! -path './.cache/*' ! -path './__pycache__/*' | sed 's,^\./,,') >"$T/files"
	"$driver" sign "$S" "$T/$1" "$2" <"$T/files" >"$T/model.sig" && mv "$T/model.sig" "$T/$1/model.sig"
}
state() { getfattr --only-values -n user.assay.state "$M/$1" 2>/dev/null; }
wait_state() {
	for _ in $(seq 100); do
		[ "$(state "$1")" = "$2" ] && break
		sleep 0.1
	done
	is "$(state "$1")" "$2" "$1 becomes $2" || diag "$(cat "$M/attest/$1/status.json" 2>&1; ls -la "$M/attest/$1" "$M/$1" 2>&1; tail -n 5 "$T/daemon.log" 2>&1)"
}
same() { diff -r -x model.sig -x .cache -x __pycache__ "$1" "$2" >"$T/diff" 2>&1; r=$?; [ $r -eq 0 ] || sed 's/^/# /' "$T/diff"; return $r; }
# errno NAME of a failing shell command's message
errno_is() { like "$err" "$1" "$2"; }
