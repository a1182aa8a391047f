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

	/* compress: gzip, zlib, bzip2, xz, lzma, lz4 */
	{ "compress.truncated", FORMAT, AY_FAIL, AY_HIGH, false, "A compressed stream ends before its own end mark.",
	  "Copy the file again, or compress it anew." },
	{ "compress.malformed", FORMAT, AY_FAIL, AY_HIGH, false, "A compressed stream is damaged, or other bytes follow it.",
	  "Compress the content anew with the ordinary tool and nothing appended." },

	/* zip */
	{ "zip.truncated", FORMAT, AY_FAIL, AY_HIGH, false, "The archive ends before its own records say.",
	  "Copy the file again, or write it anew." },
	{ "zip.malformed", FORMAT, AY_FAIL, AY_HIGH, false, "A record of the archive breaks the zip format.",
	  "Write the archive anew with Python's zipfile or `zip`." },
	{ "zip.layout", FORMAT, AY_FAIL, AY_CRITICAL, true,
	  "There are bytes before, between or after the records, or records overlap, so two readers can see different members.",
	  "Write the archive anew, with nothing prepended or appended." },
	{ "zip.local-differs", FORMAT, AY_FAIL, AY_CRITICAL, true,
	  "A member's local header and the directory disagree, so two readers see different members.",
	  "Write the archive anew with the library that made it." },
	{ "zip.duplicate-name", FORMAT, AY_FAIL, AY_CRITICAL, true,
	  "Two members have the same name: some readers take the first, others the last.", "Write the archive anew with unique names." },
	{ "zip.case-fold", FORMAT, AY_FAIL, AY_CRITICAL, true,
	  "Two names differ only in upper and lower case: some readers take one for the other.", "Rename one of the members." },
	{ "zip.crc", FORMAT, AY_FAIL, AY_HIGH, false, "The CRC of a member is wrong; some loaders read it all the same.",
	  "Copy the file again, or write it anew." },
	{ "zip.name", FORMAT, AY_FAIL, AY_HIGH, false, "A member's name is absolute, leaves the archive, or has characters that readers take differently.",
	  "Write the archive anew with plain relative names." },
	{ "zip.special", FORMAT, AY_FAIL, AY_HIGH, false, "A member is a link or a device, not a file or a directory.",
	  "Write the archive anew with links replaced by the files they name." },
	{ "zip.flags", FORMAT, AY_FAIL, AY_HIGH, false, "A member has flags that readers take differently.",
	  "Write the archive anew with the library that made it." },
	{ "zip.encrypted", DESER, AY_FAIL, AY_HIGH, false, "A member is encrypted, so it cannot be judged.",
	  "Publish the archive without encryption." },
	{ "zip.zip64", FORMAT, AY_FAIL, AY_HIGH, false, "The 64-bit fields of the archive contradict the others.",
	  "Write the archive anew with the library that made it." },

	/* torch */
	{ "torch.layout", FORMAT, AY_FAIL, AY_HIGH, false, "The members of the archive are not laid out as torch.save does it.",
	  "Load the model in a trusted place and save it again with torch.save or as safetensors." },
	{ "torch.torchscript", DESER, AY_FAIL, AY_HIGH, true, "The archive holds TorchScript code, which this version does not judge.",
	  "Publish the weights alone: safetensors.torch.save_file(model.state_dict(), \"model.safetensors\")." },
	{ "torch.storage-unused", FORMAT, AY_WARN, AY_LOW, false, "The archive holds a storage that the pickle never names.",
	  "Load the model and save it again to drop what is unused." },

	/* npy */
	{ "npy.truncated", FORMAT, AY_FAIL, AY_HIGH, false, "The array has fewer bytes than its type and shape ask for.",
	  "Copy the file again, or save the array anew with numpy.save." },
	{ "npy.trailing", FORMAT, AY_FAIL, AY_HIGH, false, "Bytes follow the array that its type and shape do not ask for.",
	  "Save the array anew with numpy.save, each array in a file of its own." },
	{ "npy.malformed", FORMAT, AY_FAIL, AY_HIGH, false, "The header of the array is not one that NumPy writes.",
	  "Save the array anew with numpy.save." },

	/* safetensors */
	{ "safetensors.truncated", FORMAT, AY_FAIL, AY_HIGH, false, "The file ends before its header or its tensors do.",
	  "Copy the file again." },
	{ "safetensors.malformed", FORMAT, AY_FAIL, AY_HIGH, false, "The header is not the strict JSON that safetensors asks for.",
	  "Save the tensors anew with safetensors." },
	{ "safetensors.layout", FORMAT, AY_FAIL, AY_HIGH, false,
	  "The tensors overlap, leave holes, do not fill the file, or differ in size from dtype and shape.",
	  "Save the tensors anew with safetensors." },
	{ "safetensors.dtype", FORMAT, AY_FAIL, AY_MEDIUM, false, "A tensor has a dtype that safetensors does not know.",
	  "Save the tensors anew with a dtype that safetensors defines." },
	{ "safetensors.name", FORMAT, AY_FAIL, AY_MEDIUM, false, "A tensor's name is empty, too long or has control characters.",
	  "Rename the tensor and save anew." },
	{ "safetensors.metadata", FORMAT, AY_FAIL, AY_MEDIUM, false, "__metadata__ holds something else than text.",
	  "Save the tensors anew with metadata of text only." },
	/* pickle */
	{ "pickle.malformed", DESER, AY_FAIL, AY_HIGH, false, "The pickle breaks the rules of its opcodes, so readers may differ about it.",
	  "Write the file anew with the library that made it." },
	{ "pickle.truncated", DESER, AY_FAIL, AY_HIGH, false, "The pickle ends before its STOP; what comes before would still run.",
	  "Copy the file again, or write it anew." },
	{ "pickle.limit", DESER, AY_FAIL, AY_HIGH, false, "The pickle asks its reader for more depth, size or entries than data needs.",
	  "Publish the content in a simpler format such as safetensors." },
	{ "pickle.trailing", DESER, AY_FAIL, AY_HIGH, false, "Bytes follow the end of the pickle.",
	  "Write the file anew with the library that made it." },
	{ "pickle.global.unknown", DESER, AY_FAIL, AY_HIGH, false, "The pickle names a function or class that no profile lists; importing it runs its module.",
	  "Save weights only (safetensors, state_dict), not the whole object." },
	{ "pickle.global.misplaced", DESER, AY_FAIL, AY_HIGH, false, "A listed function or class stands where the allowlist does not permit it.",
	  "Save weights only (safetensors, state_dict), not the whole object." },
	{ "pickle.call.denied", DESER, AY_FAIL, AY_CRITICAL, true, "Loading the pickle would call, or hand out, a function that is not permitted.",
	  "Do not load this file. Ask its publisher for safetensors." },
	{ "pickle.call.arguments", DESER, AY_FAIL, AY_CRITICAL, true, "A permitted function would be called with arguments that are not.",
	  "Do not load this file. Ask its publisher for safetensors." },
	{ "pickle.state.denied", DESER, AY_FAIL, AY_CRITICAL, true, "The pickle sets state on something that does not take it.",
	  "Do not load this file. Ask its publisher for safetensors." },
	{ "pickle.extension", DESER, AY_FAIL, AY_CRITICAL, true, "The pickle takes a name from the extension registry, which hides what it is.",
	  "Do not load this file. Ask its publisher for safetensors." },
	{ "pickle.persistent-id", DESER, AY_FAIL, AY_HIGH, false, "The pickle refers to something outside of itself that its container does not explain.",
	  "Write the file anew with torch.save, or as safetensors." },
	{ "pickle.storage", DESER, AY_FAIL, AY_HIGH, false, "A tensor's storage is absent from the archive or has another size.",
	  "Write the file anew with torch.save, or as safetensors." },
	{ "pickle.tensor-geometry", DESER, AY_FAIL, AY_CRITICAL, true, "A tensor reaches outside of its storage: loading it corrupts memory.",
	  "Do not load this file. Ask its publisher for safetensors." },
	{ "pickle.inline-array", DESER, AY_FAIL, AY_CRITICAL, true, "The raw bytes of an array are opcodes to another reader of the same file.",
	  "Write the file anew with joblib 1.2 or later." },
	{ "pickle.profile", DESER, AY_FAIL, AY_MEDIUM, false, "The pickle names classes that only a profile which is off permits.",
	  "Allow the profile for this name in the policy, or save weights only." },
	{ "pickle.trainer-file", DESER, AY_FAIL, AY_MEDIUM, false, "training_args.bin is a pickled settings object that no model needs.",
	  "Leave it out with `assay put --exclude training_args.bin`, or allow profile hf-trainer." },

	/* torch-legacy */
	{ "torch-legacy.malformed", FORMAT, AY_FAIL, AY_HIGH, false, "The parts of torch's old format contradict each other.",
	  "Write the file anew with torch.save." },
};
const size_t ay_rule_table_count = AY_ARRAY_LEN(ay_rule_table);

const struct ay_rule *ay_rule_find(const char *id)
{
	for (size_t i = 0; i < ay_rule_table_count; i++)
		if (strcmp(ay_rule_table[i].id, id) == 0)
			return &ay_rule_table[i];
	return NULL;
}
