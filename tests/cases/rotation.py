"""Lists of secrets: rotation, secrets in other forms, and secrets that are none."""

from . import callback, smartcar, telematica, telemax
from . import published as p
from .case import (
    BASE,
    FORMS,
    SAME_ID,
    UNPADDED_SECRET,
    challenge,
    event,
    events,
    refused,
    to_bytes,
)
from .signing import (
    AMT,
    CALLBACK_TOKEN,
    SVIX_SECRET,
    TELEMAX_SECRET,
    hex_of,
    smartcar_headers,
    svix_headers,
    telemax_headers,
)

NEW_TELEMAX = "F00D" * 16
NEW_TOKEN = "callback-token-2"
ROTATED = {
    "SMARTCAR_MANAGEMENT_TOKEN": f"{p.S3_KEY}, {AMT}",
    "TELEMATICA_SVIX_SECRET": f"{p.V2_SECRET},{SVIX_SECRET} {p.V3_SECRET[6:]}",
    "TELEMATICA_CALLBACK_TOKEN": f"{NEW_TOKEN}  {CALLBACK_TOKEN} ,",
    "TELEMAX_WEBHOOK_SECRET": f"{NEW_TELEMAX},,{TELEMAX_SECRET}",
}
# Of every list the first value is unusable where there can be such a thing.
SLIPPED = {
    **BASE,
    "TELEMATICA_SVIX_SECRET": f"whsec_not!base64,whsec_,{SVIX_SECRET}",
    "TELEMAX_SECRET_ENCODING": "hex",
    "TELEMAX_WEBHOOK_SECRET": f"not-hex {TELEMAX_SECRET}",
}
NOTHING_USABLE = {
    "SMARTCAR_MANAGEMENT_TOKEN": ", ,",
    "TELEMATICA_SVIX_SECRET": "whsec_,whsec_",
    "TELEMATICA_CALLBACK_TOKEN": ",",
    "TELEMAX_SECRET_ENCODING": "hex",
    "TELEMAX_WEBHOOK_SECRET": "not-hex",
}


def add(suite):
    rotated(suite)
    forms(suite)
    slips(suite)
    nothing(suite)


