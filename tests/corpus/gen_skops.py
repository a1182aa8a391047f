#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes skops files, good and hostile, into a directory.

gen_skops.py DIR writes DIR/NAME and DIR/INDEX.tsv: file, expected verdict, a rule that must be among the findings
("-": none at all), and a sentence that says what it is; the good estimators go to DIR/sklearn, which need that profile.
skops is not packaged for Debian, so the nodes are written here by its documented form, over estimators of the real
scikit-learn.
"""
import io
import json
import os
import sys
import zipfile

import numpy


class Writer:
    def __init__(self):
        self.members = {}

    def node(self, obj_type, loader, **more):
        return dict({"__class__": obj_type.__name__, "__module__": obj_type.__module__, "__loader__": loader}, **more)

    def array(self, a):
        out = io.BytesIO()
        numpy.save(out, a, allow_pickle=False)
        name = "%d.npy" % (len(self.members) + 1)
        self.members[name] = out.getvalue()
        return self.node(type(a), "NdArrayNode", type="numpy", file=name)

    def state(self, x):
        if isinstance(x, (numpy.ndarray, numpy.generic)):
            return self.array(x)
        if isinstance(x, dict):
            return self.node(type(x), "DictNode", content={k: self.state(v) for k, v in x.items()}, key_types=self.state(["str"] * len(x)))
        if isinstance(x, (list, tuple)):
            return self.node(type(x), "ListNode" if isinstance(x, list) else "TupleNode", content=[self.state(v) for v in x])
        if x is None or isinstance(x, (bool, int, float, str)):
            return self.node(str, "JsonNode", content=json.dumps(x), is_json=True)
        if isinstance(x, type):
            return {"__class__": x.__name__, "__module__": x.__module__, "__loader__": "TypeNode"}
        if type(x).__module__ in ("sklearn.linear_model._sgd_fast", "sklearn._loss._loss"):
            return self.node(type(x), "LossNode", content=self.state({}), __reduce__={"args": self.state(x.__reduce__()[1])})
        return self.node(type(x), "ObjectNode", content=self.state(vars(x)))

    def archive(self, schema):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as z:
            for name, data in dict(self.members, **{"schema.json": json.dumps(dict(schema, protocol=2, _skops_version="0.10")).encode()}).items():
                z.writestr(zipfile.ZipInfo(name), data)
        return out.getvalue()


def dump(x):
    w = Writer()
    return w.archive(w.state(x))


def raw(**node):
    return Writer().archive(node)


def w_dict():
    return Writer().state({})


def estimators():
    from sklearn import datasets, linear_model, naive_bayes, preprocessing, cluster, decomposition, utils
    x, y = datasets.load_iris(return_X_y=True)
    for e in (linear_model.LogisticRegression(max_iter=500), linear_model.LinearRegression(), linear_model.Ridge(), naive_bayes.GaussianNB(),
              preprocessing.StandardScaler(), preprocessing.MinMaxScaler(), cluster.KMeans(3, n_init=1), decomposition.PCA(2)):
        yield type(e).__name__, e.fit(x, y)
    yield "Bunch", utils.Bunch(a=1)
    yield "SGDClassifier", linear_model.SGDClassifier().fit(x, y)


def nested(module, name, loader):
    inner = {"__class__": name, "__module__": module, "__loader__": loader}
    return raw(__class__="dict", __module__="builtins", __loader__="DictNode", content={"a": {"b": [inner]}}, key_types=inner)


def main(out):
    os.makedirs(os.path.join(out, "sklearn"), exist_ok=True)
    rows = []

    def put(name, data, verdict, rule, why):
        with open(os.path.join(out, name + ".skops"), "wb") as f:
            f.write(data)
        rows.append((name + ".skops", verdict, rule, why))

    put("good_arrays", dump({"w": numpy.ones((3, 2)), "b": numpy.zeros(2, "float32"), "n": [1, "a", None, (2.5, True)]}), "pass", "-", "arrays and data")
    put("good_types", dump({"dtype": numpy.float64, "scalar": numpy.float64(1)}), "pass", "-", "a type and a scalar of numpy")
    put("attrgetter", raw(__class__="attrgetter", __module__="operator", __loader__="OperatorFuncNode", attrs=["system"]), "fail", "skops.code",
        "CVE-2025-54412: an operator under a name that is trusted")
    put("methodcaller", raw(__class__="methodcaller", __module__="operator", __loader__="OperatorFuncNode"), "fail", "skops.code", "a call of a method")
    put("method", raw(__class__="int", __module__="builtins", __loader__="MethodNode", content={"func": "system", "obj": {}}), "fail", "skops.code",
        "CVE-2025-54413: a method whose object was not looked at")
    put("function", raw(__class__="system", __module__="os", __loader__="FunctionNode", content={}), "fail", "skops.code", "a function")
    put("partial", raw(__class__="partial", __module__="functools", __loader__="PartialNode", content={}), "fail", "skops.code", "a partial call")
    put("object", raw(__class__="Popen", __module__="subprocess", __loader__="ObjectNode", content={}), "fail", "skops.class", "a process as an object")
    put("type", raw(__class__="system", __module__="os", __loader__="TypeNode"), "fail", "skops.class", "os.system as a type")
    put("list", raw(__class__="Popen", __module__="subprocess", __loader__="ListNode", content=["true"]), "fail", "skops.class", "a process as a list")
    put("sneaky", nested("posix", "system", "FunctionNode"), "fail", "skops.code", "a function deep inside")
    put("fixed", raw(__class__="Popen", __module__="subprocess", __loader__="RandomStateNode", content={}), "fail", "skops.class", "a loader of another class")
    called = {"content": w_dict(), "__reduce__": {"args": {"__class__": "tuple", "__module__": "builtins", "__loader__": "TupleNode", "content": []}}}
    put("loss", raw(__class__="_load_from_bytes", __module__="torch.storage", __loader__="LossNode", **called), "fail", "skops.class",
        "bytes that are unpickled, as a loss")
    put("encode", raw(__class__="encode", __module__="_codecs", __loader__="LossNode", **called), "fail", "skops.class", "a function that pickles may call")
    w = Writer()
    put("array", w.archive(dict(w.array(numpy.zeros(4, "uint8")), __class__="_load_from_bytes", __module__="torch.storage")), "fail", "skops.class",
        "an array that is unpickled")
    put("loader", raw(__class__="dict", __module__="builtins", __loader__="EvilNode"), "fail", "skops.loader", "a loader that skops does not have")
    put("half", raw(__class__="dict", __loader__="DictNode"), "fail", "skops.malformed", "a node without a module")
    put("missing", raw(__class__="ndarray", __module__="numpy", __loader__="NdArrayNode", type="numpy", file="x.npy"), "fail", "skops.malformed",
        "an array whose member is not there")
    put("identity", raw(__class__="dict", __module__="builtins", __loader__="DictNode", __id__=1, content=dict(
        a=dict(__class__="list", __module__="builtins", __loader__="ListNode", __id__=1, content=[]))), "fail", "skops.malformed",
        "a list that refers to a dict")
    put("path", raw(__class__="ndarray", __module__="numpy", __loader__="NdArrayNode", type="numpy", file="../x.npy"), "fail", "skops.malformed",
        "a member by a path upwards")
    put("number", raw(__class__=1, __module__="builtins", __loader__="DictNode"), "fail", "skops.class", "a class that is no text")
    w = Writer()
    w.members["1.npy"] = b"\x80\x02cposix\nsystem\nX\x04\x00\x00\x00true\x85R."
    put("pickle", w.archive(w.state(1)), "fail", "npy.malformed", "a pickle in the place of an array")
    out_zip = io.BytesIO()
    with zipfile.ZipFile(out_zip, "w") as z:
        z.writestr(zipfile.ZipInfo("other.json"), "{}")
    put("empty", out_zip.getvalue(), "fail", "skops.malformed", "no schema.json")
    try:
        made = list(estimators())
    except ImportError:
        made = []
    for name, e in made:
        with open(os.path.join(out, "sklearn", name + ".skops"), "wb") as f:
            f.write(dump(e))
    with open(os.path.join(out, "INDEX.tsv"), "w", encoding="utf-8") as f:
        for row in rows:
            f.write("\t".join(row) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
