#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# keygen, init, sign, put, import, wait, judge, retry, rm, get, ls, show, why, diff, resolve, verify: answers, refusals, wrong usage.
. "$top_srcdir/tests/lib/tap.sh"
. "$top_srcdir/tests/integration/verb_lib.sh"
make_store || { echo "Bail out! no store"; exit 99; }
cd "$T" || exit 99
key="--key $K/alice.key"
model m; evil e

# ---- the program itself ----
run assay; is "$status" 64 "no verb is wrong usage"
run assay --help; is "$status:$err" "0:" "--help is data"
run assay nonsense; refused 64 "unknown verb 'nonsense'" "unknown verb"
for v in $(assay --help | sed -n 's/^  \([a-z]*\)  *[a-zA-Z].*/\1/p'); do
	run assay "$v" --help; like "$status:$out" "^0:usage: assay $v " "$v --help"
	run assay "$v" --no-such-option; refused 64 "unknown option --no-such-option" "$v --no-such-option"
done

# ---- keygen, init ----
run assay keygen k1 --no-passphrase --json; is "$status" 0 "keygen"; valid keygen
is "$(stat -c %a k1.key)" 600 "a key file is only its owner's"
run assay keygen k1 --no-passphrase; refused 1 "k1.key exists already" "keygen does not overwrite"
run assay keygen k2; refused 64 "passphrase is needed" "keygen without a terminal"
run assay keygen k2 --type rsa; refused 64 "p256 or ed25519" "keygen --type rsa"
run assay init "$S" --no-passphrase; refused 2 "exists" "init over a store"
run assay init s2; refused 64 "needs a passphrase" "init without a passphrase"
run assay init s2 --no-passphrase --json; is "$status" 0 "init"; valid init
run env XDG_CONFIG_HOME="$PWD/solo" "$top_builddir/assay" init s3 --solo --no-passphrase; is "$status" 0 "init --solo"
run assay ls --store s3; is "$status:$out" "0:" "ls of an empty store is empty"
solo() { run env XDG_CONFIG_HOME="$PWD/solo" "$top_builddir/assay" "$@" --store s3; }
solo put m datasets/t@v1 --source https://example.org/t; is "$status" 0 "put without a key is signed with that of init --solo"
solo put m datasets/t@v2; is "$status" 1 "but must say where it comes from"
run env -u ASSAY_STORE "$top_builddir/assay" ls; refused 64 "which store" "no store named"
run assay ls --store nothere; refused 2 "nothere" "a store that is not there"

# ---- put ----
run assay put m models/m@v1 $key; is "$status:$err" "0:" "put: admitted, and nothing on stderr in a pipe"
like "$out" "^admitted models/m@v1" "put says so"
run assay put m models/m@v1 $key --json; is "$status" 0 "identical content under the same version is a success"; valid "put --json"
is "$(json "d['verdict'], d['ref'], len(d['files']), len(d['gates'])")" "pass models/m@v1 2 4" "the report has verdict, ref, files and gates"
cp -r m m2; echo '{"hidden_size": 8}' >m2/config.json
run assay put m2 models/m@v1 $key; refused 1 "exists with other content" "other content under the same version"
run assay put m2 models/m@v2 $key; is "$status" 0 "a second version"
run assay put e models/e@v1 $key; is "$status" 1 "a pickle that calls os.system is rejected"
like "$out" "pickle.call.denied.*os.system" "with its rule"
like "$out" "next: assay why models/e@v1" "and a next step"
is "$(printf '%s' "$out" | grep -c 'REDUCE of os.system')" 1 "each finding once"
run assay put m models/n@v1; is "$status" 1 "unsigned content is rejected"; like "$out" "signature.missing" "as such"
run assay put m models/q@v1 --key "$K/mallory.key"; is "$status" 1 "a key that nobody trusts"; like "$out" "signature.untrusted" "as such"
run assay put m code/x@v1 $key; refused 1 "policy.no-rule" "a name without a rule"
run assay put nothere models/x@v1 $key; refused 2 "nothere" "a tree that is not there"
run assay put m "models/x" $key; refused 64 "no version" "a reference without a version"
run assay put m "models/../x@v1" $key; refused 64 "is not a name" "a reference with .."
run assay put m "models/x@$(printf 'a\033[31m')" $key; refused 64 "x1b|033|u001b" "a reference with ESC is escaped"
run assay put m; refused 64 "expected" "put without a reference"
run assay put m models/x@v1 --rm config.json $key; refused 64 "go with --from" "--rm without --from"
run assay put m models/x@v1 $key --dry-run; is "$status" 0 "--dry-run"; like "$out" "would publish 2 files" "says what would be published"
run assay put m models/x@v1 $key --dry-run --json; is "$(json "[f['path'] for f in d['files']]")" "['config.json', 'model.safetensors']" "--dry-run --json"
run assay show models/x@v1; refused 2 "no artifact models/x@v1" "after a dry run nothing is there"
run assay put m models/x@v1 $key --exclude 'config.*'; is "$status" 0 "--exclude"
run assay diff models/m@v1 models/x@v1; is "$status:$out" "1:- config.json" "leaves out"