def rotated(suite):
    for name, about, key in [
        ("rotation-first-token", "The new token verifies.", p.S3_KEY),
        ("rotation-second-token", "The old token still verifies.", AMT),
    ]:
        body = to_bytes(smartcar.state(name))
        smartcar.deliver(
            suite,
            name,
            about,
            body,
            smartcar.expect(name),
            headers=smartcar_headers(body, key),
            config=ROTATED,
        )
    name = "rotation-rotated-out-token"
    body = to_bytes(smartcar.state(name))
    smartcar.deliver(
        suite,
        name,
        "A token that has left the list verifies nothing.",
        body,
        refused("signature_mismatch"),
        headers=smartcar_headers(body, p.S3_KEY),
    )
    name = "rotation-whole-list-as-key"
    body = to_bytes(smartcar.state(name))
    smartcar.deliver(
        suite,
        name,
        "The text of the whole list is no key.",
        body,
        refused("signature_mismatch"),
        config=ROTATED,
        headers=smartcar_headers(body, ROTATED["SMARTCAR_MANAGEMENT_TOKEN"]),
    )
    smartcar.deliver(
        suite,
        "rotation-verify-2-published-s3-answered-with-the-first-token",
        "A challenge is answered with the first token.",
        smartcar.verify2("9c9c9c9c"),
        challenge(p.S_HEX["S3"]),
        headers=[],
        config=ROTATED,
        source=p.SMARTCAR_TAGS[2][4],
    )
    smartcar.deliver(
        suite,
        "rotation-verify-4-answered-with-the-first-token",
        "So in generation 4.0, even where the second token signed it.",
        smartcar.verify4("rotating"),
        challenge(hex_of(p.S3_KEY, b"rotating")),
        headers=smartcar_headers(to_bytes(smartcar.verify4("rotating")), AMT),
        config=ROTATED,
    )

    for vector, about in [
        ("V2", "The published vector under the first secret of a list."),
        ("V2n", "The MAC is right, but the timestamp -1 is none."),
        ("V3", "The published vector under the third secret of a list, without its prefix."),
    ]:
        _, _, msg_id, timestamp, body, signature, origin = next(
            v for v in p.STANDARD_WEBHOOKS if v[0] == vector
        )
        name = f"rotation-published-{vector.lower()}"
        read = events(event(None, "unknown", msg_id, skip="unknown_event_type"))
        telematica.deliver(
            suite,
            name,
            about,
            body,
            read if timestamp > 0 else refused("invalid_timestamp"),
            source=origin,
            now=abs(timestamp) * 1000,
            config=ROTATED,
            headers=[["svix-id", msg_id], ["svix-timestamp", str(timestamp)], ["svix-signature", signature]],
        )

    def signed(name, *secrets):
        body = to_bytes(telematica.soc(name))
        tokens = [
            svix_headers(telematica.msg(name), telematica.TS, body, secret=secret)[2][1] for secret in secrets
        ]
        return body, svix_headers(telematica.msg(name), telematica.TS, body, signature=" ".join(tokens))

    for name, about, secrets, config in [
        ("rotation-second-secret", "The old secret still verifies.", [SVIX_SECRET], ROTATED),
        (
            "rotation-signed-with-both-secrets",
            "During a rotation Svix signs with both.",
            [SVIX_SECRET, p.V2_SECRET],
            ROTATED,
        ),
        (
            "rotation-signed-with-both-and-only-the-old-one-known",
            "A list of tokens passes by the one that is known.",
            [p.V2_SECRET, SVIX_SECRET],
            BASE,
        ),
    ]:
        body, headers = signed(name, *secrets)
        telematica.deliver(
            suite, name, about, body, telematica.position_of(name), headers=headers, config=config
        )
    name = "rotation-rotated-out-secret"
    body, headers = signed(name, p.V2_SECRET)
    telematica.deliver(
        suite,
        name,
        "A secret that has left the list verifies nothing.",
        body,
        refused("signature_mismatch"),
        headers=headers,
    )

    for name, token in [
        ("callback-rotation-first-token", NEW_TOKEN),
        ("callback-rotation-second-token", CALLBACK_TOKEN),
    ]:
        callback.deliver(
            suite,
            name,
            "Each token of a list fits.",
            callback.schema(name),
            callback.mapped(name),
            [["Authorization", f"Bearer {token}"]],
            config=ROTATED,
        )
    name = "callback-rotation-rotated-out-token"
    callback.deliver(
        suite,
        name,
        "A token that has left the list does not.",
        callback.schema(name),
        refused("unauthorized"),
        [["Authorization", f"Bearer {NEW_TOKEN}"]],
    )
    name = "callback-rotation-whole-list-as-token"
    callback.deliver(
        suite,
        name,
        "The text of the whole list is no token.",
        callback.schema(name),
        refused("unauthorized"),
        [["Authorization", f"Bearer {NEW_TOKEN} {CALLBACK_TOKEN}"]],
        config=ROTATED,
    )

    for name, about, key in [
        ("rotation-first-secret", "The new secret verifies.", NEW_TELEMAX),
        ("rotation-second-secret", "The old secret still verifies.", TELEMAX_SECRET),
    ]:
        body = to_bytes(telemax.alert(name))
        telemax.show(suite, name, about, body, headers=telemax_headers(body, key), config=ROTATED)
    name = "rotation-rotated-out-secret"
    body = to_bytes(telemax.alert(name))
    telemax.deliver(
        suite,
        name,
        "A secret that has left the list verifies nothing.",
        body,
        refused("signature_mismatch"),
        headers=telemax_headers(body, NEW_TELEMAX),
    )


