/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the data gate sees of tables, for tests that compare formats and for measuring:
 *   table_tool propose FILE          prints the schema that is proposed from it
 *   table_tool scan SCHEMA FILE...   a line a file: verdict, rows, digest of the counts (- without), seconds, rules of findings
 */
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "assay/digest.h"
#include "assay/schema.h"
#include "assay/text.h"
#include "scanners/data/batch.h"

static int open_source(const char *path, struct ay_source *out)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &st) < 0)
		return -1;
	*out = ay_source_fd(fd, (uint64_t)st.st_size);
	return fd;
}

static int propose(const char *path)
{
	struct ay_buf out = ay_buf_new(8 * MIB);
	struct ay_budget budget;
	struct ay_source in;
	struct ay_error e;
	int fd = open_source(path, &in);

	if (fd < 0)
		return 2;
	ay_budget_init(&budget, in.size);
	int rc = ay_schema_infer(&in, path, &budget, &out, &e);

	if (rc)
		fprintf(stderr, "%s: %s\n", path, e.msg);
	else
		fwrite(out.data, 1, out.len, stdout);
	ay_buf_free(&out);
	close(fd);
	return rc ? 1 : 0;
}

static uint64_t rows_of(const struct ay_scan_result *r)
{
	struct ay_budget budget;
	struct ay_batch b;
	uint64_t rows = 0;

	ay_budget_init(&budget, 0);
	if (!r->profile || ay_batch_decode(r->profile, r->profile_len, &budget, &b) != 0)
		return 0;
	for (size_t i = 0; i < b.counts.count; i++) {
		const struct ay_profiled *c = &b.counts.columns[i];
		uint64_t n = c->numeric ? c->numbers.rows : c->values.rows;

		rows = n > rows ? n : rows;
	}
	ay_batch_free(&b);
	return rows;
}

/* Of what does not depend on how a format writes a value: the counts of the columns. */
static void digest_counts(const struct ay_scan_result *r, char out[65])
{
	struct ay_buf counts = ay_buf_new(AY_LIMIT_PROFILE);
	struct ay_budget budget;
	struct ay_batch b;

	ay_budget_init(&budget, 0);
	if (!r->profile || ay_batch_decode(r->profile, r->profile_len, &budget, &b) != 0)
		return;
	ay_reference_encode(&b.counts, &counts);

	struct ay_sha256 d = ay_sha256_short(counts.data, counts.len);

	for (size_t i = 0; i < 32; i++)
		snprintf(out + 2 * i, 3, "%02x", d.b[i]);
	ay_buf_free(&counts);
	ay_batch_free(&b);
}

static int scan(const char *path, const struct ay_buf *schema)
{
	struct ay_scan_options o = {.profiles = AY_PROFILE_WEIGHTS, .path = path, .schema_json = ay_buf_str(schema), .schema_len = schema->len};
	char digest[65] = "-";
	struct ay_scan_result r;
	struct ay_source in;
	int fd = open_source(path, &in);

	if (fd < 0)
		return 2;
	if (!schema->len)
		o.schema_json = NULL;
	int64_t start = ay_time_mono_ms();

	if (ay_scan_run(&in, &o, &r) != 0)
		return 2;
	int64_t took = ay_time_mono_ms() - start;

	digest_counts(&r, digest);
	printf("%s %llu %.16s %.3f %s", ay_verdict_name(r.verdict), (unsigned long long)rows_of(&r), digest, (double)took / 1000, path);
	for (size_t i = 0; i < r.found_count && i < 5; i++)
		printf(" [%s %s row %llu: %s]", r.found[i].rule->id, r.found[i].column ? r.found[i].column : "", (unsigned long long)r.found[i].row,
		       r.found[i].message);
	printf("\n");
	ay_scan_result_free(&r);
	close(fd);
	return 0;
}

int main(int argc, char **argv)
{
	struct ay_buf schema = ay_buf_new(8 * MIB);
	struct ay_source in;
	struct ay_cursor c;
	int rc = 0;

	if (argc == 3 && strcmp(argv[1], "propose") == 0)
		return propose(argv[2]);
	if (argc < 4 || strcmp(argv[1], "scan") != 0)
		return 2;
	if (open_source(argv[2], &in) < 0 || (in.size && ay_source_load(&in, 0, (size_t)in.size, &schema, &c) != 0))
		return 2;
	for (int i = 3; i < argc && rc == 0; i++)
		rc = scan(argv[i], &schema);
	ay_buf_free(&schema);
	return rc;
}
