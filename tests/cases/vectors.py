"""Pure MAC vectors for tests/vectors: key, message and tag, without deliveries around them."""

import hashlib

from . import published as p
from .case import pretty
from .signing import hex_of, hmac_sha256, svix_token


def expand(body):
    return (body[0] * body[1]).encode() if isinstance(body, tuple) else body


def verify():
    """Compares everything that is quoted with what Python computes."""
    for name, secret, msg_id, timestamp, body, signature, _ in p.STANDARD_WEBHOOKS:
        assert svix_token(secret, msg_id, timestamp, expand(body)) == signature, name
    for msg_id, body, signature in p.GATEWAY:
        assert svix_token(p.V1_SECRET, msg_id, p.GATEWAY_TS, body) == signature, msg_id
    for name, key, message, tag, _ in p.SMARTCAR_TAGS:
        assert hex_of(key, message) == tag, name
    for name, key, message, _, _ in p.SMARTCAR_TAGS:
        if name in p.SMARTCAR_SWAPPED:
            assert hex_of(message, key.encode()) == p.SMARTCAR_SWAPPED[name], name
    for name, body, utf8, decoded in p.TELEMAX_TAGS:
        assert hex_of(p.TELEMAX_SECRET, body) == utf8, name
        assert decoded in (None, hex_of(bytes.fromhex(p.TELEMAX_SECRET), body)), name
    round_trip = p.T2.replace(b"110.0", b"110")
    assert hex_of(p.TELEMAX_SECRET, round_trip) == p.T2_ROUND_TRIP
    sizes = [len(body) for body in (p.S6, p.S7, p.S8, p.S9, p.T1, p.T2, p.T3, p.T4, p.G1, p.G2, p.G3)]
    assert sizes == [802, 1171, 649, 544, 209, 316, 227, 227, 318, 816, 109], sizes
    for name, key, message, tag, _ in RFC4231:
        assert hmac_sha256(expand_bytes(key), expand_bytes(message)).hex().startswith(tag), name


def files():
    made = {
        "standard_webhooks.json": standard_webhooks(),
        "smartcar.json": smartcar(),
        "telemax.json": telemax(),
        "hmac_rfc4231.json": rfc4231(),
        "hmac_edge.json": edge(),
    }
    made = {f"vectors/{name}": pretty(content) for name, content in made.items()}
    made["vectors/README.md"] = README.encode()
    return made


def message(body):
    return {"repeat": list(body)} if isinstance(body, tuple) else {"body": body.decode()}


def standard_webhooks():
    vectors = [
        {
            "name": name,
            "secret": secret,
            "id": msg_id,
            "timestamp": str(timestamp),
            **message(body),
            "signature": signature,
            "origin": origin,
        }
        for name, secret, msg_id, timestamp, body, signature, origin in p.STANDARD_WEBHOOKS
    ]
    vectors += [
        {
            "name": f"G{number}",
            "secret": p.V1_SECRET,
            "id": msg_id,
            "timestamp": str(p.GATEWAY_TS),
            **message(body),
            "signature": signature,
            "origin": p.GATEWAY_SOURCE,
        }
        for number, (msg_id, body, signature) in enumerate(p.GATEWAY, 1)
    ]
    return {
        "source": f"{p.SVIX_REPOSITORY}, {p.STANDARD_REPOSITORY}, https://docs.svix.com; see each origin",
        "about": "signature = v1, + base64(HMAC-SHA256(base64-decoded secret, id.timestamp.body)); a body of the form "
        "repeat [text, n] is text n times. V2n is a right MAC over a timestamp that must be refused.",
        "vectors": vectors,
        "other_versions": [
            {
                "name": "V10",
                "id": p.V1_ID,
                "timestamp": str(p.V1_TS),
                **message(p.V1_BODY),
                "signature": p.V10_SIGNATURE,
                "origin": p.V10_SOURCE,
            },
        ],
        "must_not_verify": {
            "about": "wrong signatures of the official suites; none may pass for V1 or V2",
            "origin": f"published: the libraries' tests in {p.SVIX_REPOSITORY} and {p.STANDARD_REPOSITORY}",
            "signatures": p.WRONG_SIGNATURES,
        },
    }


