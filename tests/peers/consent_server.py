"""A server that says about sign-ins and mail what a test wants said: OAuth, OpenID Connect and JSON over plain HTTP.

It knows no rules of its own; the practice lab has the stand-ins that do. Here a test decides every answer, hostile ones
included.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

from tests.peers.scripted import Conversation, serve
from tests.peers.sites import response

Script = Callable[[Conversation], None]


@cache
def signing_key(name: str = "first") -> RSAKey:
    """Return a key of its own for each name, made once per run."""
    return RSAKey.generate_key(2048, {"use": "sig", "alg": "RS256", "kid": name}, private=True)


@dataclass(frozen=True)
class Request:
    """What was asked: `form` and `query` hold the first value of each name."""

    method: str
    path: str
    query: Mapping[str, str]
    form: Mapping[str, str]
    headers: Mapping[str, str]


@dataclass
class ConsentServer:
    """Answers by method and path. What nobody mentioned is 404 without words."""

    url: str = ""
    requests: list[Request] = field(default_factory=list)
    _answers: dict[tuple[str, str], list[Script]] = field(default_factory=dict)

    def says(self, path: str, body: Any = None, *, method: str = "GET", status: int = 200, **headers: str) -> Self:
        """Answer `path` with JSON, or with bytes as they are, from now on."""
        self._answers[method, path] = [answering(body, status, headers)]
        return self

    def then(self, path: str, body: Any = None, *, method: str = "GET", status: int = 200, **headers: str) -> Self:
        """Answer so after what was said before has been asked for once; the last answer stays."""
        self._answers.setdefault((method, path), []).append(answering(body, status, headers))
        return self

    def talks(self, path: str, script: Script, *, method: str = "GET") -> Self:
        """Let `script` answer, once the request has been read."""
        self._answers[method, path] = [script]
        return self

    def asked(self, path: str = "") -> list[Request]:
        """Return what was asked so far, of one path or of all."""
        return [request for request in list(self.requests) if path in ("", request.path)]

    def talk(self, conversation: Conversation) -> None:
        start, *lines = [
            conversation.line().decode("latin-1"),
            *iter(lambda: conversation.line().decode("latin-1"), ""),
        ]
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        method, target, _ = start.split(" ")
        body = conversation.read(int(headers.get("content-length", "0")))
        parts = urlsplit(target)
        self.requests.append(Request(method, parts.path, _first(parts.query), _first(body.decode("latin-1")), headers))
        scripts = self._answers.get((method, parts.path))
        if not scripts:
            conversation.send(response(b"", status=404))
            return
        script = scripts.pop(0) if len(scripts) > 1 else scripts[0]
        script(conversation)


def _first(text: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(text, keep_blank_values=True).items()}


def answering(body: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Script:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return lambda talk: talk.send(
        response(data, status=status, **{"content_type": "application/json", **(headers or {})})
    )


def signed(claims: Mapping[str, Any], *, key: str = "first", **header: Any) -> str:
    """Return an ID token with these claims."""
    return jwt.encode({"alg": "RS256", "kid": key, **header}, dict(claims), signing_key(key))


def published(*names: str, **extra: Any) -> dict[str, Any]:
    """Return the key set with the public halves of these keys."""
    return {"keys": [{**signing_key(name).as_dict(private=False), **extra} for name in names or ("first",)]}


def broken(token: str) -> str:
    """Return a token whose signature is not right any more."""
    head, body, signature = token.split(".")
    return ".".join((head, body, re.sub(r"^.{8}", "AAAAAAAA", signature)))


@contextmanager
def consent_server() -> Iterator[ConsentServer]:
    """Serve on a free port of 127.0.0.1 for as long as the block lasts."""
    made = ConsentServer()
    with serve(made.talk) as server:
        made.url = f"http://127.0.0.1:{server.port}"
        yield made