# ---- links ----
mkdir -p hub/models--o--n/blobs hub/models--o--n/snapshots/abc
cp m/model.safetensors hub/models--o--n/blobs/aa
ln -s ../../blobs/aa hub/models--o--n/snapshots/abc/model.safetensors
run assay put hub/models--o--n/snapshots/abc models/hub@v1 $key; is "$status" 0 "a Hugging Face snapshot's links are followed"
assay get models/hub@v1 hub-out >/dev/null; cmp -s hub-out/model.safetensors m/model.safetensors; ok $? "to the bytes that they mean"
mkdir lk; cp m/config.json lk; ln -s /etc/passwd lk/x.json
run assay put lk models/lk@v1 $key; refused 1 "outside the given directory" "a link outside"
ln -sfn nowhere lk/x.json; run assay put lk models/lk@v1 $key; refused 1 "leads nowhere" "a dangling link"
rm lk/x.json; mkfifo lk/f; run assay put lk models/lk@v1 $key; refused 1 "only regular files" "a pipe"

# ---- --from ----
run assay put --from models/m@v1 --rm config.json models/m@v3 $key; is "$status" 0 "--from --rm"
run assay put --from models/m@v1 --add m2/config.json models/m@v4 $key; is "$status" 0 "--from --add replaces"
run assay diff models/m@v2 models/m@v4; is "$status:$out" "0:" "and gives the tree that was put whole"
run assay put --from models/m@v1 --rm nothere models/m@v5 $key; refused 64 "has no file nothere" "--rm of what is not there"
run assay put --from models/zz@v1 models/m@v5 $key; refused 2 "no artifact models/zz@v1" "--from nothing"
run assay put --from models/m@v1 models/m@v5; is "$status" 1 "--from without a key has no signature"; like "$out" "signature.missing" "and says so"

# ---- sign, verify DIR ----
cp -r m s
run assay sign s --as models/s@v1 $key --json; is "$status" 0 "sign"; valid sign
run assay sign s --as models/s@v1; refused 64 "expected" "sign without a key"
run assay verify s --key "$K/alice.pub"; is "$status" 0 "verify DIR"
run assay verify s --key "$K/alice.pub" --json; is "$(json "d['verified']")" True "verify DIR --json"
run assay verify s --key "$K/curator.pub"; refused 1 "by a given key" "another key"
run assay verify s; refused 64 "verified against keys" "verify DIR without a key"
run assay verify nowhere --key "$K/alice.pub"; refused 64 "neither a reference nor a directory" "verify of nothing"
run assay put s models/s@v1; is "$status" 0 "claims that come with the tree count"
run assay put s models/s2@v1; is "$status" 1 "a signature for another reference does not"; like "$out" "signed as models/s@v1, not as models/s2@v1" "and says which"
echo x >s/extra; run assay verify s --key "$K/alice.pub"; refused 1 "extra is not part of what was signed" "an extra file"
rm s/extra; printf x >>s/config.json; run assay verify s --key "$K/alice.pub"; refused 1 "config.json is not what was signed" "a tampered file"
rm s/config.json; run assay verify s --key "$K/alice.pub" --json; refused 1 "config.json was signed and is missing" "a missing file"; valid "a refusal with --json"

