"""The forms of Settings, Notices: the mail server, who is told of what and when, and webhooks."""

import contextlib
from collections.abc import Mapping
from datetime import time
from typing import Any

from wtforms import (  # type: ignore[attr-defined]  # The stubs lag behind WTForms 3.3.
    BooleanField,
    Field,
    Form,
    IntegerField,
    PasswordField,
    SelectChoice,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
    TimeField,
)
from wtforms.validators import AnyOf, InputRequired, Length, NumberRange, Optional

from console.rules.notices import KIND_LABELS, PARTY_LABELS, STAFF_KINDS, WHEN_LABELS, Kind, Party, Quiet, When
from console.rules.texts import N_
from console.services.mail_server import SECURITIES, MailServer
from console.services.notice_rules import Rules
from console.web.texts import lazy, say

DAYS = (
    N_("Monday"),
    N_("Tuesday"),
    N_("Wednesday"),
    N_("Thursday"),
    N_("Friday"),
    N_("Saturday"),
    N_("Sunday"),
)
_PORT = lazy(N_("Type a port from 1 to 65535."))
_TIME = lazy(N_("Type a time of day, such as 07:30."))


class _Port(IntegerField):
    """A port, or nothing for what is no number: the one sentence about ports says the rest."""

    def process_formdata(self, valuelist: list[str]) -> None:
        with contextlib.suppress(ValueError):
            super().process_formdata(valuelist)


class _Time(TimeField):
    """A time of day."""

    def process_formdata(self, valuelist: list[str]) -> None:
        try:
            super().process_formdata(valuelist)
        except ValueError:
            raise ValueError(str(_TIME)) from None


def _of_list(*values: str) -> AnyOf:
    return AnyOf(values, message=lazy(N_("Choose one of the list.")))


def _at_most(number: int) -> Length:
    return Length(max=number, message=lazy(N_("At most %(max)d characters.")))


class ServerForm(Form):
    """The mail server."""

    host = StringField(lazy(N_("Server")), [InputRequired(lazy(N_("Type the name of the server.")))])
    port = _Port(lazy(N_("Port")), [NumberRange(1, 65535, _PORT)], default=587)
    security = SelectField(
        lazy(N_("Encryption")),
        [_of_list(*SECURITIES)],
        validate_choice=False,
        choices=[SelectChoice("starttls", "STARTTLS"), SelectChoice("tls", "TLS")],
        default="starttls",
    )
    username = StringField(
        lazy(N_("User name")),
        [_at_most(254)],
        description=lazy(N_("Left empty, nobody is signed in: for servers that let this machine in.")),
    )
    password = PasswordField(lazy(N_("Password")), [_at_most(1024)])
    sender = StringField(
        lazy(N_("Sender address")),
        [InputRequired(lazy(N_("Type the address that notices come from.")))],
        description=lazy(N_("Answers and bounces go there.")),
    )
    sender_name = StringField(lazy(N_("Sender name")), [_at_most(80)])


def server_data(server: MailServer | None, organisation: str) -> dict[str, Any]:
    """Return what the form of the mail server is filled with."""
    if server is None:
        return {"sender_name": organisation}
    return {name: getattr(server, name) for name in ("host", "port", "security", "username", "sender", "sender_name")}


class RulesForm(Form):
    """Who is told of what and when; the fields of the table are added by `rules_form`."""

    digest_at = _Time(lazy(N_("Daily mail at")), [InputRequired(_TIME)])
    extra = TextAreaField(
        lazy(N_("Other addresses")),
        description=lazy(N_("One a line, such as a mailing list of IT. They are told as the third column says.")),
    )
    quiet = BooleanField(lazy(N_("Quiet hours")))
    quiet_start = _Time(lazy(N_("From")), [Optional()])
    quiet_end = _Time(lazy(N_("To")), [Optional()])
    quiet_days = SelectMultipleField(
        lazy(N_("Beginning on")),
        choices=[SelectChoice(str(number), lazy(day)) for number, day in enumerate(DAYS)],
        validate_choice=False,
    )
    quiet_all = BooleanField(
        lazy(N_("Incidents wait as well")),
        description=lazy(N_("Otherwise those who are told at once of incidents are told at night too.")),
    )

    def validate(self, *args: Any, **kwargs: Any) -> bool:
        """Return whether everything can be read; quiet hours without a time would be whole days."""
        fine = bool(super().validate(*args, **kwargs))
        for field in (self.quiet_start, self.quiet_end):
            if self.quiet.data and field.data is None and not field.errors:
                field.errors, fine = [str(_TIME)], False
        if self.quiet.data and not _days(self):
            self.quiet_days.errors, fine = [say(N_("Tick at least one day."))], False
        whole = self.quiet_start.data is not None and self.quiet_start.data == self.quiet_end.data
        if self.quiet.data and whole and len(_days(self)) == len(DAYS):
            self.quiet_days.errors, fine = (
                [say(N_("They would never end. Leave out a day, or choose two times."))],
                False,
            )
        return fine


