#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes recipes (configurations, chat templates, flat model files) that name code, and good ones, into a directory.

gen_recipes.py DIR writes DIR/NAME/FILE and DIR/INDEX.tsv: file, expected verdict, a rule that must be among the findings
("-": none at all), and a sentence that says what is wrong with it. Needs only the standard library; written by the
formats' specifications.
"""
import json
import os
import sys

sys.dont_write_bytecode = True
from gen_flat import bad_flat, bad_mxnet, bad_pte, good_flat, good_mxnet, good_pte  # noqa: E402
from gen_templates import BAD, GOOD  # noqa: E402

MLMODEL = """artifact_path: model
flavors:
  python_function:
    env:
      conda: conda.yaml
      virtualenv: python_env.yaml
    loader_module: mlflow.sklearn
    model_path: model.pkl
    predict_fn: predict
    python_version: 3.11.2
  sklearn:
    code: null
    pickled_model: model.pkl
    serialization_format: cloudpickle
    sklearn_version: 1.2.1
mlflow_version: 2.9.2
model_uuid: 0123456789abcdef0123456789abcdef
run_id: 0123456789abcdef0123456789abcdef
signature:
  inputs: '[{"type": "double", "name": "sepal length (cm)"}, {"type": "double", "name":
    "sepal width (cm)"}]'
  outputs: '[{"type": "long"}]'
utc_time_created: '2024-01-02 03:04:05.678901'
"""

TRITON = """name: "densenet"
backend: "onnxruntime"
max_batch_size: 0
input [
  {
    name: "data_0"
    data_type: TYPE_FP32
    format: FORMAT_NCHW
    dims: [ 3, 224, 224 ]
    reshape { shape: [ 1, 3, 224, 224 ] }
  }
]
output [ { name: "fc6_1" data_type: TYPE_FP32 dims: [ 1000 ] label_filename: "labels.txt" } ]
instance_group [ { count: 1 kind: KIND_GPU gpus: [ 0 ] } ]
dynamic_batching { preferred_batch_size: [ 4, 8 ] max_queue_delay_microseconds: 100 }
version_policy: { latest { num_versions: 2 } }
"""

INDEX = {"_class_name": "StableDiffusionPipeline", "_diffusers_version": "0.27.0", "feature_extractor": ["transformers", "CLIPImageProcessor"],
         "requires_safety_checker": True, "safety_checker": ["stable_diffusion", "StableDiffusionSafetyChecker"], "image_encoder": [None, None],
         "scheduler": ["diffusers", "PNDMScheduler"], "text_encoder": ["transformers", "CLIPTextModel"], "unet": ["diffusers", "UNet2DConditionModel"]}

MODULES = [{"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
           {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
           {"idx": 2, "name": "2", "path": "2_Normalize", "type": "sentence_transformers.models.Normalize"}]

ADAPTER = {"auto_mapping": {"base_model_class": "LlamaForCausalLM", "parent_library": "transformers.models.llama.modeling_llama"},
           "base_model_name_or_path": "org/base", "peft_type": "LORA", "r": 8, "target_modules": ["q_proj", "v_proj"]}

NEMO = "name: run\nmodel:\n  optim:\n    _target_: torch.optim.AdamW\n    lr: 0.001\n  layers:\n  - _target_: torch.nn.ReLU\n"


REQUIREMENTS = """# what the model was trained with
mlflow==2.9.2
numpy>=1.24,<2 ; python_version < "3.12"
scikit-learn[alldeps]~=1.2 \\
    --hash=sha256:0123456789abcdef \\
    --hash=sha256:fedcba9876543210
zope.interface
"""

CONDA = """channels:
- conda-forge
dependencies:
- python=3.11.2
- pip<=23.0.1
- pip:
  - mlflow==2.9.2
  - scikit-learn==1.2.1