# ---- what is ignored, but signed ----
# listed KEY REF: m, a file that is ignored by default and signed, and two that are only ignored.
listed() {
	rm -rf d; cp -r m d; mkdir d/.cache d/__pycache__
	echo "*.bin filter=lfs" >d/.gitattributes; echo 1 >d/.cache/signed.json; echo 2 >d/.cache/other.json; echo 3 >d/__pycache__/x.json
	(cd d && "$top_builddir/tests/integration/sign_tool" "$1" "$2" config.json model.safetensors .gitattributes .cache/signed.json >model.sig)
}
listed "$K/alice.key" models/listed@v1
run assay put d models/listed@v1 --dry-run; like "$out" "would publish 4 files.*; 2 ignored" "what a signature lists is not ignored"
run assay put d models/listed@v1; is "$status:$err" "0:" "a tree whose signature lists ignored names"
assay get models/listed@v1 listed-out >/dev/null; is "$(cd listed-out && find . -type f | LC_ALL=C sort | tr '\n' ' ')" "./.cache/signed.json ./.gitattributes ./config.json ./model.safetensors " "has them, and no others"
listed "$K/alice.key" models/listed@v2
run assay put d models/listed@v2 --exclude .gitattributes; is "$status" 1 "but --exclude is obeyed"; like "$out" ".gitattributes" "and the file is missed"
run assay put d models/listed@v3 $key; is "$status" 0 "with a key what is ignored is left out"
listed "$K/mallory.key" models/listed@v4
run assay import d models/listed@v4 --source https://example.org/o/n --revision abc $key; is "$status" 0 "an import keeps the claim"
like "$err" "\.cache/signed\.json is left out" "and says what of it is left out"; like "$err" "\.gitattributes is left out" "all of it"

# ---- import ----
imp="--source https://example.org/o/n --revision abc"
run assay import m models/imported/a@v1 $key; refused 64 "expected" "import without a source"
run assay import m models/imported/a@v1 $key $imp; is "$status" 0 "import"; like "$out" "fits the profiles .*models/imported" "says which rule's profiles fit"
cp -r m up; assay sign up --as models/theirs@v9 --key "$K/mallory.key" >/dev/null; mv up/model.sig their.sig
assay sign up --as models/theirs@v10 --key "$K/mallory.key" >/dev/null; mv up/model.sig up/release.sigstore.json; mv their.sig up/model.sig
run assay import up models/imported/b@v1 $key $imp --json; is "$status" 0 "import of what others signed"
is "$(json "sorted(c['name'] for c in d['claims'])")" "['model.sig', 'provenance.sigstore.json', 'upstream-model.sigstore.json', 'upstream-release.sigstore.json']" "keeps their claims"
is "$(json "[c['counts'] for c in sorted(d['claims'], key=lambda c: c['name'])]")" "[True, True, False, False]" "which do not count"
run assay get models/imported/b@v1 b-out --claims; cmp -s up/model.sig b-out/upstream-model.sigstore.json; ok $? "byte for byte"
mkdir sk; "$py" -c 'import pickle,collections; pickle.dump(collections.Counter("aab"), open("sk/c.pkl","wb"), 2)'
run assay import sk models/imported/c@v1 $key $imp --dry-run; is "$status" 0 "import --dry-run"

