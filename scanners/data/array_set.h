/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The arrays of one archive (.npz, HDF5) as the columns of one table: an array of one dimension is the column NAME, one of two the columns
 * NAME.0, NAME.1 ..., fields of a structure are NAME.FIELD. An archive of one array is the table that the array is. Arrays that a resource
 * of the schema names by themselves ("data.npz!x.npy") have no part in it.
 */
#ifndef ASSAY_SCANNERS_ARRAY_SET_H
#define ASSAY_SCANNERS_ARRAY_SET_H

#include "scanners/data/array_table.h"

struct ay_array_set {
	struct ay_scan *scan;
	struct ay_array_set *outer;          /* of the archive around this one */
	size_t prefix;                       /* bytes of a member's path before its name */
	struct ay_array_table table;
	char **names;                        /* of its columns */
	size_t part_room, column_room, name_room, row;    /* row: bytes */
	size_t arrays;
	bool fields;                         /* columns of the first array have names of their own */
	char first[AY_LIMIT_PATH + 8];       /* its name */
	char why[320];                       /* there is no table; empty: there is */
};
/* Whether anybody asks for tables: else there is no need for a set. */
bool ay_array_set_wanted(const struct ay_scan *s);
/* What ay_array_judge gets from here on is a part of the set. */
void ay_array_set_begin(struct ay_array_set *set, struct ay_scan *s);
/* Ends that; whole: judges the table, where somebody asks for it. As scan() of a scanner. */
AY_MUSTCHECK int ay_array_set_end(struct ay_array_set *set, bool whole);

/* Where the scan keeps the set that arrays become parts of; *place is NULL where they are tables each. */
struct ay_array_set **ay_scan_arrays(struct ay_scan *s);
/* For ay_array_judge: of the member at hand. */
AY_MUSTCHECK int ay_array_set_add(struct ay_array_set *set, const struct ay_array_table *t);
void ay_array_set_refuse(struct ay_array_set *set, const char *why);

#endif
