/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a pickle may name. Exact (module, name) pairs in canonical Python 3
 * spelling; a pair that is not here is unknown, and unknown is refused.
 */
#ifndef ASSAY_MODEL_ALLOWLIST_H
#define ASSAY_MODEL_ALLOWLIST_H

#include <stddef.h>
#include <stdint.h>

#include "assay/attr.h"

/* What may be done with a name; a name without any role may not even be called by the callers that slots name. */
enum ay_role {
	AY_ROLE_DATA = 1 << 0,         /* may lie in any container: calling it by mistake does no harm */
	AY_ROLE_CALL = 1 << 1,         /* REDUCE, INST, OBJ with arguments that match args */
	AY_ROLE_NEW = 1 << 2,          /* NEWOBJ without arguments, copyreg._reconstructor */
	AY_ROLE_BUILD_DICT = 1 << 3,   /* state: a dict becomes the instance's attributes */
	AY_ROLE_BUILD_TUPLE = 1 << 4,  /* state: the class has a __setstate__ that takes a tuple: others would set its parts as attributes */
	AY_ROLE_BUILD_DATA = 1 << 5,   /* state: any data, the class has a __setstate__ in compiled code */
	AY_ROLE_ITEMS = 1 << 6,        /* instances take SETITEM and SETITEMS */
	AY_ROLE_APPENDS = 1 << 7       /* instances take APPEND and APPENDS */
};

/* Argument slots that a name may stand in, each named by a letter of an args pattern. */
enum ay_slot {
	AY_SLOT_OBJECT = 1 << 0,       /* O: builtins.object itself */
	AY_SLOT_FACTORY = 1 << 1,      /* F: makes the default of a defaultdict */
	AY_SLOT_ARRAY = 1 << 2,        /* A: class of an ndarray */
	AY_SLOT_INDEX = 1 << 3,        /* X: class of a pandas index or array */
	AY_SLOT_TENSOR = 1 << 4,       /* T: class of a tensor */
	AY_SLOT_REBUILD = 1 << 5,      /* R: function that rebuilds a tensor */
	AY_SLOT_STORAGE = 1 << 6,      /* storage class in a persistent id; size is its item's bytes */
	AY_SLOT_BITGEN = 1 << 7,       /* G: random bit generator class or constructor */
	AY_SLOT_DTYPE = 1 << 8,        /* torch dtype; size is its item's bytes */
	AY_SLOT_DISTANCE = 1 << 9,     /* Y: compiled distance, link or loss class handed to its constructor */
	AY_SLOT_ENUM = 1 << 10         /* U: enumeration, whose members Python 3.11 fetches with getattr */
};

/* Calls whose arguments or result need more than a pattern. */
enum ay_how {
	AY_HOW_SELF,                   /* the result is an instance of the name itself */
	AY_HOW_FIRST,                  /* ... of the class in the first argument */
	AY_HOW_DATA,                   /* an inert value, nothing can be built on it */
	AY_HOW_DTYPE,                  /* numpy.dtype */
	AY_HOW_WRAPPER,                /* joblib's NumpyArrayWrapper: raw bytes follow its BUILD */
	AY_HOW_TENSOR,                 /* a tensor, arguments checked by the pattern alone */
	AY_HOW_TENSOR_V1,              /* (storage, offset, size, stride) first */
	AY_HOW_TENSOR_V3,              /* the same over bytes, item size from the dtype argument */
	AY_HOW_FROM_TYPE,              /* (function, class, arguments of function, state) */
	AY_HOW_LOAD_BYTES              /* bytes that are a torch file of their own */
};

/*
 * Pattern letters: i int, f number, s text, b bytes, o bool, n None, d data,
 * t tuple of data, u any tuple, c tuple, list, set or dict, y bytes or
 * text, z the shape (0,), l list, m dict, C text of capitals, L text "latin1", D dtype, E tensor, S
 * storage, H hooks (OrderedDict or None), K class with AY_ROLE_NEW, and the
 * slots' letters. After '|' arguments may be absent; '*' takes all that follow
 * as data. "" is no argument.
 */
struct ay_allow {
	const char *module, *name;
	uint16_t profiles;             /* the one ay_profile bit that permits it */
	uint16_t roles, slots;
	uint8_t how, size;
	const char *args;              /* NULL: none */
};

/* A table is sorted by module, then name. */
struct ay_allow_table { const struct ay_allow *rows; size_t count; };
extern const struct ay_allow_table ay_allow_core, ay_allow_torch, ay_allow_torch_modules, ay_allow_sklearn, ay_allow_pandas,
	ay_allow_trainer;

/* All tables, ended by one without rows. */
extern const struct ay_allow_table *const ay_allow_tables[];
/* NULL when unknown. numpy._core is taken as numpy.core, numpy's move of 2.0. */
const struct ay_allow *ay_allow_find(const char *module, const char *name);

/* Why a name is known to be dangerous: a phrase for the report, or NULL. It admits nothing. */
const char *ay_deny_reason(const char *module, const char *name);

/* Python 2's names as the loader maps them below protocol 3. Both pointers may be replaced by static strings. */
void ay_py2_name(const char **module, const char **name);

#endif
