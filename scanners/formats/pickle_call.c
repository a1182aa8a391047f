/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls and states. One rule for REDUCE, NEWOBJ, NEWOBJ_EX, OBJ and INST, and
 * its verdict is taken here: a result that is popped later was still made.
 */
#include "scanners/formats/pickle_vm.h"

static struct pk_value unknown(void)
{
	return (struct pk_value){ .kind = PK_UNKNOWN };
}

static struct pk_value instance(const struct ay_allow *of)
{
	return (struct pk_value){ .kind = PK_INSTANCE, .of = of };
}

static const struct ay_allow *named(const struct pk_vm *vm, const struct pk_value *v)
{
	return v->kind == PK_GLOBAL ? vm->globals[v->aux].allow : NULL;
}

static bool in_slot(const struct pk_vm *vm, const struct pk_value *v, uint16_t slot)
{
	const struct ay_allow *a = named(vm, v);

	return a && (a->slots & slot);
}

static bool is_hooks(const struct pk_value *v)
{
	const struct ay_allow *c = pk_class(v);

	return v->kind == PK_NONE || (c && (c->roles & AY_ROLE_ITEMS));
}

/* Protocol 2 writes bytes as a call of _codecs.encode. */
static bool is_bytes(const struct pk_value *v)
{
	const struct ay_allow *c = pk_class(v);

	return v->kind == PK_BYTES || v->kind == PK_BYTEARRAY || (c && strcmp(c->module, "_codecs") == 0);
}

static bool is_latin1(struct pk_vm *vm, const struct pk_value *v)
{
	return pk_text_is(vm, v, "latin1") || pk_text_is(vm, v, "latin-1") || pk_text_is(vm, v, "iso-8859-1");
}

/* (0,): the shape that numpy gives an array before its state; any other would be allocated. */
static bool is_nothing(const struct pk_vm *vm, const struct pk_value *v)
{
	size_t n;
	const struct pk_value *dim = pk_children(vm, v, &n);

	return dim && n == 1 && dim[0].kind == PK_INT && dim[0].u == 0 && !(dim[0].flags & PK_INEXACT);
}

/* MEMBER_1: the name of an enumeration's member, never that of a method. */
static bool is_member(struct pk_vm *vm, const struct pk_value *v)
{
	char text[64];

	return pk_text(vm, v, text, sizeof(text)) && text[0] >= 'A' && text[0] <= 'Z' &&
	       strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == v->aux;
}

static bool match_one(struct pk_vm *vm, char letter, const struct pk_value *v)
{
	const struct ay_allow *a = named(vm, v);

	if (v->kind == PK_UNKNOWN)
		return true;
	switch (letter) {
	case 'i': return v->kind == PK_INT || v->kind == PK_BOOL;
	case 'f': return v->kind == PK_INT || v->kind == PK_FLOAT || v->kind == PK_BOOL;
	case 's': return v->kind == PK_TEXT;
	case 'b': return is_bytes(v);
	case 'o': return v->kind == PK_BOOL || v->kind == PK_INT;
	case 'n': return v->kind == PK_NONE;
	case 'd': return pk_is_data(vm, v);
	case 't': return v->kind == PK_TUPLE && pk_is_data(vm, v);
	case 'c': return v->kind >= PK_TUPLE && v->kind <= PK_FROZENSET && pk_is_data(vm, v);
	case 'y': return v->kind == PK_TEXT || is_bytes(v);
	case 'z': return is_nothing(vm, v);
	case 'u': return v->kind == PK_TUPLE;
	case 'l': return v->kind == PK_LIST;
	case 'm': return v->kind == PK_DICT;
	case 'C': return is_member(vm, v);
	case 'L': return is_latin1(vm, v);
	case 'D': return v->kind == PK_DTYPE;
	case 'E': return v->kind == PK_TENSOR;
	case 'S': return v->kind == PK_STORAGE;
	case 'H': return is_hooks(v);
	case 'K': return a && (a->roles & AY_ROLE_NEW);
	case 'O': return in_slot(vm, v, AY_SLOT_OBJECT);
	case 'F': return v->kind == PK_NONE || in_slot(vm, v, AY_SLOT_FACTORY);
	case 'A': return in_slot(vm, v, AY_SLOT_ARRAY);
	case 'X': return in_slot(vm, v, AY_SLOT_INDEX);
	case 'T': return in_slot(vm, v, AY_SLOT_TENSOR);
	case 'R': return in_slot(vm, v, AY_SLOT_REBUILD);
	case 'Y': return in_slot(vm, v, AY_SLOT_DISTANCE);
	case 'U': return in_slot(vm, v, AY_SLOT_ENUM);
	case 'G': return v->kind == PK_TEXT || v->kind == PK_INSTANCE || in_slot(vm, v, AY_SLOT_BITGEN);
	default: return false;
	}
}

