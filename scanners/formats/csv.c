/* SPDX-License-Identifier: Apache-2.0 */
#include "scanners/formats/csv.h"

#include <stdarg.h>

#include "assay/attr.h"
#include "assay/ckd.h"
#include "assay/text.h"
#include "scanners/formats/bytes.h"
#include "scanners/formats/csv_mask.h"

#define BLOCK (1 * MIB)
#define MAX_ROW (2 * AY_LIMIT_CSV_FIELD)

enum byte_class { PLAIN, DELIMITER, LINE_FEED, CARRIAGE_RETURN, QUOTE };
enum line_end { UNDECIDED, LF, CRLF };
/* What parsing one row came to, beside negative codes. */
enum { ROW, END, NEED_MORE };

struct field {
	size_t at, len;      /* in buf; quotes off */
	bool doubled;        /* holds doubled quotes */
};

struct ay_csv {
	struct ay_source *in;
	struct ay_budget *budget;
	uint8_t *buf;
	size_t cap, have;
	size_t checked;      /* bytes of buf that are known to be text */
	size_t pos;          /* where the next row starts */
	uint64_t off;        /* of buf[0] */
	bool at_end;
	enum line_end ends;
	uint8_t class[256];
	uint8_t delimiter;
	struct field *spans;
	struct ay_csv_field *fields;
	size_t room, columns, count;    /* allocated; of the header (0: not read yet); of the row at hand */
	char **names;
	uint64_t row, row_off;
	struct ay_finding fault;
	bool go_on;
};

static int fault(struct ay_csv *r, const char *rule, size_t at, const char *fmt, ...) AY_PRINTF(4, 5);
static int fault(struct ay_csv *r, const char *rule, size_t at, const char *fmt, ...)
{
	va_list ap;

	r->fault = (struct ay_finding){.rule = rule, .off = r->off + at, .row = r->columns ? r->row + 1 : 0};
	r->go_on = false;
	va_start(ap, fmt);
	vsnprintf(r->fault.message, sizeof(r->fault.message), fmt, ap);
	va_end(ap);
	return AY_EFORMAT;
}

/* ---- the window ---- */

/* Text up to checked; a sequence cut off by the end of the window waits for the next. */
static int check_text(struct ay_csv *r)
{
	struct ay_cursor c = ay_cursor_of(r->buf + r->checked, r->have - r->checked, r->off + r->checked);
	size_t control = ay_bytes_find_control(&c), bad = ay_bytes_find_bad_utf8(&c);

	if (control < c.left && control <= bad)
		return fault(r, "csv.encoding", r->checked + control, "control byte 0x%02x", (unsigned)ay_cursor_peek(&c, control));
	const uint8_t *feed = memchr(c.p ? c.p : r->buf, '\f', bad);

	if (feed)
		return fault(r, "csv.encoding", (size_t)(feed - r->buf), "control byte 0x0c");
	ay_cursor_skip(&c, bad);
	if (c.left && (r->at_end || !ay_bytes_cut_utf8(&c)))
		return fault(r, "csv.encoding", r->checked + bad, "the bytes are not UTF-8");
	r->checked += bad;
	return 0;
}

/* Moves the unread rest to the front and reads on behind it; the window grows when one row fills it. */
static int refill(struct ay_csv *r)
{
	int err = ay_budget_tick(r->budget);

	if (err)
		return err;
	memmove(r->buf, r->buf + r->pos, r->have - r->pos);    /* own: inside the window */
	r->off += r->pos;
	r->have -= r->pos;
	r->checked -= r->pos;
	r->pos = 0;
	if (r->have == r->cap) {
		uint8_t *bigger = r->cap < MAX_ROW ? ay_budget_realloc(r->budget, r->buf, r->cap * 2) : NULL;

		if (!bigger)
			return AY_ELIMIT;
		r->buf = bigger;
		r->cap *= 2;
	}
	size_t want = r->cap - r->have;
	uint64_t left = r->in->size - (r->off + r->have);

	if (want > left)
		want = (size_t)left;
	err = want ? ay_source_read_full(r->in, r->off + r->have, r->buf + r->have, want) : 0;
	if (err)
		return err;
	r->have += want;
	r->at_end = r->off + r->have == r->in->size;
	return check_text(r);
}

