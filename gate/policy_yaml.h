/* SPDX-License-Identifier: Apache-2.0 */
/* The plain part of YAML as a tree: maps, lists and scalars, each with its line. The only door to libyaml. */
#ifndef ASSAY_GATE_POLICY_YAML_H
#define ASSAY_GATE_POLICY_YAML_H

#include <stdbool.h>
#include <stddef.h>
#include "assay/attr.h"

struct ay_error;

enum ay_yaml_kind { AY_YAML_SCALAR, AY_YAML_LIST, AY_YAML_MAP };

/* A node owns what is below it. */
struct ay_yaml {
	enum ay_yaml_kind kind;
	unsigned line;               /* of the key when there is one, else of the value; from 1 */
	bool quoted;                 /* scalar in quotes: never a number or a truth */
	char *key;                   /* NULL outside maps */
	char *text;                  /* scalars, NUL-terminated, without an inner NUL */
	struct ay_yaml *kids;
	size_t nkids;
};

/* AY_EFORMAT for anything but one document of plain YAML without aliases, anchors, tags, directives and duplicate keys. */
AY_MUSTCHECK int ay_yaml_parse(const void *bytes, size_t len, struct ay_yaml *root, struct ay_error *e);
/* Frees what is below and zeroes the node; a zeroed node is fine. */
void ay_yaml_free(struct ay_yaml *node);

#endif