name: mlflow-env
prefix: /opt/conda/envs/mlflow-env
"""


def changed(value, **changes):
    return dict(value, **changes)


def good():
    yield "diffusers/model_index.json", "A pipeline as diffusers saves it.", INDEX
    yield "sentence/modules.json", "Modules of sentence-transformers.", MODULES
    yield "sentence/2_Dense/config.json", "A dense layer with its activation.", {"in_features": 4, "activation_function": "torch.nn.modules.activation.Tanh"}
    yield "peft/adapter_config.json", "An adapter of PEFT.", ADAPTER
    yield "mlflow/MLmodel", "A scikit-learn model as MLflow logs it.", MLMODEL
    yield "hydra/config.yaml", "Targets that take numbers only.", NEMO
    yield "triton/config.pbtxt", "An ONNX model for Triton.", TRITON
    yield "pip/requirements.txt", "Packages with versions, markers and digests, as pip-compile writes them.", REQUIREMENTS
    yield "conda/conda.yaml", "An environment as MLflow logs it and conda exports it.", CONDA
    yield "python/python_env.yaml", "The Python of a model as MLflow logs it.", "python: 3.11.2\nbuild_dependencies:\n- pip==23.0.1\n- setuptools\ndependencies:\n- -r requirements.txt\n"
    yield "paths/labels.json", "Names that look like keys of jsonpickle, as values and in longer keys.", {"py/objects": 1, "files": ["py/reduce", "py/object"]}
    yield "disk/state.json", "What save_to_disk writes beside its Arrow files.", {"_data_files": [{"filename": "data-00000-of-00001.arrow"}], "_fingerprint": "0"}
    yield "hub/.gitattributes", "What the hub writes beside weights.", "*.safetensors filter=lfs diff=lfs merge=lfs -text\n"


def templates(table):
    """Each as a file of its own, and in a tokenizer's configuration as text and in a list."""
    for i, (name, (sentence, text)) in enumerate(table.items()):
        yield "%s/chat_template.jinja" % name, sentence, text
        config = {"chat_template": text if i % 2 else [{"name": "default", "template": text}, {"name": "tool_use", "template": "{{ messages }}"}]}
        yield "%s/tokenizer_config.json" % name, sentence, config