/* ---- one row ---- */

static int more_spans(struct ay_csv *r)
{
	size_t room = r->room ? r->room * 2 : 64;
	struct field *spans = room <= AY_LIMIT_CSV_COLUMNS ? ay_budget_realloc(r->budget, r->spans, room * sizeof(*spans)) : NULL;

	if (!spans)
		return AY_ELIMIT;
	r->spans = spans;
	r->room = room;
	return 0;
}

static inline int add_span(struct ay_csv *r, size_t at, size_t len, bool doubled)
{
	if (len > AY_LIMIT_CSV_FIELD || (r->count == r->room && !r->columns && more_spans(r) != 0))
		return AY_ELIMIT;
	if (r->count < r->room)
		r->spans[r->count] = (struct field){at, len, doubled};
	r->count++;
	return 0;
}

/* The end of a row at p: decides or checks the line ends. *next_out is where the next row starts. */
static int line_end(struct ay_csv *r, size_t p, size_t *next_out)
{
	enum line_end seen = r->buf[p] == '\n' ? LF : CRLF;

	if (seen == CRLF && p + 1 >= r->checked)
		return r->at_end ? fault(r, "csv.line-end", p, "a carriage return without line feed") : NEED_MORE;
	if (seen == CRLF && r->buf[p + 1] != '\n')
		return fault(r, "csv.line-end", p, "a carriage return without line feed");
	if (r->ends == UNDECIDED)
		r->ends = seen;
	if (r->ends != seen)
		return fault(r, "csv.line-end", p, "this line ends with %s, the first with %s", seen == LF ? "LF" : "CR LF",
			     r->ends == LF ? "LF" : "CR LF");
	*next_out = p + (seen == LF ? 1 : 2);
	return ROW;
}

/* From behind the opening quote to behind the closing one. *p moves. */
static int quoted_field(struct ay_csv *r, size_t *p)
{
	size_t start = *p, q = start;
	bool doubled = false;

	for (;;) {
		const uint8_t *quote = memchr(r->buf + q, '"', r->checked - q);

		if (!quote)
			return r->at_end ? fault(r, "csv.quote", start - 1, "a quoted field does not end") : NEED_MORE;
		q = (size_t)(quote - r->buf) + 1;
		if (q == r->checked && !r->at_end)
			return NEED_MORE;
		if (q == r->checked || r->buf[q] != '"')
			break;
		doubled = true;
		q++;
	}
	struct ay_cursor inside = ay_cursor_of(r->buf + start, q - 1 - start, start);

	while (ay_cursor_skip(&inside, ay_bytes_find(&inside, '\r')), inside.left) {
		if (ay_cursor_peek(&inside, 1) != '\n')
			return fault(r, "csv.line-end", (size_t)inside.off, "a carriage return without line feed in a quoted field");
		ay_cursor_skip(&inside, 2);
	}
	*p = q;
	return add_span(r, start, q - 1 - start, doubled);
}

static int bare_field(struct ay_csv *r, size_t *p)
{
	size_t start = *p, q = start, end = r->checked;

	while (q < end && r->class[r->buf[q]] == PLAIN)
		q++;
	if (q == end && !r->at_end)
		return NEED_MORE;
	if (q < end && r->buf[q] == '"')
		return fault(r, "csv.quote", q, "a quote inside a field that does not start with one");
	*p = q;
	return add_span(r, start, q - start, false);
}

static int end_row(struct ay_csv *r, size_t next)
{
	if (r->count == 1 && r->spans[0].len == 0 && r->spans[0].at == r->pos)
		return fault(r, "csv.blank-line", r->pos, "a blank line, which some readers skip and some take for a row");
	r->row_off = r->off + r->pos;
	r->pos = next;
	return ROW;
}

