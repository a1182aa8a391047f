#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes models of decision trees, good and bad, into a directory.

gen_trees.py DIR writes DIR/NAME and DIR/INDEX.tsv: file, expected verdict, a rule that must be among the findings
("-": none at all), and a sentence that says what it is. XGBoost itself writes its models where Python has it; all
others are written here by the formats that the libraries publish. Needs only the standard library else.
"""
import copy
import json
import os
import struct
import sys

from gen_flat import Table, Writer

# ---- XGBoost ----


def number(value):
    return b"L" + struct.pack(">q", value)


def ubj(value):
    """As XGBoost writes it: arrays of numbers with their type, all lengths with the mark L."""
    if value is None:
        return b"Z"
    if isinstance(value, bool):
        return b"T" if value else b"F"
    if isinstance(value, int):
        return b"i" + struct.pack(">b", value) if -128 < value < 127 else b"l" + struct.pack(">i", value)
    if isinstance(value, float):
        return b"d" + struct.pack(">f", value)
    if isinstance(value, str):
        return b"S" + number(len(value.encode())) + value.encode()
    if isinstance(value, dict):
        return b"{" + b"".join(number(len(k)) + k.encode() + ubj(v) for k, v in value.items()) + b"}"
    if value and all(type(v) is int for v in value):
        return b"[$l#" + number(len(value)) + struct.pack(">%di" % len(value), *value)
    if value and all(type(v) is float for v in value):
        return b"[$d#" + number(len(value)) + struct.pack(">%df" % len(value), *value)
    return b"[#" + number(len(value)) + b"".join(ubj(v) for v in value)


def tree(left, right, features=3, **other):
    n = len(left)
    parents = [2147483647] + [0] * (n - 1)
    for i in range(n):
        if left[i] > 0:
            parents[left[i]] = parents[right[i]] = i
    t = {
        "base_weights": [0.5] * n, "categories": [], "categories_nodes": [], "categories_segments": [], "categories_sizes": [],
        "default_left": [0] * n, "id": 0, "left_children": left, "loss_changes": [1.0] * n, "parents": parents,
        "right_children": right, "split_conditions": [0.25] * n, "split_indices": [i % features if left[i] > 0 else 0 for i in range(n)],
        "split_type": [0] * n, "sum_hessian": [2.0] * n,
        "tree_param": {"num_deleted": "0", "num_feature": str(features), "num_nodes": str(n), "size_leaf_vector": "1"},
    }
    t.update(other)
    return t


def model(trees, objective=None, groups=None, features=3, classes=0, version=(2, 1, 1), **other):
    for i, t in enumerate(trees):
        t["id"] = i
    inner = {
        "gbtree_model_param": {"num_parallel_tree": "1", "num_trees": str(len(trees))}, "iteration_indptr": list(range(len(trees) + 1)),
        "tree_info": groups or [0] * len(trees), "trees": trees,
    }
    inner.update(other)
    return {
        "learner": {
            "attributes": {}, "feature_names": [], "feature_types": [], "gradient_booster": {"model": inner, "name": "gbtree"},
            "learner_model_param": {"base_score": "5E-1", "boost_from_average": "1", "num_class": str(classes),
                                    "num_feature": str(features), "num_target": "1"},
            "objective": objective or {"name": "reg:squarederror", "reg_loss_param": {"scale_pos_weight": "1"}},
        },
        "version": list(version),
    }


STUMP = ([1, -1, -1], [2, -1, -1])


def xgb_both(name, verdict, rule, sentence, document):
    yield name + ".json", verdict, rule, sentence, json.dumps(document, separators=(",", ":")).encode()
    yield name + ".ubj", verdict, rule, sentence + " As UBJSON.", ubj(document)


def xgb_written():
    """What the versions write that Debian does not have."""
    yield "xgb_stump", "One split.", model([tree(*STUMP)])
    yield "xgb_leaf", "A tree that is one leaf.", model([tree([-1], [-1])])
    yield "xgb_none", "No trees at all.", model([])
    old = tree(*STUMP)
    old["default_left"] = [True, False, False]
    for key in ("categories", "categories_nodes", "categories_segments", "categories_sizes", "split_type"):
        del old[key]
    m = model([old], version=(1, 0, 2))
    del m["learner"]["feature_names"], m["learner"]["feature_types"], m["learner"]["gradient_booster"]["model"]["iteration_indptr"]
    m["learner"]["learner_model_param"] = {"base_score": "0.5", "num_class": "0", "num_feature": "3"}
    yield "xgb_1_0", "The first JSON form, without categories.", m
    chain = [i + 1 if i % 2 == 0 and i < 40 else -1 for i in range(41)]
    yield "xgb_chain", "A tree that leans to one side.", model([tree([i + 1 if i % 2 == 0 and i < 40 else -1 for i in range(41)],
                                                                  [i + 2 if v > 0 else -1 for i, v in enumerate(chain)])])
    yield "xgb_classes", "Three classes.", model([tree(*STUMP) for _ in range(6)], {"name": "multi:softmax", "softmax_multiclass_param": {"num_class": "3"}},
                                                 [0, 1, 2] * 2, classes=3, iteration_indptr=[0, 3, 6])
    cats = tree(*STUMP, categories=[0, 2], categories_nodes=[0], categories_segments=[0], categories_sizes=[2], split_type=[1, 0, 0])
    m = model([cats], version=(3, 1, 0), cats={
        "enc": [{"offsets": [0, 1, 3, 6], "values": list(b"abbccc")}, {"type": 6, "values": [7, 9]}, {"type": 6, "values": []}],
        "feature_segments": [0, 3, 5, 5], "sorted_idx": [0, 1, 2, 0, 1]})
    m["learner"]["feature_types"] = ["c", "c", "float"]
    m["learner"]["learner_model_param"]["base_score"] = "[5E-1]"
    yield "xgb_categories", "A categorical split, with the names of the categories.", m
    wide = tree([1, -1, -1], [2, 0, 1], base_weights=[0.5] * 6, leaf_weights=[0.5] * 4)
    wide["tree_param"]["size_leaf_vector"] = "2"
    m = model([wide], version=(3, 1, 0))
    m["learner"]["learner_model_param"].update(num_target="2", base_score="[1E0,2E0]")
    yield "xgb_vector", "A tree with two values at each leaf.", m
    m = model([tree(*STUMP), tree(*STUMP)])
    m["learner"]["gradient_booster"] = {"gbtree": m["learner"]["gradient_booster"], "name": "dart", "weight_drop": [0.5, 1.0]}
    yield "xgb_dart", "Dropped trees.", m
    m = model([])
    m["learner"]["gradient_booster"] = {"model": {"boosted_rounds": 2, "weights": [0.5, 1.5, 0.5, 1.5]}, "name": "gblinear"}
    yield "xgb_linear", "A linear model.", m


def xgb_bad():
    def stump(**other):
        t = tree(*STUMP)
        t.update(other)
        return model([t])

    tree_rule = "xgboost.tree"
    yield "xgb_left_beyond", tree_rule, "A child beyond the arrays, which a predictor reads.", stump(left_children=[3, -1, -1])
    yield "xgb_left_huge", tree_rule, "A child far beyond the arrays.", stump(left_children=[1 << 30, -1, -1])
    yield "xgb_left_negative", tree_rule, "A child before the arrays.", stump(left_children=[-2, -1, -1])
    yield "xgb_cycle", tree_rule, "A child that is the root: prediction never ends.", stump(left_children=[0, -1, -1])
    yield "xgb_self", tree_rule, "A leaf that is its own child.", stump(left_children=[1, 1, -1], right_children=[2, 2, -1])
    yield "xgb_short", tree_rule, "An array shorter than the tree.", stump(split_conditions=[0.5, 0.5])
    yield "xgb_short_stats", tree_rule, "Statistics shorter than the tree.", stump(sum_hessian=[0.5])
    yield "xgb_feature", tree_rule, "A split by a feature that is not there.", stump(split_indices=[3, 0, 0])
    yield "xgb_feature_negative", tree_rule, "A split by a feature below zero.", stump(split_indices=[-1, 0, 0])
    yield "xgb_category", tree_rule, "A category that asks for two gigabytes of bits.", stump(
        split_type=[1, 0, 0], categories=[2147483647], categories_nodes=[0], categories_segments=[0], categories_sizes=[1])
    yield "xgb_category_beyond", tree_rule, "A list of categories that ends beyond all of them.", stump(
        split_type=[1, 0, 0], categories=[1], categories_nodes=[0], categories_segments=[0], categories_sizes=[2])
    yield "xgb_nodes", tree_rule, "More nodes announced than there are.", stump(
        tree_param={"num_deleted": "0", "num_feature": "3", "num_nodes": "1000000", "size_leaf_vector": "1"})
    yield "xgb_vector_short", tree_rule, "Two values at each leaf are announced, and one is there.", stump(
        tree_param={"num_deleted": "0", "num_feature": "3", "num_nodes": "3", "size_leaf_vector": "2"}, right_children=[2, 0, 1], leaf_weights=[0.5, 0.5])
    yield "xgb_key", "xgboost.malformed", "A key that no XGBoost writes.", stump(on_load="os.system('id')")
    yield "xgb_group", tree_rule, "A tree of a group that is not there.", model([tree(*STUMP)], groups=[1])
    yield "xgb_trees", tree_rule, "Fewer trees than announced.", model([tree(*STUMP)], gbtree_model_param={"num_trees": "2"})
    yield "xgb_rounds", tree_rule, "Rounds that end beyond the trees.", model([tree(*STUMP)], iteration_indptr=[0, 9])
    yield "xgb_objective", "xgboost.component", "An objective of somebody's own.", model([tree(*STUMP)], {"name": "custom:objective"})
    m = model([tree(*STUMP)])
    m["learner"]["gradient_booster"]["name"] = "gbplugin"
    yield "xgb_booster", "xgboost.component", "A booster of somebody's own.", m
    m = model([tree(*STUMP)])
    m["learner"]["feature_names"] = ["a"]
    yield "xgb_names", tree_rule, "Fewer names than features.", m
    yield "xgb_version", "format.unsupported", "A version to come.", model([tree(*STUMP)], version=(9, 0, 0))
    yield "xgb_snapshot", "format.unsupported", "A snapshot of memory.", {"Config": {"learner": {}}, "Model": model([])}


def xgb_bytes():
    whole = json.dumps(model([tree(*STUMP)]), separators=(",", ":")).encode()
    yield "xgb_cut.json", "fail", "xgboost.truncated", "The first two thirds.", whole[:len(whole) * 2 // 3]
    yield "xgb_twice.json", "fail", "xgboost.malformed", "Something behind it.", whole + b"{}"
    yield "xgb_nan.json", "pass", "-", "A split condition that is no number, as categorical splits have.", whole.replace(b"0.25", b"NaN", 1)
    yield "xgb_nan_child.json", "fail", "xgboost.malformed", "A child that is no number.", whole.replace(b"[1,-1,-1]", b"[NaN,-1,-1]", 1)
    hidden = model([tree(*STUMP)])
    hidden["learner"] = dict(zzz=0, **hidden["learner"])
    yield "xgb_hidden.json", "fail", "json.model", "A model behind a key of another kind.", json.dumps(hidden).encode()
    yield "xgb_hidden.txt", "fail", "json.model", "A model behind white space, under a name of text.", b"{" + b" " * 600 + whole[1:]
    data = ubj(model([tree(*STUMP)]))
    yield "xgb_cut.ubj", "fail", "xgboost.truncated", "The first two thirds.", data[:len(data) * 2 // 3]
    yield "xgb_more.ubj", "fail", "xgboost.malformed", "Something behind it.", data + b"Z"
    at = data.index(b"[$d#L") + 5
    yield "xgb_length.ubj", "fail", "xgboost.truncated", "An array of 2^62 numbers.", data[:at] + struct.pack(">q", 1 << 62) + data[at + 8:]
    at = data.index(b"L", data.index(b"5E-1") - 9) + 1
    yield "xgb_text.ubj", "fail", "xgboost.truncated", "A text of 2^62 bytes, which XGBoost copies from behind the file.", \
        data[:at] + struct.pack(">q", 1 << 62) + data[at + 8:]
    yield "xgb_deep.ubj", "fail", "xgboost.malformed", "A thousand arrays in each other.", data[:28] + b"[" * 1000
    yield "xgb_base64.model", "fail", "format.unsupported", "The form in base 64.", b"bs64\tAAAAPwMAAAA=\n"


def xgb_binary(node=None, objective="reg:squarederror", booster="gbtree", tail=b"", magic=b"binf", attributes=()):
    """The form of before 3.1, with one stump of one feature."""
    def text(t):
        return struct.pack("<Q", len(t)) + t.encode()

    if attributes:
        tail = struct.pack("<Q", len(attributes)) + b"".join(text(key) + text(value) for key, value in attributes) + tail
    nodes = node or ((-1, 1, 2, 0), (-2147483648, -1, -1, 0), (0, -1, -1, 0))
    out = magic + struct.pack("<fIiiiIIIi", 0.5, 1, 0, bool(attributes), 0, 1, 7, 1, 1) + bytes(100) + text(objective) + text(booster)
    if booster == "gblinear":
        return out + bytes(136) + struct.pack("<Q2f", 2, 0.5, 0.5) + tail
    out += struct.pack("<iiiiqii", 1, 1, 0, 0, 0, 0, 0) + bytes(128) + struct.pack("<iiiiIi", 1, len(nodes), 0, 0, 1, 0) + bytes(124)
    out += b"".join(struct.pack("<iiiIf", *n, 0.5) for n in nodes) + bytes(16 * len(nodes)) + struct.pack("<i", 0)
    return out + (struct.pack("<Qf", 1, 1.0) if booster == "dart" else b"") + tail


def xgb_binaries():
    yield "xgb_good.model", "pass", "-", "The binary form.", xgb_binary()
    yield "xgb_bare.model", "pass", "-", "The binary form without its magic.", xgb_binary(magic=b"")
    yield "xgb_dart.model", "pass", "-", "Dropped trees.", xgb_binary(booster="dart")
    yield "xgb_linear.model", "pass", "-", "A linear model.", xgb_binary(booster="gblinear")
    objective = ("objective", '{"name": "reg:squarederror", "reg_loss_param": {"scale_pos_weight": "1"}}')
    metrics = "rmse;ndcg@5-;map@3;aft-nloglik;error@0.5;auc;"
    yield "xgb_attributes.model", "pass", "-", "Attributes.", xgb_binary(attributes=(("best_iteration", "1"), ("metrics", metrics), objective))
    yield "xgb_metric.model", "fail", "xgboost.component", "A metric of somebody's own.", xgb_binary(attributes=(("metrics", "rmse;own;"),))
    yield "xgb_beyond.model", "fail", "xgboost.tree", "A child beyond the tree.", xgb_binary(((-1, 1, 9, 0), (-2147483648, -1, -1, 0), (0, -1, -1, 0)))
    yield "xgb_feature.model", "fail", "xgboost.tree", "A feature that is not there.", xgb_binary(((-1, 1, 2, 1), (-2147483648, -1, -1, 0), (0, -1, -1, 0)))
    yield "xgb_own.model", "fail", "xgboost.component", "An objective of somebody's own.", xgb_binary(objective="custom:own")
    yield "xgb_tail.model", "fail", "xgboost.malformed", "A pickle behind it.", xgb_binary(tail=b"\x80\x02cposix\nsystem\n.")
    yield "xgb_cut.model", "fail", "xgboost.truncated", "The first two thirds.", xgb_binary()[:400]


def xgb_real(folder):
    """Models that XGBoost trains here and writes in all its forms. Yields rows without bytes: the files are there."""
    try:
        import numpy
        import xgboost
    except ImportError:
        print("xgboost is not here: its own models are left out", file=sys.stderr)
        return
    random = numpy.random.RandomState(7)
    x = random.rand(200, 6)
    y = (x[:, 0] + x[:, 1] * x[:, 2] > 0.8).astype(int)
    classes = (y + (x[:, 3] > 0.5)).astype(int)
    bounded = xgboost.DMatrix(x)
    bounded.set_float_info("label_lower_bound", y + 1.0)
    bounded.set_float_info("label_upper_bound", y + 2.0)
    ranked = xgboost.DMatrix(x, classes, qid=numpy.arange(200) // 10)
    relevant = xgboost.DMatrix(x, y, qid=numpy.arange(200) // 10)
    named = xgboost.DMatrix(x, y, feature_names=["height", "width of it", "d\u00e9pth", "a", "b", "c"], feature_types=["q", "float", "int", "i", "q", "q"])
    holes = numpy.where(x > 0.9, numpy.nan, x)
    cats = x.copy()
    cats[:, 0] = random.randint(0, 5, 200)
    cat = xgboost.DMatrix(cats, y, feature_types=["c"] + ["q"] * 5, enable_categorical=True)
    plain, several = xgboost.DMatrix(x, y), xgboost.DMatrix(x, numpy.stack([y, classes], axis=1))
    soft = {"objective": "multi:softprob", "num_class": 3}
    kinds = [
        ("reg", {}, plain), ("logistic", {"objective": "binary:logistic"}, named), ("softprob", soft, xgboost.DMatrix(x, classes)),
        ("softmax", {"objective": "multi:softmax", "num_class": 3}, xgboost.DMatrix(x, classes)), ("poisson", {"objective": "count:poisson"}, plain),
        ("tweedie", {"objective": "reg:tweedie", "tweedie_variance_power": 1.4}, plain), ("gamma", {"objective": "reg:gamma"}, xgboost.DMatrix(x, y + 1)),
        ("hinge", {"objective": "binary:hinge"}, plain), ("raw", {"objective": "binary:logitraw"}, plain), ("cox", {"objective": "survival:cox"}, plain),
        ("huber", {"objective": "reg:pseudohubererror"}, plain), ("absolute", {"objective": "reg:absoluteerror"}, plain),
        ("squaredlog", {"objective": "reg:squaredlogerror"}, plain), ("aft", {"objective": "survival:aft"}, bounded),
        ("pairwise", {"objective": "rank:pairwise"}, ranked), ("ndcg", {"objective": "rank:ndcg"}, ranked), ("map", {"objective": "rank:map"}, relevant),
        ("dart", {"booster": "dart", "rate_drop": 0.5}, plain), ("linear", {"booster": "gblinear"}, plain),
        ("linear_soft", dict(soft, booster="gblinear"), xgboost.DMatrix(x, classes)), ("forest", {"num_parallel_tree": 5, "subsample": 0.5}, plain),
        ("pruned", {"tree_method": "exact", "gamma": 1.5, "max_depth": 6}, plain), ("deep", {"max_depth": 12, "min_child_weight": 0}, plain),
        ("leaves", {"tree_method": "hist", "grow_policy": "lossguide", "max_leaves": 9, "max_depth": 0}, plain),
        ("missing", {}, xgboost.DMatrix(holes, y)), ("categories", {"tree_method": "hist"}, cat), ("targets", {"tree_method": "hist"}, several),
    ]
    for name, params, data in kinds:
        params = dict({"verbosity": 0, "nthread": 1, "max_depth": 3, "seed": 1}, **params)
        booster = xgboost.train(params, data, 4)
        if name == "logistic":
            booster.set_attr(note="trained \"here\"", scikit_learn="{\"_estimator_type\": \"classifier\"}")
        for suffix in ("json", "ubj") + (() if name in ("categories",) else ("deprecated",)):
            file = "xgb_real_%s.%s" % (name, suffix)
            booster.save_model(os.path.join(folder, file))
            yield file, "pass", "-", "Written by XGBoost %s: %s." % (xgboost.__version__, name), None
    part = xgboost.train({"nthread": 1, "verbosity": 0, "objective": "binary:logistic"}, plain, 6)[1:3]
    part.save_model(os.path.join(folder, "xgb_real_slice.json"))
    yield "xgb_real_slice.json", "pass", "-", "Two rounds out of six.", None
    with open(os.path.join(folder, "xgb_config.json"), "w", encoding="utf-8") as f:
        f.write(part.save_config())
    yield "xgb_config.json", "pass", "-", "A configuration, which is plain JSON.", None


def xgb(folder):
    for name, sentence, document in xgb_written():
        yield from xgb_both(name, "pass", "-", sentence, document)
    for name, rule, sentence, document in xgb_bad():
        yield from xgb_both(name, "fail", rule, sentence, copy.deepcopy(document))
    yield from xgb_bytes()
    yield from xgb_binaries()
    yield from xgb_real(folder)


# ---- LightGBM ----

PARAMETERS = (
    ("boosting", "gbdt"), ("objective", "binary"), ("metric", "auc"), ("tree_learner", "serial"), ("device_type", "cpu"),
    ("data_sample_strategy", "bagging"), ("data", ""), ("valid", ""), ("num_iterations", "100"), ("learning_rate", "0.1"),
    ("num_leaves", "31"), ("max_depth", "-1"), ("lambda_l1", "0"), ("monotone_constraints", ""), ("forcedsplits_filename", ""),
    ("interaction_constraints", ""), ("forcedbins_filename", ""), ("parser_config_file", ""), ("label_gain", ""), ("num_machines", "1"),
    ("machine_list_filename", ""), ("machines", ""), ("gpu_device_id", "-1"), ("num_gpu", "1"))


def spaced(values):
    return " ".join(str(v) for v in values)


def lgb_tree(left=(-1,), right=(-2,), features=None, categories=(), linear=None, version=4, **other):
    """A tree by its children; nodes in categories split by the list of bit words that they have there."""
    nodes = len(left)
    leaves = nodes + 1
    boundaries, words = [0], []
    for node in sorted(dict(categories)):
        words += dict(categories)[node]
        boundaries.append(len(words))
    cats = sorted(dict(categories))
    lines = {
        "num_leaves": leaves, "num_cat": len(cats), "split_feature": spaced(features or [i % 3 for i in range(nodes)]),
        "split_gain": spaced([10.5] * nodes), "threshold": spaced(cats.index(i) if i in cats else 0.25 + i for i in range(nodes)),
        "decision_type": spaced(1 if i in cats else (2, 8, 10)[i % 3] for i in range(nodes)), "left_child": spaced(left), "right_child": spaced(right),
        "leaf_value": spaced(0.5 * (-1) ** i for i in range(leaves)), "leaf_weight": spaced([7.25] * leaves), "leaf_count": spaced([20] * leaves),
        "internal_value": spaced([0] * nodes), "internal_weight": spaced([14.5] * nodes), "internal_count": spaced([40] * nodes),
    }
    if version < 3:
        del lines["leaf_weight"], lines["internal_weight"]
    if cats:
        lines.update(cat_boundaries=spaced(boundaries), cat_threshold=spaced(words))
    if version > 2:
        lines["is_linear"] = 1 if linear else 0
    if linear:
        lines["leaf_const"] = spaced([0.125] * leaves)
        lines["num_features"] = spaced(len(f) for f in linear)
        lines["leaf_features"] = "".join(spaced(f) + (" " if f else "") + " " for f in linear)
        lines["leaf_coeff"] = "".join(spaced([1.5] * len(f)) + (" " if f else "") + " " for f in linear)
    lines["shrinkage"] = 0.1
    lines.update(other)
    return "".join("%s=%s\n" % line for line in lines.items() if line[1] is not None)


def lgb(trees, version=4, objective="binary sigmoid:1", features=3, sizes=None, parameters=PARAMETERS, pandas="null", average=False, end="end of trees\n", **other):
    texts = ["Tree=%d\n%s\n\n" % (i, t) for i, t in enumerate(trees)]
    head = {"version": "v%d" % version, "num_class": 1, "num_tree_per_iteration": 1, "label_index": 0, "max_feature_idx": features - 1}
    if objective:
        head["objective"] = objective
    if average:
        head["average_output"] = None
    head.update(feature_names=spaced("Column_%d" % i for i in range(features)), feature_infos=spaced("[0:%d]" % i for i in range(features)))
    head.update(other)
    head["tree_sizes"] = spaced(sizes or [len(t.encode()) for t in texts])
    out = "tree\n" + "".join(k + ("" if v is None else "=%s" % v) + "\n" for k, v in head.items()) + "\n" + "".join(texts) + end
    out += "\nfeature%simportances:\nColumn_0=%d\n" % ("_" if version > 2 else " ", len(trees))
    if parameters:
        out += "\nparameters:\n" + "".join("[%s: %s]\n" % p for p in parameters) + "\nend of parameters\n"
    return (out + ("\npandas_categorical:%s\n" % pandas if pandas else "")).encode()


def lgb_good():
    stump = lgb_tree()
    chain = lgb_tree([1, 2, 3, -1], [-2, -3, -4, -5])
    bush = lgb_tree([1, -1, -2, -3], [2, 3, -4, -5])
    yield "lgb_stump", "One split.", lgb([stump])
    yield "lgb_many", "Trees of several shapes.", lgb([stump, chain, bush, stump])
    yield "lgb_none", "No trees.", lgb([])
    yield "lgb_leaf", "A tree that is one leaf.", lgb([
        "num_leaves=1\nnum_cat=0\nsplit_feature=\nsplit_gain=\nthreshold=\ndecision_type=\nleft_child=\nright_child=\nleaf_value=0.5\nleaf_weight=\n"
        "leaf_count=\ninternal_value=\ninternal_weight=\ninternal_count=\nis_linear=0\nshrinkage=1\n"])
    yield "lgb_classes", "Three classes.", lgb([stump, bush, chain] * 2, objective="multiclass num_class:3", num_class=3, num_tree_per_iteration=3)
    yield "lgb_ova", "One against all.", lgb([stump] * 3, objective="multiclassova num_class:3 sigmoid:1", num_class=3, num_tree_per_iteration=3)
    yield "lgb_rank", "A ranking.", lgb([bush], objective="lambdarank")
    yield "lgb_sqrt", "A regression of roots.", lgb([bush], objective="regression sqrt")
    yield "lgb_forest", "A random forest.", lgb([stump] * 10, average=True)
    yield "lgb_own", "Trained with a function of the user's own, which leaves no name.", lgb([stump], objective=None)
    yield "lgb_categories", "Categorical splits.", lgb([lgb_tree([1, -1], [-2, -3], [1, 0], {0: [6], 1: [4294967295, 1]})],
                                                       feature_infos="[0:1] 0:1:2:-1 none", pandas='[["red", "green"], [1, 2]]')
    yield "lgb_linear", "Linear leaves.", lgb([lgb_tree([1, -1], [-2, -3], linear=[[0, 2], [], [1]])])
    yield "lgb_monotone", "Constraints.", lgb([stump], monotone_constraints="1 0 -1")
    yield "lgb_infinite", "Thresholds and ranges without an end.", lgb([lgb_tree(threshold="1e+300", leaf_value="-inf nan")], feature_infos="[-inf:inf] none none")
    yield "lgb_v3", "Version 3.", lgb([bush], version=3)
    yield "lgb_v2", "Version 2, with parameters.", lgb([lgb_tree(version=2)], version=2)
    yield "lgb_v2_old", "Version 2, when it had no end of trees and no parameters.", lgb([lgb_tree(version=2)], version=2, parameters=None, end="")
    yield "lgb_c", "Written by the library, without pandas.", lgb([stump], pandas=None)
    yield "lgb_wide", "Two hundred leaves in a row.", lgb([lgb_tree(list(range(1, 199)) + [-1], [-i for i in range(2, 201)])])


def lgb_bad():
    stump, rule = lgb_tree(), "lightgbm.tree"
    yield "lgb_leaf_beyond", rule, "A leaf beyond the arrays, which a predictor reads.", lgb([lgb_tree(left_child="-3")])
    yield "lgb_leaf_far", rule, "A leaf far beyond the arrays.", lgb([lgb_tree(right_child="-2147483648")])
    yield "lgb_node_beyond", rule, "A node beyond the arrays.", lgb([lgb_tree(left_child="1000000")])
    yield "lgb_cycle", rule, "A node that is its own child: prediction never ends.", lgb([lgb_tree(left_child="0")])
    yield "lgb_shared", rule, "Two splits that lead to one leaf.", lgb([lgb_tree(left_child="-2")])
    yield "lgb_feature", rule, "A split by a feature that is not there.", lgb([lgb_tree(features=[3])])
    yield "lgb_short", rule, "An array shorter than the leaves.", lgb([lgb_tree(leaf_value="1")])
    yield "lgb_leaves", rule, "A billion leaves, for which a reader makes room.", lgb([lgb_tree(num_leaves=1 << 30)])
    yield "lgb_words", rule, "Categories that end beyond all of them.", lgb([lgb_tree(categories={0: [1]}, cat_boundaries="0 1000000")])
    yield "lgb_list", rule, "A categorical split whose list is not there.", lgb([lgb_tree(categories={0: [1]}, threshold="7")])
    yield "lgb_linear_feature", rule, "A linear leaf by a feature that is not there.", lgb([lgb_tree(linear=[[0], [99]])])
    yield "lgb_linear_count", rule, "More coefficients announced than there are.", lgb([lgb_tree(linear=[[0], [1]], num_features="1 1000000")])
    yield "lgb_size", "lightgbm.sizes", "A size by which LightGBM jumps out of the file.", lgb([stump, stump], sizes=[1 << 30, 5])
    yield "lgb_size_small", "lightgbm.sizes", "A size by which LightGBM reads a tree from the middle of another.", lgb([stump, stump], sizes=[len(stump) - 9, 5])
    yield "lgb_fewer", "lightgbm.sizes", "Fewer trees than announced.", lgb([stump], sizes=[len(stump) + 9, len(stump) + 9])
    yield "lgb_rounds", "lightgbm.sizes", "Two trees in rounds of three.", lgb([stump] * 2, num_tree_per_iteration=3, num_class=3)
    yield "lgb_no_rounds", "lightgbm.malformed", "Rounds of no trees, by which a reader divides.", lgb([stump], num_tree_per_iteration=0)
    yield "lgb_key", "lightgbm.malformed", "A key that no LightGBM writes.", lgb([stump], on_load="os.system")
    yield "lgb_tree_key", "lightgbm.malformed", "A key that no tree has.", lgb([lgb_tree(hook="id")])
    yield "lgb_no_equals", "lightgbm.malformed", "A line without '=', for which a reader searches beyond the file.", lgb([stump + "x\n"])
    yield "lgb_names", "lightgbm.malformed", "Fewer names than features.", lgb([stump], feature_names="a")
    yield "lgb_objective", "lightgbm.objective", "An objective of somebody's own.", lgb([stump], objective="custom_plugin path:1")
    yield "lgb_version", "format.unsupported", "A version to come.", lgb([stump], version=9)
    yield "lgb_parser", "format.unsupported", "A parser of the model's own.", lgb([stump], pandas=None) + b"\nparser:\n{\"className\":\"x\"}\nend of parser\n"
    yield "lgb_pandas", "lightgbm.malformed", "Something else than categories for pandas.", lgb([stump], pandas='{"__class__": "x"}')
    yield "lgb_behind", "lightgbm.malformed", "Something behind it.", lgb([stump]) + b"import os\n"
    yield "lgb_cut", "lightgbm.truncated", "The first half.", lgb([stump] * 4)[:900]
    yield "lgb_unknown_parameter", "lightgbm.malformed", "A parameter that is not known.", lgb([stump], parameters=PARAMETERS + (("shell", "id"),))
    yield "lgb_hidden", "text.model", "A model whose header is behind a long line.", lgb([stump]).replace(b"tree\n", b"tree\n" + b"x" * 600 + b"\n", 1)
    for name, value in (("forcedsplits_filename", "/etc/shadow"), ("forcedbins_filename", "../x.json"), ("machines", "10.0.0.1:12400,10.0.0.2:12400"),
                        ("machine_list_filename", "hosts.txt"), ("parser_config_file", "p.json"), ("input_model", "other.txt")):
        yield "lgb_" + name, "lightgbm.parameter", "A parameter that makes training read or talk: %s." % name, lgb(
            [stump], parameters=PARAMETERS[:6] + ((name, value),))


def lightgbm(folder):
    for name, sentence, data in lgb_good():
        yield name + ".txt", "pass", "-", "LightGBM: " + sentence, data
    for name, rule, sentence, data in lgb_bad():
        yield name + ".txt", "fail", rule, "LightGBM: " + sentence, data
    yield "lgb_command_line.txt", "warn", "lightgbm.path", "LightGBM: Trained on the command line, which leaves the names of its files.", lgb(
        [lgb_tree()], parameters=(("data", "train.csv"), ("valid", "valid.csv"), ("output_model", "LightGBM_model.txt")), pandas=None)
    yield "lgb_words.tsv", "pass", "-", "A list of words that begins with tree.", b"tree\nhouse\ncar\n"


# ---- CatBoost ----

NOWHERE = 0xFFFFFFFF


def cb_base(kind=0, features=(0,)):
    return Table(f0=Table(f0=("i", list(features))), f1=("b", kind))


def cb_table(kind=0, classes=2, index=None, values=bytes(16), base=None):
    """Target statistics: an index of hashes with an empty place, and the values that it leads to."""
    buckets = index if index is not None else ((11, 0), (None, 0), (22, 1), (None, 0))
    raw = b"".join(struct.pack("<QI", 2 ** 64 - 1 if h is None else h, to) for h, to in buckets)
    root = Table(f0=base or cb_base(kind), f1=raw, f2=values, f3=("i", 7), f4=("i", classes))
    data = Writer(b"").finish(root)
    return struct.pack("<I", len(data)) + data


def cb(borders=((0.5, 1.5), (2.5,)), splits=(0, 2, 1), sizes=(2, 1), leaves=None, dimension=1, nodes=None, one_hot=0, statistics=None, ctr_border=0, ctr_kind=0,
       version="FlabuffersModel_v1", parts=None, tail=b"", core=None, **trees):
    """Symmetric trees by their sizes, or nodes as pairs of steps with the leaves that they have."""
    starts = [sum(sizes[:i]) for i in range(len(sizes))]
    count = leaves if leaves is not None else dimension * (sum(1 for n in nodes if n[2] != NOWHERE) if nodes else sum(1 << d for d in sizes))
    floats = [Table(f0=("b", 0), f1=("i", i), f2=("i", i), f3=("f", list(b)), f4="feature %d" % i) for i, b in enumerate(borders)]
    fields = {"f0": ("i", dimension), "f1": ("i", list(splits)), "f2": ("i", list(sizes)), "f3": ("i", starts), "f4": [], "f5": floats, "f6": [], "f7": [],
              "f8": ("d", [0.25] * count), "f9": ("d", [3.0] * (count // dimension)), "f14": ("d", 1.0)}
    if dimension > 1:
        fields["f16"] = ("d", [0.5] * dimension)
    if nodes:
        fields["f10"] = ("I", [left | right << 16 for left, right, _ in nodes])
        fields["f11"] = ("I", [leaf for _, _, leaf in nodes])
    if one_hot or statistics is not None:
        fields["f4"] = [Table(f0=("i", 0), f1=("i", len(borders)), f2="colour")]
    if one_hot:
        fields["f6"] = [Table(f0=("i", 0), f1=("i", list(range(one_hot))), f2=["value %d" % i for i in range(one_hot)])]
    if statistics is not None:
        fields["f7"] = [Table(f0=Table(f0=cb_base(ctr_kind), f1=("i", ctr_border), f3=("f", 1.0)), f1=("f", [0.5]))]
        parts = parts or ["static_provider_v1"]
    fields.update(trees)
    root = {"f0": version, "f1": Table(**fields), "f2": [Table(f0="params", f1='{"depth": 6}'), Table(f0="train_finish_time", f1="2024")]}
    if parts:
        root["f3"] = list(parts)
    root.update(core or {})
    data = Writer(b"").finish(Table(**root))
    out = b"CBM1" + struct.pack("<I", len(data)) + data
    if statistics is not None:
        out += struct.pack("<I", len(statistics)) + b"".join(statistics)
    return out + tail


NODES = ((1, 2, NOWHERE), (0, 0, 0), (0, 0, 1))


def cb_good():
    yield "cb_two", "Two symmetric trees.", cb()
    yield "cb_none", "No trees.", cb(splits=(), sizes=())
    yield "cb_constant", "A tree without splits.", cb(splits=(), sizes=(0,))
    yield "cb_deep", "A tree of depth ten.", cb(splits=[i % 3 for i in range(10)], sizes=(10,))
    yield "cb_classes", "Three answers, with biases.", cb(dimension=3)
    yield "cb_one_hot", "Values of a categorical feature.", cb(one_hot=3, splits=(5, 3, 0))
    yield "cb_statistics", "Target statistics.", cb(statistics=[cb_table()], splits=(3, 0, 1))
    yield "cb_statistics_kinds", "Statistics of all kinds.", cb(statistics=[cb_table(kind=k) for k in range(6)])
    yield "cb_no_tables", "A part without tables.", cb(statistics=[])
    yield "cb_nodes", "A tree of nodes.", cb(splits=(1, 0, 0), sizes=(3,), nodes=NODES)
    yield "cb_nodes_constant", "A tree of nodes without features.", cb(borders=(), splits=(0,), sizes=(1,), nodes=((0, 0, 0),))
    yield "cb_unused", "A feature that no tree uses.", cb(borders=((0.5, 1.5), (), (2.5,)))


def cb_bad():
    rule = "catboost.tree"
    yield "cb_split", rule, "A split by a condition beyond all.", cb(splits=(0, 2, 3))
    yield "cb_split_negative", rule, "A split by a condition before all.", cb(splits=(0, 2, -1))
    yield "cb_leaves", rule, "Fewer leaves than the trees have, beyond which a reader looks.", cb(leaves=5)
    yield "cb_depth", rule, "A tree of two billion leaves.", cb(sizes=(2, 31), splits=[0] * 33, leaves=6)
    yield "cb_size", rule, "A tree longer than the list of splits.", cb(sizes=(2, 9), leaves=6)
    yield "cb_starts", rule, "Trees that overlap.", cb(f3=("i", [0, 1]))
    yield "cb_step", rule, "A step beyond the nodes.", cb(splits=(1, 0, 0), sizes=(3,), nodes=((1, 5000, NOWHERE), (0, 0, 0), (0, 0, 1)))
    yield "cb_leaf", rule, "A leaf beyond the values.", cb(splits=(1, 0, 0), sizes=(3,), nodes=((1, 2, NOWHERE), (0, 0, 0), (0, 0, 1000)), leaves=2)
    yield "cb_index", rule, "Features in an order by which a caller brings too few values.", cb(f5=[
        Table(f0=("b", 0), f1=("i", 100), f2=("i", 100), f3=("f", [0.5, 1.5])), Table(f0=("b", 0), f1=("i", 0), f2=("i", 0), f3=("f", [2.5]))])
    yield "cb_repacked", rule, "Repacked splits by a feature that is not there.", cb(f17=("I", [9, 9, 9]))
    yield "cb_bias", rule, "More biases than answers.", cb(f16=("d", [1.0] * 4))
    yield "cb_bucket", rule, "A hash index that leads beyond its values.", cb(statistics=[cb_table(index=((11, 9), (None, 0)))])
    yield "cb_full", rule, "A hash index without an empty place: a search never ends.", cb(statistics=[cb_table(index=((11, 0), (22, 1)))])
    yield "cb_buckets", rule, "A hash index of three places.", cb(statistics=[cb_table(index=((11, 0), (22, 1), (None, 0)))])
    yield "cb_class", rule, "A class of the target that a table does not have.", cb(statistics=[cb_table(classes=2)], ctr_border=7)
    yield "cb_kind", "catboost.malformed", "Statistics of an unknown kind.", cb(statistics=[cb_table(kind=6)])
    bad_table = cb_table()
    yield "cb_table_root", "catboost.truncated", "A table whose root is not in it: CatBoost reads it without a check.", cb(
        statistics=[bad_table[:4] + struct.pack("<I", 1 << 30) + bad_table[8:]])
    yield "cb_table_size", "catboost.truncated", "A table longer than the file.", cb(statistics=[struct.pack("<I", 1 << 30) + bad_table[4:]])
    yield "cb_tables", "catboost.truncated", "More tables announced than there are.", cb(statistics=[bad_table]).replace(
        struct.pack("<II", 1, len(bad_table) - 4), struct.pack("<II", 1000, len(bad_table) - 4))
    yield "cb_behind", "catboost.malformed", "A pickle behind it.", cb(tail=b"\x80\x02cposix\nsystem\n.")
    yield "cb_cut", "catboost.truncated", "The first half.", cb()[:300]
    yield "cb_root", "catboost.truncated", "A root that is not in the file.", cb()[:8] + struct.pack("<I", 1 << 30) + cb()[12:]
    yield "cb_version", "format.unsupported", "A version to come.", cb(version="FlabuffersModel_v2")
    yield "cb_newer", "format.unsupported", "A field that no version known here has.", cb(f19=("i", 1))
    yield "cb_text", "format.unsupported", "A part that processes texts.", cb(parts=["text_processing_collection_v1"], tail=bytes(64))
    yield "cb_part", "format.unsupported", "An unknown part.", cb(parts=["custom_loader"])
    yield "cb_estimated", "format.unsupported", "Features computed from texts.", cb(f12=[Table(f0=("i", 0), f1=("i", 3))])
    yield "cb_twice", "catboost.malformed", "One part twice.", cb(parts=["static_provider_v1"] * 2)


def cb_json(**changes):
    """By CatBoost's writer, keys sorted as it sorts them."""
    split = {"border": 0.5, "float_feature_index": 0, "split_index": 1, "split_type": "FloatFeature"}
    feature = {"borders": [0.1, 0.5], "feature_id": "x", "feature_index": 0, "flat_feature_index": 0, "has_nans": False, "nan_value_treatment": "AsIs"}
    model = {"ctr_data": None, "features_info": {"float_features": [feature]}, "model_info": {"params": {"loss_function": {"type": "RMSE"}}},
             "oblivious_trees": [{"leaf_values": [0.5, 1.5], "leaf_weights": [3, 4], "splits": [split]}], "scale_and_bias": [1, [0]]}
    return json.dumps({k: v for k, v in (model | changes).items() if v is not ...}).encode()


