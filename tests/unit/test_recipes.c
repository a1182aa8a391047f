/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/lib/scan_case.h"

static void names(void)
{
	scan_is("model_index.json", "{\"_class_name\": \"P\", \"u\": [\"diffusers\", \"UNet2DModel\"]}", "pass", "a pipeline");
	scan_is("model_index.json", "{\"u\": [\"diffusers\", \"a.b\"]}", "config.module-reference", "a dotted class");
	scan_is("model_index.json", "{\"u\": [\"diffusers\", \"__init__\"]}", "config.module-reference", "a private class");
	scan_is("model_index.json", "{\"u\": [\"diffusers.x\", \"A\"]}", "config.module-reference", "a module below a library");
	scan_is("model_index.json", "{\"_class_name\": \"pipe/P\"}", "config.custom-pipeline", "a pipeline in a file");
	scan_is("model_index.json", "{\"custom_pipeline\": \"a/b\"}", "config.custom-pipeline", "a custom pipeline");
	scan_is("modules.json", "[{\"path\": \"1_Pooling\", \"type\": \"sentence_transformers.models.Pooling\"}]", "pass", "a module");
	scan_is("modules.json", "[{\"path\": \"\", \"type\": \"sentence_transformers.sparse_encoder.models.SpladePooling\"}]", "pass", "a sparse one");
	scan_is("modules.json", "[{\"type\": \"sentence_transformers.util.import_from_string\"}]", "config.module-reference", "another function");
	scan_is("modules.json", "[{\"path\": \"a/../../b\"}]", "config.path", "a path out of the folder");
	scan_is("router_config.json", "{\"types\": {\"a\": \"os.system\"}}", "config.module-reference", "a routed module");
	scan_is("config.json", "{\"activation_function\": \"torch.nn.modules.activation.Tanh\"}", "pass", "an activation");
	scan_is("config.json", "{\"activation_function\": \"gelu_new\"}", "pass", "a name without a module");
	scan_is("config.json", "{\"activation_function\": \"torch.hub.load\"}", "config.module-reference", "a function that is no activation");
	scan_is("adapter_config.json", "{\"auto_mapping\": {\"base_model_class\": \"LlamaModel\", \"parent_library\": \"transformers.models.llama.modeling_llama\"}}",
		"pass", "PEFT's mapping");
	scan_is("adapter_config.json", "{\"auto_mapping\": {\"parent_library\": \"transformers.dynamic_module_utils\"}}", "config.module-reference", "a module without models");
	scan_is("adapter_config.json", "{\"auto_mapping\": {\"parent_library\": \"transformers.models..x\"}}", "config.module-reference", "an empty part");
	scan_is("adapter_config.json", "{\"auto_mapping\": {\"base_model_class\": \"a.b\"}}", "config.module-reference", "a dotted class");
	scan_is("c.json", "{\"_target_\": \"torch.optim.AdamW\", \"lr\": 1}", "pass", "a target of the list");
}

static void yaml(void)
{
	scan_is("c.yaml", "optim:\n  _target_: torch.optim.AdamW\n  lr: 0.1\n", "pass", "a target of the list");
	scan_is("c.yaml", "optim:\n- _target_: torch.nn.Linear\n", "pass", "in a list");
	scan_is("c.yaml", "a: {_target_: torch.nn.Linear}\n", "recipe.code-reference", "in flow style it is not read");
	scan_is("c.yaml", "_target_: torch.nn.Linear.x\n", "recipe.code-reference", "one beyond");
	scan_is("c.yaml", "\"_t\\x61rget_\": os.system\n", "recipe.code-reference", "letters escaped");
	scan_is("c.yaml", "\"_tar\\\n  get_\": os.system\n", "recipe.code-reference", "split over lines");
	scan_is("c.yaml", "\"_ta\\\n  \\u0072\\\n  get_\": os.system\n", "recipe.code-reference", "both");
	scan_is("c.yaml", "# x\r!!python/name:os.system\n", "format.malformed", "behind a carriage return");
	scan_is("c.yaml", "# x\xe2\x80\xa8" "a: !!python/name:os.system\n", "format.malformed", "behind a line separator");
	scan_is("c.yaml", "a: \"b\\\\\"\n", "pass", "an escaped backslash");
}

