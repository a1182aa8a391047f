/* SPDX-License-Identifier: Apache-2.0 */
#include "scanners/images.h"

#include "scanners/data/judge.h"
#include "scanners/data/schema.h"
#include "scanners/driver.h"

#define AHEAD 64    /* images of one sample, and those between that have no label */

struct kept {
	struct ay_pixels_stats stats;
	char *path;                   /* of the member; the text of the label, once something else said it */
	bool labelled;
};

struct ay_images {
	struct kept *v;
	size_t n, room;
	bool unwanted;                /* nothing asks for rows of images, so that none need be kept */
	struct ay_drawn looks;        /* of some of them, those that a batch of the schema's reference keeps */
};

static int no_memory(struct ay_scan *s)
{
	ay_scan_find(s, "limit.memory", AY_NO_OFFSET, "no memory left for what is measured of the images");
	return AY_ELIMIT;
}

static char *copy(struct ay_budget *b, const char *text, size_t len)
{
	char *own = ay_budget_alloc(b, len + 1);

	if (own)
		snprintf(own, len + 1, "%.*s", (int)len, text);
	return own;
}

static bool is_of_images(const struct ay_schema *schema)
{
	for (size_t i = 0; i < schema->field_count; i++)
		if (strncmp(schema->fields[i].name.text, AY_IMAGE_COLUMN, sizeof(AY_IMAGE_COLUMN) - 1) == 0)
			return true;
	return false;
}

/* The part of the schema that asks for rows of images; NULL: none does. *whole is to be freed. */
static int find_schema(struct ay_scan *s, struct ay_schema **whole, const struct ay_schema **schema)
{
	int rc = ay_schema_peek(s, AY_SCHEMA_OF_TABLE, whole, schema);

	if (*schema && !is_of_images(*schema))
		*schema = NULL;
	return rc;
}

/* Whether something asks for rows of images; the key of looks is then that of the reference, if there is one. */
static int start(struct ay_scan *s, struct ay_images *k)
{
	struct ay_sha256 digest = {.b = {0}};
	const struct ay_schema *schema = NULL;
	struct ay_schema *whole = NULL;
	bool proposal = ay_scan_options(s)->proposal != NULL;

	*k = (struct ay_images){.unwanted = !proposal && (find_schema(s, &whole, &schema) != 0 || !schema)};
	if (schema && schema->profile)
		digest = ay_sha256_short(schema->profile, schema->profile_len);
	ay_schema_free(whole);
	return k->unwanted ? 0 : ay_looks_init(&k->looks, ay_scan_budget(s), &digest);
}

int ay_images_add(struct ay_scan *s, const char *member, const struct ay_pixels_seen *image)
{
	struct ay_images **place = ay_scan_images(s), *k = *place;
	struct ay_budget *b = ay_scan_budget(s);

	if (!k && (k = *place = ay_budget_alloc(b, sizeof(*k))) && start(s, k) != 0)
		return no_memory(s);
	if (k && k->unwanted)
		return 0;
	if (k && k->n == k->room) {
		size_t room = k->room ? 2 * k->room : 64;
		struct kept *more = ay_budget_realloc(b, k->v, room * sizeof(*more));

		k->v = more ? more : k->v;
		k->room = more ? room : k->room;
	}
	if (!k || k->n == k->room)
		return no_memory(s);
	k->v[k->n] = (struct kept){.stats = image->stats, .path = copy(b, member, strlen(member))};
	if (!k->v[k->n].path)
		return no_memory(s);
	ay_looks_add(&k->looks, ++k->n, AY_LOOK_NO_LABEL, &image->look);
	return 0;
}

size_t ay_images_count(struct ay_scan *s)
{
	struct ay_images *k = *ay_scan_images(s);

	return k ? k->n : 0;
}

