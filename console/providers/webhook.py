"""Tells a web address of something, signed as Standard Webhooks says (https://www.standardwebhooks.com).

One request over the door to the network, within the ten seconds and the bytes of one stage, whatever the other side
does. Redirects are not followed: they would carry a signed message to somebody who was not chosen. What comes after the
head of the answer is not read: the status says all, and a message that was taken must not go out again for its sake.
"""

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime

from console.providers.dial import Dialer
from console.providers.errors import DialError
from console.providers.line import Line
from console.providers.names import canonical
from console.providers.web import Target, WebLine
from console.rules.diagnose import diagnose

PREFIX = "whsec_"
PORT, GONE = 443, 410


@dataclass(frozen=True)
class Answer:
    """What came of one request. `status` is None where there was no answer; `problem` is what was wrong then.

    `retry_after` is in how many seconds the other side wants to be asked again, where it said so.
    """

    status: int | None
    problem: str | None = None
    retry_after: int | None = None

    @property
    def taken(self) -> bool:
        """Whether the message was taken: any 2xx."""
        return self.status is not None and 200 <= self.status < 300


def key_of(secret: str) -> bytes:
    """Return the key that a secret stands for: base64 behind "whsec_", and anything else as it is.

    Raises ValueError for a secret that is no base64 or has not 24 to 64 bytes.
    """
    if not secret.startswith(PREFIX):
        found = secret.encode()
    else:
        try:
            found = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
        except binascii.Error:
            raise ValueError("no base64") from None
    if not 24 <= len(found) <= 64:
        raise ValueError("too short or too long")
    return found


def sign(secret: str, message_id: str, at: datetime, body: bytes) -> str:
    """Return the signature of a message: HMAC-SHA256 over id, seconds and body, as the scheme's version 1."""
    signed = f"{message_id}.{int(at.timestamp())}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key_of(secret), signed, hashlib.sha256).digest()).decode("ascii")


def post(dialer: Dialer, url: str, secret: str, message_id: str, at: datetime, body: bytes) -> Answer:
    """Send one message; never raises for anything the other side does.

    `message_id` stays the same over all attempts, so that whoever gets it twice can tell. Ports are 443 and those that
    the operator allows; http is for hosts in the networks that the operator lists.
    """
    headers = {
        "Content-Type": "application/json",
        "webhook-id": message_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": sign(secret, message_id, at, body),
    }
    try:
        target = Target.read(url)
    except ValueError:
        return Answer(None, "address-not-allowed")
    with Line(dialer) as line:
        # The budget's first stage has begun with the line, and nothing begins another.
        web = WebLine(line.at(PORT, private=True))
        try:
            found = web.send("POST", url, headers=headers, body=body, longest=0)
        except (DialError, OSError) as error:
            return Answer(None, diagnose(error, stage="reach", host=canonical(target.host)).code)
    return Answer(found.status, None, found.retry_after(at))
