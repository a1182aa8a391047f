/* SPDX-License-Identifier: Apache-2.0 */
/*
 * skops files: a zip whose schema.json is a tree of nodes, each of which tells
 * by __loader__ how to build an object of a class (skops.io). Data loaders
 * pass with classes of the pickle allowlists; the loaders that make functions,
 * methods and operators are refused (CVE-2025-54412, -54413), whatever skops
 * itself asks its user to trust.
 */
#include "scanners/driver.h"
#include "scanners/formats/bytes.h"
#include "scanners/formats/json_feed.h"
#include "scanners/formats/zip.h"
#include "scanners/model/allowlist.h"
#include "scanners/registry.h"

#include "assay/json.h"

#define SCHEMA "schema.json"
#define MAX_DEPTH 512
#define MAX_NAME 192
#define MAX_TEXT (1 * MIB)

/* What is known of an object that is still open. */
struct node {
	char module[MAX_NAME], class[MAX_NAME], loader[64], file[MAX_NAME];
	char id[24];                 /* digits */
	bool has_module, has_class, has_loader, has_file, has_id;
};

/* An object by its __id__: skops gives every node of one the object that it built first. */
struct built {
	uint64_t id, kind, off;      /* kind: a hash of its module, class and loader */
};

enum next { NEXT_OTHER, NEXT_MODULE, NEXT_CLASS, NEXT_LOADER, NEXT_FILE, NEXT_ID };

struct judge {
	struct ay_scan *s;
	struct ay_json_feed from;
	struct ay_json_reader *json;
	struct node *open;           /* MAX_DEPTH of them */
	bool is_object[MAX_DEPTH];
	size_t depth;
	enum next next;              /* what the coming value is */
	const char **members;        /* names of the archive, sorted */
	size_t member_count;
	struct built *built;
	size_t built_count, built_room;
};

/* Classes that their loaders build themselves; others must be on the allowlists. */
static const struct { const char *loader, *module, *class; } fixed[] = {
	{"DictNode", "builtins", "dict"}, {"DictNode", "collections", "OrderedDict"}, {"DefaultDictNode", "collections", "defaultdict"},
	{"ListNode", "builtins", "list"}, {"SetNode", "builtins", "set"}, {"TupleNode", "builtins", "tuple"}, {"SliceNode", "builtins", "slice"},
	{"BytesNode", "builtins", "bytes"}, {"BytearrayNode", "builtins", "bytearray"}, {"JsonNode", "builtins", "str"},
	{"NdArrayNode", "numpy", "ndarray"}, {"NdArrayNode", "numpy", "matrix"}, {"MaskedArrayNode", "numpy.ma", "MaskedArray"},
	{"MaskedArrayNode", "numpy.ma.core", "MaskedArray"}, {"DTypeNode", "numpy", "dtype"}, {"RandomStateNode", "numpy.random", "RandomState"},
	{"RandomStateNode", "numpy.random.mtrand", "RandomState"}, {"RandomGeneratorNode", "numpy.random", "Generator"},
	{"RandomGeneratorNode", "numpy.random._generator", "Generator"}, {"TreeNode", "sklearn.tree._tree", "Tree"},
	{"_DictWithDeprecatedKeysNode", "sklearn", "_DictWithDeprecatedKeys"},
};

/*
 * Loaders whose class is looked up. They call it with whatever the file holds, where a pickle's arguments must match a
 * pattern: so each may only have the classes that it is for.
 */
struct open_loader {
	const char *loader;
	unsigned roles;              /* all of them */
	unsigned not_slots;          /* none of these */
	const char *modules[3];      /* one of them, or within it; none: any */
};
static const struct open_loader open_loaders[] = {
	{"ObjectNode", AY_ROLE_NEW, 0, {NULL}}, {"DictNode", AY_ROLE_NEW | AY_ROLE_ITEMS, 0, {NULL}},
	{"NdArrayNode", AY_ROLE_DATA, AY_SLOT_ARRAY, {"numpy"}}, {"SparseMatrixNode", AY_ROLE_NEW, 0, {"scipy.sparse"}},
	{"LossNode", AY_ROLE_CALL, 0, {"sklearn._loss._loss", "sklearn.linear_model._sgd_fast"}}, {"TypeNode", AY_ROLE_DATA, 0, {NULL}},
};

