"""Codes and tokens of one stand-in, who holds them, and how often each was asked for."""

import hashlib
import secrets
import threading
from base64 import urlsafe_b64encode
from collections import OrderedDict, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from hmac import compare_digest
from typing import TypeVar

CODE_LIVES = timedelta(minutes=10)
ACCESS_LIVES = timedelta(seconds=3599)
MOST = 20_000
T = TypeVar("T")


@dataclass(frozen=True)
class Counts:
    """How often an account was asked about: codes redeemed, refreshes answered and refused, calls with a good token."""

    redemptions: int = 0
    refreshes: int = 0
    refused: int = 0
    calls: int = 0
    revocations: int = 0


class Counted(StrEnum):
    """What else is counted for an account."""

    CALLS = "calls"
    REFUSED = "refused"


@dataclass(frozen=True)
class Asked:
    """What an app asked for on the authorize page."""

    client_id: str
    redirect_uri: str
    state: str
    nonce: str
    scopes: tuple[str, ...]
    challenge: str
    login_hint: str = ""
    offline: bool = False
    fresh: bool = False
    authority: str = ""


@dataclass
class Grant:
    """What one person allowed one app, by account address. `family` ties the refresh tokens that replace each other."""

    address: str
    client_id: str
    scopes: tuple[str, ...]
    nonce: str = ""
    refresh_token: str = ""
    replaced: set[str] = field(default_factory=set)


@dataclass
class _Code:
    asked: Asked
    grant: Grant
    ends: datetime
    used: bool = False


class CodeRefused(Exception):
    """A code cannot be redeemed; the text is a word: unknown, used, expired, app, redirect, verifier, no-verifier."""


class RefreshRefused(Exception):
    """A refresh token is not good any more."""


