# SPDX-License-Identifier: Apache-2.0
# A store with a publisher and a curator, no mount. Source tap.sh first, then this.
#   $S the store, $K the keys (alice publishes, curator, mallory is nobody's); model DIR, evil DIR, table DIR [ROW];
#   valid NAME: $out is one JSON document; json EXPRESSION: what Python says of it as d; no STATUS WANT NAME: a refusal
ASSAY_STATE_DIR=$T/state XDG_CONFIG_HOME=$T/config XDG_STATE_HOME=$T/state HOME=$T
export ASSAY_STATE_DIR XDG_CONFIG_HOME XDG_STATE_HOME HOME
unset ASSAY_PASSWORD ASSAY_STORE
# What holds keys cannot be traced, so the leak check of sanitizer builds cannot run in it and says so on stderr.
export ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0"
S=$T/store K=$T/keys
# The tests change directory.
top_builddir=$(cd "$top_builddir" && pwd) top_srcdir=$(cd "$top_srcdir" && pwd)
mkdir "$T/state" "$K"
chmod 755 "$T"
assay() { timeout 120 "$top_builddir/assay" "$@" </dev/null; }
py=/usr/bin/python3
[ -x "$py" ] || py=python3

# A safetensors file of four numbers, and what goes with it.
model() {
	mkdir -p "$1"
	{ printf '\070\0\0\0\0\0\0\0{"w":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}} '; printf '0123456789abcdef'; } >"$1/model.safetensors"
	echo '{"hidden_size": 4}' >"$1/config.json"
}
# A pickle that calls os.system when it is loaded.
evil() {
	mkdir -p "$1"
	printf 'cos\nsystem\n(S"true"\ntR.' >"$1/weights.pkl"
}
table() {
	mkdir -p "$1"
	{ echo 'id,height,colour'; for i in 1 2 3 4 5 6 7 8; do echo "$i,1.$i,red"; done; [ $# -gt 1 ] && echo "$2"; } >"$1/t.csv"
}
valid() { printf "%s" "$out" | "$py" -c "import json,sys; json.load(sys.stdin)" 2>/dev/null && r=0 || r=1; ok $r "$1: one JSON document"; [ $r -eq 0 ] || diag "$out"; }
json() { printf '%s' "$out" | "$py" -c "import json,sys; d=json.load(sys.stdin); print($1)" 2>&1; }
# refused STATUS REGEX NAME: the last run ended so, said so on stderr, and named a next step.
refused() {
	is "$status" "$1" "$3: exit $1"
	like "$err" "$2" "$3: says why"
	like "$err" "next: .+" "$3: names a next step"
}
make_store() {
	for k in alice curator mallory; do assay keygen "$K/$k" --no-passphrase >/dev/null || return 1; done
	assay init "$S" --no-passphrase >/dev/null 2>&1 || return 1
	export ASSAY_STORE="$S"
	assay trust add "$K/alice.pub" --role publisher --for '**' >/dev/null || return 1
	assay trust add "$K/curator.pub" --role curator --for '**' >/dev/null || return 1
	cat >"$T/policy.yaml" <<'POLICY'
version: 1
on_expiry: serve
access:
  - {for: "**", publish: [everyone], read: [everyone]}
names:
  "models/**":
    gates: [integrity, signature, deserialization, format]
    signature: {role: publisher, threshold: 1, bind: ref}
    deserialization: {profiles: [weights], opaque: []}
  "models/imported/**":
    gates: [integrity, signature, provenance, deserialization, format]
    signature: {role: publisher, threshold: 1, bind: none}
    provenance: {kind: source, require: [uri, collector]}
    deserialization: {profiles: [weights], opaque: []}
  "datasets/**":
    gates: [integrity, signature, deserialization, format, schema]
    signature: {role: publisher, threshold: 1, bind: ref}
    deserialization: {profiles: [weights], opaque: []}
    baseline: optional
POLICY
	assay policy set "$T/policy.yaml" >/dev/null
}
