/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/lib/tap.h"

#include "assay/scan.h"
#include "scanners/formats/pickle.h"
#include "scanners/model/allowlist.h"
#include "scanners/registry.h"


static void add(struct ay_buf *b, const char *raw, size_t len)
{
	ay_buf_add(b, raw, len);
}

#define ADD(b, literal) add((b), (literal), sizeof(literal) - 1)
#define GLOBAL(m, n) "c" m "\n" n "\n"

static struct ay_scan_result judge(const void *bytes, size_t len, uint32_t profiles, const char *path)
{
	struct ay_scan_options o = { .profiles = profiles, .path = path };
	struct ay_source in = ay_source_memory(bytes, len);
	struct ay_scan_result r;

	if (ay_scan_run(&in, &o, &r) < 0)
		printf("Bail out! the driver failed\n");
	return r;
}

/* rule NULL: passes. */
static void expect(const void *bytes, size_t len, uint32_t profiles, const char *rule, const char *what)
{
	struct ay_scan_result r = judge(bytes, len, profiles, "x.pkl");

	is_str(r.found_count ? r.found[0].rule->id : "", rule ? rule : "", "%s", what);
	ay_scan_result_free(&r);
}

#define EXPECT(literal, rule, what) expect("" literal, sizeof(literal) - 1, AY_PROFILE_WEIGHTS, rule, what)

static void test_calls(void)
{
	EXPECT("\x80\x02" GLOBAL("os", "system") "X\4\0\0\0echo\x85R.", "pickle.call.denied", "REDUCE");
	EXPECT("\x80\x02" GLOBAL("nobody", "knows") ".", "pickle.global.unknown", "a reference to something unknown");
	EXPECT("\x80\x02" GLOBAL("collections", "OrderedDict") ")R.", NULL, "a listed call");
	EXPECT("\x80\x02" GLOBAL("collections", "OrderedDict") ")\x81.", NULL, "a listed NEWOBJ");
	EXPECT("\x80\x02(" GLOBAL("collections", "OrderedDict") "o.", NULL, "a listed OBJ");
	EXPECT("(icollections\nOrderedDict\n.", NULL, "a listed INST");
	EXPECT("\x80\x02" GLOBAL("torch", "Size") ")\x81.", "pickle.call.denied", "NEWOBJ of what may only be called");
	EXPECT("\x80\x02" GLOBAL("numpy", "float64") "K\1\x85R.", "pickle.call.denied", "a call of what may only be named");
	EXPECT("\x80\x02" GLOBAL("_codecs", "encode") "X\2\0\0\0bfX\5\0\0\0rot13\x86R.", "pickle.call.arguments", "an argument outside of the rule");
	EXPECT("\x80\x02" GLOBAL("_codecs", "encode") "X\2\0\0\0bfX\6\0\0\0latin1\x86R.", NULL, "an argument inside of the rule");
	EXPECT("\x80\x02" GLOBAL("collections", "defaultdict") GLOBAL("builtins", "list") "\x85R.", NULL, "defaultdict(list)");
	EXPECT("\x80\x02" GLOBAL("collections", "defaultdict") GLOBAL("_codecs", "encode") "\x85R.", "pickle.call.arguments", "no factory");
	EXPECT("\x80\x02" GLOBAL("collections", "OrderedDict") "}b.", "pickle.state.denied", "BUILD on a class");
	EXPECT("\x80\x02" GLOBAL("collections", "OrderedDict") ")R}b.", NULL, "BUILD on its instance");
	EXPECT("\x80\x02" GLOBAL("collections", "OrderedDict") ")R]b.", "pickle.state.denied", "a list as state");
	EXPECT("\x80\x02]" GLOBAL("_codecs", "encode") "a.", "pickle.global.misplaced", "a function in a list");
	EXPECT("\x80\x02]" GLOBAL("numpy", "float64") "a.", NULL, "a type in a list");
	EXPECT("\x80\x02" GLOBAL("commands", "getoutput") ".", "pickle.call.denied", "a name of Python 2");
	EXPECT("\x80\x02" GLOBAL("__builtin__", "set") ")R.", NULL, "a harmless name of Python 2");
	EXPECT("\x80\x03" GLOBAL("__builtin__", "set") ")R.", "pickle.global.unknown", "which protocol 3 does not map");
	EXPECT("\x80\x04\x8c\7pathlib\x8c\x09os.system\x93.", "pickle.call.denied", "a dotted name");
	EXPECT("\x80\x02\x82\1.", "pickle.extension", "EXT1");
}

