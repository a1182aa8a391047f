#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Stock cosign verifies our bundles with the proofs of our log, and refuses without one. cosign 2.5 (Debian 13) does not
# know entries of Rekor v2 yet: there only a bundle without proof can be shown, with the log ignored.
. "$top_srcdir/tests/lib/tap.sh"
tool=$top_builddir/tests/integration/interop_tool

command -v cosign >/dev/null 2>&1 || skip_all "cosign is not installed (Debian 13 has it)"
export HOME="$T" TUF_ROOT="$T/tuf"
help=$(cosign verify-blob-attestation --help 2>&1)
case $help in *--trusted-root*) ;; *) skip_all "this cosign has no --trusted-root" ;; esac
flags=
case $help in *--new-bundle-format*) flags=--new-bundle-format ;; esac
mkdir "$T/gen" "$T/log"
"$tool" gen "$T/gen" && "$tool" store "$T/log"; ok $? "bundles made"
cp -r "$T/log"/stored* "$T/gen"
cd "$T/gen" || exit 99
M=my-model/weights.bin
TEST=https://in-toto.io/attestation/test-result/v0.1

# check KEY BUNDLE TYPE BLOB ROOT [FLAG...]: always with a trusted root, because without one cosign asks the network.
check() {
	key=$1 bundle=$2 type=$3 blob=$4 root=$5
	shift 5
	run cosign verify-blob-attestation $flags --key "$key" --bundle "$bundle" --type "$type" --trusted-root "$root" "$@" "$blob"
}
yes() { is "$status" 0 "$1"; [ "$status" -eq 0 ] || diag "$err"; }
no() { ok $((status == 0)) "$1"; }

check p256.pub att-p256-empty-pem.json "$TEST" $M our_trusted_root.json --insecure-ignore-tlog
yes "a bundle without proof, the log ignored"
check p256.pub att-p256-empty-pem.json "$TEST" my-model/config.json our_trusted_root.json --insecure-ignore-tlog
no "not for another file"
check cosign.pub att-p256-empty-pem.json "$TEST" $M our_trusted_root.json --insecure-ignore-tlog
no "not by another key"
check p256.pub att-p256-hint-pem.json "$TEST" $M our_trusted_root.json --insecure-ignore-tlog
no "not with a keyid: so we write none"

check stored.pub stored-1.json slsaprovenance1 $M stored_root.json
case $err in *"nil value in transaction log entry"*)
	skip "this cosign does not know entries of Rekor v2: proofs of our log cannot be shown to it"
	done_testing ;;
esac
yes "the proof of a store's log"
check stored.pub stored-0.json slsaprovenance1 $M stored_root.json
yes "of its first entry, in a log of one"
check stored.pub stored-2.json slsaprovenance1 $M stored_root.json
yes "of its last"
check stored.pub stored-1.json slsaprovenance1 $M our_trusted_root.json
no "not under another log's root"
check p256.pub prov.logged.json slsaprovenance1 $M our_trusted_root.json
yes "provenance"
check p256.pub bom.logged.json cyclonedx $M our_trusted_root.json
yes "bill of materials"
check p256.pub vsa.logged.json https://slsa.dev/verification_summary/v1 $M our_trusted_root.json
yes "verdict"
root=$(sed 's/.*"digest":{"sha256":"//; s/".*//' <<EOT
$(sed 's/.*"payload":"\([^"]*\)".*/\1/' logged-p256.sig | base64 -d)
EOT
)
run cosign verify-blob-attestation $flags --key p256.pub --bundle logged-p256.sig --type https://model_signing/signature/v1.0 \
	--trusted-root our_trusted_root.json --digest "$root" --digestAlg sha256
yes "a model signature, by its root"
run cosign verify-blob-attestation $flags --key ed.pub --bundle logged-ed-ph.sig --type https://model_signing/signature/v1.0 \
	--trusted-root our_trusted_root.json --digest "$root" --digestAlg sha256
yes "one by an Ed25519 key"
run cosign verify-blob-attestation $flags --key ed.pub --bundle logged-ed.sig --type https://model_signing/signature/v1.0 \
	--trusted-root our_trusted_root.json --digest "$root" --digestAlg sha256
no "but not logged as plain Ed25519"
run cosign verify-blob-attestation $flags --key p256.pub --bundle logged-bad.sig --type https://model_signing/signature/v1.0 \
	--trusted-root our_trusted_root.json --digest "$root" --digestAlg sha256
no "a changed proof"
check p256.pub att-p256-empty-pem.json "$TEST" $M our_trusted_root.json
no "no proof at all"
done_testing