bool pk_match(struct pk_vm *vm, const char *pattern, const struct pk_value *args, size_t count)
{
	bool optional = false;
	size_t i = 0;

	for (const char *p = pattern ? pattern : ""; *p; p++) {
		if (*p == '|') {
			optional = true;
			continue;
		}
		if (*p == '*') {
			for (; i < count; i++)
				if (!pk_is_data(vm, &args[i]))
					return false;
			return true;
		}
		if (i == count)
			return optional;
		if (!match_one(vm, *p, &args[i++]))
			return false;
	}
	return i == count;
}

/* A name as an argument is the usual trick: say which. args is NULL when there are more than are kept. */
static void refuse_arguments(struct pk_vm *vm, const char *form, const struct pk_global *g, const struct pk_value *args, size_t count)
{
	for (size_t i = 0; args && i < count; i++) {
		if (args[i].kind != PK_GLOBAL)
			continue;
		const struct pk_global *arg = &vm->globals[args[i].aux];

		pk_refuse(vm, "pickle.call.arguments", "%s of %s.%s with %s.%s as argument %zu: the allowlist does not permit it",
			  form, g->module, g->name, arg->module, arg->name, i + 1);
		return;
	}
	pk_refuse(vm, "pickle.call.arguments", "%s of %s.%s with %zu arguments that the allowlist does not permit", form, g->module,
		  g->name, count);
}

static struct pk_value result_of(struct pk_vm *vm, const struct ay_allow *a, const struct pk_value *args, size_t count)
{
	const struct ay_allow *first = count ? named(vm, &args[0]) : NULL;

	switch (a->how) {
	case AY_HOW_FIRST:
		if (!first)
			return unknown();
		return first->how == AY_HOW_WRAPPER ? pk_new_node(vm, PK_WRAPPER) : instance(first);
	case AY_HOW_WRAPPER:
		return pk_new_node(vm, PK_WRAPPER);
	case AY_HOW_DTYPE:
		return pk_numpy_dtype(vm, args, count);
	case AY_HOW_TENSOR:
		return (struct pk_value){ .kind = PK_TENSOR };
	case AY_HOW_TENSOR_V1:
	case AY_HOW_TENSOR_V3:
		return pk_torch_tensor(vm, a, args, count);
	case AY_HOW_FROM_TYPE:
		return pk_torch_from_type(vm, args, count);
	case AY_HOW_LOAD_BYTES:
		return pk_torch_load_bytes(vm, args, count);
	default:
		return instance(a);
	}
}

/* NEWOBJ takes no arguments: none of the listed classes needs any. OBJ and INST without arguments make the instance without calling the class. */
static uint16_t role_of(const char *form, size_t count)
{
	if (strncmp(form, "NEWOBJ", 6) == 0)
		return count ? 0 : AY_ROLE_NEW;
	if (strcmp(form, "REDUCE") == 0 || count)
		return AY_ROLE_CALL;
	return AY_ROLE_CALL | AY_ROLE_NEW;
}