def forms(suite):
    for vector, about in [
        (
            "V8",
            "A secret that lacks one = of its padding and the prefix; the bits that its last character leaves over are not zero.",
        ),
        ("V9", "A secret that lacks two; here too the bits left over are not zero."),
    ]:
        _, secret, msg_id, timestamp, body, signature, origin = next(
            v for v in p.STANDARD_WEBHOOKS if v[0] == vector
        )
        telematica.deliver(
            suite,
            f"published-{vector.lower()}-unpadded-secret",
            about,
            body,
            events(event(None, "unknown", msg_id, skip="unknown_event_type")),
            headers=[["svix-id", msg_id], ["svix-timestamp", str(timestamp)], ["svix-signature", signature]],
            source=origin,
            now=timestamp * 1000,
            config=FORMS,
            edge=SAME_ID,
        )
        name = f"secret-without-padding-as-in-{vector.lower()}"
        body = to_bytes(telematica.soc(name))
        telematica.deliver(
            suite,
            name,
            about,
            body,
            telematica.position_of(name),
            config=FORMS,
            headers=svix_headers(telematica.msg(name), telematica.TS, body, secret=secret),
        )

    name = "secret-without-padding"
    body = to_bytes(telematica.soc(name))
    telematica.deliver(
        suite,
        name,
        "A secret that lacks its padding and is regular base64 otherwise.",
        body,
        telematica.position_of(name),
        config=FORMS,
        headers=svix_headers(telematica.msg(name), telematica.TS, body, secret=UNPADDED_SECRET),
    )


def slips(suite):
    about = "A slip in one value of a list leaves the others usable."
    name = "rotation-first-secret-unusable"
    body = to_bytes(telematica.soc(name))
    telematica.deliver(suite, name, about, body, telematica.position_of(name), config=SLIPPED)
    body = to_bytes(telemax.alert(name))
    telemax.show(
        suite, name, about, body, config=SLIPPED, headers=telemax_headers(body, bytes.fromhex(TELEMAX_SECRET))
    )
    name = "rotation-bare-prefix-is-no-empty-key"
    body = to_bytes(telematica.soc(name))
    telematica.deliver(
        suite,
        name,
        "A bare whsec_ in a list does not stand for the empty key.",
        body,
        refused("signature_mismatch"),
        config=SLIPPED,
        headers=svix_headers(telematica.msg(name), telematica.TS, body, secret="whsec_"),
    )


def nothing(suite):
    for label, about, config in [
        ("not-configured", "Without a secret nothing is accepted, whatever the signature.", {}),
        ("nothing-usable-configured", "A list without one usable value counts as missing.", NOTHING_USABLE),
    ]:
        answer = refused("provider_not_configured")
        name = f"{label}-smartcar"
        smartcar.deliver(suite, name, about, smartcar.state(name), answer, config=config)
        name = f"{label}-empty-key"
        body = to_bytes(smartcar.state(name))
        smartcar.deliver(
            suite,
            name,
            "Least of all what the empty key signs.",
            body,
            answer,
            config=config,
            headers=smartcar_headers(body, ""),
        )
        name = f"{label}-verify"
        smartcar.deliver(
            suite,
            name,
            "A challenge has no key to be answered with.",
            smartcar.verify4(label),
            answer,
            config=config,
            headers=[],
        )
        name = f"{label}-telematica"
        telematica.deliver(suite, name, about, telematica.soc(name), answer, config=config)
        name = f"{label}-empty-key"
        body = to_bytes(telematica.soc(name))
        telematica.deliver(
            suite,
            name,
            "Least of all what the empty key signs.",
            body,
            answer,
            config=config,
            headers=svix_headers(telematica.msg(name), telematica.TS, body, secret="whsec_"),
        )
        name = f"callback-{label}"
        callback.deliver(
            suite,
            name,
            "The callback without a token accepts none.",
            callback.schema(name),
            answer,
            config=config,
        )
        name = f"callback-{label}-signature"
        body = to_bytes(callback.schema(name))
        callback.deliver(
            suite,
            name,
            "Nor a signature without a secret.",
            body,
            answer,
            config=config,
            headers=svix_headers(telematica.msg(name), telematica.TS, body),
        )
        name = f"{label}-telemax"
        telemax.deliver(suite, name, about, telemax.alert(name), answer, config=config)
        name = f"{label}-empty-key"
        body = to_bytes(telemax.alert(name))
        telemax.deliver(
            suite,
            name,
            "Least of all what the empty key signs.",
            body,
            answer,
            config=config,
            headers=telemax_headers(body, ""),
        )
