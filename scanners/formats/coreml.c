/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Core ML models (.mlmodel): every field of every message is known and in its
 * form, and what runs is either a layer or type of the format, or an operator
 * of an exact list. Code gets in by custom layers and models, which name a
 * class of the application; files elsewhere get in by linked models and by the
 * paths of a program's weights.
 */
#include "scanners/registry.h"

#include "assay/ckd.h"
#include "scanners/formats/bytes.h"
#include "scanners/formats/protobuf.h"
#include "scanners/model/coreml.h"

#define MAX_TEXT (16 * MIB)       /* one text: producers put whole configurations there */
#define MAX_DEPTH 96              /* messages in each other; a block in a block takes two */
#define MAX_FIELDS 1100           /* of all messages together */
#define MAX_MESSAGES 350
#define MAX_OF_ONE 192            /* fields of one message */
#define BID_FIELDS 64
#define LAST_SPECIFICATION 63
#define FIRST_TYPE 200            /* fields of Model from here on are its types */
#define CLASS_NAME 10             /* in CustomModel and CustomLayerParams */
#define MODEL_PATH "@model_path/"
#define BLOB_HEAD 64              /* bytes that stand before each blob in a file of weights, and its alignment */

struct field {
	const char *name;         /* of a message, a class, a file or bytes */
	uint16_t number, message;
	char kind;                /* as in ay_coreml_messages */
	bool many;
};

struct judge {
	struct ay_scan *s;
	struct ay_pb r;
	size_t model, operation, function, blob;      /* messages that are judged as a whole */
	char text[AY_LIMIT_PATH + 1];                 /* the last that was kept */
	const char *why;                              /* of AY_EFORMAT */
	uint16_t first[MAX_MESSAGES + 1];             /* fields of message m: first[m] up to first[m + 1] */
	struct field fields[MAX_FIELDS];
};

static int malformed(struct judge *j, uint64_t off, const char *why)
{
	j->why = why;
	j->r.bad_off = off;
	return AY_EFORMAT;
}

/* ---- the table ---- */

/* One field of the text at *at, which moves behind it; false at the end. */
static bool parse_field(const char **at, struct field *f)
{
	const char *p = *at + strspn(*at, " ");

	*f = (struct field){.name = ""};
	for (; *p >= '0' && *p <= '9'; p++)
		f->number = (uint16_t)(f->number * 10 + (*p - '0'));
	f->many = *p == '*';
	p += f->many;
	f->kind = *p;
	if (!*p)
		return false;
	f->name = ++p;
	*at = p + strcspn(p, " ");
	return true;
}

static bool prepare(struct judge *j)
{
	struct field *f = j->fields;

	if (ay_coreml_messages_count > MAX_MESSAGES)
		return false;
	for (size_t m = 0; m < ay_coreml_messages_count; m++) {
		const char *at = ay_coreml_messages[m].fields;

		j->first[m] = (uint16_t)(f - j->fields);
		for (; f < j->fields + MAX_FIELDS && parse_field(&at, f); f++) {
			size_t sub = f->kind == ':' ? ay_coreml_message_find(f->name, (size_t)(at - f->name)) : 0;

			if (sub == AY_COREML_NONE || (size_t)(f - j->fields) - j->first[m] >= MAX_OF_ONE)
				return false;
			f->message = (uint16_t)sub;
		}
	}
	j->first[ay_coreml_messages_count] = (uint16_t)(f - j->fields);
	j->model = ay_coreml_message_find("Model", 5);
	j->operation = ay_coreml_message_find("Operation", 9);
	j->function = ay_coreml_message_find("Function", 8);
	j->blob = ay_coreml_message_find("Value.BlobFileValue", 19);
	return f < j->fields + MAX_FIELDS && j->model != AY_COREML_NONE && j->operation != AY_COREML_NONE && j->function != AY_COREML_NONE &&
	       j->blob != AY_COREML_NONE;
}

static bool wire_fits(const struct field *is, enum ay_pb_wire wire)
{
	switch (is->kind) {
	case 'v': return wire == AY_PB_VARINT || (is->many && wire == AY_PB_LEN);
	case 'f': return wire == AY_PB_FIXED32 || (is->many && wire == AY_PB_LEN);
	case 'd': return wire == AY_PB_FIXED64 || (is->many && wire == AY_PB_LEN);
	default: return wire == AY_PB_LEN;
	}
}

static const struct field *find_field(const struct judge *j, size_t message, const struct ay_pb_field *f)
{
	for (unsigned i = j->first[message]; i < j->first[message + 1]; i++)
		if (j->fields[i].number == f->number)
			return wire_fits(&j->fields[i], f->wire) ? &j->fields[i] : NULL;
	return NULL;
}

/* ---- one field ---- */

