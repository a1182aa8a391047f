#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""TensorFlow graphs by the published .proto files: benign ones in the shapes in which TensorFlow 1 and 2 save them, and attacks.

gen_tensorflow.py DIR writes them and INDEX.tsv (file, verdict, rule, sentence).
"""
import json
import os
import struct
import sys

import gen_bundle
from gen_bundle import num, varint

FLOAT, INT32, STRING, INT64, RESOURCE = 1, 3, 7, 9, 20


# ---- the wire format ----

def fix32(field, x):
    return varint(field << 3 | 5) + struct.pack("<f", x)


def sub(field, *parts):
    """Bytes, text or messages one after another as one field of a length."""
    body = b"".join(p.encode() if isinstance(p, str) else p for p in parts)
    return varint(field << 3 | 2) + varint(len(body)) + body


def entry(field, key, value):
    return sub(field, sub(1, key), value)


# ---- messages ----

def shape(*dims):
    return b"".join(sub(2, num(1, d)) for d in dims)


def tensor(dtype, dims, *content):
    return sub(8, num(1, dtype), sub(2, shape(*dims)), *content)


def strings(*values):
    return tensor(STRING, () if len(values) == 1 else (len(values),), *(sub(8, v) for v in values))


def floats(*values):
    return tensor(FLOAT, (len(values),), sub(4, struct.pack("<%df" % len(values), *values)))


def kind(n):
    return num(6, n)


def call(name):
    return sub(10, sub(1, name))


def node(name, op, *inputs, device="", **attrs):
    return (sub(1, name) + sub(2, op) + b"".join(sub(3, i) for i in inputs) + (sub(4, device) if device else b"")
            + b"".join(entry(5, k, sub(2, v)) for k, v in sorted(attrs.items())))


def placeholder(name, dtype=FLOAT, dims=(-1, 2)):
    return node(name, "Placeholder", dtype=kind(dtype), shape=sub(7, shape(*dims)))


def const(name, value, dtype=FLOAT):
    return node(name, "Const", dtype=kind(dtype), value=value)


def text(name, *values):
    return const(name, strings(*values), STRING)


VERSIONS = sub(4, num(1, 1994), num(2, 12))


def function(name, args, body, outputs=("out",), extra=b""):
    signature = sub(1, name) + b"".join(sub(2, sub(1, a), num(3, d)) for a, d in args) + b"".join(sub(3, sub(1, o), num(3, FLOAT)) for o in outputs)
    return sub(1, signature) + b"".join(sub(3, n) for n in body) + b"".join(entry(4, o, sub(2, o + ":output:0")) for o in outputs) + extra


def graph(nodes, functions=(), gradients=(), versions=VERSIONS, extra=b""):
    library = b"".join(sub(1, f) for f in functions) + b"".join(gradients)
    return b"".join(sub(1, n) for n in nodes) + (sub(2, library) if library else b"") + versions + extra


def info(*names):
    ops = b"".join(sub(1, sub(1, n), num(17, 1)) for n in names)
    return sub(1, sub(2, ops), sub(4, "serve"), sub(5, "2.15.0"), sub(6, "v2.15.0-rc1"), num(7, 1))


def saver(filename="saver_filename:0", save="StatefulPartitionedCall_1:0", restore="StatefulPartitionedCall_2", version=2):
    return sub(3, sub(1, filename), sub(2, save), sub(3, restore), num(4, 5), fix32(6, 10000.0), num(7, version))


def signature(inputs, outputs, key="serving_default"):
    def tensors(field, names):
        return b"".join(entry(field, n.split(":")[0], sub(2, sub(1, n), num(2, FLOAT), sub(3, shape(-1, 2)))) for n in names)
    return entry(5, key, sub(2, tensors(1, inputs), tensors(2, outputs), sub(3, "tensorflow/serving/predict")))


def meta(body, *more, ops=("MatMul",)):
    return info(*ops) + sub(2, body) + b"".join(more)


def saved(*metas):
    return num(1, 1) + b"".join(sub(2, m) for m in metas)


# ---- parts of models ----

DENSE = [placeholder("x"), const("w", floats(1, 2, 3, 4)), const("b", floats(0, 1)),
         node("mul", "MatMul", "x", "w", T=kind(FLOAT), transpose_a=num(5, 0)), node("add", "BiasAdd", "mul", "b", T=kind(FLOAT)),
         node("y", "Softmax", "add", T=kind(FLOAT))]


def save_body(prefix="file_prefix", suffix="_temp/part", join=("Select:output:0",), **attrs):
    return [text("tensor_names", "w/.ATTRIBUTES/VARIABLE_VALUE", "_CHECKPOINTABLE_OBJECT_GRAPH"), text("slices", "", ""),
            text("Const", ".part"), text("Const_1", suffix),
            node("Regex", "StaticRegexFullMatch", prefix, pattern=sub(2, "^s3://.*")),
            node("Select", "Select", "Regex:output:0", "Const:output:0", "Const_1:output:0", T=kind(STRING)),
            node("StringJoin", "StringJoin", prefix, *join, N=num(3, 2), **attrs),
            const("shard", tensor(INT32, (), num(7, 0)), INT32), const("shards", tensor(INT32, (), num(7, 1)), INT32),
            node("Read", "ReadVariableOp", "v", dtype=kind(FLOAT)), node("Once", "DisableCopyOnRead", "v"),
            node("ShardedFilename", "ShardedFilename", "StringJoin:output:0", "shard:output:0", "shards:output:0"),
            node("SaveV2", "SaveV2", "ShardedFilename:filename:0", "tensor_names:output:0", "slices:output:0", "Read:value:0",
                 dtypes=sub(1, num(6, FLOAT))),
            node("prefixes", "Pack", "ShardedFilename:filename:0", "^SaveV2", N=num(3, 1), T=kind(STRING)),
            node("MergeV2Checkpoints", "MergeV2Checkpoints", "prefixes:output:0", prefix),
            node("out", "Identity", prefix, "^MergeV2Checkpoints", T=kind(STRING))]


def restore_body(prefix="file_prefix"):
    return [text("tensor_names", "w/.ATTRIBUTES/VARIABLE_VALUE"), text("slices", ""),
            node("RestoreV2", "RestoreV2", prefix, "tensor_names:output:0", "slices:output:0", dtypes=sub(1, sub(6, varint(FLOAT)))),
            node("Assign", "AssignVariableOp", "v", "RestoreV2:tensors:0", dtype=kind(FLOAT)),
            node("out", "Identity", prefix, "^Assign", T=kind(STRING))]


VARIABLE = [node("v", "VarHandleOp", dtype=kind(FLOAT), shape=sub(7, shape(2, 2)), shared_name=sub(2, "v")),
            node("v/Read", "ReadVariableOp", "v", dtype=kind(FLOAT))]
ARGS = (("file_prefix", STRING), ("v", RESOURCE))


def keras2(save=None, restore=None, nodes=(), caller="saver_filename", functions=(), objects=None, more=()):
    """A model as tf.saved_model.save of TensorFlow 2 writes it."""
    serve = [node("mul", "MatMul", "x", "ReadVariableOp:value:0", T=kind(FLOAT)), node("ReadVariableOp", "ReadVariableOp", "v", dtype=kind(FLOAT)),
             node("out", "Identity", "mul:product:0", T=kind(FLOAT))]
    library = [function("__inference_serve_10", (("x", FLOAT), ("v", RESOURCE)), serve),
               function("__inference__traced_save_20", ARGS, save or save_body()),
               function("__inference__traced_restore_30", ARGS, restore or restore_body()), *functions]
    top = [*VARIABLE, placeholder("serving_default_x"), placeholder("saver_filename", STRING, ()),
           node("StatefulPartitionedCall", "StatefulPartitionedCall", "serving_default_x", "v", f=call("__inference_serve_10"), Tin=sub(1, num(6, FLOAT))),
           node("StatefulPartitionedCall_1", "StatefulPartitionedCall", caller, "v/Read", f=call("__inference__traced_save_20")),
           node("StatefulPartitionedCall_2", "StatefulPartitionedCall", "saver_filename", "v", f=call("__inference__traced_restore_30")), *nodes]
    return saved(meta(graph(top, library), saver(), signature(["serving_default_x:0"], ["StatefulPartitionedCall:0"]), *more,
                      sub(7, objects or OBJECTS)))


def child(n, name):
    return sub(1, num(1, n), sub(2, name))


def value_tuple(*values):
    return sub(52, *(sub(1, v) for v in values))


def user(identifier, metadata=""):
    return sub(4, sub(1, identifier), sub(2, num(1, 1), num(2, 1)), sub(3, metadata) if metadata else b"")


SPEC = sub(33, sub(1, "x"), sub(2, shape(-1, 2)), num(3, FLOAT))
CONCRETE = entry(2, "__inference_serve_10", sub(2, sub(2, varint(1)), sub(3, value_tuple(value_tuple(SPEC), sub(53))),
                                                sub(4, sub(53, entry(1, "y", sub(2, SPEC))))))
FULLARGSPEC = sub(1, sub(54, sub(1, "FullArgSpec"), entry(2, "args", sub(2, sub(51, sub(1, sub(13, "self")), sub(1, sub(13, "x"))))),
                         entry(2, "defaults", sub(2, sub(1)))))


def objects(*nodes, concrete=CONCRETE):
    return b"".join(sub(1, n) for n in nodes) + concrete


ROOT = child(1, "w") + child(2, "signatures") + child(3, "call") + user("_generic_user_object")
NODES = (ROOT, sub(7, num(1, FLOAT), sub(2, shape(2, 2)), num(3, 1), sub(6, "v")) + entry(11, "VARIABLE_VALUE", sub(2, num(2, 3), num(3, 4))),
         child(4, "serving_default") + user("signature_map"),
         sub(6, sub(1, "__inference_serve_10"), sub(2, FULLARGSPEC, num(2, 1), num(6, 0))),
         sub(8, sub(1, "__inference_serve_10"), sub(2, "x"), num(3, 1)), sub(9, sub(1, "Const")), sub(10, sub(1, "/cpu:0")),
         user("trackable_list_wrapper"), user("_tf_keras_layer"), sub(12, sub(1, "Const:0"), sub(2, "__inference_serve_10")) + sub(13, "tf.TrackableConstant"))
OBJECTS = objects(*NODES)


def saver1(name="save", default="model", extra=(), prefix=None):
    """The nodes of tf.train.Saver of TensorFlow 1."""
    p = name + "/"
    return [*extra, text(p + "filename/input", default), node(p + "filename", "PlaceholderWithDefault", p + "filename/input", dtype=kind(STRING)),
            node(p + "Const", "PlaceholderWithDefault", p + "filename", dtype=kind(STRING)), text(p + "StringJoin/inputs_1", "_temp_0f3a/part"),
            node(p + "StringJoin", "StringJoin", p + "Const", p + "StringJoin/inputs_1", N=num(3, 2)),
            const(p + "shard", tensor(INT32, (), num(7, 0)), INT32), const(p + "shards", tensor(INT32, (), num(7, 1)), INT32),
            node(p + "ShardedFilename", "ShardedFilename", p + "StringJoin", p + "shard", p + "shards"),
            text(p + "tensor_names", "w"), text(p + "slices", ""),
            node(p + "SaveV2", "SaveV2", prefix or p + "ShardedFilename", p + "tensor_names", p + "slices", "w", dtypes=sub(1, num(6, FLOAT))),
            node(p + "prefixes", "Pack", p + "ShardedFilename", "^" + p + "SaveV2", N=num(3, 1)),
            node(p + "MergeV2Checkpoints", "MergeV2Checkpoints", p + "prefixes", p + "Const"),
            node(p + "RestoreV2", "RestoreV2", p + "Const", p + "tensor_names", p + "slices", dtypes=sub(1, num(6, FLOAT))),
            node(p + "Assign", "Assign", "w", p + "RestoreV2", T=kind(FLOAT)), node(p + "restore_all", "NoOp", "^" + p + "Assign")]


def session1(*nodes):
    """A graph of TensorFlow 1 with variables."""
    return [placeholder("x"), node("w", "VariableV2", dtype=kind(FLOAT), shape=sub(7, shape(2, 2)), container=sub(2, "")),
            node("w/initial", "TruncatedNormal", "shape", T=kind(INT32)), const("shape", tensor(INT32, (2,), sub(7, varint(2) + varint(2))), INT32),
            node("w/Assign", "Assign", "w", "w/initial", T=kind(FLOAT), _class=sub(1, sub(2, "loc:@w"))),
            node("y", "MatMul", "x", "w", T=kind(FLOAT)), node("init", "NoOp", "^w/Assign"), *nodes]


def sharded(n):
    """The same for variables on many machines."""
    nodes = saver1()[:5]
    for i in range(n):
        nodes += [node("save/ShardedFilename_%d" % i, "ShardedFilename", "save/StringJoin", "n", "n"),
                  node("save/SaveV2_%d" % i, "SaveV2", "save/ShardedFilename_%d" % i, "names", "slices", "w"),
                  node("save/RestoreV2_%d" % i, "RestoreV2", "save/Const", "names", "slices")]
    return [text("names", "w"), text("slices", ""), *nodes, node("save/all", "Pack", *("save/ShardedFilename_%d" % i for i in range(n))),
            node("save/Merge", "MergeV2Checkpoints", "save/all", "save/Const")]


SAVER1 = saver("save/Const:0", "save/control_dependency:0", "save/restore_all")
VARIABLES = entry(4, "variables", sub(2, sub(2, sub(1, sub(1, "w:0"), sub(2, "w/Assign"), sub(3, "w/read:0")))))
TRAIN_OP = entry(4, "train_op", sub(2, sub(1, sub(1, "init"))))
STEPS = entry(4, "steps", sub(2, sub(3, sub(1, varint(1) + varint(2))))) + entry(4, "rates", sub(2, sub(4, sub(1, struct.pack("<2f", .1, .2)))))


SPECS = {"class_name": "__tuple__", "items": [{"class_name": "__tuple__", "items": [
    {"class_name": "TypeSpec", "type_spec": "tf.TensorSpec", "serialized": [{"class_name": "TensorShape", "items": [None, 4]}, "float32", "x"]}]}, {}]}
UNIFORM = {"class_name": "GlorotUniform", "config": {"seed": None}, "shared_object_id": 1}
CONFIG = {"name": "dense", "trainable": True, "dtype": "float32", "units": 2, "activation": "relu", "use_bias": True, "kernel_initializer": UNIFORM,
          "bias_initializer": {"class_name": "Zeros", "config": {}}, "kernel_regularizer": None, "bias_constraint": None}
DENSE_LAYER = json.dumps({"name": "dense", "trainable": True, "expects_training_arg": False, "dtype": "float32", "batch_input_shape": None, "stateful": False,
                          "must_restore_from_config": False, "class_name": "Dense", "config": CONFIG, "inbound_nodes": [[["input_1", 0, 0, {}]]],
                          "shared_object_id": 3, "build_input_shape": {"class_name": "TensorShape", "items": [None, 4]},
                          "input_spec": {"class_name": "InputSpec", "config": {"dtype": None, "shape": None, "ndim": None, "axes": {"-1": 4}}}})
LAYERS = {"name": "sequential", "layers": [{"class_name": "InputLayer", "config": {"batch_input_shape": [None, 4], "dtype": "float32", "name": "input_1"}},
                                           {"class_name": "Dense", "config": CONFIG}]}
MODEL = json.dumps({"name": "sequential", "trainable": True, "class_name": "Sequential", "config": LAYERS, "is_graph_network": True, "full_save_spec": SPECS,
                    "save_spec": SPECS["items"][0]["items"][0], "keras_version": "2.15.0", "backend": "tensorflow",
                    "model_config": {"class_name": "Sequential", "config": LAYERS},
                    "training_config": {"loss": "mse", "metrics": [[{"class_name": "MeanMetricWrapper", "config": {
                        "name": "acc", "dtype": "float32", "fn": "binary_accuracy"}}]], "weighted_metrics": None, "loss_weights": None,
                        "optimizer_config": {"class_name": "Adam", "config": {"name": "Adam", "learning_rate": 0.001}}}})
METRIC = json.dumps({"class_name": "Mean", "name": "loss", "dtype": "float32", "config": {"name": "loss", "dtype": "float32"}, "shared_object_id": 5})
LAMBDA = json.dumps({"name": "l", "class_name": "Lambda", "config": {"name": "l", "function": {"class_name": "__tuple__", "items": ["4wAAAA==", None, None]},
                                                                     "function_type": "lambda", "module": "__main__"}})


def keras_node(text, i, identifier=None):
    kind = identifier or ("_tf_keras_sequential" if i == 0 else "_tf_keras_metric" if text == METRIC else "_tf_keras_layer")
    return num(2, i) + sub(3, "root.layer-%d" % i if i else "root") + sub(4, kind) + sub(5, text) + sub(6, num(1, 2), num(2, 1))


def metadata(*texts, identifier=None):
    return b"".join(sub(1, keras_node(t, i, None)) for i, t in enumerate(texts)) + (
        sub(1, keras_node(METRIC, 9, identifier)) if identifier else b"")


def with_asset(name, collection=None):
    asset = sub(1, sub(1, "asset_path:0")) + sub(2, name)
    more = entry(4, "saved_model_assets", sub(2, sub(5, sub(1, sub(1, "type.googleapis.com/tensorflow.AssetFileDef"), sub(2, collection))))) if collection else b""
    return meta(graph([*DENSE, text("asset_path", name)]), more, sub(6, asset))


def body(*nodes, op="out"):
    return [*nodes, node(op, "Identity", "x", T=kind(FLOAT))]


def control():
    """Functions that call functions: branches and loops."""
    fs = [function("then_1", (("x", FLOAT),), body(node("r", "Relu", "x", T=kind(FLOAT)))),
          function("else_2", (("x", FLOAT),), body(node("n", "PartitionedCall", "x", f=call("then_1")))),
          function("cond_3", (("x", FLOAT),), body(node("l", "LoopCond", "x")))]
    top = [*DENSE, node("if", "StatelessIf", "x", "x", then_branch=call("then_1"), else_branch=call("else_2")),
           node("while", "StatelessWhile", "x", cond=call("cond_3"), body=call("then_1")), node("old", "then_1", "x"),
           node("case", "Case", "x", branches=sub(1, sub(9, sub(1, "then_1")), sub(9, sub(1, "else_2"))))]
    return graph(top, fs, [sub(2, sub(1, "then_1"), sub(2, "else_2")), sub(3, sub(1, "else_2"), sub(2, "CustomGradient-7"))])


def one(name, op, *inputs, **attrs):
    return graph([*DENSE, node(name, op, *inputs, **attrs)])


GOOD = [
    ("frozen.pb", graph(DENSE), "a frozen graph"),
    ("frozen_device.pb", graph([*DENSE, node("d", "Relu", "y", device="/job:localhost/replica:0/task:0/device:GPU:0")]), "a node on a device"),
    ("frozen_v1_version.pb", graph(DENSE, versions=num(3, 9)), "the version of TensorFlow 0.x"),
    ("frozen_no_suffix", graph(DENSE), "a frozen graph without a suffix"),
    ("control.pb", control(), "branches and loops that call functions"),
    ("debug.pb", graph([*DENSE, node("z", "Abs", "y") + sub(6, sub(1, "a"), sub(2, "b")) + sub(7, num(1, 3), sub(2, num(1, 1)))],
                       extra=sub(5, sub(1, "model.py"))), "debug information and full types"),
    ("attributes.pb", graph([*DENSE, node("conv", "Conv2D", "x", "w", strides=sub(1, sub(3, varint(1) * 4)), padding=sub(2, "SAME"), alpha=fix32(4, .5),
                                          shapes=sub(1, sub(7, shape(1)), sub(7, num(3, 1)))), node("hold", "Placeholder", T=sub(9, "T"))]), "lists of every kind"),
    ("tensors.pb", graph([*DENSE, const("halves", tensor(19, (2,), sub(13, varint(7) * 2))), const("long", tensor(INT64, (1,), num(10, -1)), INT64),
                          const("doubles", tensor(2, (1,), sub(6, struct.pack("<d", 1.5)))), const("floats", tensor(FLOAT, (1,), fix32(5, 1.0))),
                          const("list", tensor(21, (), sub(15, sub(1, "tensorflow::TensorList"), sub(2, b"\1\xff"))), 21),
                          const("resource", tensor(RESOURCE, (), sub(14, sub(1, "/cpu:0"), sub(3, "v"), num(4, 1))), RESOURCE)]), "constants of many types"),
    ("session.meta", meta(graph(session1(*saver1())), SAVER1, VARIABLES, TRAIN_OP, STEPS), "a meta graph of tf.train.Saver"),
    ("session_plain.meta", meta(graph(session1()), VARIABLES), "a meta graph without a saver"),
    ("session_old.meta", meta(graph(session1(text("save/Const", "model"), text("names", "w"), text("slices", ""),
                                             node("save/save", "SaveSlices", "save/Const", "names", "slices", "w"),
                                             node("save/restore_slice", "RestoreSlice", "save/Const", "names", "slices"))), SAVER1), "a saver of TensorFlow 0.x"),
    ("session_sharded.meta", meta(graph(session1(*sharded(150))), SAVER1), "a saver for variables on 150 machines"),
    ("saved1/saved_model.pb", saved(meta(graph(session1(*saver1(), *saver1("save_1"))), SAVER1, VARIABLES, signature(["x:0"], ["y:0"]))),
     "a SavedModel of TensorFlow 1 with two savers"),
    ("saved2/saved_model.pb", keras2(), "a SavedModel of TensorFlow 2"),
    ("saved2/fingerprint.pb", num(1, 2 ** 63 + 9) + num(2, 1) + num(3, 2) + num(4, 3) + num(5, 4) + sub(6, num(1, 1)) + sub(7, "1234"), "a fingerprint"),
    ("saved2/debug/saved_model_debug_info.pb", sub(1, "/lib/model.py") + sub(2, sub(1, "mul@"), sub(2, sub(1, num(2, 7), sub(4, "call"), sub(5, "x * w")))),
     "debug information"),
    ("saved_optimizer/saved_model.pb", keras2(objects=objects(*NODES, user("optimizer"), user("experimentalOptimizer"))), "optimizers of two ages"),
    ("saved_tags/saved_model.pb", saved(meta(graph(DENSE)), meta(graph(DENSE))), "a SavedModel for two kinds of machines"),
    ("saved_asset/saved_model.pb", saved(with_asset("vocab.txt", sub(1, sub(1, "asset_path:0")) + sub(2, "vocab.txt"))), "an asset by its plain name"),
    ("saved_table/saved_model.pb", saved(meta(graph([*DENSE, node("t", "HashTableV2", shared_name=sub(2, "t")), text("keys", "a", "b"),
                                                     node("fill", "InitializeTableV2", "t", "keys", "w"), node("find", "LookupTableFindV2", "t", "keys", "b")]))),
     "a table of strings"),
    ("saved2/keras_metadata.pb", metadata(MODEL, DENSE_LAYER, METRIC), "the Keras objects of a SavedModel"),
    ("saved_old/saved_model.pb", keras2(objects=objects(ROOT, user("_tf_keras_sequential", MODEL), user("_tf_keras_layer", DENSE_LAYER))),
     "Keras objects in the SavedModel itself"),
    ("lstm.pb", graph([*DENSE, *(node(op.lower(), op, "x") for op in ("TensorListReserve", "TensorListStack", "StridedSlice", "Sigmoid", "Tanh", "Split"))]),
     "a recurrent layer"),
]

DENIED = [("py", "PyFunc"), ("py_stateless", "PyFuncStateless"), ("eager_py", "EagerPyFunc"), ("read", "ReadFile"), ("write", "WriteFile"), ("list", "MatchingFiles"),
          ("whole", "WholeFileReaderV2"), ("text_table", "InitializeTableFromTextFileV2"), ("table_import", "LookupTableImportV2"),
          ("remap", "LoadAndRemapMatrix"), ("print", "PrintV2"), ("queue", "QueueDequeueV2"), ("fifo", "FIFOQueueV2"), ("summary", "CreateSummaryFileWriter"),
          ("remote", "RemoteCall"), ("debug", "DebugIdentityV2"), ("mapped", "ImmutableConst"), ("abort", "Abort"), ("xla", "XlaCallModule"),
          ("proto", "DecodeProtoV2"), ("records", "TFRecordDatasetV2"), ("sql", "SqlDataset"), ("send", "CollectiveBcastSend"), ("service", "DataServiceDatasetV4")]
EVIL = node("evil", "PyFunc", "x", token=sub(2, "pyfunc_0"))
SHELL = text("there", "/etc/profile.d/x.sh")

BAD = [
    *(("denied_%s.pb" % name, one("evil", op, "x"), "tensorflow.operator.denied", "the operator " + op) for name, op in DENIED),
    ("custom.pb", one("evil", "MyBackdoor", "x"), "tensorflow.operator", "an operator of a library"),
    ("custom_scope.pb", one("evil", "Addons>Resampler", "x"), "tensorflow.operator", "an operator of an add-on"),
    ("no_operator.pb", graph([*DENSE, sub(1, "n")]), "tensorflow.malformed", "a node without an operator"),
    ("case_name.pb", one("evil", "matmul", "x"), "tensorflow.operator", "an operator by a name in other case"),
    ("two_ops.pb", graph([*DENSE, sub(1, "n") + sub(2, "Abs") + sub(2, "PyFunc")]), "tensorflow.operator.denied", "two operators, of which the last wins"),
    ("two_ops_first.pb", graph([*DENSE, sub(1, "n") + sub(2, "PyFunc") + sub(2, "Abs")]), "tensorflow.operator.denied", "two operators, the other way round"),
    ("in_function.pb", graph(DENSE, [function("f", (("x", FLOAT),), body(EVIL))]), "tensorflow.operator.denied", "in a function that nobody calls"),
    ("in_branch.pb", graph([*DENSE, node("if", "If", "x", then_branch=call("PyFunc"))]), "tensorflow.operator.denied", "named as a branch"),
    ("in_list.pb", graph([*DENSE, node("case", "Case", "x", branches=sub(1, sub(9, sub(1, "ReadFile"))))]), "tensorflow.operator.denied", "in a list of branches"),
    ("deep_function.pb", graph([*DENSE, node("c", "PartitionedCall", "x", f=sub(10, sub(1, "f"), entry(2, "g", sub(2, call("WriteFile")))))],
                               [function("f", (("x", FLOAT),), body())]), "tensorflow.operator.denied", "in an attribute of a function"),
    ("no_function.pb", graph([*DENSE, node("c", "PartitionedCall", "x", f=call("elsewhere"))]), "tensorflow.operator", "a function that is not there"),
    ("no_function_other_graph/saved_model.pb", saved(meta(graph([*DENSE, node("c", "f", "x")])), meta(graph(DENSE, [function("f", (("x", FLOAT),), body())]))),
     "tensorflow.operator", "a function of another meta graph"),
    ("same_functions.pb", graph(DENSE, [function("f", (("x", FLOAT),), body())] * 2), "tensorflow.malformed", "two functions of one name"),
    ("function_saver.pb", graph([*DENSE, node("s", "SaveV2", "x")], [function("SaveV2", (("x", FLOAT),), body())]), "tensorflow.malformed",
     "a function in place of an operator that writes files"),
    ("gradient.pb", graph(DENSE, [function("f", (("x", FLOAT),), body())], [sub(2, sub(1, "f"), sub(2, "EagerPyFunc"))]), "tensorflow.operator.denied", "as a gradient"),
    ("signature_defaults.meta", meta(graph([*DENSE, EVIL])), "tensorflow.operator.denied", "in a meta graph"),
    ("second_meta/saved_model.pb", saved(meta(graph(DENSE)), meta(graph([*DENSE, EVIL]))), "tensorflow.operator.denied", "in the second meta graph"),
    ("second_graph/saved_model.pb", saved(meta(graph(DENSE), sub(2, graph([EVIL])))), "tensorflow.operator.denied", "in a second graph, which is merged into the first"),
    ("nested_default/saved_model.pb", saved(sub(1, sub(2, sub(1, sub(1, "X"), sub(4, sub(1, "a"), sub(2, "func"), sub(3, call("PyFunc"))))))
                                            + sub(2, graph(DENSE))), "tensorflow.operator.denied", "as the default of an attribute"),
    ("save_const.pb", graph([*DENSE, SHELL, text("n", "w"), node("s", "SaveV2", "there", "n", "n", "w")]), "tensorflow.path", "saves to a path of its own"),
    ("save_default.meta", meta(graph(session1(*saver1(default="/etc/cron.d/x"))), SAVER1), "tensorflow.path", "a default path that leads elsewhere"),
    ("save_dots.meta", meta(graph(session1(*saver1(default="../model"))), SAVER1), "tensorflow.path", "a default path that leads up"),
    ("save_direct.meta", meta(graph(session1(*saver1(prefix="there", extra=[SHELL]))), SAVER1), "tensorflow.path", "a saver with a path of its own"),
    ("restore_const.pb", graph([*DENSE, SHELL, node("r", "RestoreV2", "there", "b", "b")]), "tensorflow.path", "restores from a path of its own"),
    ("save_suffix/saved_model.pb", keras2(save_body(suffix="/../../../../etc/cron.d/x")), "tensorflow.path", "a suffix that leads up"),
    ("save_pieces/saved_model.pb", keras2(save_body(suffix="./x", join=("Const:output:0", "Const_1:output:0"))), "tensorflow.path", "a suffix that leads up in pieces"),
    ("save_separator/saved_model.pb", keras2(save_body(separator=sub(2, "/../../"))), "tensorflow.path", "a separator that leads up"),
    ("save_other_arg/saved_model.pb", keras2(save_body(prefix="v")), "tensorflow.path", "saves to the path in another argument"),
    ("save_called/saved_model.pb", keras2(nodes=[SHELL], caller="there"), "tensorflow.path", "the saver is called with a path of the graph"),
    ("save_nested/saved_model.pb", keras2(functions=[function("wrap", (("file_prefix", STRING),), [
        node("out", "StatefulPartitionedCall", "file_prefix", f=call("__inference__traced_save_20"))])]), "tensorflow.path", "the saver is called in a function"),
    ("save_concrete/saved_model.pb", keras2(objects=objects(*NODES, concrete=entry(2, "__inference__traced_save_20", sub(2)))), "tensorflow.path",
     "the saver is a function of the model"),
    ("merge_elsewhere/saved_model.pb", keras2([*save_body()[:-2], SHELL, node("m", "MergeV2Checkpoints", "prefixes:output:0", "there:output:0"), save_body()[-1]]),
     "tensorflow.path", "merges a checkpoint into another place"),
    ("path_loop.pb", graph([*DENSE, node("a", "Identity", "b2"), node("b2", "Identity", "a"), node("s", "RestoreV2", "a", "b", "b")]), "tensorflow.path",
     "a path that goes in a circle"),
    ("object_kind/saved_model.pb", keras2(objects=objects(ROOT, user("evil_type"))), "tensorflow.object", "an object of an unknown kind"),
    ("object_class/saved_model.pb", keras2(objects=objects(ROOT, sub(13, "Custom.Evil") + sub(14, sub(1, "x"), sub(2, b"\xff")))), "tensorflow.object", "a registered class"),
    ("object_saver/saved_model.pb", keras2(objects=objects(ROOT, sub(16, "Custom.saver"))), "tensorflow.object", "a registered saver"),
    ("object_field/saved_model.pb", keras2(objects=objects(ROOT, sub(17, b""))), "tensorflow.malformed", "a kind of object that TensorFlow does not have"),
    ("object_attributes/saved_model.pb", keras2(objects=objects(ROOT, sub(2, b""))), "tensorflow.malformed", "a field that was removed"),
    ("variant.pb", graph([*DENSE, const("c", tensor(21, (), sub(15, sub(1, "tensorflow::data::Wrapped"), sub(2, b"x"))), 21)]), "tensorflow.object",
     "a variant of an unknown type"),
    ("asset_path/saved_model.pb", saved(with_asset("../../etc/passwd")), "tensorflow.asset", "an asset elsewhere"),
    ("asset_absolute/saved_model.pb", saved(with_asset("/etc/passwd")), "tensorflow.asset", "an asset by an absolute path"),
    ("asset_collection/saved_model.pb", saved(with_asset("vocab.txt", sub(2, "..\\x"))), "tensorflow.asset", "an asset elsewhere in a collection"),
    ("any_collection/saved_model.pb", saved(meta(graph(DENSE), entry(4, "c", sub(2, sub(5, sub(1, sub(1, "type.googleapis.com/x.Y"))))))),
     "tensorflow.object", "an unknown message in a collection"),
    ("lambda/saved_model.pb", keras2(objects=objects(ROOT, user("_tf_keras_layer", LAMBDA))), "keras.code", "a Keras Lambda layer"),
    ("metadata_text/saved_model.pb", keras2(objects=objects(ROOT, user("_tf_keras_layer", "x"))), "keras.malformed", "a configuration that is no JSON"),
    ("lambda/keras_metadata.pb", metadata(MODEL, LAMBDA), "keras.code", "a Lambda layer"),
    ("lambda_inside/keras_metadata.pb", metadata(MODEL.replace("Dense", "Lambda")), "keras.code", "a Lambda layer in the layers of a model"),
    ("custom/keras_metadata.pb", metadata(MODEL, DENSE_LAYER.replace('"Dense"', '"EvilLayer"')), "keras.class", "a layer of the loading program"),
    ("module/keras_metadata.pb", metadata(MODEL, DENSE_LAYER.replace('"class_name": "Dense"', '"class_name": "Dense", "module": "os"')), "keras.module",
     "a layer of another module"),
    ("identifier/keras_metadata.pb", metadata(MODEL, identifier="acme_layer"), "tensorflow.object", "an object of an unknown kind"),
    ("second/keras_metadata.pb", sub(1, keras_node(MODEL, 0) + sub(5, LAMBDA)), "keras.code", "a second configuration, of which the last wins"),
    ("field/keras_metadata.pb", metadata(MODEL) + sub(2, "x"), "tensorflow.malformed", "a field that metadata does not have"),
    ("cut/keras_metadata.pb", metadata(MODEL, DENSE_LAYER)[:-9], "tensorflow.truncated", "cut metadata"),
    ("unknown_field.pb", graph(DENSE * 11, extra=sub(6, b"x")), "tensorflow.malformed", "a field that a graph does not have"),
    ("hidden_node.pb", graph([*DENSE, node("n", "Abs", node("evil", "PyFunc"))]), "tensorflow.malformed", "a node as the text of another"),
    ("as_debug_info.pb", sub(1, sub(2, "PyFunc"), sub(1, "n")) + sub(2, sub(1, "f"), sub(2, sub(1, num(2, 7)))), "tensorflow.malformed",
     "a graph that could be debug information"),
    ("wrong_wire.pb", graph([*DENSE, node("n", "Abs") + num(6, 1)]), "tensorflow.malformed", "a field in another form"),
    ("utf8.pb", graph([*DENSE, sub(1, "n") + sub(2, "Abs") + sub(3, b"\xff\xfe")]), "tensorflow.malformed", "text that is none"),
    ("cut.pb", graph(DENSE)[:-20], "tensorflow.*", "a cut graph"),
    ("deep.pb", None, "limit.exceeded", "messages in messages"),
]

NAMED = [
    ("other.pb", num(1, 7) + sub(2, "text"), "another protobuf message"),
    ("unknown_field_soon.pb", graph(DENSE, extra=sub(6, b"x")), "a field that no graph has"),
    ("empty_saved/saved_model.pb", num(1, 1), "a SavedModel without a graph"),
    ("schema2/saved_model.pb", num(1, 2) + sub(2, meta(graph(DENSE))), "a SavedModel of another schema"),
    ("graph.pbtxt", b'node {\n  name: "x"\n  op: "Placeholder"\n}\n', "a graph as text"),
]

WARNED = [("frozen_no_version.pb", graph(DENSE, versions=b""), "tensorflow.version", "a frozen graph without a version")]


def deep():
    inner = call("Abs")
    for _ in range(60):
        inner = sub(10, sub(1, "Abs"), entry(2, "f", sub(2, inner)))
    return graph([*DENSE, node("d", "PartitionedCall", "x", f=inner)])


def main(out):
    rows = []

    def put(name, data, verdict, rule, why):
        path = os.path.join(out, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as f:
            f.write(deep() if data is None else data)
        rows.append((name, verdict, rule, why))

    for name, data, why in GOOD:
        put(name, data, "pass", "-", why)
    for name, data, rule, why in WARNED:
        put(name, data, "warn", rule, why)
    for name, data, rule, why in BAD:
        put(name, data, "inconclusive" if rule.startswith("limit.") else "fail", "*" if rule.endswith("*") else rule, why)
    for name, data, why in NAMED:
        put(name, data, "fail", "format.unsupported", why)
    gen_bundle.write(lambda name, data, verdict, rule, why: put(name, data, verdict, "*" if rule.endswith("*") else rule, why))
    with open(os.path.join(out, "INDEX.tsv"), "w", encoding="utf-8") as f:
        for row in rows:
            f.write("\t".join(row) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
