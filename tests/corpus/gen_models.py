#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes what people publish, as the libraries themselves write it, a directory for each profile that must pass it.

gen_models.py DIR writes DIR/PROFILE/FILE. A library that is not here is named on standard error and left out.
DIR/refused and DIR/opaque hold what no profile admits.
"""
import json
import os
import pickle
import struct
import sys

ROOT = sys.argv[1] if len(sys.argv) > 1 else "."


def place(*parts):
    path = os.path.join(ROOT, *parts)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    return path


def write(data, *parts):
    with open(place(*parts), "wb") as f:
        f.write(data.encode() if isinstance(data, str) else data)


# ---- torch ----

def tensors(torch):
    base = torch.arange(24).reshape(2, 3, 4)
    for dtype in ("float32", "float64", "float16", "bfloat16", "int8", "uint8", "int16", "int32", "int64", "bool", "complex64", "complex128"):
        yield dtype, base.to(getattr(torch, dtype))
    yield "scalar", torch.tensor(3.5)
    yield "empty", torch.empty(0, 3)
    yield "strided", base.float().transpose(0, 2)[1:, :, 0]
    yield "slice", base.float()[1, 1:]
    yield "quantized", torch.quantize_per_tensor(base.float(), 0.1, 8, torch.quint8)
    yield "quantized_channels", torch.quantize_per_channel(base.float(), torch.full((2,), 0.1, dtype=torch.float64), torch.zeros(2, dtype=torch.long), 0,
                                                           torch.qint8)
    yield "sparse", torch.eye(3).to_sparse()
    yield "sparse_csr", torch.eye(3).to_sparse_csr()
    yield "parameter", torch.nn.Parameter(base.float())
    yield "buffer_view", {"a": base.float().view(-1)[:4], "b": base.float().view(-1)[4:]}
    yield "nested", {"model": {"enc": {"w": base.float()}, "dec": [base.half(), (base.int(), None)]}, "step": 12, "name": "x", "lr": 0.5, "flags": {1, 2}}
    yield "size_device", {"size": base.size(), "device": torch.device("cpu"), "dtype": torch.float16}


def torch_files(torch):
    nn = torch.nn
    torch.manual_seed(1)
    models = {"mlp": nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.BatchNorm1d(8), nn.Linear(8, 2)),
              "cnn": nn.Sequential(nn.Conv2d(1, 2, 3), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(2, 2)),
              "rnn": nn.GRU(3, 4, 1), "embedding": nn.Embedding(5, 3), "attention": nn.MultiheadAttention(8, 2)}
    for name, model in models.items():
        save(torch, model.state_dict(), "weights", "state_" + name)
        save(torch, model.half().state_dict(), "weights", "state_half_" + name)
        save(torch, model.float(), "torch-module", "module_" + name)
    for name, value in tensors(torch):
        save(torch, value, "weights", "tensor_" + name)
    for kind in ("SGD", "Adam", "AdamW", "RMSprop"):
        model = nn.Linear(3, 2)
        options = {"momentum": 0.9} if kind in ("SGD", "RMSprop") else {}
        optimizer = getattr(torch.optim, kind)(model.parameters(), lr=0.01, **options)
        scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 2)
        for _ in range(3):
            model(torch.ones(1, 3)).sum().backward()
            optimizer.step()
            scheduler.step()
        save(torch, {"model": model.state_dict(), "optimizer": optimizer.state_dict(), "scheduler": scheduler.state_dict(), "epoch": 3,
                     "loss": float("inf"), "rng": torch.get_rng_state(), "args": {"lr": 0.01}}, "weights", "checkpoint_" + kind)
    # A processor without its accelerator: the location is a word in the file, the bytes are the same.
    path = place("weights", "gpu.pt")
    torch.save({"w": torch.ones(2, 2)}, path, _use_new_zipfile_serialization=False)
    with open(path, "rb") as f:
        data = f.read()
    write(data.replace(b"X\x03\x00\x00\x00cpu", b"X\x06\x00\x00\x00cuda:0"), "weights", "gpu.pt")
    # Many of everything: what sorts or grows does so inside the sandbox too.
    save(torch, {"layer.%d" % i: torch.full((2,), i) for i in range(500)}, "weights", "many")
    hub(torch.nn.Linear(4, 2).state_dict())


def save(torch, value, profile, name):
    torch.save(value, place(profile, name + ".pt"))
    torch.save(value, place(profile, name + ".legacy.bin"), _use_new_zipfile_serialization=False)


# ---- safetensors, by hand ----

def safetensors(rows, metadata=None):
    """rows: name, dtype, shape, bytes."""
    header, data = {}, b""
    if metadata:
        header["__metadata__"] = metadata
    for name, dtype, shape, raw in rows:
        header[name] = {"dtype": dtype, "shape": list(shape), "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + data


def safetensors_files():
    widths = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2, "I64": 8, "I32": 4, "I16": 2, "I8": 1, "U64": 8, "U32": 4, "U16": 2, "U8": 1, "BOOL": 1, "F8_E4M3": 1,
              "F8_E5M2": 1}
    for dtype, width in widths.items():
        write(safetensors([("w", dtype, (2, 3), b"\1" * 6 * width)]), "weights", "st_%s.safetensors" % dtype)
    rows = [("layer.%d.weight" % i, "BF16", (4, 4), bytes(range(32))) for i in range(200)]
    write(safetensors(rows, {"format": "pt"}), "weights", "st_many.safetensors")


def hub(state):
    """What a download from a model hub looks like."""
    rows = [(k, "F32", v.shape, v.numpy().tobytes()) for k, v in state.items()]
    vocab = {chr(0x21 + i): i for i in range(90)}
    vocab["\u0120t"] = 90
    model = {"type": "BPE", "dropout": None, "unk_token": None, "vocab": vocab, "merges": ["\u0120 t", "h e"]}
    tokenizer = {"version": "1.0", "truncation": None, "padding": None, "added_tokens":
                 [{"id": 0, "content": "<s>", "single_word": False, "lstrip": False, "rstrip": False, "normalized": True, "special": True}],
                 "normalizer": None, "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True},
                 "post_processor": None, "decoder": {"type": "ByteLevel"}, "model": model}
    template = ("{% for message in messages %}{% if loop.first and message['role'] != 'system' %}{{ '<s>system\\nYou help.</s>\\n' }}{% endif %}"
                "{{ '<s>' + message['role'] + '\\n' + message['content'] | trim + '</s>' + '\\n' }}{% endfor %}"
                "{% if add_generation_prompt %}{{ '<s>assistant\\n' }}{% endif %}")
    texts = {
        "config.json": {"architectures": ["GPT2LMHeadModel"], "model_type": "gpt2", "n_embd": 8, "torch_dtype": "float32", "vocab_size": 91,
                        "id2label": {"0": "NEGATIVE", "1": "POSITIVE"}, "transformers_version": "4.40.0"},
        "tokenizer.json": tokenizer,
        "tokenizer_config.json": {"tokenizer_class": "GPT2Tokenizer", "chat_template": template, "model_max_length": 1000000000000000019884624838656,
                                  "added_tokens_decoder": {"0": {"content": "<s>", "special": True}}},
        "special_tokens_map.json": {"bos_token": "<s>", "eos_token": {"content": "<s>", "lstrip": False}},
        "generation_config.json": {"_from_model_config": True, "eos_token_id": 0, "temperature": 0.7},
        "vocab.json": vocab,
        "model.safetensors.index.json": {"metadata": {"total_size": 40}, "weight_map": {k: "model.safetensors" for k in state}},
        "preprocessor_config.json": {"do_resize": True, "size": {"height": 224, "width": 224}},
    }
    for name, value in texts.items():
        write(json.dumps(value, indent=2, ensure_ascii=name == "vocab.json") + "\n", "weights", "hub", name)
    write(safetensors(rows, {"format": "pt"}), "weights", "hub", "model.safetensors")
    write("#version: 0.2\n\u0120 t\nh e\n", "weights", "hub", "merges.txt")
    write("[PAD]\n[UNK]\n[CLS]\n##ing\nthe\n\u4e2d\n", "weights", "hub", "vocab.txt")
    write("*.bin filter=lfs diff=lfs merge=lfs -text\n*.safetensors filter=lfs diff=lfs merge=lfs -text\n", "weights", "hub", ".gitattributes")
    write("---\nlanguage: en\nlicense: apache-2.0\ntags:\n- text\n---\n\n# A model\n\n```python\nfrom transformers import pipeline\n"
          "pipe = pipeline('text-generation', 'x/y')\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |\n", "weights", "hub", "README.md")


# ---- numpy, scikit-learn, pandas ----

def numpy_files(np):
    for code in "? b B h H i I l L q Q e f d g F D G S5 U7 V3 M8[ns] m8[s]".split():
        for order in "CF":
            array = np.asarray(np.zeros((2, 3), dtype=code), order=order)
            np.save(place("weights", "np_%s_%s.npy" % ("".join(c for c in code if c.isalnum()) + ("q" if code == "?" else "") + str(ord(code[0])), order)), array)
    np.save(place("weights", "np_big_endian.npy"), np.zeros((2, 3), ">f4"))
    np.save(place("weights", "np_struct.npy"), np.zeros(3, dtype=[("x", "<f4"), ("y", "<i8", (2,)), ("n", "S4")]))
    np.save(place("weights", "np_scalar.npy"), np.float64(1))
    np.save(place("weights", "np_view.npy"), np.arange(100).reshape(10, 10)[::2, ::3])
    arrays = {"a": np.arange(10), "b": np.random.RandomState(0).rand(40, 40), "c": np.zeros((0, 3))}
    np.savez(place("weights", "np.npz"), **arrays)
    np.savez_compressed(place("weights", "np_compressed.npz"), **arrays)
    np.savez(place("weights", "np_many.npz"), **{"a%d" % i: np.arange(i) for i in range(500)})
    np.savez(place("weights", "np_positional.npz"), arrays["a"], arrays["b"])
    np.savetxt(place("weights", "np.csv"), arrays["b"][:, :3], delimiter=",", header="a,b,c", comments="")


def sklearn_estimators():
    from sklearn import cluster, compose, decomposition, ensemble, feature_extraction, impute, linear_model, model_selection, naive_bayes, neighbors
    from sklearn import neural_network, pipeline, preprocessing, svm, tree
    n = 40
    import numpy as np
    rng = np.random.RandomState(0)
    x, y = rng.rand(n, 4), rng.randint(0, 2, n)
    fitted = [linear_model.LogisticRegression(), linear_model.LinearRegression(), linear_model.Ridge(), linear_model.Lasso(), linear_model.SGDClassifier(),
              linear_model.ElasticNet(), linear_model.Perceptron(), ensemble.RandomForestClassifier(3), ensemble.GradientBoostingClassifier(n_estimators=3),
              ensemble.HistGradientBoostingClassifier(max_iter=3), ensemble.ExtraTreesRegressor(3), ensemble.IsolationForest(n_estimators=3),
              ensemble.AdaBoostClassifier(n_estimators=3), svm.SVC(), svm.LinearSVC(), svm.SVR(), tree.DecisionTreeClassifier(), tree.DecisionTreeRegressor(),
              neighbors.KNeighborsClassifier(3), neighbors.KNeighborsRegressor(3, algorithm="ball_tree"), naive_bayes.GaussianNB(), naive_bayes.MultinomialNB(),
              neural_network.MLPClassifier((4,), max_iter=5), cluster.KMeans(2, n_init=1), cluster.DBSCAN(), decomposition.PCA(2),
              decomposition.TruncatedSVD(2), preprocessing.StandardScaler(), preprocessing.MinMaxScaler(), preprocessing.OneHotEncoder(),
              preprocessing.PolynomialFeatures(), preprocessing.QuantileTransformer(n_quantiles=5), impute.SimpleImputer(),
              pipeline.Pipeline([("s", preprocessing.StandardScaler()), ("c", linear_model.LogisticRegression())]),
              compose.ColumnTransformer([("a", preprocessing.StandardScaler(), [0, 1])]),
              ensemble.VotingClassifier([("a", tree.DecisionTreeClassifier()), ("b", naive_bayes.GaussianNB())]),
              model_selection.GridSearchCV(linear_model.Ridge(), {"alpha": [0.1, 1]}, cv=2)]
    for e in fitted:
        yield type(e).__name__, e.fit(x, y)
    words = ["aa bb cc", "bb cc dd", "cc dd ee"]
    yield "CountVectorizer", feature_extraction.text.CountVectorizer().fit(words)
    yield "TfidfVectorizer", feature_extraction.text.TfidfVectorizer().fit(words)
    yield "LabelEncoder", preprocessing.LabelEncoder().fit(["a", "b"])


def sklearn_files():
    import joblib
    for name, estimator in sklearn_estimators():
        for p in (2, 4, 5):
            write(pickle.dumps(estimator, protocol=p), "sklearn", "%s.p%d.pkl" % (name, p))
        joblib.dump(estimator, place("sklearn", name + ".joblib"))
        joblib.dump(estimator, place("sklearn", name + ".joblib.gz"), compress=("gzip", 3))
    for how in ("zlib", "bz2", "xz", "lzma"):
        joblib.dump(estimator, place("sklearn", "compressed.joblib." + how), compress=(how, 3))


def pandas_files(pd):
    import numpy as np
    base = pd.DataFrame({"i": [1, 2, 3], "f": [0.5, np.nan, 2], "s": ["a", None, "c"], "b": [True, False, True]})
    frames = {"frame": base, "indexed": base.set_index("s"), "series": base["f"], "dates": base.set_index(pd.date_range("2026-01-01", periods=3)),
              "category": base.astype({"s": "category"}), "multi": base.set_index(["i", "f"]), "nullable": base.convert_dtypes(), "empty": base[:0],
              "index": base.index}
    for name, value in frames.items():
        for p in (2, 4, 5):
            write(pickle.dumps(value, protocol=p), "pandas", "%s.p%d.pkl" % (name, p))
        value.to_series().to_pickle(place("pandas", name + ".pkl.gz")) if name == "index" else value.to_pickle(place("pandas", name + ".pkl.gz"))
    base.to_csv(place("weights", "pandas.csv"), index=False)
    base.to_json(place("weights", "pandas.json"))
    base.to_json(place("weights", "pandas.jsonl"), orient="records", lines=True)


def wide_files():
    """A table of 500 columns, and a schema that knows them all."""
    names = ["c%03d" % i for i in range(500)]
    write(",".join(names) + "\n" + ",".join(["7"] * 500) + "\n", "weights", "wide.csv")
    write(json.dumps({"fields": [{"name": n, "type": "integer", "constraints": {"enum": list(range(100))}} for n in names[:300]] +
                                [{"name": n, "type": "string", "constraints": {"pattern": "[a-z0-9_\u00e0-\u00ff]{1,40}"}} for n in names[300:]]}),
          "schema", "wide.json")


# ---- what no profile admits ----

def refused_files():
    class Hidden:
        def __reduce__(self):
            return (print, ("never called",))
    write(pickle.dumps(Hidden(), 2), "refused", "print.pkl")
    write("version https://git-lfs.github.com/spec/v1\noid sha256:" + "ab" * 32 + "\nsize 12345\n", "refused", "pointer.pt")
    for name in ("pytorch_model.bin", "model.pkl", "model.ckpt", "model.pth", "model.joblib", "model.npy", "model.npz", "model.safetensors"):
        write("version https://git-lfs.github.com/spec/v1\noid sha256:" + "ab" * 32 + "\nsize 12345\n", "refused", "lfs_" + name)
        write("Not Found\n", "refused", "page_" + name)
        write("<!DOCTYPE html>\n<html><body>Sign in</body></html>\n", "refused", "html_" + name)
    write('{"auto_map": {"AutoModel": "modeling_x.XModel"}, "model_type": "x"}', "refused", "auto", "config.json")
    write('{"trust_remote_code": true}', "refused", "remote", "config.json")
    # Text to a reader of text, a program to a reader of pickles.
    write("cos\nsystem\n(S'echo'\ntR.", "refused", "notes.txt")
    write("cos\nsystem\n(S'echo'\ntR.", "refused", "README.md")


def main():
    safetensors_files()
    wide_files()
    refused_files()
    for library, step in (("torch", torch_files), ("numpy", numpy_files), ("pandas", pandas_files)):
        try:
            module = __import__(library)
        except ImportError:
            print("gen_models: without %s" % library, file=sys.stderr)
            continue
        step(module)
    try:
        import sklearn  # noqa: F401
        sklearn_files()
    except ImportError:
        print("gen_models: without sklearn", file=sys.stderr)
    try:
        import h5py
        with h5py.File(place("weights", "weights.h5"), "w") as f:
            f["w"] = [1.0, 2.0]
        with h5py.File(place("weights", "weights.h5"), "r+") as f:
            f["b"] = [3.0]
    except ImportError:
        print("gen_models: without h5py", file=sys.stderr)


if __name__ == "__main__":
    import warnings
    warnings.filterwarnings("ignore")
    main()
