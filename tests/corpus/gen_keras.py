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


def main():
    os.makedirs(sys.argv[1], exist_ok=True)
    weights = None
    good_archives(weights)
    bad_archives(weights)
    with open(os.path.join(sys.argv[1], "INDEX.tsv"), "w", encoding="utf-8") as f:
        for row in rows:
            f.write("\t".join(row) + "\n")


if __name__ == "__main__":
    main()
