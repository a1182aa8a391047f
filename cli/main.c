/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <sys/resource.h>

#include "cli/cli.h"

const struct cli_verb cli_verbs[] = {
	{ "init", "STORE", "make a store with its keys, trust root and policy", cmd_init },
	{ "keygen", "NAME", "make a key pair: NAME.key and NAME.pub", cmd_keygen },
	{ "trust", "show|add|remove|revoke|rotate|sign ...", "read the trust root or make its next version", cmd_trust },
	{ "policy", "check|set|show ...", "check, set or show the policy", cmd_policy },
	{ "sign", "DIR --as REF --key K", "write signature and provenance claims for a tree", cmd_sign },
	{ "put", "DIR|FILE REF", "publish, wait, print the verdict", cmd_put },
	{ "import", "DIR|FILE REF --source URI --key K", "publish outside content with its origin", cmd_import },
	{ "wait", "REF", "wait for the verdict", cmd_wait },
	{ "judge", "REF", "judge now: what is absent fails", cmd_judge },
	{ "retry", "REF", "judge a held artifact again", cmd_retry },
	{ "rm", "REF", "discard an open, held or rejected artifact", cmd_rm },
	{ "ls", "[PREFIX]", "list artifacts and tags", cmd_ls },
	{ "show", "REF", "everything known about an artifact", cmd_show },
	{ "why", "REF|PATH", "what happened, where, and what next, in three lines", cmd_why },
	{ "diff", "A B", "files that differ between two artifacts", cmd_diff },
	{ "resolve", "REF", "the versioned path behind a tag", cmd_resolve },
	{ "get", "REF DEST", "copy an artifact out, verified", cmd_get },
	{ "verify", "REF|DIR", "check bytes, signatures, policy and log, offline", cmd_verify },
	{ "scan", "PATH...", "the content gates alone, on any file", cmd_scan },
	{ "convert", "FILE OUT.safetensors", "weights as safetensors, without executing anything", cmd_convert },
	{ "baseline", "propose|approve|show NAME", "schema of a dataset name", cmd_baseline },
	{ "profile", "FILE...", "what the columns of tables hold", cmd_profile },
	{ "compare", "A B", "has table B drifted from A", cmd_compare },
	{ "tag", "NAME TAG VERSION", "move a tag", cmd_tag },
	{ "retire", "REF", "withdraw a version without blame", cmd_retire },
	{ "revoke", "REF --reason R", "cut readers of a version", cmd_revoke },
	{ "waive", "REF RULE --until DATE --reason R", "accept one finding of one version", cmd_waive },
	{ "log", "show|verify|prove", "the transparency log", cmd_log },
	{ "bom", "REF", "print the CycloneDX ML-BOM", cmd_bom },
	{ "mount", "STORE DIR", "mount the store", cmd_mount },
	{ "umount", "DIR", "unmount it", cmd_umount },
	{ "gc", "", "remove what nothing refers to", cmd_gc },
	{ "fsck", "", "check the store", cmd_fsck },
	{ "stats", "", "what the store holds", cmd_stats },
	{ "doctor", "", "what this machine can do, and what expires soon", cmd_doctor },
	{ "backup", "DEST", "consistent copy of the store", cmd_backup },
	{ "restore", "BACKUP STORE", "make a store from a backup", cmd_restore },
	{ NULL, NULL, NULL, NULL }
};

static void help(FILE *to)
{
	fputs("usage: assay VERB [options] [arguments]\n\n", to);
	for (const struct cli_verb *v = cli_verbs; v->name; v++)
		fprintf(to, "  %-9s %s\n", v->name, v->summary);
	fputs("\nEvery verb takes --help, --store DIR (or ASSAY_STORE) and --format text|json (--json).\n"
	      "Exit status: 0 yes, 1 the answer is no, 2 cannot judge or failed, 64 wrong usage.\n", to);
}

/* Many files are open at once while they are judged. */
static void raise_descriptor_limit(void)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r) == 0) {
		r.rlim_cur = r.rlim_max;
		(void)!setrlimit(RLIMIT_NOFILE, &r);
	}
}

int main(int argc, char **argv)
{
	struct cli c = { .store = getenv("ASSAY_STORE") };

	if (argc >= 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0)) {
		help(stdout);
		return 0;
	}
	if (argc >= 2 && strcmp(argv[1], "--version") == 0) {
		puts(PACKAGE_STRING);
		return 0;
	}
	if (argc < 2) {
		help(stderr);
		return 64;
	}
	if (ay_crypto_init() < 0) {
		cli_say("the cryptographic library does not work on this machine");
		return 2;
	}
	raise_descriptor_limit();
	for (const struct cli_verb *v = cli_verbs; v->name; v++) {
		if (strcmp(argv[1], v->name) != 0)
			continue;
		c.verb = v;
		int status = v->run(&c, argc - 1, argv + 1);

		cli_close(&c);
		if (fflush(stdout) != 0 || ferror(stdout)) {
			cli_say("cannot write to standard output: %s", ay_strerror(-errno));
			return 2;
		}
		return status;
	}
	cli_say("unknown verb '%s'; next: assay --help", argv[1]);
	return 64;
}
