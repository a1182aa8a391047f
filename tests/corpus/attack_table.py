#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What the data gates make of attacks on real data: runs attack_tool over all cells of a table and prints it as Markdown.

attack_table.py run BUILD WORK RESULTS [BATCHES [ONLY]]   adds what is missing to RESULTS, BATCHES (500) a cell
attack_table.py table RESULTS                             prints the table; RESULTS has a line for each cell then

WORK keeps the data that is made first, with Rscript (mlbench), node (Polars, vega-datasets) and gzip (fashion-mnist). A run does STEP
batches of a cell at a time, whose seed is their number, and adds a line to RESULTS that says what became of them: who stops a run goes on
with it later. ONLY is part of cells' names.
Attacks by single batches of the same data and size are tried on the same draws, so that each reference is made once for all of them.
"""
import collections
import gzip
import os
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from threading import Lock

STEP = 10
SIZES = (200, 1000, 2000, 10000)
FASHION = "/usr/share/datasets/fashion-mnist/"
POLICY = """version: 1
on_expiry: serve
access:
  - {for: "**", publish: [everyone], read: [everyone]}
names:
  "datasets/**":
    gates: [integrity, deserialization, format, schema, drift, outliers, poisoning]
    deserialization: {profiles: [weights], opaque: []}
    baseline: optional
"""

# name: (file:label, later file, rows of the reference, rows that there are, of them those a batch may come from)
DATA = {
    "LetterRecognition": ("LetterRecognition.csv:lettr", None, 10000, 20000),
    "Shuttle": ("Shuttle.csv:Class", None, 20000, 58000),
    "flights-3m": ("flights-2001-02.csv:-", None, 10000, 458170),
    "fashion-mnist": ("train-images:train-labels", None, 5000, 60000),
    "flights-3m, March": ("flights-2001-02.csv:-", "flights-2001-03.csv:-", 10000, 458170),
}
TABLES = ("LetterRecognition", "Shuttle", "flights-3m")
LABELLED = ("LetterRecognition", "Shuttle", "fashion-mnist")
ALL = TABLES + ("fashion-mnist",)
# name for attack_tool, what it is, data, sizes
ATTACKS = [
    ("honest", "honest", ALL, SIZES),
    ("split:honest", "honest, in batches until one is not held", ALL, (200,)),
    ("honest", "honest, another period", ("flights-3m, March",), SIZES),
    ("ramp:honest", "honest, ten batches one after the other", TABLES, (200, 1000)),
    ("increment:honest", "honest, one file beside 99", TABLES, (1000, 10000)),
    ("shift-0.3", "shifted by 0.3 sigma", TABLES, SIZES),
    ("flips", "5 % of the labels flipped", LABELLED, SIZES),
    ("darkened", "every image darkened by 10 %", ("fashion-mnist",), SIZES),
    ("huge", "one value 1e9", TABLES, SIZES),
    ("huge-hiding", "one value 1e9 and a shift by 0.3 sigma", TABLES, SIZES),
    ("ramp:shift-0.3", "ten batches, the last shifted by 0.3 sigma", TABLES, SIZES),
    ("increment:shift-0.3", "one file shifted by 0.3 sigma beside 99", TABLES, SIZES),
    ("split:shift-0.3", "shifted by 0.3 sigma, in batches until one is not held", TABLES, (200,)),
    ("shift-0.1", "shifted by 0.1 sigma", TABLES, SIZES),
    ("shift-1", "shifted by 1 sigma", TABLES, SIZES),
    ("rescaled", "rescaled by 2.54", TABLES, SIZES),
    ("rounded", "rounded to whole sigmas", TABLES, SIZES),
    ("null-heavy", "20 % empty", TABLES, SIZES),
    ("swapped", "two categories exchanged", ALL, SIZES),
    ("clipped", "cut off at half a sigma above the mean", TABLES, SIZES),
    ("lost-rows", "half of the rows above the mean lost", TABLES, SIZES),
    ("cut", "the file ends in the middle of its last row", ALL, SIZES),
    ("trigger", "5 % with a trigger and one label", LABELLED, SIZES),
    ("duplicated", "10 % repeat other rows", ALL, SIZES),
    ("increment:flips", "one file with 5 % of labels flipped beside 99", ("LetterRecognition", "Shuttle"), SIZES),
]
BATCHES_OF = {"split": 20, "ramp": 10}

Cell = collections.namedtuple("Cell", "attack data rows")


def applies(attack, data, rows):
    """Whether the data has rows enough for batches that are disjoint from the reference and each other."""
    _, later, reference, have = DATA[data]
    kind = attack.partition(":")[0] if ":" in attack else ""
    left = have if later else have - reference
    if kind == "increment":
        return left >= rows + 99 * 20
    return left >= rows * BATCHES_OF.get(kind, 1)


def cells():
    return [Cell(a, d, n) for a, _, data, sizes in ATTACKS for d in data for n in sizes if applies(a, d, n)]


def make_data(work):
    if not os.path.exists(work + "/LetterRecognition.csv"):
        subprocess.run(["Rscript", "-e", 'library(mlbench); for (n in c("LetterRecognition", "Shuttle")) { data(list=n); '
                        'write.csv(get(n), paste0("%s/", n, ".csv"), row.names=FALSE, quote=FALSE) }' % work], check=True)
    for name in ("images-idx3", "labels-idx1"):
        out = "%s/train-%s" % (work, name.partition("-")[0])
        if not os.path.exists(out):
            with gzip.open(FASHION + "train-" + name + "-ubyte.gz") as f, open(out, "wb") as o:
                shutil.copyfileobj(f, o)
    if not os.path.exists(work + "/flights-2001-03.csv"):
        npm = os.environ["ASSAY_NPM"]
        script = """const pl = require('%s/modules/node_modules/nodejs-polars')
