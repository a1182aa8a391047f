#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Descriptors, mappings, forks and signals against a mount; run by mount_edges.sh. Prints one TAP-less line a check: ok|not NAME."""
import errno, fcntl, hashlib, json, mmap, os, signal, subprocess, sys, time

M, S, T, DRIVER = (os.environ[k] for k in ("M", "S", "T", "DRIVER"))
bad = 0


def check(cond, name, more=""):
    global bad
    if not cond:
        bad = 1
    print(("ok " if cond else "not ") + name + (f" [{more}]" if more and not cond else ""), flush=True)


def fails(want, name, fn, *a):
    try:
        r = fn(*a)
    except OSError as e:
        check(e.errno in (want if isinstance(want, tuple) else (want,)), name, errno.errorcode.get(e.errno))
        return
    check(False, name, f"succeeded: {r!r}")


def version(name):
    ref = f"models/shared/{name}@v1"
    os.makedirs(f"{M}/models/shared", exist_ok=True)
    os.mkdir(f"{M}/{ref}")
    return ref, f"{M}/{ref}"


def sign(ref, files):
    d = f"{T}/signed"
    subprocess.run(["rm", "-rf", d], check=True)
    for path, data in files.items():
        os.makedirs(os.path.dirname(f"{d}/{path}") or d, exist_ok=True)
        with open(f"{d}/{path}", "wb") as f:
            f.write(data)
    r = subprocess.run([DRIVER, "sign", S, d, ref], input="\n".join(files).encode() + b"\n", stdout=subprocess.PIPE, check=True)
    return r.stdout


def state(ref):
    try:
        return os.getxattr(f"{M}/{ref}", "user.assay.state").decode()
    except OSError as e:
        return errno.errorcode[e.errno]


def wait_state(ref, want, name):
    for _ in range(100):
        if state(ref) == want:
            break
        time.sleep(0.05)
    check(state(ref) == want, name, state(ref))


def put(path, data):
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    os.write(fd, data)
    os.close(fd)


def as_user(uid, fn):
    pid = os.fork()
    if pid == 0:
        try:
            os.setgroups([])
            os.setgid(uid)
            os.setuid(uid)
            fn()
            os._exit(0)
        except OSError as e:
            os._exit(e.errno)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def rnd(n):
    """Bytes that no format claims: what begins at random begins like a pickle now and then."""
    return (b"\xfe\xfdplain test bytes " + os.urandom(n))[:n] if n > 20 else b"\xfe\xfd" * n



