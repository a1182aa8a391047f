/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/lib/scan_case.h"

#include "scanners/formats/xml.h"

#define X(body) "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" body
#define PMML(body) X("<PMML xmlns=\"http://www.dmg.org/PMML-4_4\" version=\"4.4\">" body "</PMML>")
#define NET(body) X("<net name=\"m\" version=\"11\">" body "</net>")
#define CONSTANT(data) NET("<layers><layer type=\"Const\" version=\"opset1\"><data " data "/></layer></layers>")
#define UNKNOWN "format.unsupported"

/* A well-formed document is not known, so what passes for XML is refused by its name. */
static void test_syntax(void)
{
	scan_is("a.xml", X("<a/>"), UNKNOWN, "a document");
	scan_is("a.xml", "\xef\xbb\xbf" X("<a></a>\n"), UNKNOWN, "with a byte order mark");
	scan_is("a.xml", X("<!-- c --><a b='1' c=\"2\"> t &lt;&#65;&#x41;<![CDATA[ <&]] ]>]]></a> <!---->"), UNKNOWN, "with all of its parts");
	scan_is("a.xml", X("<a>"), "xml.malformed", "an element without an end");
	scan_is("a.xml", X("<a></b>"), "xml.malformed", "another end");
	scan_is("a.xml", X("<a></a></a>"), "xml.malformed", "one end too many");
	scan_is("a.xml", X("<a/><b/>"), "xml.malformed", "two roots");
	scan_is("a.xml", X("<a/>x"), "xml.malformed", "text behind the root");
	scan_is("a.xml", X("x<a/>"), "xml.malformed", "text before the root");
	scan_is("a.xml", X(""), "xml.malformed", "no root");
	scan_is("a.xml", X("<a b=1/>"), "xml.malformed", "a bare value");
	scan_is("a.xml", X("<a b/>"), "xml.malformed", "no value");
	scan_is("a.xml", X("<a b='1'c='2'/>"), "xml.malformed", "no space between attributes");
	scan_is("a.xml", X("<a b='1' b='2'/>"), "xml.malformed", "an attribute twice");
	scan_is("a.xml", X("<a b='<'/>"), "xml.malformed", "a tag inside a value");
	scan_is("a.xml", X("<a b='&x;'/>"), "xml.malformed", "an entity in a value");
	scan_is("a.xml", X("<a>&nbsp;</a>"), "xml.malformed", "an entity of HTML");
	scan_is("a.xml", X("<a>&#0;</a>"), "xml.malformed", "character 0");
	scan_is("a.xml", X("<a>&#xD800;</a>"), "xml.malformed", "half a pair");
	scan_is("a.xml", X("<a>&#xFFFD;&#x10FFFF;</a>"), UNKNOWN, "the last characters");
	scan_is("a.xml", X("<a>&#x110000;</a>"), "xml.malformed", "one beyond the last");
	scan_is("a.xml", X("<a>&#;</a>"), "xml.malformed", "no digit");
	scan_is("a.xml", X("<a>& b</a>"), "xml.malformed", "a bare ampersand");
	scan_is("a.xml", X("<a><!-- -- --></a>"), "xml.malformed", "two hyphens in a comment");
	scan_is("a.xml", X("<a><!-- </a>"), "xml.malformed", "a comment without an end");
	scan_is("a.xml", X("<a><![CDATA[ </a>"), "xml.malformed", "CDATA without an end");
	scan_is("a.xml", X("<1/>"), "xml.malformed", "a name that begins with a digit");
	scan_is("a.xml", X("<a \f/>"), "xml.malformed", "a form feed");
	scan_is("a.xml", "<?xml version=\"1.0\" encoding=\"UTF-7\"?><a/>", "xml.malformed", "another encoding");
	scan_is("a.xml", "<?xml version=\"1.0\"?><a/>", UNKNOWN, "no encoding");
	scan_is("a.xml", X("<a/>") X(""), "xml.malformed", "a second declaration");
}