def bad():
    yield "d1/model_index.json", "config.module-reference", "A part is loaded from a module beside the model.", changed(INDEX, unet=["my_unet", "Net"])
    yield "d2/model_index.json", "config.module-reference", "A part's class is a path.", changed(INDEX, unet=["diffusers", "utils.Net"])
    yield "d3/model_index.json", "config.custom-pipeline", "The pipeline itself comes with the model.", changed(INDEX, _class_name=["pipeline", "P"])
    yield "d4/model_index.json", "config.custom-pipeline", "A custom pipeline is named.", changed(INDEX, custom_pipeline="org/evil")
    yield "s1/modules.json", "config.module-reference", "A module type is a function to call.", [changed(MODULES[0], type="os.system")]
    yield "s2/modules.json", "config.module-reference", "A module type is no model of the library.", \
        [changed(MODULES[0], type="sentence_transformers.util.x")]
    yield "s3/modules.json", "config.path", "A module lies outside of the folder.", [changed(MODULES[1], path="../../x")]
    yield "s4/config.json", "config.module-reference", "An activation is any function.", {"activation_function": "antigravity.x"}
    yield "p1/adapter_config.json", "config.module-reference", "The base class is imported from any module.", \
        changed(ADAPTER, auto_mapping={"base_model_class": "M", "parent_library": "evil"})
    yield "p2/adapter_config.json", "config.auto-map", "An adapter with remote code.", changed(ADAPTER, auto_map={"AutoModel": "m.M"})
    yield "m1/MLmodel", "mlflow.loader", "A module of the attacker loads the model.", MLMODEL.replace("mlflow.sklearn", "evil")
    yield "m2/MLmodel", "mlflow.code", "Code comes with the model.", MLMODEL.replace("code: null", "code: code")
    yield "m3/MLmodel", "mlflow.code", "The model is a pickled Python object.", MLMODEL.replace("predict_fn: predict", "python_model: python_model.pkl")
    yield "m4/MLmodel", "mlflow.flavor", "A flavor that MLflow does not have.", MLMODEL.replace("  sklearn:", "  evil:")
    yield "m5/MLmodel", "config.path", "The model lies outside of the folder.", MLMODEL.replace("pickled_model: model", "pickled_model: ../../model")
    yield "m6/MLmodel", "mlflow.malformed", "Flow style hides the loader.", "flavors: {python_function: {loader_module: os}}\n"
    yield "h1/c.yaml", "recipe.code-reference", "Hydra calls os.system.", NEMO.replace("torch.nn.ReLU", "os.system")
    yield "h2/c.yaml", "recipe.code-reference", "The key is escaped.", 'a:\n  "_t\\x61rget_": os.system\n'
    yield "h3/c.yaml", "recipe.code-reference", "The key is split over lines.", 'a:\n  "_tar\\\n  get_": os.system\n'
    yield "h4/c.yaml", "recipe.code-reference", "A tag of Python.", "a: !!python/object/apply:os.system [id]\n"
    source = "requirements.source"
    yield "r1/requirements.txt", source, "Packages come from another index.", "--index-url https://packages.example/simple\n" + REQUIREMENTS
    yield "r2/requirements.txt", source, "One index more, where a newer version of a name wins.", REQUIREMENTS + "--extra-index-url=https://packages.example/simple\n"
    yield "r3/requirements.txt", source, "A package is built from a repository.", REQUIREMENTS + "git+https://packages.example/x.git\n"
    yield "r4/requirements.txt", source, "A package by name is taken from a URL.", REQUIREMENTS + "torch @ https://packages.example/torch.whl\n"
    yield "r5/requirements.txt", source, "A package comes with the model.", REQUIREMENTS + "./wheels/torch-2.1-py3-none-any.whl\n"
    yield "r6/requirements.txt", source, "Another list is read.", "-r other.txt\n"
    yield "r7/requirements.txt", source, "In UTF-7, which pip takes by a comment, this is a URL.", "# coding: utf-7\ngit+-https:+AC8ALw-packages.example\n"
    yield "r8/requirements.txt", "format.malformed", "A line separator ends the comment for pip alone.", "# torch\u2028-i https://packages.example/simple\n"
    yield "r9/requirements.txt", source, "An option is split over two lines.", "--index\\\n-url https://packages.example/simple\n"
    yield "r10/requirements.txt", source, "A variable of the installer's environment is put in.", "torch @ ${WHERE}\n"
    yield "e1/conda.yaml", source, "pip's part of an environment names another index.", CONDA.replace("- mlflow==2.9.2", "- --index-url https://packages.example/simple")
    yield "e2/conda.yaml", source, "A channel is a URL.", CONDA.replace("conda-forge", "https://packages.example/conda")
    yield "e3/environment.yml", source, "The slashes are escaped.", 'dependencies:\n- pip:\n  - "git+https:\\x2f\\x2fpackages.example"\n'
    yield "j1/state.json", "json.pickled-object", "jsonpickle calls os.system.", {"py/object": "a.X", "py/reduce": [{"py/function": "os.system"}, {"py/tuple": ["id"]}]}
    yield "j2/state.json", "json.pickled-object", "jsonpickle evaluates a text.", {"a": [{"py/repr": "os/os.system('id')"}]}
    yield "g1/.git/config", "code.not-built", "git runs the named program when it looks for changes.", "[core]\n\tfsmonitor = id\n"
    yield "g2/.vscode/tasks.json", "code.not-built", "An editor runs the task when it opens the folder.", {"version": "2.0.0", "tasks": [{"type": "shell", "command": "id"}]}
    yield "g3/.envrc", "code.not-built", "direnv runs it when a shell enters the folder.", "id\n"
    yield "g4/Makefile", "code.not-built", "make runs it.", "all:\n\tid\n"
    yield "g5/pyproject.toml", "code.not-built", "Installing the folder runs its build backend.", "[build-system]\nrequires = []\nbuild-backend = 'evil'\nbackend-path = ['.']\n"
    yield "g6/MLproject", "code.not-built", "MLflow runs the command of an entry point.", "name: x\nentry_points:\n  main:\n    command: id\n"
    yield "g7/.Rprofile", "code.not-built", "R runs it when it starts in the folder.", "system('id')\n"
    yield "g8/.claude/settings.json", "code.not-built", "A coding assistant that opens the folder runs the hook.", {"hooks": {"SessionStart": [{"hooks": [{"type": "command", "command": "id"}]}]}}
    yield "g9/pip.conf", "code.not-built", "pip takes packages from there.", "[global]\nindex-url = http://packages.example/simple\n"
    yield "l1/state.json", "config.path", "A dataset on disk that maps a file of the machine.", {"_data_files": [{"filename": "../../../etc/passwd"}]}
    yield "t1/config.pbtxt", "pbtxt.backend", "The backend is Python.", TRITON.replace("onnxruntime", "python")
    yield "t2/config.pbtxt", "pbtxt.code", "A library of operators is loaded.", TRITON + 'model_operations { op_library_filename: "x.so" }\n'
    yield "t3/config.pbtxt", "pbtxt.code", "The backend's library is named.", TRITON + 'runtime: "libevil.so"\n'
    yield "t4/config.pbtxt", "pbtxt.malformed", "A string has escapes.", TRITON.replace("onnxruntime", "onnx\\162untime")
    yield "t5/config.pbtxt", "config.path", "A file outside of the folder is read.", TRITON.replace("labels.txt", "../../../etc/passwd")


def main():
    root = sys.argv[1]
    os.makedirs(root, exist_ok=True)
    rows = [(n, "fail", r, s, d) for rows in (bad(), bad_flat(), bad_pte(), bad_mxnet()) for n, r, s, d in rows] + [("bad_" + n, "fail", "template.dangerous", s, d) for n, s, d in templates(BAD)]
    rows += [(n, "pass", "-", s, d) for rows in (good(), good_flat(), good_pte(), good_mxnet()) for n, s, d in rows] + [("good_" + n, "pass", "-", s, d) for n, s, d in templates(GOOD)]
    with open(os.path.join(root, "INDEX.tsv"), "w", encoding="utf-8") as index:
        for name, verdict, rule, sentence, data in rows:
            if isinstance(data, (dict, list)):
                data = json.dumps(data, indent=2) + "\n"
            path = os.path.join(root, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as f:
                f.write(data if isinstance(data, bytes) else data.encode())
            index.write("%s\t%s\t%s\t%s\n" % (name, verdict, rule, sentence))


if __name__ == "__main__":
    main()
