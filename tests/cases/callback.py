"""Telematica's legacy callback: a bearer token or a Svix signature, and bodies of several shapes."""

from .case import event, events, mappings, refused, to_bytes, vin_of
from .signing import CALLBACK_TOKEN, SVIX_SECRET, body_hash, svix_headers
from .telematica import TS, msg, position_of, soc, vehicle_of

BEARER = [["Authorization", f"Bearer {CALLBACK_TOKEN}"]]
DOCS = "body: after https://docs.telematica.so/docs/callback-endpoint; bearer token: invented"
OURS = "body and bearer token: invented, of the documented shape"


def add(suite):
    shapes(suite)
    proofs(suite)


def deliver(suite, name, about, body, expected, headers=None, source=OURS, **rest):
    body = to_bytes(body)
    suite.add(
        "telematica",
        name,
        about,
        body,
        BEARER if headers is None else headers,
        expected,
        hook="telematica-callback",
        source=source,
        **rest,
    )


def vehicle(name, **changes):
    made = {
        "vehicleId": vehicle_of(name),
        "vin": vin_of(name),
        "make": "TATA",
        "model": "Nexon EV",
        "year": 2023,
        **changes,
    }
    return {member: value for member, value in made.items() if value is not ...}


def schema(name, *vehicles):
    return {"user": f"user of {name}", "vehicles": list(vehicles) or [vehicle(name)]}


def upsert(name, **changes):
    made = {"vin": vin_of(name), "make": "TATA", "model": "Nexon EV", "year": 2023, **changes}
    return ("upsert", vehicle_of(name), {member: value for member, value in made.items() if value is not ...})


def mapped(name, *changes):
    return mappings(f"user of {name}", *(changes or [upsert(name)]))


