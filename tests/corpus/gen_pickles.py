#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes pickles that must be refused and pickles that must pass, with a manifest.

usage: gen_pickles.py DIRECTORY

Malicious files are assembled byte by byte and never loaded; their arguments
are inert ('echo'). Benign files are written by the libraries themselves when
they are importable. DIRECTORY/manifest.tsv has a line per file: name, label,
profile, what it is.
"""
import importlib
import os
import pickle
import struct
import sys
import types
import warnings

warnings.filterwarnings("ignore")

OUT = sys.argv[1] if len(sys.argv) > 1 else "."
MANIFEST = []


def put(name, data, label, profile, what):
    with open(os.path.join(OUT, name), "wb") as f:
        f.write(data)
    MANIFEST.append((name, label, profile, what))


def bad(name, data, what):
    put(name, data, "malicious", "-", what)


# ---- opcodes ----

def text(s):
    b = s.encode()
    return b"X" + struct.pack("<I", len(b)) + b


def short(s):
    b = s.encode()
    return b"\x8c" + bytes([len(b)]) + b


def frame(body):
    return b"\x95" + struct.pack("<Q", len(body)) + body


def glob(module, name):
    return b"c" + module.encode() + b"\n" + name.encode() + b"\n"


def sglob(module, name):
    return short(module) + short(name) + b"\x93"


ARG = text("echo")
P2 = b"\x80\x02"
P4 = b"\x80\x04"


def reduce_of(module, name, proto=P2):
    g = sglob(module, name) if proto == P4 else glob(module, name)
    return proto + g + ARG + b"\x85R."


def forms(module, name):
    """The same callable through every opcode that calls."""
    g = glob(module, name)
    yield "reduce", P2 + g + ARG + b"\x85R."
    yield "reduce4", P4 + sglob(module, name) + ARG + b"\x85R."
    yield "reduce0", b"c" + module.encode() + b"\n" + name.encode() + b"\n(S'echo'\ntR."
    yield "newobj", P2 + g + ARG + b"\x85\x81."
    yield "newobjex", P4 + g + ARG + b"\x85}\x92."
    yield "obj", b"\x80\x01(" + g + ARG + b"o."
    yield "inst", b"(S'echo'\ni" + module.encode() + b"\n" + name.encode() + b"\n."
    yield "build", P2 + g + b"N}" + text("shape") + ARG + b"s\x86b."
    yield "popped", P2 + g + ARG + b"\x85R0N."
    yield "reference", P2 + g + b"."


# ---- 1: callables that passed a denylist somewhere ----

CALLABLES = """
builtins eval exec compile execfile apply __import__ open input breakpoint getattr setattr __setattr__ type map filter
numpy.testing._private.utils runstring
numpy.f2py.crackfortran getlincoef _eval_length
timeit timeit repeat
cProfile run runctx
profile run runctx Profile.run Profile.runctx
trace Trace.run Trace.runctx
pdb run runeval
bdb Bdb.run
code InteractiveInterpreter.runcode InteractiveInterpreter.runsource
codeop compile_command
doctest debug_script
runpy run_path run_module
idlelib.autocomplete AutoComplete.get_entity AutoComplete.fetch_completions
idlelib.calltip get_entity Calltip.fetch_tip
idlelib.debugobj ObjectTreeItem.SetText
idlelib.pyshell ModifiedInterpreter.runcode ModifiedInterpreter.runcommand
idlelib.run Executive.runcode
lib2to3.pgen2.grammar Grammar.loads
lib2to3.pgen2.pgen ParserGenerator.make_label
torch.jit.unsupported_tensor_ops execWrapper
torch.fx.experimental.symbolic_shapes ShapeEnv.evaluate_guards_expression
torch._dynamo.guards GuardBuilder.get
torch._inductor.codecache compile_file
torch.utils.bottleneck.__main__ run_cprofile run_autograd_prof
torch.utils.collect_env run
torch.jit.annotations parse_type_line
_interpreters run_string
_xxsubinterpreters run_string
os system popen execv
posix system
nt system
subprocess Popen call check_output run
commands getoutput
pty spawn
multiprocessing.util spawnv_passfds
_posixsubprocess fork_exec
asyncio.unix_events _UnixSubprocessTransport._start
uuid _get_command_stdout
_osx_support _read_output _find_build_tool
_aix_support _read_cmd_output
_pyrepl.pager pipe_pager
imaplib IMAP4_stream
test.support.script_helper assert_python_ok
platform popen
pipes Template
webbrowser open
pip main
pip._internal main
pip._internal.cli.main main
ensurepip _run_pip
venv create
distutils.spawn spawn
distutils.file_util write_file
mlflow.projects.backend.local _run_entry_point
importlib import_module
imp load_source
_imp create_dynamic
_frozen_importlib _load
_frozen_importlib_external SourceFileLoader
pkgutil resolve_name
pydoc locate
operator attrgetter itemgetter methodcaller
_operator attrgetter itemgetter methodcaller
functools partial reduce
inspect getattr_static
gc get_objects
site main
atexit register
unittest main
transformers.models.auto.auto_factory getattribute_from_module
copyreg add_extension
cloudpickle.cloudpickle _make_function _builtin_type
types CodeType FunctionType
copy copy
marshal loads
zipimport zipimporter
ctypes CDLL
pickle loads Unpickler
_pickle loads Unpickler
dill loads
dill._dill _create_function
joblib load
numpy load
pandas read_pickle
torch load
torch.hub load
torch.serialization load
torch.utils._config_module ConfigModule.load_config
torch.utils.data.datapipes.utils.decoder basichandlers
yaml load unsafe_load
shelve open
torch.distributed.rpc rpc_sync
_io FileIO
io open
logging FileHandler
logging.config listen
shutil rmtree
tempfile mkstemp
linecache getline
fileinput input
glob glob
urllib.request urlopen
requests get
aiohttp ClientSession
httplib HTTPConnection
ssl get_server_certificate
smtplib SMTP
ftplib FTP
poplib POP3
telnetlib Telnet
nntplib NNTP
xmlrpc.client ServerProxy
socketserver TCPServer
pandas.io.parsers.readers read_csv
sqlite3 connect
numpy size
sklearn.preprocessing._function_transformer FunctionTransformer
sklearn.metrics._scorer _PredictScorer
sklearn.externals.joblib load
nobody.ever heard
"""


def callables():
    for line in CALLABLES.split("\n"):
        module, _, names = line.partition(" ")
        for name in names.split():
            for form, data in forms(module, name):
                file = "call_%s.%s_%s.pkl" % (module, name, form)
                bad(file, data, "%s of %s.%s" % (form, module, name))


# ---- 2: the stream itself ----

def streams():
    evil = P2 + glob("os", "system") + ARG + b"\x85R"
    bad("stream_truncated.pkl", evil + b"X\xff\x00", "a call, then the stream breaks off in a string")
    bad("stream_no_stop.pkl", evil, "a call and no STOP")
    bad("stream_junk_opcode.pkl", evil + b"\xff.", "a call, then a byte that is no opcode")
    bad("stream_memo_unset.pkl", evil + b"h\x07.", "a call, then an unset memo entry")
    bad("stream_bytes_name.pkl", P4 + evil[2:] + b"0C\x02os" + short("x") + b"\x93.", "STACK_GLOBAL with bytes")
    bad("stream_int_name.pkl", P4 + b"K\x01" + short("x") + b"\x93.", "STACK_GLOBAL with an int")
    bad("stream_bytearray_name.pkl", b"\x80\x05\x96\x02\0\0\0\0\0\0\0os" + short("x") + b"\x93.", "STACK_GLOBAL with a bytearray")
    bad("stream_unhashable.pkl", P2 + b"}]Ns.", "a list as a key")
    bad("stream_memo_pop_put.pkl", P4 + short("os") + short("x") + b"0q\x010" + b"h\x01" + short("system") + b"\x93" + ARG + b"\x85R.",
        "the memo holds what is on the stack, not the last argument")
    bad("stream_memo_frame_put.pkl", P4 + short("os") + frame(b"q\x01")[:9] + b"q\x010h\x01" + short("system") + b"\x93" + ARG + b"\x85R.",
        "the same with a frame between")
    two = P4 + short("collections") + b"\x94" + short("OrderedDict") + b"\x94\x93)R." + \
        P4 + short("os") + b"\x94" + short("system") + b"\x94h\x00h\x01\x93" + ARG + b"\x85R."
    bad("stream_memo_carried.pkl", two, "the second pickle's memo is its own")
    bad("stream_inst_name.pkl", P4 + b"(S'os'\nibuiltins\nstr\n\x94" + short("system") + b"\x93" + ARG + b"\x85R.",
        "INST's result as a module name")
    bad("stream_codecs_rot13.pkl", P4 + glob("_codecs", "encode") + text("bf") + text("rot13") + b"\x86R" + short("system") + b"\x93.",
        "a module name computed by a permitted function")
    bad("stream_codecs_hex.pkl", P2 + glob("_codecs", "encode") + text("6f73") + text("hex") + b"\x86R.", "_codecs.encode with another codec")
    bad("stream_ext1.pkl", P2 + b"\x82\x01.", "EXT1")
    bad("stream_ext2.pkl", P2 + glob("copyreg", "add_extension") + text("os") + text("system") + b"M\x00\x02\x87R0\x83\x00\x02" + ARG + b"\x85R.",
        "EXT2 after add_extension")
    bad("stream_ext4.pkl", P2 + b"\x84\x01\x00\x00\x00.", "EXT4")
    bad("stream_build_global.pkl", P2 + glob("numpy", "size") + b"N}" + text("shape") + glob("builtins", "eval") + b"s\x86b.",
        "BUILD on a function sets its attributes")
    bad("stream_build_allowed_global.pkl", P2 + glob("collections", "OrderedDict") + b"}" + text("update") + ARG + b"sb.",
        "BUILD on a listed class itself")
    bad("stream_build_slots.pkl", P2 + glob("collections", "OrderedDict") + b")RN}" + text("__class__") + ARG + b"s\x86b.",
        "BUILD with attribute-by-attribute state")
    bad("stream_build_dict.pkl", P2 + b"}}" + text("a") + b"Nsb.", "BUILD on a dict")
    for m, n in (("pathlib", "os.system"), ("collections", "abc.sys"), ("collections", "OrderedDict.fromkeys"), ("torch", "serialization.os.system")):
        bad("stream_dotted_%s_%s.pkl" % (m, n), reduce_of(m, n, P4), "a dotted name walks attributes")
    for m, n in (("commands", "getoutput"), ("__builtin__", "eval"), ("copy_reg", "add_extension"), ("__builtin__", "reduce"),
                 ("itertools", "imap"), ("urllib", "urlopen"), ("cPickle", "loads"), ("__builtin__", "execfile")):
        for form, data in forms(m, n):
            bad("stream_py2_%s.%s_%s.pkl" % (m, n, form), data, "Python 2 name")
    bad("stream_obj_pop.pkl", P2 + b"(" + glob("os", "system") + ARG + b"o0N.", "OBJ, its result popped")
    bad("stream_rebuild_trampoline.pkl", P2 + glob("torch._tensor", "_rebuild_from_type_v2") + b"(" + glob("os", "system") +
        glob("torch", "Tensor") + ARG + b"\x85}tR.", "a function as the argument of a listed function")
    bad("stream_rebuild_self.pkl", P2 + glob("torch._tensor", "_rebuild_from_type_v2") + b"(" + glob("torch._tensor", "_rebuild_from_type_v2") +
        glob("torch", "Tensor") + b")}tR.", "the trampoline through itself")
    bad("stream_reconstructor.pkl", P2 + glob("copyreg", "_reconstructor") + glob("os", "system") + glob("builtins", "object") + b"N\x87R.",
        "copyreg._reconstructor of something unknown")
    bad("stream_reconstructor_base.pkl", P2 + glob("copyreg", "_reconstructor") + glob("collections", "OrderedDict") + glob("builtins", "dict") +
        b"}\x87R.", "copyreg._reconstructor with another base")
    bad("stream_defaultdict.pkl", P2 + glob("collections", "defaultdict") + glob("os", "system") + b"\x85R.", "defaultdict of a function")
    bad("stream_defaultdict_listed.pkl", P2 + glob("collections", "defaultdict") + glob("_codecs", "encode") + b"\x85R.",
        "defaultdict of a listed function that is no factory")
    bad("stream_partial.pkl", P2 + glob("functools", "partial") + glob("os", "system") + b"\x85R.", "functools.partial")
    bad("stream_map.pkl", P2 + glob("builtins", "list") + glob("builtins", "map") + glob("os", "system") + b"]" + ARG + b"a\x86R\x85R.", "map")
    bad("stream_function_in_list.pkl", P2 + b"]" + glob("_codecs", "encode") + b"a.", "a listed function as data in a list")
    bad("stream_function_in_dict.pkl", P2 + b"}" + text("f") + glob("_codecs", "encode") + b"s.", "a listed function as data in a dict")
    bad("stream_function_in_tuple.pkl", P2 + glob("_codecs", "encode") + b"\x85.", "a listed function as data in a tuple")
    bad("stream_function_in_nested.pkl", P2 + b"](" + glob("_codecs", "encode") + b"\x85\x85e.", "a listed function as data in a nested tuple")
    bad("stream_function_late.pkl", P2 + b"]q\x00\x85q\x01h\x00" + glob("_codecs", "encode") + b"a00h\x01.", "put into a list that a tuple already holds")
    bad("stream_load_from_bytes.pkl", P2 + glob("torch.storage", "_load_from_bytes") + b"\x80", "_load_from_bytes, cut")
    inner = reduce_of("os", "system")
    bad("stream_nested_bytes.pkl", b"\x80\x03" + glob("torch.storage", "_load_from_bytes") + b"B" + struct.pack("<I", len(inner)) + inner + b"\x85R.",
        "_load_from_bytes of a pickle that calls")
    legacy = b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9\x03.\x80\x02}." + inner
    bad("stream_nested_legacy.pkl", b"\x80\x03" + glob("torch.storage", "_load_from_bytes") + b"B" + struct.pack("<I", len(legacy)) + legacy + b"\x85R.",
        "_load_from_bytes of a torch file that calls")
    bad("stream_nested_encoded.pkl", P2 + glob("torch.storage", "_load_from_bytes") + glob("_codecs", "encode") + text("x") + text("latin1") + b"\x86R\x85R.",
        "_load_from_bytes of computed bytes")
    bad("stream_frame_straddle.pkl", P4 + b"\x95\x02\0\0\0\0\0\0\0C\x03abc.", "an opcode reaches beyond its frame")
    bad("stream_frame_nested.pkl", P4 + frame(b"N" + frame(b"N")[:9] + b"0."), "a frame inside a frame")
    bad("stream_frame_long.pkl", P4 + b"\x95\xff\0\0\0\0\0\0\0N.", "a frame beyond the end")
    bad("stream_frame_after_stop.pkl", P4 + frame(b"N.cos\nsystem\n"), "a frame that goes on after STOP")
    good = P2 + b"N."
    bad("stream_two.pkl", good + evil + b".", "a second pickle after the first")
    bad("stream_two_good.pkl", good + good, "two pickles where one belongs")
    bad("stream_junk_between.pkl", good + b"\0\0\0" + evil + b".", "junk, then a second pickle")
    bad("stream_proto_twice.pkl", P2 + P2 + b"N.", "PROTO twice")
    bad("stream_proto_late.pkl", P2 + b"N0" + P4 + b"N.", "PROTO in the middle")
    bad("stream_proto_6.pkl", b"\x80\x06N.", "protocol 6")
    bad("stream_persid.pkl", b"Psomething\n.", "PERSID")
    bad("stream_binpersid.pkl", P2 + ARG + b"Q.", "BINPERSID outside of torch")
    bad("stream_memo_huge.pkl", P2 + b"Nr\xff\xff\xff\xff.", "memo index 2^32-1")
    bad("stream_memo_text_huge.pkl", b"Np99999999999999999999999\n.", "memo index beyond 64 bits")
    bad("stream_binbytes8_huge.pkl", P4 + b"\x8e" + struct.pack("<Q", 1 << 62) + b"abc.", "2^62 bytes")
    bad("stream_binunicode8_huge.pkl", P4 + b"\x8d" + struct.pack("<Q", (1 << 64) - 1) + b"abc.", "2^64-1 bytes of text")
    bad("stream_binstring_negative.pkl", P2 + b"T\xff\xff\xff\xff.", "negative length")
    bad("stream_long4_negative.pkl", P2 + b"\x8b\xff\xff\xff\xff.", "negative length of an int")
    double = P2 + b")" + b"2\x86" * 64 + b"."
    bad("stream_doubling.pkl", double, "tuples that double 64 times")
    bad("stream_doubling_key.pkl", P2 + b"})" + b"2\x86" * 64 + b"Ns.", "the same as a key")
    bad("stream_deep.pkl", P2 + b"]" * 100000 + b"a" * 99999 + b".", "100,000 lists in each other")
    bad("stream_deep_tuple.pkl", P2 + b")" + b"\x85" * 100000 + b".", "100,000 tuples in each other")
    bad("stream_marks.pkl", P2 + b"(" * 2000000, "two million marks")
    bad("stream_stack.pkl", P2 + b"N" * 2000000 + b".", "two million values on the stack")
    for label, line in (("space", "os system"), ("crlf", "os\r"), ("homoglyph", "\u043es"), ("empty", ""), ("nul", "o\0s")):
        bad("stream_global_%s.pkl" % label, P2 + b"c" + line.encode() + b"\nsystem\n" + ARG + b"\x85R.", "a module name with " + label)
    for label, data in (("int", b"I1x\n."), ("int_hex", b"I0x10\n."), ("int_space", b"I 1\n."), ("long", b"L12LL\n."), ("float", b"Fabc\n."),
                        ("string_unquoted", b"Sabc\n."), ("string_half", b"S'abc\n."), ("string_mixed", b"S'abc\"\n."), ("nul", b"Va\0b\n."),
                        ("bool", b"I02\n0I.\n.")):
        bad("stream_text_%s.pkl" % label, P2 + data, "text opcode that no pickler writes")
    bad("stream_stack_left.pkl", P2 + b"NN.", "values left on the stack")
    bad("stream_underflow.pkl", P2 + b"0.", "POP of nothing")
    bad("stream_below_mark.pkl", P2 + b"N(R.", "REDUCE reaches below the mark")
    bad("stream_setitem_list.pkl", P2 + b"]NNs.", "SETITEM on a list")
    bad("stream_append_tuple.pkl", P2 + b")Na.", "APPEND on a tuple")
    bad("stream_setitems_instance.pkl", P2 + glob("numpy", "dtype") + text("f8") + b"\x85R(NNu.", "SETITEMS on a dtype")
    bad("stream_dict_odd.pkl", P2 + b"(Nd.", "DICT with one value")
    bad("stream_next_buffer.pkl", b"\x80\x05\x97.", "a buffer from elsewhere")
    bad("stream_reduce_int.pkl", P2 + b"K\x01)R.", "REDUCE of an int")
    bad("stream_reduce_list.pkl", P2 + glob("collections", "OrderedDict") + b"]R.", "REDUCE with a list as arguments")
    bad("stream_newobj_kwargs.pkl", P4 + glob("collections", "OrderedDict") + b")}" + text("a") + b"Ns\x92.", "NEWOBJ_EX with keywords")
    bad("stream_call_instance.pkl", P2 + glob("collections", "OrderedDict") + b")R)R.", "REDUCE of an instance")
    bad("stream_bomb_list.pkl", P2 + glob("builtins", "list") + glob("builtins", "range") + b"J\xff\xff\xff\x7f\x85R\x85R.", "a list of two billion")
    bad("stream_bomb_bytearray.pkl", P2 + glob("builtins", "bytearray") + b"J\xff\xff\xff\x7f\x85R.", "a bytearray of two gigabytes")
    bad("stream_bomb_array.pkl", P2 + glob("numpy.core.multiarray", "_reconstruct") + glob("numpy", "ndarray") + b"J\xff\xff\xff\x7f\x85" +
        text("b") + b"\x87R.", "an array allocated before its state")
    bad("stream_string_utf8.pkl", P2 + b"X\x02\0\0\0\xff\xfe.", "text that is not UTF-8")
    bad("stream_proto0.txt", b"cos\nsystem\n(S'echo'\ntR.", "a text pickle named .txt")
    bad("stream_proto0_inst.txt", b"(S'echo'\nios\nsystem\n.", "INST in a file named .txt")
    bad("stream_proto0_cut.txt", b"cos\nsystem\n(S'echo'\ntR", "the same without STOP")
    bad("stream_proto0_late.md", b"V" + b"words " * 500 + b"\n0cos\nsystem\n(S'echo'\ntR.", "the call beyond the first bytes")
    late = b"cos\nsystem\n(S'echo'\ntR."
    bad("stream_proto0_marks.txt", b"(" * 100 + late, "a call behind a hundred marks")
    bad("stream_proto0_values.txt", b"N" * 200000 + late, "a call behind 200,000 values")
    bad("stream_proto0_opcodes.txt", b"N0" * 1200000 + late, "a call behind millions of opcodes")
    bad("stream_binary_no_proto.txt", short("os") + short("system") + b"\x93" + ARG + b"\x85R.", "binary opcodes without PROTO")
    bad("stream_pickle.safetensors", inner, "a pickle named .safetensors")


# ---- 3: torch and numpy state ----

def storage(kind=b"FloatStorage", key="0", items=4):
    return b"(" + text("storage") + b"ctorch\n" + kind + b"\n" + text(key) + text("cpu") + b"K" + bytes([items]) + b"tQ"


def tensor(size, stride, offset=0, **kw):
    def tup(v):
        return b"(" + b"".join(b"J" + struct.pack("<i", x) for x in v) + b"t"
    return P2 + glob("torch._utils", "_rebuild_tensor_v2") + b"(" + storage(**kw) + b"J" + struct.pack("<i", offset) + tup(size) + tup(stride) + \
        b"\x89" + glob("collections", "OrderedDict") + b")RtR."


def legacy(obj, keys=("0",), data=b"\0" * 16, items=4):
    head = b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9\x03.\x80\x02}."
    tail = P2 + b"](" + b"".join(text(k) for k in keys) + b"e."
    return head + obj + tail + b"".join(struct.pack("<q", items) + data for _ in keys)


def torch_files():
    put("legacy_good.pt", legacy(tensor((2, 2), (2, 1))), "benign", "weights", "a hand-made legacy file")
    bad("legacy_calls.pt", legacy(reduce_of("os", "system")), "a call in the object")
    bad("legacy_too_long.pt", legacy(tensor((3, 2), (2, 1))), "a tensor longer than its storage")
    bad("legacy_stride.pt", legacy(tensor((2, 2), (9, 1))), "a stride beyond the storage")
    bad("legacy_negative.pt", legacy(tensor((2, 2), (-2, 1))), "a negative stride")
    bad("legacy_offset.pt", legacy(tensor((2, 2), (2, 1), offset=1)), "an offset beyond the storage")
    bad("legacy_negative_offset.pt", legacy(tensor((2, 2), (2, 1), offset=-1)), "a negative offset")
    bad("legacy_dims.pt", legacy(tensor((2, 2), (2,))), "sizes and strides differ in number")
    bad("legacy_overflow.pt", legacy(tensor((2147483647,) * 3, (2147483647,) * 3)), "sizes that overflow")
    bad("legacy_kind.pt", legacy(tensor((2, 2), (2, 1), kind=b"Tensor")), "something that is no storage class")
    bad("legacy_missing_key.pt", legacy(tensor((2, 2), (2, 1)), keys=()), "a storage that is not listed")
    bad("legacy_extra_key.pt", legacy(tensor((2, 2), (2, 1)), keys=("0", "1")), "a listed storage that nothing uses")
    bad("legacy_short.pt", legacy(tensor((2, 2), (2, 1)), data=b"\0" * 12), "a storage that is cut")
    bad("legacy_long.pt", legacy(tensor((2, 2), (2, 1)), data=b"\0" * 20), "bytes after the last storage")
    bad("legacy_items.pt", legacy(tensor((2, 2), (2, 1)), items=3), "a storage that says another number of items")
    magic = P2 + glob("builtins", "eval") + text("0x1950a86a20f9469cfc6c") + b"\x85R."
    bad("legacy_magic_computed.pt", magic + legacy(tensor((2, 2), (2, 1)))[15:], "the magic number computed by a call")
    sysinfo = b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9\x03." + reduce_of("os", "system")
    bad("legacy_sysinfo.pt", sysinfo + legacy(tensor((2, 2), (2, 1)))[25:], "a call in the writer's system")
    dt = P2 + glob("numpy", "dtype") + text("V8") + b"\x89\x88\x87R("
    obj = glob("numpy", "dtype") + text("O") + b"\x89\x88\x87R"
    f8 = glob("numpy", "dtype") + text("f8") + b"\x89\x88\x87R"
    bad("dtype_hidden_object.pkl", dt + b"K\x03" + text("|") + b"N" + text("a") + b"\x85}" + text("a") + obj + b"K\x00\x86sK\x08K\x01K\x00tb.",
        "a structured dtype with an object field")
    bad("dtype_field_beyond.pkl", dt + b"K\x03" + text("|") + b"N" + text("a") + b"\x85}" + text("a") + f8 + b"K\x10\x86sK\x08K\x01K\x00tb.",
        "a dtype with a field beyond its size")
    bad("dtype_state.pkl", P2 + glob("numpy", "dtype") + text("f8") + b"\x89\x88\x87R}b.", "a dtype with a dict as state")
    bad("dtype_flags.pkl", P2 + glob("numpy", "dtype") + text("f8") + b"\x89\x88\x87R(K\x03" + text("<") + b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x3ftb.",
        "a float dtype that says it holds objects")


# ---- 4: joblib's inline arrays ----

def wrapper(shape, raw, aligned=True, subclass=("numpy", "ndarray"), dtype="f8", extra=b""):
    d = text("subclass") + glob(*subclass) + text("shape") + b"K" + bytes([shape]) + b"\x85" + text("order") + text("C") + \
        text("dtype") + glob("numpy", "dtype") + text(dtype) + b"\x89\x88\x87R" + text("allow_mmap") + b"\x88" + extra
    if aligned:
        d += text("numpy_array_alignment_bytes") + b"K\x10"
    return P2 + glob("joblib.numpy_pickle", "NumpyArrayWrapper") + b")\x81}(" + d + b"ub" + (b"\x03\xff\xff\xff" if aligned else b"") + raw + b"."


def joblib_files():
    put("joblib_hand.joblib", wrapper(2, b"\0" * 16), "benign", "weights", "one inline array")
    put("joblib_hand_old.joblib", wrapper(2, b"\0" * 16, aligned=False), "benign", "weights", "one inline array without padding")
    bad("joblib_short.joblib", wrapper(200, b"\0" * 16), "an array longer than the file")
    bad("joblib_after.joblib", wrapper(2, b"\0" * 16)[:-1] + b"0" + reduce_of("os", "system")[2:], "a call after the array")
    two = wrapper(8, b"0cos\nsystem\nX\x04\0\0\0echo\x85R." + b"\0" * 35, aligned=False)
    bad("joblib_two_readers.joblib", two, "array bytes that a plain unpickler runs")
    pad = wrapper(2, b"\0" * 16).replace(b"\x03\xff\xff\xff", b"0cos\nsystem\nX\x04\0\0\0echo\x85R." + b"\xff" * 20)
    bad("joblib_padding.joblib", pad, "padding that a plain unpickler runs")
    bad("joblib_object.joblib", wrapper(1, reduce_of("os", "system"), aligned=False, dtype="O"), "a call in an array of objects")
    def lying(code, flags, size):
        return text(code) + b"\x89\x88\x87R(K\x03" + text("<") + b"NNNJ" + struct.pack("<i", size) + b"K\x01K" + bytes([flags]) + b"tb"
    plain = text("f8") + b"\x89\x88\x87R"
    hidden = b"0" + reduce_of("os", "system")[2:]
    for label, dtype, raw in (("size", lying("f8", 0, 64), b"\0" * 16 + hidden + b"\0" * 128), ("flag", lying("f8", 1, -1), b"\0" * 16),
                              ("unflagged", lying("O", 0, -1), P2 + b"N."), ("kind", lying("f7", 0, -1), b"\0" * 16)):
        bad("joblib_dtype_%s.joblib" % label, wrapper(2, raw).replace(plain, dtype), "a dtype that lies about its " + label)
    memo = P4 + short("os") + b"\x940" + short("x") + b"\x940h\x01" + short("system") + b"\x93."
    bad("joblib_nested_memo.joblib", wrapper(1, memo, aligned=False, dtype="O"), "a nested pickle whose memo two readers count differently")
    bad("joblib_subclass.joblib", wrapper(2, b"\0" * 16, subclass=("os", "system")), "a function as the array's class")
    bad("joblib_key.joblib", wrapper(2, b"\0" * 16, extra=text("read") + b"N"), "an attribute that joblib does not write")
    again = wrapper(2, b"\0" * 16)
    bad("joblib_twice.joblib", again.replace(b")\x81}(", b")\x81q\x00}(")[:-1] + b"0h\x00" + b"}(" + b"ub" + b"N0.", "a wrapper that is built twice")


# ---- 5: real files ----

def benign(name, obj, profile, what, protocols=range(6)):
    for p in protocols:
        put("good_%s_p%d.pkl" % (name, p), pickle.dumps(obj, protocol=p), "benign", profile, what)


def plain_values():
    import argparse
    import collections
    import datetime
    import decimal
    import fractions
    import pathlib
    import uuid
    dd = collections.defaultdict(list)
    dd["a"].append(1)
    values = {
        "scalars": [None, True, False, 0, -1, 255, 256, 65536, 2**31, -2**31, 2**63, -2**200, 1.5, float("inf"), float("nan"), 1e300],
        "strings": ["", "a", "caf\u00e9", "\u4e2d\ud800", "x" * 300, "a\nb\\c'\"", "y" * 70000, b"", b"abc", b"z" * 300, b"\xff" * 70000],
        "bytearray": bytearray(b"abc"), "tuples": [(), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4), tuple(range(200))],
        "containers": {"a": [1, {2: (3, {4})}], "s": {1, 2}, "f": frozenset((1, 2)), "e": [set(), frozenset(), {}, []]},
        "collections": [collections.OrderedDict(a=1), dd, collections.deque([1, 2], 5), collections.deque([1]), collections.Counter("abca")],
        "dates": [datetime.datetime(2026, 1, 2, 3, 4, 5), datetime.date(2026, 1, 2), datetime.time(1, 2), datetime.timedelta(1, 2, 3),
                  datetime.timezone.utc, datetime.datetime(2026, 1, 2, tzinfo=datetime.timezone.utc)],
        "numbers": [decimal.Decimal("1.5"), fractions.Fraction(1, 3), complex(1, 2), slice(1, 2, 3), range(5)],
        "paths": [pathlib.PurePosixPath("a/b")], "uuid": uuid.UUID(int=7), "namespace": argparse.Namespace(lr=0.1, name="x"),
        "bignum": 10**3000, "many": list(range(3000)),
    }
    shared = [1]
    shared.append(shared)
    values["cycle"] = shared
    for name, v in values.items():
        benign("plain_" + name, v, "weights", "plain values: " + name)


def numpy_files():
    import numpy as np
    rng = np.random.RandomState(3)
    values = {
        "f8": np.arange(6.0).reshape(2, 3), "fortran": np.asfortranarray(np.ones((3, 2), np.float32)), "big": np.arange(20000),
        "bool": np.array([True]), "str": np.array(["ab", "c"]), "bytes": np.array([b"ab"]), "empty": np.array([]), "zero_d": np.array(3),
        "scalar": [np.float32(1.5), np.int64(3), np.bool_(True), np.str_("x")], "dates": np.array(["2026-01-01"], "M8[D]"),
        "object": np.array([1, "a", None], dtype=object), "record": np.array([(1, 2.0)], dtype=[("a", "i4"), ("b", "f8")]),
        "masked": np.ma.array([1, 2], mask=[True, False]), "types": [np.float64, np.dtype("f4"), np.int32], "random": rng,
        "generator": np.random.default_rng(1), "matrix": np.matrix([[1.0]]), "complex": np.array([1j]), "dict": {"w": np.ones(3), "b": np.zeros(2)},
        "recarray": np.rec.array([(1, 2.0)], dtype=[("a", "i4"), ("b", "f8")]),
    }
    for name, v in values.items():
        benign("numpy_" + name, v, "weights", "numpy: " + name)


def sklearn_objects():
    import numpy as np
    rng = np.random.RandomState(0)
    x = rng.rand(60, 4)
    y = (x.sum(1) > 2).astype(int)
    target = x @ np.arange(4)
    names = """linear_model.LogisticRegression linear_model.LinearRegression linear_model.Ridge linear_model.Lasso linear_model.SGDClassifier
        linear_model.RidgeCV linear_model.ElasticNet linear_model.Perceptron linear_model.BayesianRidge linear_model.HuberRegressor linear_model.PoissonRegressor
        linear_model.LogisticRegressionCV
        svm.SVC svm.LinearSVC svm.SVR svm.NuSVC svm.OneClassSVM tree.DecisionTreeClassifier tree.DecisionTreeRegressor tree.ExtraTreeClassifier
        ensemble.RandomForestClassifier ensemble.RandomForestRegressor ensemble.GradientBoostingClassifier ensemble.GradientBoostingRegressor
        ensemble.HistGradientBoostingClassifier ensemble.HistGradientBoostingRegressor ensemble.AdaBoostClassifier ensemble.BaggingClassifier
        ensemble.ExtraTreesClassifier ensemble.IsolationForest
        neighbors.KNeighborsClassifier neighbors.KNeighborsRegressor neighbors.NearestNeighbors neighbors.LocalOutlierFactor neighbors.KernelDensity
        neighbors.NearestCentroid neighbors.RadiusNeighborsRegressor
        naive_bayes.GaussianNB naive_bayes.MultinomialNB naive_bayes.BernoulliNB neural_network.MLPClassifier neural_network.MLPRegressor
        cluster.KMeans cluster.MiniBatchKMeans cluster.DBSCAN cluster.AgglomerativeClustering cluster.Birch cluster.MeanShift cluster.SpectralClustering
        decomposition.PCA decomposition.NMF decomposition.TruncatedSVD decomposition.FastICA decomposition.LatentDirichletAllocation
        decomposition.IncrementalPCA decomposition.KernelPCA
        mixture.GaussianMixture mixture.BayesianGaussianMixture gaussian_process.GaussianProcessClassifier gaussian_process.GaussianProcessRegressor
        preprocessing.StandardScaler preprocessing.MinMaxScaler preprocessing.RobustScaler preprocessing.PolynomialFeatures preprocessing.Normalizer
        preprocessing.QuantileTransformer preprocessing.PowerTransformer preprocessing.KBinsDiscretizer preprocessing.OneHotEncoder
        preprocessing.OrdinalEncoder preprocessing.Binarizer preprocessing.SplineTransformer impute.SimpleImputer impute.KNNImputer
        discriminant_analysis.LinearDiscriminantAnalysis
        discriminant_analysis.QuadraticDiscriminantAnalysis dummy.DummyClassifier isotonic.IsotonicRegression manifold.TSNE manifold.Isomap
        feature_selection.SelectKBest feature_selection.VarianceThreshold calibration.CalibratedClassifierCV multiclass.OneVsRestClassifier
        cross_decomposition.PLSRegression kernel_ridge.KernelRidge covariance.EllipticEnvelope semi_supervised.LabelPropagation
        random_projection.GaussianRandomProjection kernel_approximation.RBFSampler kernel_approximation.Nystroem"""
    wants = {"MultiOutputClassifier": None, "KernelPCA": {"n_components": 2}, "TSNE": {"n_iter": 250}, "SelectKBest": {"k": 2}}
    from sklearn.linear_model import LogisticRegression
    for path in names.split():
        module, _, name = path.rpartition(".")
        cls = getattr(importlib.import_module("sklearn." + module), name)
        kwargs = dict(wants.get(name) or {})
        if name == "OneVsRestClassifier":
            kwargs["estimator"] = LogisticRegression()
        if name == "GaussianRandomProjection":
            kwargs["n_components"] = 2
        est = cls(**kwargs)
        reg = ("Regress" in name and "Logistic" not in name) or name in ("Ridge", "Lasso", "RidgeCV", "ElasticNet", "SVR", "KernelRidge", "BayesianRidge")
        xx = x[:, 0] if name == "IsotonicRegression" else x
        est.fit(xx, target if reg else y)
        yield name, est
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import LabelEncoder, StandardScaler, LabelBinarizer
    from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
    from sklearn.feature_extraction import DictVectorizer
    from sklearn.model_selection import GridSearchCV
    from sklearn.compose import ColumnTransformer
    from sklearn.ensemble import VotingClassifier, StackingClassifier
    from sklearn.tree import DecisionTreeClassifier
    yield "Pipeline", make_pipeline(StandardScaler(), LogisticRegression()).fit(x, y)
    yield "LabelEncoder", LabelEncoder().fit(["a", "b", "a"])
    yield "LabelBinarizer", LabelBinarizer().fit(["a", "b", "c"])
    yield "TfidfVectorizer", TfidfVectorizer().fit(["one two", "two three"])
    yield "CountVectorizer", CountVectorizer().fit(["one two", "two three"])
    yield "DictVectorizer", DictVectorizer().fit([{"a": 1}, {"b": 2}])
    yield "GridSearchCV", GridSearchCV(LogisticRegression(), {"C": [1, 2]}, cv=2).fit(x, y)
    yield "ColumnTransformer", ColumnTransformer([("s", StandardScaler(), [0, 1])]).fit(x)
    yield "VotingClassifier", VotingClassifier([("a", LogisticRegression()), ("b", DecisionTreeClassifier())]).fit(x, y)
    yield "StackingClassifier", StackingClassifier([("a", LogisticRegression())]).fit(x, y)


def sklearn_files():
    import joblib
    for name, est in sklearn_objects():
        for p in (2, 4, 5):
            put("good_sklearn_%s_p%d.pkl" % (name, p), pickle.dumps(est, protocol=p), "benign", "sklearn", "sklearn " + name)
        file = "good_sklearn_%s.joblib" % name
        joblib.dump(est, os.path.join(OUT, file))
        MANIFEST.append((file, "benign", "sklearn", "sklearn %s by joblib" % name))
    _, est = next(iter(sklearn_objects()))
    for ext, level in (("z", ("zlib", 3)), ("gz", ("gzip", 3)), ("bz2", ("bz2", 3)), ("xz", ("xz", 3)), ("lzma", ("lzma", 3))):
        file = "good_sklearn_compressed.joblib." + ext
        joblib.dump(est, os.path.join(OUT, file), compress=level)
        MANIFEST.append((file, "benign", "sklearn", "joblib with " + level[0]))


def pandas_files():
    import numpy as np
    import pandas as pd
    frame = pd.DataFrame({"a": [1, 2, 3], "b": ["x", "y", "z"], "c": [1.5, None, 2.5], "d": pd.to_datetime(["2026-01-01"] * 3)})
    values = {
        "frame": frame, "series": frame["a"], "text": frame["b"], "indexed": frame.set_index("b"), "multi": frame.set_index(["a", "b"]),
        "category": frame.assign(b=frame.b.astype("category")), "dates": pd.Series(pd.date_range("2026-01-01", periods=3)),
        "dated": frame.set_index(pd.date_range("2026-01-01", periods=3)), "zone": pd.Series(pd.date_range("2026-01-01", periods=3, tz="UTC")),
        "nullable": pd.Series([1, None], dtype="Int64"), "boolean": pd.Series([True, None], dtype="boolean"), "string": pd.Series(["a"], dtype="string"),
        "timedelta": pd.Series(pd.to_timedelta([1, 2], "s")), "timestamp": [pd.Timestamp("2026-01-01"), pd.Timedelta(3), pd.NaT],
        "interval": pd.cut(np.arange(4), 2), "period": pd.Series(pd.period_range("2026-01", periods=2, freq="M")), "range": pd.RangeIndex(3),
        "float_index": pd.Index([1.5, 2.5]), "sparse": pd.Series(pd.arrays.SparseArray([0, 0, 1])),
    }
    for name, v in values.items():
        for p in (2, 4, 5):
            put("good_pandas_%s_p%d.pkl" % (name, p), pickle.dumps(v, protocol=p), "benign", "pandas", "pandas " + name)


def torch_real_files():
    import torch
    from torch import nn
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 26 * 26, 10))
    opt = torch.optim.Adam(model.parameters(), lr=0.01)
    model(torch.zeros(2, 1, 28, 28)).sum().backward()
    opt.step()
    base = torch.arange(24.0).reshape(4, 6)
    saved = {
        "state_dict": (model.state_dict(), "weights"),
        "checkpoint": ({"model": model.state_dict(), "optimizer": opt.state_dict(), "epoch": 3, "loss": 0.5, "rng": torch.get_rng_state()}, "weights"),
        "tensor": (torch.ones(3), "weights"), "views": ([base, base[1:, ::2], base.t(), base[:0]], "weights"),
        "dtypes": ({str(d): torch.zeros(2, 3).to(d) for d in (torch.float16, torch.bfloat16, torch.float64, torch.int8, torch.uint8, torch.int16,
                                                               torch.int32, torch.int64, torch.bool, torch.complex64, torch.complex128)}, "weights"),
        "parameter": (nn.Parameter(torch.ones(2)), "weights"), "misc": ([torch.float32, torch.Size([1, 2]), torch.device("cpu"), torch.strided], "weights"),
        "sparse": (torch.eye(3).to_sparse(), "weights"), "scalar": (torch.tensor(1.5), "weights"),
        "quantized": (torch.quantize_per_tensor(torch.ones(4), 0.1, 0, torch.qint8), "weights"),
        "shared": ({"a": base, "b": base.view(-1)}, "weights"), "numpy": ({"w": base, "n": base.numpy()}, "weights"),
        "module": (model, "torch-module"), "lstm": (nn.LSTM(3, 4, 2), "torch-module"), "transformer": (nn.TransformerEncoderLayer(8, 2), "torch-module"),
        "encoder": (nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2), 2), "torch-module"),
        "layers": (nn.ModuleDict({"e": nn.Embedding(4, 3), "n": nn.LayerNorm(3), "g": nn.GELU(), "d": nn.Dropout(), "l": nn.ModuleList([nn.Linear(3, 3)])}),
                   "torch-module"),
    }
    for name, (v, profile) in saved.items():
        for form, zipped in (("zip", True), ("legacy", False)):
            file = "good_torch_%s_%s.pt" % (name, form)
            torch.save(v, os.path.join(OUT, file), _use_new_zipfile_serialization=zipped)
            MANIFEST.append((file, "benign", profile, "torch.save of %s, %s" % (name, form)))
        if name in ("tensor", "state_dict"):
            for p in (3, 4, 5):
                put("good_torch_%s_p%d.pkl" % (name, p), pickle.dumps(v, protocol=p), "benign", profile, "pickle.dumps of torch " + name)


def stand_in(module, name, base=object, **attrs):
    """A class that pickles under another module's name."""
    parts = module.split(".")
    for i in range(1, len(parts) + 1):
        sys.modules.setdefault(".".join(parts[:i]), types.ModuleType(".".join(parts[:i])))
    cls = type(name, (base,), attrs) if base is object else base(name, attrs)
    cls.__module__ = module
    cls.__qualname__ = name
    setattr(sys.modules[module], name, cls)
    return cls


