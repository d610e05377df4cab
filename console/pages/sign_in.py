"""Signing in and out."""

from flask import Blueprint, Response, request, url_for
from wtforms import Form, PasswordField, StringField

from console.rules.texts import N_
from console.services import people, signing_in
from console.services.context import Refused
from console.web.current import actor, client_ip, context, maybe_actor
from console.web.forms import read, shorten
from console.web.guard import allows, public, safe_next
from console.web.panel import go, invalid, panel, tell
from console.web.sessions import begin_session, end_session
from console.web.texts import lazy, say

pages = Blueprint("sign_in", __name__)


class SignInForm(Form):
    email = StringField(lazy(N_("Email")))
    password = PasswordField(lazy(N_("Password")))


@pages.route("/sign-in", methods=["GET", "POST"])
@public
def page() -> Response:
    form = read(SignInForm)
    target = safe_next(request.values.get("next"))
    if request.method == "GET":
        if maybe_actor() is not None:
            return go(target)
        return panel("sign_in/page.html", form=form, error=None, next=target, first=people.nobody_yet(context()))
    try:
        person = signing_in.sign_in(
            context(), email=form.email.data or "", password=form.password.data or "", ip=client_ip()
        )
    except Refused as refused:
        shorten(form)
        return invalid("sign_in/page.html", form=form, error=say(refused.sentence), next=target, first=False)
    begin_session(person)
    return go(target)


@pages.post("/sign-out")
@allows("account.own")
def out() -> Response:
    end_session(actor())
    tell(N_("You are signed out."))
    return go(url_for("sign_in.page"))
