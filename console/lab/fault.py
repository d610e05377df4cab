"""What a switch of the lab is: something that can go wrong at a provider."""

from dataclasses import dataclass
from typing import Literal

Place = Literal["find", "server", "sign-in", "token", "mail"]
GOOGLE, MICROSOFT, IMAP, EXCHANGE = "google", "microsoft", "imap", "exchange"
PLACES: dict[Place, str] = {
    "find": "While the server is looked for",
    "server": "Which server it is",
    "sign-in": "While somebody signs in",
    "token": "When tokens are asked for",
    "mail": "When mail is asked for",
}


@dataclass(frozen=True)
class Fault:
    """A switch: where it acts, at which providers, and in `text` what the provider then does.

    With `everybody` it belongs to the provider or to the registered app, and cannot be put on for one account.
    """

    slug: str
    place: Place
    providers: frozenset[str]
    title: str
    text: str
    everybody: bool = False
