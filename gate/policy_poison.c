/* SPDX-License-Identifier: Apache-2.0 */
/* "poisoning" of a name: what is a label, and how much tampering is one sign too many. */
#include <errno.h>
#include <string.h>

#include "gate/policy_parts.h"

#define LABELS 0.02           /* share of flipped labels */

static int read_label(const struct ay_yaml *v, const char *where, void *into, struct ay_error *e)
{
	struct ay_entry *entry = into;
	int rc = ay_policy_check_text(v, where, e);

	if (!rc && !(entry->label = strdup(v->text)))
		return ay_error_set(e, -ENOMEM, "out of memory while the policy is read");
	return rc;
}

static int read_labels(const struct ay_yaml *v, const char *where, void *into, struct ay_error *e)
{
	struct ay_entry *entry = into;

	return ay_policy_read_decimal(v, where, 0.5, &entry->rules.poisoning.labels, e);
}

int ay_policy_read_poisoning(const struct ay_yaml *v, const char *where, struct ay_entry *entry, struct ay_error *e)
{
	static const struct ay_policy_key keys[] = {{"label", read_label}, {"labels", read_labels}, {"duplicates", NULL}, {"not-in", NULL}};

	return ay_policy_read_keys(v, where, keys, AY_ARRAY_LEN(keys), entry, e);
}

void ay_policy_finish_poisoning(struct ay_entry *entry)
{
	struct ay_rules *r = &entry->rules;

	if (!(r->poisoning.labels > 0))
		r->poisoning.labels = LABELS;
	r->poisoning.label = entry->label;
}

void ay_policy_digest_poisoning(const struct ay_rules *r, struct ay_jw *w)
{
	ay_jw_str(w, r->poisoning.label ? r->poisoning.label : "");
	ay_jw_f64(w, r->poisoning.labels);
}
