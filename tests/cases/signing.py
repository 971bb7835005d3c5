"""Signatures and ids as the providers make them, with Python's hmac and hashlib only."""

import base64
import hashlib
import hmac

SVIX_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
AMT = "amt"
TELEMAX_SECRET = "0ABFAA308801519BFA69ECBC050AACDD567D46B042C85CD08171E4F327E71981"
CALLBACK_TOKEN = "callback-token-1"


def hmac_sha256(key, message):
    return hmac.new(key, message, hashlib.sha256).digest()


def hex_of(key, message):
    return hmac_sha256(key.encode() if isinstance(key, str) else key, message).hex()


def svix_key(secret):
    text = secret[len("whsec_") :] if secret.startswith("whsec_") else secret
    return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)


def svix_tag(secret, msg_id, timestamp, body):
    return hmac_sha256(svix_key(secret), f"{msg_id}.{timestamp}.".encode() + body)


def svix_token(secret, msg_id, timestamp, body):
    return "v1," + base64.b64encode(svix_tag(secret, msg_id, timestamp, body)).decode()


def svix_headers(msg_id, timestamp, body, secret=SVIX_SECRET, names="svix", signature=None):
    return [
        [f"{names}-id", msg_id],
        [f"{names}-timestamp", str(timestamp)],
        [f"{names}-signature", signature or svix_token(secret, msg_id, timestamp, body)],
    ]


def smartcar_headers(body, key=AMT):
    return [["SC-Signature", hex_of(key, body)]]


def telemax_headers(body, key=TELEMAX_SECRET, delivery=None):
    headers = [["X-Telemax-Signature", "sha256=" + hex_of(key, body)]]
    return headers + ([["X-Telemax-Delivery", delivery]] if delivery else [])


def body_hash(body):
    return hashlib.sha256(body).hexdigest()


def is_svix_tag(token):
    """Whether a token is of the form v1, and 32 bytes in strict, padded, standard base64."""
    if not token.startswith("v1,"):
        return False
    text = token[3:]
    try:
        tag = base64.b64decode(text, validate=True)
    except ValueError:
        return False
    return len(tag) == 32 and base64.b64encode(tag).decode() == text
