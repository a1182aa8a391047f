#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What a store says of an artifact, read by others: a second reader (attest_check.py), sha256sum, minisign and cosign where
# they are installed. The files come from the store itself, and from a mount where one can be made: byte for byte the same.
. "$top_srcdir/tests/lib/tap.sh"
python=/usr/bin/python3
[ -x "$python" ] || skip_all "python3 is not installed"
view=$top_builddir/tests/integration/view_tool
check=$top_srcdir/tests/integration/attest_check.py
REF=datasets/flowers@v1
ASSAY_STATE_DIR=$T/state ASSAY_STORE=$T/store XDG_CONFIG_HOME=$T/config HOME=$T
export ASSAY_STATE_DIR ASSAY_STORE XDG_CONFIG_HOME HOME
unset ASSAY_PASSWORD
mkdir -p "$T/state" "$T/tree/sub" "$T/mnt"
mounted=
tap_cleanup='[ -z "$mounted" ] || timeout 20 umount -l "$T/mnt"'

run timeout 60 assay init "$ASSAY_STORE" --solo --no-passphrase
is "$status" 0 "a store"
[ "$status" -eq 0 ] || diag "$err"
key=$T/config/assay/solo.key
i=0
while [ $i -lt 40 ]; do echo "$i,$((i * 7 % 31)).5,iris"; i=$((i + 1)); done | sed '1i id,length,name' >"$T/tree/flowers.csv"
# sub.csv sorts before sub/: the order of the bytes of the whole path.
echo '{"rows": 40}' >"$T/tree/sub/about.json"
printf 'a,b\n1,2\n' >"$T/tree/sub.csv"
for version in v0 v1 v2; do
	echo "{\"version\": \"$version\"}" >"$T/tree/version.json"
	[ $version != v1 ] || cp -r "$T/tree" "$T/published"
	run timeout 120 assay put "$T/tree" "datasets/flowers@$version" --key "$key" --source https://flowers.example/ --initiator somebody@flowers.example
	is "$status" 0 "put $version"
	[ "$status" -eq 0 ] || diag "$out" "$err"
done

A="model.sig claims.jsonl provenance.intoto.jsonl hallmark.sigstore.json bom.cdx.json manifest.sha256 manifest.sha256.minisig proof.tlog-proof report.json"
# The log has few entries here: one partial tile of each kind. tests/unit/test_log and the vectors have large ones.
get() { mkdir -p "$T/views/$(dirname "$2")" && timeout 60 "$view" "$ASSAY_STORE" "$1" >"$T/views/$2"; }
bad=0
for f in $A; do get "attest/$REF/$f" "attest/$f" || bad=1; done
for f in trusted_root.json keys/gate.pem keys/log.vkey keys/manifest.pub; do get "trust/$f" "trust/$f" || bad=1; done
get log/checkpoint log/checkpoint || bad=1
n=$(sed -n 2p "$T/views/log/checkpoint")
for f in "tile/0/000.p/$n" "tile/entries/000.p/$n"; do get "log/$f" "log/$f" || bad=1; done
id=$(sed /-----/d "$T/config/assay/solo.pub" | base64 -d | sha256sum | cut -c1-64)
get "trust/keys/$id.pem" "trust/keys/$id.pem" || bad=1
is $bad 0 "every file of attest/, trust/ and log/ is there"

# second VIEWS: what the second reader says of it
second() { "$python" "$check" "$1" "$REF" "$T/published" 2>&1; }
second "$T/views" >"$T/said"
while read -r line; do
	case $line in ok*) ok 0 "second reader: ${line#ok }" ;; *) ok 1 "second reader: ${line#not ok }" ;; esac
done <"$T/said"
is "$(grep -c '^ok' "$T/said")" 8 "second reader: all eight parts"

# It sees what is wrong: each change is found by the part that it concerns, and by name.
# broken WHAT FILE SED REGEX
broken() {
	rm -rf "$T/broken" && cp -r "$T/views" "$T/broken"
	LC_ALL=C sed -i "$3" "$T/broken/$2"
	if cmp -s "$T/views/$2" "$T/broken/$2"; then ok 1 "$1: nothing was changed"; return; fi
	like "$(second "$T/broken" | grep '^not ok')" "$4" "second reader sees $1"
}
broken "another size in the checkpoint" log/checkpoint '2s/.*/3/' '^not ok log'
broken "a changed entry" "log/tile/entries/000.p/$n" 's/hashedrekord/hashedrecord/' '^not ok log: Wrong the root'
broken "a changed proof" attest/proof.tlog-proof '3s/^..../AAAA/' '^not ok proof: Wrong the proof does not lead'
broken "a changed signature" attest/model.sig 's/"payload":"ey/"payload":"ez/' '^not ok signature: '
broken "another digest in the manifest" attest/manifest.sha256 's/^./0/; t; s/^./1/' '^not ok manifest'
broken "a changed trusted comment" attest/manifest.sha256.minisig 's/ref:datasets/ref:datasetz/' '^not ok manifest'
broken "another digest in the bill of materials" attest/bom.cdx.json 's/"content":"./"content":"g/' '^not ok bom'
broken "another report than was judged" attest/report.json 's/pass/past/' '^not ok hallmark: Wrong the report'

