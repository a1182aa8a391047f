/* SPDX-License-Identifier: Apache-2.0 */
/* What a Keras configuration may name, and the archive around it. Real models and attacks are in tests/corpus/gen_keras.py. */
#include "scanners/model/keras_names.h"
#include "tests/lib/scan_case.h"
#include "tests/lib/zip_case.h"

static void add(struct zip_case *a, const char *name, const char *text)
{
	zip_add(a, name, text, strlen(text), false);
}

static struct zip_case archive_of(const char *config)
{
	struct zip_case a = zip_begin();

	add(&a, "metadata.json", "{\"keras_version\": \"3.5.0\", \"date_saved\": \"2026-01-02@03:04:05\"}");
	if (config)
		add(&a, "config.json", config);
	zip_finish(&a);
	return a;
}

static void config_is(const char *config, const char *rule, const char *what)
{
	struct zip_case a = archive_of(config);

	is_str(scan_case_with("m.keras", a.bytes.data, a.bytes.len, NULL), rule, "%s", what);
	ay_buf_free(&a.bytes);
}

#define OBJECT(module, name, config) "{\"module\":" module ",\"class_name\":\"" name "\",\"config\":" config ",\"registered_name\":null}"
#define LAYER(name, config) OBJECT("\"keras.layers\"", name, config)
#define MODEL(layers, more) \
	"{\"module\":\"keras\",\"class_name\":\"Sequential\",\"config\":{\"name\":\"s\",\"layers\":[" layers "]},\"registered_name\":\"Sequential\"" more "}"
#define COMPILE(text) ",\"compile_config\":{" text "}"

static void test_good(void)
{
	config_is(MODEL(LAYER("InputLayer", "{\"batch_shape\":[null,4]}") "," LAYER("Dense", "{\"units\":1,\"activation\":\"relu\"}"), ""), "pass",
		  "a model");
	config_is(MODEL(LAYER("Dense", "{\"kernel_initializer\":" OBJECT("\"keras.initializers\"", "GlorotUniform", "{\"seed\":null}") "}"), ""),
		  "pass", "an initializer");
	config_is(MODEL("", COMPILE("\"optimizer\":\"adam\",\"loss\":\"mse\",\"metrics\":[\"accuracy\",[\"auc\"]]")), "pass", "names of Keras");
	config_is(MODEL("", COMPILE("\"loss\":{\"out\":\"mse\"},\"optimizer\":" OBJECT("\"keras.optimizers\"", "Adam", "{\"name\":\"a\"}"))), "pass",
		  "objects of Keras");
	config_is(MODEL("", COMPILE("\"loss\":{\"module\":\"builtins\",\"class_name\":\"function\",\"config\":\"mse\",\"registered_name\":\"mse\"}")),
		  "pass", "a loss function");
	config_is(MODEL(LAYER("TextVectorization", "{\"vocabulary\":[\"a\"]}"), ""), "pass", "a vocabulary as a list");
	config_is(MODEL("{\"class_name\":\"__keras_tensor__\",\"config\":{\"shape\":[1],\"keras_history\":[\"a\",0,0]}}", ""), "pass", "a tensor");
	config_is(OBJECT("\"keras.src.models.functional\"", "Functional", "{}"), "pass", "a functional model");
	config_is(OBJECT("\"keras.src.ops.numpy\"", "GetItem", "{}"), "pass", "an operation");
	config_is(OBJECT("\"keras.layers.core.tf_op_layer\"", "TFOpLambda", "{\"function\":\"math.add\"}"), "pass", "a tensor function of TensorFlow");
}

static void test_code(void)
{
	config_is(MODEL(LAYER("Lambda", "{}"), ""), "keras.code", "a Lambda");
	config_is(MODEL(LAYER("Dense", "{\"activation\":{\"class_name\":\"__lambda__\",\"config\":{\"value\":\"x\"}}}"), ""), "keras.code", "a lambda");
	config_is(MODEL(LAYER("TorchModuleWrapper", "{}"), ""), "keras.code", "a torch module");
	config_is(MODEL(LAYER("TFSMLayer", "{\"filepath\":\"x\"}"), ""), "keras.code", "a SavedModel");
	config_is(MODEL(OBJECT("\"keras.utils\"", "get_file", "{}"), ""), "keras.code", "a download");
	config_is(MODEL("{\"module\":\"keras.config\",\"class_name\":\"function\",\"config\":\"enable_unsafe_deserialization\"}", ""), "keras.code",
		  "the safe mode switched off");
	config_is(MODEL("{\"module\":\"keras.utils\",\"class_name\":\"function\",\"config\":\"plot_model\"}", ""), "keras.function", "another function");
	config_is(MODEL("{\"module\":\"builtins\",\"class_name\":\"function\",\"config\":\"eval\"}", ""), "keras.function", "eval");
	config_is(MODEL("{\"module\":\"keras.losses\",\"class_name\":\"function\",\"config\":\"mse\",\"registered_name\":\"p>mse\"}", ""),
		  "keras.function", "a registered function before that of Keras");
	config_is(MODEL(OBJECT("\"os\"", "system", "\"id\""), ""), "keras.module", "a foreign module");
	config_is(MODEL(OBJECT("\"keras_evil\"", "Dense", "{}"), ""), "keras.module", "a module that begins alike");
	config_is(MODEL(OBJECT("\"keras.layers.os\"", "Dense", "{}"), ""), "keras.class", "a module of Keras that is not listed");
	config_is(MODEL(OBJECT("\"keras.losses\"", "Dense", "{}"), ""), "keras.class", "a layer of another module");
	config_is(MODEL(LAYER("dense", "{}"), ""), "keras.class", "names are exact");
	config_is(MODEL("{\"class_name\":\"Dense\",\"config\":{}}", ""), "keras.class", "no module");
	config_is(OBJECT("\"keras.layers.core.tf_op_layer\"", "TFOpLambda", "{\"function\":\"io.write_file\"}"), "keras.code", "a file function");
	config_is(OBJECT("\"keras.layers.core.tf_op_layer\"", "TFOpLambda", "{}"), "keras.code", "no function");
}

