/* SPDX-License-Identifier: Apache-2.0 */
/* "outliers": what decides, how sure it must be, and columns with limits of their own. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "assay/json.h"
#include "gate/policy_parts.h"
#include "scanners/data/outlier_judge.h"

#define ALPHA 0.001
#define RANGES_MAX 1000000

static int read_alpha(const struct ay_yaml *v, const char *where, void *into, struct ay_error *e)
{
	static const char *const names[] = {"0.05", "0.01", "0.001", "0.0001"};
	static const double alphas[] = {0.05, 0.01, 0.001, 0.0001};
	struct ay_entry *entry = into;
	unsigned i = 0;
	int rc = ay_policy_read_choice(v, where, names, AY_ARRAY_LEN(names), &i, e);

	entry->rules.outliers.alpha = alphas[i];
	return rc;
}

static int read_methods(const struct ay_yaml *v, const char *where, void *into, struct ay_error *e)
{
	static const char *const names[] = {"value", "rate", "hbos", "mahalanobis", "forest"};
	static const unsigned bits[] = {
		AY_OUTLIER_BY_VALUE, AY_OUTLIER_BY_RATE, AY_OUTLIER_BY_ROWS(AY_OUTLIER_HBOS), AY_OUTLIER_BY_ROWS(AY_OUTLIER_MAHALANOBIS),
		AY_OUTLIER_BY_ROWS(AY_OUTLIER_FOREST)
	};
	struct ay_entry *entry = into;
	int rc = ay_policy_check_list(v, where, e);

	if (!rc && v->nkids == 0)
		rc = ay_error_set(e, AY_EFORMAT, "line %u: %s is empty: nothing would decide; leave the gate out of gates", v->line, where);
	for (size_t i = 0; i < v->nkids && !rc; i++) {
		unsigned k = 0;

		rc = ay_policy_read_choice(&v->kids[i], where, names, AY_ARRAY_LEN(names), &k, e);
		if (!rc && (entry->rules.outliers.methods & bits[k]))
			rc = ay_error_set(e, AY_EFORMAT, "line %u: %s lists '%s' twice", v->kids[i].line, where, names[k]);
		if (!rc)
			entry->rules.outliers.methods |= bits[k];
	}
	return rc;
}

static int read_ranges(const struct ay_yaml *v, const char *where, void *into, struct ay_error *e)
{
	struct ay_outlier_override *o = into;
	uint64_t n = 0;
	int rc = ay_policy_read_number(v, where, 1, RANGES_MAX, &n, e);

	o->ranges = (uint32_t)n;
	return rc;
}

static int read_column(const struct ay_yaml *v, const char *where, struct ay_outlier_override *o, struct ay_error *e)
{
	static const struct ay_policy_key keys[] = {{"ranges", read_ranges}};
	int rc;

	o->column = strdup(v->key);
	if (!o->column)
		return ay_error_set(e, -ENOMEM, "out of memory while the policy is read");
	if (v->kind == AY_YAML_SCALAR && strcmp(v->text, "off") == 0)
		return 0;
	if (v->kind != AY_YAML_MAP)
		return ay_error_set(e, AY_EFORMAT, "line %u: %s.%s must be off, or {ranges: N}", v->line, where, v->key);
	rc = ay_policy_read_keys(v, where, keys, AY_ARRAY_LEN(keys), o, e);
	if (!rc && !o->ranges)
		rc = ay_error_set(e, AY_EFORMAT, "line %u: %s.%s says nothing: give it ranges", v->line, where, v->key);
	return rc;
}

static int by_column(const void *a, const void *b)
{
	return strcmp(((const struct ay_outlier_override *)a)->column, ((const struct ay_outlier_override *)b)->column);
}

static int read_columns(const struct ay_yaml *v, const char *where, void *into, struct ay_error *e)
{
	struct ay_entry *entry = into;
	int rc = 0;

	if (v->kind != AY_YAML_MAP)
		return ay_error_set(e, AY_EFORMAT, "line %u: %s must be names of columns with off or {ranges: N}", v->line, where);
	if (v->nkids > AY_REFERENCE_COLUMNS)
		return ay_error_set(e, AY_ELIMIT, "line %u: %s has more than %d columns", v->line, where, AY_REFERENCE_COLUMNS);
	entry->outliers = calloc(v->nkids + 1, sizeof(*entry->outliers));
	if (!entry->outliers)
		return ay_error_set(e, -ENOMEM, "out of memory while the policy is read");
	for (size_t i = 0; i < v->nkids && !rc; i++) {
		entry->noutliers = i + 1;
		rc = read_column(&v->kids[i], where, &entry->outliers[i], e);
	}
	if (!rc)
		qsort(entry->outliers, entry->noutliers, sizeof(*entry->outliers), by_column);
	return rc;
}

int ay_policy_read_outliers(const struct ay_yaml *v, const char *where, struct ay_entry *entry, struct ay_error *e)
{
	static const struct ay_policy_key keys[] = {{"alpha", read_alpha}, {"methods", read_methods}, {"columns", read_columns}};

	return ay_policy_read_keys(v, where, keys, AY_ARRAY_LEN(keys), entry, e);
}

void ay_policy_finish_outliers(struct ay_entry *entry)
{
	if (entry->rules.outliers.alpha == 0)
		entry->rules.outliers.alpha = ALPHA;
	if (!entry->rules.outliers.methods)
		entry->rules.outliers.methods = AY_OUTLIER_BY_ALL;
	entry->rules.outliers.columns = entry->outliers;
	entry->rules.outliers.ncolumns = entry->noutliers;
}

void ay_policy_digest_outliers(const struct ay_rules *r, struct ay_jw *w)
{
	ay_jw_f64(w, r->outliers.alpha);
	ay_jw_u64(w, r->outliers.methods);
	ay_jw_array(w);
	for (size_t i = 0; i < r->outliers.ncolumns; i++) {
		ay_jw_str(w, r->outliers.columns[i].column);
		ay_jw_u64(w, r->outliers.columns[i].ranges);
	}
	ay_jw_array_end(w);
}

void ay_policy_free_outliers(struct ay_entry *entry)
{
	for (size_t i = 0; i < entry->noutliers; i++)
		free(entry->outliers[i].column);
	free(entry->outliers);
}