class Grants:
    """Thread-safe. `clock` returns the present time with its zone."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._lock = threading.RLock()
        self._codes: OrderedDict[str, _Code] = OrderedDict()
        self._refresh: OrderedDict[str, Grant] = OrderedDict()
        self._access: OrderedDict[str, tuple[Grant, datetime]] = OrderedDict()
        self._allowed: set[tuple[str, str]] = set()
        # Whose refresh tokens are over, so that those who bring one all the same are counted.
        self._ended: OrderedDict[str, str] = OrderedDict()
        self._counts: defaultdict[str, Counts] = defaultdict(Counts)

    def allow(self, asked: Asked, address: str, scopes: tuple[str, ...], *, first_only: bool = False) -> str:
        """Return a code for what the person allowed.

        With `first_only` a refresh token comes with the first consent only, or when the app insists (`asked.fresh`).
        """
        grant = Grant(address, asked.client_id, scopes, asked.nonce)
        code = f"4/{secrets.token_urlsafe(32)}"
        with self._lock:
            known = (address, asked.client_id) in self._allowed
            self._allowed.add((address, asked.client_id))
            if asked.offline and not (first_only and known and not asked.fresh):
                grant.refresh_token = f"1//{secrets.token_urlsafe(48)}"
            _put(self._codes, code, _Code(asked, grant, self._clock() + CODE_LIVES))
        return code

    def redeem(self, code: str, client_id: str, redirect_uri: str, verifier: str) -> tuple[Grant, str]:
        """Return the grant of a code, and an access token. Raises CodeRefused; a code works once."""
        with self._lock:
            found = self._codes.get(code)
            if found is None:
                raise CodeRefused("unknown")
            if found.used:
                raise CodeRefused("used")
            if found.asked.client_id != client_id:
                raise CodeRefused("app")
            found.used = True
            if self._clock() >= found.ends:
                raise CodeRefused("expired")
            if found.asked.redirect_uri != redirect_uri:
                raise CodeRefused("redirect")
            if not verifier:
                raise CodeRefused("no-verifier")
            if not compare_digest(challenge_of(verifier), found.asked.challenge):
                raise CodeRefused("verifier")
            self._count(found.grant.address, redemptions=1)
            if found.grant.refresh_token:
                _put(self._refresh, found.grant.refresh_token, found.grant)
            return found.grant, self._new_access(found.grant)

    def knows_code(self, code: str) -> bool:
        """Tell whether a code was given out."""
        with self._lock:
            return code in self._codes

    def holder(self, token: str) -> str:
        """Return whose refresh token or code this is, or "" when nobody knows it."""
        with self._lock:
            code = self._codes.get(token)
            found = self._refresh.get(token) or (code.grant if code else None)
            return found.address if found else ""

    def refresh(
        self, refresh_token: str, client_id: str, *, rotate: bool, refuse_reuse: bool = False
    ) -> tuple[Grant, str]:
        """Return the grant of a refresh token, with a new one in it when `rotate`, and an access token.

        Raises RefreshRefused. A replaced token goes on working unless `refuse_reuse`.
        """
        with self._lock:
            found = self._refresh.get(refresh_token)
            if found is None or found.client_id != client_id or (refuse_reuse and refresh_token in found.replaced):
                if address := found.address if found else self._ended.get(refresh_token):
                    self._count(address, refused=1)
                raise RefreshRefused
            if rotate:
                found.replaced.add(found.refresh_token)
                found.refresh_token = f"1//{secrets.token_urlsafe(48)}"
                _put(self._refresh, found.refresh_token, found)
            self._count(found.address, refreshes=1)
            return found, self._new_access(found)

    def application_token(self, client_id: str) -> str:
        """Return an access token that belongs to an app and to no person."""
        with self._lock:
            return self._new_access(Grant("", client_id, ()))

    def bearer(self, token: str) -> Grant | None:
        """Return whose access token this is; None when it is unknown or over."""
        with self._lock:
            found = self._access.get(token)
            if found is None or self._clock() >= found[1]:
                return None
            self._count(found[0].address, calls=1)
            return found[0]

    def knew(self, token: str) -> bool:
        """Tell whether an access token was given out once, even when it is over."""
        with self._lock:
            return token in self._access

    def revoke_token(self, token: str) -> bool:
        """End the grant that an access or refresh token belongs to; tell whether there was one."""
        with self._lock:
            access = self._access.get(token)
            grant = self._refresh.get(token) or (access[0] if access and self._clock() < access[1] else None)
            if grant is None:
                return False
            self._end(lambda other: other is grant)
            self._count(grant.address, revocations=1)
            self._allowed.discard((grant.address, grant.client_id))
            return True

    def revoke(self, address: str) -> None:
        """End everything an account ever allowed."""
        with self._lock:
            self._end(lambda grant: grant.address == address)
            self._allowed = {known for known in self._allowed if known[0] != address}

    def expire(self, address: str | None = None) -> None:
        """Let the access tokens of an account, or of everybody, be over now."""
        with self._lock:
            now = self._clock()
            for token, (grant, _) in self._access.items():
                if address in (None, grant.address):
                    self._access[token] = grant, now

    def counts(self, address: str | None = None) -> Counts:
        """Return how often an account was asked about, or all of them together."""
        with self._lock:
            wanted = [self._counts[address]] if address is not None else list(self._counts.values())
        return Counts(*(sum(getattr(one, name) for one in wanted) for name in Counts.__dataclass_fields__))

    def given_out(self) -> frozenset[str]:
        """Return the codes and tokens that are known, used up or not, for tests that look for them elsewhere."""
        with self._lock:
            return frozenset({*self._codes, *self._refresh, *self._access, *self._ended})

    def note(self, address: str, what: Counted) -> None:
        """Count one more for an account."""
        with self._lock:
            self._count(address, **{what: 1})

    def connected(self, address: str) -> bool:
        """Tell whether an app holds a refresh token of this account."""
        with self._lock:
            return any(grant.address == address for grant in self._refresh.values())

    def _new_access(self, grant: Grant) -> str:
        token = f"ya29.{secrets.token_urlsafe(64)}"
        _put(self._access, token, (grant, self._clock() + ACCESS_LIVES))
        return token

    def _end(self, chosen: Callable[[Grant], bool]) -> None:
        for token, one in self._refresh.items():
            if chosen(one):
                _put(self._ended, token, one.address)
        self._refresh = OrderedDict((token, one) for token, one in self._refresh.items() if not chosen(one))
        self._access = OrderedDict((token, one) for token, one in self._access.items() if not chosen(one[0]))
        self._codes = OrderedDict((code, one) for code, one in self._codes.items() if not chosen(one.grant))

    def _count(self, address: str, **more: int) -> None:
        had = self._counts[address]
        self._counts[address] = replace(had, **{name: getattr(had, name) + number for name, number in more.items()})


def challenge_of(verifier: str) -> str:
    """Return the S256 challenge of a verifier (RFC 7636, 4.2)."""
    return urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode("ascii")


def _put(kept: OrderedDict[str, T], key: str, value: T) -> None:
    """Keep a value, and of all no more than MOST."""
    kept[key] = value
    while len(kept) > MOST:
        kept.popitem(last=False)