static void test_custom(void)
{
	config_is(MODEL(OBJECT("null", "Mine", "{}"), ""), "keras.custom", "a class without a module");
	config_is("{\"module\":\"keras.layers\",\"class_name\":\"Dense\",\"config\":{},\"registered_name\":\"p>Dense\"}", "keras.custom",
		  "a registered class");
	config_is(MODEL(LAYER("Dense", "{\"activation\":\"mine\"}"), ""), "keras.custom", "an activation");
	config_is(MODEL("", COMPILE("\"loss\":\"mine\"")), "keras.custom", "a loss");
	config_is(MODEL("", COMPILE("\"loss\":{\"out\":[\"mine\"]}")), "keras.custom", "a loss of one output");
	config_is(MODEL("", COMPILE("\"metrics\":[[\"mine\"]]")), "keras.custom", "a metric");
	config_is(MODEL("", COMPILE("\"optimizer\":\"mse\"")), "keras.custom", "an optimizer");
	config_is(MODEL(OBJECT("\"keras.metrics\"", "MeanMetricWrapper", "{\"fn\":\"mine\"}"), ""), "keras.custom", "a function of a metric");
	config_is(MODEL(LAYER("StringLookup", "{\"vocabulary\":\"/etc/passwd\"}"), ""), "keras.path", "a vocabulary as a file");
	config_is(MODEL(LAYER("StringLookup", "{\"vocabulary\":{\"class_name\":\"__bytes__\",\"config\":{\"value\":\"x\"}}}"), ""), "keras.path",
		  "a vocabulary as an object");
}

static void test_malformed(void)
{
	char deep[200] = "";

	config_is("[]", "keras.malformed", "no object");
	config_is("{}", "keras.malformed", "an object of no class");
	config_is("{\"a\":" MODEL("", "") "}", "keras.malformed", "a model below another object");
	config_is("{\"class_name\":1}", "keras.malformed", "a class by number");
	config_is("{\"class_name\":\"Dense\",\"module\":[\"keras.layers\"]}", "keras.malformed", "a module that is a list");
	config_is(MODEL("", "") "x", "keras.malformed", "text behind");
	config_is("{\"class_name\":\"Lambda\",\"class_name\":\"Dense\"}", "keras.malformed", "a key twice");
	config_is("{\"class_name\":\"Lambda\",\"class_name\\u0000\":\"Dense\",\"module\":\"keras.layers\"}", "keras.code", "a key with a NUL");
	config_is("{\"class_name\":\"Dense\\u0000x\",\"module\":\"keras.layers\"}", "keras.class", "a name with a NUL");
	config_is("{\"module\":\"keras\",\"class_name\":\"Sequential\"", "keras.truncated", "an end too early");
	config_is(NULL, "keras.layout", "no configuration");
	for (int i = 0; i < 70; i++)
		deep[i] = '[';
	config_is(deep, "limit.exceeded", "nested without end");
}

static void test_archive(void)
{
	struct zip_case a = archive_of(MODEL(LAYER("Dense", "{\"units\":1}"), ""));

	is_str(scan_case_with("m.zip", a.bytes.data, a.bytes.len, NULL), "pass", "known by its members");
	is_str(scan_case_result.format, "keras", "whatever its name");
	for (size_t len = 1; len < a.bytes.len; len++)
		if (strcmp(scan_case_with("m.keras", a.bytes.data, len, NULL), "pass") == 0)
			ok(false, "%zu bytes of it pass", len);
	ay_buf_free(&a.bytes);
	a = zip_begin();
	add(&a, "config.json", MODEL("", ""));
	add(&a, "model.weights.h5", "no HDF5");
	zip_finish(&a);
	ok(strcmp(scan_case_with("m.keras", a.bytes.data, a.bytes.len, NULL), "pass") != 0, "weights are read as HDF5 whatever they look like");
	ay_buf_free(&a.bytes);
}

static void test_names(void)
{
	ok(ay_keras_class("keras.layers", "Activation") && ay_keras_class("keras.layers", "ZeroPadding3D"), "the first and the last layer");
	ok(!ay_keras_class("keras.layers", "") && !ay_keras_class("", "Dense"), "nothing is no class");
	ok(ay_keras_legacy_class("Custom>Adam") && !ay_keras_legacy_class("Custom>Dense"), "TensorFlow 2.11 registered its optimizers only");
	ok(!ay_keras_legacy_class("Lambda") && !ay_keras_legacy_class("Merge") && !ay_keras_legacy_class("TFSMLayer"), "code is no class");
	ok(ay_keras_module("keras") && ay_keras_module("tf_keras.src") && !ay_keras_module("kerasx"), "modules by their first part");
}

int main(void)
{
	test_good();
	test_code();
	test_custom();
	test_malformed();
	test_archive();
	test_names();
	ay_scan_result_free(&scan_case_result);
	return done_testing();
}
