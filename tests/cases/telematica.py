"""Telematica: the Svix signature, and the events that it signs."""

import base64

from . import published as p
from .case import (
    LIVE_CLOCK,
    NOW,
    PAST_ONLY,
    SAME_ID,
    event,
    events,
    iso,
    mappings,
    refused,
    to_bytes,
    uid,
    vin_of,
)
from .signing import (
    CALLBACK_TOKEN,
    SVIX_SECRET,
    hmac_sha256,
    is_svix_tag,
    svix_headers,
    svix_key,
    svix_token,
)

TS = NOW // 1000
AT = "2026-04-28T06:13:58.250Z"
POSITION = (48.2082, 16.3738)
V1_NOW = p.V1_TS * 1000
SHIFT = "a live clock makes the moved timestamp longer than it may be"


def add(suite):
    published(suite)
    header_errors(suite)
    signature_lists(suite)
    clock(suite)
    bodies(suite)
    positions(suite)
    mapping_events(suite)
    commands(suite)


def msg(name):
    return "msg_" + uid(name, "svix").replace("-", "")[:27]


def vehicle_of(name):
    return uid(name, "vehicle").replace("-", "")[:24]


def deliver(suite, name, about, body, expected, *, headers=None, **rest):
    body = to_bytes(body)
    headers = svix_headers(msg(name), TS, body) if headers is None else headers
    suite.add("telematica", name, about, body, headers, expected, **rest)


def skipped(name, kind="unknown", reason="unknown_event_type"):
    return events(event(None, kind, msg(name), skip=reason))


def published(suite):
    def show(name, about, vector, expected, headers=None, edge=None):
        _, _, msg_id, timestamp, body, signature, origin = next(
            v for v in p.STANDARD_WEBHOOKS if v[0] == vector
        )
        headers = headers or [
            ["svix-id", msg_id],
            ["svix-timestamp", str(timestamp)],
            ["svix-signature", signature],
        ]
        deliver(
            suite,
            name,
            about,
            body,
            expected,
            headers=headers,
            now=timestamp * 1000,
            source=origin,
            edge=edge,
        )

    v1 = events(event(None, "unknown", p.V1_ID, skip="unknown_event_type"))
    show(
        "published-v1-of-every-library",
        "The sign-function vector of the official libraries verifies; its body has no type.",
        "V1",
        v1,
    )
    show(
        "published-v1-unbranded-headers",
        "The same vector under the names webhook-*.",
        "V1",
        v1,
        edge=SAME_ID,
        headers=[
            ["webhook-id", p.V1_ID],
            ["webhook-timestamp", str(p.V1_TS)],
            ["webhook-signature", p.V1_SIGNATURE],
        ],
    )
    show(
        "published-v5-empty-body",
        "A right signature of an empty body, which is no JSON object.",
        "V5",
        refused("malformed_body"),
    )
    show("published-v6-own-signature", "The changed body under its own signature.", "V6", v1, edge=SAME_ID)
    show("published-v7-body-beyond-ascii", "The MAC is taken of UTF-8 bytes.", "V7", v1, edge=SAME_ID)
    deliver(
        suite,
        "published-v6-under-the-signature-of-v1",
        "One digit of the body is another: the signature of V1 is wrong for it.",
        p.V6_BODY,
        refused("signature_mismatch"),
        now=V1_NOW,
        source=p.SVIX_SUITES,
        headers=[["svix-id", p.V1_ID], ["svix-timestamp", str(p.V1_TS)], ["svix-signature", p.V1_SIGNATURE]],
    )
    for number, wrong in enumerate(p.WRONG_SIGNATURES, 1):
        code = "signature_mismatch" if is_svix_tag(wrong) else "malformed_signature"
        name = f"published-wrong-signature-{number}"
        about = "A wrong signature of the official suites is refused" + (
            "." if code == "signature_mismatch" else "; it is not even of the form v1, and 32 bytes."
        )
        deliver(
            suite,
            name,
            about,
            p.V1_BODY,
            refused(code),
            now=V1_NOW,
            source=f"published: wrong signature of the suites in {p.SVIX_REPOSITORY}",
            headers=[["svix-id", p.V1_ID], ["svix-timestamp", str(p.V1_TS)], ["svix-signature", wrong]],
        )
    deliver(
        suite,
        "published-v1-signature-cut-to-8-characters",
        "The partial signature of the official suites.",
        p.V1_BODY,
        refused("malformed_signature"),
        now=V1_NOW,
        source=p.SVIX_SUITES,
        headers=[
            ["svix-id", p.V1_ID],
            ["svix-timestamp", str(p.V1_TS)],
            ["svix-signature", p.V1_SIGNATURE[:8]],
        ],
    )
    deliver(
        suite,
        "published-v10-only-version-v1a",
        "A signature of version v1a alone is no token that is known here.",
        p.V1_BODY,
        refused("malformed_signature"),
        now=V1_NOW,
        source=p.V10_SOURCE,
        headers=[["svix-id", p.V1_ID], ["svix-timestamp", str(p.V1_TS)], ["svix-signature", p.V10_SIGNATURE]],
    )
    deliver(
        suite,
        "published-v1-after-version-v1a",
        "A v1a token is passed over, the v1 token after it counts.",
        p.V1_BODY,
        v1,
        now=V1_NOW,
        source=p.V10_SOURCE,
        edge=SAME_ID,
        headers=[
            ["svix-id", p.V1_ID],
            ["svix-timestamp", str(p.V1_TS)],
            ["svix-signature", f"{p.V10_SIGNATURE} {p.V1_SIGNATURE}"],
        ],
    )

    # Boundaries of the window, at V1's own time.
    for name, about, offset, expected, edge in [
        ("published-v1-at-300-seconds", "Exactly 300 s old passes.", 300, v1, LIVE_CLOCK),
        ("published-v1-at-301-seconds", "301 s are too old.", 301, refused("timestamp_too_old"), None),
        ("published-v1-at-minus-300-seconds", "Exactly 300 s ahead passes.", -300, v1, LIVE_CLOCK),
        (
            "published-v1-at-minus-301-seconds",
            "301 s ahead are too new.",
            -301,
            refused("timestamp_too_new"),
            LIVE_CLOCK,
        ),
    ]:
        deliver(
            suite,
            name,
            about,
            p.V1_BODY,
            expected,
            now=V1_NOW + offset * 1000,
            source=p.SVIX_SUITES,
            edge=edge,
            headers=[
                ["svix-id", p.V1_ID],
                ["svix-timestamp", str(p.V1_TS)],
                ["svix-signature", p.V1_SIGNATURE],
            ],
        )

    g1, g2, g3 = p.GATEWAY
    deliver(
        suite,
        "published-devices-connected",
        "The sample of user.devices-connected maps its vehicle.",
        g1[1],
        mappings(
            "user-id-in-your-database",
            (
                "upsert",
                "642f07d280dead60533b57c2",
                {"vin": "7SAWDDEQXPS685253", "make": "Tesla", "model": "Model Y", "year": 2020},
            ),
        ),
        headers=svix_headers(g1[0], p.GATEWAY_TS, g1[1], signature=g1[2]),
        now=p.GATEWAY_TS * 1000,
        source=p.GATEWAY_SOURCE,
    )
    sample = {
        "at": "2023-06-29T11:29:11.815Z",
        "position": (12.345678, 7.3321),
        "time_source": "provider",
        "vin": "MAT534006MPTS4325",
        "odometer_km": 12345,
    }
    deliver(
        suite,
        "published-charging-status",
        "The sample of vehicle.charging-status gives a position of 2023 with the VIN in it.",
        g2[1],
        events(event("641aeef260d202219c22f03b", "vehicle.charging-status", g2[0], **sample)),
        headers=svix_headers(g2[0], p.GATEWAY_TS, g2[1], signature=g2[2]),
        now=p.GATEWAY_TS * 1000,
        source=p.GATEWAY_SOURCE,
    )
    deliver(
        suite,
        "published-devices-disconnected",
        "The sample of user.devices-disconnected removes its vehicle.",
        g3[1],
        mappings("user-id-in-your-database", ("remove", "642f07d280dead60533b57c2", {})),
        headers=svix_headers(g3[0], p.GATEWAY_TS, g3[1], signature=g3[2]),
        now=p.GATEWAY_TS * 1000,
        source=p.GATEWAY_SOURCE,
    )


