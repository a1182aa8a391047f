/* SPDX-License-Identifier: Apache-2.0 */
/* Names in a pickle: canonical spelling, allowlist, and what to say about one that is not there. */
#include "scanners/formats/pickle_vm.h"

/* Identifiers joined by dots, ASCII: what a pickler writes. Homoglyphs, spaces and CR are not names. */
static bool is_name(const char *p)
{
	for (;; p++) {
		if (!((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || *p == '_'))
			return false;
		while ((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || *p == '_' || (*p >= '0' && *p <= '9'))
			p++;
		if (*p != '.')
			return *p == 0;
	}
}

static uint32_t hash_name(const char *module, const char *name)
{
	uint32_t h = 2166136261u;

	for (; *module; module++)
		h = (h ^ (uint8_t)*module) * 16777619u;
	h = (h ^ '\n') * 16777619u;
	for (; *name; name++)
		h = (h ^ (uint8_t)*name) * 16777619u;
	return h;
}

/* Index of the pair in vm->globals, added when new. The last place is shared by all names beyond the limit. */
static uint32_t intern(struct pk_vm *vm, const char *module, const char *name, bool *new_out)
{
	uint32_t at = hash_name(module, name) % (2 * PK_GLOBALS);

	*new_out = false;
	for (; vm->global_slots[at]; at = (at + 1) % (2 * PK_GLOBALS)) {
		const struct pk_global *g = &vm->globals[vm->global_slots[at] - 1];

		if (strcmp(g->module, module) == 0 && strcmp(g->name, name) == 0)
			return vm->global_slots[at] - 1u;
	}
	if (vm->globals_len == PK_GLOBALS) {
		pk_fail(vm, AY_ELIMIT, "more than %d different names", PK_GLOBALS);
		return 0;
	}
	size_t mlen = strlen(module) + 1, nlen = strlen(name) + 1;
	char *text = ay_budget_alloc(vm->budget, mlen + nlen);

	if (!text) {
		pk_fail(vm, AY_ELIMIT, "no memory left in this scan's budget for names");
		return 0;
	}
	snprintf(text, mlen, "%s", module);
	snprintf(text + mlen, nlen, "%s", name);
	vm->globals[vm->globals_len] = (struct pk_global){ .module = text, .name = text + mlen };
	vm->global_slots[at] = (uint16_t)(vm->globals_len + 1);
	*new_out = true;
	return (uint32_t)vm->globals_len++;
}

static bool is_trainer_file(const char *path)
{
	const char *base = path ? strrchr(path, '/') : NULL;

	base = base ? base + 1 : path;
	return base && strcmp(base, "training_args.bin") == 0;
}

/* The name is listed, but only in profiles that are not in force. */
static void want_profile(struct pk_vm *vm, const struct pk_global *g)
{
	const struct ay_scan_options *o = ay_scan_options(vm->s);
	if (is_trainer_file(o->path))
		ay_scan_find(vm->s, "pickle.trainer-file", vm->op_off,
			     "training_args.bin names %s.%s: it is not needed to load the model; leave it out with "
			     "`assay put --exclude training_args.bin` or allow profile hf-trainer", g->module, g->name);
	else
		ay_scan_find(vm->s, "pickle.profile", vm->op_off, "%s.%s is permitted by profile %s only", g->module, g->name,
			     ay_profile_name(g->allow->profiles));
}

static void judge(struct pk_vm *vm, struct pk_global *g, const char *form, const char *reason)
{
	uint32_t on = ay_scan_options(vm->s)->profiles | AY_PROFILE_WEIGHTS;

	if (vm->ctx->torchscript && !reason && strncmp(g->module, "__torch__", 9) == 0 && (!g->module[9] || g->module[9] == '.')) {
		static const struct ay_allow of_archive = { .module = "__torch__", .name = "*", .profiles = AY_PROFILE_WEIGHTS,
							    .roles = AY_ROLE_NEW | AY_ROLE_CALL | AY_ROLE_BUILD_DATA, .args = "*" };
		g->allow = &of_archive;
		return;
	}
	g->allow = ay_allow_find(g->module, g->name);
	if (g->allow && g->allow->profiles != AY_PROFILE_WEIGHTS)
		ay_scan_need_profile(vm->s, g->allow->profiles);
	if (g->allow && (g->allow->profiles & on))
		return;
	/* A few dangerous names have one harmless use in one profile; without it they are only dangerous. */
	if (g->allow && !reason) {
		want_profile(vm, g);
	} else if (reason) {
		g->allow = NULL;
		pk_refuse(vm, "pickle.call.denied", "%s of %s.%s: %s", form, g->module, g->name, reason);
	} else {
		pk_refuse(vm, "pickle.global.unknown", "%s of %s.%s, which no profile names", form, g->module, g->name);
	}
}

struct pk_value pk_global(struct pk_vm *vm, const char *module, const char *name, const char *form)
{
	struct pk_value v = { .kind = PK_GLOBAL };
	bool is_new;

	if (!is_name(module) || !is_name(name)) {
		pk_fail(vm, AY_EFORMAT, "%s of a name that is not made of ASCII identifiers", form);
		return v;
	}
	if (vm->ctx->plain) {
		pk_fail(vm, AY_EFORMAT, "%s of %s.%s where only plain values belong", form, module, name);
		return v;
	}
	/* The old spelling may be the one that is known as dangerous. */
	const char *reason = ay_deny_reason(module, name);

	if (vm->proto < 3)
		ay_py2_name(&module, &name);
	if (!reason)
		reason = ay_deny_reason(module, name);
	v.aux = intern(vm, module, name, &is_new);
	if (!vm->err && is_new)
		judge(vm, &vm->globals[v.aux], form, reason);
	return v;
}
