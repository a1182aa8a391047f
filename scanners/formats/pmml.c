/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PMML 3 and 4 (dmg.org): rules and numbers as elements, all known by name.
 * Code gets in by a function that PMML does not define, which jpmml loads as
 * a Java class of that name, and by extensions.
 */
#include "scanners/formats/xml.h"
#include "scanners/model/xml_names.h"
#include "scanners/registry.h"

#define MAX_FUNCTIONS (64 * KIB)    /* bytes of the names of functions that the document defines */
#define NONE 0

struct judge {
	struct ay_scan *s;
	struct ay_buf defined;      /* "name\nname\n" */
	unsigned free_below;        /* depth of an element whose children have names of their own, or NONE */
	unsigned extension;         /* depth of an open Extension, or NONE */
};

static unsigned pmml_bid(struct ay_cursor head, struct ay_source *in, const char *path)
{
	char root[AY_XML_ROOT_MAX];
	bool declared;

	(void)head;
	(void)path;
	return ay_xml_root(in, root, &declared) && strcmp(root, "PMML") == 0 ? 48 : 0;
}

static bool is_defined(struct judge *j, struct ay_cursor name)
{
	struct ay_cursor all = ay_cursor_of(j->defined.data, j->defined.len, 0);
	const uint8_t *line;
	size_t len;

	while ((line = ay_cursor_until(&all, '\n', all.left, &len)) != NULL)
		if (len == name.left && memcmp(line, name.p, len) == 0)
			return true;
	return false;
}

static void judge_root(struct judge *j, const struct ay_xml_event *e)
{
	struct ay_cursor version;

	if (!ay_xml_attr_find(e, "version", &version) ||
	    (!ay_cursor_starts(&version, "3.", 2) && !ay_cursor_starts(&version, "4.", 2)))
		ay_scan_find(j->s, "format.unsupported", e->off, "this PMML document has no version 3 or 4");
}

static void judge_start(struct judge *j, const struct ay_xml_event *e)
{
	struct ay_cursor name = ay_xml_local(e->name), function;

	if (j->extension != NONE) {
		ay_scan_find(j->s, "pmml.extension", e->off, "an Extension holds the element <%.*s>", ay_xml_shown(e->name), (const char *)e->name.p);
		return;
	}
	if (j->free_below != NONE)
		return;
	if (e->depth == 1)
		judge_root(j, e);
	if (!ay_pmml_element_known(name))
		ay_scan_find(j->s, "pmml.element", e->off, "PMML has no element <%.*s>", ay_xml_shown(e->name), (const char *)e->name.p);
	if (ay_xml_is(name, "row"))
		j->free_below = e->depth;
	if (ay_xml_is(name, "Extension"))
		j->extension = e->depth;
	if (ay_xml_is(name, "Apply") && ay_xml_attr_find(e, "function", &function) && !ay_pmml_function_known(function) &&
	    !is_defined(j, function))
		ay_scan_find(j->s, "pmml.function", e->off, "<Apply> calls %.*s, which neither PMML nor this document defines",
			     ay_xml_shown(function), (const char *)function.p);
}

static void judge_event(struct judge *j, const struct ay_xml_event *e)
{
	if (e->kind == AY_XML_START)
		judge_start(j, e);
	if (e->kind == AY_XML_END && e->depth == j->free_below)
		j->free_below = NONE;
	if (e->kind == AY_XML_END && e->depth == j->extension)
		j->extension = NONE;
}

/* A function may be called before the place where it is defined. */
static void collect_definition(struct judge *j, const struct ay_xml_event *e)
{
	struct ay_cursor name;

	if (e->kind != AY_XML_START || !ay_xml_is(ay_xml_local(e->name), "DefineFunction") || !ay_xml_attr_find(e, "name", &name))
		return;
	ay_buf_add(&j->defined, name.p, name.left);
	ay_buf_addc(&j->defined, '\n');
}

/* Walks the document; 0, or negative after its report. */
static int walk(struct judge *j, struct ay_source *in, void (*see)(struct judge *, const struct ay_xml_event *))
{
	struct ay_xml_event e;
	struct ay_xml x;
	int rc = ay_xml_open(&x, in, ay_scan_budget(j->s));

	while (rc == 0 && (rc = ay_xml_next(&x, &e)) == 1) {
		see(j, &e);
		rc = j->defined.err;
	}
	if (rc < 0)
		ay_xml_report(j->s, &x, rc);
	ay_xml_close(&x);
	return rc;
}

static int pmml_scan(struct ay_scan *s, struct ay_source *in)
{
	struct judge j = {.s = s, .defined = ay_buf_new(MAX_FUNCTIONS)};

	if (walk(&j, in, collect_definition) == 0 && walk(&j, in, judge_event) < 0)
		ay_scan_find(s, "scan.error", AY_NO_OFFSET, "the document could be read once but not twice");
	ay_buf_free(&j.defined);
	return 0;
}

static const char *const refines_xml[] = {"xml", "text", NULL};

const struct ay_scanner ay_scanner_pmml = {
	.abi = AY_SCAN_ABI, .name = "pmml", .version = 1, .refines = refines_xml, .bid = pmml_bid, .scan = pmml_scan
};