def header_errors(suite):
    def refuse(name, about, code, change, **rest):
        body = to_bytes(soc(name))
        headers = dict(svix_headers(msg(name), TS, body))
        changed = change(headers)
        deliver(
            suite,
            name,
            about,
            body,
            refused(code),
            headers=[list(pair) for pair in (changed or headers).items()],
            **rest,
        )

    for part in ("id", "timestamp", "signature"):
        refuse(
            f"header-svix-{part}-absent",
            "Each of the three headers is needed.",
            "missing_header",
            lambda h, part=part: h.pop(f"svix-{part}") and None,
        )
    refuse(
        "header-all-absent",
        "Without any header there is nothing to verify.",
        "missing_header",
        lambda h: h.clear(),
    )
    refuse(
        "header-all-absent-but-bearer",
        "On this route the bearer token plays no part.",
        "missing_header",
        lambda h: {"Authorization": f"Bearer {CALLBACK_TOKEN}"},
    )
    refuse(
        "header-wrong-signature-and-right-bearer",
        "Nor does it make up for a wrong signature.",
        "signature_mismatch",
        lambda h: {
            **h,
            "svix-signature": "v1," + "A" * 43 + "=",
            "Authorization": f"Bearer {CALLBACK_TOKEN}",
        },
    )
    refuse(
        "header-id-empty",
        "An empty id counts as absent.",
        "missing_header",
        lambda h: h.update({"svix-id": ""}),
    )
    refuse(
        "header-signature-empty",
        "An empty signature counts as absent.",
        "missing_header",
        lambda h: h.update({"svix-signature": ""}),
    )
    refuse(
        "header-timestamp-empty",
        "An empty timestamp is no timestamp.",
        "invalid_timestamp",
        lambda h: h.update({"svix-timestamp": ""}),
    )
    for name, text in [
        ("hello", "hello"),
        ("negative", "-1777356870"),
        ("zero", "0"),
        ("many-zeros", "000000000000"),
        ("plus-sign", "+1777356870"),
        ("trailing-letters", "1777356870abc"),
        ("decimal-point", "1777356870.0"),
        ("exponent", "1e9"),
        ("hex", "0x69f04d46"),
        ("inner-space", "17773 56870"),
        ("13-digits", "1777356870000"),
        ("least-64-bit", "-9223372036854775808"),
        ("most-64-bit", "9223372036854775807"),
        ("beyond-64-bit", "92233720368547758080"),
        ("iso", "2026-04-28T06:14:30Z"),
        ("list", "1777356870,1777356870"),
    ]:
        name = f"timestamp-{name}"
        body = to_bytes(soc(name))
        deliver(
            suite,
            name,
            "Only 1 to 12 digits that are not zero are a timestamp, whatever the signature says.",
            body,
            refused("invalid_timestamp"),
            headers=svix_headers(msg(name), text, body),
        )
    name = "timestamp-greatest"
    body = to_bytes(soc(name))
    deliver(
        suite,
        name,
        "The greatest number of 12 digits is too new and overflows nothing.",
        body,
        refused("timestamp_too_new"),
        headers=svix_headers(msg(name), "999999999999", body),
        edge=SHIFT,
    )
    name = "timestamp-one"
    body = to_bytes(soc(name))
    deliver(
        suite,
        name,
        "The first second of 1970 is too old.",
        body,
        refused("timestamp_too_old"),
        headers=svix_headers(msg(name), "1", body),
    )
    name = "timestamp-with-leading-zeros"
    body = to_bytes(soc(name))
    deliver(
        suite,
        name,
        "The text that came is what is signed, never the number that it means.",
        body,
        position_of(name),
        headers=svix_headers(msg(name), f"00{TS}", body),
        edge="a moved timestamp has no leading zeros",
    )
    name = "timestamp-normalised-by-the-signer"
    body = to_bytes(soc(name))
    headers = svix_headers(msg(name), TS, body)
    headers[1][1] = f"00{TS}"
    deliver(
        suite,
        name,
        "A signature of the number does not fit its text with zeros before it.",
        body,
        refused("signature_mismatch"),
        headers=headers,
        edge="a moved timestamp has no leading zeros",
    )
    refuse(
        "timestamp-changed",
        "A timestamp a second later, under the old signature.",
        "signature_mismatch",
        lambda h: h.update({"svix-timestamp": str(TS + 1)}),
    )
    refuse(
        "id-changed",
        "The id is signed too.",
        "signature_mismatch",
        lambda h: h.update({"svix-id": "msg_of_somebody_else"}),
    )

    for part in ("id", "timestamp", "signature"):
        name = f"header-svix-{part}-twice"
        body = to_bytes(soc(name))
        headers = svix_headers(msg(name), TS, body)
        headers.append(next(pair for pair in headers if pair[0] == f"svix-{part}"))
        deliver(
            suite,
            name,
            "A header that decides may come once only, even with the same right value.",
            body,
            refused("malformed_signature"),
            headers=headers,
        )
    name = "header-signature-folded"
    body = to_bytes(soc(name))
    token = svix_token(SVIX_SECRET, msg(name), TS, body)
    deliver(
        suite,
        name,
        "The same, already folded into one line by a comma and a space.",
        body,
        refused("malformed_signature"),
        headers=svix_headers(msg(name), TS, body, signature=f"v1,{'A' * 43}=, {token}"),
    )

    # Names of the headers.
    def accept(name, about, headers_of):
        body = to_bytes(soc(name))
        deliver(suite, name, about, body, position_of(name), headers=headers_of(msg(name), body))

    accept(
        "headers-in-capitals",
        "Header names have no case.",
        lambda i, b: [[n.upper(), v] for n, v in svix_headers(i, TS, b)],
    )
    accept(
        "headers-in-title-case",
        "Header names have no case.",
        lambda i, b: [[n.title(), v] for n, v in svix_headers(i, TS, b)],
    )
    accept(
        "headers-webhook-names",
        "The unbranded names do as well.",
        lambda i, b: svix_headers(i, TS, b, names="webhook"),
    )
    accept(
        "headers-webhook-names-in-capitals",
        "The unbranded names have no case either.",
        lambda i, b: [[n.upper(), v] for n, v in svix_headers(i, TS, b, names="webhook")],
    )
    accept(
        "headers-mixed-id-branded",
        "svix-id beside webhook-timestamp and webhook-signature: each header falls back by itself.",
        lambda i, b: [svix_headers(i, TS, b)[0], *svix_headers(i, TS, b, names="webhook")[1:]],
    )
    accept(
        "headers-mixed-signature-branded",
        "webhook-id and webhook-timestamp beside svix-signature.",
        lambda i, b: [*svix_headers(i, TS, b, names="webhook")[:2], svix_headers(i, TS, b)[2]],
    )
    accept(
        "headers-both-names-alike",
        "Both sets of names with the same values.",
        lambda i, b: svix_headers(i, TS, b) + svix_headers(i, TS, b, names="webhook"),
    )
    accept(
        "headers-both-names-branded-counts",
        "Where the two differ, the branded one counts.",
        lambda i, b: (
            svix_headers(i, TS, b)
            + [["webhook-id", "msg_other"], ["webhook-signature", "v1," + "A" * 43 + "="]]
        ),
    )
    accept(
        "headers-with-bearer-and-user-agent",
        "Headers that the endpoint's owner adds change nothing.",
        lambda i, b: (
            svix_headers(i, TS, b)
            + [
                ["Authorization", "Bearer of-somebody"],
                ["User-Agent", "Svix-Webhooks/1.90.0"],
                ["X-Request-Id", "1"],
            ]
        ),
    )
    name = "headers-both-names-only-unbranded-right"
    body = to_bytes(soc(name))
    deliver(
        suite,
        name,
        "A wrong branded signature is not made good by a right unbranded one.",
        body,
        refused("signature_mismatch"),
        headers=svix_headers(msg(name), TS, body, signature="v1," + "A" * 43 + "=")
        + svix_headers(msg(name), TS, body, names="webhook"),
    )


