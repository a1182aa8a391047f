#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Bad input at the verbs: keys, clocks, names, workers that die, hang or lie. Each ends with a reason, and the store is unharmed.
. "$top_srcdir/tests/lib/tap.sh"
. "$top_srcdir/tests/integration/verb_lib.sh"
make_store || { echo "Bail out! no store"; exit 99; }
cd "$T" || exit 99
A=$top_builddir/assay
key="--key $K/alice.key"
model m
# fresh N: a tree that no scan has seen
fresh() { rm -rf fresh; cp -r m fresh; echo "{\"hidden_size\": $1}" >fresh/config.json; }
admitted() { [ "$(assay ls --state admitted --json | "$py" -c 'import json,sys; print(len(json.load(sys.stdin)["artifacts"]))')" = "$1" ]; }
assay put m models/m@v1 $key >/dev/null

# A worker that hangs is given a minute, so it runs beside the rest, in a store of its own.
assay backup "$T/hang" >/dev/null
printf '#!/bin/sh\nexec sleep 1000\n' >w-hangs; chmod 755 w-hangs
cp -r m hung; echo '{"hidden_size": 5}' >hung/config.json
env ASSAY_WORKER="$T/w-hangs" timeout 300 "$A" put hung models/hung@v1 $key --store "$T/hang" >hung.out 2>&1 & hanging=$!

# ---- keys ----
run env ASSAY_PASSWORD=secret "$A" keygen locked; is "$status" 0 "a key under a passphrase"
run assay put m models/x@v1 --key locked.key; refused 1 "needs a passphrase" "no passphrase"; like "$err" "ASSAY_PASSWORD" "the way to give it is named"
run env ASSAY_PASSWORD=wrong "$A" put m models/x@v1 --key locked.key; refused 1 "wrong passphrase" "a wrong passphrase"
chmod 644 locked.key
run env ASSAY_PASSWORD=secret "$A" put m models/x@v1 --key locked.key; refused 1 "mode 0644" "a key file of mode 0644"; like "$err" "chmod 600 locked.key" "the remedy is named"
run env ASSAY_PASSWORD=secret "$A" put m models/x@v1 --key locked.key --json; valid "a refused key with --json"
head -c 40 "$K/alice.key" >cut.key; chmod 600 cut.key
run assay put m models/x@v1 --key cut.key; refused 1 "cut.key" "a truncated key file"
run assay put m models/x@v1 --key nokey.key; refused 2 "nokey.key" "a key file that is not there"
cp "$S/keys/gate.key" gate.key; chmod 600 gate.key
run assay put m models/x@v1 --key gate.key; is "$status" 1 "the gate's own key publishes nothing"
admitted 1; ok $? "nothing was published"

# ---- the clock ----
for y in 2099 2010; do
	fresh "$y"
	run env ASSAY_TEST_NOW=$y-01-01T00:00:00Z "$A" put fresh models/y$y@v1 $key
	case $y in
	2099) is "$status" 1 "an expired trust root admits nothing"; like "$out" "signature.trust-expired" "and says so"; like "$out" "next: assay trust sign" "the owner renews it" ;;
	2010) is "$status" 2 "a clock before the trust root cannot judge"; like "$out" "signature.clock.*2010-01-01" "and says so" ;;
	esac
done
run env ASSAY_TEST_NOW=2099-01-01T00:00:00Z "$A" get models/m@v1 late; is "$status" 0 "on_expiry: serve reads on"
run env ASSAY_TEST_NOW=2099-01-01T00:00:00Z "$A" doctor; is "$status" 2 "doctor minds"; like "$out" "has expired.*assay trust sign" "and says what to do"
run assay retry models/y2010@v1; is "$status" 0 "with the clock right, retry admits"
sed 's/on_expiry: serve/on_expiry: deny/' policy.yaml >deny.yaml; assay policy set deny.yaml >/dev/null
run env ASSAY_TEST_NOW=2099-01-01T00:00:00Z "$A" get models/m@v1 late2; refused 1 "on_expiry: deny" "on_expiry: deny does not"
run assay get models/m@v1 now; is "$status" 0 "before its end it does"

