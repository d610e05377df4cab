"""What somebody reads out, explained: the box of the help desk. The text is read and forgotten."""

from typing import Any

from flask import Blueprint, Response, abort, request, url_for
from wtforms import (  # type: ignore[attr-defined]  # The stubs lag behind WTForms 3.3.
    Form,
    SelectChoice,
    SelectField,
    TextAreaField,
)

from console.rules.explain import CHANNELS, PROVIDERS, explain
from console.rules.help_pages import FAMILY_LABELS
from console.rules.problems import CATALOGUE, UNKNOWN
from console.rules.replies import LONGEST, tidy
from console.rules.scrubbing import without_secrets
from console.rules.texts import N_
from console.web.forms import read
from console.web.guard import allows
from console.web.panel import go, invalid, panel
from console.web.problems import entry_view
from console.web.texts import lazy, say

pages = Blueprint("explain", __name__, url_prefix="/explain")

CHANNEL_LABELS = {
    "imap": N_("IMAP, reading mail"),
    "smtp": N_("SMTP, sending mail"),
    "oauth": N_("Signing in at the provider"),
    "graph": N_("Microsoft Graph"),
    "gmail": N_("Gmail API"),
    "ews": N_("Exchange Web Services"),
    "autodiscover": N_("Autodiscover"),
    "tls": N_("Encryption, certificates"),
    "network": N_("Network, names"),
}
NOT_KNOWN = N_("Not known")


class ExplainForm(Form):
    text = TextAreaField(
        lazy(N_("What the person reads out, or a line of a log")),
        description=lazy(N_("It is read and not kept. Leave passwords out; what looks like one is masked.")),
        render_kw={"rows": 4},
    )
    provider = SelectField(
        lazy(N_("Provider")),
        choices=[
            SelectChoice("", lazy(NOT_KNOWN)),
            *(SelectChoice(name, label) for name, label in FAMILY_LABELS.items()),
            SelectChoice("generic", lazy(N_("Another one"))),
        ],
        default="",
    )
    channel = SelectField(
        lazy(N_("Where it was said")),
        choices=[
            SelectChoice("", lazy(NOT_KNOWN)),
            *(SelectChoice(name, lazy(CHANNEL_LABELS[name])) for name in CHANNELS),
        ],
        default="",
    )


@pages.get("")
@allows("problems.explain")
def index() -> Response:
    return _page(read(ExplainForm))


@pages.post("")
@allows("problems.explain")
def ask() -> Response:
    form = read(ExplainForm)
    text = (form.text.data or "").replace("\0", "").strip()
    if not form.validate() or not text:
        if not text:
            form.text.errors = [say(N_("Paste or type what was said."))]
        form.text.data = ""
        return _page(form, status=422)
    found = explain(text, provider=form.provider.data or "", channel=form.channel.data or "")
    if found.code == UNKNOWN:
        # The text comes back, so that it can be tried with more said about it; it is in no address and nowhere else.
        form.text.data = without_secrets("\n".join(map(tidy, text[:LONGEST].splitlines())))
        return _page(form, status=422, said=found.said, entry=entry_view(found.problem))
    return go(url_for("explain.show", code=found.code, provider=found.provider or None, _anchor="explained"))


@pages.get("/<code>")
@allows("problems.explain")
def show(code: str) -> Response:
    entry = CATALOGUE.get(code)
    if entry is None:
        abort(404)
    provider = request.args.get("provider", "")
    provider = provider if provider in PROVIDERS else ""
    return _page(ExplainForm(data={"provider": provider}), entry=entry_view(entry, provider))


def _page(form: Form, *, status: int = 200, said: str = "", entry: Any = None) -> Response:
    answer = invalid if status == 422 else panel
    return answer("explain/show.html", "explain/_show.html", form=form, said=said, entry=entry)
