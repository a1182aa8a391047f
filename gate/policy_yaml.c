/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Caveats of libyaml, for whoever works here: it resolves aliases only in its
 * document API, which is therefore not used (a few lines of aliases expand to
 * gigabytes); it keeps duplicate keys; plain scalars have no types, so "no" is
 * the text "no"; it guesses UTF-16 unless the encoding is set; a scalar may
 * hold NUL; marks count lines from 0; every event must be deleted.
 */
#include "gate/policy_yaml.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "assay/error.h"
#include "assay/limits.h"

#define DEPTH_MAX 8          /* the deepest key of a policy is at 4 */
#define NODES_MAX 100000

struct reader {
	yaml_parser_t parser;
	yaml_event_t event;      /* the current one */
	bool has_event;
	size_t nodes;
	struct ay_error *e;
};

static unsigned line_of(const struct reader *r)
{
	return (unsigned)r->event.start_mark.line + 1;
}

static int refuse(struct reader *r, unsigned line, const char *why)
{
	return ay_error_set(r->e, AY_EFORMAT, "line %u: %s", line, why);
}

static void drop_event(struct reader *r)
{
	if (r->has_event)
		yaml_event_delete(&r->event);
	r->has_event = false;
}

/* Moves to the next event, and refuses what a policy has no use for. */
static int next_event(struct reader *r)
{
	drop_event(r);
	if (!yaml_parser_parse(&r->parser, &r->event)) {
		if (r->parser.error == YAML_MEMORY_ERROR)
			return ay_error_set(r->e, -ENOMEM, "out of memory while the policy is read");
		return ay_error_set(r->e, AY_EFORMAT, "line %zu: %s", r->parser.problem_mark.line + 1,
				    r->parser.problem ? r->parser.problem : "not YAML");
	}
	r->has_event = true;
	switch (r->event.type) {
	case YAML_ALIAS_EVENT:
		return refuse(r, line_of(r), "aliases are not allowed; write the value again");
	case YAML_SCALAR_EVENT:
		if (r->event.data.scalar.anchor)
			return refuse(r, line_of(r), "anchors are not allowed");
		if (r->event.data.scalar.tag)
			return refuse(r, line_of(r), "tags are not allowed");
		return 0;
	case YAML_SEQUENCE_START_EVENT:
		if (r->event.data.sequence_start.anchor)
			return refuse(r, line_of(r), "anchors are not allowed");
		if (r->event.data.sequence_start.tag)
			return refuse(r, line_of(r), "tags are not allowed");
		return 0;
	case YAML_MAPPING_START_EVENT:
		if (r->event.data.mapping_start.anchor)
			return refuse(r, line_of(r), "anchors are not allowed");
		if (r->event.data.mapping_start.tag)
			return refuse(r, line_of(r), "tags are not allowed");
		return 0;
	case YAML_DOCUMENT_START_EVENT:
		if (r->event.data.document_start.version_directive ||
		    r->event.data.document_start.tag_directives.start != r->event.data.document_start.tag_directives.end)
			return refuse(r, line_of(r), "directives are not allowed");
		return 0;
	default:
		return 0;
	}
}

static int copy_scalar(struct reader *r, char **out)
{
	const char *text = (const char *)r->event.data.scalar.value;

	if (strlen(text) != r->event.data.scalar.length)
		return refuse(r, line_of(r), "a NUL character is not allowed");
	*out = strdup(text);
	return *out ? 0 : ay_error_set(r->e, -ENOMEM, "out of memory while the policy is read");
}

static struct ay_yaml *add_kid(struct reader *r, struct ay_yaml *parent)
{
	struct ay_yaml *kids;

	/* Room doubles at each power of two. */
	if ((parent->nkids & (parent->nkids - 1)) == 0) {
		kids = realloc(parent->kids, (parent->nkids ? parent->nkids * 2 : 1) * sizeof(*kids));
		if (!kids) {
			ay_error_set(r->e, -ENOMEM, "out of memory while the policy is read");
			return NULL;
		}
		parent->kids = kids;
	}
	kids = &parent->kids[parent->nkids++];
	memset(kids, 0, sizeof(*kids));
	return kids;
}

static int read_node(struct reader *r, struct ay_yaml *out, int depth);

