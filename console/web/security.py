"""Headers, cookies, CSRF and sizes: constant, strict, without inline code."""

from collections.abc import Iterable
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from flask import Flask, Response, request
from flask.sessions import SecureCookieSessionInterface, SessionMixin
from flask_wtf.csrf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import IntegerConverter, Map

from console.config import Config

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

# No inline script or style anywhere, so the policy needs no nonce and is the same on every page.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src "
    "'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
# Room for a field of a megabyte, so that it is answered beside the field and not by a cut connection.
LARGEST_BODY = 4 * 1024 * 1024
YEAR = 365 * 24 * 3600
LARGEST_ROW = 2**31 - 1


class HeadAsGet:
    """Has HEAD answered as GET is, without the body: no view may take for a POST what no token protects."""

    def __init__(self, app: "WSGIApplication") -> None:
        self._app = app

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer one request."""
        if environ["REQUEST_METHOD"] != "HEAD":
            return self._app(environ, start_response)
        answer = self._app({**environ, "REQUEST_METHOD": "GET"}, start_response)
        if isinstance(answer, Closes):
            answer.close()
        return ()


@runtime_checkable
class Closes(Protocol):
    """An answer that wants to be told that nobody reads it any more."""

    def close(self) -> None:
        """Let go of what the answer holds."""


class RowNumber(IntegerConverter):
    """The number of a row in an address. One that the database cannot hold makes it an address of nothing."""

    def __init__(self, url_map: Map) -> None:
        super().__init__(url_map, min=1, max=LARGEST_ROW)


class Sessions(SecureCookieSessionInterface):
    """Sessions in a signed cookie, which files that anybody's cache may keep never carry."""

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Write the session into the answer, and that the answer depends on it."""
        if request.endpoint != "static":
            super().save_session(app, session, response)


def init_app(app: Flask, config: Config, signing_key: str) -> None:
    """Set the app's cookies, limits, CSRF protection and response headers."""
    app.config.update(
        SECRET_KEY=signing_key,
        SESSION_COOKIE_NAME="console",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=config.secure,
        PERMANENT_SESSION_LIFETIME=timedelta(hours=config.session_hours),
        MAX_CONTENT_LENGTH=LARGEST_BODY,
        MAX_FORM_MEMORY_SIZE=LARGEST_BODY,
        MAX_FORM_PARTS=200,
        # A tab left open must not fail after an hour; the token still ends with the session.
        WTF_CSRF_TIME_LIMIT=None,
        # Behind a proxy the Host header is the proxy's business; the token and SameSite cookies protect the forms.
        WTF_CSRF_SSL_STRICT=False,
    )
    app.session_interface = Sessions()
    app.url_map.converters["int"] = RowNumber
    CSRFProtect(app)
    app.wsgi_app = HeadAsGet(app.wsgi_app)  # type: ignore[method-assign]
    if config.trusted_proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=config.trusted_proxies, x_proto=config.trusted_proxies)  # type: ignore[method-assign]

    @app.after_request
    def headers(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = POLICY
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["X-Frame-Options"] = "DENY"
        response.headers.setdefault("Referrer-Policy", "same-origin")
        response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
        response.headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"
        if config.secure:
            response.headers["Strict-Transport-Security"] = f"max-age={YEAR}"
        if request.endpoint != "static" or response.status_code >= 400:
            response.headers["Cache-Control"] = "no-store"
        elif "v" in request.args:
            response.headers["Cache-Control"] = f"public, max-age={YEAR}, immutable"
        return response