# ---- what is known ----
run assay ls; is "$status" 0 "ls"; like "$out" "^admitted +99 B +2 files  models/m@v1$" "one line each"
run assay ls models/imported --json; is "$(json "[a['ref'] for a in d['artifacts']]")" "['models/imported/a@v1', 'models/imported/b@v1']" "ls PREFIX --json"
run assay ls --state rejected; is "$(printf '%s\n' "$out" | grep -vc '^rejected')" 0 "ls --state"
run assay ls --state nonsense; refused 64 "no state 'nonsense'" "ls of an unknown state"
run assay show models/m@v1; like "$out" "^state +admitted" "show"
run assay show models/m@v1 --json; is "$(json "d['state'], d['claims'][0]['name']")" "admitted model.sig" "show --json"
run assay why models/e@v1; is "$status:$(printf '%s\n' "$out" | wc -l)" "0:3" "why is three lines"
like "$out" "^what:  models/e@v1 is rejected: pickle.call.denied" "what"; like "$out" "^where: weights.pkl, byte 0" "where"; like "$out" "^next:  .+" "next"
run assay why models/e@v1 --json; is "$(json "d['files'][0]['findings'][0]['rule']")" pickle.call.denied "why --json is the report"
run assay why models/n@v1; like "$out" "assay sign DIR --as models/n@v1" "the next step names the reference"
run assay why "m/config.json"; refused 64 "neither" "why of a path outside a mount"
run assay resolve models/m@v1; is "$status:$out" "0:models/m@v1" "resolve"
run assay resolve models/m@v9; refused 2 "no artifact" "resolve of nothing"
run assay diff models/m@v1 models/m@v2; is "$status:$out" "1:M config.json  19 -> 19 bytes" "diff"
run assay diff models/m@v1 models/m@v2 --json; is "$status" 1 "diff --json"; valid "diff"
run assay diff models/m@v1 models/m@v1; is "$status:$out" "0:" "diff of the same"
run assay verify models/m@v1 --json; is "$status" 0 "verify REF"; valid "verify REF"
run assay verify models/e@v1; refused 1 "is rejected" "verify of what is rejected"

# ---- get ----
run assay get models/m@v1 got --json; is "$status" 0 "get"; valid get
diff -r m got >/dev/null; ok $? "is the tree"
run assay get models/m@v1 got; refused 64 "not overwritten" "get does not overwrite"
run assay get models/s@v1 got2 --claims; is "$status" 0 "get --claims"
run assay verify got2 --key "$K/alice.pub"; is "$status" 0 "verifies as a directory"
run assay get models/e@v1 got3; refused 1 "is rejected, not admitted" "get of what is rejected"
is "$(ls -d got3* 2>/dev/null)" "" "leaves nothing behind"
run assay get models/nope@v1 got3 --json; refused 2 "no artifact" "get of nothing"; valid "get of nothing"

# ---- wait, judge, retry, rm ----
run assay wait models/m@v1; is "$status" 0 "wait for what is admitted"
run assay wait models/e@v1 --timeout 1 --json; is "$status" 1 "wait for what is rejected"; valid "wait"
run assay wait models/m@v1 --timeout soon; refused 64 "number of seconds" "wait --timeout soon"
run assay wait models/nope@v1; refused 2 "no artifact" "wait for nothing"
run assay judge models/m@v1; is "$status" 0 "judge looks again at what is admitted"
run assay judge models/e@v1; is "$status" 1 "judge of what put brought and was rejected"
run assay why models/e@v1; like "$out" "pickle.call.denied" "keeps its reason"
run assay retry models/m@v1; refused 2 "is admitted" "retry of what is admitted"
run assay rm models/m@v1; refused 2 "only open, held and rejected" "rm of what is admitted"; like "$err" "assay retire models/m@v1" "names retire"
run assay rm models/e@v1 --json; is "$status" 0 "rm of what is rejected"; valid rm
run assay rm models/e@v1; refused 2 "no artifact" "rm again"
run assay fsck --scrub; is "$status" 0 "and the store is clean"
done_testing
