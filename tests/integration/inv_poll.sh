#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# INV-1, INV-8: while a large artifact is copied in, root and another user try to read it without pause. Nothing opens one
# moment before admission, which is the commit that puts the verdict into the log; and everything does after it.
. "$top_srcdir/tests/lib/tap.sh"
. "$top_srcdir/tests/integration/mount_lib.sh"

megabytes=${ASSAY_POLL_MEGABYTES:-300} R=models/shared/poll@v1
mkdir "$T/src"
# Repeats: what matters is how long the copy takes.
{ echo weights; head -c 1000000 /dev/urandom; } >"$T/part"
for _ in $(seq "$megabytes"); do cat "$T/part"; done >"$T/src/a.bin"
cp "$T/part" "$T/src/b.bin"
sign src $R
hash=$(sha256sum "$T/part" | cut -d' ' -f1)
start || { echo "Bail out! no mount"; exit 99; }

# Tries every way in until told to stop. Writes: tries, opens that came too early, opens; and the first early ones.
cat >"$T/poll.py" <<'POLL'
import os, sys
mount, ref, digest, before, stop, out = sys.argv[1:]
top = os.path.join(mount, ref)
files = [os.path.join(top, "a.bin"), os.path.join(top, "b.bin"), os.path.join(mount, "objects/sha256", digest)]

def state():
    try:
        return os.getxattr(top, "user.assay.state").decode()
    except OSError as e:
        return e.strerror

# The number of entries in the log: the verdict is one, and nothing else is written while this runs.
def log_size():
    with open(os.path.join(mount, "log/checkpoint")) as f:
        return int(f.read().split("\n")[1])

def attempt(path):
    try:
        fd = os.open(path, os.O_RDONLY)
    except OSError:
        return False
    os.close(fd)
    return True

tries, early, late = 0, [], 0
while True:
    last = os.path.exists(stop)
    for path in files:
        opened = attempt(path)
        tries += 1
        # Neither goes back here: what is not so after the open was not so at the open. An object has no state but the log's.
        if opened and log_size() == int(before):
            early.append(path + ": no verdict in the log")
        elif opened and path.startswith(top) and state() != "admitted":
            early.append(path + ": " + state())
        late += opened
    if last:
        break
with open(out, "w") as f:
    f.write("%d %d %d\n" % (tries, len(early), late) + "\n".join(early[:5]) + "\n")
POLL
chmod 644 "$T/poll.py"
before=$(sed -n 2p "$M/log/checkpoint")
mkdir "$T/out" && chmod 777 "$T/out"
/usr/bin/python3 "$T/poll.py" "$M" $R "$hash" "$before" "$T/stop" "$T/out/root" &
root_pid=$!
as nobody /usr/bin/python3 "$T/poll.py" "$M" $R "$hash" "$before" "$T/stop" "$T/out/nobody" &
nobody_pid=$!
mkdir -p "$M/$R"
run cp -r "$T/src/." "$M/$R/"; is "$status" 0 "cp -r of $megabytes MB"
wait_state $R admitted
sleep 0.5
: >"$T/stop"
wait $root_pid; is $? 0 "root's poller ended"
wait $nobody_pid; is $? 0 "the other user's too"
for who in root nobody; do
	read -r tries early late <"$T/out/$who"
	ok "$([ "$tries" -gt 300 ]; echo $?)" "$who tried $tries times"
	[ "$early" = 0 ] || diag "$(tail -n +2 "$T/out/$who")"
	is "$early" 0 "nothing opened for $who before admission (INV-1)"
	ok "$([ "$late" -ge 3 ] && [ "$late" -lt "$tries" ]; echo $?)" "after it everything did ($late times)"
done
cmp "$T/src/a.bin" "$M/$R/a.bin"; ok $? "and it is what was signed"
stop
done_testing
