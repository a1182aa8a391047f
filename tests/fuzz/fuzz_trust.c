/* SPDX-License-Identifier: Apache-2.0 */
/* Trust roots after their signatures: what is read can be written, and reads back as the same text. */
#include <string.h>

#include "assay/claim.h"
#include "store/trust_doc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void round_trip(const struct ay_trust *t)
{
	struct ay_buf one = ay_buf_new(AY_LIMIT_TRUST_ROOT * 8), two = ay_buf_new(AY_LIMIT_TRUST_ROOT * 8);
	struct ay_statement st;
	struct ay_trust again;
	struct ay_error e = { .msg = "" };

	if (ay_trust_document(t, &one) == 0) {
		if (ay_statement_parse(one.data, one.len, &st, &e) < 0 || ay_trust_read(&st, &again, &e) < 0)
			ay_bug("what was written is not read: %s", e.msg);
		if (ay_trust_document(&again, &two) < 0 || one.len != two.len || memcmp(one.data, two.data, one.len) != 0)
			ay_bug("written again it differs");
		ay_trust_free(&again);
		ay_statement_free(&st);
	}
	ay_buf_free(&one);
	ay_buf_free(&two);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ay_statement st;
	struct ay_trust t;
	struct ay_error e;

	if (ay_trust_load(data, size, NULL, &t, &e) == 0)
		ay_trust_free(&t);
	if (ay_statement_parse(data, size, &st, &e) < 0)
		return 0;
	/* The subject would need a matching digest: the content is read without it. */
	if (ay_trust_read_content(&st, &t, &e) == 0) {
		round_trip(&t);
		ay_trust_free(&t);
	}
	ay_statement_free(&st);
	return 0;
}
