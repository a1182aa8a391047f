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

	/* compress: gzip, zlib, bzip2, xz, lzma, lz4, zstd */
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

	/* tar */
	{ "tar.truncated", FORMAT, AY_FAIL, AY_HIGH, false, "The archive ends before its own headers or its end mark say.",
	  "Copy the file again, or write it anew." },
	{ "tar.malformed", FORMAT, AY_FAIL, AY_HIGH, false, "A header of the archive breaks the tar format.",
	  "Write the archive anew with `tar` or Python's tarfile." },
	{ "tar.layout", FORMAT, AY_FAIL, AY_CRITICAL, true,
	  "Bytes that belong to no member lie between the members or after the end, so two readers can see different content.",
	  "Write the archive anew, with nothing appended." },
	{ "tar.extended", FORMAT, AY_FAIL, AY_CRITICAL, true,
	  "An extended header changes a member in a way that readers take differently, so two readers see different members.",
	  "Write the archive anew with `tar --format=ustar`." },
	{ "tar.duplicate-name", FORMAT, AY_FAIL, AY_CRITICAL, true,
	  "Two members have the same name: some readers take the first, others the last.", "Write the archive anew with unique names." },
	{ "tar.case-fold", FORMAT, AY_FAIL, AY_CRITICAL, true,
	  "Two names differ only in upper and lower case: some readers take one for the other.", "Rename one of the members." },
	{ "tar.name", FORMAT, AY_FAIL, AY_HIGH, false, "A member's name is absolute, leaves the archive, or has characters that readers take differently.",
	  "Write the archive anew with plain relative names." },
	{ "tar.special", FORMAT, AY_FAIL, AY_HIGH, false, "A member is a link, a device or a pipe, not a file or a directory.",
	  "Write the archive anew with `tar --dereference --hard-dereference`." },

	/* audio: wav */
	{ "audio.truncated", FORMAT, AY_FAIL, AY_MEDIUM, false, "The recording ends before its own chunks say.",
	  "Copy the file again." },
	{ "audio.malformed", FORMAT, AY_FAIL, AY_MEDIUM, false, "The recording is compressed, has unknown chunks, or breaks the rules of its format.",
	  "Convert it to plain PCM: ffmpeg -i IN -map_metadata -1 -fflags +bitexact -c:a pcm_s16le OUT.wav." },

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
	/* text, tokens, JSON, configurations */
	{ "text.lfs-pointer", FORMAT, AY_FAIL, AY_MEDIUM, false, "The file is a Git LFS pointer, not the content it stands for.",
	  "Run `git lfs pull` in the source and publish again." },
	{ "text.suffix", FORMAT, AY_FAIL, AY_MEDIUM, false, "The name says a binary format, the content is text.",
	  "Look at the file: a download may have saved an error page under this name." },
	{ "tiktoken.malformed", FORMAT, AY_FAIL, AY_MEDIUM, false, "A tiktoken vocabulary breaks its line format.",
	  "Write the vocabulary anew." },
	{ "bpe.malformed", FORMAT, AY_FAIL, AY_MEDIUM, false, "A list of merges or a vocabulary breaks its line format.",
	  "Write the tokenizer anew, or publish tokenizer.json instead." },
	{ "sentencepiece.malformed", FORMAT, AY_FAIL, AY_HIGH, false, "A SentencePiece model is not a well-formed message of known fields.",
	  "Write the model anew with the SentencePiece trainer." },
	{ "json.index-path", FORMAT, AY_FAIL, AY_HIGH, false, "The index of a sharded model names a file that is not a plain sibling.",
	  "Write the index anew with the library that sharded the model." },
	{ "config.auto-map", DESER, AY_FAIL, AY_CRITICAL, true, "The configuration makes the library import code that comes with the model.",
	  "Remove auto_map and load the model by a class that the library itself has." },
	{ "config.trust-remote-code", DESER, AY_FAIL, AY_CRITICAL, true, "The configuration switches on the execution of downloaded code.",
	  "Remove trust_remote_code, or set it to false." },
	{ "config.custom-pipeline", DESER, AY_FAIL, AY_CRITICAL, true, "The configuration names a pipeline whose code comes with the model.",
	  "Use a pipeline that the library itself has." },
	{ "config.module-reference", DESER, AY_FAIL, AY_CRITICAL, true, "The configuration names a module to import that is not known.",
	  "Use classes of the library itself, and save the model again." },
	{ "config.code-reference", DESER, AY_FAIL, AY_CRITICAL, true, "The configuration names code to be run or downloaded.",
	  "Replace the layer or implementation by one that the library itself has." },
	{ "recipe.code-reference", DESER, AY_FAIL, AY_CRITICAL, true, "A recipe names code that its loader imports or builds objects from.",
	  "Remove the tag or _target_, or publish the recipe without it." },
	{ "template.dangerous", DESER, AY_FAIL, AY_CRITICAL, true, "A chat template uses names that lead out of the template's sandbox.",
	  "Rewrite the template without double underscores, attr, import and escapes." },
	{ "code.not-built", "code", AY_FAIL, AY_HIGH, false, "Source code and notebooks are not judged by this version.",
	  "Publish the data or model without code." },

	/* images */
	{ "image.malformed", FORMAT, AY_FAIL, AY_HIGH, false, "An image breaks the structure of its format or hides bytes in it.",
	  "Save the image anew with a common library." },
	{ "image.truncated", FORMAT, AY_FAIL, AY_HIGH, false, "An image ends before its structure does.", "Copy or save the image again." },
	{ "image.too-large", FORMAT, AY_FAIL, AY_MEDIUM, false, "An image declares more pixels than a decoder should be asked for.",
	  "Publish the image in a smaller size or in tiles." },

	/* tables */
	{ "csv.encoding", FORMAT, AY_FAIL, AY_MEDIUM, false, "A table holds bytes that are not UTF-8 text.", "Save the table as UTF-8." },
	{ "csv.delimiter", FORMAT, AY_FAIL, AY_MEDIUM, false, "The header does not say which delimiter separates the columns.",
	  "Quote column names that hold a comma, semicolon or tab." },
	{ "csv.header", FORMAT, AY_FAIL, AY_MEDIUM, false, "A column has no name, two have the same, or there is no header.",
	  "Give each column one name of its own in the first line." },
	{ "csv.ragged", FORMAT, AY_FAIL, AY_HIGH, false, "A row has more or fewer columns than the header.",
	  "Look at the row: a delimiter in a value needs quotes around the value." },
	{ "csv.quote", FORMAT, AY_FAIL, AY_HIGH, false, "Quotes stand where two readers disagree about them.",
	  "Quote whole fields only, and double the quotes inside." },
	{ "csv.line-end", FORMAT, AY_FAIL, AY_MEDIUM, false, "Line ends are mixed, or a carriage return stands alone.",
	  "Save the table with one kind of line end." },
	{ "csv.blank-line", FORMAT, AY_FAIL, AY_MEDIUM, false, "A blank line is a row to some readers and nothing to others.",
	  "Remove the line, or write \"\" for a row with one empty value." },

	/* schema */
	{ "schema.invalid", "schema", AY_ERROR, AY_HIGH, false, "The schema itself cannot be used, so the table is not judged.",
	  "Correct the schema at the named place; `assay baseline show NAME` prints it." },
	{ "schema.columns", "schema", AY_FAIL, AY_HIGH, false, "The columns are not those of the schema, in its order.",
	  "Write the table with the columns of the schema." },
	{ "schema.type", "schema", AY_FAIL, AY_HIGH, false, "A value is not of the type of its column.", "Correct the value at its source." },
	{ "schema.range", "schema", AY_FAIL, AY_HIGH, false, "A value is below the minimum or above the maximum.",
	  "Correct the value, or have a curator approve a wider range." },
	{ "schema.length", "schema", AY_FAIL, AY_MEDIUM, false, "A text is shorter or longer than the schema allows.",
	  "Correct the value, or have a curator approve another length." },
	{ "schema.enum", "schema", AY_FAIL, AY_HIGH, false, "A value is none of those that the schema lists.",
	  "Correct the value, or have a curator approve the new one." },
	{ "schema.pattern", "schema", AY_FAIL, AY_MEDIUM, false, "A text does not match the pattern of its column.",
	  "Correct the value, or have a curator approve another pattern." },
	{ "schema.required", "schema", AY_FAIL, AY_HIGH, false, "A value is missing that the schema requires.", "Supply the value at its source." },
	{ "schema.unique", "schema", AY_FAIL, AY_HIGH, false, "A value stands twice in a column of unique values.",
	  "Remove the duplicate at its source." },
	{ "schema.primary-key", "schema", AY_FAIL, AY_HIGH, false, "A primary key is missing in part or stands twice.",
	  "Remove the duplicate or complete the key at its source." },
};
const size_t ay_rule_table_count = AY_ARRAY_LEN(ay_rule_table);

const struct ay_rule *ay_rule_find(const char *id)
{
	for (size_t i = 0; i < ay_rule_table_count; i++)
		if (strcmp(ay_rule_table[i].id, id) == 0)
			return &ay_rule_table[i];
	return NULL;
}