static void test_message(void)
{
	static const char evil[] = "\x80\x02" GLOBAL("os", "system") "X\4\0\0\0echo\x85R.";
	struct ay_scan_result r = judge(evil, sizeof(evil) - 1, AY_PROFILE_WEIGHTS, "x.pkl");

	is_int((long long)r.found_count, 2, "the name and the call are both reported");
	ok(r.found[1].rule->code_execution, "a call is code execution");
	ok(strstr(r.found[1].message, "REDUCE of os.system") != NULL, "the message has form and name: %s", r.found[1].message);
	is_int((long long)r.found[1].off, 23, "and the opcode's offset");
	ay_scan_result_free(&r);
}

static void test_stream(void)
{
	EXPECT("\x80\x02N.", NULL, "the shortest");
	EXPECT("\x80\x02N", "pickle.truncated", "no STOP");
	EXPECT("\x80\x02NX\4\0\0\0abc", "pickle.truncated", "a string that is cut");
	EXPECT("\x80\x02N.N", "pickle.trailing", "one byte more");
	EXPECT("\x80\x02NN.", "pickle.malformed", "a value left over");
	EXPECT("\x80\x02(N.", "pickle.malformed", "a mark left over");
	EXPECT("\x80\x02\x80\x02N.", "pickle.malformed", "PROTO twice");
	EXPECT("\x80\x02h\0.", "pickle.malformed", "an unset memo entry");
	EXPECT("\x80\x02Nq\0" "0h\0.", NULL, "a set one");
	EXPECT("\x80\x02" "0N.", "pickle.malformed", "POP of nothing");
	EXPECT("\x80\x02N(" "0.", NULL, "POP of a mark");
	EXPECT("\x80\x02N(a.", "pickle.malformed", "APPEND across the mark");
	EXPECT("\x80\x02]Ns.", "pickle.malformed", "SETITEM with too little");
	EXPECT("\x80\x02]NNs.", "pickle.malformed", "SETITEM on a list");
	EXPECT("\x80\x02}]Ns.", "pickle.malformed", "a list as a key");
	EXPECT("\x80\x04\x95\2\0\0\0\0\0\0\0N.", NULL, "a frame that fits");
	EXPECT("\x80\x04\x95\3\0\0\0\0\0\0\0N.", "pickle.truncated", "a frame beyond the end");
	EXPECT("\x80\x04\x95\1\0\0\0\0\0\0\0K\1.", "pickle.malformed", "an opcode beyond its frame");
	EXPECT("\x80\x04\x95\3\0\0\0\0\0\0\0N.N", "pickle.malformed", "a frame that goes on after STOP");
	EXPECT("\x80\x02X\2\0\0\0\xff\xfe.", "pickle.malformed", "text that is not UTF-8");
	EXPECT("\x80\x02X\3\0\0\0\xed\xa0\x80.", NULL, "a lone surrogate, which Python writes");
	EXPECT("\x80\x04\x8e\0\0\0\0\0\0\0\x40.", "pickle.truncated", "more bytes than there can be");
	EXPECT("\x80\x02\x8a\x09\1\1\1\1\1\1\1\1\1.", NULL, "a long int");
	EXPECT("I01\n.", NULL, "text bool");
	EXPECT("I02\n.", NULL, "text int");
	EXPECT("\x80\x02I0x2\n.", "pickle.malformed", "hexadecimal text int");
	EXPECT("\x80\x02L5L\n.", NULL, "text long");
	EXPECT("\x80\x02" "F1.5e3\n.", NULL, "text float");
	EXPECT("\x80\x02" "F1.5x\n.", "pickle.malformed", "a text float with more");
	EXPECT("\x80\x02S'a'\n.", NULL, "STRING");
	EXPECT("\x80\x02S'a\"\n.", "pickle.malformed", "STRING with two kinds of quotes");
	EXPECT("\x80\x02S'\n.", "pickle.malformed", "STRING of one quote");
	EXPECT("\x80\x02Q.", "pickle.malformed", "BINPERSID of nothing");
	EXPECT("\x80\x02NQ.", "pickle.persistent-id", "BINPERSID outside of torch");
}

/* n times one byte between a head and a tail. */
static void repeated(const char *head, size_t head_len, char byte, size_t n, const char *tail, const char *rule, const char *what)
{
	struct ay_buf b = ay_buf_new(64 * MIB);

	ay_buf_add(&b, head, head_len);
	for (size_t i = 0; i < n; i++)
		ay_buf_addc(&b, (uint8_t)byte);
	ay_buf_adds(&b, tail);
	expect(b.data, b.len, AY_PROFILE_WEIGHTS, rule, what);
	ay_buf_free(&b);
}