def smartcar():
    vectors = []
    for name, key, text, tag, origin in p.SMARTCAR_TAGS:
        vector = {"name": name, "key": key, "message": text.decode(), "hex": tag, "origin": origin}
        if name in p.SMARTCAR_SWAPPED:
            vector["must_not"] = p.SMARTCAR_SWAPPED[name]
        vectors.append(vector)
    return {
        "source": "https://smartcar.com/docs/api-reference/webhooks/payload-verification and Smartcar's SDKs; see each origin",
        "about": "hex = lower-case hex of HMAC-SHA256(key as UTF-8, message), for challenges and bodies alike; "
        "must_not is what comes of swapping key and message.",
        "vectors": vectors,
    }


def telemax():
    vectors = []
    for name, body, utf8, decoded in p.TELEMAX_TAGS:
        vector = {"name": name, "body": body.decode(), "utf8": f"sha256={utf8}", "origin": p.TELEMAX_SOURCE}
        vector["hex"] = f"sha256={decoded or hex_of(bytes.fromhex(p.TELEMAX_SECRET), body)}"
        vectors.append(vector)
    vectors[1]["must_not"] = f"sha256={p.T2_ROUND_TRIP}"
    return {
        "source": "https://docs.telemax.com.au/v2/webhooks-overview; signatures computed with Python hmac",
        "about": "utf8: the key is the text of the secret; hex: the 32 bytes that it spells. must_not is the "
        "MAC of the body after a JSON round trip, in which 110.0 becomes 110.",
        "secret": p.TELEMAX_SECRET,
        "vectors": vectors,
    }


def expand_bytes(item):
    return bytes([item[0]]) * item[1] if isinstance(item, tuple) else item


# (name, key, data, SHA-256 tag as published, remark); (byte, n) is a byte n times.
RFC4231 = [
    ("1", (0x0B, 20), b"Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7", ""),
    (
        "2",
        b"Jefe",
        b"what do ya want for nothing?",
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
        "key shorter than the tag",
    ),
    ("3", (0xAA, 20), (0xDD, 50), "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe", ""),
    (
        "4",
        bytes(range(1, 26)),
        (0xCD, 50),
        "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b",
        "",
    ),
    (
        "5",
        (0x0C, 20),
        b"Test With Truncation",
        "a3b6167473100ee06e0c796c2955552b",
        "only 128 bits are published",
    ),
    (
        "6",
        (0xAA, 131),
        b"Test Using Larger Than Block-Size Key - Hash Key First",
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
        "key longer than the block",
    ),
    (
        "7",
        (0xAA, 131),
        b"This is a test using a larger than block-size key and a larger than block-size data. The key needs to "
        b"be hashed before being used by the HMAC algorithm.",
        "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2",
        "key and data longer than the block",
    ),
]


def rfc4231():
    return {
        "source": "RFC 4231, section 4 (https://www.rfc-editor.org/rfc/rfc4231), test cases 1 to 7 for SHA-256; "
        "recomputed with Python hmac",
        "about": "All texts are hex. Test case 5 publishes the first 128 bits of the tag only; `published` has "
        "them and `tag` the whole tag as Python computes it.",
        "vectors": [
            {
                "name": name,
                "key": expand_bytes(key).hex(),
                "message": expand_bytes(data).hex(),
                "tag": hmac_sha256(expand_bytes(key), expand_bytes(data)).hex(),
                "published": tag,
                **({"remark": remark} if remark else {}),
            }
            for name, key, data, tag, remark in RFC4231
        ],
    }


def octets(label, length):
    """Bytes without a pattern, the same for ever."""
    made = b""
    while len(made) < length:
        made += hashlib.sha256(f"weighbridge {label} {length} {len(made)}".encode()).digest()
    return made[:length]