/* A row without quotes that ends well inside the window: as parse_row, or NEED_MORE for it to look closer. */
static int parse_plain_row(struct ay_csv *r)
{
	size_t start = r->pos, next = 0;
	int rc;

	for (size_t p = start; r->checked - p >= AY_CSV_MASK; p += AY_CSV_MASK) {
		for (uint64_t special = ay_csv_mask(r->buf + p, r->delimiter); special; special &= special - 1) {
			size_t at = p + (size_t)__builtin_ctzll(special);

			if (r->buf[at] == '"')
				return NEED_MORE;
			rc = add_span(r, start, at - start, false);
			if (rc)
				return rc;
			start = at + 1;
			if (r->buf[at] == r->delimiter)
				continue;
			rc = line_end(r, at, &next);
			return rc == ROW ? end_row(r, next) : rc;
		}
	}
	return NEED_MORE;
}

/* The row at pos as spans. On ROW, pos is behind it. NEED_MORE leaves pos. */
static int parse_row(struct ay_csv *r)
{
	size_t p = r->pos, next = 0;
	int rc;

	r->count = 0;
	if (p == r->checked)
		return r->at_end ? END : NEED_MORE;
	rc = parse_plain_row(r);
	if (rc != NEED_MORE)
		return rc;
	r->count = 0;
	for (;;) {
		if (p == r->checked && !r->at_end)
			return NEED_MORE;
		bool quoted = p < r->checked && r->buf[p] == '"';

		if (quoted)
			p++;
		rc = quoted ? quoted_field(r, &p) : bare_field(r, &p);
		if (rc)
			return rc;
		if (p == r->checked) {
			next = p;
			break;
		}
		enum byte_class c = r->class[r->buf[p]];

		if (c == DELIMITER) {
			p++;
			continue;
		}
		if (c != LINE_FEED && c != CARRIAGE_RETURN)
			return fault(r, "csv.quote", p, "text behind a closing quote");
		rc = line_end(r, p, &next);
		if (rc != ROW)
			return rc;
		break;
	}
	return end_row(r, next);
}

/* Halves doubled quotes where they stand. */
static size_t halve_quotes(uint8_t *text, size_t len)
{
	size_t to = 0;

	for (size_t from = 0; from < len; from++, to++) {
		text[to] = text[from];
		if (text[from] == '"')
			from++;
	}
	return to;
}

static int next_row(struct ay_csv *r)
{
	int rc;

	while ((rc = parse_row(r)) == NEED_MORE) {
		rc = refill(r);
		if (rc)
			return rc;
	}
	return rc;
}

static const char *text_of(struct ay_csv *r, size_t field)
{
	struct field *f = &r->spans[field];

	if (f->doubled)
		f->len = halve_quotes(r->buf + f->at, f->len);
	f->doubled = false;
	return (const char *)r->buf + f->at;
}

static void publish(struct ay_csv *r, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const char *text = text_of(r, i);

		r->fields[i] = (struct ay_csv_field){text, r->spans[i].len};
	}
}

static int ragged(struct ay_csv *r)
{
	int rc = fault(r, "csv.ragged", (size_t)(r->row_off - r->off), "row %llu has %zu columns, the header has %zu", (unsigned long long)r->row + 1,
		       r->count, r->columns);

	r->go_on = true;
	r->row++;
	return rc;
}

int ay_csv_next(struct ay_csv *r, const struct ay_csv_field **fields_out)
{
	int rc = next_row(r);

	if (rc == END)
		return 0;
	if (rc != ROW)
		return rc;
	if (r->count != r->columns)
		return ragged(r);
	r->row++;
	publish(r, r->count);
	*fields_out = r->fields;
	return 1;
}

/* Word by word: a whole cell would be put together elsewhere first. The rest of an untyped text means nothing. */
static inline void put_text(struct ay_cell *cell, const uint8_t *text, size_t len)
{
	cell->kind = AY_CELL_TEXT;
	cell->typed = cell->whole = false;
	cell->text = (const char *)text;
	cell->len = len;
}

/* The row is whole, and pos behind it. */
static void take_row(struct ay_csv *r, struct ay_block *rows)
{
	rows->off[rows->rows++] = r->row_off;
	r->row++;
}

