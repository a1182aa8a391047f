/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/lib/scan_case.h"

int main(void)
{
	scan_is("a.json", "{\"a\": [1, 2.5e3, null, \"\\u00e4\"]}", "pass", "JSON");
	is_str(scan_case_result.format, "json", "is json");
	scan_is("noname", "[{\"a\": 1}]", "pass", "without suffix");
	is_str(scan_case_result.format, "json", "also");
	scan_is("README.md", "[link](url) and {more}\n", "pass", "prose that starts with a bracket");
	is_str(scan_case_result.format, "text", "is text");
	scan_is("noname", "[1] a footnote\n", "pass", "a footnote");
	is_str(scan_case_result.format, "text", "is text");
	scan_is("a.json", "{\"a\": 1, \"a\": 2}", "format.malformed", "a key twice");
	scan_is("a.json", "{\"a\": NaN}", "format.malformed", "NaN");
	scan_is("a.json", "{\"a\": 1} x", "format.malformed", "something behind");
	scan_is("a.json", "{\"a\": \"\\ud800\"}", "format.malformed", "half a surrogate pair");
	scan_is("a.json", "{\"a\": 1", "format.truncated", "cut off");
	scan_is("a.json", "plain\n", "format.malformed", "the suffix asks for JSON");
	scan_is("a.jsonl", "{\"a\": 1}\n{\"a\": 2}\r\n", "pass", "JSON lines");
	is_str(scan_case_result.format, "jsonl", "are jsonl");
	scan_is("a.jsonl", "{\"a\": 1}\n{\"a\": 2} {}\n", "format.malformed", "two values in one line");
	ok(strstr(scan_case_result.found[0].message, "line 2") != NULL, "the line is named");
	scan_is("a.jsonl", "{\"a\": 1}\n\n{}\n", "format.truncated", "an empty line");

	scan_is("model.safetensors.index.json", "{\"metadata\": {\"total_size\": 5}, \"weight_map\": {\"a\": \"m-00001-of-2.safetensors\"}}", "pass", "an index");
	scan_is("model.safetensors.index.json", "{\"weight_map\": {\"a\": \"../x.safetensors\"}}", "json.index-path", "a path upwards");
	scan_is("model.safetensors.index.json", "{\"weight_map\": {\"a\": \"d/x.safetensors\"}}", "json.index-path", "a folder");
	scan_is("model.safetensors.index.json", "{\"weight_map\": {\"a\": \"\"}}", "json.index-path", "an empty name");
	scan_is("model.safetensors.index.json", "{\"weight_map\": {\"a\": 7}}", "json.index-path", "no name");
	scan_is("model.safetensors.index.json", "{\"weight_map\": {\"a\": [\"../x\"]}}", "json.index-path", "a list of names");
	scan_is("model.safetensors.index.json", "{\"weight_map\": [\"../x\"]}", "json.index-path", "a list in place of the map");
	scan_is("model.safetensors.index.json", "{\"weight_map\": \"../x\"}", "json.index-path", "a text in place of the map");
	scan_is("model.safetensors.index.json", "{\"metadata\": {}}", "pass", "an index that names no file");
	scan_is("other.json", "{\"weight_map\": {\"a\": \"../x.safetensors\"}}", "pass", "only an index is one");
	ay_scan_result_free(&scan_case_result);
	return done_testing();
}
