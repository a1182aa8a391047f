/* SPDX-License-Identifier: Apache-2.0 */
/*
 * XML 1.0 (W3C, fifth edition) without what attacks are made of: UTF-8 only,
 * no DOCTYPE and so no entities but the five predefined, no processing
 * instructions, no XInclude. Read forward in constant memory.
 */
#ifndef ASSAY_FORMATS_XML_H
#define ASSAY_FORMATS_XML_H

#include "scanners/formats/stream.h"

#define AY_XML_MAX_ATTRS 64
#define AY_XML_MAX_DEPTH 256

enum ay_xml_kind { AY_XML_START, AY_XML_TEXT, AY_XML_END };

struct ay_xml_attr { struct ay_cursor name, value; };    /* value as written: references are checked, not resolved */

struct ay_xml_event {
	enum ay_xml_kind kind;
	uint64_t off;
	unsigned depth;                /* of the element: 1 is the root */
	struct ay_cursor name;         /* START and END: with its prefix */
	struct ay_cursor text;         /* TEXT: a piece as written */
	const struct ay_xml_attr *attrs;
	size_t attrs_count;
};

struct ay_xml {
	struct ay_stream st;
	struct ay_cursor c;
	bool at_end, in_cdata, ends_empty;
	unsigned depth;
	bool seen_root;
	struct ay_buf open;            /* names of open elements */
	size_t open_at[AY_XML_MAX_DEPTH];
	struct ay_xml_attr attrs[AY_XML_MAX_ATTRS];
	size_t attrs_count;
	const char *rule;              /* after AY_EFORMAT: "xml.malformed", "xml.dtd", "xml.instruction" or "xml.include" */
	const char *why;
	uint64_t bad_off;
};

/* Borrows in and budget. */
AY_MUSTCHECK int ay_xml_open(struct ay_xml *x, struct ay_source *in, struct ay_budget *budget);
void ay_xml_close(struct ay_xml *x);
/*
 * 1 with the next event, whose parts are valid until the next call; 0 after the root's end and whatever may follow it;
 * AY_EFORMAT with rule, why and bad_off set; AY_ELIMIT, or a read error.
 */
AY_MUSTCHECK int ay_xml_next(struct ay_xml *x, struct ay_xml_event *out);
/* Reports what ay_xml_next answered below 0. */
void ay_xml_report(struct ay_scan *s, const struct ay_xml *x, int err);

/* Of a START event: the value, or false. */
bool ay_xml_attr_find(const struct ay_xml_event *e, const char *name, struct ay_cursor *value_out);
/* A name or value is exactly this. */
bool ay_xml_is(struct ay_cursor name, const char *text);
/* For "%.*s": how much of a name a message shows. */
int ay_xml_shown(struct ay_cursor name);
/* The part behind the prefix. */
struct ay_cursor ay_xml_local(struct ay_cursor name);

/*
 * For bids. The local name of the root element into name ("" where there is none before a DOCTYPE or within the first
 * 64 KiB); false when the source does not begin like a document at all: with a declaration, a document type or a tag,
 * after nothing but white space, comments and instructions. *declared_out: it begins with <?xml.
 */
#define AY_XML_ROOT_MAX 64
bool ay_xml_root(struct ay_source *in, char name[AY_XML_ROOT_MAX], bool *declared_out);

#endif