# ---- the writer's own descriptor (INV-1) ----
ref, d = version("fd")
a, b = rnd(300000), rnd(5000)
fd = os.open(f"{d}/a.bin", os.O_RDWR | os.O_CREAT, 0o644)
os.write(fd, a)
check(os.pread(fd, 1000, 50) == a[50:1050], "a read-write descriptor reads back what it wrote")
os.pwrite(fd, b"\0" * 10, 7)
os.pwrite(fd, a[7:17], 7)
os.ftruncate(fd, 400000)
check(os.fstat(fd).st_size == 400000, "ftruncate grows")
fails(errno.ENODEV, "no shared mapping of a write handle", lambda: mmap.mmap(fd, 4096, mmap.MAP_SHARED))
os.ftruncate(fd, 300000)        # mmap duplicated and closed the descriptor, which counted as a close: this takes it back
fails(errno.EACCES, "the writer cannot open it read-only", os.open, f"{d}/a.bin", os.O_RDONLY)
fails(errno.EACCES, "nor again through /proc/self/fd", os.open, f"/proc/self/fd/{fd}", os.O_RDONLY)
check(as_user(65534, lambda: os.open(f"{d}/a.bin", os.O_RDWR)) == errno.EACCES, "another user cannot open it read-write")
check(as_user(65534, lambda: os.chdir(d)) == errno.EACCES, "nor enter")
check(as_user(65534, lambda: os.listdir(d)) == errno.EACCES, "nor list")
check(as_user(65534, lambda: os.unlink(f"{d}/a.bin")) == errno.EACCES, "nor unlink")
check(as_user(65534, lambda: os.truncate(f"{d}/a.bin", 0)) == errno.EACCES, "nor truncate")
check(as_user(65534, lambda: put(f"{d}/x.bin", b"x")) == errno.EACCES, "nor create")
fails(errno.EOPNOTSUPP, "no O_TMPFILE", os.open, d, os.O_TMPFILE | os.O_RDWR)
fails(errno.EACCES, "no read-only create", os.open, f"{d}/ro.bin", os.O_RDONLY | os.O_CREAT)
wfd = os.open(f"{d}/b.bin", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
for i in range(0, 5000, 1000):
    os.write(wfd, b[i:i + 1000])
os.close(wfd)
put(f"{d}/model.sig", sign(ref, {"a.bin": a, "b.bin": b}))
check(state(ref) == "open", "open while a handle is", state(ref))
ino = os.fstat(fd).st_ino
cwd = os.getcwd()
os.chdir(d)
os.close(fd)
check(state(ref) == "admitted", "the close that settles waits for the verdict", state(ref))
check(open("a.bin", "rb").read() == a and open("b.bin", "rb").read() == b, "random writes and appends arrived, read from a directory entered before")
check(os.getcwd() == d, "which is still there")
os.chdir(cwd)
check(os.stat(f"{d}/a.bin").st_ino == ino, "st_ino stays")

# ---- root is not special while another writes ----
ref, d = f"models/shared/nobody@v1", f"{M}/models/shared/nobody@v1"
check(as_user(65534, lambda: (os.mkdir(d), put(f"{d}/n.bin", b))) == 0, "an ordinary publisher writes")
fails(errno.EACCES, "root cannot read it", os.open, f"{d}/n.bin", os.O_RDONLY)
fails(errno.EACCES, "nor write it", os.open, f"{d}/n.bin", os.O_RDWR)
fails(errno.EACCES, "nor list it", os.listdir, d)

# ---- a rejected file ----
ref, d = version("evil")
evil = b"cos\nsystem\n(S'id'\ntR."
fd = os.open(f"{d}/model.pkl", os.O_WRONLY | os.O_CREAT)
os.write(fd, evil)
fails(errno.EACCES, "a file that cannot pass fails its own close", os.close, fd)
check(state(ref) == "rejected", "the artifact is rejected", state(ref))
fails(errno.EACCES, "further creates fail", os.open, f"{d}/more.bin", os.O_WRONLY | os.O_CREAT)
fails(errno.EACCES, "it cannot be read", os.open, f"{d}/model.pkl", os.O_RDONLY)
os.unlink(f"{d}/model.pkl")
wait_state(ref, "open", "removing what offends makes it open again")
put(f"{d}/a.bin", a)
put(f"{d}/model.sig", sign(ref, {"a.bin": a}))
wait_state(ref, "admitted", "and it can be admitted")

# ---- false content ----
ref, d = version("wrong")
put(f"{d}/model.sig", sign(ref, {"a.bin": a}))
fd = os.open(f"{d}/a.bin", os.O_WRONLY | os.O_CREAT)
os.write(fd, b)
fails(errno.EACCES, "the close that settles with a wrong digest fails", os.close, fd)
check(state(ref) == "rejected", "wrong digest: rejected", state(ref))

# ---- forks, duplicates, several handles ----
ref, d = version("fork")
put(f"{d}/model.sig", sign(ref, {"a.bin": a}))
fd = os.open(f"{d}/a.bin", os.O_WRONLY | os.O_CREAT)
os.write(fd, a[:1000])
pid = os.fork()
if pid == 0:
    os._exit(0)
os.waitpid(pid, 0)
check(state(ref) == "open", "a forked child that ends early publishes nothing", state(ref))
subprocess.run(["true"], close_fds=False)
os.write(fd, a[1000:])
os.close(fd)
check(state(ref) == "admitted", "its parent's close does", state(ref))
ref, d = version("shell")
put(f"{d}/model.sig", sign(ref, {"a.bin": a}))
with open(f"{T}/shell.in", "wb") as f:
    f.write(a)
r = subprocess.run(["sh", "-c", f"cat '{T}/shell.in' >'{d}/a.bin'"])
check(r.returncode == 0, "shell redirection")
wait_state(ref, "admitted", "is admitted")
ref, d = version("dup")
put(f"{d}/model.sig", sign(ref, {"a.bin": a, "z.bin": b}))
fd = os.open(f"{d}/a.bin", os.O_WRONLY | os.O_CREAT)
fd2 = os.dup(fd)
os.write(fd, a[:5000])
os.close(fd)
check(os.write(fd2, a[5000:]) == len(a) - 5000, "a duplicate may go on writing while the artifact waits")
os.close(fd2)
other = os.open(f"{d}/z.bin", os.O_RDWR | os.O_CREAT)
late = os.dup(other)
os.write(other, b)
os.close(other)
check(state(ref) == "admitted", "admitted after the last close that counts", state(ref))
closed = (errno.EROFS, errno.EACCES)    # admitted; or just being so
fails(closed, "a duplicate kept past admission cannot write", os.pwrite, late, b"evil", 0)
fails(closed, "nor truncate", os.ftruncate, late, 0)
check(open(f"{d}/z.bin", "rb").read() == b, "what is admitted did not change (INV-3)")
os.close(late)
ref, d = version("two")
put(f"{d}/model.sig", sign(ref, {"a.bin": a}))
f1 = os.open(f"{d}/a.bin", os.O_WRONLY | os.O_CREAT)
f2 = os.open(f"{d}/a.bin", os.O_WRONLY)
os.write(f1, a)
os.close(f1)
check(state(ref) == "open", "another write handle holds it open", state(ref))
os.close(f2)
wait_state(ref, "admitted", "its end settles")

# ---- a private mapping kept past admission ----
ref, d = version("map")
put(f"{d}/model.sig", sign(ref, {"a.bin": a}))
fd = os.open(f"{d}/a.bin", os.O_RDWR | os.O_CREAT)
os.write(fd, a)
private = mmap.mmap(fd, len(a), mmap.MAP_PRIVATE)
os.close(fd)
check(state(ref) == "admitted" or state(ref) == "open", "state with a mapping", state(ref))
private[0:4] = b"evil"
private.close()
wait_state(ref, "admitted", "admitted")
check(open(f"{d}/a.bin", "rb").read() == a, "a private mapping changes nothing")

# ---- rename publishes, and never waits ----
ref, d = version("rename")
put(f"{d}/model.sig", sign(ref, {"a.bin": a}))
put(f"{d}/.a.bin.tmp", a)
check(state(ref) == "open", "a temporary name is not the file")
t = time.time()
os.rename(f"{d}/.a.bin.tmp", f"{d}/a.bin")
check(time.time() - t < 2, "rename returns at once")
wait_state(ref, "admitted", "rename publishes")
ref, d = version("rename2")
put(f"{d}/x.bin", a)
put(f"{d}/y.bin", b)
libc = __import__("ctypes").CDLL(None, use_errno=True)


def renameat2(old, new, flags):
    if libc.renameat2(-100, old.encode(), -100, new.encode(), flags) < 0:
        raise OSError(__import__("ctypes").get_errno(), "renameat2")


fails(errno.EEXIST, "RENAME_NOREPLACE", renameat2, f"{d}/x.bin", f"{d}/y.bin", 1)
fails(errno.EINVAL, "RENAME_EXCHANGE", renameat2, f"{d}/x.bin", f"{d}/y.bin", 2)
os.mkdir(f"{d}/sub")
os.rename(f"{d}/x.bin", f"{d}/sub/x.bin")
os.rename(f"{d}/sub", f"{d}/sub2")
check(sorted(os.listdir(f"{d}/sub2")) == ["x.bin"], "files and directories move within an artifact")
fails(errno.EPERM, "not across artifacts", os.rename, f"{d}/y.bin", f"{M}/models/shared/evil@v1/y.bin")
ref3, d3 = version("rename3")
fails(errno.EPERM, "nor between open ones", os.rename, f"{d}/y.bin", f"{d3}/y.bin")

# ---- interrupt of a parked close ----
ref, d = version("slow")
fresh = rnd(300000)                # nothing that the scan cache knows
put(f"{d}/model.sig", sign(ref, {"slow.bin": fresh}))
def children(pid):
    try:
        with open(f"/proc/{pid}/task/{pid}/children") as f:
            kids = [int(p) for p in f.read().split()]
    except OSError:
        return []
    return kids + [g for k in kids for g in children(k)]


def comm(pid):
    try:
        return open(f"/proc/{pid}/comm").read().strip()
    except OSError:
        return ""


mine = [p for p in children(int(os.environ["DAEMON"])) if comm(p) == "assay-worker"]
check(bool(mine), "the daemon's workers are found")
for p in mine:
    os.kill(p, signal.SIGSTOP)
r, w = os.pipe()
pid = os.fork()
if pid == 0:
    signal.signal(signal.SIGUSR1, lambda *_: None)
    fd = os.open(f"{d}/slow.bin", os.O_WRONLY | os.O_CREAT)
    os.write(fd, fresh)
    os.write(w, b"x")
    libc.close.restype = __import__("ctypes").c_int
    e = 0 if libc.close(fd) == 0 else __import__("ctypes").get_errno()
    os._exit(e)
os.read(r, 1)
time.sleep(0.7)
check(os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None, "the close waits while the gates run")
t = time.time()
os.listdir(f"{M}/models/shared")
check(time.time() - t < 1, "nobody else does")
os.kill(pid, signal.SIGUSR1)
time.sleep(0.3)
done, st = os.waitpid(pid, os.WNOHANG)
check(done == pid and os.waitstatus_to_exitcode(st) == errno.EINTR, "an interrupt ends it with EINTR", f"{done} {st}")
if not done:
    for p in mine:
        os.kill(p, signal.SIGCONT)
    os.waitpid(pid, 0)
for p in mine:
    os.kill(p, signal.SIGCONT)
wait_state(ref, "admitted", "and the gates ran on")

# ---- many small files, in parallel ----
ref, d = version("many")
files = {f"d{i % 7}/f{i}.bin": rnd(1 + i * 13) + str(i).encode() for i in range(300)}
for i in range(7):
    os.mkdir(f"{d}/d{i}")
put(f"{d}/model.sig", sign(ref, files))
pids = []
for k in range(4):
    pid = os.fork()
    if pid == 0:
        for n, (p, data) in enumerate(files.items()):
            if n % 4 == k:
                put(f"{d}/{p}", data)
        os._exit(0)
    pids.append(pid)
check(all(os.waitpid(p, 0)[1] == 0 for p in pids), "four writers at once")
wait_state(ref, "admitted", "are admitted as one")
check(all(open(f"{d}/{p}", "rb").read() == data for p, data in files.items()), "whole")
check(sum(len(f) for _, _, f in os.walk(d)) == 300, "and listed")

# ---- claims by file ----
sig = sign("models/shared/late@v1", {"a.bin": a})
ref, d = version("late")
put(f"{d}/a.bin", a)
check(state(ref) == "open", "without a claim it waits")
if os.path.isdir(f"{M}/attest/{ref}"):
    fails(errno.EPERM, "attest takes nothing but claims", put, f"{M}/attest/{ref}/notes.txt", b"x")
    check(as_user(1, lambda: put(f"{M}/attest/{ref}/model.sig", sig)) in (errno.EACCES, errno.ENOENT), "from its writer or an attester")
    put(f"{M}/attest/{ref}/model.sig", sig)
    wait_state(ref, "admitted", "a claim copied into attest/ settles")
    st = json.load(open(f"{M}/attest/{ref}/status.json"))
    check(st.get("state") == "admitted", "attest/.../status.json", str(st))
    data = open(f"{M}/attest/{ref}/status.json", "rb").read()
    check(os.stat(f"{M}/attest/{ref}/status.json").st_size == len(data), "its size is right when asked")
    fails(errno.EPERM, "records cannot be unlinked", os.unlink, f"{M}/attest/{ref}/status.json")
    fails(errno.EPERM, "nor written", os.open, f"{M}/attest/{ref}/status.json", os.O_WRONLY)
    check(open(f"{M}/attest/{ref}/manifest.sha256").read().split()[0] == hashlib.sha256(a).hexdigest(), "manifest.sha256")

sys.exit(bad)
