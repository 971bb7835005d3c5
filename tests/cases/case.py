"""What a case is, and how it becomes a folder."""

import base64
import hashlib
import json
from datetime import datetime, timezone

from . import published
from .signing import AMT, CALLBACK_TOKEN, SVIX_SECRET, TELEMAX_SECRET

PROVIDERS = ("smartcar", "telematica", "telemax")
COMPUTED = "computed with Python hmac"

# What the gateway of an ordinary case is configured with; nothing else is set.
BASE = {
    "SMARTCAR_MANAGEMENT_TOKEN": AMT,
    "TELEMATICA_SVIX_SECRET": SVIX_SECRET,
    "TELEMATICA_CALLBACK_TOKEN": CALLBACK_TOKEN,
    "TELEMAX_WEBHOOK_SECRET": TELEMAX_SECRET,
}

# Secrets in the other forms that they come in: base64 without padding and prefix, hex for key bytes.
HEX_SECRET = hashlib.sha256(b"weighbridge second telemax secret").hexdigest()
UNPADDED_SECRET = "whsec_" + base64.b64encode(
    hashlib.sha256(b"weighbridge unpadded secret").digest()[:31]
).decode().rstrip("=")
FORMS = {
    **BASE,
    "TELEMATICA_SVIX_SECRET": f"{published.V8_SECRET} whsec_{published.V9_SECRET} {UNPADDED_SECRET}",
    "TELEMAX_SECRET_ENCODING": "hex",
    "TELEMAX_WEBHOOK_SECRET": f"{TELEMAX_SECRET},{HEX_SECRET}",
}

LIVE_CLOCK = "turns on the second, which the live clock does not hold still"
PAST_ONLY = "the time in the body is fixed, so that it is near now only under the case's own clock"
SAME_BYTES = "another case delivers the same published id or bytes, and the second delivery is a duplicate"
SAME_ID = "the published vectors share one message id, and the second delivery is a duplicate"


def ms(iso):
    """UTC milliseconds of an ISO time with Z."""
    moment = datetime.fromisoformat(iso.replace("Z", "+00:00"))
    delta = moment - datetime(1970, 1, 1, tzinfo=timezone.utc)
    return delta.days * 86_400_000 + delta.seconds * 1000 + delta.microseconds // 1000


def iso(millis):
    """The ISO text of UTC milliseconds, with milliseconds only when not zero."""
    seconds, rest = divmod(millis, 1000)
    text = datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S")
    return text + (f".{rest:03d}Z" if rest else "Z")


NOW = ms("2026-04-28T06:14:30Z")


def to_bytes(value):
    """Compact JSON of a value; bytes and text as they are."""
    if isinstance(value, bytes):
        return value
    if isinstance(value, str):
        return value.encode()
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def uid(name, salt=""):
    """A UUID-shaped id that belongs to one name for ever."""
    digits = hashlib.sha256(f"weighbridge case {salt} {name}".encode()).hexdigest()
    return "-".join((digits[:8], digits[8:12], "4" + digits[13:16], "a" + digits[17:20], digits[20:32]))


def vin_of(name):
    """An invented VIN that belongs to one name for ever."""
    return "WBT" + hashlib.sha256(f"weighbridge vin {name}".encode()).hexdigest()[:14].upper()


def event(
    vehicle, kind, event_id, *, at=None, position=None, mapped=None, skip=None, moment="PERIODIC", **known
):
    """One expected event. `mapped` is the VIN of its vehicle's mapping; `known` are the members that
    the event must have: time_source, vin, odometer_km, speed_kmh, ignition, notes."""
    normal = {"vehicle": vehicle, "type": kind, "provider_event_id": event_id}
    if vehicle is ...:
        del normal["vehicle"]
    if skip:
        normal["skip"] = skip
    if at:
        normal["event_ts"] = at
    normal.update({name: value for name, value in known.items() if value is not None})
    stated = known.get("vin")
    if skip:
        reply, record, weigh = {"outcome": "skipped", "reason": skip}, None, skip
    elif stated and mapped and stated != mapped:
        reply, record, weigh = {"outcome": "accepted"}, None, "vin_conflict"
    elif not (stated or mapped):
        reply, record, weigh = {"outcome": "accepted", "reason": "unmapped_vehicle"}, None, "unmapped_vehicle"
    else:
        assert at and position, event_id
        reply, weigh = {"outcome": "accepted"}, "record"
        record = {
            "event_type": moment,
            "event_ts": at,
            "chassis_number": stated or mapped,
            "source": {"provider": None, "device_id": vehicle, "provider_event_id": event_id},
            "position": {"latitude": position[0], "longitude": position[1]},
        }
    return {"normal": normal, "reply": reply, "record": record, "weigh": weigh}


def events(*expected):
    accepted = any(one["reply"]["outcome"] == "accepted" for one in expected)
    return {
        "reply": {
            "status": 202 if accepted else 200,
            "body": {
                "outcome": "accepted" if accepted else "skipped",
                "events": [one["reply"] for one in expected],
            },
        },
        "events": [one["normal"] for one in expected],
        "records": [one["record"] for one in expected],
        "weigh": [one["weigh"] for one in expected],
    }


def mappings(user, *changes):
    """Expected changes of mappings: (action, vehicle, {vin, make, …})."""
    if not changes:
        outcome = "skipped"
    else:
        outcome = {"upsert": "mapping_updated", "remove": "mapping_removed"}[changes[0][0]]
    return {
        "reply": {"status": 200, "body": {"outcome": outcome, "events": []}},
        "events": [],
        "records": [],
        "weigh": [],
        "mappings": {
            "user": user,
            "changes": [{"action": action, "vehicle": vehicle, **rest} for action, vehicle, rest in changes],
        },
    }