/* A key that occurs twice is refused where it occurs again. */
static int check_key(struct reader *r, const struct ay_yaml *map, const struct ay_yaml *kid)
{
	for (const struct ay_yaml *other = map->kids; other < kid; other++) {
		if (strcmp(other->key, kid->key) == 0)
			return ay_error_set(r->e, AY_EFORMAT, "line %u: the key '%s' stands already on line %u", kid->line, kid->key, other->line);
	}
	return 0;
}

static int read_map(struct reader *r, struct ay_yaml *out, int depth)
{
	int rc;

	while (!(rc = next_event(r)) && r->event.type != YAML_MAPPING_END_EVENT) {
		struct ay_yaml *kid;
		unsigned line = line_of(r);

		if (r->event.type != YAML_SCALAR_EVENT)
			return refuse(r, line, "a key must be plain text");
		kid = add_kid(r, out);
		if (!kid)
			return -ENOMEM;
		kid->line = line;
		rc = copy_scalar(r, &kid->key);
		if (!rc)
			rc = check_key(r, out, kid);
		if (!rc)
			rc = next_event(r);
		if (!rc)
			rc = read_node(r, kid, depth + 1);
		if (rc)
			return rc;
		kid->line = line;
	}
	return rc;
}

static int read_list(struct reader *r, struct ay_yaml *out, int depth)
{
	int rc;

	while (!(rc = next_event(r)) && r->event.type != YAML_SEQUENCE_END_EVENT) {
		struct ay_yaml *kid = add_kid(r, out);

		if (!kid)
			return -ENOMEM;
		rc = read_node(r, kid, depth + 1);
		if (rc)
			return rc;
	}
	return rc;
}

/* The node that the current event begins. */
static int read_node(struct reader *r, struct ay_yaml *out, int depth)
{
	out->line = line_of(r);
	if (depth > DEPTH_MAX)
		return refuse(r, out->line, "nested too deeply");
	if (++r->nodes > NODES_MAX)
		return ay_error_set(r->e, AY_ELIMIT, "line %u: more than %d values", out->line, NODES_MAX);
	switch (r->event.type) {
	case YAML_SCALAR_EVENT:
		out->kind = AY_YAML_SCALAR;
		out->quoted = r->event.data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
		return copy_scalar(r, &out->text);
	case YAML_SEQUENCE_START_EVENT:
		out->kind = AY_YAML_LIST;
		return read_list(r, out, depth);
	case YAML_MAPPING_START_EVENT:
		out->kind = AY_YAML_MAP;
		return read_map(r, out, depth);
	default:
		return refuse(r, out->line, "a value is missing");
	}
}

static int expect(struct reader *r, yaml_event_type_t type, const char *why)
{
	int rc = next_event(r);

	if (!rc && r->event.type != type)
		rc = refuse(r, line_of(r), why);
	return rc;
}

static int read_stream(struct reader *r, struct ay_yaml *root)
{
	int rc = expect(r, YAML_STREAM_START_EVENT, "not YAML");

	if (!rc)
		rc = expect(r, YAML_DOCUMENT_START_EVENT, "the policy is empty");
	if (!rc)
		rc = next_event(r);
	if (!rc)
		rc = read_node(r, root, 0);
	if (!rc)
		rc = expect(r, YAML_DOCUMENT_END_EVENT, "not YAML");
	if (!rc)
		rc = expect(r, YAML_STREAM_END_EVENT, "a policy is one document");
	return rc;
}

int ay_yaml_parse(const void *bytes, size_t len, struct ay_yaml *root, struct ay_error *e)
{
	struct reader r = {.e = e};
	int rc;

	memset(root, 0, sizeof(*root));
	if (len > AY_LIMIT_POLICY)
		return ay_error_set(e, AY_ELIMIT, "the policy has %zu bytes, the limit is %llu", len, AY_LIMIT_POLICY);
	if (!yaml_parser_initialize(&r.parser))
		return ay_error_set(e, -ENOMEM, "out of memory while the policy is read");
	yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&r.parser, len ? bytes : (const unsigned char *)"", len);
	rc = read_stream(&r, root);
	drop_event(&r);
	yaml_parser_delete(&r.parser);
	if (rc)
		ay_yaml_free(root);
	return rc;
}

void ay_yaml_free(struct ay_yaml *node)
{
	for (size_t i = 0; i < node->nkids; i++)
		ay_yaml_free(&node->kids[i]);
	free(node->kids);
	free(node->key);
	free(node->text);
	memset(node, 0, sizeof(*node));
}