def signature_lists(suite):
    wrong = [f"v1,{base64.b64encode(bytes([n]) * 32).decode()}" for n in range(1, 5)]

    def show(name, about, signature_of, code=None):
        body = to_bytes(soc(name))
        right = svix_token(SVIX_SECRET, msg(name), TS, body)
        deliver(
            suite,
            name,
            about,
            body,
            refused(code) if code else position_of(name),
            headers=svix_headers(msg(name), TS, body, signature=signature_of(right)),
        )

    show(
        "signatures-good-one-first",
        "One right token suffices wherever it stands.",
        lambda right: f"{right} {wrong[0]} {wrong[1]}",
    )
    show(
        "signatures-good-one-in-the-middle",
        "One right token suffices wherever it stands.",
        lambda right: f"{wrong[0]} {right} {wrong[1]}",
    )
    show(
        "signatures-good-one-last",
        "The case of the official suites: wrong, another version, wrong, right.",
        lambda right: f"{wrong[0]} v2,{wrong[1][3:]} {wrong[2]} {right}",
    )
    show("signatures-good-one-twice", "Twice the same is once right.", lambda right: f"{right} {right}")
    show(
        "signatures-good-one-after-malformed-ones",
        "Tokens of another version, and what is no token, are passed over.",
        lambda right: f"v1 BAD_SIG_NATURE v1,abc v9,x v1a,y {right}",
    )
    show(
        "signatures-good-one-last-of-32",
        "A long list is read to its end.",
        lambda right: " ".join([wrong[n % 4] for n in range(31)] + [right]),
    )
    show("signatures-all-wrong", "None of several fits.", lambda right: " ".join(wrong), "signature_mismatch")
    show(
        "signatures-wrong-beside-malformed",
        "A well-formed wrong token beside one that is none is a mismatch.",
        lambda right: f"v1,abc {wrong[0]}",
        "signature_mismatch",
    )
    show(
        "signature-only-of-version-2",
        "The right bytes under another version count for nothing.",
        lambda right: "v2," + right[3:],
        "malformed_signature",
    )
    show(
        "signature-version-in-capitals",
        "V1 is another version than v1.",
        lambda right: "V1," + right[3:],
        "malformed_signature",
    )
    show(
        "signature-without-version",
        "The base64 alone is no token.",
        lambda right: right[3:],
        "malformed_signature",
    )
    show(
        "signature-without-comma",
        "v1 and the base64 without the comma are no token.",
        lambda right: "v1" + right[3:],
        "malformed_signature",
    )
    show(
        "signature-with-equals-for-comma",
        "The form of another provider.",
        lambda right: "v1=" + right[3:],
        "malformed_signature",
    )
    show(
        "signature-v1-and-nothing",
        "A bare v1, holds no signature.",
        lambda right: "v1,",
        "malformed_signature",
    )
    show(
        "signature-without-padding",
        "Base64 without its padding is another text for the same bytes.",
        lambda right: right.rstrip("="),
        "malformed_signature",
    )
    show("signature-with-more-padding", "One = too many.", lambda right: right + "=", "malformed_signature")
    show(
        "signature-of-31-bytes",
        "A byte is missing.",
        lambda right: "v1," + base64.b64encode(base64.b64decode(right[3:])[:31]).decode(),
        "malformed_signature",
    )
    show(
        "signature-of-33-bytes",
        "A byte too many.",
        lambda right: "v1," + base64.b64encode(base64.b64decode(right[3:]) + b"\0").decode(),
        "malformed_signature",
    )
    show(
        "signature-in-hex",
        "Hex is the form of other providers.",
        lambda right: "v1," + base64.b64decode(right[3:]).hex(),
        "malformed_signature",
    )
    show(
        "signature-with-two-joined-by-a-comma",
        "Tokens are separated by spaces only.",
        lambda right: f"{right},{wrong[0]}",
        "malformed_signature",
    )
    show(
        "signature-with-spare-bits-set",
        "The bits that base64 leaves over have to be zero: one text for one signature.",
        spare_bits,
        "malformed_signature",
    )
    show(
        "signature-first-character-changed",
        "One character is enough.",
        lambda right: "v1," + ("B" if right[3] != "B" else "C") + right[4:],
        "signature_mismatch",
    )
    show(
        "signature-all-zero",
        "32 zero bytes are well formed and wrong.",
        lambda right: "v1," + base64.b64encode(bytes(32)).decode(),
        "signature_mismatch",
    )

    name = next(
        f"signature-in-the-url-alphabet-{n}"
        for n in range(99)
        if set("+/")
        & set(
            svix_token(
                SVIX_SECRET,
                msg(f"signature-in-the-url-alphabet-{n}"),
                TS,
                to_bytes(soc(f"signature-in-the-url-alphabet-{n}")),
            )[3:]
        )
    )
    body = to_bytes(soc(name))
    deliver(
        suite,
        "signature-in-the-url-alphabet",
        "- and _ for + and / is another alphabet.",
        body,
        refused("malformed_signature"),
        headers=svix_headers(
            msg(name),
            TS,
            body,
            signature=svix_token(SVIX_SECRET, msg(name), TS, body).replace("+", "-").replace("/", "_"),
        ),
    )

    for name, about, key in [
        ("signature-under-another-key", "A secret that is not configured.", svix_key(p.V2_SECRET)),
        (
            "signature-under-the-text-of-the-secret",
            "The secret is base64 of the key, not the key.",
            SVIX_SECRET.encode(),
        ),
        (
            "signature-under-the-text-without-prefix",
            "Nor is the text after the prefix.",
            SVIX_SECRET[6:].encode(),
        ),
        ("signature-under-the-empty-key", "An empty key verifies nothing.", b""),
    ]:
        body = to_bytes(soc(name))
        tag = base64.b64encode(hmac_sha256(key, f"{msg(name)}.{TS}.".encode() + body)).decode()
        deliver(
            suite,
            name,
            about,
            body,
            refused("signature_mismatch"),
            headers=svix_headers(msg(name), TS, body, signature=f"v1,{tag}"),
        )
    for name, about, signed in [
        ("signature-of-the-body-alone", "The id and the time belong to what is signed.", lambda i, b: b),
        ("signature-of-body-without-dots", "So do the dots.", lambda i, b: f"{i}{TS}".encode() + b),
    ]:
        body = to_bytes(soc(name))
        tag = base64.b64encode(hmac_sha256(svix_key(SVIX_SECRET), signed(msg(name), body))).decode()
        deliver(
            suite,
            name,
            about,
            body,
            refused("signature_mismatch"),
            headers=svix_headers(msg(name), TS, body, signature=f"v1,{tag}"),
        )
    for name, about, change in [
        (
            "body-one-byte-changed",
            "One digit of the body is another.",
            lambda b: b.replace(b"48.2082", b"48.2083"),
        ),
        ("body-one-byte-appended", "A line feed after the body.", lambda b: b + b"\n"),
        ("body-cut", "The last byte is missing.", lambda b: b[:-1]),
        (
            "body-written-again-with-spaces",
            "The same JSON, written again with spaces in it.",
            lambda b: b.replace(b'":', b'": '),
        ),
        ("body-emptied", "An empty body under the signature of another one.", lambda b: b""),
    ]:
        body = to_bytes(soc(name))
        deliver(
            suite,
            name,
            about,
            change(body),
            refused("signature_mismatch"),
            headers=svix_headers(msg(name), TS, body),
        )


