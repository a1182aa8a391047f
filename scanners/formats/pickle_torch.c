/* SPDX-License-Identifier: Apache-2.0 */
/* Torch in pickles: storages behind persistent ids, and tensors that must stay inside them. */
#include "scanners/formats/pickle_vm.h"

#define KEY_MAX 256
#define DIMS_MAX PK_TUPLE_KEPT

static struct pk_value unknown(void)
{
	return (struct pk_value){ .kind = PK_UNKNOWN };
}

/* A count: an exact integer that is not negative. */
static bool get_count(const struct pk_value *v, uint64_t *out)
{
	if (v->kind != PK_INT || (v->flags & PK_INEXACT) || (int64_t)v->u < 0)
		return false;
	*out = v->u;
	return true;
}

static struct pk_value refuse_pid(struct pk_vm *vm, const char *why)
{
	pk_refuse(vm, "pickle.persistent-id", "a persistent id that %s", why);
	return unknown();
}

/* ("module", class, file, source) stands for the class: the old format keeps the source of what it saves, to compare. */
static bool is_module(struct pk_vm *vm, const struct pk_value *part, size_t n)
{
	return part && n == 4 && pk_text_is(vm, &part[0], "module") && part[1].kind == PK_GLOBAL &&
	       (part[2].kind == PK_NONE || part[2].kind == PK_TEXT) && (part[3].kind == PK_NONE || part[3].kind == PK_TEXT);
}

/* ("storage", class, key, location, items) and, in old files, a view: None or (key, offset, items). */
struct pk_value pk_torch_storage(struct pk_vm *vm, const struct pk_value *pid)
{
	size_t n;
	const struct pk_value *part = pk_children(vm, pid, &n);
	char key[KEY_MAX];
	uint64_t items, have = 0, need;

	if (pid->kind == PK_UNKNOWN)
		return unknown();
	if (!vm->ctx->persistent)
		return refuse_pid(vm, "no container explains");
	if (vm->ctx->storage_seen && is_module(vm, part, n))
		return part[1];
	if (!part || n < 5 || n > 6 || !pk_text_is(vm, &part[0], "storage") || part[3].kind != PK_TEXT)
		return refuse_pid(vm, "is not (\"storage\", class, key, location, items)");
	if (part[1].kind != PK_GLOBAL)
		return part[1].kind == PK_UNKNOWN ? unknown() : refuse_pid(vm, "does not name a storage class");
	const struct ay_allow *a = vm->globals[part[1].aux].allow;

	if (!a || !(a->slots & AY_SLOT_STORAGE))
		return a ? refuse_pid(vm, "does not name a storage class") : unknown();
	if (!pk_text(vm, &part[2], key, sizeof(key)) || !get_count(&part[4], &items))
		return refuse_pid(vm, "has no plain key and count");
	if (__builtin_mul_overflow(items, (uint64_t)a->size, &need))
		return refuse_pid(vm, "asks for more bytes than can be counted");
	if (n == 6 && part[5].kind != PK_NONE)
		return refuse_pid(vm, "is a view of another storage, which only torch before 0.4 wrote");
	if (vm->ctx->storage_seen) {
		if (vm->ctx->storage_seen(vm->ctx->arg, key, items, a->size) < 0)
			return refuse_pid(vm, "contradicts an earlier one of the same key");
	} else if (!vm->ctx->storage_size || !vm->ctx->storage_size(vm->ctx->arg, key, &have)) {
		pk_refuse(vm, "pickle.storage", "storage \"%s\" has no member in the archive", key);
		return unknown();
	} else if (have != need) {
		pk_refuse(vm, "pickle.storage", "storage \"%s\" is %llu bytes, the pickle says %llu", key, (unsigned long long)have,
			  (unsigned long long)need);
		return unknown();
	}
	struct pk_value v = { .kind = PK_STORAGE, .aux = a->size, .u = items };

	if (vm->tree)
		pk_tree_storage(vm, &v, key, a->name);
	return v;
}

/* Largest element reached plus one, from sizes and strides; 0 when a size is 0. False when not computable. */
static bool extent(const struct pk_value *size, const struct pk_value *stride, size_t dims, uint64_t *out)
{
	uint64_t last = 0;
	bool empty = false;

	for (size_t i = 0; i < dims; i++) {
		uint64_t n, step, reach;

		if (!get_count(&size[i], &n) || !get_count(&stride[i], &step))
			return false;
		if (n == 0) {
			empty = true;
			continue;
		}
		if (__builtin_mul_overflow(n - 1, step, &reach) || __builtin_add_overflow(last, reach, &last))
			return false;
	}
	*out = empty ? 0 : last + 1;
	return empty || last < UINT64_MAX;
}