/* Where the row behind this end of line starts, or 0 when the end is none as those before. */
static inline size_t behind_line(const struct ay_csv *r, size_t at)
{
	if (r->ends == LF)
		return r->buf[at] == '\n' ? at + 1 : 0;
	return r->buf[at] == '\r' && at + 1 < r->checked && r->buf[at + 1] == '\n' ? at + 2 : 0;
}

/*
 * Rows as most are, straight into their cells: without quotes, as wide as the header, well inside the window. The first other row is
 * left to who reads rows one by one, with its cells half written.
 */
static void plain_rows(struct ay_csv *r, struct ay_block *rows)
{
	struct ay_cell *cell = rows->own + rows->rows, *end = cell + r->columns * rows->room;
	size_t start = r->pos;

	if (r->ends == UNDECIDED || r->columns < 2)    /* a row of one column may be a blank line */
		return;
	for (size_t p = start; r->checked - p >= AY_CSV_MASK; p += AY_CSV_MASK) {
		for (uint64_t special = ay_csv_mask(r->buf + p, r->delimiter); special; special &= special - 1) {
			size_t at = p + (size_t)__builtin_ctzll(special), next = at + 1;

			if (at < start)    /* the line feed of CR LF */
				continue;
			if (cell >= end || at - start > AY_LIMIT_CSV_FIELD)
				return;
			put_text(cell, r->buf + start, at - start);
			cell += rows->room;
			if (r->buf[at] != r->delimiter) {
				next = behind_line(r, at);
				if (!next || cell != end)
					return;
				r->row_off = r->off + r->pos;
				r->pos = next;
				take_row(r, rows);
				if (rows->rows == rows->room)
					return;
				end++;
				cell = rows->own + rows->rows;
			}
			start = next;
		}
	}
}

int ay_csv_next_rows(struct ay_csv *r, struct ay_block *rows)
{
	rows->first = r->row + 1;
	rows->rows = 0;
	while (rows->rows < rows->room) {
		plain_rows(r, rows);
		if (rows->rows == rows->room)
			break;
		size_t from = r->pos;
		int rc = rows->rows ? parse_row(r) : next_row(r);

		if (rc != ROW && !rows->rows)
			return rc == END ? 0 : rc;
		if (rc == ROW && r->count != r->columns && !rows->rows)
			return ragged(r);
		if (rc != ROW || r->count != r->columns) {
			r->pos = from;      /* it is read again: nothing of it was changed */
			break;
		}
		for (size_t i = 0; i < r->columns; i++) {
			const char *text = text_of(r, i);

			put_text(&rows->own[i * rows->room + rows->rows], (const uint8_t *)text, r->spans[i].len);
		}
		take_row(r, rows);
	}
	return 1;
}

/* ---- header ---- */

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Each name once, none empty. Sorted copies find duplicates without a quadratic search. */
static int check_names(struct ay_csv *r)
{
	char **sorted = ay_budget_alloc(r->budget, r->columns * sizeof(*sorted));
	char shown[64];
	int rc = 0;

	if (!sorted)
		return AY_ELIMIT;
	memcpy(sorted, r->names, r->columns * sizeof(*sorted));    /* own: our pointers */
	qsort(sorted, r->columns, sizeof(*sorted), compare_names);
	for (size_t i = 0; i < r->columns && !rc; i++) {
		if (r->names[i][0] == 0)
			rc = fault(r, "csv.header", 0, "column %zu has no name (pandas writes its row index so: use index=False)", i + 1);
		else if (i > 0 && strcmp(sorted[i - 1], sorted[i]) == 0)
			rc = fault(r, "csv.header", 0, "two columns are named %s", ay_escape_str(shown, sizeof(shown), sorted[i]));
	}
	ay_budget_free(r->budget, sorted);
	return rc;
}

