"""Links that somebody opens without being signed in: choosing a password."""

from typing import Any

from flask import Blueprint, Response, request
from wtforms import Form, PasswordField

from console.rules.texts import N_
from console.services import signing_in
from console.services.context import NotFound, Refused
from console.web.current import client_ip, context
from console.web.forms import read, refuse
from console.web.guard import public
from console.web.panel import go, invalid, panel
from console.web.sessions import begin_session
from console.web.texts import lazy

pages = Blueprint("links", __name__)


class WelcomeForm(Form):
    password = PasswordField(
        lazy(N_("Password")), description=lazy(N_("At least 12 characters. A few words in a row work well."))
    )


@pages.route("/welcome/<token>", methods=["GET", "POST"])
@public
def welcome(token: str) -> Response:
    found = signing_in.welcome(context(), token)
    if found is None:
        return panel("links/welcome.html", status=404, valid=False, form=WelcomeForm())
    form = read(WelcomeForm)
    values: dict[str, Any] = {"valid": True, "form": form, "person_name": found.name, "person_email": found.email}
    if request.method == "GET":
        return panel("links/welcome.html", **values)
    try:
        person = signing_in.accept_welcome(context(), token, form.password.data or "", client_ip())
    except Refused as refused:
        refuse(form, refused, "password")
        return invalid("links/welcome.html", **values)
    except NotFound:
        return panel("links/welcome.html", status=404, valid=False, form=WelcomeForm())
    begin_session(person)
    return go("/")