/* Checks that it is a text; keeps it when it fits, and nothing of it otherwise. */
static int take_text(struct judge *j, const struct ay_pb_field *f, bool keep)
{
	struct ay_cursor text;
	int err = ay_pb_load(&j->r, f, &text);

	if (err)
		return err;
	if (ay_bytes_find_bad_utf8(&text) != text.left)
		return malformed(j, f->off, "a text that is not UTF-8");
	if (!keep)
		return 0;
	if (text.left >= sizeof(j->text) || ay_bytes_find(&text, 0) != text.left)
		return malformed(j, f->off, "the name of an operator, a set of them or a file is too long, or has a zero byte");
	size_t len = text.left;

	ay_cursor_copy(&text, j->text, len);
	j->text[len] = '\0';
	return 0;
}

static int check_packed(struct judge *j, char kind, const struct ay_pb_field *f)
{
	struct ay_pb_message m = f->body;
	uint64_t v;
	int rc;

	if (f->wire != AY_PB_LEN)
		return 0;
	if (kind == 'f' || kind == 'd')
		return f->value % (kind == 'f' ? 4 : 8) ? malformed(j, f->off, "half a number in a packed field") : 0;
	while ((rc = ay_pb_next_varint(&j->r, &m, &v)) == 1)
		;
	return rc;
}

/* The class that a custom layer or model names, into j->text. */
static int take_class(struct judge *j, struct ay_pb_message m)
{
	struct ay_pb_field f;
	int rc, err = 0;

	j->text[0] = '\0';
	while (!err && (rc = ay_pb_next(&j->r, &m, &f)) == 1)
		if (f.number == CLASS_NAME && f.wire == AY_PB_LEN)
			err = take_text(j, &f, true);
	return err ? err : rc;
}

static int judge_outside(struct judge *j, const struct field *is, const struct ay_pb_field *f)
{
	if (strncmp(is->name, "linked", 6) == 0) {
		ay_scan_find(j->s, "coreml.linked", f->off, "the model is another file, which Core ML looks for on the machine");
		return 0;
	}
	int err = take_class(j, f->body);

	if (!err)
		ay_scan_find(j->s, "coreml.custom", f->off, "the class %.100s of the application is a %s", j->text,
			     strncmp(is->name, "customModel", 11) == 0 ? "model" : "layer");
	return err;
}

/* ---- what is judged ---- */

static void judge_operator(struct judge *j, uint64_t off)
{
	if (strcmp(j->text, "custom_layer") == 0)
		ay_scan_find(j->s, "coreml.custom", off, "the operator custom_layer calls a class of the application");
	else if (!ay_coreml_operator_known(j->text))
		ay_scan_find(j->s, "coreml.operator", off, "the operator \"%.100s\" is not known", j->text);
}

static void judge_opset(struct judge *j, uint64_t off)
{
	if (!ay_coreml_opset_known(j->text))
		ay_scan_find(j->s, "coreml.operator", off, "the set of operators \"%.100s\" is not known", j->text);
}

/* j->text is the file's name: there is nothing in this message that takes another. */
static int judge_blob(struct judge *j, uint64_t offset, uint64_t off)
{
	const size_t prefix = sizeof(MODEL_PATH) - 1;
	uint64_t end;

	if (offset % BLOB_HEAD || ay_ckd_add_u64(offset, BLOB_HEAD, &end))
		return malformed(j, off, "the offset of weights in their file is not a multiple of 64");
	if (strncmp(j->text, MODEL_PATH, prefix) == 0)
		return ay_scan_need_sibling(j->s, j->text + prefix, end, off);
	ay_scan_find(j->s, "sibling.name", off, "the weights are in \"%.100s\", which is not below the model's own folder", j->text);
	return 0;
}

/* A type of a later Core ML: its name is not known, its number is. */
static bool unknown_type(struct judge *j, size_t message, const struct ay_pb_field *f)
{
	if (message != j->model || f->number < FIRST_TYPE || f->wire != AY_PB_LEN)
		return false;
	ay_scan_find(j->s, "coreml.type", f->off, "the type of number %u is not known", (unsigned)f->number);
	return true;
}

/* ---- the walk ---- */

/* What a message that is judged as a whole says of itself. */
struct whole {
	uint64_t off;
	uint64_t offset;     /* of a blob */
	bool named;          /* the operator, the set of operators or the type was there */
};

static int walk(struct judge *j, struct ay_pb_message m, size_t message, uint64_t off, unsigned depth);

static int see_text(struct judge *j, size_t message, const struct ay_pb_field *f, struct whole *w)
{
	bool operator = message == j->operation && f->number == 1, opset = message == j->function && f->number == 2;
	int err = take_text(j, f, operator || opset || message == j->blob);

	if (err)
		return err;
	if (operator)
		judge_operator(j, w->off);
	if (opset)
		judge_opset(j, w->off);
	w->named = w->named || operator || opset;
	return 0;
}