static const char *const code_loaders[] = {"FunctionNode", "PartialNode", "MethodNode", "OperatorFuncNode"};

static bool is_fixed(const struct node *n, bool *loader_known)
{
	for (size_t i = 0; i < AY_ARRAY_LEN(fixed); i++) {
		if (strcmp(fixed[i].loader, n->loader) != 0)
			continue;
		*loader_known = true;
		if (strcmp(fixed[i].module, n->module) == 0 && strcmp(fixed[i].class, n->class) == 0)
			return true;
	}
	return false;
}

static const struct open_loader *open_loader_of(const struct node *n)
{
	for (size_t i = 0; i < AY_ARRAY_LEN(open_loaders); i++)
		if (strcmp(open_loaders[i].loader, n->loader) == 0)
			return &open_loaders[i];
	return NULL;
}

static bool is_for(const struct open_loader *l, const struct node *n, const struct ay_allow *a)
{
	bool within = !l->modules[0];

	for (size_t i = 0; i < AY_ARRAY_LEN(l->modules) && l->modules[i]; i++) {
		size_t len = strlen(l->modules[i]);

		within |= strncmp(n->module, l->modules[i], len) == 0 && (n->module[len] == '\0' || n->module[len] == '.');
	}
	/* Functions that unpickling calls stand beside the classes of losses. */
	return within && (a->roles & l->roles) == l->roles && !(a->slots & l->not_slots) && n->class[0] != '_';
}

static void judge_class(struct judge *j, const struct node *n, const struct open_loader *l)
{
	const struct ay_allow *a = ay_allow_find(n->module, n->class);
	uint32_t on = ay_scan_options(j->s)->profiles | AY_PROFILE_WEIGHTS;
	const char *reason = ay_deny_reason(n->module, n->class);

	if (a && !reason && is_for(l, n, a)) {
		if (a->profiles & on)
			return;
		ay_scan_need_profile(j->s, a->profiles);
		ay_scan_find(j->s, "skops.class", ay_json_reader_off(j->json), "%s.%s is allowed by the profile %s only", n->module, n->class, ay_profile_name(a->profiles));
		return;
	}
	ay_scan_find(j->s, "skops.class", ay_json_reader_off(j->json), "%s builds %s.%s, which is %s", n->loader, n->module, n->class,
		     reason ? reason : a ? "nothing that this loader is for" : "no known part of a model");
}

static int by_name(const void *a, const void *b)
{
	const char *const *x = a, *const *y = b;

	return strcmp(*x, *y);
}

static void judge_file(struct judge *j, const struct node *n)
{
	const char *name = n->file;

	if (!ay_sibling_path_plain(name) || strchr(name, '/'))
		ay_scan_find(j->s, "skops.malformed", ay_json_reader_off(j->json), "a node names a member by something other than a plain name");
	else if (!j->member_count || !bsearch(&name, j->members, j->member_count, sizeof(*j->members), by_name))
		ay_scan_find(j->s, "skops.malformed", ay_json_reader_off(j->json), "a node names the member %s, which is not in the archive", name);
}

static uint64_t hash_on(uint64_t h, const char *text)
{
	do
		h = (h ^ (uint8_t)*text) * 0x100000001b3;
	while (*text++);
	return h;
}

static int keep_id(struct judge *j, const struct node *n)
{
	uint64_t id = 0, off = ay_json_reader_off(j->json);

	for (const char *p = n->id; *p; p++)
		if (*p < '0' || *p > '9' || __builtin_mul_overflow(id, 10, &id) || __builtin_add_overflow(id, (uint64_t)(*p - '0'), &id)) {
			ay_scan_find(j->s, "skops.malformed", off, "the __id__ of a node is no whole number");
			return 0;
		}
	if (j->built_count == j->built_room) {
		size_t room = j->built_room ? 2 * j->built_room : 64;
		struct built *more = ay_budget_realloc(ay_scan_budget(j->s), j->built, room * sizeof(*more));

		if (!more)
			return AY_ELIMIT;
		j->built = more;
		j->built_room = room;
	}
	j->built[j->built_count++] = (struct built){
		.id = id, .off = off, .kind = hash_on(hash_on(hash_on(0xcbf29ce484222325, n->module), n->class), n->loader)
	};
	return 0;
}