static void test_limits(void)
{
	char put[32];
	int n;

	repeated("\x80\x02)", 3, (char)0x85, AY_LIMIT_PICKLE_DEPTH - 1, ".", NULL, "as deep as allowed");
	repeated("\x80\x02)", 3, (char)0x85, AY_LIMIT_PICKLE_DEPTH, ".", "pickle.limit", "one deeper");
	repeated("\x80\x02(", 3, 'N', AY_LIMIT_PICKLE_STACK, "t.", NULL, "as many values as allowed");
	repeated("\x80\x02(", 3, 'N', AY_LIMIT_PICKLE_STACK + 1, "t.", "pickle.limit", "one more");
	repeated("\x80\x02" GLOBAL("pathlib", "PurePath") "(", 21, 'N', 64, "tR.", NULL, "as many arguments as are kept");
	repeated("\x80\x02" GLOBAL("pathlib", "PurePath") "(", 21, 'N', 65, "tR.", "pickle.call.arguments", "one more");
	n = snprintf(put, sizeof(put), "\x80\x02Np%llu\n.", (unsigned long long)AY_LIMIT_PICKLE_MEMO - 1);
	expect(put, (size_t)n, AY_PROFILE_WEIGHTS, NULL, "the last memo index");
	n = snprintf(put, sizeof(put), "\x80\x02Np%llu\n.", (unsigned long long)AY_LIMIT_PICKLE_MEMO);
	expect(put, (size_t)n, AY_PROFILE_WEIGHTS, "pickle.limit", "one beyond");

	struct ay_buf b = ay_buf_new(1024);

	ADD(&b, "\x80\x02)");
	for (int i = 0; i < 64; i++)
		ADD(&b, "2\x86");
	ADD(&b, ".");
	expect(b.data, b.len, AY_PROFILE_WEIGHTS, "pickle.limit", "shared values that expand");
	ay_buf_free(&b);
}

/* Opcodes and strings at every place around the window's end. */
static void test_windows(void)
{
	const size_t window = 256 * KIB;
	unsigned bad = 0, missed = 0;

	for (size_t shift = 0; shift < 48; shift++) {
		struct ay_buf b = ay_buf_new(2 * MIB);
		size_t fill = window - 24 - shift;
		struct ay_scan_result r;

		ADD(&b, "\x80\x04" "B");
		ay_buf_le32(&b, (uint32_t)fill);
		for (size_t i = 0; i < fill; i++)
			ay_buf_addc(&b, 'R');
		ADD(&b, "0X\6\0\0\0\xe4\xb8\xad\xe4\xb8\xad" "0G\0\0\0\0\0\0\0\0" "0I12\n0");
		size_t good = b.len;

		ADD(&b, "N.");
		r = judge(b.data, b.len, AY_PROFILE_WEIGHTS, "x.pkl");
		bad += r.found_count != 0;
		ay_scan_result_free(&r);
		b.len = good;
		ADD(&b, "\x8c\2os\x8c\6system\x93.");
		r = judge(b.data, b.len, AY_PROFILE_WEIGHTS, "x.pkl");
		missed += r.found_count != 1 || strcmp(r.found[0].rule->id, "pickle.call.denied") != 0;
		ay_scan_result_free(&r);
		ay_buf_free(&b);
	}
	is_int(bad, 0, "good opcodes around the window's end");
	is_int(missed, 0, "a name around the window's end");
}

static void test_long_text(void)
{
	const size_t len = 3 * 256 * KIB;
	struct ay_buf b = ay_buf_new(2 * MIB);

	ADD(&b, "\x80\x04\x8d");
	ay_buf_le64(&b, len);
	for (size_t i = 0; i < len / 3; i++)
		ADD(&b, "\xe4\xb8\xad");
	ADD(&b, ".");
	expect(b.data, b.len, AY_PROFILE_WEIGHTS, NULL, "text longer than the window, characters across its end");
	b.data[b.len - 2] = 'x';
	expect(b.data, b.len, AY_PROFILE_WEIGHTS, "pickle.malformed", "its last character is cut");
	b.data[b.len - 2] = 0xad;
	b.data[11 + 256 * KIB + 1] = 0xff;
	expect(b.data, b.len, AY_PROFILE_WEIGHTS, "pickle.malformed", "a bad byte in the middle");
	ay_buf_free(&b);
}

