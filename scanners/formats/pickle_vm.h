/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of the symbolic unpickler: abstract values and the state of one run. Shared by scanners/formats/pickle*.c only. */
#ifndef ASSAY_FORMATS_PICKLE_VM_H
#define ASSAY_FORMATS_PICKLE_VM_H

#include "scanners/formats/pickle.h"
#include "scanners/model/allowlist.h"

/* Scalars come first: what is below PK_TUPLE holds nothing. */
enum pk_kind {
	PK_NONE, PK_BOOL, PK_INT, PK_FLOAT, PK_TEXT, PK_BYTES, PK_BYTEARRAY,
	PK_TUPLE, PK_LIST, PK_DICT, PK_SET, PK_FROZENSET,
	PK_GLOBAL, PK_INSTANCE, PK_DTYPE, PK_WRAPPER, PK_STORAGE, PK_TENSOR, PK_UNKNOWN
};

enum {
	PK_INEXACT = 1,     /* text with escapes, integer beyond 64 bits: never equal to anything */
	PK_OBJECT = 2       /* instance, refused result, tensor of an extraction: aux is its number in the tree */
};

/*
 * 16 bytes, because a dense pickle has millions. Text is not kept: its place
 * in the input is, and names are read again when an opcode uses them.
 */
struct pk_value {
	uint8_t kind, flags;
	uint32_t aux;       /* text, bytes: length, saturated; containers, dtype, wrapper: node; global: index; storage: item bytes, and above 8 bits its number + 1 in the tree */
	union {
		uint64_t u;                 /* int, bool: value; text, bytes: offset; storage: items */
		const struct ay_allow *of;  /* instance */
	};
};

enum { PK_HOLDS_NAME = 1, PK_HOLDS_OBJECT_DTYPE = 2 };

struct pk_node {
	uint64_t expansion; /* values inside, shared ones counted each time; saturates */
	uint64_t bytes;     /* dtype: item size; dict: end of the furthest dtype field */
	uint32_t first;     /* tuple: its children in the pool, when kept */
	uint32_t count;     /* items, saturated */
	uint16_t depth;
	uint8_t holds;
	bool flexible;      /* dtype: its state says its size */
	uint8_t done;       /* tuple: children are kept; dtype: built; wrapper: built; dict: fields of a dtype, must not change */
};

struct pk_global {
	const struct ay_allow *allow;   /* NULL when unknown; set also when only another profile permits it, which a finding says */
	char *module, *name;            /* canonical */
};

#define PK_MEMO_CHUNK 4096
#define PK_TUPLE_KEPT 64            /* children of longer tuples are judged when it is made, then forgotten */
#define PK_GLOBALS 4096             /* different names in one pickle */
#define PK_WINDOW (256 * KIB)

struct pk_vm {
	struct ay_scan *s;
	struct ay_budget *budget;
	struct ay_source *in;
	const struct ay_pickle_context *ctx;
	struct pk_tree *tree;           /* of an extraction; NULL when the pickle is only judged */
	unsigned nested;                /* pickles inside joblib's object arrays */

	uint8_t *window;
	uint64_t window_off;
	size_t window_len;
	struct ay_cursor c;             /* over the window */
	uint64_t end;                   /* of the input */
	uint64_t op_off;                /* of the opcode that runs */
	uint64_t frame_end;             /* 0: no frame yet */
	int proto;                      /* 0 when there is no PROTO */
	int err;                        /* first failure: the run ends */

	struct pk_value *stack;
	size_t depth, stack_cap, fence; /* fence: opcodes reach no deeper than the last mark */
	uint32_t *marks;
	size_t marks_len, marks_cap;
	struct pk_value **memo;         /* chunks */
	uint64_t memo_used;
	struct pk_node *nodes;
	size_t nodes_len, nodes_cap;
	struct pk_value *pool;          /* children of kept tuples */
	size_t pool_len, pool_cap;
	struct pk_global *globals;
	size_t globals_len;
	uint16_t *global_slots;         /* hash of module and name -> index + 1 */

	/* Items of the SETITEMS that ran just before, still on the stack's dead part. */
	size_t items_at, items_len;
	uint32_t items_node;
	uint64_t ops, items_op;
	bool refused;                   /* a finding that refuses was made: no second one about its consequences */
};

