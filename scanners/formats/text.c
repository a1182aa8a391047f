/* SPDX-License-Identifier: Apache-2.0 */
/* Plain text: what no other format claims, and is clean to its last byte. */
#include "scanners/formats/text.h"

#include "scanners/formats/bytes.h"
#include "scanners/formats/json.h"
#include "scanners/formats/stream.h"
#include "scanners/model/template.h"
#include "scanners/registry.h"

#define WINDOW (256 * KIB)
#define LFS_POINTER "version https://git-lfs.github.com/spec/"

struct text_state {
	uint64_t line;          /* 1-based */
	uint64_t line_len;
	uint64_t max_line;
};

/* Counts line lengths; AY_ELIMIT when one is too long. */
static int count_lines(struct text_state *t, struct ay_cursor c, struct ay_error *e)
{
	while (c.left) {
		size_t len = ay_bytes_find(&c, '\n');

		t->line_len += len;
		if (t->line_len > t->max_line)
			return ay_error_at(e, AY_ELIMIT, c.off, "line %llu is longer than %llu bytes",
					   (unsigned long long)t->line, (unsigned long long)t->max_line);
		if (len == c.left)
			break;
		ay_cursor_skip(&c, len + 1);
		t->line++;
		t->line_len = 0;
	}
	return 0;
}

/* Judges the window's new part (its first old bytes were counted before); *tail_out bytes at its end wait for more. */
static int check_window(struct text_state *t, struct ay_cursor c, size_t old, bool last, size_t *tail_out, struct ay_error *e)
{
	size_t control = ay_bytes_find_control(&c), bad = ay_bytes_find_bad_utf8(&c);
	struct ay_cursor fresh = c, tail = c;

	if (control < c.left && control <= bad)
		return ay_error_at(e, AY_EFORMAT, c.off + control, "text holds the control byte 0x%02x",
				   (unsigned)ay_cursor_peek(&c, control));
	ay_cursor_skip(&tail, bad);
	*tail_out = tail.left;
	if (tail.left && (last || !ay_bytes_cut_utf8(&tail)))
		return ay_error_at(e, AY_EFORMAT, tail.off, "text is not valid UTF-8");
	ay_cursor_skip(&fresh, old);
	return count_lines(t, fresh, e);
}

int ay_text_check(struct ay_scan *s, struct ay_source *in, const char *format, uint64_t max_line, bool *clean_out)
{
	struct text_state t = {.line = 1, .max_line = max_line};
	struct ay_error e = {.off = AY_NO_OFFSET};
	struct ay_stream st;
	struct ay_cursor c;
	size_t tail = 0;

	*clean_out = false;
	int err = ay_stream_open(&st, in, ay_scan_budget(s), WINDOW);

	if (err) {
		ay_error_set(&e, err, "no memory left to read the text");
		ay_scan_find_error(s, format, err, &e);
		return err;
	}
	while (!err) {
		size_t old = tail;
		int more = ay_stream_next(&st, old, &c);

		if (more == 0) {
			*clean_out = true;
			break;
		}
		if (more < 0)
			err = ay_error_set(&e, more, "cannot read the text to its end");
		else
			err = check_window(&t, c, old, c.off + c.left == in->size, &tail, &e);
	}
	ay_stream_close(&st);
	if (!err)
		return 0;
	ay_scan_find_error(s, format, err, &e);
	return 0;
}

const char *ay_scan_name(const struct ay_scan *s)
{
	const char *member = ay_scan_member(s), *path = ay_scan_options(s)->path;

	return member && *member ? member : path ? path : "";
}

static unsigned text_bid(struct ay_cursor head, struct ay_source *in, const char *path)
{
	(void)in;
	(void)path;
	return ay_bytes_look_like_text(&head) ? 1 : 0;
}

