/* SPDX-License-Identifier: Apache-2.0 */
#include "scanners/formats/xml.h"

#include "scanners/driver.h"
#include "scanners/formats/bytes.h"
#include "scanners/formats/text.h"
#include "scanners/registry.h"

#define WINDOW (256 * KIB)     /* also the longest tag */
#define LOOK 16                /* bytes that decide what comes next */
#define PROLOG (64 * KIB)
#define XINCLUDE "http://www.w3.org/2001/XInclude"

int ay_xml_open(struct ay_xml *x, struct ay_source *in, struct ay_budget *budget)
{
	*x = (struct ay_xml){.open = ay_buf_new(64 * KIB), .bad_off = AY_NO_OFFSET};
	return ay_stream_open(&x->st, in, budget, WINDOW);
}

void ay_xml_close(struct ay_xml *x)
{
	ay_stream_close(&x->st);
	ay_buf_free(&x->open);
}

static int fail(struct ay_xml *x, const char *rule, const char *why)
{
	x->rule = rule;
	x->why = why;
	x->bad_off = x->c.off;
	return AY_EFORMAT;
}

static int malformed(struct ay_xml *x, const char *why)
{
	return fail(x, "xml.malformed", why);
}

/* More of the source behind what is unread. 1, 0 at the end, AY_ELIMIT when the window is full. */
static int more(struct ay_xml *x)
{
	if (x->at_end)
		return 0;
	if (x->c.left >= x->st.cap)
		return AY_ELIMIT;
	int rc = ay_stream_next(&x->st, x->c.left, &x->c);

	if (rc == 0)
		x->at_end = true;
	return rc;
}

/* At least want bytes, or all that there are. */
static int look(struct ay_xml *x, size_t want)
{
	int rc = 1;

	while (rc == 1 && x->c.left < want)
		rc = more(x);
	return rc < 0 ? rc : 0;
}

static bool is_space(int ch)
{
	return ch == ' ' || ch == '\t' || ch == '\n' || ch == '\r';
}