static void test_attacks(void)
{
	static const char late[] = "<!-- c -->\n<!DOCTYPE a SYSTEM \"file:///etc/passwd\"><a>&x;</a>";

	scan_is("a.xml", X("<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><a>&x;</a>"), "xml.dtd", "an external entity");
	scan_is("a.txt", "<!DOCTYPE a><a/>", "xml.dtd", "a document type under another name");
	scan_is("README.md", late, "xml.dtd", "behind a comment");
	scan_is("README.md", "<!doctype html>\n<p>", "xml.dtd", "in small letters");
	scan_is("a.xml", X("<?xml-stylesheet href=\"http://x/\"?><a/>"), "xml.instruction", "a style sheet");
	scan_is("a.xml", X("<a><?php x ?></a>"), "xml.instruction", "an instruction inside");
	scan_is("a.xml", X("<a xmlns:xi=\"http://www.w3.org/2001/XInclude\"/>"), "xml.include", "XInclude");
	scan_is("a.txt", "<svg><script/></svg>", UNKNOWN, "SVG by its root");
	scan_is("README.md", "<!-- a model card -->\n<div align=\"center\">\n# A\n<br>\n</div>\n", "pass", "Markdown that begins with HTML");
	scan_is("vocab.txt", "<pad>\n<unk>\n", "pass", "words in angle brackets");
}

static void test_long(void)
{
	struct ay_buf b = ay_buf_new(4 * MIB);

	/* References and characters of several bytes lie across every edge of the windows. */
	ay_buf_adds(&b, "<PMML version=\"4.4\"><Array>");
	while (b.len < 900000)
		ay_buf_adds(&b, "&#x20AC;\xe2\x82\xac" "1 ");
	ay_buf_adds(&b, "</Array><!-- ");
	while (b.len < 1800000)
		ay_buf_adds(&b, "-\xe2\x82\xac ");
	ay_buf_adds(&b, "--><Value value=\"");
	size_t cut = b.len;

	while (b.len < cut + 200000)
		ay_buf_adds(&b, "\xe2\x82\xac");
	ay_buf_adds(&b, "\"/></PMML>");
	is_str(scan_case_with("a.pmml", b.data, b.len, NULL), "pass", "parts longer than a window");
	b.len = cut;
	while (b.len < cut + 300000)
		ay_buf_adds(&b, "x");
	ay_buf_adds(&b, "\"/></PMML>");
	is_str(scan_case_with("a.pmml", b.data, b.len, NULL), "limit.exceeded", "a tag longer than a window");
	ay_buf_clear(&b);
	for (int i = 0; i < 257; i++)
		ay_buf_adds(&b, "<a>");
	is_str(scan_case_with("a.xml", b.data, b.len, NULL), "limit.exceeded", "elements nested too deeply");
	ay_buf_clear(&b);
	while (b.len < 70000)
		ay_buf_adds(&b, "<!-- -->");
	ay_buf_adds(&b, "<!DOCTYPE a><a/>");
	is_str(scan_case_with("a.txt", b.data, b.len, NULL), "xml.dtd", "a document type behind 70 KB of comments");
	ay_buf_free(&b);
}

/* Into a name that holds something else, as a stack may. */
static bool root_is(const char *text, const char *want)
{
	struct ay_source in = ay_source_memory(text, strlen(text));
	char name[AY_XML_ROOT_MAX];
	bool declared;

	memset(name, 'x', sizeof(name));
	return ay_xml_root(&in, name, &declared) && strcmp(name, want) == 0;
}

static void test_root(void)
{
	char longest[128];

	ok(root_is("<?xml version=\"1.0\"?><PMML/>", "PMML"), "the name of the root, and no more");
	ok(root_is("<a:net/>", "net"), "without its prefix");
	snprintf(longest, sizeof(longest), "<%063d/>", 0);
	memset(longest + 1, 'n', 63);
	ok(root_is(longest, "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn"), "the longest");
	snprintf(longest, sizeof(longest), "<%064d/>", 0);
	memset(longest + 1, 'n', 64);
	ok(root_is(longest, ""), "one byte more is none that anybody knows");
}

static void test_pmml(void)
{
	scan_is("m.pmml", PMML("<Header/><DataDictionary numberOfFields=\"0\"/>"), "pass", "a model");
	scan_is("m", "<p:PMML xmlns:p=\"http://www.dmg.org/PMML-4_4\" version=\"4.4\"><p:Header/></p:PMML>", "pass", "with a prefix");
	scan_is("m.pmml", PMML("<InlineTable><row><data:x/><y>1</y></row></InlineTable>"), "pass", "columns of its own in a row");
	scan_is("m.pmml", PMML("<InlineTable><row><y/></row><y/></InlineTable>"), "pmml.element", "but not behind it");
	scan_is("m.pmml", PMML("<Evil/>"), "pmml.element", "an unknown element");
	scan_is("m.pmml", PMML("<TableLocator/>"), "pmml.element", "a table elsewhere");
	scan_is("m.pmml", PMML("<Extension name=\"user\" value=\"me\"/>"), "pass", "an extension of text");
	scan_is("m.pmml", PMML("<Extension><script/></Extension>"), "pmml.extension", "an extension with elements");
	scan_is("m.pmml", PMML("<Extension></Extension><Header/>"), "pass", "an element behind an extension");
	scan_is("m.pmml", PMML("<Apply function=\"+\"/>"), "pass", "a built-in function");
	scan_is("m.pmml", PMML("<Apply function=\"com.example.Run\"/>"), "pmml.function", "a class");
	scan_is("m.pmml", PMML("<Apply function=\"f\"/><DefineFunction name=\"f\"/>"), "pass", "a function of the document");
	scan_is("m.pmml", PMML("<Apply function=\"ff\"/><DefineFunction name=\"f\"/>"), "pmml.function", "another");
	scan_is("m.pmml", "<PMML version=\"2.0\"/>", UNKNOWN, "an old version");
	scan_is("m.pmml", "<PMML/>", UNKNOWN, "no version");
	scan_is("m.pmml", "<!DOCTYPE PMML [<!ENTITY a \"b\">]><PMML version=\"4.4\"/>", "xml.dtd", "an entity");
}