def challenge(hex_digits):
    return {"reply": {"status": 200, "body": {"challenge": hex_digits}}}


STATUS = {
    "malformed_body": 400,
    "challenge_refused": 400,
    "body_too_large": 413,
    "provider_not_configured": 503,
}


def refused(code):
    return {"reply": {"status": STATUS.get(code, 401), "body": {"error": code}}}


class Suite:
    """All cases, each under its folder's name."""

    def __init__(self):
        self.cases = {}

    def add(
        self,
        provider,
        name,
        about,
        body,
        headers,
        expected,
        *,
        hook=None,
        now=NOW,
        config=BASE,
        known=None,
        source=COMPUTED,
        edge=None,
    ):
        """`known` are mappings there beforehand, {vehicle id: VIN}; `edge` says why a live Worker
        cannot show the case, where it cannot."""
        folder = f"providers/{provider}/{name}"
        assert folder not in self.cases, folder
        assert provider in PROVIDERS and name == name.lower() and " " not in name and "_" not in name, name
        for record in expected.get("records", ()):
            if record:
                record["source"]["provider"] = provider
        case = {
            "source": source,
            "about": about,
            "hook": hook or provider,
            "now": now,
            "config": config,
            "headers": [["Content-Type", "application/json"], *headers],
        }
        if known:
            case["mappings"] = known
        if edge:
            case.update(edge=False, edge_why=edge)
        self.cases[folder] = (case, to_bytes(body), expected)

    def check(self):
        """Nothing leaks from one case to another when they share one gateway."""
        ids, vehicles = {}, {}
        for folder, (case, _, expected) in self.cases.items():
            if case.get("edge") is False or expected["reply"]["status"] >= 300:
                continue
            for one in expected.get("events", ()):
                event_id = one["provider_event_id"]
                assert event_id not in ids, f"{folder} and {ids[event_id]} share the event id {event_id}"
                ids[event_id] = folder
            at_stake = {one.get("vehicle") for one in expected.get("events", ()) if "skip" not in one}
            at_stake |= {change["vehicle"] for change in expected.get("mappings", {}).get("changes", ())}
            at_stake |= set(case.get("mappings", ()))
            for vehicle in at_stake - {None}:
                if "published" in folder or "vector" in folder:
                    continue
                assert vehicle not in vehicles, (
                    f"{folder} and {vehicles[vehicle]} share the vehicle {vehicle}"
                )
                vehicles[vehicle] = folder

    def files(self):
        made = {"providers/README.md": README.encode()}
        for folder, (case, body, expected) in self.cases.items():
            made[f"{folder}/case.json"] = pretty(case)
            made[f"{folder}/body.bin"] = body
            made[f"{folder}/expected.json"] = pretty(expected)
        return made

    def summary(self):
        counts = {name: sum(f"/{name}/" in folder for folder in self.cases) for name in PROVIDERS}
        live = sum(case.get("edge") is not False for case, _, _ in self.cases.values())
        words = ", ".join(f"{count} {name}" for name, count in counts.items())
        return f"{len(self.cases)} cases ({words}); {live} of them for a live Worker too"


def pretty(value):
    return (layout(value, 0) + "\n").encode()


def layout(value, depth):
    """JSON with what fits on one line there."""
    line = json.dumps(value, ensure_ascii=False)
    if depth and len(line) + 2 * depth <= 100 or not isinstance(value, (dict, list)) or not value:
        return line
    inner = "  " * (depth + 1)
    if isinstance(value, dict):
        parts = [f"{json.dumps(name)}: {layout(part, depth + 1)}" for name, part in value.items()]
    else:
        parts = [layout(part, depth + 1) for part in value]
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    return f"{opening}\n" + ",\n".join(inner + part for part in parts) + "\n" + "  " * depth + closing


README = """\
# Cases

One folder is one delivery and what has to come of it. `tests/make_cases.py` writes them all; change a case
there, never here. `python3 tests/make_cases.py --check` says whether the folders are what it would write.

`case.json`
: `source` who made the body and its signature · `about` what the case shows · `hook` the route below
  `/hooks/` · `now` when it is received, in UTC milliseconds · `config` everything that is configured (a name
  that is absent is not set) · `headers` in order; a name may come twice · `mappings` VINs known beforehand, by
  the provider's vehicle id · `edge: false` where a live Worker with its own clock cannot show it, `edge_why`
  the reason.

`body.bin`
: The exact bytes.

`expected.json`
: - `reply`: the status and the body, without the ids of events and without the message of a refusal. 413 and
    503 are the gateway's answers; a library that is handed the bytes and the keys has none of them.
  - `events` (deliveries that are not refused and no challenge): the normalised events in order. `vehicle` is
    compared where it is given (`null`: none is known), `type`, `provider_event_id` and `skip` always. The
    other members are compared in full for an event that is not skipped (absent means absent, no `notes`
    means none), and only where given for one that is skipped. Times are ISO 8601, numbers equal within 1e-9.
  - `records`: for each event the record for Cartrack, or null. `source.provider_received_ts` is left out: it is
    the time of receipt.
  - `weigh`: for each event `record`, or why there is none: `unmapped_vehicle`, `vin_conflict` or the skip reason.
  - `mappings`, for deliveries about mappings: the user (null: none is named) and the changes in order. No
    changes at all are an empty list.

For a live Worker the time in `svix-timestamp` (`webhook-timestamp`), where it is 1 to 12 digits and not zero, has
to be moved by the difference between its clock and `now`, and each `v1` token that was right has to be made
anew. All else goes as it is. Ids of events and vehicles differ from case to case, so that all cases of one
`config` may share a gateway; the cases named `published-…` are the exception, and the vehicles of those have
the same mapping in every one of them.
"""