like "$(cd "$T/published" && sha256sum -c "$T/views/attest/manifest.sha256" 2>&1)" 'sub/about.json: OK' "sha256sum -c reads the manifest"
(cd "$T/published" && sha256sum --strict --status -c "$T/views/attest/manifest.sha256")
ok $? "and finds every file as listed"
is "$(wc -l <"$T/views/attest/manifest.sha256")" 4 "all four of them"

if command -v minisign >/dev/null 2>&1; then
	run minisign -V -p "$T/views/trust/keys/manifest.pub" -m "$T/views/attest/manifest.sha256"
	is "$status" 0 "minisign verifies the manifest"
	like "$out" "ref:$REF" "and shows which artifact it is of"
	cp "$T/views/attest/manifest.sha256" "$T/other"
	cp "$T/views/attest/manifest.sha256.minisig" "$T/other.minisig"
	echo >>"$T/other"
	run minisign -V -p "$T/views/trust/keys/manifest.pub" -m "$T/other"
	is "$status" 1 "but not with a line more"
else
	skip "minisign is not installed"
fi

cosign_checks() {
	TUF_ROOT=$T/tuf
	export TUF_ROOT
	help=$(cosign verify-blob-attestation --help 2>&1)
	case $help in *--trusted-root*) ;; *) skip "this cosign has no --trusted-root"; return ;; esac
	flags=
	case $help in *--new-bundle-format*) flags=--new-bundle-format ;; esac
	# The root is the SHA-256 of the listed digests one after the other: a file of them is the blob that is signed.
	sed 's/ .*//' "$T/views/attest/manifest.sha256" | "$python" -c 'import sys
sys.stdout.buffer.write(bytes.fromhex(sys.stdin.read()))' >"$T/blob"
	echo other >"$T/other"
	# verify BUNDLE BLOB [FLAG...]
	verify() {
		bundle=$1 blob=$2
		shift 2
		run timeout 60 cosign verify-blob-attestation $flags --key "$T/views/trust/keys/$id.pem" --bundle "$bundle" \
			--type https://model_signing/signature/v1.0 --trusted-root "$T/views/trust/trusted_root.json" "$@" "$blob"
	}
	verify "$T/views/attest/model.sig" "$T/blob"
	case $err in
	*"nil value in transaction log entry"*)
		skip "this cosign does not know entries of Rekor v2: model.sig with its proof cannot be shown to it" ;;
	*)
		is "$status" 0 "cosign verifies model.sig with the proof of our log"
		[ "$status" -eq 0 ] || diag "$err"
		verify "$T/views/attest/model.sig" "$T/other"
		ok $((status == 0)) "but not for another list of files" ;;
	esac
	# The claim as it was made, without a proof: what older versions can check.
	"$python" -c 'import base64, json, sys
for line in open(sys.argv[1]):
    if "model_signing/signature" in base64.b64decode(json.loads(line)["dsseEnvelope"]["payload"]).decode():
        print(line, end="")' "$T/views/attest/claims.jsonl" >"$T/claim.json"
	verify "$T/claim.json" "$T/blob" --insecure-ignore-tlog
	is "$status" 0 "cosign verifies the claim as it was made, the log ignored"
	[ "$status" -eq 0 ] || diag "$err"
	verify "$T/claim.json" "$T/other" --insecure-ignore-tlog
	ok $((status == 0)) "but not for another list of files"
}
if command -v cosign >/dev/null 2>&1; then cosign_checks; else skip "cosign is not installed (Debian 13 has it)"; fi

if [ "$(id -u)" -eq 0 ] && [ -c /dev/fuse ]; then
	timeout 60 assay mount "$ASSAY_STORE" "$T/mnt" >"$T/mount.log" 2>&1 </dev/null
	is $? 0 "a mount"
	mounted=yes
	differ=
	for f in $A; do cmp -s "$T/mnt/attest/$REF/$f" "$T/views/attest/$f" || differ="$differ $f"; done
	(cd "$T/views" && find trust log -type f) >"$T/list"
	while read -r f; do cmp -s "$T/mnt/$f" "$T/views/$f" || differ="$differ $f"; done <"$T/list"
	is "$differ" "" "the mount shows the same bytes"
	timeout 20 assay umount "$T/mnt" >/dev/null 2>&1 && mounted=
	ok $? "unmounted"
else
	skip "no mount: it needs root and /dev/fuse"
fi
done_testing