def spare_bits(right):
    """The same 32 bytes with the two unused bits of the last character set."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    return right[:-2] + alphabet[alphabet.index(right[-2]) | 1] + "="


def clock(suite):
    def show(name, about, offset, code=None, change=None, edge=None):
        body = to_bytes(soc(name))
        headers = svix_headers(msg(name), TS + offset, body)
        if change is not None:
            headers[2][1] = change
        deliver(
            suite, name, about, body, refused(code) if code else position_of(name), headers=headers, edge=edge
        )

    show("time-200-seconds-old", "Within the window.", -200)
    show("time-290-seconds-ahead", "Within the window.", 290)
    show("time-310-seconds-old", "Too old.", -310, "timestamp_too_old")
    show("time-400-seconds-ahead", "Too new.", 400, "timestamp_too_new")
    show("time-a-day-old", "A replay of yesterday.", -86400, "timestamp_too_old")
    show("time-a-day-ahead", "A clock that is a day ahead.", 86400, "timestamp_too_new")
    show(
        "time-too-old-and-signature-wrong",
        "The time is looked at first.",
        -600,
        "timestamp_too_old",
        change="v1," + "A" * 43 + "=",
    )
    show(
        "time-too-old-and-signature-malformed",
        "The time is looked at before the form of the signature.",
        -600,
        "timestamp_too_old",
        change="BAD_SIG_NATURE",
    )
    show(
        "time-too-new-and-signature-absent",
        "Missing headers are looked at before the time.",
        600,
        "missing_header",
        change="",
    )
    name = "time-invalid-and-signature-malformed"
    body = to_bytes(soc(name))
    deliver(
        suite,
        name,
        "So is the form of the timestamp.",
        body,
        refused("invalid_timestamp"),
        headers=[["svix-id", msg(name)], ["svix-timestamp", "soon"], ["svix-signature", "v1,"]],
    )
    name = "time-300-seconds-and-999-milliseconds-old"
    body = to_bytes(soc(name))
    deliver(
        suite,
        name,
        "The clock's milliseconds are cut off before the comparison.",
        body,
        position_of(name),
        headers=svix_headers(msg(name), TS - 300, body),
        now=NOW + 999,
        edge=LIVE_CLOCK,
    )


def bodies(suite):
    def malformed(name, about, body):
        deliver(suite, name, about, body, refused("malformed_body"))

    plain = to_bytes(soc("body-malformed"))
    malformed("body-an-array", "Genuine bytes, but an array.", b"[" + plain + b"]")
    malformed("body-a-text", "Genuine bytes, but a text.", b'"vehicle.soc"')
    malformed("body-null", "Genuine bytes, but null.", b"null")
    malformed("body-truncated", "JSON that ends in the middle, signed so.", plain[:100])
    malformed("body-not-utf-8", "Latin-1 in a text.", b'{"type":"vehicle.soc","message":"M\xe4rz"}')
    malformed(
        "body-number-beyond-doubles",
        "1e400 is no number that there is.",
        b'{"type":"vehicle.soc","currentSoc":1e400}',
    )
    malformed(
        "body-nested-200-deep",
        "Nesting that would exhaust a parser's stack.",
        b'{"a":' * 200 + b"1" + b"}" * 200,
    )
    malformed("body-trailing-text", "Something after the object.", plain + b" ok")
    for name, about, body, kind in [
        (
            "type-unknown",
            "A type of tomorrow is skipped under its own name.",
            {"type": "vehicle.teleported"},
            "vehicle.teleported",
        ),
        ("type-absent", "Without a type it is unknown.", {"user": "u"}, "unknown"),
        ("type-null", "A type that is null is none.", {"type": None}, "unknown"),
        ("type-a-number", "A type that is no text is none.", {"type": 7}, "unknown"),
        ("type-in-capitals", "Types are compared as they are.", {"type": "VEHICLE.SOC"}, "VEHICLE.SOC"),
        ("type-of-100-characters", "A long type is kept to 64 characters.", {"type": "t" * 100}, "t" * 64),
        (
            "type-of-another-provider",
            "Another provider's event under this provider's signature is of no known type.",
            {"eventType": "VERIFY", "data": {"challenge": "abc"}},
            "unknown",
        ),
        (
            "type-proto-only",
            "__proto__ gives an object no type.",
            {"__proto__": {"type": "vehicle.soc"}},
            "unknown",
        ),
        ("body-an-empty-object", "An empty object is an object.", {}, "unknown"),
        (
            "body-beyond-ascii",
            "The MAC is taken of UTF-8 bytes.",
            {"nickname": "Märzhase é 🚗 車"},
            "unknown",
        ),
    ]:
        deliver(suite, name, about, body, skipped(name, kind))
    name = "body-with-white-space-around"
    deliver(
        suite,
        name,
        "White space around an object belongs to the signed bytes and to JSON.",
        b"\r\n\t" + to_bytes(soc(name)) + b"\n",
        position_of(name),
    )
    name = "body-with-proto-keys"
    body = soc(name)
    body["__proto__"] = {"type": "user.devices-disconnected"}
    body["vehicleState"]["__proto__"] = {"location": None}
    body["vehicleState"]["constructor"] = 1
    deliver(
        suite, name, "Keys that are dangerous in JavaScript are keys like any other.", body, position_of(name)
    )
    name = "body-with-huge-numbers"
    body = soc(name)
    body["currentSoc"] = 123456789012345678901234567890
    body["targetSoc"] = -1.7e308
    deliver(
        suite,
        name,
        "Numbers that fit no integer disturb nothing where they do not matter.",
        body,
        position_of(name),
    )
    name = "id-with-dots"
    body = to_bytes(soc(name))
    deliver(
        suite,
        name,
        "An id may hold dots; it is signed and kept as it came.",
        body,
        position_of(name, event_id="msg.with.dots"),
        headers=svix_headers("msg.with.dots", TS, body),
    )


# --- events --------------------------------------------------------------------------------------------


def soc(name, kind="vehicle.soc", **changes):
    """A state event of the documented shape with ids of its own; `changes` replace members of
    vehicleState, `...` removes one."""
    state = {
        "batteryState": {
            "chargeThresholdMet": False,
            "isCharging": True,
            "isPlugged": True,
            "lastUpdated": AT,
            "range": 216,
            "rangeUnit": "km",
            "soc": 77,
        },
        "id": vehicle_of(name + " state"),
        "location": {"lastUpdated": AT, "latitude": POSITION[0], "longitude": POSITION[1]},
        "odo": {"lastUpdated": AT, "unit": "km", "value": 12345},
        "state": "ACTIVE",
        "stateDescription": "The connection to vehicle is active and the data is up to date.",
        "staticAttributes": {
            "country": "AT",
            "make": "BMW",
            "model": "X2 xDrive25e",
            "nickname": "My BMW",
            "registration": "W 1",
            "vin": vin_of(name),
            "year": 2022,
        },
    }
    for member, value in changes.items():
        if value is ...:
            del state[member]
        else:
            state[member] = value
    words = {
        "vehicle.soc": {"currentSoc": 77, "targetSoc": 80},
        "vehicle.charging-status": {"currentState": "Charging"},
        "vehicle.plug-status": {"currentState": "Plugged"},
    }[kind]
    return {
        **words,
        "jobId": uid(name, "job")[:24],
        "message": "change detected",
        "type": kind,
        "vehicleId": vehicle_of(name),
        "vehicleState": state,
    }


def position_of(
    name,
    *,
    kind="vehicle.soc",
    skip=None,
    vehicle=...,
    event_id=None,
    vin=...,
    at=AT,
    position=POSITION,
    odometer_km=12345,
    **rest,
):
    vehicle = vehicle_of(name) if vehicle is ... else vehicle
    event_id = event_id or msg(name)
    if skip:
        return events(event(vehicle, kind, event_id, skip=skip))
    return events(
        event(
            vehicle,
            kind,
            event_id,
            at=at,
            position=position,
            time_source="provider",
            odometer_km=odometer_km,
            vin=vin_of(name) if vin is ... else vin,
            **rest,
        )
    )


def location(**changes):
    made = {"lastUpdated": AT, "latitude": POSITION[0], "longitude": POSITION[1]}
    made.update(changes)
    return {member: value for member, value in made.items() if value is not ...}


def positions(suite):
    def show(name, about, body=None, expected=None, **rest):
        deliver(suite, name, about, body or soc(name), expected or position_of(name), **rest)

    for kind in ("vehicle.charging-status", "vehicle.plug-status", "vehicle.soc"):
        name = f"{kind.replace('.', '-')}-with-position"
        show(
            name,
            f"{kind} gives a point of a track, whatever the charge.",
            soc(name, kind),
            position_of(name, kind=kind),
        )
    for kind in ("vehicle.charging-status", "vehicle.plug-status", "vehicle.soc"):
        name = f"{kind.replace('.', '-')}-without-position"
        show(
            name,
            f"{kind} without a position is nothing for Cartrack.",
            soc(name, kind, location=None),
            position_of(name, kind=kind, skip="no_position"),
        )
    name = "location-absent"
    show(
        name,
        "A location that is not there is like one that is null.",
        soc(name, location=...),
        position_of(name, skip="no_position"),
    )
    name = "state-absent-and-location-null"
    show(
        name,
        "Where no state is named, only the position is missing.",
        soc(name, state=..., location=None),
        position_of(name, skip="no_position"),
    )
    name = "state-null-and-location-null"
    show(
        name,
        "A state that is null is not named.",
        soc(name, state=None, location=None),
        position_of(name, skip="no_position"),
    )
    for state in (
        "DISCONNECTED",
        "ACCOUNT_RATE_LIMITED",
        "DEVICE_DISCONNECTED",
        "PARTIAL_OPERATION",
        "UNKNOWN_ERROR",
    ):
        name = f"state-{state.lower().replace('_', '-')}-and-no-location"
        show(
            name,
            "The provider's state says why there is no position.",
            soc(name, state=state, location=None),
            position_of(name, skip="provider_state"),
        )
    name = "state-disconnected-and-no-location-at-all"
    show(
        name,
        "The same with the location left out.",
        soc(name, state="DISCONNECTED", location=...),
        position_of(name, skip="provider_state"),
    )
    for state in ("DISCONNECTED", "PARTIAL_OPERATION"):
        name = f"state-{state.lower().replace('_', '-')}-with-location"
        show(name, "Where the position is there, the state does not matter.", soc(name, state=state))
    name = "vehicle-state-null"
    body = soc(name)
    body["vehicleState"] = None
    show(name, "Without a vehicle state there is no position.", body, position_of(name, skip="no_position"))
    name = "vehicle-state-absent"
    body = soc(name)
    del body["vehicleState"]
    show(name, "Without a vehicle state there is no position.", body, position_of(name, skip="no_position"))
    name = "vehicle-state-of-nulls"
    body = soc(
        name,
        **{
            member: None
            for member in ("batteryState", "odo", "state", "stateDescription", "staticAttributes", "id")
        },
    )
    show(
        name,
        "Each member may be null; the position alone is enough to be accepted.",
        body,
        position_of(name, vin=None, odometer_km=None),
    )

    name = "location-without-time"
    show(
        name,
        "A position without its time cannot be placed, and no other time takes its place.",
        soc(name, location=location(lastUpdated=...)),
        position_of(name, skip="invalid_payload"),
    )
    name = "location-time-null"
    show(
        name,
        "So with null.",
        soc(name, location=location(lastUpdated=None)),
        position_of(name, skip="invalid_payload"),
    )
    name = "location-time-as-words"
    show(
        name,
        "So with a time that cannot be read.",
        soc(name, location=location(lastUpdated="yesterday")),
        position_of(name, skip="invalid_payload"),
    )
    name = "location-time-with-offset"
    show(
        name,
        "A time with an offset is brought to UTC.",
        soc(name, location=location(lastUpdated="2026-04-28T08:13:58+02:00")),
        position_of(name, at="2026-04-28T06:13:58Z"),
    )
    name = "location-time-without-milliseconds"
    show(
        name,
        "A time in whole seconds stays one.",
        soc(name, location=location(lastUpdated="2026-04-28T06:13:58Z")),
        position_of(name, at="2026-04-28T06:13:58Z"),
    )
    name = "location-days-old"
    show(
        name,
        "A plug event may bring a position that is days old; its own time is kept.",
        soc(name, "vehicle.plug-status", location=location(lastUpdated="2026-04-21T09:00:00Z")),
        position_of(name, kind="vehicle.plug-status", at="2026-04-21T09:00:00Z"),
    )
    name = "location-of-the-future"
    show(
        name,
        "A position of the year 2099 is not one.",
        soc(name, location=location(lastUpdated="2099-01-01T00:00:00Z")),
        position_of(name, skip="future_timestamp"),
    )
    name = "location-61-seconds-ahead"
    show(
        name,
        "More than a minute ahead is the future.",
        soc(name, location=location(lastUpdated=iso(NOW + 61_000))),
        position_of(name, skip="future_timestamp"),
        edge=PAST_ONLY,
    )
    name = "location-60-seconds-ahead"
    show(
        name,
        "A minute ahead is accepted, and the time never rewritten.",
        soc(name, location=location(lastUpdated=iso(NOW + 60_000))),
        position_of(name, at=iso(NOW + 60_000)),
        edge=PAST_ONLY,
    )
    for name, place, skip in [
        ("location-latitude-beyond-range", {"latitude": 90.5}, "invalid_payload"),
        ("location-longitude-beyond-range", {"longitude": -180.5}, "invalid_payload"),
        ("location-latitude-as-text", {"latitude": "48.2082"}, "invalid_payload"),
        ("location-null-fix", {"latitude": 0, "longitude": 0}, "no_position"),
    ]:
        show(
            name,
            "A position that cannot be true is none.",
            soc(name, location=location(**place)),
            position_of(name, skip=skip),
        )
    name = "location-on-the-equator"
    show(
        name,
        "One zero alone is a position.",
        soc(name, location=location(latitude=0)),
        position_of(name, position=(0, POSITION[1])),
    )

    for name, odo, km, notes in [
        ("odometer-in-miles", {"unit": "mi", "value": 1000}, 1609.344, None),
        ("odometer-in-miles-as-a-word", {"unit": "miles", "value": 10.5}, 16.898112, None),
        ("odometer-in-kilometers-as-a-word", {"unit": "kilometers", "value": 7}, 7, None),
        ("odometer-in-an-unknown-unit", {"unit": "leagues", "value": 7}, None, ["unknown_unit"]),
        ("odometer-as-text", {"unit": "km", "value": "7"}, None, None),
        ("odometer-value-null", {"unit": "km", "value": None}, None, None),
    ]:
        show(
            name,
            "The odometer is brought to km or dropped; the position is sent either way, without telemetry.",
            soc(name, odo={"lastUpdated": AT, **odo}),
            position_of(name, odometer_km=km, notes=notes),
        )
    name = "odometer-null"
    show(
        name,
        "Without an odometer the position is sent.",
        soc(name, odo=None),
        position_of(name, odometer_km=None),
    )

    name = "vehicle-id-absent"
    body = soc(name)
    del body["vehicleId"]
    show(
        name,
        "Without a vehicleId, vehicleState.id names the vehicle.",
        body,
        position_of(name, vehicle=vehicle_of(name + " state")),
    )
    name = "vehicle-ids-all-absent"
    body = soc(name, id=None)
    del body["vehicleId"]
    show(
        name,
        "A position of no vehicle is of no use.",
        body,
        position_of(name, vehicle=None, skip="invalid_payload"),
    )
    attributes = {"country": "AT", "make": "BMW", "vin": None}
    name = "mapping-by-vehicle-id"
    show(
        name,
        "Without a VIN in it the event is served by the mapping.",
        soc(name, staticAttributes=attributes),
        position_of(name, vin=None, mapped=vin_of(name)),
        known={vehicle_of(name): vin_of(name)},
    )
    name = "mapping-by-vehicle-state-id"
    show(
        name,
        "The mapping may be known under vehicleState.id only.",
        soc(name, staticAttributes=None),
        position_of(name, vin=None, mapped=vin_of(name)),
        known={vehicle_of(name + " state"): vin_of(name)},
    )
    name = "mapping-under-both-ids"
    show(
        name,
        "vehicleId is looked up before vehicleState.id.",
        soc(name, staticAttributes=attributes),
        position_of(name, vin=None, mapped=vin_of(name)),
        known={vehicle_of(name): vin_of(name), vehicle_of(name + " state"): "WBT000000000STATE"},
    )
    name = "mapping-unknown"
    show(
        name,
        "Without any VIN the event is accepted and waits; make, model and registration prove nothing.",
        soc(name, staticAttributes={"make": "BMW", "registration": "W 1"}),
        position_of(name, vin=None),
    )
    name = "vin-conflicts-with-the-mapping"
    show(
        name,
        "Two VINs: accepted at the door, never sent.",
        soc(name),
        position_of(name, mapped="WBT0000000CONFL1C"),
        known={vehicle_of(name): "WBT0000000CONFL1C"},
    )
    name = "vin-agrees-with-the-mapping"
    show(
        name,
        "The payload's VIN and the mapping's are the same.",
        soc(name, staticAttributes={"vin": vin_of(name).lower() + " "}),
        position_of(name, mapped=vin_of(name)),
        known={vehicle_of(name): vin_of(name)},
    )
    name = "vin-of-12-characters"
    show(
        name,
        "What is not 17 letters and digits is no VIN.",
        soc(name, staticAttributes={"vin": "MAT534006MPT"}),
        position_of(name, vin=None),
    )


def mapping_events(suite):
    def device(name, **changes):
        made = {
            "clientUserId": f"user of {name}",
            "country": "US",
            "deviceId": vehicle_of(name),
            "deviceType": "vehicle",
            "engineType": "ELECTRIC",
            "make": "Tesla",
            "model": "Model Y",
            "nickname": "My Model Y",
            "vin": vin_of(name),
            "year": 2020,
        }
        made.update(changes)
        return {member: value for member, value in made.items() if value is not ...}

    def connected(name, *devices, **rest):
        return {"devices": list(devices), "type": "user.devices-connected", "user": f"user of {name}", **rest}

    def upsert(name, **changes):
        made = {"vin": vin_of(name), "make": "Tesla", "model": "Model Y", "year": 2020, **changes}
        return (
            "upsert",
            vehicle_of(name),
            {member: value for member, value in made.items() if value is not ...},
        )

    def show(name, about, body, *changes, user=...):
        deliver(suite, name, about, body, mappings(f"user of {name}" if user is ... else user, *changes))

    name = "devices-connected-two-vehicles"
    show(
        name,
        "Each vehicle is mapped.",
        connected(name, device(name), device(name + " 2")),
        upsert(name),
        upsert(name + " 2"),
    )
    name = "devices-connected-device-type-absent"
    show(
        name,
        "A device without a type is taken for a vehicle.",
        connected(name, device(name, deviceType=...)),
        upsert(name),
    )
    name = "devices-connected-vehicle-and-charger"
    show(
        name,
        "Only the vehicle is mapped.",
        connected(name, device(name + " 2", deviceType="charger"), device(name)),
        upsert(name),
    )
    for kind in ("charger", "hvac", "inverter", "battery"):
        name = f"devices-connected-{kind}-only"
        deliver(
            suite,
            name,
            "A device that is no vehicle is skipped.",
            connected(name, device(name, deviceType=kind, vin=...)),
            events(event(None, "user.devices-connected", msg(name), skip="unsupported_device")),
        )
    name = "devices-connected-chargers-only"
    deliver(
        suite,
        name,
        "Several of them are skipped once.",
        connected(name, device(name, deviceType="charger"), device(name + " 2", deviceType="battery")),
        events(event(None, "user.devices-connected", msg(name), skip="unsupported_device")),
    )
    name = "devices-connected-none"
    show(name, "No devices: nothing changes.", connected(name))
    name = "devices-connected-vin-absent"
    show(
        name,
        "A vehicle without a VIN is known, incomplete.",
        connected(name, device(name, vin=...)),
        upsert(name, vin=...),
    )
    name = "devices-connected-vin-null-and-year-null"
    show(
        name,
        "Null is the same as absent.",
        connected(name, device(name, vin=None, year=None)),
        upsert(name, vin=..., year=...),
    )
    name = "devices-connected-vin-in-lower-case"
    show(
        name,
        "A VIN is trimmed and capitalised.",
        connected(name, device(name, vin=f" {vin_of(name).lower()}\n")),
        upsert(name),
    )
    name = "devices-connected-vin-of-16-characters"
    show(
        name,
        "What is no VIN is left out of the change.",
        connected(name, device(name, vin="7SAWDDEQXPS68525")),
        upsert(name, vin=...),
    )
    name = "devices-connected-legacy-vehicles-beside"
    show(
        name,
        "The legacy member is passed over where devices are there.",
        connected(name, device(name), vehicles=[{"registration": "X", "id": "legacy-id-not-to-be-mapped"}]),
        upsert(name),
    )
    name = "devices-connected-user-absent"
    body = connected(name, device(name))
    del body["user"]
    show(name, "A vehicle without a user is mapped all the same.", body, upsert(name), user=None)

    def removed(name, *devices):
        return {"devices": list(devices), "type": "user.devices-disconnected", "user": f"user of {name}"}

    name = "devices-disconnected-two"
    show(
        name,
        "Each device is removed.",
        removed(name, vehicle_of(name), vehicle_of(name + " 2")),
        ("remove", vehicle_of(name), {}),
        ("remove", vehicle_of(name + " 2"), {}),
    )
    name = "devices-disconnected-none"
    show(name, "No devices: nothing changes.", removed(name))


def commands(suite):
    for success in (True, False):
        name = f"charging-command-{'succeeded' if success else 'failed'}"
        body = {
            "action": "START",
            "code": "OK" if success else "ERROR",
            "jobId": "641aeef260d202219c22aa3a",
            "message": "…",
            "success": success,
            "type": "vehicle.charging-command",
            "vehicleId": vehicle_of(name),
        }
        deliver(
            suite,
            name,
            "Cartrack has no event for a charging command.",
            body,
            events(
                event(vehicle_of(name), "vehicle.charging-command", msg(name), skip="no_cartrack_equivalent")
            ),
        )
        name = f"charger-command-{'succeeded' if success else 'failed'}"
        body = {
            "action": "STOP",
            "chargerId": vehicle_of(name),
            "code": "OK",
            "jobId": "641aeef260d202219c22aa3a",
            "message": "…",
            "success": success,
            "type": "charger.charging-command",
        }
        deliver(
            suite,
            name,
            "Cartrack has no event for a charger.",
            body,
            events(event(..., "charger.charging-command", msg(name), skip="no_cartrack_equivalent")),
        )