static struct pk_value call(struct pk_vm *vm, const char *form, const struct pk_value *callee, const struct pk_value *args)
{
	if (args->kind != PK_TUPLE) {
		if (args->kind != PK_UNKNOWN)
			pk_fail(vm, AY_EFORMAT, "%s with %s in place of its arguments", form, pk_kind_name(args));
		return unknown();
	}
	if (callee->kind != PK_GLOBAL) {
		if (callee->kind != PK_UNKNOWN)
			pk_refuse(vm, "pickle.call.denied", "%s of %s, which is not a named function or class", form,
				  pk_kind_name(callee));
		return unknown();
	}
	const struct pk_global *g = &vm->globals[callee->aux];
	const struct ay_allow *a = g->allow;

	if (!a) {
		const char *reason = ay_deny_reason(g->module, g->name);

		pk_refuse(vm, "pickle.call.denied", "%s of %s.%s%s%s", form, g->module, g->name, reason ? ": " : "",
			  reason ? reason : ", which no profile names");
		return unknown();
	}
	if (vm->nodes[args->aux].count > PK_TUPLE_KEPT) {
		refuse_arguments(vm, form, g, NULL, vm->nodes[args->aux].count);
		return unknown();
	}
	size_t count;
	const struct pk_value *list = pk_children(vm, args, &count);
	uint16_t role = role_of(form, count);

	if (!(a->roles & role)) {
		pk_refuse(vm, "pickle.call.denied", "%s of %s.%s with %zu arguments, which may be named but not called so", form,
			  g->module, g->name, count);
		return unknown();
	}
	if (!(role & AY_ROLE_NEW && a->roles & AY_ROLE_NEW && count == 0) && !pk_match(vm, a->args, list, count)) {
		refuse_arguments(vm, form, g, list, count);
		return unknown();
	}
	return result_of(vm, a, list, count);
}

struct pk_value pk_call(struct pk_vm *vm, const char *form, const struct pk_value *callee, const struct pk_value *args)
{
	struct pk_value v = call(vm, form, callee, args);

	if (vm->tree)
		pk_tree_called(vm, callee, args, &v);
	return v;
}

static bool state_fits(const struct pk_vm *vm, uint16_t roles, const struct pk_value *state)
{
	if (!pk_is_data(vm, state))
		return false;
	if (state->kind == PK_DICT && (roles & AY_ROLE_BUILD_DICT))
		return true;
	if (state->kind == PK_TUPLE && (roles & AY_ROLE_BUILD_TUPLE))
		return true;
	return roles & AY_ROLE_BUILD_DATA;
}

int pk_build(struct pk_vm *vm)
{
	if (!pk_need(vm, 2))
		return vm->err;
	struct pk_value state = pk_pop(vm);
	struct pk_value target = vm->stack[vm->depth - 1];

	if (vm->tree)
		pk_tree_state(vm, &target, &state);
	switch (target.kind) {
	case PK_UNKNOWN:
		return 0;
	case PK_WRAPPER:
		return pk_joblib_array(vm, &target, &state);
	case PK_DTYPE:
		pk_numpy_dtype_state(vm, &target, &state);
		return vm->err;
	case PK_TENSOR:
		if (state.kind != PK_DICT && state.kind != PK_TUPLE)
			pk_refuse(vm, "pickle.state.denied", "BUILD of a tensor with %s", pk_kind_name(&state));
		return vm->err;
	case PK_GLOBAL:
		pk_refuse(vm, "pickle.state.denied", "BUILD on %s.%s itself sets attributes of a function or class",
			  vm->globals[target.aux].module, vm->globals[target.aux].name);
		return vm->err;
	default:
		break;
	}
	const struct ay_allow *a = pk_class(&target);

	if (!a)
		pk_refuse(vm, "pickle.state.denied", "BUILD on %s", pk_kind_name(&target));
	else if (state.kind != PK_UNKNOWN && !state_fits(vm, a->roles, &state))
		pk_refuse(vm, "pickle.state.denied", "BUILD of %s.%s with %s as state, which the allowlist does not permit", a->module,
			  a->name, pk_kind_name(&state));
	return vm->err;
}
