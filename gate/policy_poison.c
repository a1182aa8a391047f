/* SPDX-License-Identifier: Apache-2.0 */
/* "poisoning" of a name: what is a label, and how much tampering is one sign too many. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "assay/ref.h"
#include "gate/policy_parts.h"

#define LABELS 0.02           /* share of flipped labels */
#define TOKENS 0.005          /* share of texts with a word that carries a label */
#define SPECTRAL 0.02         /* share of a class's rows that lie together far out, beyond what the reference has */
#define DUPLICATES 0.02       /* share of repeated rows beyond what the reference has */

static int read_text(const struct ay_yaml *v, const char *where, char **into, struct ay_error *e)
{
	int rc = ay_policy_check_text(v, where, e);

	if (!rc && !(*into = strdup(v->text)))
		return ay_error_set(e, -ENOMEM, "out of memory while the policy is read");
	return rc;
}

static int read_label(const struct ay_yaml *v, const char *where, void *into, struct ay_error *e)
{
	struct ay_entry *entry = into;

	return read_text(v, where, &entry->label, e);
}

static int read_predictions(const struct ay_yaml *v, const char *where, void *into, struct ay_error *e)
{
	struct ay_entry *entry = into;

	return read_text(v, where, &entry->predictions, e);
}

static int read_activations(const struct ay_yaml *v, const char *where, void *into, struct ay_error *e)
{
	struct ay_entry *entry = into;

	return read_text(v, where, &entry->activations, e);
}

static int read_labels(const struct ay_yaml *v, const char *where, void *into, struct ay_error *e)
{
	struct ay_entry *entry = into;

	return ay_policy_read_decimal(v, where, 0.5, &entry->rules.poisoning.labels, e);
}

static int read_duplicates(const struct ay_yaml *v, const char *where, void *into, struct ay_error *e)
{
	struct ay_entry *entry = into;

	return ay_policy_read_decimal(v, where, 1, &entry->rules.poisoning.duplicates, e);
}

static int read_tokens(const struct ay_yaml *v, const char *where, void *into, struct ay_error *e)
{
	struct ay_entry *entry = into;

	return ay_policy_read_decimal(v, where, 1, &entry->rules.poisoning.tokens, e);
}

static int read_spectral(const struct ay_yaml *v, const char *where, void *into, struct ay_error *e)
{
	struct ay_entry *entry = into;

	return ay_policy_read_decimal(v, where, 1, &entry->rules.poisoning.spectral, e);
}

static int read_not_in(const struct ay_yaml *v, const char *where, void *into, struct ay_error *e)
{
	struct ay_entry *entry = into;
	int rc = ay_policy_read_texts(v, where, &entry->not_in, e);

	for (size_t i = 0; i < entry->not_in.n && !rc; i++) {
		const char *name = entry->not_in.list[i];
		char text[AY_LIMIT_REF + 1];
		struct ay_ref ref;

		snprintf(text, sizeof(text), "%s@v", name);
		if (strncmp(name, "datasets/", 9) != 0 || strchr(name, '@') || ay_ref_parse(text, &ref, NULL) != 0)
			rc = ay_error_set(e, AY_EFORMAT, "line %u: %s takes names of datasets, as datasets/test, not '%s'", v->line, where, name);
	}
	return rc;
}

int ay_policy_read_poisoning(const struct ay_yaml *v, const char *where, struct ay_entry *entry, struct ay_error *e)
{
	static const struct ay_policy_key keys[] = {
		{"label", read_label}, {"labels", read_labels}, {"duplicates", read_duplicates}, {"not-in", read_not_in},
		{"tokens", read_tokens}, {"spectral", read_spectral},
		{"predictions", read_predictions}, {"activations", read_activations},
	};

	return ay_policy_read_keys(v, where, keys, AY_ARRAY_LEN(keys), entry, e);
}

void ay_policy_finish_poisoning(struct ay_entry *entry)
{
	struct ay_rules *r = &entry->rules;

	if (!(r->poisoning.labels > 0))
		r->poisoning.labels = LABELS;
	if (!(r->poisoning.duplicates > 0))
		r->poisoning.duplicates = DUPLICATES;
	if (!(r->poisoning.tokens > 0))
		r->poisoning.tokens = TOKENS;
	if (!(r->poisoning.spectral > 0))
		r->poisoning.spectral = SPECTRAL;
	r->poisoning.label = entry->label;
	r->poisoning.predictions = entry->predictions;
	r->poisoning.activations = entry->activations;
	r->poisoning.not_in = (const char *const *)entry->not_in.list;
}

void ay_policy_digest_poisoning(const struct ay_rules *r, struct ay_jw *w)
{
	ay_jw_str(w, r->poisoning.label ? r->poisoning.label : "");
	ay_jw_f64(w, r->poisoning.labels);
	ay_jw_f64(w, r->poisoning.duplicates);
	ay_jw_f64(w, r->poisoning.tokens);
	ay_jw_f64(w, r->poisoning.spectral);
	ay_jw_str(w, r->poisoning.predictions ? r->poisoning.predictions : "");
	ay_jw_str(w, r->poisoning.activations ? r->poisoning.activations : "");
	for (size_t i = 0; r->poisoning.not_in && r->poisoning.not_in[i]; i++)
		ay_jw_str(w, r->poisoning.not_in[i]);
}