/* Opcodes that are run many at a time end where their frame ends, or are the frame's fault. */
static void test_dense(void)
{
	static const struct { const char *bytes; size_t len; } ops[] = {
		{ "N", 1 }, { "\x88", 1 }, { "\x89", 1 }, { "G\0\0\0\0\0\0\0\0", 9 }, { "K\1", 2 }, { "M\1\1", 3 }, { "J\1\1\1\1", 5 },
		{ "\x8c\2ab", 4 }, { "\x8c\0", 2 }, { "X\x9\0\0\0abcdefghi", 14 }, { "X\3\0\0\0\xe4\xb8\xad", 8 }, { "h\0", 2 },
		{ "j\0\0\0\0", 5 }, { "q\1", 2 }, { "r\1\0\0\0", 5 }, { "\x94", 1 },
	};
	unsigned good = 0, early = 0, cut = 0, wants = 0;

	for (size_t i = 0; i < AY_ARRAY_LEN(ops); i++)
		for (size_t part = 1; part <= ops[i].len; part++) {
			struct ay_buf b = ay_buf_new(1024);

			ADD(&b, "\x80\4\x95");
			ay_buf_le64(&b, 3 + part);
			ADD(&b, "(N\x94");
			add(&b, ops[i].bytes, ops[i].len);
			size_t end = b.len;

			ADD(&b, "t.");
			struct ay_scan_result r = judge(b.data, b.len, AY_PROFILE_WEIGHTS, "x.pkl");

			good += part == ops[i].len && r.found_count == 0;
			early += part < ops[i].len && r.found_count == 1 && strcmp(r.found[0].rule->id, "pickle.malformed") == 0;
			wants += part < ops[i].len;
			ay_scan_result_free(&r);
			r = judge(b.data, end - ops[i].len + part, AY_PROFILE_WEIGHTS, "x.pkl");
			cut += r.found_count == 1;
			ay_scan_result_free(&r);
			ay_buf_free(&b);
		}
	is_int(good, AY_ARRAY_LEN(ops), "each opcode at the end of a frame");
	is_int(early, wants, "none of them reaches beyond it");
	is_int(cut, wants + AY_ARRAY_LEN(ops), "nor beyond the input");
	EXPECT("\x80\2N(q\0t\x86.", "pickle.malformed", "BINPUT of what is below a mark");
	EXPECT("\x80\4N(\x94t\x86.", "pickle.malformed", "MEMOIZE of it");
	EXPECT("\x80\4\x94.", "pickle.malformed", "MEMOIZE of nothing");
	EXPECT("\x80\2Nj\0\x20\0\0\x86.", "pickle.malformed", "an unset memo entry far away");
	EXPECT("\x80\2(Nq\1h\0t.", "pickle.malformed", "an unset one beside a set one");
	EXPECT("\x80\2X\4\0\0\0ab\xc3\x28.", "pickle.malformed", "text whose last character is none");
	EXPECT("\x80\2X\x9\0\0\0" "aaaaaaaa\xff.", "pickle.malformed", "a bad byte after eight good ones");
	EXPECT("\x80\2X\7\0\0\0\xff" "aaaaaa.", "pickle.malformed", "a bad byte before fewer");
}

static void test_memo(void)
{
	struct ay_buf b = ay_buf_new(64 * KIB);

	ADD(&b, "\x80\4N");
	for (int i = 0; i < 5000; i++)
		ADD(&b, "\x94");
	ADD(&b, "j\xff\x0f\0\0\x86" "j\0\x10\0\0\x86" "j\x87\x13\0\0\x86.");
	expect(b.data, b.len, AY_PROFILE_WEIGHTS, NULL, "5,000 memo entries");
	b.data[b.len - 6] = (uint8_t)0x88;
	expect(b.data, b.len, AY_PROFILE_WEIGHTS, "pickle.malformed", "one more was never set");
	ay_buf_free(&b);
}

static void test_text_numbers(void)
{
	static const char *const good[] = {
		"F0", "F-0.5", "F+.5", "F5.", "F1e5", "F1.5E+300", "F1e-7", "Finf", "F-inf", "Fnan", "F99999999999999999999999", "I0", "I-12",
		"I9223372036854775807", "I-9223372036854775808", "I99999999999999999999999", "L1", "L-1L", "I00", "I01", "I-0",
	};
	static const char *const bad[] = {
		"F", "F.", "F-", "Fe5", "F1e", "F1e+", "F1.5.", "F--1", "Finfinity", "Finfe", "F1 ", "F 1", "F0x1", "FINF", "F1-", "F.e1", "I", "I-", "I+1",
		"I1L", "I1.0", "I 1", "L", "LL", "L-", "L-L", "L1LL", "I--1", "p", "p-1", "p1x", "p99999999999999999999", "p100000000000000000000000", "g1x",
	};
	char text[64];

	for (size_t i = 0; i < AY_ARRAY_LEN(good); i++) {
		int n = snprintf(text, sizeof(text), "\x80\2%s\n.", good[i]);

		expect(text, (size_t)n, AY_PROFILE_WEIGHTS, NULL, good[i]);
	}
	for (size_t i = 0; i < AY_ARRAY_LEN(bad); i++) {
		int n = snprintf(text, sizeof(text), "\x80\2%s%s\n.", bad[i][0] == 'p' ? "N" : "", bad[i]);

		expect(text, (size_t)n, AY_PROFILE_WEIGHTS, "pickle.malformed", bad[i]);
	}
	EXPECT("\x80\2F1\0\n.", "pickle.malformed", "a NUL after a text float");
}