static bool is_name_byte(int ch, bool first)
{
	return (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || ch == '_' || ch == ':' || ch >= 0x80 ||
	       (!first && ((ch >= '0' && ch <= '9') || ch == '-' || ch == '.'));
}

static void skip_space(struct ay_cursor *c)
{
	while (is_space(ay_cursor_peek(c, 0)))
		ay_cursor_skip(c, 1);
}

/* Index of the first such pair or triple of bytes, or left. */
static size_t find_mark(const struct ay_cursor *c, const char *mark)
{
	struct ay_cursor at = *c;

	for (;;) {
		ay_cursor_skip(&at, ay_bytes_find(&at, (uint8_t)mark[0]));
		if (!at.left)
			return c->left;
		if (ay_cursor_starts(&at, mark, strlen(mark)))
			return c->left - at.left;
		ay_cursor_skip(&at, 1);
	}
}

/* XML's Char: no control byte but TAB, LF and CR, and UTF-8. */
static int check_chars(struct ay_xml *x, struct ay_cursor part)
{
	size_t control = ay_bytes_find_control(&part), feed = ay_bytes_find(&part, '\f'), bad = ay_bytes_find_bad_utf8(&part);

	if (control < part.left || feed < part.left)
		return malformed(x, "a control character");
	return bad < part.left ? malformed(x, "bytes that are not UTF-8") : 0;
}

/* &lt; and the like, &#10;, &#xA; at c, which moves past it. */
static bool accept_reference(struct ay_cursor *c)
{
	static const char *const names[] = {"&lt;", "&gt;", "&amp;", "&apos;", "&quot;"};

	for (size_t i = 0; i < AY_ARRAY_LEN(names); i++)
		if (ay_cursor_accept(c, names[i], strlen(names[i])))
			return true;
	if (!ay_cursor_accept(c, "&#", 2))
		return false;
	unsigned base = ay_cursor_accept(c, "x", 1) ? 16 : 10, digits = 0;
	uint32_t v = 0;

	for (;; digits++) {
		int ch = ay_cursor_peek(c, 0);
		int digit = ch >= '0' && ch <= '9' ? ch - '0' : base == 16 && ch >= 'a' && ch <= 'f' ? ch - 'a' + 10 :
			    base == 16 && ch >= 'A' && ch <= 'F' ? ch - 'A' + 10 : -1;

		if (digit < 0 || digits > 8)
			break;
		v = v * base + (uint32_t)digit;
		ay_cursor_skip(c, 1);
	}
	bool is_char = v == 9 || v == 10 || v == 13 || (v >= 0x20 && v < 0xD800) || (v >= 0xE000 && v <= 0xFFFD) ||
		       (v >= 0x10000 && v <= 0x10FFFF);

	return digits > 0 && digits <= 8 && is_char && ay_cursor_accept(c, ";", 1);
}

/* Text or an attribute's value. */
static int check_text(struct ay_xml *x, struct ay_cursor part)
{
	int err = check_chars(x, part);

	while (!err) {
		ay_cursor_skip(&part, ay_bytes_find(&part, '&'));
		if (!part.left)
			break;
		if (!accept_reference(&part))
			err = malformed(x, "a reference to an entity that XML does not predefine, or no character");
	}
	return err;
}

/* Skips a comment piecewise; c stands behind its start. */
static int skip_comment(struct ay_xml *x)
{
	for (;;) {
		size_t at = find_mark(&x->c, "--");
		struct ay_cursor part = x->c;
		struct ay_cursor head = ay_cursor_sub(&part, at);
		int err;

		if (at < x->c.left) {
			err = check_chars(x, head);
			ay_cursor_skip(&x->c, at + 2);
			if (!err)
				err = look(x, 1);
			if (!err && !ay_cursor_accept(&x->c, ">", 1))
				err = malformed(x, "two hyphens inside a comment");
			return err;
		}
		/* The last bytes may be half a mark or half a character. */
		size_t keep = at < 4 ? at : 4;

		while (keep < at && keep < 8 && (ay_cursor_peek(&x->c, at - keep) & 0xC0) == 0x80)
			keep++;
		part = x->c;
		head = ay_cursor_sub(&part, at - keep);
		err = check_chars(x, head);
		ay_cursor_skip(&x->c, at - keep);
		if (err)
			return err;
		err = more(x);
		if (err <= 0)
			return err ? err : malformed(x, "a comment without an end");
	}
}

/* <?xml ... ?>, which may only be the first thing. */
static int skip_declaration(struct ay_xml *x)
{
	size_t len = find_mark(&x->c, "?>");
	struct ay_cursor rest = x->c;
	struct ay_cursor decl = ay_cursor_sub(&rest, len);
	size_t at = find_mark(&decl, "encoding");
	int err;

	if (!rest.left || len > 256)
		return malformed(x, "an XML declaration without an end");
	err = check_chars(x, decl);
	if (err)
		return err;
	if (at < decl.left) {
		ay_cursor_skip(&decl, at + strlen("encoding"));
		skip_space(&decl);
		ay_cursor_accept(&decl, "=", 1);
		skip_space(&decl);
		int quote = ay_cursor_u8(&decl);
		size_t name_len = ay_bytes_find(&decl, (uint8_t)quote);
		struct ay_cursor name = ay_cursor_sub(&decl, name_len);

		if (!ay_xml_is(name, "UTF-8") && !ay_xml_is(name, "utf-8") && !ay_xml_is(name, "UTF8") && !ay_xml_is(name, "US-ASCII"))
			return malformed(x, "an encoding other than UTF-8");
	}
	ay_cursor_skip(&x->c, len + 2);
	return 0;
}

static struct ay_cursor take_name(struct ay_cursor *c)
{
	size_t n = 0;

	while (is_name_byte(ay_cursor_peek(c, n), n == 0))
		n++;
	return ay_cursor_sub(c, n);
}

static int take_attr(struct ay_xml *x, struct ay_cursor *c)
{
	struct ay_xml_attr a = {.name = take_name(c)};

	if (!a.name.left)
		return malformed(x, "a tag holds something other than attributes");
	skip_space(c);
	if (!ay_cursor_accept(c, "=", 1))
		return malformed(x, "an attribute without a value");
	skip_space(c);
	int quote = ay_cursor_u8(c);
	size_t len = ay_bytes_find(c, (uint8_t)quote);

	if ((quote != '"' && quote != '\'') || len == c->left)
		return malformed(x, "an attribute's value is not quoted");
	a.value = ay_cursor_sub(c, len);
	ay_cursor_skip(c, 1);
	if (ay_bytes_find(&a.value, '<') < a.value.left)
		return malformed(x, "'<' in an attribute's value");
	if (x->attrs_count == AY_XML_MAX_ATTRS)
		return AY_ELIMIT;
	for (size_t i = 0; i < x->attrs_count; i++)
		if (x->attrs[i].name.left == a.name.left && memcmp(x->attrs[i].name.p, a.name.p, a.name.left) == 0)
			return malformed(x, "an attribute is there twice");
	int err = check_text(x, a.value);

	if (!err && ay_xml_is(a.value, XINCLUDE))
		err = fail(x, "xml.include", "XInclude, which reads other files");
	if (!err)
		x->attrs[x->attrs_count++] = a;
	return err;
}

/* Length of the tag at c up to its '>', quotes respected. AY_ELIMIT when it is longer than the window. */
static int measure_tag(struct ay_xml *x, size_t *len_out)
{
	size_t at = 1;
	int quote = 0, err;

	for (;;) {
		for (; at < x->c.left; at++) {
			int ch = ay_cursor_peek(&x->c, at);

			if (!quote && ch == '>') {
				*len_out = at;
				return 0;
			}
			if (quote ? ch == quote : ch == '"' || ch == '\'')
				quote = quote ? 0 : ch;
		}
		err = more(x);
		if (err <= 0)
			return err ? err : malformed(x, "a tag without an end");
	}
}

static int start_element(struct ay_xml *x, struct ay_cursor tag, struct ay_xml_event *out)
{
	struct ay_cursor inner = tag;
	int err;

	if (tag.left && ay_cursor_peek(&tag, tag.left - 1) == '/') {
		inner = ay_cursor_sub(&tag, tag.left - 1);
		x->ends_empty = true;
	}
	out->name = take_name(&inner);
	if (!out->name.left)
		return malformed(x, "'<' that begins no tag");
	err = check_chars(x, out->name);
	x->attrs_count = 0;
	while (!err && inner.left) {
		size_t before = inner.left;

		skip_space(&inner);
		if (!inner.left)
			break;
		err = inner.left == before ? malformed(x, "no space before an attribute") : take_attr(x, &inner);
	}
	if (err)
		return err;
	if (x->depth == AY_XML_MAX_DEPTH)
		return AY_ELIMIT;
	x->open_at[x->depth++] = x->open.len;
	ay_buf_add(&x->open, out->name.p, out->name.left);
	x->seen_root = true;
	out->attrs = x->attrs;
	out->attrs_count = x->attrs_count;
	out->depth = x->depth;
	return x->open.err;
}

static struct ay_cursor open_name(const struct ay_xml *x)
{
	size_t at = x->open_at[x->depth - 1];

	return ay_cursor_of(x->open.data + at, x->open.len - at, 0);
}

static int end_element(struct ay_xml *x, struct ay_xml_event *out)
{
	out->kind = AY_XML_END;
	out->depth = x->depth;
	out->name = open_name(x);
	x->depth--;
	x->open.len = x->open_at[x->depth];
	return 1;
}

/* "<a ...>", "<a/>" or "</a>". */
static int take_tag(struct ay_xml *x, struct ay_xml_event *out)
{
	size_t len;
	int err = measure_tag(x, &len);

	if (err)
		return err;
	out->off = x->c.off;
	struct ay_cursor rest = x->c;
	struct ay_cursor tag = ay_cursor_sub(&rest, len);

	ay_cursor_skip(&tag, 1);
	if (ay_cursor_accept(&tag, "/", 1)) {
		struct ay_cursor name = take_name(&tag);

		skip_space(&tag);
		if (!x->depth || tag.left || name.left != open_name(x).left || memcmp(name.p, open_name(x).p, name.left) != 0)
			return malformed(x, "an end tag that does not belong to the open element");
		ay_cursor_skip(&x->c, len + 1);
		return end_element(x, out);
	}
	if (!x->depth && x->seen_root)
		return malformed(x, "a second root element");
	err = start_element(x, tag, out);
	if (err)
		return err;
	ay_cursor_skip(&x->c, len + 1);
	out->kind = AY_XML_START;
	return 1;
}

/* How much of a window ends with a whole character and a whole reference. */
static size_t whole_part(const struct ay_cursor *c)
{
	size_t len = c->left, back = len > LOOK ? len - LOOK : 0;

	for (unsigned i = 0; i < 4 && len > 0 && ay_cursor_peek(c, len - 1) >= 0x80; i++)
		if (ay_cursor_peek(c, --len) >= 0xC0)
			break;
	for (size_t i = len; i > back; i--)
		if (ay_cursor_peek(c, i - 1) == '&')
			len = i - 1;
	return len;
}

/* Text up to the mark, in pieces that end between characters and references. */
static int take_text(struct ay_xml *x, const char *mark, struct ay_xml_event *out)
{
	size_t len = find_mark(&x->c, mark);

	while (len == x->c.left && !x->at_end && x->c.left < WINDOW / 2) {
		int rc = more(x);

		if (rc < 0)
			return rc;
		len = find_mark(&x->c, mark);
	}
	if (len == x->c.left && !x->at_end)
		len = whole_part(&x->c);
	out->kind = AY_XML_TEXT;
	out->off = x->c.off;
	out->depth = x->depth;
	out->text = ay_cursor_sub(&x->c, len);
	int err = x->in_cdata ? check_chars(x, out->text) : check_text(x, out->text);

	if (!err && !x->depth)
		for (struct ay_cursor c = out->text; !err && c.left; ay_cursor_skip(&c, 1))
			if (!is_space(ay_cursor_peek(&c, 0)))
				err = malformed(x, "text outside of the root element");
	return err ? err : 1;
}

static int take_cdata(struct ay_xml *x, struct ay_xml_event *out)
{
	int err = look(x, 3);

	if (err)
		return err;
	if (ay_cursor_accept(&x->c, "]]>", 3)) {
		x->in_cdata = false;
		return 0;
	}
	if (!x->c.left)
		return malformed(x, "a CDATA section without an end");
	/* ']' that begins no mark is text of its own. */
	if (ay_cursor_peek(&x->c, 0) == ']') {
		out->kind = AY_XML_TEXT;
		out->off = x->c.off;
		out->depth = x->depth;
		out->text = ay_cursor_sub(&x->c, 1);
		return 1;
	}
	return take_text(x, "]", out);
}

/* Behind "<!" and "<?". 0 to go on. */
static int take_markup(struct ay_xml *x)
{
	if (ay_cursor_accept(&x->c, "<!--", 4))
		return skip_comment(x);
	if (x->depth && ay_cursor_accept(&x->c, "<![CDATA[", 9)) {
		x->in_cdata = true;
		return 0;
	}
	if (ay_cursor_starts(&x->c, "<!", 2))
		return fail(x, "xml.dtd", "a document type, which can declare entities and name other files");
	if (ay_cursor_starts(&x->c, "<?xml", 5) && is_space(ay_cursor_peek(&x->c, 5)))
		return x->c.off == 0 || (x->c.off == 3 && !x->seen_root) ? skip_declaration(x) :
		       malformed(x, "an XML declaration that is not the first thing");
	return fail(x, "xml.instruction", "a processing instruction, which tells a reader to do something");
}

int ay_xml_next(struct ay_xml *x, struct ay_xml_event *out)
{
	*out = (struct ay_xml_event){.kind = AY_XML_TEXT};
	if (x->ends_empty) {
		x->ends_empty = false;
		out->off = x->c.off;
		return end_element(x, out);
	}
	for (;;) {
		int rc = look(x, LOOK);

		if (rc)
			return rc;
		if (x->c.off == 0)
			ay_cursor_accept(&x->c, "\xef\xbb\xbf", 3);
		if (x->in_cdata)
			rc = take_cdata(x, out);
		else if (!x->c.left)
			return x->depth || !x->seen_root ? malformed(x, "the document ends inside an element, or has none") : 0;
		else if (ay_cursor_starts(&x->c, "<!", 2) || ay_cursor_starts(&x->c, "<?", 2))
			rc = take_markup(x);
		else if (ay_cursor_peek(&x->c, 0) == '<')
			return take_tag(x, out);
		else
			return take_text(x, "<", out);
		if (rc)
			return rc;
	}
}

void ay_xml_report(struct ay_scan *s, const struct ay_xml *x, int err)
{
	struct ay_error e;

	if (err == AY_EFORMAT)
		ay_scan_find(s, x->rule, x->bad_off, "%s", x->why);
	else
		ay_scan_find_error(s, "xml", ay_error_at(&e, err, x->c.off, "a tag, a name or the nesting is larger than is read here"), &e);
}

bool ay_xml_is(struct ay_cursor name, const char *text)
{
	return name.left == strlen(text) && (!name.left || memcmp(name.p, text, name.left) == 0);
}

int ay_xml_shown(struct ay_cursor name)
{
	return name.left < 80 ? (int)name.left : 80;
}

struct ay_cursor ay_xml_local(struct ay_cursor name)
{
	size_t colon = ay_bytes_find(&name, ':');

	if (colon < name.left)
		ay_cursor_skip(&name, colon + 1);
	return name;
}

bool ay_xml_attr_find(const struct ay_xml_event *e, const char *name, struct ay_cursor *value_out)
{
	for (size_t i = 0; i < e->attrs_count; i++)
		if (ay_xml_is(e->attrs[i].name, name)) {
			*value_out = e->attrs[i].value;
			return true;
		}
	return false;
}

/* ---- who claims it ---- */

/* Moves past white space, comments and instructions. */
static void skip_prolog(struct ay_cursor *c)
{
	ay_cursor_accept(c, "\xef\xbb\xbf", 3);
	for (;;) {
		const char *mark = NULL;

		skip_space(c);
		if (ay_cursor_starts(c, "<!--", 4))
			mark = "-->";
		else if (ay_cursor_starts(c, "<?", 2))
			mark = "?>";
		if (!mark)
			return;
		ay_cursor_skip(c, find_mark(c, mark));
		ay_cursor_skip(c, c->left ? strlen(mark) : 0);
	}
}

static bool starts_doctype(struct ay_cursor c)
{
	static const char word[] = "<!DOCTYPE";

	for (size_t i = 0; i < sizeof(word) - 1; i++) {
		int ch = ay_cursor_peek(&c, i);

		if ((ch >= 'a' && ch <= 'z' ? ch - 'a' + 'A' : ch) != word[i])
			return false;
	}
	return true;
}

bool ay_xml_root(struct ay_source *in, char name[AY_XML_ROOT_MAX], bool *declared_out)
{
	struct ay_buf b = ay_buf_new(PROLOG);
	size_t len = in->size < PROLOG ? (size_t)in->size : PROLOG;
	struct ay_cursor c, root;
	uint8_t first[4];

	name[0] = '\0';
	*declared_out = false;
	/* Most files are told by four bytes, without a large read. */
	if (in->size < sizeof(first) || ay_source_read_full(in, 0, first, sizeof(first)) != 0 ||
	    (first[0] != '<' && first[0] != 0xEF && !is_space(first[0])))
		return false;
	if (ay_source_load(in, 0, len, &b, &c) != 0) {
		ay_buf_free(&b);
		return false;
	}
	struct ay_cursor start = c;

	ay_cursor_accept(&start, "\xef\xbb\xbf", 3);
	*declared_out = ay_cursor_starts(&start, "<?xml", 5);
	skip_prolog(&c);
	bool like = *declared_out || (!c.left ? in->size > PROLOG : starts_doctype(c));

	if (ay_cursor_accept(&c, "<", 1)) {
		root = ay_xml_local(take_name(&c));
		like = like || root.left > 0;
		size_t n = root.left;

		if (n < AY_XML_ROOT_MAX) {
			ay_cursor_copy(&root, name, n);
			name[n] = '\0';
		}
	}
	ay_buf_free(&b);
	return like;
}

/*
 * Markdown often begins with a comment and an HTML tag, so a tag alone makes no document: a declaration, a document type,
 * a suffix, or a root that someone loads as XML does.
 */
static unsigned xml_bid(struct ay_cursor head, struct ay_source *in, const char *path)
{
	static const char *const suffixes[] = {".xml", ".svg", ".pmml", ".html", ".htm", ".xhtml"};
	static const char *const roots[] = {"", "PMML", "net", "svg", "html"};
	char root[AY_XML_ROOT_MAX];
	bool declared;

	if (!ay_bytes_look_like_text(&head) || !ay_xml_root(in, root, &declared))
		return 0;
	if (declared)
		return 40;
	for (size_t i = 0; i < AY_ARRAY_LEN(suffixes); i++)
		if (ay_path_ends(path, suffixes[i]))
			return 16;
	for (size_t i = 0; i < AY_ARRAY_LEN(roots); i++)
		if (strcmp(root, roots[i]) == 0)
			return 16;
	return 0;
}

static void report_unknown(struct ay_scan *s, const char *root)
{
	if (ay_scan_is_opaque(s))
		ay_scan_find(s, "format.opaque", AY_NO_OFFSET, "an XML document, admitted unread by its suffix, as the policy says");
	else
		ay_scan_find(s, "format.unsupported", 0, "this is an XML document with the root <%s>, which is not judged", root);
}

/* Nobody here knows what its elements mean. HTML is not even XML, and often what a download gave in place of a model. */
static int xml_scan(struct ay_scan *s, struct ay_source *in)
{
	char root[AY_XML_ROOT_MAX];
	struct ay_xml_event e;
	struct ay_xml x;
	bool declared;

	ay_xml_root(in, root, &declared);
	if (strcmp(root, "html") == 0) {
		report_unknown(s, root);
		return 0;
	}
	int rc = ay_xml_open(&x, in, ay_scan_budget(s));

	while (rc == 0 && (rc = ay_xml_next(&x, &e)) == 1)
		rc = 0;
	if (rc < 0)
		ay_xml_report(s, &x, rc);
	else
		report_unknown(s, root);
	ay_xml_close(&x);
	return 0;
}

static const char *const refines_text[] = {"text", NULL};

const struct ay_scanner ay_scanner_xml = {
	.abi = AY_SCAN_ABI, .name = "xml", .version = 1, .refines = refines_text, .bid = xml_bid, .scan = xml_scan
};