/* Suffixes under which a loader expects bytes that are never text. */
static bool named_as_binary(const char *path)
{
	static const char *const suffixes[] = {
		".safetensors", ".pt", ".pth", ".ckpt", ".bin", ".pkl", ".pickle", ".joblib", ".npy", ".npz", ".h5", ".hdf5", ".keras",
		".gguf", ".ggml", ".onnx", ".pb", ".tflite", ".parquet", ".arrow", ".zip", ".gz", ".bz2", ".xz",
		".lzma", ".zlib", ".lz4", ".zst", ".7z", ".rar", ".tar", ".tgz", ".dill", ".pt2", ".pte", ".ptl", ".mar", ".skops", ".msgpack", ".png", ".jpg", ".jpeg", ".gif", ".webp"
	};

	for (size_t i = 0; i < AY_ARRAY_LEN(suffixes); i++)
		if (ay_path_ends(path, suffixes[i]))
			return true;
	return false;
}

/* A chat template in a file of its own. */
static int check_template(struct ay_scan *s, struct ay_source *in)
{
	struct ay_buf b = ay_buf_new(AY_LIMIT_TEMPLATE);
	struct ay_cursor c;

	if (in->size > AY_LIMIT_TEMPLATE) {
		ay_scan_find(s, "limit.exceeded", AY_NO_OFFSET, "the template has %llu bytes, the limit is %llu",
			     (unsigned long long)in->size, (unsigned long long)AY_LIMIT_TEMPLATE);
		return 0;
	}
	int err = ay_source_load(in, 0, (size_t)in->size, &b, &c);

	if (err)
		ay_scan_find_error(s, "text", err, NULL);
	else
		ay_template_check(s, c, 0);
	ay_buf_free(&b);
	return 0;
}

/*
 * A model whose head is hidden behind something else. One of LightGBM is made by its first line and the trees; one of XGBoost
 * that does not carry a name of JSON is text here.
 */
static int check_hidden_model(struct ay_scan *s, struct ay_source *in)
{
	char head[sizeof("tree\n")] = "";
	struct ay_lines lines;
	struct ay_cursor c;
	int more;

	if (in->size < sizeof(head) - 1 || ay_source_read_full(in, 0, head, sizeof(head) - 1) != 0)
		return 0;
	if (head[0] == '{')
		return ay_json_find_model(s, in);
	if (strcmp(head, "tree\n") != 0 && strcmp(head, "tree\r") != 0)
		return 0;
	more = ay_lines_open(&lines, in, ay_scan_budget(s), AY_LIMIT_TEXT_LINE);
	while (more >= 0 && (more = ay_lines_next(&lines, &c)) > 0) {
		if (ay_cursor_starts(&c, "Tree=", 5)) {
			ay_scan_find(s, "text.model", c.off, "this is a LightGBM model with a header that LightGBM does not write");
			break;
		}
		more = ay_budget_tick(ay_scan_budget(s));
	}
	ay_lines_close(&lines);
	if (more < 0)
		ay_scan_find_error(s, "text", more, NULL);
	return 0;
}

static int text_scan(struct ay_scan *s, struct ay_source *in)
{
	const char *name = ay_scan_name(s);
	char head[sizeof(LFS_POINTER)] = "";
	bool clean;
	int err = ay_text_check(s, in, "text", AY_LIMIT_TEXT_LINE, &clean);

	if (err || !clean)
		return err;
	if (in->size >= sizeof(head) - 1 && ay_source_read_full(in, 0, head, sizeof(head) - 1) == 0 && strcmp(head, LFS_POINTER) == 0) {
		ay_scan_find(s, "text.lfs-pointer", 0, "this is a Git LFS pointer and not the file it stands for");
		return 0;
	}
	err = check_hidden_model(s, in);
	if (err)
		return err;
	if (in->size && named_as_binary(name))
		ay_scan_find(s, "text.suffix", 0, "the name says a binary format, the content is text");
	if (ay_path_ends(name, ".jinja") || ay_path_ends(name, ".jinja2") || ay_path_ends(name, ".j2"))
		return check_template(s, in);
	return 0;
}

const struct ay_scanner ay_scanner_text = {
	.abi = AY_SCAN_ABI, .flags = AY_SCANNER_INERT, .name = "text", .version = 5, .bid = text_bid, .scan = text_scan
};