/* A wrapper's state for an array of two floats. */
#define WRAPPER_HEAD "\x80\x02" GLOBAL("joblib.numpy_pickle", "NumpyArrayWrapper") ")\x81}(X\x08\0\0\0subclass" GLOBAL("numpy", "ndarray") \
	"X\5\0\0\0shapeK\2\x85X\5\0\0\0orderX\1\0\0\0CX\5\0\0\0dtype" GLOBAL("numpy", "dtype") "X\2\0\0\0f8\x89\x88\x87R"
#define ALIGNED "X\x1b\0\0\0numpy_array_alignment_bytesK\x10"
#define EIGHT "\0\0\0\0\0\0\0\0"

static void test_joblib(void)
{
	EXPECT(WRAPPER_HEAD ALIGNED "ub\1\xff" EIGHT EIGHT ".", NULL, "an array with padding");
	EXPECT(WRAPPER_HEAD ALIGNED "ub\0" EIGHT EIGHT ".", NULL, "padding of none");
	EXPECT(WRAPPER_HEAD ALIGNED "ub\x11\xff" EIGHT EIGHT ".", "pickle.malformed", "more padding than joblib writes");
	EXPECT(WRAPPER_HEAD "ub" EIGHT EIGHT ".", NULL, "an array without padding");
	EXPECT(WRAPPER_HEAD "ub" EIGHT EIGHT, "pickle.truncated", "the stream ends after the array");
	EXPECT(WRAPPER_HEAD "ub" EIGHT ".", "pickle.truncated", "the array is cut");
	EXPECT(WRAPPER_HEAD "ub0cos\nsystem\n....", "pickle.inline-array", "bytes that are opcodes to another reader");
	EXPECT(WRAPPER_HEAD "ub" EIGHT EIGHT "0" GLOBAL("os", "system") ".", "pickle.call.denied", "opcodes go on after the array");
	EXPECT(WRAPPER_HEAD "X\4\0\0\0readNub" EIGHT EIGHT ".", "pickle.malformed", "an attribute that joblib does not write");
	EXPECT("\x80\x02" GLOBAL("joblib.numpy_pickle", "NumpyArrayWrapper") ")\x81}b.", "pickle.malformed", "a wrapper without its attributes");
}

#define MAGIC "\x80\x02\x8a\x0al\xfc\x9c\x46\xf9 j\xa8P\x19."
#define LEGACY_HEAD MAGIC "\x80\x02M\xe9\3.\x80\x02}."
#define STORAGE(n) "(X\7\0\0\0storage" GLOBAL("torch", "FloatStorage") "X\1\0\0\0" "0X\3\0\0\0cpuK" n "tQ"
#define TENSOR(n, offset, size, stride) "\x80\x02" GLOBAL("torch._utils", "_rebuild_tensor_v2") "(" STORAGE(n) "K" offset size stride "\x89" \
	GLOBAL("collections", "OrderedDict") ")RtR."
#define KEYS "\x80\x02](X\1\0\0\0" "0e."
#define FOUR_FLOATS "\4\0\0\0\0\0\0\0" EIGHT EIGHT

#define DTYPE(code, flags, size) GLOBAL("numpy", "dtype") "X\2\0\0\0" code "\x89\x88\x87R(K\3X\1\0\0\0<NNN" size "K\1" flags "tb"
#define MINUS "J\xff\xff\xff\xff"