static void requirements(void)
{
	static const char *const by_name[] = {
		"", "# a comment with a URL: https://x", "torch", "torch==2.1", "torch[a,b]~=1.0", "a.b-c_d>=1,<2 ; python_version < '3.9'", "torch # @ x",
		"torch==1 --hash=sha256:ab", "torch \\\n  --hash=sha256:ab", "--require-hashes", "torch==1.0-2"
	};
	static const char *const elsewhere[] = {
		"-i x", "--index-url=x", "-e .", "-rx", "--no-binary :all:", "torch --global-option=x", "torch -i x", "torch@x", "torch @ x", "git+https://x", "./x",
		"/x", "x/y", ".", "C:\\x", "x.whl/", "${X}", "--ind\\\nex-url x", "# coding=utf-7", "\xef\xbb\xbf-i x", "torch#egg=x", "# x \\\n-i x", "torch # x \\\n-i x", "--require-hashes -i x"
	};

	for (size_t i = 0; i < AY_ARRAY_LEN(by_name); i++)
		is_str(scan_case_with("requirements.txt", by_name[i], strlen(by_name[i]), NULL), "pass", "package list %zu", i);
	for (size_t i = 0; i < AY_ARRAY_LEN(elsewhere); i++)
		is_str(scan_case_with("a/requirements-dev.txt", elsewhere[i], strlen(elsewhere[i]), NULL), "requirements.source", "list from elsewhere %zu", i);
	scan_is("requirements.txt", "torch\v-i x", "format.unknown", "a vertical tab ends pip's line");
	scan_is("requirements.txt", "# a\xc2\x85-i x", "format.malformed", "so does NEL");
	scan_is("notes.txt", "-i x", "pass", "other text is not a list");
	scan_is("conda.yaml", "dependencies:\n- a=1\n- pip:\n  - b==1\n", "pass", "an environment");
	scan_is("conda.yaml", "a:\n- pip:\n  - -e x\n", "requirements.source", "an option in it");
	scan_is("conda.yaml", "a: [b, '--pre']\n", "requirements.source", "in flow style");
	scan_is("conda.yaml", "a:\n- \"b \\x40 c\"\n", "requirements.source", "escaped");
	scan_is("conda.yaml", "a:\n- \"-\\\n  -pre\"\n", "requirements.source", "split");
	scan_is("conda.yaml", "a: [\"b #\", \"--pre\"]\n", "requirements.source", "behind what is no comment");
	scan_is("conda.yaml", "a: [\"b\n# \", \"--pre\"]\n", "requirements.source", "in a text of two lines");
	scan_is("conda.yaml", "# c \\\n- --pre\n", "requirements.source", "behind a comment");
	scan_is("conda.yaml", "- a=1  # of https://x\n", "pass", "a comment");
	scan_is("other.yaml", "a: -1\nb: http://x\n", "pass", "another YAML file");
}

static void code_by_name(void)
{
	static const char *const names[] = {"Makefile", "a/DOCKERFILE", ".git/config", "a/.git/info/exclude", ".vscode/settings.txt", ".envrc", "x.desktop", "X.PS1",
		".env", "pip.conf", "Pipfile.lock", ".mcp.json", ".claude/settings.json", ".hg/hgrc", "MODULE.bazel"};
	static const char *const others[] = {".gitattributes", ".gitignore", "git/config", "a.git/x", "makefile.txt", "x.md"};

	for (size_t i = 0; i < AY_ARRAY_LEN(names); i++)
		scan_is(names[i], "a b\n", "code.not-built", "%s", names[i]);
	for (size_t i = 0; i < AY_ARRAY_LEN(others); i++)
		scan_is(others[i], "a b\n", "pass", "%s", others[i]);
	scan_is("s.json", "{\"a\": {\"py/type\": \"x\"}}", "json.pickled-object", "jsonpickle");
	scan_is("s.json", "{\"py/types\": 1, \"py/id\": 2}", "pass", "keys that build nothing");
}

#define MLFLOW "artifact_path: model\nflavors:\n  python_function:\n    env:\n      conda: conda.yaml\n    loader_module: mlflow.sklearn\n" \
	"    model_path: model.pkl\n  sklearn:\n    code: null\n    pickled_model: model.pkl\n"

