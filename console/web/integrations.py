"""Integrations for templates: the providers with their apps, and one app in full, in the reader's words."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from flask import url_for

from console.providers.app_guide import SetUpStep
from console.providers.consenting import Consenting, consenting
from console.rules.texts import N_
from console.services import app_secrets, consents
from console.services.apps import AppView
from console.services.inboxes import FamilyRow
from console.services.switches import Blast
from console.web.current import context
from console.web.texts import say, say_many
from console.web.times import date_words
from console.web.wording import ProblemView, mended_by, problem_view

# So long before its end a client secret is announced; making a new one takes somebody with rights at the provider.
SECRET_ENDS_SOON = timedelta(days=30)


@dataclass(frozen=True)
class FamilyLine:
    """A provider of the list. `app` is none (it needs none), unset, set or trouble."""

    row: FamilyRow
    app: str
    app_title: str
    app_text: str
    app_tone: str
    url: str

    def __getattr__(self, name: str) -> Any:
        return getattr(self.row, name)

    @property
    def text(self) -> str:
        """The family's own line about itself."""
        return say(self.row.text)


def line_of(row: FamilyRow, found: AppView | None) -> FamilyLine:
    """Return a provider of the list with its app."""
    family = consenting(context().families.get(row.slug))
    if family is None:
        return FamilyLine(row, "none", say(N_("No app needed")), "", "", "")
    url = url_for("integrations.show", slug=row.slug)
    if found is None:
        return FamilyLine(row, "unset", say(N_("No app yet")), say(N_("nobody can connect")), "unproven", url)
    title = _short(found.client_id)
    problem = problem_of(found)
    if problem is not None:
        return FamilyLine(row, "trouble", title, problem.title, "failing", url)
    ends = _ends(found.secret_expires_on)
    if ends:
        return FamilyLine(row, "set", title, ends, "degraded", url)
    warnings = warnings_of(family, found)
    if warnings:
        testing = next(
            choice.label for field in family.app_fields for choice in field.choices if choice.value == found.publishing
        )
        return FamilyLine(row, "set", title, say(testing), "degraded", url)
    proved = found.test is not None and found.test.current and found.test.outcome == "proved"
    return FamilyLine(row, "set", title, say(N_("tested") if proved else N_("not tested yet")), "", url)


def _short(client_id: str) -> str:
    return client_id if len(client_id) <= 22 else f"{client_id[:10]}…{client_id[-8:]}"


def problem_of(found: AppView) -> ProblemView | None:
    """Return what is wrong with an app for all its inboxes, in the reader's words."""
    if not found.readable:
        return problem_view("key-missing")
    return mended_by(problem_view(found.trouble.problem), found.slug) if found.trouble is not None else None


def _ends(on: date | None) -> str:
    """Return that a secret ends soon or has ended, else ""."""
    if on is None:
        return ""
    left = (on - context().clock().date()).days
    if left < 0:
        return say(N_("Secret ended %(day)s"), day=date_words(on))
    if left == 0:
        return say(N_("Secret ends today"))
    if left <= SECRET_ENDS_SOON.days:
        return say_many("Secret ends in %(num)s day", "Secret ends in %(num)s days", left)
    return ""


def warnings_of(family: Consenting, found: AppView) -> list[str]:
    """Return what an admin should know of an app that works: its secret ends, or it is in testing."""
    chosen = {"publishing": found.publishing, "audience": found.audience}
    said = [
        say(choice.warning)
        for field in family.app_fields
        for choice in field.choices
        if choice.warning and choice.value == chosen.get(field.name)
    ]
    ends = _ends(found.secret_expires_on)
    if ends:
        text = N_("%(ends)s. Make a new one at %(place)s and type it in here; every inbox goes on with it.")
        if found.source == "configuration":
            text = N_("%(ends)s. Make a new one at %(place)s and put it into the configuration of the server.")
        said.append(say(text, ends=ends, place=family.place))
    return said


def uri_warnings(family: Consenting) -> list[str]:
    """Return that the provider does not lead back to where this console is opened, if that is so."""
    refused = family.refuses(app_secrets.redirect_uri(context(), family.slug))
    return [say(refused)] if refused else []


