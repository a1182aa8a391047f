/* SPDX-License-Identifier: Apache-2.0 */
/* Why a name is known to be dangerous. It only words the report: what is not on the allowlist is refused anyway. */
#include "scanners/model/allowlist.h"

#include <stdbool.h>

#define CODE "runs Python code"
#define PROCESS "starts processes"
#define REACH "reaches other functions by name"
#define NEST "loads another pickle or code"
#define FILES "reads or writes files"
#define NET "uses the network"

/* name NULL: the module and all below it. */
struct deny { const char *module, *name, *why; };

static const struct deny rows[] = {
	{ "__builtin__", "__import__", REACH },
	{ "__builtin__", "apply", CODE },
	{ "__builtin__", "compile", CODE },
	{ "__builtin__", "delattr", REACH },
	{ "__builtin__", "eval", CODE },
	{ "__builtin__", "execfile", CODE },
	{ "__builtin__", "file", FILES },
	{ "__builtin__", "filter", CODE },
	{ "__builtin__", "getattr", REACH },
	{ "__builtin__", "globals", REACH },
	{ "__builtin__", "input", CODE },
	{ "__builtin__", "locals", REACH },
	{ "__builtin__", "map", CODE },
	{ "__builtin__", "open", FILES },
	{ "__builtin__", "reduce", CODE },
	{ "__builtin__", "setattr", REACH },
	{ "__builtin__", "type", REACH },
	{ "__builtin__", "vars", REACH },
	{ "_aix_support", NULL, PROCESS },
	{ "_ctypes", NULL, REACH },
	{ "_frozen_importlib", NULL, REACH },
	{ "_frozen_importlib_external", NULL, REACH },
	{ "_functools", NULL, REACH },
	{ "_imp", NULL, REACH },
	{ "_interpreters", NULL, CODE },
	{ "_io", NULL, FILES },
	{ "_operator", NULL, REACH },
	{ "_osx_support", NULL, PROCESS },
	{ "_pickle", NULL, NEST },
	{ "_posixsubprocess", NULL, PROCESS },
	{ "_pyrepl", NULL, PROCESS },
	{ "_socket", NULL, NET },
	{ "_xxinterpchannels", NULL, CODE },
	{ "_xxsubinterpreters", NULL, CODE },
	{ "aiohttp", NULL, NET },
	{ "asyncio", NULL, CODE },
	{ "asyncio.unix_events", "_UnixSubprocessTransport._start", PROCESS },
	{ "atexit", NULL, REACH },
	{ "bdb", NULL, CODE },
	{ "builtins", "__import__", REACH },
	{ "builtins", "__setattr__", REACH },
	{ "builtins", "apply", CODE },
	{ "builtins", "breakpoint", CODE },
	{ "builtins", "compile", CODE },
	{ "builtins", "delattr", REACH },
	{ "builtins", "eval", CODE },
	{ "builtins", "exec", CODE },
	{ "builtins", "execfile", CODE },
	{ "builtins", "filter", CODE },
	{ "builtins", "getattr", REACH },
	{ "builtins", "globals", REACH },
	{ "builtins", "input", CODE },
	{ "builtins", "iter", REACH },
	{ "builtins", "locals", REACH },
	{ "builtins", "map", CODE },
	{ "builtins", "next", REACH },
	{ "builtins", "open", FILES },
	{ "builtins", "setattr", REACH },
	{ "builtins", "sorted", REACH },
	{ "builtins", "type", REACH },
	{ "builtins", "vars", REACH },
	{ "builtins.__dict__", NULL, REACH },
	{ "cPickle", NULL, NEST },
	{ "cProfile", NULL, CODE },
	{ "cloudpickle", NULL, REACH },
	{ "code", NULL, CODE },
	{ "codeop", NULL, CODE },
	{ "commands", NULL, PROCESS },
	{ "concurrent.futures", NULL, PROCESS },
	{ "copy", "copy", REACH },
	{ "copy", "deepcopy", REACH },
	{ "copy_reg", "add_extension", REACH },
	{ "copy_reg", "constructor", REACH },
	{ "copy_reg", "pickle", REACH },
	{ "copyreg", "__reduce_ex__", REACH },
	{ "copyreg", "add_extension", REACH },
	{ "copyreg", "constructor", REACH },
	{ "copyreg", "dispatch_table", REACH },
	{ "copyreg", "pickle", REACH },
	{ "ctypes", NULL, REACH },
	{ "dill", NULL, NEST },
	{ "distutils", NULL, PROCESS },
	{ "distutils.file_util", NULL, FILES },
	{ "doctest", NULL, CODE },
	{ "ensurepip", NULL, PROCESS },
	{ "fileinput", NULL, FILES },
	{ "ftplib", NULL, NET },
	{ "functools", NULL, REACH },
	{ "gc", NULL, REACH },
	{ "glob", NULL, FILES },
	{ "http", NULL, NET },
	{ "httplib", NULL, NET },
	{ "idlelib", NULL, CODE },
	{ "imaplib", NULL, NET },
	{ "imaplib", "IMAP4_stream", PROCESS },
	{ "imp", NULL, REACH },
	{ "importlib", NULL, REACH },
	{ "inspect", NULL, REACH },
	{ "io", NULL, FILES },
	{ "joblib", "load", NEST },
	{ "joblib.numpy_pickle", "load", NEST },
	{ "jsonpickle", NULL, NEST },
	{ "keras.models", "load_model", NEST },
	{ "lib2to3", NULL, CODE },
	{ "lib2to3.pgen2", NULL, CODE },
	{ "linecache", NULL, FILES },
	{ "logging", NULL, FILES },
	{ "marshal", NULL, NEST },
	{ "mlflow", NULL, PROCESS },
	{ "mmap", NULL, FILES },
	{ "multiprocessing", NULL, PROCESS },
	{ "nntplib", NULL, NET },
	{ "nt", NULL, PROCESS },
	{ "numpy", "load", NEST },
	{ "numpy.f2py", NULL, CODE },
	{ "numpy.lib.npyio", "load", NEST },
	{ "numpy.testing._private.utils", NULL, CODE },
	{ "operator", NULL, REACH },
	{ "os", NULL, PROCESS },
	{ "pandas", "read_pickle", NEST },
	{ "pandas.core.frame", "DataFrame.eval", NEST },
	{ "pandas.io", NULL, FILES },
	{ "pandas.io.pickle", "read_pickle", NEST },
	{ "paramiko", NULL, NET },
	{ "pdb", NULL, CODE },
	{ "pickle", NULL, NEST },
	{ "pip", NULL, PROCESS },
	{ "pipes", NULL, PROCESS },
	{ "pkgutil", NULL, REACH },
	{ "platform", NULL, PROCESS },
	{ "popen2", NULL, PROCESS },
	{ "poplib", NULL, NET },
	{ "posix", NULL, PROCESS },
	{ "profile", NULL, CODE },
	{ "pty", NULL, PROCESS },
	{ "pydoc", NULL, REACH },
	{ "requests", NULL, NET },
	{ "runpy", NULL, CODE },
	{ "sched", NULL, CODE },
	{ "setuptools", NULL, PROCESS },
	{ "shelve", NULL, NEST },
	{ "shutil", NULL, FILES },
	{ "signal", NULL, PROCESS },
	{ "site", NULL, REACH },
	{ "sklearn.externals.joblib", "load", NEST },
	{ "smtplib", NULL, NET },
	{ "socket", NULL, NET },
	{ "socketserver", NULL, NET },
	{ "sqlite3", NULL, FILES },
	{ "ssl", NULL, NET },
	{ "subprocess", NULL, PROCESS },
	{ "sys", NULL, REACH },
	{ "tarfile", NULL, FILES },
	{ "telnetlib", NULL, NET },
	{ "tempfile", NULL, FILES },
	{ "tensorflow.keras.models", "load_model", NEST },
	{ "test", NULL, CODE },
	{ "threading", NULL, CODE },
	{ "timeit", NULL, CODE },
	{ "torch", "load", NEST },
	{ "torch._dynamo", NULL, CODE },
	{ "torch._inductor", NULL, CODE },
	{ "torch.distributed.rpc", NULL, NEST },
	{ "torch.fx", NULL, CODE },
	{ "torch.hub", NULL, NEST },
	{ "torch.jit.annotations", NULL, CODE },
	{ "torch.jit.unsupported_tensor_ops", NULL, CODE },
	{ "torch.package", NULL, NEST },
	{ "torch.serialization", "load", NEST },
	{ "torch.utils._config_module", "ConfigModule.load_config", NEST },
	{ "torch.utils.bottleneck", NULL, CODE },
	{ "torch.utils.collect_env", NULL, CODE },
	{ "torch.utils.data.datapipes", NULL, NEST },
	{ "trace", NULL, CODE },
	{ "transformers.models.auto.auto_factory", "getattribute_from_module", REACH },
	{ "types", "CodeType", REACH },
	{ "types", "FunctionType", REACH },
	{ "types", "MethodType", REACH },
	{ "unittest", NULL, CODE },
	{ "urllib", NULL, NET },
	{ "urllib2", NULL, NET },
	{ "uuid", "_get_command_stdout", PROCESS },
	{ "venv", NULL, PROCESS },
	{ "weakref", NULL, REACH },
	{ "webbrowser", NULL, PROCESS },
	{ "xmlrpc", NULL, NET },
	{ "xmlrpclib", NULL, NET },
	{ "yaml", NULL, NEST },
	{ "zipapp", NULL, REACH },
	{ "zipfile", NULL, FILES },
	{ "zipimport", NULL, REACH },
};

static bool is_or_below(const char *module, const char *top)
{
	size_t n = strlen(top);

	return strncmp(module, top, n) == 0 && (module[n] == 0 || module[n] == '.');
}

static const char *exact(const char *module, const char *name)
{
	for (size_t i = 0; i < AY_ARRAY_LEN(rows); i++) {
		if (rows[i].name ? strcmp(rows[i].module, module) == 0 && strcmp(rows[i].name, name) == 0
				 : is_or_below(module, rows[i].module))
			return rows[i].why;
	}
	return NULL;
}

const char *ay_deny_reason(const char *module, const char *name)
{
	const char *why = exact(module, name);
	char inner[256];

	/* From protocol 4 on, ("pathlib", "os.system") walks attributes: what counts is where it ends. */
	for (const char *dot = strchr(name, '.'); !why && dot; dot = strchr(name, '.')) {
		size_t n = (size_t)(dot - name);

		if (n >= sizeof(inner))
			break;
		snprintf(inner, sizeof(inner), "%.*s", (int)n, name);
		name = dot + 1;
		why = exact(inner, name);
	}
	return why;
}