int ay_images_label(struct ay_scan *s, size_t *at, const char *member, const char *label, size_t len)
{
	struct ay_images *k = *ay_scan_images(s);
	struct ay_budget *b = ay_scan_budget(s);

	for (size_t i = *at; k && i < k->n && i - *at < AHEAD; i++) {
		struct kept *one = &k->v[i];

		if (one->labelled || strcmp(one->path, member) != 0)
			continue;
		char *text = copy(b, label, len);

		if (!text)
			return no_memory(s);
		ay_budget_free(b, one->path);
		one->path = text;
		one->labelled = true;
		*at = i + 1;
		return 0;
	}
	return 0;
}

static void fill(const struct ay_images *k, struct ay_image_row *rows)
{
	for (size_t i = 0; i < k->n; i++) {
		const struct kept *one = &k->v[i];

		rows[i].stats = one->stats;
		rows[i].label = one->labelled ? (struct ay_image_label){one->path, strlen(one->path)} : ay_image_label_of(one->path);
	}
}

static int use(struct ay_scan *s, struct ay_image_table *t)
{
	struct ay_buf *proposal = ay_scan_options(s)->proposal;
	const struct ay_schema *schema;
	const struct ay_rows rows = ay_image_rows(t);
	struct ay_schema *whole;

	if (proposal)
		return proposal->len || ay_scan_options(s)->describe ? 0 : ay_image_infer(t, ay_scan_budget(s), proposal);
	int rc = find_schema(s, &whole, &schema);

	if (!rc && schema) {
		ay_scan_schema_met(s);
		rc = ay_judge_rows(s, schema, &rows);
	}
	ay_schema_free(whole);
	return rc;
}

/* What one row cannot tell. */
static bool compares_rows(const struct ay_schema *schema)
{
	bool found = schema->key_count > 0;

	for (size_t i = 0; i < schema->field_count; i++)
		found = found || schema->fields[i].unique;
	return found;
}

int ay_images_judge_one(struct ay_scan *s, const struct ay_pixels_stats *image)
{
	const struct ay_image_row row = {.stats = *image};
	struct ay_image_table t = {.v = &row, .n = 1};
	const struct ay_rows rows = ay_image_rows(&t);
	const struct ay_schema *schema;
	struct ay_schema *whole;

	if (ay_scan_options(s)->proposal)
		return 0;
	int rc = find_schema(s, &whole, &schema);

	if (!rc && schema) {
		/* Lone images are counted by the gate, which knows their folders. */
		struct ay_schema fields = *schema;

		fields.profile = NULL;
		fields.season_count = 0;
		ay_scan_schema_met(s);
		if (compares_rows(schema))
			ay_scan_find(s, "schema.unsupported", AY_NO_OFFSET, "images of a folder are not compared with each other, as keys and unique fields ask");
		rc = ay_judge_rows(s, &fields, &rows);
	}
	ay_schema_free(whole);
	return rc;
}

int ay_images_finish(struct ay_scan *s)
{
	struct ay_images *k = *ay_scan_images(s);
	struct ay_budget *b = ay_scan_budget(s);
	int rc = 0;

	if (!k)
		return 0;
	if (k->unwanted) {
		ay_budget_free(b, k);
		*ay_scan_images(s) = NULL;
		return 0;
	}
	struct ay_image_row *rows = ay_budget_alloc(b, (k->n + 1) * sizeof(*rows));

	if (!rows) {
		rc = no_memory(s);
	} else {
		fill(k, rows);
		rc = use(s, &(struct ay_image_table){rows, k->n, &k->looks});
		if (rc)
			ay_scan_find_error(s, "image", rc, NULL);
	}
	ay_budget_free(b, rows);
	for (size_t i = 0; i < k->n; i++)
		ay_budget_free(b, k->v[i].path);
	ay_drawn_free(&k->looks);
	ay_budget_free(b, k->v);
	ay_budget_free(b, k);
	*ay_scan_images(s) = NULL;
	return rc;
}
