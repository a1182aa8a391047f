/* SPDX-License-Identifier: Apache-2.0 */
/* What lies beside the index of a TensorFlow checkpoint: its shards, and the text that names the latest. */
#include "assay/buf.h"
#include "scanners/driver.h"
#include "scanners/formats/bytes.h"
#include "scanners/formats/text.h"
#include "scanners/registry.h"

#define MAX_TEXT (4 * MIB)
#define MAX_LINE 8192

/* ---- shards: bare bytes of tensors ---- */

/* Five digits into *n; false when there are others. */
static bool take_digits(const char *text, unsigned *n)
{
	*n = 0;
	for (unsigned i = 0; i < 5; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		*n = 10 * *n + (unsigned)(text[i] - '0');
	}
	return true;
}

/*
 * NAME.data-00000-of-00001, and NAME may be nothing. The bytes have no form: the loader copies ranges that the index names into tensors. So the
 * claim rests on the name, and whoever else claims the bytes makes it a conflict, which is refused.
 */
static unsigned data_bid(struct ay_cursor head, struct ay_source *in, const char *path)
{
	const char *name = ay_path_base(path);
	size_t len = strlen(name);
	unsigned shard, shards;

	(void)head;
	(void)in;
	if (len < 20)
		return 0;
	name += len - 20;
	return strncmp(name, ".data-", 6) == 0 && take_digits(name + 6, &shard) && strncmp(name + 11, "-of-", 4) == 0 &&
		       take_digits(name + 15, &shards) && shard < shards
		? 1 : 0;
}

static const char *const refines_data[] = {"text", NULL};

const struct ay_scanner ay_scanner_tf_data = {
	.abi = AY_SCAN_ABI, .flags = AY_SCANNER_INERT | AY_SCANNER_FORMLESS, .name = "tf-data", .version = 3, .refines = refines_data, .bid = data_bid,
	.scan = ay_formless_scan
};

/* ---- checkpoint: the state of a folder of checkpoints ---- */

static const char latest[] = "model_checkpoint_path:";

static unsigned state_bid(struct ay_cursor head, struct ay_source *in, const char *path)
{
	(void)in;
	return strcmp(ay_path_base(path), "checkpoint") == 0 && ay_cursor_starts(&head, latest, sizeof(latest) - 1) ? 176 : 0;
}

static bool is_number(const char *text)
{
	size_t len = strspn(text, "0123456789.eE+-");

	return len > 0 && text[len] == 0;
}

/* A value in quotation marks, without them and without escapes; NULL when it is none. */
static char *unquote(char *text)
{
	size_t len = strlen(text);

	if (len < 2 || text[0] != '"' || text[len - 1] != '"')
		return NULL;
	text[len - 1] = 0;
	return strpbrk(text + 1, "\"\\") ? NULL : text + 1;
}

/* One line, as text_format writes it: a field and its value. */
static void judge_line(struct ay_scan *s, char *line, uint64_t off)
{
	static const char *const paths[] = {"model_checkpoint_path: ", "all_model_checkpoint_paths: "};
	static const char *const numbers[] = {"all_model_checkpoint_timestamps: ", "last_preserved_timestamp: "};

	for (size_t i = 0; i < AY_ARRAY_LEN(numbers); i++)
		if (strncmp(line, numbers[i], strlen(numbers[i])) == 0 && is_number(line + strlen(numbers[i])))
			return;
	for (size_t i = 0; i < AY_ARRAY_LEN(paths); i++) {
		char *value;

		if (strncmp(line, paths[i], strlen(paths[i])) != 0)
			continue;
		value = unquote(line + strlen(paths[i]));
		if (value && !ay_sibling_path_plain(value))
			ay_scan_find(s, "tf-checkpoint.path", off, "%s is no plain name of a checkpoint beside this file", value);
		if (value)
			return;
	}
	ay_scan_find(s, "tf-checkpoint.malformed", off, "a line is no field of the state of checkpoints");
}

static int judge_lines(struct ay_scan *s, struct ay_cursor c)
{
	char line[MAX_LINE];

	while (c.left) {
		size_t len = ay_bytes_find(&c, '\n');
		uint64_t off = c.off;
		int err = ay_budget_tick(ay_scan_budget(s));

		if (err)
			return err;
		if (len >= sizeof(line)) {
			ay_scan_find(s, "tf-checkpoint.malformed", off, "a line is longer than 8191 bytes");
			return 0;
		}
		ay_cursor_copy(&c, line, len);
		line[len] = 0;
		ay_cursor_skip(&c, c.left ? 1 : 0);
		judge_line(s, line, off);
	}
	return 0;
}

static int state_scan(struct ay_scan *s, struct ay_source *in)
{
	struct ay_buf b = ay_buf_new(MAX_TEXT);
	struct ay_cursor c;
	bool clean;
	int err = ay_text_check(s, in, "tf-checkpoint", MAX_TEXT, &clean);

	if (err || !clean)
		return err;
	err = in->size > MAX_TEXT ? AY_ELIMIT : ay_source_load(in, 0, (size_t)in->size, &b, &c);
	if (!err)
		err = judge_lines(s, c);
	if (err)
		ay_scan_find_error(s, "tf-checkpoint", err, NULL);
	ay_buf_free(&b);
	return 0;
}

static const char *const refines_state[] = {"text", "refused", NULL};

const struct ay_scanner ay_scanner_tf_checkpoint = {
	.abi = AY_SCAN_ABI, .flags = AY_SCANNER_INERT, .name = "tf-checkpoint", .version = 1, .refines = refines_state, .bid = state_bid,
	.scan = state_scan
};