/* What numpy and joblib believe of a dtype decides how many bytes are an array and how many are opcodes. */
static void test_dtype(void)
{
	EXPECT("\x80\2" DTYPE("f8", "K\0", MINUS) ".", NULL, "f8");
	EXPECT("\x80\2" DTYPE("f8", "K\0", "K\x10") ".", "pickle.state.denied", "f8 of 16 bytes");
	EXPECT("\x80\2" DTYPE("f8", "K\1", MINUS) ".", "pickle.state.denied", "f8 that says it holds objects");
	EXPECT("\x80\2" DTYPE("O8", "K\x3f", MINUS) ".", NULL, "objects");
	EXPECT("\x80\2" DTYPE("O8", "K\0", MINUS) ".", "pickle.state.denied", "objects that say they are none");
	EXPECT("\x80\2" DTYPE("U2", "K\x08", "K\x08") ".", NULL, "text has its size in the state");
	EXPECT("\x80\2" DTYPE("U2", "K\x08", MINUS) ".", "pickle.state.denied", "and must have it");
	EXPECT("\x80\2" DTYPE("f7", "K\0", MINUS) ".", "pickle.call.arguments", "a size that no float has");
	EXPECT("\x80\2" GLOBAL("numpy", "dtype") GLOBAL("numpy", "float64") "\x89\x88\x87R.", "pickle.call.arguments", "a class as a code");
	EXPECT("\x80\2" GLOBAL("builtins", "list") GLOBAL("builtins", "range") "J\xff\xff\xff\x7f\x85R\x85R.", "pickle.call.arguments",
	       "a list that its argument blows up");
	EXPECT("\x80\2" GLOBAL("builtins", "bytearray") "J\xff\xff\xff\x7f\x85R.", "pickle.call.arguments", "a bytearray of a size");
	EXPECT("\x80\2" GLOBAL("numpy.core.multiarray", "_reconstruct") GLOBAL("numpy", "ndarray") "J\xff\xff\xff\x7f\x85X\1\0\0\0b\x87R.",
	       "pickle.call.arguments", "an array that is allocated before its state");
	EXPECT("\x80\2" GLOBAL("joblib.numpy_pickle", "NumpyArrayWrapper") ")\x81}(X\x08\0\0\0subclass" GLOBAL("numpy", "ndarray")
	       "X\5\0\0\0shapeK\1\x85X\5\0\0\0orderX\1\0\0\0CX\5\0\0\0dtype" GLOBAL("numpy", "dtype") "X\1\0\0\0O\x89\x88\x87Rub"
	       "\x80\2N..", NULL, "a nested pickle");
	EXPECT("\x80\2" GLOBAL("joblib.numpy_pickle", "NumpyArrayWrapper") ")\x81}(X\x08\0\0\0subclass" GLOBAL("numpy", "ndarray")
	       "X\5\0\0\0shapeK\1\x85X\5\0\0\0orderX\1\0\0\0CX\5\0\0\0dtype" GLOBAL("numpy", "dtype") "X\1\0\0\0O\x89\x88\x87Rub"
	       "\x80\2N\x94..", "pickle.malformed", "whose memo two readers number differently");
}

static void test_legacy(void)
{
	EXPECT(LEGACY_HEAD TENSOR("\4", "\0", "K\2K\2\x86", "K\2K\1\x86") KEYS FOUR_FLOATS, NULL, "two by two of four");
	EXPECT(LEGACY_HEAD TENSOR("\4", "\0", "K\2K\3\x86", "K\2K\1\x86") KEYS FOUR_FLOATS, "pickle.tensor-geometry", "one item too many");
	EXPECT(LEGACY_HEAD TENSOR("\4", "\1", "K\2K\2\x86", "K\2K\1\x86") KEYS FOUR_FLOATS, "pickle.tensor-geometry", "an offset too far");
	EXPECT(LEGACY_HEAD TENSOR("\4", "\4", "K\0\x85", "K\1\x85") KEYS FOUR_FLOATS, NULL, "an empty tensor at the end");
	EXPECT(LEGACY_HEAD TENSOR("\4", "\5", "K\0\x85", "K\1\x85") KEYS FOUR_FLOATS, "pickle.tensor-geometry", "an empty tensor beyond it");
	EXPECT(LEGACY_HEAD TENSOR("\4", "\0", "J\xff\xff\xff\xff\x85", "K\1\x85") KEYS FOUR_FLOATS, "pickle.tensor-geometry", "a negative size");
	EXPECT(LEGACY_HEAD TENSOR("\4", "\0", "I2\n\x85", "L1L\n\x85") KEYS FOUR_FLOATS, NULL, "numbers as text");
	EXPECT(LEGACY_HEAD TENSOR("\4", "\0", "I5\n\x85", "L1L\n\x85") KEYS FOUR_FLOATS, "pickle.tensor-geometry", "one too many of them");
	EXPECT(LEGACY_HEAD TENSOR("\4", "\0", "I-1\n\x85", "K\1\x85") KEYS FOUR_FLOATS, "pickle.tensor-geometry", "a negative one");
	EXPECT(LEGACY_HEAD TENSOR("\4", "\0", "L18446744073709551618L\n\x85", "K\1\x85") KEYS FOUR_FLOATS, "pickle.tensor-geometry",
	       "two and 64 bits more");
	EXPECT(LEGACY_HEAD TENSOR("\4", "\0", "K\2\x85", "K\2K\1\x86") KEYS FOUR_FLOATS, "pickle.tensor-geometry", "one stride too many");
	EXPECT(LEGACY_HEAD TENSOR("\3", "\0", "K\2\x85", "K\1\x85") KEYS FOUR_FLOATS, "torch-legacy.malformed", "the storage has other items");
	EXPECT(LEGACY_HEAD TENSOR("\4", "\0", "K\2\x85", "K\1\x85") "\x80\x02]." FOUR_FLOATS, "torch-legacy.malformed", "the storage is not listed");
	EXPECT(LEGACY_HEAD TENSOR("\4", "\0", "K\2\x85", "K\1\x85") KEYS FOUR_FLOATS "x", "torch-legacy.malformed", "one byte more");
	EXPECT(LEGACY_HEAD "\x80\x02" GLOBAL("os", "system") "X\4\0\0\0echo\x85R.", "pickle.call.denied", "a call in the object");
	EXPECT(MAGIC "\x80\x02" GLOBAL("collections", "OrderedDict") ")R.", "pickle.malformed", "a name where the protocol belongs");
}