def _days(form: RulesForm) -> frozenset[int]:
    return frozenset(number for number in range(len(DAYS)) if str(number) in (form.quiet_days.data or ()))


def _name(party: Party, kind: Kind) -> str:
    return f"{party.value}_{kind.value}".replace("-", "_")


_TABLE: Mapping[str, Field] = {
    _name(party, kind): SelectField(
        lazy(PARTY_LABELS[party]),
        [_of_list(*When)],
        validate_choice=False,
        choices=[SelectChoice(when.value, lazy(WHEN_LABELS[when])) for when in When],
    )
    for kind in STAFF_KINDS
    for party in Party
}
_RulesForm: type[RulesForm] = type("_RulesForm", (RulesForm,), dict(_TABLE))


def rules_form(posted: Any = None, **data: Any) -> RulesForm:
    """Return the form of the rules, with what was posted or with `data`."""
    return _RulesForm(posted, data=data or None)


def rules_data(rules: Rules) -> dict[str, Any]:
    """Return what the form of the rules is filled with."""
    quiet = rules.quiet or Quiet(time(18), time(7), frozenset(range(7)))
    table = {_name(party, kind): rules.when[party][kind].value for party in Party for kind in STAFF_KINDS}
    return table | {
        "digest_at": rules.digest_at,
        "extra": "\n".join(rules.extra),
        "quiet": rules.quiet is not None,
        "quiet_start": quiet.start,
        "quiet_end": quiet.end,
        "quiet_days": [str(day) for day in sorted(quiet.days)],
        "quiet_all": quiet.all_kinds,
    }


def rules_of(form: RulesForm) -> Rules:
    """Return the rules that a validated form says."""
    when = {party: {kind: When(form[_name(party, kind)].data) for kind in STAFF_KINDS} for party in Party}
    quiet = None
    if form.quiet.data:
        start, end = form.quiet_start.data or time(0), form.quiet_end.data or time(0)
        quiet = Quiet(start, end, _days(form), bool(form.quiet_all.data))
    extra = tuple(part for part in (form.extra.data or "").replace(",", "\n").split() if part)
    return Rules(when, extra, form.digest_at.data or time(7, 30), quiet)


def table(form: RulesForm) -> list[dict[str, Any]]:
    """Return the rows of the table: a kind with its field for each party."""
    return [
        {
            "kind": kind.value,
            "label": say(KIND_LABELS[kind]),
            "cells": [
                {"field": form[_name(party, kind)], "party": say(PARTY_LABELS[party]), "key": party.value}
                for party in Party
            ],
        }
        for kind in STAFF_KINDS
    ]


class HookForm(Form):
    """A webhook."""

    name = StringField(
        lazy(N_("Name")),
        [InputRequired(lazy(N_("Type a name, such as the one of the chat or the ticket system."))), _at_most(80)],
    )
    url = StringField(
        lazy(N_("Address")),
        [InputRequired(lazy(N_("Type a web address, such as https://chat.example.com/hooks/1.")))],
        description=lazy(N_("https; http only inside networks that the operator lists.")),
    )
    secret = StringField(lazy(N_("Secret")), [_at_most(200)])
    kinds = SelectMultipleField(
        lazy(N_("Is told of")),
        choices=[SelectChoice(kind.value, lazy(KIND_LABELS[kind])) for kind in STAFF_KINDS],
        validate_choice=False,
    )
