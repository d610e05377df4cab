"""What a person sees when a request cannot be answered: a sentence and a way on, never a traceback."""

import logging

from flask import Flask, Response, request, url_for
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from console.rules.texts import N_
from console.services.context import NotFound
from console.web.current import answer_as_for_nobody
from console.web.guard import open_in_browser, safe_next
from console.web.htmx import is_htmx
from console.web.panel import panel
from console.web.texts import say

log = logging.getLogger(__name__)

SENTENCES = {
    400: (N_("The request cannot be read"), N_("Go back, load the page again and send the form once more.")),
    403: (N_("This page is not for your role"), N_("Ask an account admin if you need it.")),
    404: (N_("There is nothing here"), N_("It was removed, or it belongs to somebody else.")),
    405: (N_("This address takes another kind of request"), N_("Open the page first and use its buttons.")),
    413: (N_("This is too large"), N_("No form here takes that much. Go back and shorten what was typed.")),
    429: (N_("Too many requests"), N_("Wait a minute, then try again.")),
    500: (
        N_("The console could not finish this"),
        N_("What went wrong is in the console's log, for its operator. Nothing was changed halfway."),
    ),
}
NO_PAGE = (
    N_("There is no page here"),
    N_("No page has this address. Check how it is spelled, or go on from the start page."),
)
STALE_FORM = (
    N_("The form had grown old"),
    N_(
        "You signed in or out since it was opened, or cookies are switched off. Load the page again and send it "
        "once more."
    ),
)
STALE_LINK = (
    N_("This page has waited too long"),
    N_(
        "Open the link in your message once more. If this comes again, cookies are switched off in this browser: allow "
        "them for this page, or open the link in another browser."
    ),
)


def init_app(app: Flask) -> None:
    """Answer every error with a page of ours."""

    @app.errorhandler(NotFound)
    def not_found(_error: NotFound) -> Response:
        return _page(404, SENTENCES[404])

    @app.errorhandler(CSRFError)
    def stale(_error: CSRFError) -> Response:
        return _page(400, STALE_LINK if _by_link() else STALE_FORM)

    @app.errorhandler(HTTPException)
    def http(error: HTTPException) -> Response:
        code = error.code or 500
        if code == 404 and request.endpoint in {None, "static"}:
            return _page(code, NO_PAGE)
        answer = _page(code, SENTENCES.get(code, SENTENCES[400 if code < 500 else 500]))
        if isinstance(error, MethodNotAllowed) and error.valid_methods:
            answer.headers["Allow"] = ", ".join(sorted(error.valid_methods))  # RFC 9110, 15.5.6
        return answer

    @app.errorhandler(Exception)
    def unexpected(_error: Exception) -> Response:
        answer_as_for_nobody()
        log.exception("%s %s failed", request.method, request.endpoint)  # noqa: LOG004  # Flask calls this while handling.
        return _page(500, SENTENCES[500])


def _by_link() -> bool:
    return (request.endpoint or "").startswith("reconnect.")


def _page(code: int, words: tuple[str, str]) -> Response:
    title, text = words
    answer = panel(
        "errors/page.html",
        status=code,
        code=code,
        title=say(title),
        text=say(text),
        # Whoever comes by a link may have no account, and a start page that asks for one leads them nowhere.
        action_url="" if _by_link() else url_for("inboxes.start"),
        action_label=say(N_("Go to the start page")),
    )
    if code == 404 and is_htmx():
        # What a fragment polled for is gone: the whole page is loaded anew and says so, and the polling ends.
        answer.headers["HX-Redirect"] = safe_next(open_in_browser())
    return answer
