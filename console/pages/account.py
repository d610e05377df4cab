"""One's own account: password and sessions."""

from flask import Blueprint, Response, url_for
from wtforms import BooleanField, Form, PasswordField

from console.rules.texts import N_
from console.services import people, signing_in
from console.services.context import Refused
from console.web.current import actor, context
from console.web.forms import read, refuse
from console.web.guard import allows
from console.web.panel import go, panel, tell
from console.web.sessions import begin_session, end_session
from console.web.texts import lazy

pages = Blueprint("account", __name__, url_prefix="/account")


class NoticesForm(Form):
    told_of_recoverable = BooleanField(
        lazy(N_("Tell me of trouble with my mailboxes that passes by itself")),
        description=lazy(
            N_("Such as a server that does not answer for a while. You are always told when you have to do something.")
        ),
    )


class PasswordForm(Form):
    current_password = PasswordField(lazy(N_("Current password")))
    new_password = PasswordField(
        lazy(N_("New password")),
        description=lazy(N_("At least 12 characters. Your other sessions end when it changes.")),
    )


@pages.get("")
@allows("account.own")
def page() -> Response:
    return _page(PasswordForm())


def _page(form: PasswordForm, status: int = 200) -> Response:
    told = people.told_of_recoverable(context(), actor())
    return panel("account/page.html", status=status, form=form, notices=NoticesForm(data={"told_of_recoverable": told}))


@pages.post("/notices")
@allows("account.own")
def save_notices() -> Response:
    """Keep which notices this person wants."""
    people.tell_of_recoverable(context(), actor(), bool(read(NoticesForm).told_of_recoverable.data))
    tell(N_("Saved."))
    return go(url_for("account.page"))


@pages.post("/password")
@allows("account.own")
def password() -> Response:
    form = read(PasswordForm)
    try:
        person = signing_in.change_password(
            context(), actor(), current=form.current_password.data or "", new=form.new_password.data or ""
        )
    except Refused as refused:
        refuse(form, refused, "current_password")
        return _page(form, status=422)
    begin_session(person)
    tell(N_("Your password is changed. Your other sessions have ended."))
    return go(url_for("account.page"))


@pages.post("/sign-out-everywhere")
@allows("account.own")
def sign_out_everywhere() -> Response:
    person = actor()
    signing_in.sign_out_everywhere(context(), person)
    end_session(person)
    tell(N_("You are signed out in every browser."))
    return go(url_for("sign_in.page"))