const all = pl.readParquet('%s/vega-datasets/data/flights-3m.parquet')
all.writeCSV('%s/flights.csv')""" % (npm, npm, work)
        subprocess.run(["node", "-e", script], check=True)
        for month in ("02", "03"):
            with open(work + "/flights.csv", encoding="utf-8") as f, open("%s/flights-2001-%s.csv" % (work, month), "w", encoding="utf-8") as o:
                o.write(next(f))
                o.writelines(line for line in f if line.startswith("2001-%s" % month))
        os.unlink(work + "/flights.csv")


def environment(home):
    return dict(os.environ, HOME=home, ASSAY_STATE_DIR=home + "/state", XDG_CONFIG_HOME=home + "/config", XDG_STATE_HOME=home + "/state",
                ASSAY_STORE=home + "/store")


def make_store(build, home):
    """A store whose only key besides the owner's is a curator's."""
    env = environment(home)
    os.makedirs(home + "/state")
    os.chmod(home, 0o755)
    with open(home + "/policy.yaml", "w", encoding="utf-8") as f:
        f.write(POLICY)
    for command in (["keygen", home + "/curator", "--no-passphrase"], ["init", home + "/store", "--no-passphrase"],
                    ["trust", "add", home + "/curator.pub", "--role", "curator", "--for", "**"], ["policy", "set", home + "/policy.yaml"]):
        subprocess.run([build + "/assay"] + command, env=env, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def path_of(work, spec):
    return ":".join(work + "/" + p if i == 0 or "train-" in p else p for i, p in enumerate(spec.split(":"))) if spec else "-"


def run_step(build, work, base, tried, number):
    """Lines of results: of several attacks on the same draws, or of one that takes several batches."""
    cell = tried[0]
    spec, later, reference, _ = DATA[cell.data]
    with tempfile.TemporaryDirectory(dir=os.path.dirname(base)) as top:
        home = top + "/home"
        shutil.copytree(base, home)
        done = subprocess.run(["nice", "-n", "19", build + "/tests/integration/attack_tool", home + "/store", home + "/curator.key",
                               path_of(work, spec), path_of(work, later), str(reference), str(cell.rows), str(STEP), str(1000 + number),
                               ",".join(c.attack for c in tried)],
                              env=environment(home), stdout=subprocess.PIPE, text=True)
    lines = done.stdout.splitlines()
    if done.returncode or len(lines) != len(tried):
        sys.exit("attack_tool failed at %s" % (tried,))
    return ["\t".join((c.data, c.attack, str(c.rows), str(number), line)) + "\n" for c, line in zip(tried, lines)]


class Done:
    """What became of the batches of a cell: of which numbers, how many passed, were held and failed, and how often by which rule."""

    def __init__(self):
        self.numbers = set()
        self.outcomes = [0, 0, 0]
        self.rules = collections.Counter()


def ranges(numbers):
    """[0, 1, 2, 5] as 0-2,5"""
    out = []
    for n in sorted(numbers):
        if out and out[-1][1] == n - 1:
            out[-1][1] = n
        else:
            out.append([n, n])
    return ",".join("%d-%d" % (a, b) if a < b else str(a) for a, b in out)


def numbers_of(text):
    for part in text.split(","):
        first, _, last = part.partition("-")
        yield from range(int(first), int(last or first) + 1)


def read_results(path):
    """{(data, attack, rows): Done}"""
    out = collections.defaultdict(Done)
    if os.path.exists(path):
        with open(path, encoding="utf-8") as f:
            for line in f:
                data, attack, rows, numbers, *outcomes, rules = line.rstrip("\n").split("\t")
                done = out[data, attack, int(rows)]
                done.numbers.update(numbers_of(numbers))
                done.outcomes = [a + int(b) for a, b in zip(done.outcomes, outcomes)]
                for part in filter(None, rules.split(", ")):
                    rule, _, count = part.rpartition(" ")
                    done.rules[rule] += int(count)
    return out


def write_results(path, results):
    with open(path + ".new", "w", encoding="utf-8") as f:
        for c in cells():
            done = results.get((c.data, c.attack, c.rows))
            if done:
                rules = ", ".join("%s %d" % r for r in sorted(done.rules.items(), key=lambda r: (-r[1], r[0])))
                f.write("\t".join([c.data, c.attack, str(c.rows), ranges(done.numbers), *map(str, done.outcomes), rules]) + "\n")
    os.replace(path + ".new", path)


def together(wanted):
    """Cells that one run of the tool does."""
    alone = [[c] for c in wanted if ":" in c.attack]
    shared = collections.defaultdict(list)
    for c in wanted:
        if ":" not in c.attack:
            shared[c.data, c.rows].append(c)
    return list(shared.values()) + alone


def steps(results, batches, only):
    """Few of each cell, then more, so that a run that is stopped has seen all."""
    wanted = [c for c in cells() if only in "%s %s %d" % (c.data, c.attack, c.rows)]
    for number in range(batches // STEP):
        for tried in together([c for c in wanted if number not in results[c.data, c.attack, c.rows].numbers]):
            yield tried, number


def run(build, work, results, batches=500, only=""):
    build, work = os.path.abspath(build), os.path.abspath(work)
    os.makedirs(work, exist_ok=True)
    make_data(work)
    lock = Lock()
    with tempfile.TemporaryDirectory(dir="/dev/shm" if os.path.isdir("/dev/shm") else None) as fast:
        make_store(build, fast + "/base")

        def one(step):
            lines = run_step(build, work, fast + "/base", *step)
            with lock, open(results, "a", encoding="utf-8") as f:
                f.writelines(lines)

        with ThreadPoolExecutor(os.cpu_count()) as pool:
            list(pool.map(one, steps(read_results(results), int(batches), only)))


def deciding(results, attack, data):
    """The rules that failed or held batches most often, over all sizes."""
    n = collections.Counter()
    for rows in SIZES:
        if (data, attack, rows) in results:
            n += results[data, attack, rows].rules
    return ", ".join("`%s`" % rule for rule, _ in n.most_common(3)) or "-"


def table(path):
    results = read_results(path)
    write_results(path, results)
    print("| attack | data | %s | rules that decided |" % " | ".join("{:,}".format(n) for n in SIZES))
    print("|---|---|%s---|" % ("---|" * len(SIZES)))
    for attack, text, data, sizes in ATTACKS:
        for d in data:
            row = []
            for n in SIZES:
                done = results.get((d, attack, n))
                row.append("%d / %d / %d" % tuple(done.outcomes) if done else "" if n not in sizes else "not run" if applies(attack, d, n) else "n/a")
            print("| %s | %s | %s | %s |" % (text, d, " | ".join(row), deciding(results, attack, d)))


if __name__ == "__main__":
    if sys.argv[1:2] == ["table"]:
        table(sys.argv[2])
    elif sys.argv[1:2] == ["run"]:
        run(*sys.argv[2:])
    else:
        sys.exit(__doc__)