static int keep_names(struct ay_csv *r)
{
	r->names = ay_budget_alloc(r->budget, r->count * sizeof(*r->names));
	r->fields = ay_budget_alloc(r->budget, r->count * sizeof(*r->fields));
	if (!r->names || !r->fields)
		return AY_ELIMIT;
	memset(r->names, 0, r->count * sizeof(*r->names));
	publish(r, r->count);
	r->columns = r->count;
	r->room = r->count;
	for (size_t i = 0; i < r->columns; i++) {
		r->names[i] = ay_budget_alloc(r->budget, r->fields[i].len + 1);
		if (!r->names[i])
			return AY_ELIMIT;
		memcpy(r->names[i], r->fields[i].text, r->fields[i].len);    /* own: room just made */
		r->names[i][r->fields[i].len] = 0;
	}
	return check_names(r);
}

/* The one candidate that stands outside quotes in the first line; a comma when there is none. */
static int find_delimiter(struct ay_csv *r, char *out)
{
	bool quoted = false, seen[3] = {false};
	static const char candidates[] = ",;\t";
	size_t i = r->pos;

	for (;; i++) {
		while (i == r->checked && !r->at_end) {
			i -= r->pos;    /* refill drops what stands before pos */
			int rc = refill(r);

			if (rc)
				return rc;
		}
		if (i == r->checked)
			break;
		if (r->buf[i] == '"')
			quoted = !quoted;
		if (quoted)
			continue;
		if (r->buf[i] == '\n' || r->buf[i] == '\r')
			break;
		const char *hit = memchr(candidates, r->buf[i], 3);

		if (hit)
			seen[hit - candidates] = true;
	}
	if (seen[0] + seen[1] + seen[2] > 1)
		return fault(r, "csv.delimiter", 0, "the header has more than one of comma, semicolon and tab outside quotes");
	*out = seen[1] ? ';' : seen[2] ? '\t' : ',';
	return 0;
}

static int read_header(struct ay_csv *r, char delimiter)
{
	int rc = refill(r);

	if (rc)
		return rc;
	if (r->checked >= 3 && memcmp(r->buf, "\xef\xbb\xbf", 3) == 0)
		r->pos = 3;
	if (!delimiter && (rc = find_delimiter(r, &delimiter)))
		return rc;
	r->delimiter = (uint8_t)delimiter;
	r->class[r->delimiter] = DELIMITER;
	r->class['\n'] = LINE_FEED;
	r->class['\r'] = CARRIAGE_RETURN;
	r->class['"'] = QUOTE;
	rc = next_row(r);
	if (rc == END)
		return fault(r, "csv.header", 0, "there is no header");
	return rc == ROW ? keep_names(r) : rc;
}

int ay_csv_open(struct ay_source *in, struct ay_budget *budget, char delimiter, struct ay_csv **out)
{
	struct ay_csv *r = *out = ay_budget_alloc(budget, sizeof(*r));

	if (!r)
		return AY_ELIMIT;
	*r = (struct ay_csv){.in = in, .budget = budget, .cap = BLOCK};
	r->buf = ay_budget_alloc(budget, r->cap);
	return r->buf ? read_header(r, delimiter) : AY_ELIMIT;
}

void ay_csv_free(struct ay_csv *r)
{
	if (!r)
		return;
	for (size_t i = 0; r->names && i < r->columns; i++)
		ay_budget_free(r->budget, r->names[i]);
	ay_budget_free(r->budget, r->names);
	ay_budget_free(r->budget, r->fields);
	ay_budget_free(r->budget, r->spans);
	ay_budget_free(r->budget, r->buf);
	ay_budget_free(r->budget, r);
}

size_t ay_csv_columns(const struct ay_csv *r)
{
	return r->columns;
}

const char *ay_csv_name(const struct ay_csv *r, size_t column)
{
	return r->names[column];
}

uint64_t ay_csv_row(const struct ay_csv *r)
{
	return r->row;
}

uint64_t ay_csv_row_off(const struct ay_csv *r)
{
	return r->row_off;
}

const struct ay_finding *ay_csv_fault(const struct ay_csv *r)
{
	return &r->fault;
}

bool ay_csv_may_go_on(const struct ay_csv *r)
{
	return r->go_on;
}

int ay_csv_delimiter_of(const char *path)
{
	if (ay_path_ends(path, ".tsv") || ay_path_ends(path, ".tab"))
		return '\t';
	return ay_path_ends(path, ".csv") ? 0 : -1;
}
