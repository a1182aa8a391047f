/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a columnar table holds, as the scanners decode it, for tests that compare it with another reader:
 * columns_tool FILE... prints a JSON document a line: the findings' rules, and for each column type, rows, values,
 * nulls, NaNs, least, greatest and sum. Exit 2 when a file cannot be read.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <sys/stat.h>

#include "assay/json.h"
#include "assay/scan.h"
#include "scanners/formats/arrow.h"
#include "scanners/formats/parquet.h"
#include "scanners/registry.h"

static struct ay_column_counts counts;
static struct ay_budget budget;      /* of the counts, which outlive the scan */

static int arrow_scan(struct ay_scan *s, struct ay_source *in)
{
	struct ay_columns sink = ay_column_counts_sink(&counts);

	int rc = ay_arrow_read(s, in, &sink);    /* told by the findings */

	return rc < 0 ? 0 : rc;
}

static unsigned arrow_bid(struct ay_cursor head, struct ay_source *in, const char *path)
{
	(void)in;
	(void)path;
	return ay_cursor_starts(&head, "ARROW1", 6) || ay_cursor_starts(&head, "\xff\xff\xff\xff", 4) ? 32 : 0;
}

static int parquet_scan(struct ay_scan *s, struct ay_source *in)
{
	struct ay_columns sink = ay_column_counts_sink(&counts);

	int rc = ay_parquet_read(s, in, &sink);    /* told by the findings */

	return rc < 0 ? 0 : rc;
}

static unsigned parquet_bid(struct ay_cursor head, struct ay_source *in, const char *path)
{
	(void)in;
	(void)path;
	return ay_cursor_starts(&head, "PAR1", 4) ? 32 : 0;
}

static const struct ay_scanner parquet = {
	.abi = AY_SCAN_ABI, .flags = AY_SCANNER_INERT, .name = "parquet", .version = 1, .bid = parquet_bid, .scan = parquet_scan
};

static const struct ay_scanner arrow = {
	.abi = AY_SCAN_ABI, .flags = AY_SCANNER_INERT, .name = "arrow", .version = 1, .bid = arrow_bid, .scan = arrow_scan
};

const struct ay_scanner *const ay_scanners[] = {&arrow, &parquet};
const size_t ay_scanners_count = AY_ARRAY_LEN(ay_scanners);

const struct ay_scanner *ay_scanner_find(const char *name)
{
	(void)name;
	return NULL;
}

static void print_hex(const uint8_t *bytes, size_t len)
{
	putchar('"');
	for (size_t i = 0; i < len; i++)
		printf("%02x", bytes[i]);
	putchar('"');
}

static void print_numbers(const struct ay_column_stats *s)
{
	bool is_unsigned = s->type == AY_COLUMN_UNSIGNED;

	if (s->min_len || s->max_len || s->type == AY_COLUMN_TEXT || s->type == AY_COLUMN_BYTES) {
		fputs(",\"min\":", stdout);
		print_hex(s->min_bytes, s->min_len);
		fputs(",\"max\":", stdout);
		print_hex(s->max_bytes, s->max_len);
	} else if (s->type == AY_COLUMN_NUMBER || (s->type == AY_COLUMN_DECIMAL && s->sum_f64 != 0)) {
		printf(",\"min\":%.17g,\"max\":%.17g,\"sum_f64\":%.17g", s->values > s->nans ? s->min_f64 : 0, s->values > s->nans ? s->max_f64 : 0,
		       s->sum_f64);
	} else if (is_unsigned) {
		printf(",\"min\":%" PRIu64 ",\"max\":%" PRIu64, (uint64_t)s->min_i64, (uint64_t)s->max_i64);
	} else {
		printf(",\"min\":%" PRId64 ",\"max\":%" PRId64, s->min_i64, s->max_i64);
	}
	printf(",\"sum_high\":%" PRId64 ",\"sum_low\":%" PRIu64, s->sum_high, s->sum_low);
}

static void print_column(const struct ay_column_stats *s)
{
	struct ay_buf name = ay_buf_new(64 * KIB);
	struct ay_jw w = ay_jw_new(&name, false);

	ay_jw_str(&w, s->name);
	printf("{\"name\":%s,\"type\":\"%s\",\"scale\":%u,\"repeated\":%s,\"rows\":%" PRIu64 ",\"values\":%" PRIu64 ",\"nulls\":%" PRIu64
	       ",\"nans\":%" PRIu64, ay_buf_str(&name), ay_column_type_name(s->type), s->scale, s->repeated ? "true" : "false", s->rows, s->values,
	       s->nulls, s->nans);
	if (s->values)
		print_numbers(s);
	putchar('}');
	ay_buf_free(&name);
}

static int read_file(const char *path)
{
	struct ay_scan_options o = {.path = path};
	struct ay_scan_result r;
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &st) != 0)
		return 2;
	struct ay_source in = ay_source_fd(fd, (uint64_t)st.st_size);

	ay_budget_init(&budget, 0);
	counts = (struct ay_column_counts){.budget = &budget};
	if (ay_scan_run(&in, &o, &r) < 0)
		return 2;
	printf("{\"verdict\":\"%s\",\"rule\":\"%s\",\"message\":\"", ay_verdict_name(r.verdict), r.found_count ? r.found[0].rule->id : "");
	for (const char *p = r.found_count ? r.found[0].message : ""; *p; p++)
		putchar(*p == '"' || *p == '\\' || (unsigned char)*p < ' ' ? '?' : *p);
	fputs("\",\"columns\":[", stdout);
	for (size_t i = 0; i < counts.count; i++) {
		if (i)
			putchar(',');
		if (counts.columns[i].name)
			print_column(&counts.columns[i]);
		else
			fputs("null", stdout);
	}
	puts("]}");
	ay_column_counts_free(&counts);
	ay_scan_result_free(&r);
	close(fd);
	return 0;
}

int main(int argc, char **argv)
{
	int status = 0;

	for (int i = 1; i < argc; i++)
		if (read_file(argv[i]) != 0)
			status = 2;
	return status;
}