static bool admits(uint32_t have, uint32_t need)
{
	return (need & ~(have | AY_PROFILE_WEIGHTS)) == 0;
}

static void test_profiles(void)
{
	static const char lr[] = "\x80\x02" GLOBAL("sklearn.svm._classes", "SVC") ")\x81}b.";
	static const char both[] = "\x80\x02" GLOBAL("sklearn.svm._classes", "SVC") ")\x81}b0" GLOBAL("os", "system") ".";
	static const char args[] = "\x80\x02" GLOBAL("transformers.training_args", "TrainingArguments") ")\x81}b.";
	static const char member[] = "\x80\x02" GLOBAL("builtins", "getattr") GLOBAL("transformers.training_args", "OptimizerNames") \
		"X\5\0\0\0ADAMW\x86R.";
	static const char method[] = "\x80\x02" GLOBAL("builtins", "getattr") GLOBAL("transformers.training_args", "OptimizerNames") \
		"X\3\0\0\0mro\x86R.";
	struct ay_scan_result r = judge(lr, sizeof(lr) - 1, AY_PROFILE_WEIGHTS, "model.pkl");

	is_str(r.found[0].rule->id, "pickle.profile", "another profile permits it");
	ok(admits(AY_PROFILE_SKLEARN, r.profile_would_pass) && (r.profile_would_pass & AY_PROFILE_SKLEARN), "which the result names");
	ay_scan_result_free(&r);
	expect(lr, sizeof(lr) - 1, AY_PROFILE_WEIGHTS | AY_PROFILE_SKLEARN, NULL, "and with it the file passes");
	r = judge(both, sizeof(both) - 1, AY_PROFILE_WEIGHTS, "model.pkl");
	is_int(r.profile_would_pass, 0, "no profile helps against a call");
	ay_scan_result_free(&r);
	r = judge(args, sizeof(args) - 1, AY_PROFILE_WEIGHTS, "run/training_args.bin");
	is_str(r.found[0].rule->id, "pickle.trainer-file", "training_args.bin has a rule of its own");
	ok(strstr(r.found[0].message, "--exclude training_args.bin") != NULL, "and says what to do");
	ay_scan_result_free(&r);
	expect(member, sizeof(member) - 1, AY_PROFILE_WEIGHTS, "pickle.call.denied", "getattr is denied");
	expect(member, sizeof(member) - 1, AY_PROFILE_HF_TRAINER, NULL, "but for the member of a listed enumeration");
	expect(method, sizeof(method) - 1, AY_PROFILE_HF_TRAINER, "pickle.call.arguments", "not for its methods");
}

static unsigned bid_of(const char *text, size_t len, const char *path)
{
	struct ay_source in = ay_source_memory(text, len);
	struct ay_cursor head = ay_cursor_of(text, len < AY_LIMIT_SCAN_HEAD ? len : AY_LIMIT_SCAN_HEAD, 0);

	return ay_scanner_pickle.bid(head, &in, path);
}

#define BID(literal, path) bid_of("" literal, sizeof(literal) - 1, path)