static void mlflow(void)
{
	scan_is("m/MLmodel", MLFLOW "signature:\n  inputs: '[{\"type\": \"double\",\n    \"name\": \"it''s: x\"}]'\nutc_time_created: '2024-01-01'\n", "pass", "a model");
	is_str(scan_case_result.format, "mlflow", "is MLflow's");
	scan_is("MLmodel", "flavors:\n  python_function:\n    loader_module: os\n", "mlflow.loader", "another module");
	scan_is("MLmodel", "flavors:\n  python_function:\n    loader_module: mlflow.pyfunc.model\n    python_model: python_model.pkl\n", "mlflow.loader", "a Python model");
	scan_is("MLmodel", "flavors:\n  python_function:\n    code: code\n", "mlflow.code", "code");
	scan_is("MLmodel", "flavors:\n  python_function:\n    code:\n    - a\n", "mlflow.code", "code as a list");
	scan_is("MLmodel", "flavors:\n  python_function:\n    model_code_path: agent.py\n", "mlflow.code", "a model as code");
	scan_is("MLmodel", "flavors:\n  mine:\n    a: 1\n", "mlflow.flavor", "a flavor");
	scan_is("MLmodel", "flavors:\n  sklearn:\n    pickled_model: ../x.pkl\n", "config.path", "a path");
	scan_is("MLmodel", "flavors:\n  sklearn:\n    pickled_model: a\n      /../x.pkl\n", "mlflow.malformed", "a path over two lines");
	scan_is("MLmodel", "flavors:\n  sklearn:\n    pickled_model: '../x'\n", "mlflow.malformed", "a path in quotes");
	scan_is("MLmodel", "flavors: {python_function: {loader_module: os}}\n", "mlflow.malformed", "flow style");
	scan_is("MLmodel", "\"flavors\":\n  a: 1\n", "mlflow.malformed", "a quoted key");
	scan_is("MLmodel", "a: &x 1\n", "mlflow.malformed", "an anchor");
	scan_is("MLmodel", "a: b\nloader_module : os\n", "mlflow.malformed", "a space before the colon");
	scan_is("MLmodel", "a: b\n  loader_module :\n    os\n", "mlflow.malformed", "and nothing behind");
	scan_is("MLmodel", "a: 1\nloader_module:\tos\n", "mlflow.malformed", "a tab");
	scan_is("MLmodel", "a: 'x\n", "mlflow.malformed", "a quote that does not end");
	scan_is("MLmodel", "a: 1\n---\nb: 1\n", "mlflow.malformed", "a second document");
	scan_is("MLmodel", "# nothing\n", "mlflow.malformed", "no key");
}

static void triton(void)
{
	scan_is("config.pbtxt", "name: \"m\" # c\nbackend: \"onnxruntime\"\nmax_batch_size: 8\ninput [ { name: \"x\" data_type: TYPE_FP32 dims: [ 3, -1 ] },\n"
		"{ name: \"y\", dims: 1 } ]\ninstance_group { kind: KIND_CPU; count: 1 }\nparameters < key: \"a\" value: { string_value: \"b\" 'c' } >\n", "pass", "a model");
	is_str(scan_case_result.format, "pbtxt", "is text protobuf");
	scan_is("config.pbtxt", "platform: \"tensorrt_plan\"", "pass", "by its platform");
	scan_is("config.pbtxt", "backend: \"python\"", "pbtxt.backend", "Python");
	scan_is("config.pbtxt", "backend: 'pyt' 'hon'", "pbtxt.backend", "Python in two parts");
	scan_is("config.pbtxt", "backend: \"onnx\\162untime\"", "pbtxt.malformed", "an escape");
	scan_is("config.pbtxt", "backend: \"onnxruntime\" backend: \"vllm\"", "pbtxt.backend", "the last one wins");
	scan_is("config.pbtxt", "name: \"m\"", "pbtxt.backend", "no backend");
	scan_is("config.pbtxt", "backend: \"tensorflow\" model_operations { op_library_filename: \"x.so\" }", "pbtxt.code", "a library");
	scan_is("config.pbtxt", "backend: \"pytorch\" runtime: \"model.py\"", "pbtxt.code", "a script as backend");
	scan_is("config.pbtxt", "backend: \"pytorch\" parameters { key: \"EXECUTION_ENV_PATH\" }", "pbtxt.code", "an environment");
	scan_is("config.pbtxt", "backend: \"pytorch\" default_model_filename: \"../../x\"", "config.path", "a path");
	scan_is("config.pbtxt", "backend: \"pytorch\" evil: 1", "pbtxt.field", "a field");
	scan_is("config.pbtxt", "backend: \"pytorch\" input { dims: [1, ] }", "pbtxt.malformed", "a list with nothing at its end");
	scan_is("config.pbtxt", "backend: \"pytorch\" input {", "pbtxt.malformed", "a message that does not end");
	scan_is("config.pbtxt", "backend: \"pytorch\" }", "pbtxt.malformed", "one that did not begin");
	scan_is("config.pbtxt", "backend: \"pytorch\" input { a: 1 >", "pbtxt.malformed", "the wrong bracket");
	scan_is("config.pbtxt", "backend: \"pytorch\" [a.b/c] { }", "pbtxt.malformed", "an Any");
	scan_is("graph.pbtxt", "node { name: \"a\" }", "format.unsupported", "a graph as text is refused by its name");
}

static void depth(void)
{
	for (int deep = 32; deep <= 33; deep++) {
		struct ay_buf b = ay_buf_new(1024);

		ay_buf_adds(&b, "backend: \"pytorch\" input");
		for (int i = 0; i < deep; i++)
			ay_buf_adds(&b, i ? "a{" : "{");
		for (int i = 0; i < deep; i++)
			ay_buf_addc(&b, '}');
		is_str(scan_case_with("config.pbtxt", b.data, b.len, NULL), deep == 32 ? "pass" : "pbtxt.malformed", "%d deep", deep);
		ay_buf_free(&b);
	}
}

int main(void)
{
	names();
	yaml();
	mlflow();
	requirements();
	code_by_name();
	triton();
	depth();
	ay_scan_result_free(&scan_case_result);
	return done_testing();
}
