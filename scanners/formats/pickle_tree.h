/* SPDX-License-Identifier: Apache-2.0 */
/* The values of a pickle and the way through them, for extractions. Shared by scanners/formats/pickle*.c only. */
#ifndef ASSAY_FORMATS_PICKLE_TREE_H
#define ASSAY_FORMATS_PICKLE_TREE_H

#include "scanners/formats/pickle_vm.h"

enum pk_edge_kind { PK_EDGE_ITEM, PK_EDGE_STATE /* of BUILD; no key */ };

struct pk_edge {
	struct pk_value key, value;
	uint32_t next;                 /* edge + 1; 0: none */
	uint8_t kind;
};
/* What hangs on a node of the run; an instance, or the result of a refused call, has a node of its own (PK_OBJECT). */
struct pk_head {
	uint32_t first, last;          /* edge + 1 */
	uint32_t count;                /* of items without a key */
	uint32_t class;                /* of an instance: what made it, global + 1 */
	uint32_t tensor;               /* of a numpy array: + 1; 0: none */
	char kind, order;              /* of a numpy type: its letters; 0 when they are not plain */
	uint8_t found;                 /* whether tensors lie below: 0 not yet known, else enum pk_found */
	bool open;                     /* on the way from the root to where the walk is */
};
enum pk_found { PK_FOUND_LOOKING = 1, PK_FOUND_NONE, PK_FOUND_SOME };

struct pk_tensor {
	struct ay_layout layout;
	uint32_t storage;              /* + 1; 0: none, the items are bytes of the pickle */
	uint64_t off, bytes;           /* of such items */
	bool literal;
	const char *bad;               /* why it cannot be represented, as a predicate; NULL when it can */
};

/* Heads stay where they are until there is another node: after the run, for good. */
int pk_tree_settle(struct pk_vm *vm);
/* The head of a container, instance or result; NULL when v is none, or with vm->err set. */
struct pk_head *pk_tree_head(struct pk_vm *vm, const struct pk_value *v);
/* The edge after e, the first for NULL. */
const struct pk_edge *pk_tree_next(const struct pk_vm *vm, const struct pk_head *h, const struct pk_edge *e);
/* The value under this text key of a dict. False when there is none, and when there are several: readers differ about them. */
bool pk_tree_member(struct pk_vm *vm, const struct pk_value *dict, const char *key, struct pk_value *out);
/* NULL: nothing is known about the tensor. */
const struct pk_tensor *pk_tree_tensor(const struct pk_vm *vm, const struct pk_value *v, const char **key_out);

#endif
