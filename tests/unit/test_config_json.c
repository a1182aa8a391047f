/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/lib/scan_case.h"

#define TEMPLATE(text) "{\"chat_template\": \"" text "\"}"

static void references(void)
{
	scan_is("config.json", "{\"model_type\": \"llama\", \"auto_map\": null, \"trust_remote_code\": false}", "pass", "a plain configuration");
	scan_is("config.json", "{\"auto_map\": {\"AutoModel\": \"modeling_x.Model\"}}", "config.auto-map", "auto_map");
	scan_is("config.json", "{\"auto_map\": \"modeling_x.Model\"}", "config.auto-map", "auto_map as text");
	scan_is("config.json", "{\"text_config\": {\"\\u0061uto_map\": {\"a\": \"b\"}}}", "config.auto-map", "auto_map inside, escaped");
	scan_is("tokenizer.json", "{\"model\": {\"vocab\": {\"auto_map\": 7, \"module\": 8}}}", "pass", "a token of that name");
	scan_is("config.json", "{\"trust_remote_code\": true}", "config.trust-remote-code", "trust_remote_code");
	scan_is("config.json", "{\"trust_remote_code\": 1}", "config.trust-remote-code", "as a number");
	scan_is("config.json", "{\"trust_remote_code\": \"yes\"}", "config.trust-remote-code", "as text");
	scan_is("config.json", "{\"custom_pipelines\": {\"x\": {\"impl\": \"p.P\"}}}", "config.custom-pipeline", "custom_pipelines");
	scan_is("config.json", "{\"attn_implementation\": \"org/kernel\"}", "config.code-reference", "a kernel from the hub");
	scan_is("config.json", "{\"attn_implementation\": \"sdpa\"}", "pass", "a kernel of the library");
	scan_is("adapter_config.json", "{\"auto_mapping\": {\"parent_library\": \"transformers_modules.x\"}}", "config.module-reference", "PEFT's library");
	scan_is("adapter_config.json", "{\"auto_mapping\": {\"parent_library\": \"transformers.models.llama\"}}", "pass", "one of transformers");
	scan_is("c.json", "{\"model\": {\"_target_\": \"os.system\"}}", "recipe.code-reference", "Hydra's target");
	scan_is("schema.json", "{\"__class__\": \"attrgetter\", \"__loader__\": \"OperatorFuncNode\"}", "recipe.code-reference", "an object of skops");
	scan_is("model_index.json", "{\"_class_name\": \"P\", \"unet\": [\"diffusers\", \"UNet2DConditionModel\"], \"x\": [null, null]}", "pass", "a pipeline");
	scan_is("model_index.json", "{\"unet\": [\"my_unet\", \"Net\"]}", "config.module-reference", "a module of its own");
	scan_is("model_index.json", "{\"_class_name\": [\"pipe\", \"P\"]}", "config.custom-pipeline", "a pipeline of its own");
	scan_is("modules.json", "[{\"type\": \"sentence_transformers.models.Transformer\"}]", "pass", "modules of sentence_transformers");
	scan_is("modules.json", "[{\"type\": \"sentence_transformersx.M\"}]", "config.module-reference", "a module of another");
	scan_is("config.json", "{\"module\": \"keras.layers\", \"class_name\": \"Dense\"}", "pass", "a Keras layer");
	scan_is("config.json", "{\"module\": \"os\", \"class_name\": \"system\"}", "config.module-reference", "a layer that is none");
	scan_is("config.json", "{\"class_name\": \"system\", \"module\": \"keras_evil\"}", "config.module-reference", "in the other order");
	scan_is("config.json", "{\"module\": \"keras.layers\", \"class_name\": \"Lambda\"}", "config.code-reference", "a Lambda layer");
	scan_is("model.json", "{\"class_name\": \"Sequential\", \"config\": [{\"class_name\": \"Dense\", \"config\": {}}]}", "pass", "a model of Keras 2");
	scan_is("model.json", "{\"class_name\": \"Sequential\", \"config\": [{\"class_name\": \"Mine\", \"config\": {}}]}", "keras.class", "with a class of its own");
	scan_is("config.json", "{\"module\": \"keras.utils\", \"class_name\": \"get_file\", \"config\": {}, \"registered_name\": null}", "keras.code", "a download");
	scan_is("config.json", "{\"class_name\": \"a dog\", \"config\": {}}", "pass", "something else");
}

static void templates(void)
{
	static const char good[] = TEMPLATE(
		"{# a {{ comment #}{%- for m in messages %}{% if loop.first and m['role'] != 'system' %}{{ '<|im_start|>system\\n' }}"
		"{% endif %}{{ m.role + '\\n' + m['content'] | trim }}{% endfor %}{%- set ns = namespace(found=false) %}"
		"{{ {'a': {'b': 1}} | tojson }} import and __class__ outside");

	scan_is("tokenizer_config.json", good, "pass", "an ordinary template");
	scan_is("t.json", TEMPLATE("{{ x.__class__ }}"), "template.dangerous", "a dunder name");
	scan_is("t.json", TEMPLATE("{{ x['__class__'] }}"), "template.dangerous", "in a string");
	scan_is("t.json", TEMPLATE("{{ x['_'~'_class_'~'_'] }}"), "template.dangerous", "in parts");
	scan_is("t.json", TEMPLATE("{{ x['\\\\x5f\\\\x5fclass'] }}"), "template.dangerous", "with escapes");
	scan_is("t.json", TEMPLATE("{{ x['\\u005f\\u005fclass'] }}"), "template.dangerous", "with escapes of JSON");
	scan_is("t.json", TEMPLATE("{{ x | attr ('y') }}"), "template.dangerous", "attr");
	scan_is("t.json", TEMPLATE("{{ '%c%c' % (95, 95) }}"), "template.dangerous", "a format that spells");
	scan_is("t.json", TEMPLATE("{% import 'a' as b %}"), "template.dangerous", "import");
	scan_is("t.json", TEMPLATE("{{ cycler.next }}"), "template.dangerous", "cycler");
	scan_is("t.json", TEMPLATE("{{ {'a': {'b': 1}}['a'].__class__ }}"), "template.dangerous", "behind braces in the tag");
	scan_is("t.json", TEMPLATE("{# {{ \\\" #}{{ x.__class__ }}{# \\\" }} #}"), "template.dangerous", "between comments");
	scan_is("t.json", TEMPLATE("{% raw %}{{ ' {% endraw %}{{ x.__class__ }}"), "template.dangerous", "behind raw text");
	scan_is("t.json", "{\"chat_template\": [{\"name\": \"a\", \"template\": \"{{ x.__class__ }}\"}]}", "template.dangerous", "in a list of templates");
	scan_is("chat_template.jinja", "{{ x.__class__ }}", "template.dangerous", "in a file of its own");
	scan_is("chat_template.jinja", "{{ messages.y }}", "pass", "which may be harmless");
}

int main(void)
{
	references();
	templates();
	ay_scan_result_free(&scan_case_result);
	return done_testing();
}