struct pk_value pk_torch_tensor(struct pk_vm *vm, const struct ay_allow *fn, const struct pk_value *args, size_t count)
{
	struct pk_value tensor = { .kind = PK_TENSOR };
	size_t dims, strides;
	uint64_t offset, reach, room;

	if (count < 4 || args[0].kind != PK_STORAGE)
		return unknown();
	const struct pk_value *size = pk_children(vm, &args[2], &dims);
	const struct pk_value *stride = pk_children(vm, &args[3], &strides);

	room = args[0].u;
	if (fn->how == AY_HOW_TENSOR_V3) {
		const struct ay_allow *dtype = count > 6 && args[6].kind == PK_GLOBAL ? vm->globals[args[6].aux].allow : NULL;

		if (!dtype || !(dtype->slots & AY_SLOT_DTYPE) || !dtype->size) {
			pk_refuse(vm, "pickle.call.arguments", "%s.%s without a torch dtype", fn->module, fn->name);
			return unknown();
		}
		/* The storage is of single bytes, whatever its class says. */
		if (__builtin_mul_overflow(room, (uint64_t)(args[0].aux & 0xff), &room))
			room = 0;
		room /= dtype->size;
	}
	if (!size || !stride || dims != strides || dims > DIMS_MAX || !get_count(&args[1], &offset) ||
	    !extent(size, stride, dims, &reach) || __builtin_add_overflow(reach, offset, &reach)) {
		pk_refuse(vm, "pickle.tensor-geometry", "a tensor whose sizes, strides and offset do not make sense");
		return unknown();
	}
	if (reach > room) {
		pk_refuse(vm, "pickle.tensor-geometry", "a tensor reaches item %llu of a storage of %llu", (unsigned long long)reach,
			  (unsigned long long)room);
		return unknown();
	}
	return tensor;
}

/* (function, class, arguments, state): the function is called with the arguments, by the same rules as if named directly. */
struct pk_value pk_torch_from_type(struct pk_vm *vm, const struct pk_value *args, size_t count)
{
	size_t n;
	const struct pk_value *inner = count > 2 ? pk_children(vm, &args[2], &n) : NULL;
	const struct ay_allow *fn = count > 2 && args[0].kind == PK_GLOBAL ? vm->globals[args[0].aux].allow : NULL;

	if (!inner || !fn || fn->how == AY_HOW_FROM_TYPE || !pk_match(vm, fn->args, inner, n)) {
		pk_refuse(vm, "pickle.call.arguments", "_rebuild_from_type_v2 of %s with arguments that the allowlist does not permit",
			  fn ? fn->name : "something unknown");
		return unknown();
	}
	if (fn->how == AY_HOW_TENSOR_V1 || fn->how == AY_HOW_TENSOR_V3)
		return pk_torch_tensor(vm, fn, inner, n);
	return (struct pk_value){ .kind = PK_TENSOR };
}

/* The bytes are a torch file: judged as a member, in whichever of torch's formats they are. */
struct pk_value pk_torch_load_bytes(struct pk_vm *vm, const struct pk_value *args, size_t count)
{
	struct ay_source_window window;
	struct ay_source sub;
	uint8_t head[4] = { 0 };
	char name[48];

	if (count != 1 || args[0].kind != PK_BYTES || args[0].aux == UINT32_MAX) {
		pk_refuse(vm, "pickle.call.arguments", "_load_from_bytes of something other than literal bytes");
		return unknown();
	}
	if (ay_source_sub(vm->in, args[0].u, args[0].aux, &window, &sub) != 0 ||
	    (sub.size >= sizeof(head) && ay_source_read_full(&sub, 0, head, sizeof(head)) != 0)) {
		pk_fail(vm, AY_ETRUNC, "the bytes of _load_from_bytes cannot be read again");
		return unknown();
	}
	struct ay_cursor c = ay_cursor_of(head, sizeof(head), 0);

	snprintf(name, sizeof(name), "bytes@%llu", (unsigned long long)args[0].u);
	int rc = ay_scan_member_in(vm->s, name, &sub, ay_cursor_starts(&c, "PK\3\4", 4) ? NULL : "torch-legacy");

	if (rc < 0)
		vm->err = rc;
	return (struct pk_value){ .kind = PK_STORAGE, .u = UINT64_MAX };
}
