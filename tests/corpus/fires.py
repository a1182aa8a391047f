#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Loads malicious samples in the loaders that they are made for, and says what happened.

fires.py DIR...: each DIR is what a gen_*.py wrote. Prints a line per malicious sample: its path, then
  fires EVENT         the loader did what the sample asks for, seen by an audit hook, which ends the process there
  reaches GLOBAL      the loader found and used a callable whose call has no audit event
  absent MODULE       what it calls is not installed here
  refused REASON      the loader itself says no
Every load runs in a process of its own that the hook stops before anything is done.
"""
import io
import os
import pickle
import resource
import signal
import sys
import warnings

warnings.filterwarnings("ignore")
# What loading does by itself.
ORDINARY = ("import", "object.__getattr__", "marshal.load", "sys._getframe", "cpython.", "gc.", "os.listdir", "os.scandir", "builtins.id",
            "array.__new__", "mmap.__new__", "os.putenv", "setopencodehook", "sys.settrace", "sys.setprofile", "sys.unraisablehook",
            "sys.excepthook", "ctypes.addressof", "ctypes.cdata", "ctypes.dlsym", "glob.glob/", "tempfile.mkdtemp/")


def load_pickle(path):
    with open(path, "rb") as f:
        data = io.BytesIO(f.read())
    while data.tell() < len(data.getbuffer()):
        pickle.Unpickler(data).load()


def load_torch(path):
    import torch
    torch.load(path, weights_only=False)


def load_joblib(path):
    import joblib
    joblib.load(path)


def load_numpy(path):
    import numpy
    got = numpy.load(path, allow_pickle=True)
    if hasattr(got, "files"):
        for name in got.files:
            got[name]


def load_shelf(path):
    import shelve
    import sqlite3
    from dbm import dumb
    base, suffix = os.path.splitext(path)
    if suffix == ".sqlite":
        rows = sqlite3.connect("file:%s?immutable=1" % path, uri=True).execute("SELECT key, value FROM Dict").fetchall()
        database = {key: value for key, value in rows if isinstance(value, bytes)}
    elif suffix == ".gdbm":
        from dbm import gnu
        database = gnu.open(path, "r")
        database = {key: database[key] for key in database.keys()}
    elif suffix == ".db":
        from dbm import ndbm
        database = ndbm.open(base, "r")
    else:
        database = dumb.open(base, "r")
    shelf = shelve.Shelf(database)
    for key in list(database.keys()):
        shelf[key.decode("utf-8")]


def loader_of(path):
    name = os.path.basename(path)
    if name.endswith((".gdbm", ".db", ".sqlite")) or (name.endswith(".dat") and os.path.exists(path[:-4] + ".dir")):
        return load_shelf
    if name.endswith((".npy", ".npz")):
        return load_numpy
    if name.endswith((".pt", ".pth", ".ckpt")) or "torch" in name or "legacy" in name:
        return load_torch
    if name.endswith((".joblib", ".gz", ".bz2", ".xz", ".lzma", ".z", ".zlib")) or "joblib" in name:
        return load_joblib
    if name.endswith((".pkl", ".pickle", ".bin")):
        return load_pickle
    return None


def in_child(path, load, out):
    """Ends the process; writes one line to out."""
    globals_seen = []

    def say(text):
        os.write(out, text.replace("\n", " ")[:200].encode("utf-8", "replace"))
        os._exit(0)

    def hook(event, args):
        if event == "pickle.find_class":
            globals_seen.append("%s.%s" % args)
        elif not globals_seen:
            return
        elif event == "open":
            name, mode = args[0], args[1]
            if isinstance(name, int) or (isinstance(mode, str) and "r" in mode and str(name).endswith((".py", ".pyc", ".so"))) or name == path:
                return
            if not str(name).startswith(("/usr/", "/lib", "/proc/", "/sys/", "/etc/")) or (mode and "w" in str(mode)):
                say("fires open %s" % (name,))
        elif event in ("exec", "compile"):
            code = args[0]
            where = getattr(code, "co_filename", None) or (args[1] if len(args) > 1 else "")
            if not str(where).startswith(("/usr/", "<frozen", "<__array_function__", "<string>/usr")):
                say("fires %s" % event)
        elif not event.startswith(ORDINARY):
            say("fires %s" % event)

    os.dup2(os.open(os.devnull, os.O_RDWR), 0)
    for fd in (1, 2):
        os.dup2(os.open(os.devnull, os.O_RDWR), fd)
    resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))
    resource.setrlimit(resource.RLIMIT_CPU, (10, 10))
    signal.alarm(20)
    sys.addaudithook(hook)
    try:
        load(path)
        say("reaches " + globals_seen[-1] if globals_seen else "refused nothing happened")
    except ModuleNotFoundError as e:
        say("absent %s" % e.name)
    except BaseException as e:  # pylint: disable=broad-except
        reached = globals_seen and not (isinstance(e, AttributeError) and "Can't get attribute" in str(e))
        say("reaches %s" % globals_seen[-1] if reached else "refused %s: %s" % (type(e).__name__, e))


def try_one(path):
    load = loader_of(path)
    if not load:
        return "refused no loader of it is here"
    back, out = os.pipe()
    pid = os.fork()
    if not pid:
        os.close(back)
        in_child(path, load, out)
    os.close(out)
    with os.fdopen(back, "rb") as f:
        text = f.read().decode("utf-8", "replace")
    status = os.waitpid(pid, 0)[1]
    return text or "refused the loader died: %d" % status


def samples(folder):
    for name, label in (("INDEX.tsv", 1), ("manifest.tsv", 1)):
        path = os.path.join(folder, name)
        if os.path.exists(path):
            with open(path, encoding="utf-8") as f:
                for line in f:
                    part = line.rstrip("\n").split("\t")
                    if part[label] in ("malicious", "fail", "inconclusive"):
                        yield os.path.join(folder, part[0])


def main():
    for module in ("torch", "joblib", "numpy"):
        try:
            __import__(module)
        except ImportError:
            pass
    for folder in sys.argv[1:]:
        for path in samples(folder):
            print(path, try_one(path), sep="\t", flush=True)


if __name__ == "__main__":
    main()