static int see(struct judge *j, size_t message, const struct field *is, const struct ay_pb_field *f, struct whole *w, unsigned depth)
{
	if (message == j->model && f->number >= FIRST_TYPE)
		w->named = true;
	if (message == j->blob && f->number == 2)
		w->offset = f->value;
	switch (is->kind) {
	case ':': return walk(j, f->body, is->message, f->off, depth + 1);
	case 's': return see_text(j, message, f, w);
	case '!': return judge_outside(j, is, f);
	case '?':
		ay_scan_find(j->s, "format.unsupported", f->off, "a Core ML model of the type %.*s, which is not judged",
			     (int)strcspn(is->name, " "), is->name);
		return 0;
	default: return check_packed(j, is->kind, f);
	}
}

static int judge_whole(struct judge *j, size_t message, const struct whole *w)
{
	if (message == j->blob)
		return judge_blob(j, w->offset, w->off);
	if ((message == j->operation || message == j->function) && !w->named)
		ay_scan_find(j->s, "coreml.operator", w->off, "an operator without a name, or a function without its set of operators");
	if (message == j->model && !w->named)
		ay_scan_find(j->s, "coreml.type", w->off, "the model has no type");
	return 0;
}

static int walk(struct judge *j, struct ay_pb_message m, size_t message, uint64_t off, unsigned depth)
{
	uint64_t seen[MAX_OF_ONE / 64] = {0};
	struct whole w = {.off = off};
	struct ay_pb_field f;
	int rc, err = 0;

	if (depth > MAX_DEPTH)
		return AY_ELIMIT;
	if (message == j->blob)
		j->text[0] = '\0';
	while (!err && (rc = ay_pb_next(&j->r, &m, &f)) == 1) {
		const struct field *is = find_field(j, message, &f);

		if (!is && unknown_type(j, message, &f)) {
			w.named = true;
			continue;
		}
		if (!is)
			return malformed(j, f.off, "a field that Core ML does not have, or not in its form");
		size_t at = (size_t)(is - j->fields) - j->first[message];

		if (!is->many && seen[at / 64] & 1ull << at % 64)
			return malformed(j, f.off, "a field that may stand once is there twice");
		seen[at / 64] |= 1ull << at % 64;
		err = see(j, message, is, &f, &w, depth);
	}
	if (err || rc < 0)
		return err ? err : rc;
	return judge_whole(j, message, &w);
}

/* ---- the scanner ---- */

/* The fields at the top are a model's: its version first, a description, and at least one number that types have. */
static unsigned coreml_bid(struct ay_cursor head, struct ay_source *in, const char *path)
{
	struct ay_budget budget;
	struct ay_pb_field f;
	struct ay_pb r;
	bool described = false, type = false, mine = true;
	int rc = 1;

	if (ay_cursor_u8(&head) != (1 << 3 | AY_PB_VARINT) || ay_cursor_u8(&head) > LAST_SPECIFICATION || head.err)
		return 0;
	ay_budget_init(&budget, in->size);
	ay_pb_open(&r, in, &budget, 0);
	struct ay_pb_message m = ay_pb_whole(&r);

	for (unsigned i = 0; mine && i < BID_FIELDS && (rc = ay_pb_next(&r, &m, &f)) == 1; i++) {
		mine = f.number == 1 || f.number == 10 ? f.wire == AY_PB_VARINT : f.wire == AY_PB_LEN && (f.number == 2 || f.number >= FIRST_TYPE);
		described = described || f.number == 2;
		type = type || f.number >= FIRST_TYPE;
	}
	ay_pb_close(&r);
	/* The type is most of a model, and its last field: of one that was cut only the name says what it was. */
	type = type || (rc == AY_ETRUNC && ay_path_ends(path, ".mlmodel"));
	return mine && described && type ? 24 : 0;
}

static int coreml_scan(struct ay_scan *s, struct ay_source *in)
{
	struct judge *j = ay_budget_alloc(ay_scan_budget(s), sizeof(*j));
	struct ay_error e;

	if (!j) {
		ay_scan_find(s, "limit.memory", AY_NO_OFFSET, "no memory left to read the model");
		return AY_ELIMIT;
	}
	*j = (struct judge){.s = s};
	ay_pb_open(&j->r, in, ay_scan_budget(s), MAX_TEXT);
	int err = prepare(j) ? walk(j, ay_pb_whole(&j->r), j->model, 0, 0) : AY_EINTERNAL;

	if (err) {
		ay_error_at(&e, err, j->r.bad_off, "%s", err == AY_EFORMAT && j->why ? j->why : ay_strerror(err));
		ay_scan_find_error(s, "coreml", err, &e);
	}
	ay_pb_close(&j->r);
	ay_budget_free(ay_scan_budget(s), j);
	return 0;
}

const struct ay_scanner ay_scanner_coreml = {
	.abi = AY_SCAN_ABI, .name = "coreml", .version = 1, .bid = coreml_bid, .scan = coreml_scan
};