def shapes(suite):
    def show(name, about, body, expected=None, **rest):
        deliver(suite, name, about, body, expected or mapped(name), **rest)

    name = "callback-shape-of-the-schema"
    show(name, "The shape of the documented schema.", schema(name), source=DOCS)
    name = "callback-shape-of-the-sample"
    show(
        name,
        "The shape of the documented sample: id for vehicleId, a registration, no VIN.",
        schema(name, {"registration": "GJ01M20191", "id": vehicle_of(name)}),
        mapped(name, ("upsert", vehicle_of(name), {"registration": "GJ01M20191"})),
        source=DOCS,
    )
    name = "callback-with-registration"
    show(
        name,
        "India sends the registration too.",
        schema(name, vehicle(name, registration="GJ 01 M 20191")),
        mapped(name, upsert(name, registration="GJ 01 M 20191")),
    )
    name = "callback-two-vehicles-of-two-shapes"
    show(
        name,
        "The shapes may stand side by side.",
        schema(name, vehicle(name), {"id": vehicle_of(name + " 2"), "registration": "W 2"}),
        mapped(name, upsert(name), ("upsert", vehicle_of(name + " 2"), {"registration": "W 2"})),
    )
    name = "callback-vehicle-id-before-id"
    show(name, "Where both are there, vehicleId counts.", schema(name, vehicle(name, id="another-id")))
    name = "callback-no-vehicles"
    show(
        name,
        "An empty list changes nothing.",
        {"user": f"user of {name}", "vehicles": []},
        mappings(f"user of {name}"),
    )
    name = "callback-vin-in-lower-case"
    show(
        name,
        "A VIN is trimmed and capitalised.",
        schema(name, vehicle(name, vin=f" {vin_of(name).lower()} ")),
    )
    name = "callback-vin-of-18-characters"
    show(
        name,
        "What is no VIN is left out of the change.",
        schema(name, vehicle(name, vin=vin_of(name) + "X")),
        mapped(name, upsert(name, vin=...)),
    )
    name = "callback-user-beyond-ascii"
    show(
        name,
        "A user and a model of any script.",
        {"user": "Jörg 車 🚗", "vehicles": [vehicle(name, model="Märzhase é")]},
        mappings("Jörg 車 🚗", upsert(name, model="Märzhase é")),
    )
    name = "callback-proto-keys"
    body = schema(name, {**vehicle(name), "__proto__": {"vehicleId": "polluted"}})
    body["__proto__"] = {"type": "vehicle.soc"}
    show(name, "Keys that are dangerous in JavaScript are keys like any other.", body)
    name = "callback-devices-connected"
    show(
        name,
        "user.devices-connected is read with the bearer token alone.",
        {
            "type": "user.devices-connected",
            "user": f"user of {name}",
            "devices": [
                {
                    "deviceId": vehicle_of(name),
                    "deviceType": "vehicle",
                    "vin": vin_of(name),
                    "make": "TATA",
                    "model": "Nexon EV",
                    "year": 2023,
                }
            ],
        },
    )
    name = "callback-devices-connected-charger-only"
    body = {
        "type": "user.devices-connected",
        "user": f"user of {name}",
        "devices": [{"deviceId": vehicle_of(name), "deviceType": "charger"}],
    }
    show(
        name,
        "A device that is no vehicle is skipped, under the body's hash.",
        body,
        events(
            event(
                None, "user.devices-connected", "cb-" + body_hash(to_bytes(body)), skip="unsupported_device"
            )
        ),
    )
    name = "callback-devices-disconnected"
    show(
        name,
        "user.devices-disconnected is read with the bearer token alone.",
        {"type": "user.devices-disconnected", "user": f"user of {name}", "devices": [vehicle_of(name)]},
        mapped(name, ("remove", vehicle_of(name), {})),
    )
    for name, about, body, kind in [
        (
            "callback-bearer-only-vehicle-event",
            "A token that passes through browsers vouches for no position.",
            soc("callback-bearer-only-vehicle-event"),
            "vehicle.soc",
        ),
        (
            "callback-bearer-only-command",
            "Nor for any other event.",
            {"type": "vehicle.charging-command", "action": "START"},
            "vehicle.charging-command",
        ),
        (
            "callback-type-unknown",
            "A type of tomorrow is skipped under its own name.",
            {"type": "user.renamed", "user": "u"},
            "user.renamed",
        ),
        (
            "callback-type-and-vehicles-absent",
            "An object of neither shape is skipped.",
            {"user": "callback-type-and-vehicles-absent"},
            "unknown",
        ),
    ]:
        show(
            name,
            about,
            body,
            events(event(..., kind, "cb-" + body_hash(to_bytes(body)), skip="unknown_event_type")),
        )
    for name, about, body in [
        ("callback-body-an-array", "Genuine bytes, but an array.", b"[]"),
        ("callback-body-empty", "An empty body is no object.", b""),
        ("callback-body-truncated", "JSON that ends in the middle.", b'{"user":"u","vehicles":['),
        ("callback-body-not-utf-8", "Latin-1 in a text.", b'{"user":"J\xf6rg","vehicles":[]}'),
        (
            "callback-body-nested-200-deep",
            "Nesting that would exhaust a parser's stack.",
            b'{"vehicles":' + b"[" * 200 + b"]" * 200 + b"}",
        ),
    ]:
        show(name, about, body, refused("malformed_body"))


