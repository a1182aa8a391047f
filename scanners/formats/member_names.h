/* SPDX-License-Identifier: Apache-2.0 */
/* Names of an archive's members, which its readers must all take in the same way. */
#ifndef ASSAY_FORMATS_MEMBER_NAMES_H
#define ASSAY_FORMATS_MEMBER_NAMES_H

#include "assay/scan.h"

struct ay_member_name {
	char *name;
	uint64_t off;
};

struct ay_member_names {
	struct ay_budget *budget;
	struct ay_member_name *seen;
	size_t count, room;
};

/* What is wrong with a name, as the end of a sentence, or NULL. */
const char *ay_member_name_bad(const char *name);
/* Keeps a copy. */
AY_MUSTCHECK int ay_member_names_add(struct ay_member_names *m, const char *name, uint64_t off);
/* Reports names that are equal, or are so for a file system without case. Changes the order. */
void ay_member_names_check(struct ay_scan *s, struct ay_member_names *m, const char *rule_same, const char *rule_case);
void ay_member_names_free(struct ay_member_names *m);

#endif
