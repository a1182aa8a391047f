/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OpenVINO IR, versions 10 and 11: a graph as MODEL.xml beside MODEL.bin, of
 * which its constants name ranges (docs.openvino.ai, "Operation Sets"). Code
 * gets in by operators of other sets, which the runtime takes from extension
 * libraries.
 */
#include "assay/ckd.h"
#include "scanners/driver.h"
#include "scanners/formats/xml.h"
#include "scanners/model/xml_names.h"
#include "scanners/registry.h"

#define NONE 0
#define MAX_OPSET 16

struct judge {
	struct ay_scan *s;
	unsigned notes;       /* depth of an open element that tells how the model was made, or NONE */
	unsigned constant;    /* depth of an open layer that is a constant, or NONE */
	uint64_t weights;     /* bytes that the constants need */
};

static unsigned openvino_bid(struct ay_cursor head, struct ay_source *in, const char *path)
{
	char root[AY_XML_ROOT_MAX];
	bool declared;

	(void)head;
	(void)path;
	return ay_xml_root(in, root, &declared) && strcmp(root, "net") == 0 ? 40 : 0;
}

static bool number_of(struct ay_cursor text, uint64_t *out)
{
	*out = 0;
	if (!text.left)
		return false;
	while (text.left) {
		uint8_t digit = ay_cursor_u8(&text);

		if (digit < '0' || digit > '9' || ay_ckd_mul_u64(*out, 10, out) || ay_ckd_add_u64(*out, digit - '0', out))
			return false;
	}
	return true;
}

static bool opset_known(struct ay_cursor set)
{
	uint64_t n;

	return ay_cursor_accept(&set, "opset", 5) && set.left <= 2 && number_of(set, &n) && n >= 1 && n <= MAX_OPSET;
}

static void judge_constant(struct judge *j, const struct ay_xml_event *e)
{
	struct ay_cursor from = ay_cursor_of("", 0, 0), len = from;
	uint64_t offset, size, end;

	if (!ay_xml_attr_find(e, "offset", &from) || !ay_xml_attr_find(e, "size", &len) || !number_of(from, &offset) || !number_of(len, &size) ||
	    ay_ckd_add_u64(offset, size, &end))
		ay_scan_find(j->s, "openvino.constant", e->off, "a constant of %.*s bytes at %.*s", ay_xml_shown(len), (const char *)len.p,
			     ay_xml_shown(from), (const char *)from.p);
	else if (size && end > j->weights)
		j->weights = end;
}

static void judge_layer(struct judge *j, const struct ay_xml_event *e)
{
	struct ay_cursor type = ay_cursor_of("", 0, 0), set = type;

	ay_xml_attr_find(e, "type", &type);
	ay_xml_attr_find(e, "version", &set);
	if (ay_xml_is(type, "Const"))
		j->constant = e->depth;
	if (!opset_known(set) || !ay_openvino_type_known(type))
		ay_scan_find(j->s, "openvino.operator", e->off, "a layer is %.*s of the set \"%.*s\", which OpenVINO's own sets do not have",
			     ay_xml_shown(type), (const char *)type.p, ay_xml_shown(set), (const char *)set.p);
}

static void judge_start(struct judge *j, const struct ay_xml_event *e)
{
	struct ay_cursor version;

	if (j->notes != NONE)
		return;
	if (e->depth == 1 && (!ay_xml_attr_find(e, "version", &version) || (!ay_xml_is(version, "10") && !ay_xml_is(version, "11"))))
		ay_scan_find(j->s, "format.unsupported", e->off, "this OpenVINO model is not of IR version 10 or 11");
	if (!ay_openvino_element_known(e->name))
		ay_scan_find(j->s, "openvino.element", e->off, "the IR has no element <%.*s>", ay_xml_shown(e->name), (const char *)e->name.p);
	else if (ay_xml_is(e->name, "layer"))
		judge_layer(j, e);
	else if (j->constant != NONE && e->depth == j->constant + 1 && ay_xml_is(e->name, "data"))
		judge_constant(j, e);
	else if (ay_xml_is(e->name, "rt_info") || ay_xml_is(e->name, "meta_data"))
		j->notes = e->depth;
}

/* The runtime reads the file of the same name. */
static int need_weights(struct ay_scan *s, uint64_t size)
{
	char stem[AY_LIMIT_COMPONENT + 1], name[AY_LIMIT_COMPONENT + sizeof(".bin")];

	ay_scan_inner_name(s, stem, sizeof(stem));
	snprintf(name, sizeof(name), "%s.bin", stem);
	return ay_scan_need_bare(s, name, size, 0);
}

static int openvino_scan(struct ay_scan *s, struct ay_source *in)
{
	struct judge j = {.s = s};
	struct ay_xml_event e;
	struct ay_xml x;
	int rc = ay_xml_open(&x, in, ay_scan_budget(s));

	while (rc == 0 && (rc = ay_xml_next(&x, &e)) == 1) {
		rc = 0;
		if (e.kind == AY_XML_START)
			judge_start(&j, &e);
		else if (e.kind == AY_XML_END && e.depth == j.notes)
			j.notes = NONE;
		else if (e.kind == AY_XML_END && e.depth == j.constant)
			j.constant = NONE;
	}
	if (rc < 0)
		ay_xml_report(s, &x, rc);
	ay_xml_close(&x);
	return rc < 0 || !j.weights ? 0 : need_weights(s, j.weights);
}

static const char *const refines_xml[] = {"xml", "text", NULL};

const struct ay_scanner ay_scanner_openvino = {
	.abi = AY_SCAN_ABI, .name = "openvino", .version = 2, .refines = refines_xml, .bid = openvino_bid, .scan = openvino_scan
};