/* ---- pickle_value.c ---- */
int pk_init(struct pk_vm *vm, struct ay_scan *s, struct ay_source *in, const struct ay_pickle_context *ctx);
void pk_free(struct pk_vm *vm);
/* Ends the run with a code and a finding. */
int pk_fail(struct pk_vm *vm, int code, const char *fmt, ...) AY_PRINTF(3, 4);
/* A finding that refuses the file and lets the run go on. */
void pk_refuse(struct pk_vm *vm, const char *rule, const char *fmt, ...) AY_PRINTF(3, 4);
int pk_grow_stack(struct pk_vm *vm);
bool pk_need(struct pk_vm *vm, size_t n);
struct pk_value pk_pop(struct pk_vm *vm);
int pk_mark(struct pk_vm *vm);
/* Stack position of the last mark's first value; removes the mark. SIZE_MAX with vm->err set when there is none. */
size_t pk_pop_mark(struct pk_vm *vm);
int pk_memo_put(struct pk_vm *vm, uint64_t index, struct pk_value v);
int pk_memo_get(struct pk_vm *vm, uint64_t index);
struct pk_value pk_new_node(struct pk_vm *vm, enum pk_kind kind);
/* Pops the values from at on into a tuple. */
struct pk_value pk_tuple(struct pk_vm *vm, size_t at);
/* Judges n values that go into container; they stay where they are. */
int pk_put_all(struct pk_vm *vm, struct pk_value *container, const struct pk_value *items, size_t n);
const struct pk_value *pk_children(const struct pk_vm *vm, const struct pk_value *tuple, size_t *count_out);
/* May lie in a container: not a name that needs a slot, and not a tuple that holds one. */
bool pk_is_data(const struct pk_vm *vm, const struct pk_value *v);
const char *pk_kind_name(const struct pk_value *v);

/* An unset entry of the memo has this kind; no value of the stack has it. */
#define PK_MEMO_UNSET 255

/* The memo's entry, or NULL when nothing near it was ever set. */
static inline struct pk_value *pk_memo_slot(const struct pk_vm *vm, uint64_t index)
{
	struct pk_value *chunk = index < AY_LIMIT_PICKLE_MEMO ? vm->memo[index / PK_MEMO_CHUNK] : NULL;

	return chunk ? &chunk[index % PK_MEMO_CHUNK] : NULL;
}

static inline void pk_memo_set(struct pk_vm *vm, struct pk_value *slot, const struct pk_value *v)
{
	vm->memo_used += slot->kind == PK_MEMO_UNSET;
	/* By members: the value was just written in parts, and a load of the whole would wait for all of them to leave the store buffer. */
	slot->kind = v->kind;
	slot->flags = v->flags;
	slot->aux = v->aux;
	slot->u = v->u;
}

static inline bool pk_has_node(const struct pk_value *v)
{
	return (v->kind >= PK_TUPLE && v->kind <= PK_FROZENSET) || v->kind == PK_DTYPE || v->kind == PK_WRAPPER;
}

static inline const struct ay_allow *pk_class(const struct pk_value *v)
{
	return v->kind == PK_INSTANCE ? v->of : NULL;
}

static inline int pk_push(struct pk_vm *vm, struct pk_value v)
{
	if (vm->depth == vm->stack_cap && pk_grow_stack(vm) != 0)
		return vm->err;
	vm->stack[vm->depth++] = v;
	return 0;
}

/* ---- pickle_input.c ---- */
/* At least n bytes in the window, n <= PK_WINDOW. */
int pk_refill(struct pk_vm *vm, size_t n);
static inline int pk_want(struct pk_vm *vm, size_t n)
{
	return vm->c.left >= n ? 0 : pk_refill(vm, n);
}
/* Moves past len bytes of data, checked to be there. */
int pk_skip(struct pk_vm *vm, uint64_t len);
/* The same for text, which must be UTF-8 (surrogates are Python's own extension of it). */
int pk_skip_text(struct pk_vm *vm, uint64_t len);
/* A line of a text opcode without its line end, in the window. AY_EFORMAT when it is longer than max. */
int pk_line_in(struct pk_vm *vm, size_t max, struct ay_cursor *out);
/* The same, NUL-terminated in out, and without a NUL. */
int pk_line(struct pk_vm *vm, char *out, size_t size);
/* A line of any length that becomes data: *v gets place and length. */
int pk_line_data(struct pk_vm *vm, struct pk_value *v, bool quoted);
/* The characters of a literal text; false when it is inexact or longer. */
bool pk_text(struct pk_vm *vm, const struct pk_value *v, char *out, size_t size);
bool pk_text_is(struct pk_vm *vm, const struct pk_value *v, const char *want);