def proofs(suite):
    def refuse(name, about, code, headers):
        deliver(suite, name, about, schema(name), refused(code), headers)

    def accept(name, about, headers):
        deliver(suite, name, about, schema(name), mapped(name), headers)

    def signed(name, body=None, **rest):
        return svix_headers(msg(name), TS, to_bytes(body or schema(name)), **rest)

    wrong = "v1," + "A" * 43 + "="
    refuse("callback-no-proof", "Neither token nor signature.", "missing_header", [])
    refuse(
        "callback-authorization-empty",
        "An empty header counts as absent.",
        "missing_header",
        [["Authorization", ""]],
    )
    for name, about, value in [
        ("another", "A token that is not configured.", "Bearer another-token"),
        ("cut", "The token without its last character.", f"Bearer {CALLBACK_TOKEN[:-1]}"),
        ("extended", "The token with a character more.", f"Bearer {CALLBACK_TOKEN}x"),
        ("in-capitals", "A token has a case.", f"Bearer {CALLBACK_TOKEN.upper()}"),
        ("absent", "The scheme without a token.", "Bearer"),
        ("without-scheme", "The token without the scheme.", CALLBACK_TOKEN),
        ("under-basic", "The token under another scheme.", f"Basic {CALLBACK_TOKEN}"),
        ("under-token", "The token under another scheme.", f"Token {CALLBACK_TOKEN}"),
        ("joined-to-scheme", "The scheme without a space after it.", f"Bearer{CALLBACK_TOKEN}"),
        ("with-a-colon", "The scheme with a colon.", f"Bearer: {CALLBACK_TOKEN}"),
        ("is-the-svix-secret", "The signing secret is no token.", f"Bearer {SVIX_SECRET}"),
    ]:
        refuse(f"callback-token-{name}", about, "unauthorized", [["Authorization", value]])
    refuse(
        "callback-authorization-twice",
        "A header that decides may come once only, even with the same right value.",
        "malformed_signature",
        BEARER * 2,
    )
    refuse(
        "callback-authorization-twice-one-wrong",
        "A right token beside a wrong one is no better.",
        "malformed_signature",
        BEARER + [["Authorization", "Bearer another"]],
    )
    refuse(
        "callback-authorization-folded",
        "The same, already folded into one line.",
        "malformed_signature",
        [["Authorization", f"Bearer {CALLBACK_TOKEN}, Bearer {CALLBACK_TOKEN}"]],
    )
    accept(
        "callback-authorization-in-capitals",
        "Header names have no case.",
        [["AUTHORIZATION", f"Bearer {CALLBACK_TOKEN}"]],
    )
    accept(
        "callback-scheme-in-lower-case",
        "Nor has the scheme's name.",
        [["Authorization", f"bearer {CALLBACK_TOKEN}"]],
    )
    accept(
        "callback-with-origin",
        "A browser's request says where it comes from.",
        [["Origin", "https://connect.telematica.so"], *BEARER],
    )

    name = "callback-signature-without-bearer"
    accept(name, "A right signature suffices.", signed(name))
    name = "callback-signature-under-webhook-names"
    accept(name, "So does one under the unbranded names.", signed(name, names="webhook"))
    name = "callback-signature-and-bearer"
    accept(name, "Both, and both right.", signed(name) + BEARER)
    name = "callback-signature-and-wrong-bearer"
    accept(name, "The signature decides alone.", signed(name) + [["Authorization", "Bearer another"]])
    name = "callback-signature-wrong-and-bearer-right"
    refuse(
        name,
        "A wrong signature is final, whatever the token.",
        "signature_mismatch",
        signed(name, signature=wrong) + BEARER,
    )
    name = "callback-signature-malformed-and-bearer-right"
    refuse(
        name,
        "So is one that is none.",
        "malformed_signature",
        signed(name, signature="BAD_SIG_NATURE") + BEARER,
    )
    name = "callback-signature-too-old-and-bearer-right"
    body = to_bytes(schema(name))
    refuse(name, "So is a stale one.", "timestamp_too_old", svix_headers(msg(name), TS - 600, body) + BEARER)
    for part in (
        "svix-id",
        "svix-timestamp",
        "svix-signature",
        "webhook-id",
        "webhook-timestamp",
        "webhook-signature",
    ):
        name = f"callback-only-{part}-and-bearer-right"
        value = {"id": msg(name), "timestamp": str(TS), "signature": wrong}[part.split("-")[1]]
        refuse(
            name,
            "One header of a signature is enough to demand the whole of it.",
            "missing_header",
            [[part, value], *BEARER],
        )
    name = "callback-signed-vehicle-event"
    deliver(
        suite,
        name,
        "A signature vouches for every type, on this route too.",
        soc(name),
        position_of(name),
        signed(name, soc(name)),
        source="computed with Python hmac",
    )
    name = "callback-signed-unknown-type"
    body = {"type": "user.renamed", "user": "u"}
    deliver(
        suite,
        name,
        "A signed event of an unknown type goes by the id that is signed.",
        body,
        events(event(None, "user.renamed", msg(name), skip="unknown_event_type")),
        signed(name, body),
        source="computed with Python hmac",
    )
