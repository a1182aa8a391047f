#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Stock cosign verifies our bundle with the proof in our log, and refuses without it.
. "$top_srcdir/tests/lib/tap.sh"
tool=$top_builddir/tests/integration/interop_tool

command -v cosign >/dev/null 2>&1 || skip_all "cosign is not installed (Debian 13 has it)"
export HOME="$T" TUF_ROOT="$T/tuf"
cosign verify-blob-attestation --help 2>&1 | grep -q -- --trusted-root || skip_all "this cosign has no --trusted-root"
mkdir "$T/gen"
"$tool" gen "$T/gen"
cd "$T/gen" || exit 99
cosign version 2>&1 | grep -i gitversion | while read -r line; do diag "$line"; done

# check BUNDLE TYPE DIGEST [FLAG...]: newer ones take the digest, older ones only the blob, and the new format only when told.
check() {
	bundle=$1 type=$2 blob=$3
	shift 3
	set -- --key p256.pub --bundle "$bundle" --type "$type" "$@"
	cosign verify-blob-attestation --help 2>&1 | grep -q -- --new-bundle-format && set -- --new-bundle-format "$@"
	run cosign verify-blob-attestation "$@" "$blob"
}
check prov.logged.json slsaprovenance1 my-model/weights.bin --trusted-root our_trusted_root.json
is "$status" 0 "provenance with a proof in our log"
[ "$status" -eq 0 ] || diag "$err"
check vsa.logged.json https://slsa.dev/verification_summary/v1 my-model/weights.bin --trusted-root our_trusted_root.json
is "$status" 0 "verdict with a proof in our log"
check att-p256-empty-pem.json https://in-toto.io/attestation/test-result/v0.1 my-model/weights.bin --trusted-root our_trusted_root.json
ok $((status == 0)) "without a proof it is refused"
check att-p256-empty-pem.json https://in-toto.io/attestation/test-result/v0.1 my-model/weights.bin --insecure-ignore-tlog
is "$status" 0 "unless told to ignore the log"
sed 's/"hashes":\["./"hashes":["Q/' prov.logged.json >bad.json
check bad.json slsaprovenance1 my-model/weights.bin --trusted-root our_trusted_root.json
ok $((status == 0)) "a changed proof is refused"
check prov.logged.json slsaprovenance1 my-model/config.json --trusted-root our_trusted_root.json
ok $((status == 0)) "another file is refused"
done_testing
