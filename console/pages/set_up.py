"""The first account, through the one-time link that the start prints."""

from flask import Blueprint, Response, request, url_for
from wtforms import Form, PasswordField, StringField

from console.rules.texts import N_
from console.services import people, signing_in
from console.services.context import Refused
from console.web.current import client_ip, context
from console.web.forms import read, refuse, shorten
from console.web.guard import public
from console.web.panel import go, invalid, panel
from console.web.sessions import begin_session
from console.web.texts import lazy

pages = Blueprint("set_up", __name__)


class SetUpForm(Form):
    name = StringField(lazy(N_("Your name")))
    email = StringField(lazy(N_("Your email")))
    password = PasswordField(
        lazy(N_("Password")), description=lazy(N_("At least 12 characters. A few words in a row work well."))
    )


@pages.route("/set-up/<token>", methods=["GET", "POST"])
@public
def page(token: str) -> Response:
    ctx = context()
    if not signing_in.set_up_link_opens(ctx, token):
        return panel("set_up/page.html", status=404, valid=False, form=SetUpForm())
    form = read(SetUpForm)
    if request.method == "GET":
        return panel("set_up/page.html", valid=True, form=form)
    try:
        person = people.create_first_admin(
            ctx,
            name=form.name.data or "",
            email=form.email.data or "",
            password=form.password.data or "",
            ip=client_ip(),
        )
    except Refused as refused:
        refuse(form, refused, "email")
        shorten(form)
        return invalid("set_up/page.html", valid=True, form=form)
    begin_session(person)
    return go(url_for("inboxes.start"))
