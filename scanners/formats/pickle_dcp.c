/* SPDX-License-Identifier: Apache-2.0 */
/*
 * .metadata of a distributed torch checkpoint: a pickle that says at which places of which .distcp files the items lie.
 * Each place is a file that torch.load reads, so it must be one that was judged: the places are compared with those that
 * the .distcp files have.
 */
#include <inttypes.h>

#include "scanners/formats/pickle_tree.h"
#include "scanners/registry.h"

static unsigned bid(struct ay_cursor head, struct ay_source *in, const char *path)
{
	const char *slash = path ? strrchr(path, '/') : NULL;
	unsigned bits = ay_scanner_pickle.bid(head, in, path);

	return bits && path && strcmp(slash ? slash + 1 : path, ".metadata") == 0 ? bits + 8 : 0;
}

static int refuse(struct pk_vm *vm, const char *what)
{
	ay_scan_find(vm->s, "dcp.metadata", AY_NO_OFFSET, "%s", what);
	return 0;
}

/* The attributes of an instance of this class, set once from a dict without doubled keys. */
static bool take_state(struct pk_vm *vm, const struct pk_value *v, const char *class, struct pk_value *state)
{
	const struct pk_head *h = v->kind == PK_INSTANCE ? pk_tree_head(vm, v) : NULL;
	const struct pk_edge *e = h ? pk_tree_next(vm, h, NULL) : NULL;

	if (!e || e->kind != PK_EDGE_STATE || pk_tree_next(vm, h, e) || e->value.kind != PK_DICT || strcmp(v->of->name, class) != 0 ||
	    strncmp(v->of->module, "torch.distributed.checkpoint.", 29) != 0)
		return false;
	*state = e->value;
	return true;
}

static bool take_count(struct pk_vm *vm, const struct pk_value *dict, const char *key, uint64_t *out)
{
	struct pk_value v;

	if (!pk_tree_member(vm, dict, key, &v) || v.kind != PK_INT || (v.flags & PK_INEXACT) || (int64_t)v.u < 0)
		return false;
	*out = v.u;
	return true;
}

/* One _StorageInfo: file, offset, length, and how its bytes were changed, which they must not be. */
static int take_item(struct pk_vm *vm, const struct pk_value *v)
{
	struct pk_value state, file, change;
	char name[AY_LIMIT_PATH], place[48];
	uint64_t off, len, end;
	size_t n;

	if (!take_state(vm, v, "_StorageInfo", &state) || !pk_tree_member(vm, &state, "relative_path", &file) ||
	    !pk_text(vm, &file, name, sizeof(name)) || !take_count(vm, &state, "offset", &off) || !take_count(vm, &state, "length", &len) ||
	    __builtin_add_overflow(off, len, &end))
		return refuse(vm, "an item of storage_data is not a _StorageInfo of path, offset and length");
	if (pk_tree_member(vm, &state, "transform_descriptors", &change) && change.kind != PK_NONE)
		return refuse(vm, "an item's bytes are compressed or changed in another way, which is not read");
	n = strlen(name);
	if (n <= 7 || strcmp(name + n - 7, ".distcp") != 0)
		return refuse(vm, "an item lies in a file that is no .distcp");
	int rc = ay_scan_need_sibling(vm->s, name, end, AY_NO_OFFSET);

	if (rc == 0)
		rc = ay_scan_need_tensor(vm->s, name, place, (size_t)snprintf(place, sizeof(place), "%" PRIu64 ":%" PRIu64, off, len),
					 AY_NO_OFFSET);
	return rc;
}

static int take_metadata(void *arg, struct pk_vm *vm)
{
	struct pk_value state, data;
	int rc = 0;

	(void)arg;
	if (!take_state(vm, &vm->stack[0], "Metadata", &state) || !pk_tree_member(vm, &state, "storage_data", &data) || data.kind != PK_DICT)
		return refuse(vm, "the pickle is not a Metadata with a dict of storage_data");
	const struct pk_head *h = pk_tree_head(vm, &data);

	for (const struct pk_edge *e = h ? pk_tree_next(vm, h, NULL) : NULL; e && rc == 0; e = pk_tree_next(vm, h, e)) {
		rc = take_item(vm, &e->value);
		if (rc == 0)
			rc = ay_budget_tick(vm->budget);
	}
	return rc;
}

static int scan(struct ay_scan *s, struct ay_source *in)
{
	static const struct ay_pickle_context ctx = { .value = take_metadata };

	return ay_pickle_scan(s, in, &ctx);
}

static const char *const refines[] = { "pickle", "text", NULL };
const struct ay_scanner ay_scanner_dcp_metadata = {
	.abi = AY_SCAN_ABI, .name = "dcp-metadata", .version = 1, .refines = refines, .bid = bid, .scan = scan,
};
