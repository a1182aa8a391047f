/* SPDX-License-Identifier: Apache-2.0 */
/* Who may do what: the policy's access list, with groups looked up by getgrouplist and kept for a minute. */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include "assay/text.h"
#include "gate/core.h"

#define KEEP_MS 60000
#define USERS 64
#define GROUP_NAMES 64
#define GROUPS_MAX 65536

struct user { uint32_t uid; int64_t until_ms; gid_t *gids; int n; };
struct group_name { char name[256]; gid_t gid; bool known; int64_t until_ms; };

struct ay_rights {
	pthread_mutex_t lock;
	struct user users[USERS];
	struct group_name groups[GROUP_NAMES];
	unsigned next_group;
};

int ay_rights_new(struct ay_rights **out)
{
	struct ay_rights *r = calloc(1, sizeof(*r));

	if (!r)
		return -ENOMEM;
	pthread_mutex_init(&r->lock, NULL);
	*out = r;
	return 0;
}

void ay_rights_forget(struct ay_rights *r)
{
	pthread_mutex_lock(&r->lock);
	for (size_t i = 0; i < USERS; i++)
		r->users[i].until_ms = 0;
	for (size_t i = 0; i < GROUP_NAMES; i++)
		r->groups[i].until_ms = 0;
	pthread_mutex_unlock(&r->lock);
}

void ay_rights_free(struct ay_rights *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < USERS; i++)
		free(r->users[i].gids);
	pthread_mutex_destroy(&r->lock);
	free(r);
}

static bool find_group(const char *name, gid_t *out)
{
	struct group gr, *found = NULL;
	size_t size = 4096;
	char *buf = NULL;
	int rc;

	do {
		char *more = realloc(buf, size);

		if (!more)
			break;
		buf = more;
		rc = getgrnam_r(name, &gr, buf, size, &found);
		size *= 2;
	} while (rc == ERANGE && size <= 16 * MIB);
	if (found)
		*out = found->gr_gid;
	free(buf);
	return found;
}

/* All groups of uid, the primary one too. An unknown uid has none. */
static int find_gids(uint32_t uid, gid_t **out)
{
	struct passwd pw, *found = NULL;
	char buf[16384];
	gid_t *gids = NULL;
	int n = 32;

	*out = NULL;
	if (getpwuid_r(uid, &pw, buf, sizeof(buf), &found) || !found)
		return 0;
	for (;;) {
		int room = n;
		gid_t *more = realloc(gids, (size_t)n * sizeof(*gids));

		if (!more || n > GROUPS_MAX) {
			free(more ? more : gids);
			return 0;
		}
		gids = more;
		if (getgrouplist(pw.pw_name, pw.pw_gid, gids, &room) >= 0) {
			*out = gids;
			return room;
		}
		n = room > n ? room : n * 2;
	}
}

/* Name services are slow and may call out, so they are asked without the lock. */
static bool group_gid(struct ay_rights *r, const char *name, gid_t *out)
{
	int64_t now = ay_time_mono_ms();
	bool known;

	pthread_mutex_lock(&r->lock);
	for (size_t i = 0; i < GROUP_NAMES; i++) {
		const struct group_name *g = &r->groups[i];

		if (g->until_ms > now && strcmp(g->name, name) == 0) {
			known = g->known;
			*out = g->gid;
			pthread_mutex_unlock(&r->lock);
			return known;
		}
	}
	pthread_mutex_unlock(&r->lock);

	*out = 0;
	known = find_group(name, out);
	if (strlen(name) < sizeof(r->groups[0].name)) {
		pthread_mutex_lock(&r->lock);
		struct group_name *g = &r->groups[r->next_group++ % GROUP_NAMES];

		snprintf(g->name, sizeof(g->name), "%s", name);
		g->gid = *out;
		g->known = known;
		g->until_ms = now + KEEP_MS;
		pthread_mutex_unlock(&r->lock);
	}
	return known;
}

static bool has(const struct user *u, gid_t gid)
{
	for (int i = 0; i < u->n; i++)
		if (u->gids[i] == gid)
			return true;
	return false;
}

struct asker { struct ay_rights *r; uint32_t uid; };

static bool in_group(const char *name, void *arg)
{
	const struct asker *a = arg;
	struct user *u = &a->r->users[a->uid % USERS];
	int64_t now = ay_time_mono_ms();
	gid_t gid, *gids;
	bool yes;
	int n;

	if (!group_gid(a->r, name, &gid))
		return false;
	pthread_mutex_lock(&a->r->lock);
	if (u->until_ms > now && u->uid == a->uid) {
		yes = has(u, gid);
		pthread_mutex_unlock(&a->r->lock);
		return yes;
	}
	pthread_mutex_unlock(&a->r->lock);

	n = find_gids(a->uid, &gids);
	pthread_mutex_lock(&a->r->lock);
	free(u->gids);
	*u = (struct user){ .uid = a->uid, .until_ms = now + KEEP_MS, .gids = gids, .n = n };
	yes = has(u, gid);
	pthread_mutex_unlock(&a->r->lock);
	return yes;
}

bool ay_gate_may(struct ay_gate *g, const struct ay_cred *c, const char *name, enum ay_right right)
{
	const struct ay_policy *p = ay_gate_policy(g);
	struct asker a = { g->rights, c->uid };
	bool yes = ay_policy_access(p, name, right, c->uid, in_group, &a);

	ay_gate_policy_release(g, p);
	return yes;
}

bool ay_gate_may_below(struct ay_gate *g, const struct ay_cred *c, const char *dir, enum ay_right right)
{
	const struct ay_policy *p = ay_gate_policy(g);
	struct asker a = { g->rights, c->uid };
	bool yes = ay_policy_may_below(p, dir, right, c->uid, in_group, &a);

	ay_gate_policy_release(g, p);
	return yes;
}
