"""The pages of Microsoft's sign-in: a person allows an app, an admin allows it for a tenant.

Addresses and fields: https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow and
https://learn.microsoft.com/entra/identity-platform/v2-admin-consent. Unlike Microsoft it insists on PKCE with S256.
"""

from dataclasses import replace

from flask import Blueprint, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from console.lab import consent
from console.lab.aadsts import sentence
from console.lab.accounts import Application, Tenant, guid
from console.lab.consent import Tick
from console.lab.directory import Directory
from console.lab.stand_in import StandIn

GRAPH = "https://graph.microsoft.com/"
_PROTOCOL = {"openid", "profile", "email", "offline_access"}
LABELS = {
    "openid": "Sign you in",
    "profile": "View your basic profile",
    "email": "View your email address",
    "offline_access": "Maintain access to data you have given it access to",
    "User.Read": "Read your profile",
    "Mail.Read": "Read your mail",
    "Mail.ReadWrite": "Read and write access to your mail",
    "Mail.Send": "Send mail as you",
    "MailboxSettings.Read": "Read your mailbox settings",
}


def make(place: StandIn, directory: Directory) -> Blueprint:
    """Return the pages."""
    routes = Blueprint("microsoft", __name__)
    waiting = consent.Waiting()

    @routes.get("/<authority>/oauth2/v2.0/authorize")
    def authorize(authority: str) -> AnyResponse | tuple[str, int] | str:
        wanted = consent.asked()
        application = place.applications.get(wanted.client_id)
        if not directory.knows(authority):
            return _refused(place, 90002, tenant=authority)
        if application is None:
            return _refused(place, 700016, app=wanted.client_id, tenant=authority)
        if not application.may_return_to(wanted.redirect_uri):
            return _refused(place, 50011)
        if application.tenant and authority in {"common", "organizations", "consumers"}:
            return _refused(place, 50194, app=wanted.client_id)
        if not wanted.challenge or request.args.get("code_challenge_method") != "S256":
            return _refused(place, 9002325)
        scopes = tuple(scope.removeprefix(GRAPH) for scope in wanted.scopes)
        if not scopes or any(scope not in LABELS for scope in scopes):
            return _refused(place, 70011)
        if request.args.get("prompt") == "none":
            return consent.back(
                wanted.redirect_uri,
                state=wanted.state,
                error="login_required",
                error_description=sentence(place, 50058),
            )
        accounts = [one for one in place.accounts.values() if directory.admits(authority, one)]
        # Whoever typed their address stands there and can be chosen; that they are not let in is said afterwards.
        hinted = place.accounts.get(wanted.login_hint.lower())
        accounts += [hinted] if hinted and hinted not in accounts else []
        if not accounts:
            return _refused(place, 50020, tenant=authority)
        key = waiting.put(replace(wanted, authority=authority, scopes=scopes, offline="offline_access" in scopes))
        return consent.page(place, wanted, key, application, accounts, _ticks(scopes))

    @routes.post("/common/oauth2/v2.0/decide")
    def decide() -> AnyResponse | tuple[str, int]:
        wanted = waiting.take(request.form.get("request", ""))
        account, allows, _ = consent.decision(place)
        if wanted is None or (allows and account is None):
            return _refused(place, 90014)
        if account and not directory.admits(wanted.authority, account):
            return _refused(place, 50020, tenant=wanted.authority)
        if account and place.has("admin-policy", account.address):
            return _approval(place, wanted.redirect_uri, wanted.state)
        if account and place.has("consent-required", account.address):
            return consent.back(
                wanted.redirect_uri,
                state=wanted.state,
                error="consent_required",
                error_description=sentence(place, 65001, app=wanted.client_id),
            )
        if account is None or not allows:
            return consent.back(
                wanted.redirect_uri,
                state=wanted.state,
                error="access_denied",
                error_description=sentence(place, 65004),
                error_subcode="cancel",
            )
        code = place.grants.allow(wanted, account.address, wanted.scopes)
        return consent.back(wanted.redirect_uri, state=wanted.state, code=code, session_state=guid(code))

    @routes.get("/<authority>/v2.0/adminconsent")
    def admin_consent(authority: str) -> tuple[str, int] | str:
        application = place.applications.get(request.args.get("client_id", ""))
        target = request.args.get("redirect_uri", "")
        if application is None:
            return _refused(place, 700016, app=request.args.get("client_id", ""), tenant=authority)
        if not application.may_return_to(target):
            return _refused(place, 50011)
        tenants = [one for one in directory.tenants if authority in {"common", "organizations", one.id, *one.domains}]
        return _admin_page(place, application, target, request.args.get("state", ""), tenants)

    @routes.post("/common/v2.0/adminconsent")
    def admin_decided() -> AnyResponse | tuple[str, int]:
        target, state = request.form.get("redirect_uri", ""), request.form.get("state", "")
        application = place.applications.get(request.form.get("client_id", ""))
        if application is None or not application.may_return_to(target):
            return _refused(place, 50011)
        tenant = directory.find(request.form.get("account", ""))
        if tenant is None or request.form.get("answer") != "allow":
            return consent.back(
                target,
                state=state,
                error="access_denied",
                error_description=sentence(place, 65004),
                error_subcode="cancel",
            )
        for account in place.accounts.values():
            if account.tenant == tenant.id:
                place.switch("admin-policy", account.address, on=False)
                place.switch("consent-required", account.address, on=False)
        return consent.back(target, state=state, admin_consent="True", tenant=tenant.id)

    @routes.get("/common/oauth2/v2.0/logout")
    def sign_out() -> AnyResponse:
        return redirect("/")

    return routes


def _ticks(scopes: tuple[str, ...]) -> list[Tick]:
    return [Tick(scope, LABELS[scope], fixed=True) for scope in scopes]


def _refused(place: StandIn, number: int, **words: str) -> tuple[str, int]:
    return consent.refusal(
        place, "Sorry, but we're having trouble signing you in.", [sentence(place, number, **words)], 400
    )


def _approval(place: StandIn, redirect_uri: str, state: str) -> tuple[str, int]:
    back = consent.returned(
        redirect_uri,
        state=state,
        error="access_denied",
        error_description=sentence(place, 90094),
        error_subcode="cancel",
    )
    told = (
        "Inbox console needs permission to access resources in your organisation that only an admin can grant. "
        "Please ask an admin to grant permission to this app before you can use it."
    )
    return consent.refusal(place, "Need admin approval", [told, sentence(place, 90094)], 200, back)


def _admin_page(place: StandIn, application: Application, target: str, state: str, tenants: list[Tenant]) -> str:
    # The permissions of Graph come with the name of the resource before them; without any, what the app has is meant.
    asked = {name.rpartition("/")[2] for name in request.args.get("scope", "").split()} & LABELS.keys()
    return render_template(
        "admin_consent.html",
        place=place,
        app=application,
        tenants=tenants,
        redirect_uri=target,
        state=state,
        labels=[label for name, label in LABELS.items() if name in asked or (not asked and name not in _PROTOCOL)],
    )