static int by_id(const void *a, const void *b)
{
	const struct built *x = a, *y = b;

	return x->id != y->id ? (x->id > y->id) - (x->id < y->id) : (x->off > y->off) - (x->off < y->off);
}

static void check_ids(struct judge *j)
{
	if (j->built_count > 1)
		qsort(j->built, j->built_count, sizeof(*j->built), by_id);
	for (size_t i = 1; i < j->built_count; i++)
		if (j->built[i].id == j->built[i - 1].id && j->built[i].kind != j->built[i - 1].kind)
			ay_scan_find(j->s, "skops.malformed", j->built[i].off, "a node refers by its __id__ to an object of another class");
}

static void judge_node(struct judge *j, const struct node *n)
{
	const struct open_loader *open = open_loader_of(n);
	bool known = false;

	if (!n->has_module && !n->has_class && !n->has_loader)
		return;
	if (!n->has_module || !n->has_class || !n->has_loader) {
		ay_scan_find(j->s, "skops.malformed", ay_json_reader_off(j->json), "a node lacks __module__, __class__ or __loader__");
		return;
	}
	for (size_t i = 0; i < AY_ARRAY_LEN(code_loaders); i++)
		if (strcmp(code_loaders[i], n->loader) == 0) {
			ay_scan_find(j->s, "skops.code", ay_json_reader_off(j->json), "%s makes %s.%s, which is called", n->loader, n->module, n->class);
			return;
		}
	if (n->has_file)
		judge_file(j, n);
	if (is_fixed(n, &known))
		return;
	if (open)
		judge_class(j, n, open);
	else if (known)
		ay_scan_find(j->s, "skops.class", ay_json_reader_off(j->json), "%s does not build %s.%s", n->loader, n->module, n->class);
	else
		ay_scan_find(j->s, "skops.loader", ay_json_reader_off(j->json), "the loader %s is not known", n->loader);
}

/* Keeps a value of a key that tells what the object is; a value that is no text, or too long, is one that nothing matches. */
static void keep(struct judge *j, int ev)
{
	struct node *n = &j->open[j->depth - 1];
	struct { bool *has; char *to; size_t size; } slots[] = {
		[NEXT_MODULE] = {&n->has_module, n->module, sizeof(n->module)}, [NEXT_CLASS] = {&n->has_class, n->class, sizeof(n->class)},
		[NEXT_LOADER] = {&n->has_loader, n->loader, sizeof(n->loader)}, [NEXT_FILE] = {&n->has_file, n->file, sizeof(n->file)},
		[NEXT_ID] = {&n->has_id, n->id, sizeof(n->id)}
	};
	size_t len = 0;
	bool wanted = ev == (j->next == NEXT_ID ? AY_JSON_EV_NUMBER : AY_JSON_EV_STRING);
	const char *text = wanted ? ay_json_text(j->json, &len) : NULL;
	bool fits = text && len < slots[j->next].size && strlen(text) == len;

	*slots[j->next].has = true;
	snprintf(slots[j->next].to, slots[j->next].size, "%s", fits ? text : "?");
}

static enum next key_of(const char *text)
{
	return strcmp(text, "__module__") == 0 ? NEXT_MODULE : strcmp(text, "__class__") == 0 ? NEXT_CLASS :
	       strcmp(text, "__loader__") == 0 ? NEXT_LOADER : strcmp(text, "file") == 0 ? NEXT_FILE :
	       strcmp(text, "__id__") == 0 ? NEXT_ID : NEXT_OTHER;
}

static int see(struct judge *j, int ev)
{
	size_t len;
	int err = 0;

	if (ev == AY_JSON_EV_KEY) {
		j->next = key_of(ay_json_text(j->json, &len));
		return 0;
	}
	if (j->next != NEXT_OTHER && j->depth && j->is_object[j->depth - 1])
		keep(j, ev);
	j->next = NEXT_OTHER;
	if (ev == AY_JSON_EV_OBJECT || ev == AY_JSON_EV_ARRAY) {
		if (j->depth == MAX_DEPTH)
			return AY_ELIMIT;
		j->open[j->depth] = (struct node){.has_module = false};
		j->is_object[j->depth++] = ev == AY_JSON_EV_OBJECT;
	} else if (ev == AY_JSON_EV_OBJECT_END || ev == AY_JSON_EV_ARRAY_END) {
		const struct node *n = &j->open[j->depth - 1];

		if (ev == AY_JSON_EV_OBJECT_END) {
			judge_node(j, n);
			err = n->has_id && n->has_loader ? keep_id(j, n) : 0;
		}
		j->depth--;
	}
	return err;
}