@dataclass(frozen=True)
class AppPage:
    """The app of one provider for templates. `variables` are where a `fixed` one comes from."""

    state: str
    exists: bool
    fixed: bool
    variables: list[str]
    facts: list[dict[str, Any]]
    redirect_uri: str
    warnings: list[str]
    problem: ProblemView | None
    problem_reach: str
    since: datetime | None
    server_text: str
    by: str
    at: datetime | None


def page_of(family: Consenting, found: AppView | None, row: FamilyRow) -> AppPage:
    """Return an app in the reader's words; `row` says what is connected through it."""
    uri = app_secrets.redirect_uri(context(), family.slug)
    if found is None:
        return AppPage("unset", False, False, [], [], uri, uri_warnings(family), None, "", None, "", "", None)
    problem, fixed = problem_of(found), found.source == "configuration"
    return AppPage(
        state="trouble" if problem else "set",
        exists=True,
        fixed=fixed,
        variables=[field.variable for field in family.app_fields if field.variable] if fixed else [],
        facts=_facts(family, found),
        redirect_uri=uri,
        warnings=[*uri_warnings(family), *warnings_of(family, found)],
        problem=problem,
        problem_reach=""
        if not row.inboxes
        else say_many(
            "%(num)s inbox waits and goes on by itself once the app is accepted. Nobody has to sign in again.",
            "%(num)s inboxes wait and go on by themselves once the app is accepted. Nobody has to sign in again.",
            row.inboxes,
        ),
        since=found.trouble.since if found.trouble else None,
        server_text=found.trouble.server_text if found.trouble else "",
        by=found.changed_by or "",
        at=found.changed_at,
    )


def _facts(family: Consenting, found: AppView) -> list[dict[str, Any]]:
    rows = []
    for field in family.app_fields:
        value, mono = getattr(found, field.name, None), field.kind == "text"
        if field.kind == "secret":
            value = say(N_("set, never shown"))
        elif field.kind == "date":
            value = date_words(value) if value else say(N_("not told"))
        elif field.kind == "choice":
            value = next((say(choice.label) for choice in field.choices if choice.value == value), say(N_("not told")))
        elif not value:
            value, mono = say(N_("not told")), False
        rows.append({"label": say(field.label), "value": value, "mono": mono})
    return rows


def test_of(app: AppView | None) -> dict[str, Any]:
    """Return the last test of an app for templates: none, running, late or done."""
    found = app.test if app is not None else None
    if app is None or found is None or (found.finished_at is not None and not found.current):
        return {"state": "none", "outcome": ""}
    if found.finished_at is None:
        return {"state": "running" if found.waiting else "late", "outcome": ""}
    return {
        "state": "done",
        "outcome": found.outcome,
        "text": say(found.text, **found.values),
        # What stops every inbox stands above already, with the way out.
        "problem": None if app.trouble else mended_by(problem_view(found.problem), app.slug),
        "server_text": found.server_text,
        "at": found.finished_at,
    }


def steps_of(family: Consenting, steps: Iterable[SetUpStep], found: AppView | None) -> list[dict[str, str]]:
    """Return steps for templates; one whose value is not known yet is shown without it."""
    ctx = context()
    known = {
        "redirect_uri": app_secrets.redirect_uri(ctx, family.slug),
        "domain": urlsplit(ctx.config.base_url).hostname or "",
        "scopes": "\n".join(scope.name for scope in family.scopes),
        "client_id": found.client_id if found else "",
        "approval_url": approval_url(family, found),
    }
    return [{"text": say(step.text), "value": step.value % known, "url": step.url % known} for step in steps]


def approval_url(family: Consenting, found: AppView | None) -> str:
    """Return the page where an administrator approves the app, or "" where there is none."""
    return consents.approval_url(context(), family.slug) if found is not None else ""


def effects_of(every: Blast, strangers: Blast) -> list[dict[str, str]]:
    """Return what saving does to the inboxes there are: with a new secret of the same app, and with another app.

    `strangers` are those that wait for a sign-in with this app already.
    """
    goes_on = say_many(
        "%(num)s inbox goes on with it. Nobody signs in again.",
        "%(num)s inboxes go on with it. Nobody signs in again.",
        every.inboxes - strangers.inboxes,
    )
    stops = say_many(
        "%(num)s inbox stops until its owner has signed in again. History and settings stay.",
        "%(num)s inboxes stop until their owners have signed in again. History and settings stay.",
        every.inboxes,
    )
    return [{"label": say(N_("A new secret")), "text": goes_on}, {"label": say(N_("Another client ID")), "text": stops}]
