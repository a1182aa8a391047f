#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A second reader of docs/format-signing.md, standard library only: attest_check.py VIEWS REF TREE

VIEWS holds what a mount shows as attest/REF/*, trust/* and log/*; TREE the published files. Prints one line `ok WHAT` or
`not ok WHAT: why` for each thing that is checked, and exits 1 when one is wrong. Written from the document and from RFC 6962,
RFC 8032, FIPS 186, DSSE and the C2SP texts, not from the C code. Slow and not constant-time: it only verifies.
"""
import base64
import hashlib
import json
import os
import sys

views, ref, tree = sys.argv[1:]
bad = False


class Wrong(Exception):
    pass


def need(condition, why):
    if not condition:
        raise Wrong(why)


def read(path):
    with open(os.path.join(views, path), "rb") as f:
        return f.read()


def b64(text):
    return base64.b64decode(text, validate=True)


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


# ---- curves: affine points, None is the neutral element of P-256 ----

P = 2**256 - 2**224 + 2**192 + 2**96 - 1
N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
B = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
G = (0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296, 0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5)


def p256_add(a, b):
    if a is None or b is None:
        return a or b
    if a[0] == b[0]:
        if (a[1] + b[1]) % P == 0:
            return None
        s = (3 * a[0] * a[0] - 3) * pow(2 * a[1], -1, P)
    else:
        s = (b[1] - a[1]) * pow(b[0] - a[0], -1, P)
    x = (s * s - a[0] - b[0]) % P
    return x, (s * (a[0] - x) - a[1]) % P


def multiply(add, k, point, zero):
    out = zero
    while k:
        if k & 1:
            out = add(out, point)
        point = add(point, point)
        k >>= 1
    return out


def der_numbers(der):
    need(der[0] == 0x30 and der[1] == len(der) - 2, "the signature is no DER sequence")
    out, rest = [], der[2:]
    for _ in range(2):
        need(rest[0] == 2 and 0 < rest[1] <= 33 and rest[2] < 0x80, "the signature holds no positive number")
        out.append(int.from_bytes(rest[2:2 + rest[1]], "big"))
        rest = rest[2 + rest[1]:]
    need(not rest, "bytes follow the signature")
    return out


SPKI_P256 = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d030107034200") + b"\4"
SPKI_ED25519 = bytes.fromhex("302a300506032b6570032100")


def p256_verify(spki, message, der):
    need(spki.startswith(SPKI_P256) and len(spki) == 91, "the key is not an uncompressed point of P-256")
    q = int.from_bytes(spki[27:59], "big"), int.from_bytes(spki[59:], "big")
    need((q[1] * q[1] - q[0]**3 + 3 * q[0] - B) % P == 0, "the key is not on the curve")
    r, s = der_numbers(der)
    need(0 < r < N and 0 < s < N, "a number of the signature is out of range")
    w = pow(s, -1, N)
    e = int.from_bytes(sha256(message), "big")
    x = p256_add(multiply(p256_add, e * w % N, G, None), multiply(p256_add, r * w % N, q, None))
    need(x is not None and x[0] % N == r, "the P-256 signature does not verify")


Q = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, Q) % Q


def ed_add(a, b):
    t = D * a[0] * b[0] * a[1] * b[1] % Q
    return (a[0] * b[1] + b[0] * a[1]) * pow(1 + t, -1, Q) % Q, (a[1] * b[1] + a[0] * b[0]) * pow(1 - t, -1, Q) % Q


def ed_point(raw):
    y = int.from_bytes(raw, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    need(y < Q, "an Ed25519 point is out of range")
    xx = (y * y - 1) * pow(D * y * y + 1, -1, Q) % Q
    x = pow(xx, (Q + 3) // 8, Q)
    if (x * x - xx) % Q:
        x = x * pow(2, (Q - 1) // 4, Q) % Q
    need((x * x - xx) % Q == 0, "an Ed25519 point is not on the curve")
    return (Q - x if x & 1 != sign else x), y


def ed25519_verify(key, message, signature):
    need(len(key) == 32 and len(signature) == 64, "an Ed25519 key or signature has a wrong length")
    r, s = signature[:32], int.from_bytes(signature[32:], "little")
    need(s < L, "the second half of the Ed25519 signature is out of range")
    base_y = 4 * pow(5, -1, Q) % Q
    base = ed_point(base_y.to_bytes(32, "little"))
    h = int.from_bytes(hashlib.sha512(r + key + message).digest(), "little") % L
    left = multiply(ed_add, s, base, (0, 1))
    right = ed_add(ed_point(r), multiply(ed_add, h, ed_point(key), (0, 1)))
    need(left == right, "the Ed25519 signature does not verify")


# ---- keys, notes, envelopes ----

def pem(path):
    lines = read(path).decode("ascii").split("\n")
    need(lines[0] == "-----BEGIN PUBLIC KEY-----" and lines[-2:] == ["-----END PUBLIC KEY-----", ""], path + " is no public key in PEM")
    need(all(len(line) == 64 for line in lines[1:-3]), path + " has no lines of 64 characters")
    return b64("".join(lines[1:-2]))


def log_key():
    name, key_id, key = read("trust/keys/log.vkey").decode("ascii").strip().split("+", 2)
    raw = b64(key)
    need(len(raw) == 33 and raw[0] == 1, "the log's key is not Ed25519")
    need(sha256(name.encode(), b"\n", raw)[:4].hex() == key_id, "the log's key id is wrong")
    return name, raw[1:]


def checkpoint(text):
    """Verifies a signed note of the log: its size and root."""
    name, key = log_key()
    body, _, signatures = text.decode("utf-8").partition("\n\n")
    lines = (body + "\n").split("\n")
    need(lines[0] == name and len(lines) == 4 and not lines[3], "the checkpoint is not name, size and root")
    need(lines[1].isdecimal() and str(int(lines[1])) == lines[1], "the size of the checkpoint is not a plain number")
    need(signatures.endswith("\n") and signatures.count("\n") == 1, "the checkpoint has more than one signature")
    dash, by, blob = signatures.rstrip("\n").split(" ")
    raw = b64(blob)
    need(dash == "\u2014" and by == name, "the checkpoint is not signed by its log")
    need(raw[:4] == sha256(name.encode(), b"\n\1", key)[:4], "the checkpoint names another key")
    ed25519_verify(key, (body + "\n").encode(), raw[4:])
    return int(lines[1]), b64(lines[2])


def pae(kind, body):
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(body), body)


def strict(text):
    def pairs(members):
        need(len({k for k, _ in members}) == len(members), "a member stands twice")
        return dict(members)
    return json.loads(text, object_pairs_hook=pairs)


def envelope(bundle):
    need(bundle["mediaType"] == "application/vnd.dev.sigstore.bundle.v0.3+json", "the media type is " + bundle["mediaType"])
    e = bundle["dsseEnvelope"]
    need(len(e["signatures"]) == 1 and e["signatures"][0].get("keyid", "") == "", "not exactly one signature with an empty key id")
    need(e["payloadType"] == "application/vnd.in-toto+json", "the payload type is " + e["payloadType"])
    payload = b64(e["payload"])
    return pae(e["payloadType"].encode(), payload), b64(e["signatures"][0]["sig"]), strict(payload)


def known_key(hint):
    for name in sorted(os.listdir(os.path.join(views, "trust/keys"))):
        if name.endswith(".pem") and hashlib.sha256(read("trust/keys/" + name)).hexdigest() == hint:
            spki = pem("trust/keys/" + name)
            need(name == "gate.pem" or name == sha256(spki).hex() + ".pem", name + " is not named after its key")
            return spki
    raise Wrong("no key of trust/keys has the hint " + hint)


# ---- the Merkle tree ----

def leaf_hash(leaf):
    return sha256(b"\0", leaf)


def root_of(hashes):
    if len(hashes) == 1:
        return hashes[0]
    k = 1
    while 2 * k < len(hashes):
        k *= 2
    return sha256(b"\1", root_of(hashes[:k]), root_of(hashes[k:]))


def included(index, size, leaf, proof, root):
    """RFC 9162, 2.1.3.2."""
    need(index < size, "the index is beyond the tree")
    fn, sn, r = index, size - 1, leaf
    for p in proof:
        need(sn != 0, "the proof is too long")
        if fn & 1 or fn == sn:
            r = sha256(b"\1", p, r)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            r = sha256(b"\1", r, p)
        fn, sn = fn >> 1, sn >> 1
    need(sn == 0 and r == root, "the proof does not lead to the root")


def tile_path(level, n, width):
    groups = "%03d" % (n % 1000)
    while n >= 1000:
        n //= 1000
        groups = "x%03d/" % (n % 1000) + groups
    return "log/tile/%s/%s%s" % (level, groups, "" if width == 256 else ".p/%d" % width)


def tiles(level, count):
    for n in range((count + 255) // 256):
        yield n, min(256, count - 256 * n)


# ---- what is checked ----

def check_log():
    size, root = checkpoint(read("log/checkpoint"))
    leaves = []
    for n, width in tiles("entries", size):
        data = read(tile_path("entries", n, width))
        for _ in range(width):
            length = int.from_bytes(data[:2], "big")
            leaves.append(data[2:2 + length])
            need(len(leaves[-1]) == length, "an entry tile is cut short")
            data = data[2 + length:]
        need(not data, "bytes follow the entries of a tile")
    level, hashes = 0, [leaf_hash(x) for x in leaves]
    need(root_of(hashes) == root, "the root of the checkpoint is not that of the entries")
    while hashes:
        for n, width in tiles(level, len(hashes)):
            need(read(tile_path(level, n, width)) == b"".join(hashes[256 * n:256 * n + width]), "tile %d/%d differs" % (level, n))
        hashes = [root_of(hashes[i:i + 256]) for i in range(0, len(hashes) // 256 * 256, 256)]
        level += 1
    return leaves


def check_leaf(leaf, spki, message, signature):
    """The one leaf that a P-256 signature has: members sorted, no white space."""
    body = {"apiVersion": "0.0.2", "kind": "hashedrekord", "spec": {"hashedRekordV002": {
        "data": {"algorithm": "SHA2_256", "digest": base64.b64encode(sha256(message)).decode()},
        "signature": {"content": base64.b64encode(signature).decode(), "verifier": {
            "keyDetails": "PKIX_ECDSA_P256_SHA_256", "publicKey": {"rawBytes": base64.b64encode(spki).decode()}}}}}}
    need(leaf == json.dumps(body, sort_keys=True, separators=(",", ":")).encode(), "the entry is not the leaf of this signature")


def check_bundle(name):
    """Verifies a bundle of attest/ with its proof, and gives its statement."""
    bundle = strict(read("attest/" + name))
    message, signature, statement = envelope(bundle)
    spki = known_key(bundle["verificationMaterial"]["publicKey"]["hint"])
    p256_verify(spki, message, signature)
    entry, = bundle["verificationMaterial"]["tlogEntries"]
    proof = entry["inclusionProof"]
    size, root = checkpoint(proof["checkpoint"]["envelope"].encode())
    log_name, key = log_key()
    need(b64(entry["logId"]["keyId"]) == sha256(log_name.encode(), b"\n\1", key), "the entry names another log")
    need(int(proof["treeSize"]) == size and b64(proof["rootHash"]) == root, "the proof is not for its checkpoint")
    leaf = b64(entry["canonicalizedBody"])
    check_leaf(leaf, spki, message, signature)
    included(int(entry["logIndex"]), size, leaf_hash(leaf), [b64(h) for h in proof["hashes"]], root)
    need(leaves[int(entry["logIndex"])] == leaf, "the log has another entry at this place")
    return statement, spki


def published():
    out = {}
    for top, _, names in os.walk(tree):
        for name in names:
            path = os.path.join(top, name)
            with open(path, "rb") as f:
                out[os.path.relpath(path, tree)] = hashlib.sha256(f.read()).hexdigest()
    return out


def check_signature():
    statement, _ = check_bundle("model.sig")
    predicate = statement["predicate"]
    need(statement["predicateType"] == "https://model_signing/signature/v1.0", "the predicate is " + statement["predicateType"])
    need(predicate["serialization"]["method"] == "files" and predicate["serialization"]["hash_type"] == "sha256", "not method files with sha256")
    listed = [(r["name"], r["digest"]) for r in predicate["resources"]]
    need(all(r["algorithm"] == "sha256" for r in predicate["resources"]), "another algorithm is listed")
    need(listed == sorted(listed, key=lambda r: r[0].encode()), "the resources are not in the order of the bytes of their paths")
    need(dict(listed) == files and len(listed) == len(files), "the list is not that of the published files")
    subject, = statement["subject"]
    need(subject["name"] == ref, "the signature is for " + subject["name"])
    need(subject["digest"] == {"sha256": sha256(*(bytes.fromhex(d) for _, d in listed)).hex()}, "the root is not the hash of the listed digests")


def check_hallmark():
    statement, spki = check_bundle("hallmark.sigstore.json")
    need(spki == pem("trust/keys/gate.pem"), "the hallmark is not signed by the gate")
    need(statement["predicateType"] == "https://slsa.dev/verification_summary/v1", "the predicate is " + statement["predicateType"])
    need(statement["predicate"]["verificationResult"] == "PASSED", "the hallmark says " + statement["predicate"]["verificationResult"])
    need(all(s["name"] == ref for s in statement["subject"]), "the hallmark is for another artifact")
    inputs = {i["uri"].rpartition("#")[2]: i["digest"]["sha256"] for i in statement["predicate"]["inputAttestations"]}
    need(inputs["report.json"] == hashlib.sha256(read("attest/report.json")).hexdigest(), "the report is not the one that it names")
    claims = {hashlib.sha256(line).hexdigest() for line in read("attest/claims.jsonl").split(b"\n")[:-1]}
    need({d for name, d in inputs.items() if name != "report.json"} <= claims, "it names a claim that is not in claims.jsonl")


def check_proof():
    text = read("attest/proof.tlog-proof")
    head, _, note = text.partition(b"\n\n")
    lines = head.decode("ascii").split("\n")
    need(lines[0] == "c2sp.org/tlog-proof@v1" and lines[1].startswith("index "), "the head of the proof is wrong")
    index = int(lines[1][6:])
    size, root = checkpoint(note)
    included(index, size, leaf_hash(leaves[index]), [b64(h) for h in lines[2:]], root)
    message, signature, _ = envelope(strict(read("attest/hallmark.sigstore.json")))
    check_leaf(leaves[index], pem("trust/keys/gate.pem"), message, signature)


def check_provenance():
    found = 0
    for line in read("attest/provenance.intoto.jsonl").split(b"\n")[:-1]:
        e = strict(line)
        payload = b64(e["payload"])
        need(strict(payload)["predicateType"] == "https://slsa.dev/provenance/v1", "not provenance")
        for name in os.listdir(os.path.join(views, "trust/keys")):
            if name.endswith(".pem") and pem("trust/keys/" + name).startswith(SPKI_P256):
                try:
                    p256_verify(pem("trust/keys/" + name), pae(e["payloadType"].encode(), payload), b64(e["signatures"][0]["sig"]))
                    found += 1
                    break
                except Wrong:
                    pass
    need(found, "no line of it verifies")


def check_manifest():
    want = "".join("%s  %s\n" % (d, p) for p, d in sorted(files.items(), key=lambda f: f[0].encode()))
    need(read("attest/manifest.sha256").decode() == want, "the manifest is not the list of the published files")
    pub = b64(read("trust/keys/manifest.pub").decode().split("\n")[1])
    _, first, comment, last, end = read("attest/manifest.sha256.minisig").decode().split("\n")
    signature = b64(first)
    need(pub[:2] == b"Ed" and signature[:2] == b"ED" and len(pub) == 42 and len(signature) == 74 and not end, "not a hashed minisign signature")
    need(signature[2:10] == pub[2:10] == sha256(SPKI_ED25519, pub[10:])[:8], "the key number is not the first 8 bytes of the key id")
    ed25519_verify(pub[10:], hashlib.blake2b(want.encode()).digest(), signature[10:])
    need(comment.startswith("trusted comment: ") and comment.endswith(" ref:" + ref), "the trusted comment does not name the artifact")
    ed25519_verify(pub[10:], signature[10:] + comment[len("trusted comment: "):].encode(), b64(last))


def check_bom():
    bom = strict(read("attest/bom.cdx.json"))
    need(bom["bomFormat"] == "CycloneDX" and bom["specVersion"] == "1.6", "not CycloneDX 1.6")
    whole = bom["metadata"]["component"]
    root = sha256(*(bytes.fromhex(d) for _, d in sorted(files.items(), key=lambda f: f[0].encode()))).hex()
    need(whole["hashes"] == [{"alg": "SHA-256", "content": root}], "the whole has another digest")
    parts = {c["name"]: c["hashes"] for c in whole["components"] if c["type"] == "file"}
    need(parts == {p: [{"alg": "SHA-256", "content": d}] for p, d in files.items()}, "the files have other digests")


def check_trusted_root():
    log_name, key = log_key()
    log, = strict(read("trust/trusted_root.json"))["tlogs"]
    need(b64(log["publicKey"]["rawBytes"]) == SPKI_ED25519 + key, "it has another key")
    need(b64(log["logId"]["keyId"]) == sha256(log_name.encode(), b"\n\1", key) and log["baseUrl"] == "https://" + log_name, "it names another log")


files, leaves = published(), []
for check in (check_log, check_signature, check_hallmark, check_proof, check_provenance, check_manifest, check_bom, check_trusted_root):
    what = check.__name__[6:].replace("_", " ")
    try:
        leaves = check() or leaves
        print("ok", what)
    except (Wrong, LookupError, ValueError, TypeError, OSError) as error:
        bad = True
        print("not ok %s: %s %s" % (what, type(error).__name__, error))
sys.exit(bad)