def edge():
    groups = []
    for key_length in (1, 63, 64, 65, 128):
        key = octets("key", key_length)
        for length in (0, 1, 55, 56, 63, 64, 65, 127, 128, 1000):
            data = octets("message", length)
            tag = hmac_sha256(key, data)
            groups.append(
                {
                    "name": f"key-{key_length}-message-{length}",
                    "key": key.hex(),
                    "message": data.hex(),
                    "tag": tag.hex(),
                    "result": "valid",
                }
            )
    key, data = octets("key", 32), octets("message", 64)
    tag = hmac_sha256(key, data)

    def flipped(bit):
        return bytes(byte ^ (1 << bit % 8 if index == bit // 8 else 0) for index, byte in enumerate(tag))

    wrong = [(f"flipped-bit-{bit}", flipped(bit)) for bit in (0, 1, 7, 31, 63, 64, 127, 128, 248, 255)]
    wrong += [(f"truncated-to-{length}", tag[:length]) for length in (0, 1, 16, 31)]
    wrong += [
        ("extended-by-zero", tag + b"\0"),
        ("twice", tag + tag),
        ("zeroed", bytes(32)),
        ("zeroed-first-byte", b"\0" + tag[1:]),
        ("zeroed-last-byte", tag[:-1] + b"\0"),
        ("all-ones", b"\xff" * 32),
        ("complement", bytes(byte ^ 0xFF for byte in tag)),
        ("reversed", tag[::-1]),
        ("plain-sha256-of-message", hashlib.sha256(data).digest()),
        ("plain-sha256-of-key-and-message", hashlib.sha256(key + data).digest()),
        ("key-and-message-swapped", hmac_sha256(data, key)),
        ("of-the-empty-message", hmac_sha256(key, b"")),
        ("under-the-empty-key", hmac_sha256(b"", data)),
        ("under-the-key-without-its-last-byte", hmac_sha256(key[:-1], data)),
        ("of-the-message-without-its-last-byte", hmac_sha256(key, data[:-1])),
        ("of-the-message-and-a-zero", hmac_sha256(key, data + b"\0")),
        ("as-text-of-its-hex", tag.hex().encode()),
    ]
    assert all(value != tag for _, value in wrong)
    groups += [
        {"name": name, "key": key.hex(), "message": data.hex(), "tag": value.hex(), "result": "invalid"}
        for name, value in wrong
    ]
    return {
        "source": "computed here with Python hmac, in the style of Project Wycheproof; nothing is copied from there",
        "about": "HMAC-SHA256 with keys and messages around the block size of 64 bytes. All texts are hex. A "
        "verifier must accept the valid and refuse the invalid tags.",
        "vectors": groups,
    }


README = """\
# Vectors

MAC vectors without deliveries around them: a key, a message, a tag. `tests/make_cases.py` writes these files
and stops when a quoted tag is not what Python's `hmac` gives. Deliveries are in `tests/providers`.

| file | from | what is quoted, what is computed |
|---|---|---|
| `standard_webhooks.json` | the tests of the official libraries in https://github.com/svix/svix-webhooks (commit 4fc0cfb) and https://github.com/standard-webhooks/standard-webhooks (commit b2fa7b8), and https://docs.svix.com/receiving/verifying-payloads/how-manual | V1 to V4 and V10 are quoted with their signatures, the wrong signatures too. V2n, V5 to V9 take published inputs with one thing changed, G1 to G3 the sample events of https://www.svix.com/event-types/eu/org_2En3rjiZR5murmGVsT38qxnQUdJ; their signatures are computed. V10 is an ed25519 signature, which a verifier of `v1` passes over. |
| `smartcar.json` | the tests of https://github.com/smartcar/node-sdk (60fa154), https://github.com/smartcar/java-sdk (b28fb06), https://github.com/smartcar/ruby-sdk (9249fe2) and https://github.com/smartcar/python-sdk (a4dfeff); https://smartcar.com/docs/api-reference/webhooks/payload-verification | S1 and S2 are quoted. S3 takes the inputs of the Python SDK. The bodies S6 to S9 follow the documented and the captured shapes with invented ids and VINs. `must_not` is what comes of swapping key and message, a mistake that has been made: https://docs.rs/crate/smartcar/latest/source/src/webhooks.rs |
| `telemax.json` | https://docs.telemax.com.au/v2/webhooks-overview | The secret is the page's example, the bodies follow its table. Telemax publishes no signature: all are computed, under the secret as text and as the bytes that it spells, because the page does not say which. |
| `hmac_rfc4231.json` | RFC 4231, https://www.rfc-editor.org/rfc/rfc4231 | Test cases 1 to 7 for SHA-256, quoted and recomputed. Case 5 is published cut to 128 bits. |
| `hmac_edge.json` | made here | Computed, not copied: lengths around the block size, and tags that are nearly right. |

Copied are facts (keys, messages, tags), no code and no prose.
"""
