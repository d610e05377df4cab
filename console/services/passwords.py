"""The console's own passwords: hashed with argon2id, never stored otherwise."""

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from console.rules.texts import N_
from console.services.context import Refused

SHORTEST, LONGEST = 12, 256
# OWASP's argon2id setting for servers with little memory: 19 MiB, 2 passes, 1 lane.
# https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html
_HASHER = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)


@cache
def _nobody() -> str:
    return _HASHER.hash("an account that does not exist takes as long as one that does")


def hash_new(password: str, *, email: str, name: str) -> str:
    """Return the hash of a new password.

    Raises Refused when it is too short, too long, or the person's own name or address.
    """
    if len(password) < SHORTEST:
        raise Refused(N_("Choose at least 12 characters. A few words in a row work well."), field="password")
    if len(password) > LONGEST:
        raise Refused(N_("Passwords end at 256 characters."), field="password")
    if password.casefold().strip() in {email.casefold(), name.casefold()} or len(set(password)) < 4:
        raise Refused(N_("This one is easy to guess. Choose another."), field="password")
    return _HASHER.hash(password)


def verify(password: str, hashed: str | None) -> bool:
    """Return whether `password` matches. An unknown account (None) takes the same time as a known one."""
    try:
        return _HASHER.verify(hashed or _nobody(), password[: LONGEST + 1]) and hashed is not None
    except (Argon2Error, InvalidHashError):
        return False


def outdated(hashed: str) -> bool:
    """Return whether the hash was made with weaker settings than today's."""
    return _HASHER.check_needs_rehash(hashed)


def rehash(password: str) -> str:
    """Return a hash of a password that was just verified, with today's settings."""
    return _HASHER.hash(password)