static void test_bid(void)
{
	ok(BID("\x80\x04\x95\2\0\0\0\0\0\0\0N.", "x") > 0, "PROTO and FRAME");
	ok(BID("\x80\x06N.", "x.pkl") == 0, "protocol 6 is none");
	ok(BID("\x80\x02\xff", "x.pkl") == 0, "nor is PROTO before no opcode");
	ok(BID("cos\nsystem\n(S'echo'\ntR.", "x.txt") > 0, "a text pickle that calls, whatever its name");
	ok(BID("cos\nsystem\n(S'echo'\ntR", "x.txt") > 0, "also without STOP");
	ok(BID("(S'echo'\nios\nsystem\n.", "x.txt") > 0, "INST");
	ok(BID("\x8c\2os\x8c\6system\x93)R.", "x.txt") > 0, "binary opcodes without PROTO");
	ok(BID("(lp0\nI1\na.", "x.pkl") > 0, "values alone, by the suffix");
	ok(BID("(lp0\nI1\na.", "x.txt") == 0, "not without it");
	ok(BID("This is text.\nIt has lines.\n", "x.txt") == 0, "prose");
	ok(BID("cat\ndog\nRat.\n", "x.txt") == 0, "words that look like GLOBAL and REDUCE");
	ok(BID("id,name\n1,2\n", "x.pkl") == 0, "CSV");
	ok(BID("{\"a\": 1}\n", "x.pkl") == 0, "JSON");
	ok(BID("PK\3\4\n.", "x.pt") == 0, "zip");
	ok(BID("", "x.pkl") == 0, "nothing");
}

/* What goes on for long before it calls is no text either. */
static void test_bid_long(void)
{
	struct ay_buf b = ay_buf_new(8 * MIB);

	for (int i = 0; i < 2000; i++)
		ay_buf_addc(&b, '(');
	ay_buf_adds(&b, "cos\nsystem\n(S'echo'\ntR.");
	ok(bid_of((const char *)b.data, b.len, "x.txt") > 0, "2,000 marks, then a call");
	ay_buf_clear(&b);
	for (int i = 0; i < 200000; i++)
		ay_buf_addc(&b, 'N');
	ay_buf_adds(&b, "cos\nsystem\n(S'echo'\ntR.");
	ok(bid_of((const char *)b.data, b.len, "x.txt") > 0, "200,000 values, then a call");
	ay_buf_clear(&b);
	for (int i = 0; i < 1200000; i++)
		ay_buf_adds(&b, "N0");
	ay_buf_adds(&b, "cos\nsystem\n(S'echo'\ntR.");
	ok(bid_of((const char *)b.data, b.len, "x.txt") > 0, "over two million opcodes, then a call");
	ay_buf_free(&b);
}

/* bsearch needs the order, and two profiles must not claim one name. */
static void test_tables(void)
{
	unsigned disorder = 0, doubles = 0, letters = 0;
	size_t rows = 0;

	for (size_t t = 0; ay_allow_tables[t]; t++) {
		const struct ay_allow_table *table = ay_allow_tables[t];

		for (size_t i = 0; i < table->count; i++, rows++) {
			const struct ay_allow *a = &table->rows[i];
			int order = i ? strcmp(a[-1].module, a->module) : -1;

			disorder += order > 0 || (order == 0 && strcmp(a[-1].name, a->name) >= 0);
			doubles += ay_allow_find(a->module, a->name) != a;
			letters += a->args && strspn(a->args, "ifsbondtulmcyzCLDESHKOFAXTRYUG|*") != strlen(a->args);
		}
	}
	is_int(disorder, 0, "all %zu rows are in order", rows);
	is_int(doubles, 0, "and each finds itself");
	is_int(letters, 0, "patterns have known letters only");
	ok(ay_allow_find("numpy._core.multiarray", "_reconstruct") == ay_allow_find("numpy.core.multiarray", "_reconstruct"), "numpy 2's modules");
	ok(!ay_allow_find("sklearn.preprocessing._function_transformer", "FunctionTransformer"), "holders of functions are in no profile");
	ok(!ay_allow_find("os", "system") && ay_deny_reason("os", "system"), "os.system is denied");
	ok(ay_deny_reason("pathlib", "os.system") != NULL, "also behind a dotted name");
	ok(!ay_deny_reason("ossify", "system"), "a prefix of a word is not a module");
}

int main(void)
{
	test_calls();
	test_message();
	test_stream();
	test_limits();
	test_windows();
	test_long_text();
	test_dense();
	test_memo();
	test_text_numbers();
	test_joblib();
	test_dtype();
	test_legacy();
	test_profiles();
	test_bid();
	test_bid_long();
	test_tables();
	return done_testing();
}