# ---- names ----
evil evil; ctrl=$(printf '\033')
names=0
bad_name() {
	rm -rf tree; cp -r m tree
	"$py" - "$1" <<'PY' || return 1
import os, sys
os.makedirs(b"tree", exist_ok=True)
name = eval(sys.argv[1])
path = b"tree/" + name
os.makedirs(os.path.dirname(path), exist_ok=True)
open(path, "wb").write(b"{}")
PY
	names=$((names + 1))
	run assay put tree "models/name$names@v1" $key
}
bad_name 'b"a\nb.json"'; is "$status" 0 "a newline in a name is content like any other"
run assay diff models/m@v1 models/name1@v1; is "$status:$(printf '%s\n' "$out" | wc -l)" 1:1 "and shown escaped, in one line"
run assay bom models/name1@v1; valid "its bom"
run assay get models/name1@v1 name1; is "$status" 0 "get"; diff -r tree name1; ok $? "gives it back"
bad_name 'b"a\x1b[31mb.json"'; is "$status" 0 "so is an ESC"
for v in "show models/name2@v1" "diff models/m@v1 models/name2@v1" "why models/name2@v1" "ls" "log show" "put tree models/name2@v2 --dry-run"; do
	run assay $v; is "$(printf '%s%s' "$out" "$err" | grep -c "$ctrl")" 0 "$v: no ESC reaches the terminal"
done
evil tree; mv tree/weights.pkl "tree/w${ctrl}[31m.pkl"
run assay put tree models/name2@v3 $key; is "$status" 1 "a bad file of such a name"; is "$(printf '%s%s' "$out" "$err" | grep -c "$ctrl")" 0 "is named without ESC"
run assay why models/name2@v3; is "$(printf '%s%s' "$out" "$err" | grep -c "$ctrl")" 0 "why too"
bad_name 'b"\xff\xfe.json"'; refused 1 '.' "a name that is not UTF-8"; run assay put tree "models/name$names@v1" $key --json; valid "with --json"
bad_name 'b"a"*250 + b".json"'; is "$status" 0 "a name of 255 bytes is fine"
bad_name 'b"d"*200 + b"/" + b"e"*200 + b"/" + b"f.json"'; is "$status" 0 "a long path too"
bad_name 'b"..json"'; is "$status" 0 "so are two dots that are not .."
bad_name 'b"a\\b.json"'; like "$status" "^[01]$" "a backslash in a name has an answer"
run assay ls --state open; is "$out" "" "nothing is half-published"
run assay ls; is "$(printf '%s' "$out" | grep -c "$ctrl")" 0 "ls shows no control byte"

# ---- the worker ----
n=100
worker() {
	n=$((n + 1)); fresh $n
	printf '#!/bin/sh\n%s\n' "$2" >"w-$1"; chmod 755 "w-$1"
	run timeout 110 env ASSAY_WORKER="$T/w-$1" ${3-} "$A" put fresh "models/w-$1@v1" $key
	is "$status" 2 "a worker that $1: held, exit 2"
	like "$out" "gate.not-judged: .*worker" "the reason names it"; like "$out" "next: assay retry models/w-$1@v1" "the next step too"
	run assay get "models/w-$1@v1" "w-$1.out"; refused 2 "is held" "what is held cannot be read"
	run assay wait "models/w-$1@v1"; is "$status" 2 "wait answers 2"
	run assay why "models/w-$1@v1"; like "$out" "next:  assay retry models/w-$1@v1" "why names retry"
	run assay retry "models/w-$1@v1"; is "$status" 0 "with a good worker, retry admits"
}
worker exits 'exit 0'
worker dies 'kill -9 $$'
worker lies 'printf R >&3; head -c 100000 /dev/urandom >&3; sleep 1'
worker claims 'printf "R\377\377\377\377" >&3; sleep 1'
run timeout 60 env ASSAY_WORKER="$T/nothing-here" "$A" put fresh models/none@v1 $key; refused 2 "nothing-here" "no worker at all"
chmod 644 w-exits; fresh 999; run timeout 60 env ASSAY_WORKER="$T/w-exits" "$A" put fresh models/noexec@v1 $key; is "$status" 2 "a worker that cannot be executed"
wait $hanging; is "$?" 2 "a worker that hangs: held, exit 2"
like "$(cat hung.out)" "gate.not-judged: .*worker" "the reason names it"
run assay retry models/hung@v1 --store "$T/hang"; is "$status" 0 "with a good worker, retry admits"
run assay fsck --scrub; is "$status" 0 "after all that the store is clean"
run assay log verify; is "$status" 0 "and the log whole"
run env ASSAY_TEST_NOW=2099-01-01T00:00:00Z "$A" trust sign; is "$status" 0 "the owner can still renew an expired root"
run assay put fresh models/future@v1 $key; is "$status" 2 "a root issued in the future cannot be judged by"; like "$out" "signature.clock" "and says so"
done_testing
