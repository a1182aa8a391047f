#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes Keras models, good and bad, into a directory: .keras archives and HDF5 files.

gen_keras.py DIR writes DIR/NAME and DIR/INDEX.tsv: file, expected verdict, a rule that must be among the findings
("-": none at all), and a sentence that says what is wrong with it. The configurations are those that Keras 2 and 3 save.
HDF5 files are written by h5py; without it only the archives of configurations are there. Nothing here loads a model.
"""
import io
import json
import os
import sys
import zipfile

try:
    import h5py
    import numpy
except ImportError:
    h5py = None

rows = []


def save(name, data, verdict, rule, sentence):
    with open(os.path.join(sys.argv[1], name), "wb") as f:
        f.write(data)
    rows.append((name, verdict, rule, sentence))


# ---- configurations of Keras 3 ----

def obj(module, name, config=None, registered=None, **more):
    return dict(module=module, class_name=name, config=config if config is not None else {}, registered_name=registered, **more)


def layer(name, **config):
    return obj("keras.layers", name, dict(name=name.lower(), trainable=True, dtype=obj("keras", "DTypePolicy", {"name": "float32"}), **config))


def function(module, name, registered=None):
    return {"module": module, "class_name": "function", "config": name, "registered_name": registered or name}


def dense(activation="relu", **more):
    return layer("Dense", units=8, activation=activation, use_bias=True, kernel_regularizer=None,
                 kernel_initializer=obj("keras.initializers", "GlorotUniform", {"seed": None}),
                 bias_initializer=obj("keras.initializers", "Zeros"), **more)


def sequential(*layers, **compiled):
    model = obj("keras", "Sequential", {"name": "sequential", "trainable": True, "layers": list(layers), "build_input_shape": [None, 4]},
                build_config={"input_shape": [None, 4]})
    if compiled:
        model["compile_config"] = dict(compiled, loss_weights=None, run_eagerly=False, steps_per_execution=1, jit_compile=False)
    return model


def functional():
    tensor = {"class_name": "__keras_tensor__", "config": {"shape": [None, 4], "dtype": "float32", "keras_history": ["x", 0, 0]}}
    first = dict(layer("InputLayer", batch_shape=[None, 4], sparse=False), name="x", inbound_nodes=[])
    second = dict(dense(), name="dense", inbound_nodes=[{"args": [tensor], "kwargs": {"mask": None}}])
    third = dict(obj("keras.src.ops.numpy", "GetItem", {"name": "get_item"}), name="get_item",
                 inbound_nodes=[{"args": [tensor, [{"class_name": "__slice__", "config": {"start": 0, "stop": 1, "step": None}},
                                                   {"class_name": "__ellipsis__", "config": {}}]], "kwargs": {}}])
    return obj("keras.src.models.functional", "Functional",
               {"name": "functional", "layers": [first, second, third], "input_layers": [["x", 0, 0]], "output_layers": [["dense", 0, 0]]},
               "Functional")


def optimizer():
    schedule = obj("keras.optimizers.schedules", "ExponentialDecay", {"initial_learning_rate": 0.1, "decay_steps": 10})
    return obj("keras.optimizers", "Adam", {"name": "adam", "learning_rate": schedule, "beta_1": 0.9})


def archive(config, weights=None, extra=(), name="config.json", method=zipfile.ZIP_STORED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as z:
        def add(member, data):
            z.writestr(zipfile.ZipInfo(member, (2026, 1, 2, 3, 4, 6)), data, method)
        add("metadata.json", '{"keras_version": "3.5.0", "date_saved": "2026-01-02@03:04:05"}')
        add(name, config if isinstance(config, (str, bytes)) else json.dumps(config))
        if weights:
            add("model.weights.h5", weights)
        for member, data in extra:
            add(member, data)
    return out.getvalue()


def good_archives(weights):
    save("sequential.keras", archive(sequential(layer("InputLayer", batch_shape=[None, 4]), dense()), weights), "pass", "-", "a sequential model")
    save("deflated.keras", archive(sequential(dense()), weights, method=zipfile.ZIP_DEFLATED), "pass", "-", "the same compressed")
    save("functional.keras", archive(functional(), weights), "pass", "-", "a functional model with an operation")
    save("compiled.keras", archive(sequential(dense(), optimizer=optimizer(), loss="sparse_categorical_crossentropy", metrics=["accuracy", "auc"]),
                                   weights), "pass", "-", "a compiled model")
    save("functions.keras", archive(sequential(dense(function("builtins", "gelu")), optimizer="rmsprop", loss={"out": function("keras.losses", "mse")},
                                               metrics=[[obj("keras.metrics", "Precision", {"name": "p"})]]), weights),
         "pass", "-", "functions of Keras by reference")
    save("vocabulary.keras", archive(sequential(layer("TextVectorization", vocabulary=["a", "b"], standardize="lower_and_strip_punctuation")),
                                     weights, [("assets/_layer_checkpoint_dependencies/text_vectorization/vocabulary.txt", "a\nb\n")]),
         "pass", "-", "a vocabulary inside")
    save("nested.keras", archive(sequential(layer("Bidirectional", layer=layer("LSTM", units=2, recurrent_activation="sigmoid")), sequential(dense())),
                                 weights), "pass", "-", "layers and models in each other")
    save("quantized.keras", archive(sequential(dense(), obj("keras.layers", "Dropout", {"rate": 0.5, "seed_generator": None})), weights), "pass", "-",
         "other layers")


def lambda_layer():
    code = {"class_name": "__lambda__", "config": {"code": "4wEAAAA=", "defaults": None, "closure": None}}
    return layer("Lambda", function=code, arguments={})


def bad_archives(weights):
    def bad(name, layers, rule, sentence):
        save(name + ".keras", archive(sequential(*layers), weights), "fail", rule, sentence)
    bad("lambda", [dense(), lambda_layer()], "keras.code", "a Lambda layer with bytecode")
    bad("lambda_activation", [dense({"class_name": "__lambda__", "config": {"value": "4wEAAAA="}})], "keras.code", "a lambda as activation")
    bad("module_call", [obj("subprocess", "run", {"args": ["true"]})], "keras.module", "a module that is imported, its function called")
    bad("function_import", [layer("Lambda", function=function("os", "system"), arguments={})], "keras.code", "a function of os in a Lambda")
    bad("function_dense", [dense(function("os", "system"))], "keras.function", "a function of os as activation")
    bad("builtins_eval", [dense(function("builtins", "eval"))], "keras.function", "eval as activation")
    bad("get_file", [obj("keras.utils", "get_file", {"origin": "http://x.invalid/a.tar.gz", "extract": True})], "keras.code", "a download as layer")
    bad("get_file_function", [dense(function("keras.utils", "get_file"))], "keras.code", "a download as function")
    bad("unsafe", [obj("keras.config", "enable_unsafe_deserialization", {}), lambda_layer()], "keras.code", "the safe mode switched off")
    bad("unsafe_function", [dense(function("keras.config", "enable_unsafe_deserialization"))], "keras.code", "the same by a function")
    bad("torch", [layer("TorchModuleWrapper", module="gASVAA==")], "keras.code", "a pickled torch module")
    bad("savedmodel", [layer("TFSMLayer", filepath="/srv/model", call_endpoint="serve")], "keras.code", "a graph from a path")
    bad("jax", [layer("JaxLayer", call_fn=function("builtins", "eval"))], "keras.code", "a layer of functions")
    bad("vocabulary_path", [layer("StringLookup", vocabulary="/etc/passwd")], "keras.path", "a vocabulary by path")
    bad("vocabulary_url", [layer("TextVectorization", vocabulary="https://x.invalid/v.txt")], "keras.path", "a vocabulary by URL")
    bad("custom", [obj(None, "Mine", {}, "pkg>Mine")], "keras.custom", "a class of the training program")
    bad("shadow", [obj("keras.layers", "Dense", {"units": 1}, "pkg>Mine")], "keras.custom", "a registered class under the name of Dense")
    bad("legacy", [{"class_name": "Dense", "config": {"units": 1}}], "keras.class", "a layer without module, for the older loader")
    bad("other_api", [obj("keras.utils", "Progbar", {"target": 1})], "keras.class", "something of Keras that is no layer")
    bad("typespec", [dense({"class_name": "__typespec__", "spec_name": "x", "module": "os", "config": [], "registered_name": None})], "keras.code",
        "a type to be imported")
    bad("tf_op", [obj("keras.layers.core.tf_op_layer", "TFOpLambda", {"function": "io.write_file"})], "keras.code", "a file function of TensorFlow")
    save("custom_loss.keras", archive(sequential(dense(), optimizer="adam", loss="dice_coef"), weights), "fail", "keras.custom", "a loss of its own")
    save("no_config.keras", archive("{}", name="settings.json"), "fail", "keras.layout", "no configuration")
    save("not_json.keras", archive("{'module': 'keras'}"), "fail", "keras.malformed", "a configuration that is no JSON")
    save("twice.keras", archive('{"class_name": "Lambda", "module": "keras.layers", "class_name": "Dense"}'), "fail", "keras.malformed", "a key twice")
    save("cut.keras", archive(json.dumps(sequential(dense()))[:-9]), "fail", "keras.truncated", "a configuration cut short")
    save("evil_asset.keras", archive(sequential(dense()), weights, [("assets/x.pkl", b"cposix\nsystem\n(S'true'\ntR.")]), "fail", "pickle.call.denied",
         "a pickle among the assets")
    save("renamed.bin", archive(sequential(lambda_layer()), weights), "fail", "keras.code", "an archive under another name")


# ---- HDF5, as Keras 1 and 2 save models, and plain data ----

def legacy(*layers):
    return {"class_name": "Sequential", "keras_version": "2.15.0", "backend": "tensorflow",
            "config": {"name": "sequential", "layers": [{"class_name": n, "config": dict({"name": n.lower(), "trainable": True}, **c)} for n, c in layers]}}


DENSE = ("Dense", {"units": 8, "activation": "relu", "kernel_initializer": {"class_name": "GlorotUniform", "config": {"seed": None}},
                   "batch_input_shape": {"class_name": "__tuple__", "items": [None, 4]}})
LAMBDA = ("Lambda", {"function": {"class_name": "__tuple__", "items": ["4wEAAAA=", None, None]}, "function_type": "lambda", "module": "__main__"})
TRAINING = {"loss": "mse", "metrics": [[{"class_name": "MeanMetricWrapper", "config": {"name": "acc", "fn": "categorical_accuracy"}}]],
            "weighted_metrics": None, "loss_weights": None, "optimizer_config": {"class_name": "Custom>Adam", "config": {"learning_rate": 0.1}}}


def h5(fill, **options):
    out = io.BytesIO()
    with h5py.File(out, "w", **options) as f:
        fill(f)
    return out.getvalue()


def model(config, training=None, as_text=None):
    def fill(f):
        for name, value in (("model_config", config), ("training_config", training)):
            if value is not None:
                text = json.dumps(value)
                f.attrs[name] = (as_text or (lambda t: t))(text)
        f.attrs["keras_version"] = "2.15.0"
        group = f.create_group("model_weights/dense")
        group.attrs["weight_names"] = numpy.array([b"dense/kernel:0", b"dense/bias:0"])
        group["dense/kernel:0"] = numpy.arange(32, dtype="f4").reshape(4, 8)
        group["dense/bias:0"] = numpy.zeros(8, "f4")
    return fill


def plain(f):
    f["a"] = numpy.arange(1000)
    f["g/b"] = numpy.ones((3, 4), "f4")
    f["complex"] = numpy.ones(3, "c8")
    f["flags"] = numpy.array([True, False])
    f["table"] = numpy.zeros(3, dtype=[("x", "i4"), ("name", "S8"), ("v", "f4", (2,))])
    f["text"] = ["abc", "def"]
    f["fixed"] = numpy.array([b"abc", b"d"])
    f["lists"] = numpy.array([numpy.arange(2), numpy.arange(3)], dtype=object).astype(h5py.vlen_dtype("i4"))
    f["opaque"] = numpy.array([b"ab"], dtype="V2")
    f["ref"] = f["a"].ref
    f["again"] = f["a"]
    f["scalar"] = 1.5
    f["empty"] = h5py.Empty("f4")
    f["type"] = numpy.dtype("f8")
    f["packed"] = f.create_dataset("zip", data=numpy.arange(10000) // 100, compression="gzip", shuffle=True, fletcher32=True)
    f.create_dataset("grows", data=numpy.arange(10), maxshape=(None,), chunks=(4,))
    f["a"].dims[0].label = "x"
    f["x"] = numpy.arange(1000)
    f["x"].make_scale("x")
    f["a"].dims[0].attach_scale(f["x"])
    f.attrs["title"] = "A sentence, which ends with a full stop."
    f.attrs["note"] = numpy.bytes_(b"Another one.")
    f.attrs["latin"] = numpy.bytes_(b"caf\xe9.")
    f.attrs["none"] = h5py.Empty("f4")
    f.attrs["plain_pickle"] = numpy.bytes_(b"(lp0\nI1\na.")


def wide(f):
    for i in range(12):
        f.attrs["a%d" % i] = i
        f["g/%d" % i] = i


def deep(n):
    return lambda f: f.create_group("/".join("g" * n))


def cycle(f):
    f["g/up"] = f["/"]
    f["g/self"] = f["g"]


def rewritten():
    path = os.path.join(sys.argv[1], "rewritten.h5")
    with h5py.File(path, "w") as f:
        f["a"] = numpy.arange(1000)
        f["old"] = numpy.arange(3000)
    with h5py.File(path, "r+") as f:
        del f["old"]
        f["b"] = numpy.arange(20)
        f["a"][3] = 7
    rows.append(("rewritten.h5", "pass", "-", "opened again and changed"))


def good_hdf5():
    save("plain.h5", h5(plain), "pass", "-", "data of all kinds")
    save("plain_latest.h5", h5(plain, libver="latest"), "pass", "-", "the same in the newest layout")
    save("wide.h5", h5(wide), "pass", "-", "many attributes and members")
    save("wide_latest.h5", h5(wide, libver="latest", track_order=True), "pass", "-", "the same in the newest layout, in order")
    save("nothing.hdf5", h5(lambda f: None), "pass", "-", "an empty file")
    save("cycle.h5", h5(cycle), "pass", "-", "a group that holds itself")
    save("deep.h5", h5(deep(60)), "pass", "-", "nested groups")
    save("model.h5", h5(model(legacy(DENSE), TRAINING)), "pass", "-", "a model of Keras 2")
    save("model_fixed.h5", h5(model(legacy(DENSE), TRAINING, lambda t: numpy.bytes_(t.encode()))), "pass", "-", "its texts in fixed length")
    save("model_v3.h5", h5(model(sequential(dense()))), "pass", "-", "a model of Keras 3 as HDF5")
    rewritten()


def external_storage(f):
    f.create_dataset("x", shape=(10,), dtype="i4", external=[("/etc/passwd", 0, 40)])


def virtual(f):
    v = h5py.VirtualLayout(shape=(10,), dtype="i4")
    v[:] = h5py.VirtualSource("other.h5", "x", shape=(10,))
    f.create_virtual_dataset("x", v)


def chunked(f):
    text = json.dumps(legacy(DENSE, LAMBDA))
    for i in range(0, len(text), 60):
        f.attrs["model_config%d" % (i // 60)] = text[i:i + 60]


def attribute(name, value):
    def fill(f):
        f["x"] = numpy.arange(3)
        f["x"].attrs[name] = value
    return fill


EVIL0 = b"cposix\nsystem\n(S'true'\ntR."
EVIL2 = b"\x80\x02cposix\nsystem\nX\x04\x00\x00\x00true\x85R."


def bad_hdf5():
    def bad(name, fill, rule, sentence, **options):
        save(name + ".h5", h5(fill, **options), "fail", rule, sentence)
    bad("lambda", model(legacy(DENSE, LAMBDA)), "keras.code", "a Lambda layer")
    bad("lambda_fixed", model(legacy(DENSE, LAMBDA), None, lambda t: numpy.bytes_(t.encode())), "keras.code", "its text in fixed length")
    bad("lambda_latest", model(legacy(DENSE, LAMBDA)), "keras.code", "in the newest layout", libver="latest")
    bad("lambda_list", model(legacy(DENSE, LAMBDA), None, lambda t: [t[:50], t[50:]]), "keras.code", "its text in two parts")
    bad("lambda_cut", chunked, "keras.code", "its text in several attributes")
    bad("lambda_functional", model({"class_name": "Functional", "config": {"layers": [{"class_name": "Lambda", "config": {}}]}}), "keras.code",
        "in a functional model")
    bad("merge", model(legacy(("Merge", {"mode_type": "lambda"}))), "keras.code", "a Merge layer of Keras 1")
    bad("graph_op", model(legacy(("TensorFlowOpLayer", {"node_def": "x"}))), "keras.code", "an operation of a graph")
    bad("custom_layer", model(legacy(("Custom>Mine", {}))), "keras.custom", "a class of the training program")
    bad("unknown_layer", model(legacy(("Mine", {}))), "keras.class", "an unknown class")
    bad("custom_metric", model(legacy(DENSE), dict(TRAINING, metrics=["dice_coef"])), "keras.custom", "a metric of the training program")
    bad("not_text", lambda f: f.attrs.__setitem__("model_config", numpy.arange(3)), "keras.malformed", "a configuration of numbers")
    bad("external_link", lambda f: f.__setitem__("x", h5py.ExternalLink("/etc/passwd", "/x")), "hdf5.external", "a link into another file")
    bad("external_storage", external_storage, "hdf5.external", "data in another file")
    bad("virtual", virtual, "hdf5.external", "a view of another file", libver="latest")
    bad("soft_link", lambda f: f.__setitem__("x", h5py.SoftLink("/y")), "hdf5.link", "a soft link")
    bad("lzf", lambda f: f.create_dataset("x", data=numpy.zeros(1000), compression="lzf"), "hdf5.filter", "a filter that is a plugin")
    bad("bomb", lambda f: f.create_dataset("x", shape=(1 << 40,), dtype="f8", chunks=(1024,)), "hdf5.size", "eight terabytes that are not stored")
    bad("user_block", plain, "hdf5.layout", "something before the file", userblock_size=512)
    bad("paged", plain, "hdf5.unusual", "paged space", fs_strategy="page")
    bad("pytables", attribute("freq", numpy.bytes_(EVIL0)), "pickle.call.denied", "an attribute that PyTables unpickles")
    bad("pickled_bytes", attribute("py", numpy.void(EVIL2)), "pickle.call.denied", "the same in opaque bytes")
    bad("pickled_rows", attribute("PSEUDOATOM", numpy.bytes_(b"object")), "hdf5.pickle", "rows of pickles for PyTables")
    bad("hickle", attribute("base_type", numpy.bytes_(b"pickle")), "hdf5.pickle", "a pickle for hickle")
    save("trailing.h5", h5(plain) + b"more", "fail", "hdf5.layout", "bytes at the end")
    save("cut.h5", h5(plain)[:-1], "fail", "hdf5.truncated", "a byte is missing")
    save("too_deep.h5", h5(deep(70)), "inconclusive", "limit.exceeded", "groups without end")
    latest = bytearray(h5(plain, libver="latest"))
    latest[44] ^= 1
    save("checksum.h5", bytes(latest), "fail", "hdf5.malformed", "a superblock with a wrong checksum")
    save("bad_weights.keras", archive(sequential(dense()), h5(external_storage)), "fail", "hdf5.external", "an archive whose weights are elsewhere")


def json_files():
    """What model.to_json() writes, and the configuration of an archive that was unpacked."""
    os.makedirs(os.path.join(sys.argv[1], "unpacked"), exist_ok=True)
    save("model.json", json.dumps(legacy(DENSE)).encode(), "pass", "-", "a model of Keras 2 as JSON")
    save("lambda.json", json.dumps(legacy(DENSE, LAMBDA)).encode(), "fail", "keras.code", "with a Lambda layer")
    save("own_layer.json", json.dumps(legacy(("Mine", {}))).encode(), "fail", "keras.class", "with a class of its own")
    save("unpacked/config.json", json.dumps(functional()).encode(), "pass", "-", "an unpacked archive")
    save("unpacked/get_file.json", json.dumps(obj("keras.utils", "get_file", {"origin": "http://x.invalid/a"})).encode(), "fail", "keras.code",
         "a download as a model")


def main():
    os.makedirs(sys.argv[1], exist_ok=True)
    weights = h5(lambda f: f.create_dataset("layers/dense/vars/0", data=numpy.ones((4, 8), "f4"))) if h5py else None
    good_archives(weights)
    bad_archives(weights)
    json_files()
    if h5py:
        good_hdf5()
        bad_hdf5()
    else:
        print("gen_keras: without h5py: HDF5 files left out", file=sys.stderr)
    with open(os.path.join(sys.argv[1], "INDEX.tsv"), "w", encoding="utf-8") as f:
        for row in rows:
            f.write("\t".join(row) + "\n")


if __name__ == "__main__":
    main()
