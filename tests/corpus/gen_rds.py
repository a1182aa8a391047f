#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes R objects and workspaces, data and code, into a directory.

gen_rds.py DIR writes DIR/NAME and DIR/INDEX.tsv: file, expected verdict, a rule that must be among the findings
("-": none at all), and a sentence that says what it is. R itself writes them where Rscript is here; some are written by
R Internals, "Serialization Formats".
"""
import gzip
import os
import shutil
import struct
import subprocess
import sys

GOOD = {
    "numbers": ("c(1.5, NA, Inf, -Inf, NaN)", "numbers"),
    "integers": ("c(1L, NA, -3L)", "whole numbers"),
    "sequence": ("1:100000", "a sequence, which R keeps in a compact form"),
    "sequences": ("list(1:1000, 2:2000, as.character(3:3000))", "several of them, whose class is named again"),
    "logical": ("c(TRUE, FALSE, NA)", "truth values"),
    "complex": ("c(1+2i, NA)", "complex numbers"),
    "text": ("c('a', NA, '', 'h\\u00e9\\n\\t\\\\ \"x\"')", "texts with quotes, escapes and accents"),
    "raw": ("as.raw(0:255)", "bytes"),
    "null": ("NULL", "nothing"),
    "list": ("list(a = 1, b = list('x', list(2L)), NULL)", "lists in each other"),
    "matrix": ("matrix(as.numeric(1:6), 2, dimnames = list(c('a', 'b'), NULL))", "a matrix with names"),
    "factor": ("factor(c('a', 'b', 'a'))", "a factor"),
    "frame": ("data.frame(x = c(1.5, 2), y = c('a', 'b'), d = as.Date(c('2026-01-01', NA)))", "a data frame"),
    "iris": ("iris", "a data set of R"),
    "symbol": ("as.name('x')", "a name"),
    "pairs": ("pairlist(a = 1, b = 'x')", "a pairlist"),
    "s4": ("{ setClass('P', representation(x = 'numeric')); new('P', x = 1) }", "an S4 object"),
    "environment": ("{ e <- new.env(parent = emptyenv()); e$x <- 1; e }", "an environment with data"),
    "coefficients": ("coef(lm(mpg ~ wt, mtcars))", "coefficients of a model"),
    "sorted": ("sort(c(3L, 1L, 2L) + 1:3000)", "a sorted vector, which R wraps"),
    "array": ("array(as.numeric(1:24), c(2, 3, 4))", "an array"),
}
BAD = {
    "promise": ("{ e <- new.env(parent = emptyenv()); delayedAssign('x', system('true'), assign.env = e); e }", "rds.code",
                "a promise that calls system"),
    "closure": ("function(x) system('true')", "rds.code", "a function"),
    "compiled": ("compiler::cmpfun(function(x) x + 1)", "rds.code", "a compiled function"),
    "call": ("quote(system('true'))", "rds.code", "a call"),
    "formula": ("y ~ x", "rds.code", "a formula"),
    "expression": ("expression(system('true'))", "rds.code", "an expression"),
    "builtin": ("list(sum)", "rds.code", "a built-in function in a list"),
    "model": ("lm(mpg ~ wt, mtcars)", "rds.code", "a fitted model, which keeps its call"),
    "attribute": ("structure(1, class = 'x', print = function(x) system('true'))", "rds.code", "a function in an attribute"),
    "pointer": ("list(new('externalptr'))", "rds.foreign", "a pointer"),
}


def run_r(out, rows):
    lines = []

    def one(name, code, how, verdict, rule, why):
        lines.append("x <- %s; %s" % (code, how % os.path.join(out, name)))
        rows.append((name, verdict, rule, why))

    for name, (code, why) in GOOD.items():
        one(name + ".rds", code, "saveRDS(x, '%s')", "pass", "-", why)
        one(name + "_2.rds", code, "saveRDS(x, '%s', version = 2, compress = FALSE)", "pass", "-", why + ", version 2")
        one(name + "_text.rds", code, "saveRDS(x, '%s', ascii = TRUE, compress = FALSE)", "pass", "-", why + ", as text")
    for form, option in (("bz2", "compress = 'bzip2'"), ("xz", "compress = 'xz'"), ("plain", "compress = FALSE"), ("text", "ascii = TRUE"),
                         ("two", "version = 2")):
        one("workspace_%s.rda" % form, "iris; y <- list(1, 'a')", "save(x, y, file = '%%s', %s)" % option, "pass", "-", "a workspace: " + form)
    one("native.rds", "iris", "con <- file('%s', 'wb'); writeBin(serialize(x, NULL, xdr = FALSE), con); close(con)", "pass", "-", "in the machine's own byte order")
    for name, (code, rule, why) in BAD.items():
        one(name + ".rds", code, "saveRDS(x, '%s')", "fail", rule, why)
        one(name + "_text.rds", code, "saveRDS(x, '%s', ascii = TRUE, compress = FALSE)", "fail", rule, why + ", as text")
        one(name + ".rda", code, "save(x, file = '%s')", "fail", rule, why + ", in a workspace")
    subprocess.run(["R", "--vanilla", "--no-echo"], input="\n".join(lines) + "\n", text=True, check=True, stdout=subprocess.DEVNULL)


def ints(*values):
    return b"".join(struct.pack(">i", v) for v in values)


HEAD = b"X\n" + ints(3, 0x40202, 0x30500, 5) + b"UTF-8"
SYM_X = ints(1, 0x40009, 1) + b"x"


def symbol(name):
    return ints(1, 0x40009, len(name)) + name


def as_text():
    """name, rule, sentence, content: forms that R reads and does not write"""
    head = "3\n262657\n197888\n5\nUTF-8\n"
    promise = "1029\n253\n252\n6\n1\n262153\n4\ndate\n254\n"
    yield "w_line.txt", "rds.code", "a promise as text behind a line end", "\nA\n" + head + promise
    yield "w_letter.txt", "rds.malformed", "a promise as text, of whose head R reads one letter", "AB" + head + promise
    yield "w_word.txt", "rds.malformed", "a promise as text, whose version is the beginning of a word", "A\n" + head.replace("3", "3rd", 1) + promise
    yield "w_tab.txt", "rds.code", "a promise as text with tabs", "A\n" + head.replace("\n", "\t") + promise
    # Whoever does not skip the white space reads the promise as a text.
    inner = "\n16\n1\n262153\n%d\n" % len(promise)
    yield "w_space.txt", "rds.code", "a promise behind white space", \
        "A\n" + head + "19\n2\n16\n1\n262153\n%d\n" % (4 + len(inner)) + " " * len(inner) + "aaaa" + inner + "\n" + promise


def written():
    """name, verdict, rule, sentence, content"""
    number = HEAD + ints(14, 1) + struct.pack(">d", 1.5)
    yield "w_number.rds", "pass", "-", "one number", number
    yield "w_workspace.rda", "pass", "-", "a workspace of one number", b"RDX3\n" + HEAD + ints(0x402) + SYM_X + ints(14, 1) + struct.pack(">d", 1) + ints(254)
    yield "w_namespace.rds", "pass", "-", "a namespace by its name", HEAD + ints(249, 0, 1, 0x40009, 4) + b"base"
    yield "w_promise.rds", "fail", "rds.code", "a promise at the top", HEAD + ints(5, 254, 254) + ints(254)
    yield "w_late.rds", "fail", "rds.code", "a promise as the last element of a long list", HEAD + ints(19, 1000) + ints(254) * 999 + ints(5, 254, 254, 254)
    yield "w_reference.rds", "fail", "rds.malformed", "a reference to nothing", HEAD + ints(1 << 8 | 255)
    yield "w_more.rds", "fail", "rds.malformed", "something behind the object", number + b"x"
    yield "w_type.rds", "fail", "rds.malformed", "a type that R does not have", HEAD + ints(99)
    yield "w_length.rds", "fail", "rds.truncated", "a vector of 2^31 - 1 numbers", HEAD + ints(14, 0x7fffffff)
    yield "w_long.rds", "fail", "rds.truncated", "a vector of 2^62 numbers", HEAD + ints(14, -1, 1 << 30, 0)
    yield "w_negative.rds", "fail", "rds.malformed", "a negative length", HEAD + ints(14, -2)
    yield "w_list.rds", "fail", "rds.truncated", "a list of 2^31 - 1 elements", HEAD + ints(19, 0x7fffffff)
    yield "w_deep.rds", "inconclusive", "limit.exceeded", "lists in each other beyond the limit", HEAD + ints(19, 1) * 2000 + ints(254)
    yield "w_hook.rds", "fail", "rds.foreign", "what a hook has to bring back", HEAD + ints(247, 0, 1, 0x40009, 1) + b"x"
    for name, rule, why, package, state in (("altrep", "rds.altrep", "a compact vector of a package's class", b"simp", ints(254)),
                                            ("state", "rds.malformed", "a compact vector of R's whose numbers are not there", b"base", ints(24, 0))):
        yield "w_%s.rds" % name, "fail", rule, why, \
            HEAD + ints(238, 2) + symbol(b"compact_intseq") + ints(2) + symbol(package) + ints(2, 13, 1, 13, 254) + state + ints(254)
    yield "w_active.rds", "fail", "rds.code", "an active binding, which calls a function by its name", \
        HEAD + ints(4, 0, 242, 1 << 27 | 0x402) + SYM_X + symbol(b"date") + ints(254, 254, 254)
    yield "w_package.rds", "fail", "rds.package", "a namespace that R would load", HEAD + ints(249, 0, 1, 0x40009, 7) + b"splines"
    for name, rule, why, content in as_text():
        yield name, "fail", rule, why, content.encode()
    yield "w_version.rds", "fail", "rds.malformed", "version 4", b"RDX3\nX\n" + ints(4, 0, 0)
    yield "w_old.rda", "fail", "format.unsupported", "a workspace of R 1", b"RDX1\nX\n" + ints(1, 0, 0)
    yield "w_cut.rds", "fail", "rds.truncated", "the end is missing", number[:-3]
    yield "w_zipped.rds", "fail", "rds.code", "a promise, packed", gzip.compress(HEAD + ints(5, 254, 254, 254), mtime=0)


def main(out):
    os.makedirs(out, exist_ok=True)
    rows = []
    for name, verdict, rule, why, content in written():
        with open(os.path.join(out, name), "wb") as f:
            f.write(content)
        rows.append((name, verdict, rule, why))
    if shutil.which("Rscript"):
        run_r(os.path.abspath(out), rows)
    with open(os.path.join(out, "INDEX.tsv"), "w", encoding="utf-8") as f:
        for row in rows:
            f.write("\t".join(row) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