def trainer_files():
    import enum
    import torch

    def enumeration(name, members):
        return enum.Enum(name, members, type=str)
    args = stand_in("transformers.training_args", "TrainingArguments")()
    optim = stand_in("transformers.training_args", "OptimizerNames", enumeration, ADAMW="adamw_torch")
    interval = stand_in("transformers.trainer_utils", "IntervalStrategy", enumeration, STEPS="steps")
    hub = stand_in("transformers.trainer_utils", "HubStrategy", enumeration, END="end")
    sched = stand_in("transformers.trainer_utils", "SchedulerType", enumeration, LINEAR="linear")
    kind = stand_in("accelerate.utils.dataclasses", "DistributedType", enumeration, NO="NO")
    config = stand_in("transformers.trainer_pt_utils", "AcceleratorConfig")()
    state = stand_in("accelerate.state", "PartialState")()
    config.__dict__.update(split_batches=False)
    state.__dict__.update(_cpu=False, backend=None, device=torch.device("cpu"), distributed_type=kind.NO)
    args.__dict__.update(output_dir="out", optim=optim.ADAMW, save_strategy=interval.STEPS, hub_strategy=hub.END, lr_scheduler_type=sched.LINEAR,
                         accelerator_config=config, distributed_state=state, device=torch.device("cpu"), learning_rate=5e-5, seed=42)
    for form, zipped in (("training_args.bin", True), ("legacy_training_args.bin", False)):
        torch.save(args, os.path.join(OUT, form), _use_new_zipfile_serialization=zipped)
        MANIFEST.append((form, "benign", "hf-trainer", "settings of a trainer, by stand-in classes"))