static int judge_schema(struct ay_scan *s, struct ay_source *in, const char **members, size_t member_count)
{
	struct judge *j = ay_budget_alloc(ay_scan_budget(s), sizeof(*j));
	struct node *open = ay_budget_alloc(ay_scan_budget(s), MAX_DEPTH * sizeof(*open));
	int err = j && open ? 0 : AY_ELIMIT, ev = 0;
	struct ay_error e;

	if (!err) {
		*j = (struct judge){.s = s, .from = {.in = in, .budget = ay_scan_budget(s)}, .open = open, .members = members, .member_count = member_count};
		err = ay_json_reader_new(ay_json_feed_source, &j->from, MAX_DEPTH, MAX_TEXT, AY_LIMIT_JSON_KEYS, &j->json);
	}
	while (!err && (ev = ay_json_next(j->json)) > 0)
		err = see(j, ev);
	if (!err && ev < 0)
		err = ay_error_at(&e, ev, ay_json_reader_off(j->json), "schema.json is not strict JSON: %s", ay_json_reader_reason(j->json));
	else if (err)
		ay_error_set(&e, err, "schema.json is nested too deeply, or there is no memory to read it");
	if (err)
		ay_scan_find_error(s, "skops", err, &e);
	else
		check_ids(j);
	if (j) {
		ay_json_reader_free(j->json);
		ay_budget_free(ay_scan_budget(s), j->built);
	}
	ay_budget_free(ay_scan_budget(s), open);
	ay_budget_free(ay_scan_budget(s), j);
	return 0;
}

/* The schema, with the names that it may refer to. */
static int judge_schema_of(struct ay_zip *z, const struct ay_zip_entry *e)
{
	struct ay_budget *b = ay_scan_budget(z->scan);
	const char **members = ay_budget_alloc(b, z->count * sizeof(*members));
	struct ay_scan_frame frame;
	struct ay_zip_member m;
	size_t n = 0;
	int rc = ay_zip_begin(z, e, &m);

	for (size_t i = 0; members && i < z->count; i++)
		if (!z->entries[i].directory)
			members[n++] = z->entries[i].name;
	if (n > 1)
		qsort(members, n, sizeof(*members), by_name);
	if (rc == 0)
		rc = ay_scan_enter(z->scan, e->name, &frame);
	if (rc == 0) {
		rc = judge_schema(z->scan, &m.source, members, n);
		ay_scan_leave(z->scan, &frame);
	}
	ay_zip_end(&m);
	ay_budget_free(b, members);
	return rc == AY_EFORMAT || rc == AY_EUNSUPPORTED ? 0 : rc;
}

static unsigned skops_bid(struct ay_cursor head, struct ay_source *in, const char *path)
{
	return ay_path_ends(path, ".skops") && ay_zip_claims(head, in) ? 64 : 0;
}

static int skops_scan(struct ay_scan *s, struct ay_source *in)
{
	struct ay_zip z;
	bool schema = false;
	int rc = ay_zip_open(&z, s, in), opened = rc;

	for (size_t i = 0; rc == 0 && i < z.count; i++) {
		const struct ay_zip_entry *e = &z.entries[i];

		if (!e->directory && strcmp(e->name, SCHEMA) == 0) {
			schema = true;
			rc = judge_schema_of(&z, e);
		} else {
			rc = ay_zip_judge(&z, e, ay_path_ends(e->name, ".npy") ? "npy" : ay_path_ends(e->name, ".npz") ? "npz" : NULL);
		}
	}
	if (opened == 0 && rc == 0 && !schema)
		ay_scan_find(s, "skops.malformed", AY_NO_OFFSET, "there is no schema.json at the top of the archive");
	ay_zip_free(&z);
	return rc == AY_EFORMAT ? 0 : rc;
}

static const char *const refines_zip[] = {"zip", NULL};

const struct ay_scanner ay_scanner_skops = {
	.abi = AY_SCAN_ABI, .flags = AY_SCANNER_CONTAINER, .name = "skops", .version = 3, .refines = refines_zip, .bid = skops_bid, .scan = skops_scan
};