def cb_jsons():
    leaf = {"value": 1, "weight": 2}
    nested = {"left": leaf, "right": leaf, "split": {"border": 0.5, "float_feature_index": 0, "split_index": 0, "split_type": "FloatFeature"}}
    table = {"counter_denominator": 0, "hash_map": ["123", 1, 2], "hash_stride": 3}
    key = json.dumps({"identifier": [{"cat_feature_index": 0, "combination_element": "cat_feature_value"}], "type": "Borders"})
    yield "cj_plain", "pass", "-", "a model as JSON", cb_json()
    yield "cj_nested", "pass", "-", "with nested trees", cb_json(oblivious_trees=..., trees=[nested])
    yield "cj_tables", "pass", "-", "with target statistics", cb_json(ctr_data={key: table})
    deep = leaf
    for _ in range(60):
        deep = {"left": leaf, "right": deep, "split": nested["split"]}
    for name, rule, sentence, changes in (
            ("key", "catboost.malformed", "a key that CatBoost does not know", {"loader": "os.system"}),
            ("split", "catboost.tree", "a split beyond the borders", {"features_info": {}}),
            ("leaves", "catboost.tree", "too few leaves", {"oblivious_trees": [{"leaf_values": [1], "splits": [nested["split"]]}]}),
            ("stride", "catboost.tree", "a row of no length, by which CatBoost divides", {"ctr_data": {key: table | {"hash_stride": 0}}}),
            ("rows", "catboost.tree", "half a row", {"ctr_data": {key: table | {"hash_map": ["1", 1, 2, "3"]}}}),
            ("kind", "catboost.malformed", "statistics of an unknown kind", {"ctr_data": {key.replace("Borders", "Mine"): table}}),
            ("deep", "catboost.tree", "trees beyond any that CatBoost trains, read by recursion", {"oblivious_trees": ..., "trees": [deep]}),
            ("none", "catboost.malformed", "no features", {"features_info": ...})):
        yield "cj_" + name, "fail", rule, sentence, cb_json(**changes)
    yield "cj_order", "fail", "catboost.malformed", "another key in front", b'{"a": 1, ' + cb_json()[1:]


def catboost(folder):
    for name, verdict, rule, sentence, data in cb_jsons():
        yield name + ".json", verdict, rule, "CatBoost: " + sentence, data
    for name, sentence, data in cb_good():
        yield name + ".cbm", "pass", "-", "CatBoost: " + sentence, data
    for name, rule, sentence, data in cb_bad():
        yield name + ".cbm", "fail", rule, "CatBoost: " + sentence, data


def main():
    folder = sys.argv[1]
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "INDEX.tsv"), "w", encoding="utf-8") as index:
        for source in (xgb, lightgbm, catboost):
            for name, verdict, rule, sentence, data in source(folder):
                if data is not None:
                    with open(os.path.join(folder, name), "wb") as f:
                        f.write(data)
                index.write("\t".join((name, verdict, rule, sentence)) + "\n")


main()
