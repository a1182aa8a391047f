#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes files of weight formats, good ones and ones that attack readers, into a directory.

gen_weights.py DIR writes DIR/NAME and DIR/INDEX.tsv: file, expected verdict, a rule that must be among the findings
("-": none at all), and a sentence that says what it is. Written by the formats' specifications; standard library only.
"""
import os
import struct
import sys

U32, F32, BOOL, STRING, ARRAY = 4, 6, 7, 8, 9
LLAMA3 = ("{{- bos_token }}{%- for message in messages %}{{- '<|start_header_id|>' + message['role'] + '<|end_header_id|>\n\n' "
          "+ message['content'] | trim + '<|eot_id|>' }}{%- endfor %}"
          "{%- if add_generation_prompt %}{{- '<|start_header_id|>assistant<|end_header_id|>\n\n' }}{%- endif %}")


def text(s):
    s = s.encode()
    return struct.pack("<Q", len(s)) + s


def pair(key, kind, value):
    return text(key) + struct.pack("<I", kind) + value


def array(kind, values):
    return struct.pack("<IQ", kind, len(values)) + b"".join(values)


def tensor(name, shape, kind, off):
    return text(name) + struct.pack("<I", len(shape)) + b"".join(struct.pack("<Q", d) for d in shape) + struct.pack("<IQ", kind, off)


def gguf(pairs, tensors, data, version=3, alignment=32, counts=None):
    n_tensors, n_pairs = counts or (len(tensors), len(pairs))
    head = b"GGUF" + struct.pack("<IQQ", version, n_tensors, n_pairs) + b"".join(pairs) + b"".join(tensors)
    return head + bytes(-len(head) % alignment) + data


ARCH = pair("general.architecture", STRING, text("llama"))


def template(text_, key="tokenizer.chat_template"):
    return gguf([ARCH, pair(key, STRING, text(text_))], [], b"")


def good():
    words = [text(w) for w in ("<s>", "</s>", "\u2581the", "")]
    yield "good_llama.gguf", "Metadata of a language model and tensors of three types.", gguf(
        [ARCH, pair("tokenizer.ggml.tokens", ARRAY, array(STRING, words)),
         pair("tokenizer.ggml.scores", ARRAY, array(F32, [struct.pack("<f", i) for i in range(4)])),
         pair("tokenizer.ggml.add_bos_token", BOOL, b"\1"), pair("tokenizer.chat_template", STRING, text(LLAMA3))],
        [tensor("token_embd.weight", (4, 4), 0, 0), tensor("blk.0.attn_q.weight", (256, 1), 12, 64), tensor("output_norm.weight", (5,), 1, 224)],
        bytes(64 + 144 + 16 + 10))
    yield "good_v2.gguf", "Version 2 without tensors.", gguf([ARCH], [], b"", version=2)
    yield "good_alignment.gguf", "Tensors at multiples of 64.", gguf(
        [pair("general.alignment", U32, struct.pack("<I", 64))], [tensor("a", (3,), 24, 0), tensor("b", (1,), 28, 64)], bytes(128), alignment=64)


def bad():
    one = [tensor("a", (8,), 0, 0)]
    yield "magic_only.gguf", "gguf.truncated", "Nothing but the magic.", b"GGUF"
    yield "pairs_2_64.gguf", "gguf.truncated", "A count of pairs of 2^64-1.", gguf([], [], b"", counts=(0, 2**64 - 1))
    yield "tensors_2_63.gguf", "gguf.truncated", "A count of tensors of 2^63.", gguf([], [], b"", counts=(2**63, 0))
    yield "key_2_62.gguf", "gguf.truncated", "A key of 2^62 bytes.", gguf([struct.pack("<Q", 2**62) + b"k" * 32], [], b"")
    yield "text_left1.gguf", "gguf.truncated", "A text one byte longer than what is left.", gguf(
        [text("k") + struct.pack("<I", STRING) + struct.pack("<Q", 5) + b"four"], [], b"", alignment=1)
    yield "array_wraps.gguf", "gguf.truncated", "An array whose size in bytes wraps to zero.", gguf(
        [pair("k", ARRAY, struct.pack("<IQ", U32, 2**62))], [], b"")
    yield "array_nested.gguf", "gguf.malformed", "Arrays nested in arrays, which exhausts a recursive reader.", gguf(
        [pair("k", ARRAY, struct.pack("<IQ", ARRAY, 1) * 1000)], [], b"")
    yield "type_13.gguf", "gguf.malformed", "A value of type 13.", gguf([pair("k", 13, bytes(8))], [], b"")
    yield "key_twice.gguf", "gguf.duplicate", "One key, two values.", gguf([ARCH, ARCH], [], b"")
    yield "name_twice.gguf", "gguf.duplicate", "Two tensors of one name.", gguf([], [tensor("a", (8,), 0, 0), tensor("a", (8,), 0, 32)], bytes(64))
    yield "alignment_0.gguf", "gguf.malformed", "An alignment of zero, by which readers divide.", gguf(
        [pair("general.alignment", U32, bytes(4))], one, bytes(32))
    yield "dims_5.gguf", "gguf.malformed", "Five dimensions in a reader's array of four.", gguf([], [tensor("a", (1,) * 5, 0, 0)], bytes(32))
    yield "elements_wrap.gguf", "gguf.layout", "A shape whose product wraps to a small number (CVE-2024-21825 is of this kind).", gguf(
        [], [tensor("a", (2**32, 2**32), 24, 0)], b"")
    yield "overlap.gguf", "gguf.layout", "Two tensors at one place.", gguf([], [tensor("a", (8,), 0, 0), tensor("b", (8,), 0, 0)], bytes(64))
    yield "hole.gguf", "gguf.layout", "A tensor behind a hole.", gguf([], [tensor("a", (8,), 0, 32)], bytes(64))
    yield "beyond.gguf", "gguf.truncated", "A tensor that ends behind the file.", gguf([], one, bytes(31))
    yield "trailing.gguf", "gguf.layout", "Something follows the last tensor.", gguf([], one, bytes(32) + b"PK\3\4")
    yield "not_blocks.gguf", "gguf.layout", "A quantised row of 33 elements in blocks of 32.", gguf([], [tensor("a", (33,), 2, 0)], bytes(64))
    for i, payload in enumerate((
            "{{ ''.__class__.__mro__[1].__subclasses__() }}",
            "{% for x in ().__class__.__base__.__subclasses__() %}{% if 'warning' in x.__name__ %}{{ x()._module.__builtins__['__import__']('os').popen('id') }}{% endif %}{% endfor %}",
            "{{ cycler.__init__.__globals__.os.popen('id').read() }}", "{{ lipsum.__globals__['os'].system('id') }}",
            "{{ self._TemplateReference__context.cycler.__init__.__globals__.os }}", "{{ messages|attr('__class__') }}",
            "{{ messages|attr('\\x5f\\x5fclass\\x5f\\x5f') }}", "{{ ''['__cla' + 'ss__'] }}", "{% import 'os' as o %}{{ o.system('id') }}",
            "{{ request.application.__globals__.__builtins__.__import__('os') }}")):
        yield "template_%d.gguf" % i, "template.dangerous", "A chat template that leaves its sandbox (CVE-2024-34359): form %d." % i, template(payload)
    yield "template_named.gguf", "template.dangerous", "The same under a name beside the default template.", template(
        "{{ ''.__class__ }}", "tokenizer.chat_template.tool_use")


def unsupported():
    yield "v1.gguf", "gguf.version", "Version 1, whose counts have 32 bits.", b"GGUF" + struct.pack("<III", 1, 0, 0) + bytes(16)
    yield "big_endian.gguf", "gguf.version", "Version 3 in big-endian.", b"GGUF" + struct.pack(">IQQ", 3, 0, 0)
    for name, magic in (("ggml", b"lmgg"), ("ggmf", b"fmgg"), ("ggjt", b"tjgg")):
        yield "old.%s" % name, "format.unsupported", "The format before GGUF: %s." % name.upper(), magic + struct.pack("<8I", 3, 0, 0, 0, 0, 0, 0, 0)


def main():
    folder = sys.argv[1]
    os.makedirs(folder, exist_ok=True)
    rows = [(name, "pass", "-", sentence, data) for name, sentence, data in good()]
    rows += [(name, "fail", rule, sentence, data) for source in (bad, unsupported) for name, rule, sentence, data in source()]
    with open(os.path.join(folder, "INDEX.tsv"), "w", encoding="utf-8") as index:
        for name, verdict, rule, sentence, data in rows:
            with open(os.path.join(folder, name), "wb") as f:
                f.write(data)
            index.write("\t".join((name, verdict, rule, sentence)) + "\n")


main()