static void test_openvino(void)
{
	scan_is("m.xml", NET("<layers><layer id=\"0\" name=\"x\" type=\"Parameter\" version=\"opset1\"/></layers><edges/>"), "pass", "a model");
	scan_is("m.xml", NET("<layers><layer type=\"Abs\" version=\"opset16\"/></layers>"), "pass", "the last set");
	scan_is("m.xml", NET("<layers><layer type=\"Abs\" version=\"opset17\"/></layers>"), "openvino.operator", "one beyond");
	scan_is("m.xml", NET("<layers><layer type=\"Abs\" version=\"opset0\"/></layers>"), "openvino.operator", "set 0");
	scan_is("m.xml", NET("<layers><layer type=\"Abs\" version=\"extension\"/></layers>"), "openvino.operator", "an extension");
	scan_is("m.xml", NET("<layers><layer type=\"Evil\" version=\"opset1\"/></layers>"), "openvino.operator", "an unknown type");
	scan_is("m.xml", NET("<layers><layer type=\"Abs\"/></layers>"), "openvino.operator", "no set");
	scan_is("m.xml", NET("<evil/>"), "openvino.element", "an unknown element");
	scan_is("m.xml", NET("<rt_info><any><thing value=\"1\"/></any></rt_info><edges/>"), "pass", "notes of the converter");
	scan_is("m.xml", NET("<rt_info/><any/>"), "openvino.element", "but only there");
	scan_is("m.xml", X("<net version=\"9\"/>"), UNKNOWN, "an older IR");
	scan_is("m.xml", CONSTANT("offset=\"8\" size=\"16\""), "pass", "a constant");
	is_str(scan_case_result.sibling_count == 1 ? scan_case_result.siblings[0].path : "", "m.bin", "needs the file of the same name");
	is_int(scan_case_result.sibling_count == 1 ? (long long)scan_case_result.siblings[0].size : 0, 24, "as long as the constant reaches");
	scan_is("m.xml", CONSTANT("offset=\"8\" size=\"0\""), "pass", "an empty constant");
	is_int(scan_case_result.sibling_count, 0, "needs none");
	scan_is("m.xml", CONSTANT("offset=\"8\""), "openvino.constant", "no size");
	scan_is("m.xml", CONSTANT("offset=\"\" size=\"1\""), "openvino.constant", "no digits");
	scan_is("m.xml", CONSTANT("offset=\"18446744073709551615\" size=\"0\""), "pass", "the last offset");
	scan_is("m.xml", CONSTANT("offset=\"18446744073709551615\" size=\"1\""), "openvino.constant", "one beyond");
	scan_is("m.xml", CONSTANT("offset=\"18446744073709551616\" size=\"0\""), "openvino.constant", "no number of 64 bits");
	scan_is("m.txt", "<net version=\"11\"><evil/></net>", "openvino.element", "under another name");
}

static void test_every_cut(void)
{
	static const char good[] = PMML("<Header><Application name=\"&lt;\"/><!-- c --></Header><![CDATA[ ]]>");
	unsigned passed = 0;

	is_str(scan_case_with("m.pmml", good, sizeof(good) - 1, NULL), "pass", "the whole passes");
	for (size_t len = 6; len < sizeof(good) - 1; len++)
		passed += strcmp(scan_case_with("m.pmml", good, len, NULL), "pass") == 0;
	is_int(passed, 0, "no proper prefix does");
}

int main(void)
{
	test_syntax();
	test_attacks();
	test_long();
	test_root();
	test_pmml();
	test_openvino();
	test_every_cut();
	return done_testing();
}
