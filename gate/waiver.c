/* SPDX-License-Identifier: Apache-2.0 */
/* Waivers: a curator's signature that lets one rule of one artifact warn instead of refuse, until a date. */
#include <errno.h>
#include "assay/text.h"
#include "gate/candidate.h"

struct loading { const struct ay_trust *t; const struct ay_ref *ref; struct ay_waiver **tail; };

static int take(const void *key, size_t key_len, const void *val, size_t val_len, void *arg)
{
	struct loading *l = arg;
	struct ay_statement st;
	struct ay_waiver *w;
	const char *rule, *ref, *until;
	size_t n = 0;
	int rc = 0;

	(void)key;
	(void)key_len;
	/* One that does not verify any more waives nothing. */
	if (ay_indexed_verify(l->t, l->ref->name, "waiver/v1", val, val_len, &st))
		return 0;
	ref = ay_json_str(ay_json_get(st.predicate, "ref"), NULL);
	rule = ay_json_str(ay_json_get(st.predicate, "rule"), NULL);
	until = ay_json_str(ay_json_get(st.predicate, "until"), &n);
	if (ref && rule && until && strcmp(ref, l->ref->text) == 0 && strlen(rule) < sizeof(w->rule)) {
		w = calloc(1, sizeof(*w));
		if (w && ay_time_parse(until, n, &w->until_s) == 0) {
			snprintf(w->rule, sizeof(w->rule), "%s", rule);
			*l->tail = w;
			l->tail = &w->next;
		} else {
			rc = w ? 0 : -ENOMEM;
			free(w);
		}
	}
	ay_statement_free(&st);
	return rc;
}

int ay_waivers_load(struct ay_gate *g, const struct ay_trust *t, const struct ay_ref *ref, struct ay_waiver **out)
{
	struct loading l = { t, ref, out };
	struct ay_txn *txn;
	int rc = ay_read_begin(g->store, &txn);

	*out = NULL;
	if (rc)
		return rc;
	rc = ay_doc_each(txn, AY_TABLE_WAIVER, ref->text, strlen(ref->text) + 1, take, &l);
	ay_read_end(txn);
	return rc == AY_ENOTFOUND ? 0 : rc;
}

void ay_waivers_free(struct ay_waiver *w)
{
	while (w) {
		struct ay_waiver *next = w->next;

		free(w);
		w = next;
	}
}