/* ---- pickle_global.c ---- */
struct pk_value pk_global(struct pk_vm *vm, const char *module, const char *name, const char *form);

/* ---- pickle_call.c ---- */
/* The one rule of REDUCE, NEWOBJ, NEWOBJ_EX, OBJ and INST. */
struct pk_value pk_call(struct pk_vm *vm, const char *form, const struct pk_value *callee, const struct pk_value *args);
/* Arguments against a pattern; false when they do not match. */
bool pk_match(struct pk_vm *vm, const char *pattern, const struct pk_value *args, size_t count);
int pk_build(struct pk_vm *vm);

/* ---- pickle_numpy.c ---- */
struct pk_value pk_numpy_dtype(struct pk_vm *vm, const struct pk_value *args, size_t count);
void pk_numpy_dtype_state(struct pk_vm *vm, const struct pk_value *dtype, const struct pk_value *state);
/* Raw bytes, or a nested pickle, that joblib writes after the wrapper's BUILD. Replaces the wrapper on the stack. */
int pk_joblib_array(struct pk_vm *vm, const struct pk_value *wrapper, const struct pk_value *state);

/* ---- pickle_torch.c ---- */
struct pk_value pk_torch_storage(struct pk_vm *vm, const struct pk_value *pid);
struct pk_value pk_torch_tensor(struct pk_vm *vm, const struct ay_allow *fn, const struct pk_value *args, size_t count);
struct pk_value pk_torch_from_type(struct pk_vm *vm, const struct pk_value *args, size_t count);
struct pk_value pk_torch_load_bytes(struct pk_vm *vm, const struct pk_value *args, size_t count);

/* ---- pickle_tree.c: all but begin and free only while there is a tree ---- */
int pk_tree_begin(struct pk_vm *vm);
void pk_tree_free(struct pk_vm *vm);
/* Items go into a container or object: values, or pairs of key and value. */
void pk_tree_items(struct pk_vm *vm, const struct pk_value *into, bool pairs, const struct pk_value *items, size_t n);
void pk_tree_state(struct pk_vm *vm, const struct pk_value *target, const struct pk_value *state);
/* v, a storage of this class and key, gets a number. */
void pk_tree_storage(struct pk_vm *vm, struct pk_value *v, const char *key, const char *class);
/* A call's result gets a number, when it can hold something or is a tensor. */
void pk_tree_called(struct pk_vm *vm, const struct pk_value *callee, const struct pk_value *args, struct pk_value *result);

/* ---- pickle_flatten.c ---- */
/* Hands the tensors below the value on the stack to the context. */
int pk_flatten(struct pk_vm *vm);

/* ---- pickle_run.c ---- */
/* From the cursor to STOP; the value stays on the stack. */
int pk_run(struct pk_vm *vm);

/* ---- pickle_dense.c ---- */
/* Runs the opcodes that come next, at most so many of them, as long as they are those of dense data; may be none. */
void pk_run_dense(struct pk_vm *vm, uint64_t most);

/* ---- pickle_ops.c ---- */
enum pk_arg {
	PK_ARG_BAD, PK_ARG_NONE, PK_ARG_1, PK_ARG_2, PK_ARG_4, PK_ARG_8, PK_ARG_LEN1, PK_ARG_LEN4, PK_ARG_LEN8,
	PK_ARG_LINE, PK_ARG_TWO_LINES
};
struct pk_op { const char *name; uint8_t arg; int8_t pops; int8_t pushes; bool calls; bool names; };
extern const struct pk_op pk_ops[256];

#endif
