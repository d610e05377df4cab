"""The people of the console: add, change role, switch personal email access, deactivate."""

from typing import Any

from flask import Blueprint, Response, flash, get_flashed_messages, request, url_for
from wtforms import (  # type: ignore[attr-defined]  # The stubs lag behind WTForms 3.3.
    BooleanField,
    Form,
    SelectChoice,
    SelectField,
    StringField,
)
from wtforms.validators import AnyOf

from console.rules.permissions import ROLE_LABELS, Role
from console.rules.texts import N_
from console.services import inboxes, links, people, signing_in, switches
from console.services.context import Refused
from console.services.people import PersonRow
from console.store.models import Inbox
from console.web.current import actor, context
from console.web.forms import read, refuse, shorten
from console.web.guard import allows
from console.web.panel import go, invalid, panel, tell
from console.web.sent_links import page_of
from console.web.texts import lazy, say, say_many
from console.web.wording import role_label, row_view

pages = Blueprint("users", __name__, url_prefix="/users")

LINK = "link"

ROLES = [SelectChoice(role.value, lazy(ROLE_LABELS[role])) for role in (Role.MEMBER, Role.HELP_DESK, Role.ADMIN)]


class ChangeForm(Form):
    role = SelectField(
        lazy(N_("Role")),
        [AnyOf([role.value for role in Role], N_("Choose one of the roles."))],
        choices=ROLES,
        default=Role.MEMBER.value,
        validate_choice=False,
    )
    personal_email = BooleanField(
        lazy(N_("Personal email access")),
        description=lazy(
            N_(
                "May connect own inboxes, and have them connected by an account admin. Without it, connected ones"
                " keep working."
            )
        ),
    )


class AddForm(ChangeForm):
    name = StringField(lazy(N_("Name")))
    email = StringField(lazy(N_("Email")))


@pages.get("")
@allows("users.see")
def index() -> Response:
    query = " ".join(request.args.get("q", "").replace("\x00", "").split())[:254]
    return panel(
        "users/index.html", people=[_shown(person) for person in people.everyone(context(), actor(), query)], q=query
    )


def _shown(person: PersonRow) -> dict[str, Any]:
    return {**person.__dict__, "first_name": person.first_name, "role_label": role_label(person.role)}


@pages.route("/add", methods=["GET", "POST"])
@allows("users.manage")
def add() -> Response:
    form = read(AddForm, role=Role.MEMBER.value, personal_email=True)
    if request.method == "GET":
        return panel("users/add.html", form=form)
    ctx, person = context(), actor()
    if not form.validate():
        shorten(form)
        return invalid("users/add.html", form=form)
    try:
        person_id = people.add(
            ctx,
            person,
            name=form.name.data or "",
            email=form.email.data or "",
            role=form.role.data,
            personal_email=bool(form.personal_email.data),
        )
    except Refused as refused:
        refuse(form, refused, "email")
        shorten(form)
        return invalid("users/add.html", form=form)
    return _with_link(person_id)


def _with_link(person_id: int) -> Response:
    """Make a fresh link and show it once on the person's page. Its epoch travels in the session, never the link."""
    epoch = signing_in.renew_welcome(context(), actor(), person_id)
    flash(f"{person_id}:{epoch}", LINK)
    return go(url_for("users.show", person_id=person_id))


def _fresh_link(person_id: int) -> str | None:
    for made in reversed(get_flashed_messages(category_filter=[LINK])):
        owner, _, epoch = str(made).partition(":")
        if owner == str(person_id) and epoch.isdigit():
            return signing_in.welcome_address(context(), person_id, int(epoch))
    return None


def _show(person_id: int, *, form: ChangeForm | None = None, status: int = 200) -> Response:
    ctx, me = context(), actor()
    person = people.one(ctx, me, person_id)
    if form is None:
        form = ChangeForm(data={"role": person.role, "personal_email": person.personal_email})
    owned = inboxes.owned_by(ctx, me, person_id)
    return panel(
        "users/show.html",
        status=status,
        person=_shown(person),
        form=form,
        link=_fresh_link(person_id),
        connect_link=page_of(links.of_person(ctx, me, person_id)),
        other_links=[page_of(one, turn=None) for one in links.others_of_person(ctx, me, person_id)],
        inboxes=[row_view(row) for row in owned],
    )


@pages.route("/<int:person_id>", methods=["GET", "POST"])
@allows("users.manage")
def show(person_id: int) -> Response:
    if request.method == "GET":
        return _show(person_id)
    form = read(ChangeForm)
    if not form.validate():
        return _show(person_id, form=form, status=422)
    try:
        people.change(context(), actor(), person_id, role=form.role.data, personal_email=bool(form.personal_email.data))
    except Refused as refused:
        refuse(form, refused, "role")
        return _show(person_id, form=form, status=422)
    tell(N_("Saved."))
    return go(url_for("users.show", person_id=person_id))


@pages.post("/<int:person_id>/link")
@allows("users.manage")
def link(person_id: int) -> Response:
    if person_id == actor().id:
        tell(N_("Change your own password under Your account."), kind="warn")
        return go(url_for("users.show", person_id=person_id))
    try:
        return _with_link(person_id)
    except Refused as refused:
        tell(refused.sentence, kind="warn", **refused.values)
        return go(url_for("users.show", person_id=person_id))


@pages.route("/<int:person_id>/deactivate", methods=["GET", "POST"])
@allows("users.manage")
def deactivate(person_id: int) -> Response:
    ctx, me = context(), actor()
    person = people.one(ctx, me, person_id)
    if request.method == "POST":
        try:
            people.deactivate(ctx, me, person_id)
            tell(
                N_("%(name)s is deactivated."),
                name=person.name,
                undo={"action_url": url_for("users.activate", person_id=person_id), "label": say(N_("Activate"))},
            )
        except Refused as refused:
            tell(refused.sentence, kind="warn", **refused.values)
        return go(url_for("users.show", person_id=person_id))
    touched = switches.blast(ctx, [Inbox.owner_id == person_id])  # type: ignore[list-item]
    return panel(
        "inboxes/confirm.html",
        "inboxes/_confirm.html",
        question=say(N_("Deactivate %(name)s?"), name=person.name),
        lead=say(N_("They can be activated again at any time.")),
        counts=[],
        effects=[
            {
                "label": say(N_("Stops now")),
                "text": say_many(
                    "Their sessions and links, and checks of %(num)s inbox",
                    "Their sessions and links, and checks of %(num)s inboxes",
                    touched.inboxes,
                ),
            },
            {"label": say(N_("Stays")), "text": say(N_("Their inboxes with settings, sealed passwords and history"))},
        ],
        form=None,
        keep_url=url_for("users.show", person_id=person_id),
        keep_label=say(N_("Keep active")),
        do_url=url_for("users.deactivate", person_id=person_id),
        do_label=say(N_("Deactivate")),
        danger=True,
    )


@pages.post("/<int:person_id>/activate")
@allows("users.manage")
def activate(person_id: int) -> Response:
    people.activate(context(), actor(), person_id)
    tell(N_("Activated. A new sign-in link lets them choose a password again."))
    return go(url_for("users.show", person_id=person_id))
