/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Source code, notebooks, and the files and folders in which tools find programs to run, or where to take packages from: a
 * build, an installer, a shell that enters a folder, an editor or an assistant that opens it, git. They are known by their
 * names, as those who run them know them. The gate that judges code is not built, so all are refused.
 */
#include <strings.h>

#include "scanners/formats/bytes.h"
#include "scanners/formats/text.h"
#include "scanners/registry.h"

static const char *const suffixes[] = {
	".py", ".pyw", ".pyi", ".pyx", ".ipynb", ".sh", ".bash", ".zsh", ".fish", ".ksh", ".csh", ".bat", ".cmd", ".ps1", ".psm1", ".psd1",
	".vbs", ".vbe", ".wsf", ".hta", ".command", ".js", ".mjs", ".cjs", ".jsx", ".ts", ".tsx", ".rb", ".pl", ".pm", ".lua", ".r", ".rmd", ".qmd",
	".jl", ".c", ".cc", ".cpp", ".cxx", ".cu", ".h", ".hpp", ".cuh", ".s", ".asm", ".go", ".rs", ".java", ".kt", ".scala", ".groovy", ".gradle",
	".cs", ".swift", ".php", ".mk", ".cmake", ".desktop", ".service", ".reg", ".ipy", ".pxd", ".sage", ".nix", ".bzl", ".tcl", ".awk", ".m", ".vb",
	".wsc", ".sct", ".jnlp", ".inf", ".url", ".applescript", ".el", ".vim", ".tf"
};

static const char *const names[] = {
	"makefile", "gnumakefile", "dockerfile", "containerfile", "jenkinsfile", "vagrantfile", "rakefile", "gemfile", "cmakelists.txt",
	"meson.build", "pyproject.toml", "setup.cfg", "tox.ini", "package.json", "docker-compose.yml", "docker-compose.yaml", ".envrc",
	".bashrc", ".bash_profile", ".bash_login", ".profile", ".zshrc", ".zshenv", ".zprofile", ".gitmodules", ".gitlab-ci.yml",
	".pre-commit-config.yaml", "mlproject", "dvc.yaml", "cog.yaml", "bentofile.yaml", "snakefile", "procfile", "justfile", "taskfile.yml",
	"taskfile.yaml", ".rprofile", ".renviron", ".npmrc", ".yarnrc", ".yarnrc.yml", "mise.toml", ".mise.toml", ".gdbinit", ".lldbinit", ".pdbrc",
	".vimrc", ".exrc", ".env", ".netrc", ".curlrc", ".wgetrc", ".lfsconfig", ".gitconfig", "pip.conf", "pip.ini", ".pypirc", ".condarc",
	"pipfile", "pipfile.lock", "poetry.lock", "poetry.toml", "uv.lock", "uv.toml", "pdm.lock", "pixi.toml", "pixi.lock", "pytest.ini",
	"workspace", "workspace.bazel", "module.bazel", "build.bazel", ".bazelrc", "cargo.toml", "go.mod", "composer.json", "deno.json",
	"package-lock.json", "yarn.lock", "pnpm-lock.yaml", "bunfig.toml", ".tool-versions", ".inputrc", ".tmux.conf", ".screenrc",
	".duckdbrc", ".sqliterc", ".psqlrc", ".irbrc", ".pryrc", ".emacs", ".mcp.json", "mcp.json"
};

static const char *const folders[] = {
	".git", ".github", ".gitlab", ".hg", ".svn", ".vscode", ".idea", ".zed", ".vim", ".nvim", ".cursor", ".claude", ".devcontainer", ".husky",
	".circleci", ".cargo", ".direnv", ".ssh", ".ipython", ".jupyter", ".config", ".local"
};

static bool is_among(const char *name, size_t len, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strlen(list[i]) == len && strncasecmp(name, list[i], len) == 0)
			return true;
	return false;
}

static bool in_tool_folder(const char *path)
{
	for (const char *slash; (slash = strchr(path, '/')) != NULL; path = slash + 1)
		if (is_among(path, (size_t)(slash - path), folders, AY_ARRAY_LEN(folders)))
			return true;
	return false;
}

static bool runs_code(const char *path)
{
	const char *base = ay_path_base(path);

	for (size_t i = 0; i < AY_ARRAY_LEN(suffixes); i++)
		if (ay_path_ends(path, suffixes[i]))
			return true;
	return is_among(base, strlen(base), names, AY_ARRAY_LEN(names)) || in_tool_folder(path);
}

static unsigned source_bid(struct ay_cursor head, struct ay_source *in, const char *path)
{
	(void)in;
	return path && runs_code(path) && ay_bytes_look_like_text(&head) ? 3 : 0;
}

static int source_scan(struct ay_scan *s, struct ay_source *in)
{
	(void)in;
	if (in_tool_folder(ay_scan_name(s)))
		ay_scan_find(s, "code.not-built", AY_NO_OFFSET, "a tool that opens this folder runs what its files name: no gate here judges code yet");
	else
		ay_scan_find(s, "code.not-built", AY_NO_OFFSET, "source code or a notebook: no gate here judges code yet");
	return 0;
}

static const char *const refines_source[] = {"text", "json", "yaml", "refused", NULL};

const struct ay_scanner ay_scanner_source_code = {
	.abi = AY_SCAN_ABI, .name = "source-code", .version = 3, .refines = refines_source, .bid = source_bid, .scan = source_scan
};
