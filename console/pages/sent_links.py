"""Reconnect and connect links as staff make, watch and withdraw them."""

from flask import Blueprint, Response, request, url_for
from wtforms import Form, SelectChoice, SelectField, StringField  # type: ignore[attr-defined]

from console.rules.texts import N_
from console.services import link_mail, links, people
from console.services.context import Refused
from console.services.link_views import LinkView
from console.web.current import actor, context
from console.web.forms import read, refuse, shorten
from console.web.guard import allows, safe_next
from console.web.htmx import is_htmx
from console.web.panel import go, invalid, panel, quiet, tell
from console.web.security import LARGEST_ROW
from console.web.sent_links import marked, page_of, remember
from console.web.texts import lazy

pages = Blueprint("sent_links", __name__)

# After about a working day without news a page that nobody looks at asks no more.
MOST_TURNS = 2000


def _person_id(value: str | int) -> int:
    number = int(value)
    if not 0 < number <= LARGEST_ROW:
        raise ValueError("no person has this number")
    return number


class ConnectLinkForm(Form):
    owner = SelectField(lazy(N_("Who is to connect it?")), coerce=_person_id, validate_choice=False)
    address = StringField(lazy(N_("Email address")))


@pages.route("/inboxes/<int:inbox_id>/link", methods=["GET", "POST"])
@allows("links.send")
def of_inbox(inbox_id: int) -> Response:
    ctx, person, home = context(), actor(), url_for("inboxes.show", inbox_id=inbox_id, _anchor="link")
    if request.method == "GET":
        return _watched(links.of_inbox(ctx, person, inbox_id), home)
    try:
        remember(links.issue(ctx, person, inbox_id))
    except Refused as refused:
        tell(refused.sentence, kind="warn", **refused.values)
    return _back(home)


@pages.get("/users/<int:person_id>/connect-link")
@allows("links.connect")
def of_person(person_id: int) -> Response:
    return _watched(links.of_person(context(), actor(), person_id), url_for("users.show", person_id=person_id))


@pages.route("/connect/link", methods=["GET", "POST"])
@allows("links.connect")
def connect() -> Response:
    ctx, person, form = context(), actor(), read(ConnectLinkForm)
    owners = people.who_may_own(ctx)
    form.owner.choices = [SelectChoice(one.id, f"{one.name} · {one.email}") for one in owners]
    if request.method == "GET":
        wanted = next((one for one in owners if one.id == request.args.get("for", type=int)), None)
        form.owner.data = wanted.id if wanted else None
        form.address.data = wanted.email if wanted else ""
        return panel("reconnect/send.html", form=form)
    try:
        if form.owner.data is None:
            raise Refused(N_("Choose one of the people."), field="owner")
        remember(links.issue_connect(ctx, person, form.owner.data, form.address.data or ""))
    except Refused as refused:
        refuse(form, refused, "address" if refused.field == "address" else "owner")
        shorten(form)
        return invalid("reconnect/send.html", form=form)
    return go(url_for("users.show", person_id=form.owner.data, _anchor="link"))


@pages.post("/links/<int:link_id>/mail")
@allows("links.send")
def mail(link_id: int) -> Response:
    ctx, person = context(), actor()
    home = url_for("inboxes.index")
    try:
        link_mail.send(ctx, person, link_id)
        found = links.one(ctx, person, link_id)
        home = url_for("inboxes.show", inbox_id=found.inbox_id, _anchor="link")
        tell(N_("The link goes to %(name)s by mail. Notices lists what has become of it."), name=found.owner_name)
    except Refused as refused:
        tell(refused.sentence, kind="warn", **refused.values)
    return _back(home)


@pages.post("/links/<int:link_id>/withdraw")
@allows("links.send")
def withdraw(link_id: int) -> Response:
    found = links.withdraw(context(), actor(), link_id)
    if found.state == "withdrawn":
        tell(N_("The link is withdrawn. Whoever opens it is told so; nothing that was begun with it is stored."))
    else:
        tell(N_("The link had come to its end already."), kind="warn")
    if found.inbox_id is not None:
        return _back(url_for("inboxes.show", inbox_id=found.inbox_id, _anchor="link"))
    return _back(url_for("users.show", person_id=found.person_id, _anchor="link"))


def _back(home: str) -> Response:
    """Go to the page of this console that the button stood on, or else `home`."""
    return go(_beside() or home)


def _beside() -> str:
    """Return the address of the page that shows the link beside other things, "" where none is named."""
    wanted = request.values.get("next")
    return safe_next(wanted) if wanted else ""


def _watched(found: LinkView | None, home: str) -> Response:
    """Return the panel of a link, which asks for itself again until nothing can change any more."""
    news = request.args.get("seen") != marked(found)
    turn = 0 if news else max(0, request.args.get("turn", 0, type=int))
    link = page_of(found, turn=turn if turn < MOST_TURNS else None, home=_beside())
    if link is not None and is_htmx() and not news:
        return quiet("reconnect/_watch.html", "#link-watch", link=link)
    answer = panel("reconnect/staff.html", "reconnect/_staff.html", link=link, home=home)
    if found is not None and not found.usable:
        # Whatever else stands on the page tells of the inbox as it was before.
        answer.headers["HX-Trigger"] = "link-ended"
    return answer