def text_files():
    """Not pickles, though they begin like one: the pickle scanner must not claim them."""
    for name, body in (("prose", "This is a README.\nIt says how to load the model.\n"), ("csv", "id,name\n1,a\n2,b\n"), ("cat", "cat\ndog\n"),
                       ("import", "(in short)\nnothing\n."), ("name", "Name: x\nIt ends.\n"), ("number", "12\n13\n"), ("int", "I1\nI2\n"),
                       ("code", "import os\nclass A:\n    pass\n"), ("global", "config\nvalue\nRest of it.\n"), ("vocab", "\n".join("abcVSNI.") + "\n")):
        put("text_%s.txt" % name, body.encode(), "text", "-", "ordinary text")


def main():
    os.makedirs(OUT, exist_ok=True)
    for step in (callables, streams, torch_files, joblib_files, plain_values, text_files):
        step()
    for library, step in (("numpy", numpy_files), ("sklearn", sklearn_files), ("pandas", pandas_files), ("torch", torch_real_files),
                          ("torch", trainer_files)):
        try:
            importlib.import_module(library)
        except ImportError:
            print("gen_pickles: without %s: %s left out" % (library, step.__name__), file=sys.stderr)
            continue
        step()
    with open(os.path.join(OUT, "manifest.tsv"), "w") as f:
        for row in MANIFEST:
            f.write("\t".join(row) + "\n")


if __name__ == "__main__":
    main()
