/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one table of all rules, a section for each format. What the first word
 * of an id names owns the rule; the gate is where its findings are counted.
 */
#include "assay/scan.h"

#define DESER "deserialization"
#define FORMAT "format"

const struct ay_rule ay_rule_table[] = {
	/* scan */
	{ "scan.error", DESER, AY_ERROR, AY_HIGH, false, "The scan itself failed, so the file is not judged.",
	  "Run `assay retry REF`; when it fails again, look at the disk and the log of the mount." },

	/* limit */
	{ "limit.exceeded", FORMAT, AY_INCONCLUSIVE, AY_HIGH, false, "A limit of one scan was reached before the file was judged.",
	  "Split the file, or publish it in a simpler format such as safetensors." },
	{ "limit.time", FORMAT, AY_INCONCLUSIVE, AY_HIGH, false, "The scan did not end within its time.",
	  "Run `assay retry REF` when the machine is less busy." },
	{ "limit.memory", FORMAT, AY_INCONCLUSIVE, AY_HIGH, false, "The scan needs more memory or scratch space than one scan may hold.",
	  "Raise worker_memory in the policy, or publish the content uncompressed." },
	{ "limit.members", FORMAT, AY_FAIL, AY_HIGH, false, "The containers of one file hold more members than a scan may read.",
	  "Publish the content as files instead of one archive." },
	{ "limit.depth", FORMAT, AY_FAIL, AY_HIGH, false, "Containers are nested in each other more deeply than a scan follows.",
	  "Unpack the outer containers and publish what is inside." },
	{ "limit.ratio", FORMAT, AY_FAIL, AY_HIGH, false, "A compressed member expands far more than real data does.",
	  "Publish the content uncompressed." },
	{ "limit.expanded", FORMAT, AY_FAIL, AY_HIGH, false, "What is compressed expands to more than a scan may read.",
	  "Publish the content uncompressed." },

	/* format: what is not tied to one of them */
	{ "format.unknown", DESER, AY_FAIL, AY_HIGH, false, "No scanner knows this format, so nothing can be said about it.",
	  "Convert it to safetensors, npy, JSON or CSV, or list its suffix under `opaque` in the policy." },
	{ "format.unsupported", DESER, AY_FAIL, AY_HIGH, false, "The format is known, but this version does not judge it.",
	  "Convert the file to a supported format." },
	{ "format.opaque", DESER, AY_WARN, AY_LOW, false, "The policy admits this suffix without reading the content.",
	  "Remove the suffix from `opaque` in the policy to have such files refused." },
	{ "format.polyglot", FORMAT, AY_FAIL, AY_CRITICAL, true, "The same bytes are two formats, so two readers see two different files.",
	  "Write the file anew with the library that made it." },
	{ "format.truncated", FORMAT, AY_FAIL, AY_HIGH, false, "The content ends before its own headers say.",
	  "Copy the file again, or write it anew." },
	{ "format.malformed", FORMAT, AY_FAIL, AY_HIGH, false, "The content breaks the rules of its format.",
	  "Write the file anew with the library that made it." },
};
const size_t ay_rule_table_count = AY_ARRAY_LEN(ay_rule_table);

const struct ay_rule *ay_rule_find(const char *id)
{
	for (size_t i = 0; i < ay_rule_table_count; i++)
		if (strcmp(ay_rule_table[i].id, id) == 0)
			return &ay_rule_table[i];
	return NULL;
}
