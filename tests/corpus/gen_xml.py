#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes PMML and OpenVINO models, and XML that attacks its readers, into a directory.

gen_xml.py DIR writes DIR/NAME and DIR/INDEX.tsv: file, expected verdict, a rule that must be among the findings
("-": none at all), and a sentence that says what is wrong with it. By the formats' specifications; each good file is
parsed by Python's own expat as well. Needs only the standard library.
"""
import os
import struct
import sys
import xml.etree.ElementTree as ET

DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'
FIELDS = ('<DataDictionary numberOfFields="2"><DataField name="x" optype="continuous" dataType="double"/>'
          '<DataField name="y" optype="continuous" dataType="double"/></DataDictionary>')
SCHEMA = '<MiningSchema><MiningField name="x"/><MiningField name="y" usageType="target"/></MiningSchema>'


def pmml(body, version="4.4", head=DECLARATION):
    return (f'{head}<PMML xmlns="http://www.dmg.org/PMML-{version.replace(".", "_")}" version="{version}">'
            f'<Header copyright="nobody"><Application name="gen_xml" version="1"/></Header>{FIELDS}{body}</PMML>\n')


def model(kind, body, function="regression"):
    return f'<{kind} functionName="{function}">{SCHEMA}{body}</{kind}>'


def layer(number, kind, opset, inner=""):
    return f'<layer id="{number}" name="l{number}" type="{kind}" version="{opset}">{inner}</layer>'


def net(layers, rest="", version="11"):
    port = '<output><port id="0" precision="FP32"><dim>1</dim><dim>4</dim></port></output>'
    layers = layers.replace("PORT", port)
    return (f'<?xml version="1.0"?>\n<net name="m" version="{version}"><layers>{layers}</layers>'
            f'<edges><edge from-layer="0" from-port="0" to-layer="1" to-port="0"/></edges>{rest}</net>\n')


REGRESSION = model("RegressionModel", '<RegressionTable intercept="1"><NumericPredictor name="x" coefficient="2.5"/></RegressionTable>')
TREE = model("TreeModel", '<Node id="1" score="0"><True/><Node id="2" score="1"><SimplePredicate field="x" operator="greaterThan" value="3"/>'
             '</Node></Node>')
FOREST = model("MiningModel", '<Segmentation multipleModelMethod="average"><Segment id="1"><True/>' + TREE + '</Segment></Segmentation>')
CLUSTER = model("ClusteringModel", '<ComparisonMeasure kind="distance"><squaredEuclidean/></ComparisonMeasure><ClusteringField field="x"/>'
                '<Cluster><Array n="1" type="real">0.5</Array></Cluster>', "clustering")
NEURAL = model("NeuralNetwork", '<NeuralInputs><NeuralInput id="0"><DerivedField optype="continuous" dataType="double">'
               '<FieldRef field="x"/></DerivedField></NeuralInput></NeuralInputs><NeuralLayer><Neuron id="1" bias="0.5">'
               '<Con from="0" weight="2"/></Neuron></NeuralLayer>')
DERIVED = ('<TransformationDictionary><DefineFunction name="twice" optype="continuous"><ParameterField name="a"/>'
           '<Apply function="*"><FieldRef field="a"/><Constant>2</Constant></Apply></DefineFunction>'
           '<DerivedField name="z" optype="continuous" dataType="double"><Apply function="twice"><FieldRef field="x"/></Apply>'
           '</DerivedField></TransformationDictionary>')
TABLE = ('<TransformationDictionary><DerivedField name="z" optype="categorical" dataType="string"><MapValues outputColumn="out">'
         '<FieldColumnPair field="x" column="in"/><InlineTable><row><in>1</in><out>a &amp; b</out></row></InlineTable></MapValues>'
         '</DerivedField></TransformationDictionary>')
EXTENSION = '<Extension extender="nobody" name="made" value="today"/>'
EVIL_CALL = ('<TransformationDictionary><DerivedField name="z" optype="continuous" dataType="double">'
             '<Apply function="com.example.Payload"><FieldRef field="x"/></Apply></DerivedField></TransformationDictionary>')
LAUGHS = "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10}">' for i in range(1, 9))
PARAMETER = layer(0, "Parameter", "opset1", '<data shape="1,4" element_type="f32"/>PORT')
def constant(offset="0", size="16"):
    return layer(1, "Const", "opset1", f'<data element_type="f32" shape="4" offset="{offset}" size="{size}"/>PORT')


CONSTANT = constant()
BODY = ('<port_map><input external_port_id="0" internal_layer_id="0"/></port_map><body><layers>' + layer(0, "ReLU", "opset1") +
        '</layers><edges/></body>')
NOTES = '<rt_info><MO_version value="2024.1"/><conversion_parameters><framework value="onnx"/></conversion_parameters></rt_info>'

GOOD = [
    ("regression.pmml", pmml(REGRESSION), "a linear regression"),
    ("tree.pmml", pmml(TREE), "a decision tree"),
    ("forest.pmml", pmml(FOREST), "a forest of one tree"),
    ("cluster.pmml", pmml(CLUSTER), "a clustering"),
    ("neural.pmml", pmml(NEURAL), "a neural network"),
    ("derived.pmml", pmml(DERIVED + REGRESSION), "a function that the document defines and calls"),
    ("table.pmml", pmml(TABLE + REGRESSION), "a table with columns of its own"),
    ("extension.pmml", pmml(EXTENSION + REGRESSION), "an extension of plain text"),
    ("old.pmml", pmml(REGRESSION, "3.2"), "PMML 3.2"),
    ("v40.pmml", pmml(TREE, "4.0", ""), "PMML 4.0 without a declaration"),
    ("net.xml", net(PARAMETER + CONSTANT + layer(2, "Add", "opset1") + layer(3, "Result", "opset1")), "an IR of version 11"),
    ("pickled.xml", net(PARAMETER + CONSTANT), "a model whose weights are refused"),
    ("net10.xml", net(PARAMETER + layer(1, "ReLU", "opset1"), version="10"), "an IR of version 10"),
    ("notes.xml", net(PARAMETER + layer(1, "SoftMax", "opset8"), NOTES), "with notes of the converter"),
    ("loop.xml", net(PARAMETER + layer(1, "TensorIterator", "opset1", BODY)), "a loop with a body"),
]
BAD = [
    ("xxe.pmml", pmml(REGRESSION, head=DECLARATION + '<!DOCTYPE PMML [<!ENTITY x SYSTEM "file:///etc/passwd">]>\n'), "xml.dtd",
     "an external entity that reads a file"),
    ("laughs.pmml", pmml(REGRESSION, head=DECLARATION + f'<!DOCTYPE PMML [<!ENTITY l0 "ha">{LAUGHS}]>\n'), "xml.dtd", "entities that grow to a billion"),
    ("remote.xml", '<!-- a comment first -->\n<!DOCTYPE net SYSTEM "http://127.0.0.1/x.dtd">\n<net version="11"/>\n', "xml.dtd",
     "a document type behind a comment, without a declaration"),
    ("remote.txt", '\n\n<!doctype net SYSTEM "http://127.0.0.1/x.dtd">\n<net version="11"/>\n', "xml.dtd", "the same as text, in small letters"),
    ("include.xml", net(PARAMETER, '<rt_info xmlns:xi="http://www.w3.org/2001/XInclude"><xi:include href="file:///etc/passwd"/></rt_info>'),
     "xml.include", "XInclude of a file"),
    ("style.pmml", pmml(REGRESSION, head=DECLARATION + '<?xml-stylesheet type="text/xsl" href="http://127.0.0.1/x.xsl"?>\n'), "xml.instruction",
     "a style sheet that is fetched"),
    ("class.pmml", pmml(EVIL_CALL + REGRESSION), "pmml.function", "a call of a Java class by its name"),
    ("vendor.pmml", pmml("<Extension><script>run()</script></Extension>" + REGRESSION), "pmml.extension", "an extension with elements of its own"),
    ("element.pmml", pmml("<ExternalModel/>"), "pmml.element", "an element that PMML does not have"),
    ("locator.pmml", pmml(TABLE.replace("<InlineTable><row><in>1</in><out>a &amp; b</out></row></InlineTable>", "<TableLocator/>")), "pmml.element",
     "a table elsewhere"),
    ("custom.xml", net(PARAMETER + layer(1, "MyOp", "extension")), "openvino.operator", "an operator of an extension library"),
    ("unknown.xml", net(PARAMETER + layer(1, "Shell", "opset1")), "openvino.operator", "an operator that no set has"),
    ("body.xml", net(PARAMETER + layer(1, "Loop", "opset5", BODY.replace("ReLU", "Shell"))), "openvino.operator", "an unknown operator inside a loop"),
    ("alone.xml", net(PARAMETER + CONSTANT), "sibling.missing", "its file of weights is not there"),
    ("short.xml", net(PARAMETER + constant("4")), "sibling.truncated", "its file of weights ends before a constant"),
    ("place.xml", net(PARAMETER + constant("-4")), "openvino.constant", "a constant before the file of weights"),
    ("huge.xml", net(PARAMETER + constant(str(2**64 - 1), "2")), "openvino.constant", "a constant beyond any file"),
    ("element.xml", net(PARAMETER, "<plugin path='x.so'/>"), "openvino.element", "an element that the IR does not have"),
    ("cut.pmml", pmml(REGRESSION)[:-20], "xml.malformed", "the end is missing"),
    ("twice.pmml", pmml(REGRESSION) + pmml(REGRESSION), "xml.malformed", "two documents"),
    ("utf7.pmml", pmml(REGRESSION, head='<?xml version="1.0" encoding="UTF-7"?>\n'), "xml.malformed", "an encoding that hides markup"),
]
# What lies beside the models. Any bytes are weights, so what else could be read from them is refused.
WEIGHTS = struct.pack("<4f", 1.5, -2.0, 0.25, 3e8)
BESIDE = {"net.bin": WEIGHTS, "short.bin": WEIGHTS}
BAD_BESIDE = [
    ("pickled.bin", b"cos\nsystem\n(Vtrue\ntR.", "pickle.call.denied", "weights that are a pickle, which other loaders would run"),
    ("unnamed.bin", WEIGHTS, "sibling.unnamed", "weights of no model"),
]
NAMED = [
    ("page.html", "<!-- a page -->\n<html><body><script>x()</script></body></html>\n", "an HTML page"),
    ("picture.svg", '<svg xmlns="http://www.w3.org/2000/svg"><script>x()</script></svg>\n', "an SVG image with a script"),
    ("other.xml", DECLARATION + "<annotation><object/></annotation>\n", "an XML document of no known kind"),
]


def main(out):
    os.makedirs(out, exist_ok=True)
    rows = []

    def put(name, text, verdict, rule, why):
        with open(os.path.join(out, name), "w", encoding="utf-8", newline="") as f:
            f.write(text)
        rows.append((name, verdict, rule, why))

    for name, content in BESIDE.items():
        with open(os.path.join(out, name), "wb") as f:
            f.write(content)
    for name, content, rule, why in BAD_BESIDE:
        with open(os.path.join(out, name), "wb") as f:
            f.write(content)
        rows.append((name, "fail", rule, why))
    for name, text, why in GOOD:
        ET.fromstring(text)
        put(name, text, "pass", "-", why)
    for name, text, rule, why in BAD:
        put(name, text, "fail", rule, why)
    for name, text, why in NAMED:
        put(name, text, "fail", "format.unsupported", why)
    put("README.md", '<!-- a model card -->\n<div align="center">\n\n# Model & card\n\n<br>\n</div>\n', "pass", "-", "Markdown that begins with HTML")
    with open(os.path.join(out, "INDEX.tsv"), "w", encoding="utf-8") as f:
        for row in rows:
            f.write("\t".join(row) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
