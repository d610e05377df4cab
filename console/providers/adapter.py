"""Requests over the only door to the network, for libraries that talk through a requests.Session."""

from collections.abc import Mapping
from io import BytesIO
from typing import Any

from requests import PreparedRequest, Response, Session
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict

from console.providers.web import WebLine


class DialAdapter(BaseAdapter):
    """Carries the requests of a session over a `WebLine`, and raises what that raises.

    Time, bytes, addresses and certificates are the line's business: what a caller says about them is not listened to.
    """

    def __init__(self, web: WebLine) -> None:
        super().__init__()
        self._web = web

    def send(
        self,
        request: PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: bool | str = True,
        cert: Any = None,
        proxies: Mapping[str, str] | None = None,
    ) -> Response:
        """Return the answer to `request`, read to its end."""
        body = request.body.encode() if isinstance(request.body, str) else request.body
        if body is not None and not isinstance(body, bytes):
            raise TypeError("A body is text or bytes here: what is read bit by bit has no bound.")
        headers = {name: value for name, value in request.headers.items() if isinstance(value, str)}
        for made in ("Accept-Encoding", "Connection", "Content-Length", "Host", "User-Agent"):
            # http.client and `exchange` write these.
            headers.pop(made, None)
        answer = self._web.send(request.method or "GET", request.url or "", headers=headers, body=body)
        response = Response()
        response.status_code = answer.status
        response.headers = CaseInsensitiveDict(answer.headers)
        response.encoding = "utf-8"
        response.raw = BytesIO(answer.body)
        response.url = request.url or ""
        response.request = request
        return response

    def close(self) -> None:
        """Do nothing; every connection is closed with its answer."""


def dialling(session: Session, web: WebLine) -> Session:
    """Let `session` talk through `web` only, without the proxies and the .netrc of the environment.

    Where a redirect must not be followed, the caller says so with each request, as ever with requests.
    """
    session.trust_env = False
    adapter = DialAdapter(web)
    for prefix in list(session.adapters):
        session.mount(prefix, adapter)
    return session
