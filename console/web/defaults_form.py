"""The form of a domain's defaults: IMAP + SMTP or Exchange, as strict as the settings of an inbox."""

from collections.abc import Mapping, Sequence
from typing import Any

from wtforms import (  # type: ignore[attr-defined]  # The stubs lag behind WTForms 3.3.
    BooleanField,
    Field,
    Form,
    HiddenField,
    RadioField,
    SelectChoice,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.validators import StopValidation

from console.providers.fields import Typed
from console.providers.imap_form import Port, ServerName
from console.rules.domain_defaults import LOCAL, PLACEHOLDERS, WHOLE, Kind
from console.rules.exchange_address import ExchangeAddressError, ews_url
from console.rules.texts import N_
from console.services.default_settings import SERVERS, Defaults
from console.web.texts import lazy

NAMES = FULL, PART, OWN = "full", "local", "own"
SECURITIES = [SelectChoice("tls", "TLS"), SelectChoice("starttls", "STARTTLS")]
LONGEST_NOTE, LONGEST_NAME = 500, 320
_IMAP_FIELDS = frozenset(SERVERS)


class UserName:
    """A user name in the form of a template: at least one placeholder, and no others than the three there are."""

    def __init__(self, choice: str, *, fixed: bool) -> None:
        self.choice, self.fixed = choice, fixed

    def __call__(self, form: Form, field: Field) -> None:
        """Judge the field. Raises StopValidation."""
        if form[self.choice].data != OWN:
            raise StopValidation
        text = (field.data or "").strip()
        if not text:
            raise StopValidation(N_("Type the form of the user name, such as ACME\\%EMAILLOCALPART%."))
        Typed(LONGEST_NAME, N_("User names end at 320 characters."))(form, field)
        rest = text
        for placeholder in PLACEHOLDERS:
            rest = rest.replace(placeholder, "")
        if "%EMAIL" in rest:
            raise StopValidation(N_("Only %EMAILADDRESS%, %EMAILLOCALPART% and %EMAILDOMAIN% are filled in."))
        if not self.fixed and WHOLE not in text and LOCAL not in text:
            raise StopValidation(N_("Without %EMAILADDRESS% or %EMAILLOCALPART% everybody would sign in as one."))
        field.data = text


class ExchangeAddress:
    """An address of an Exchange server, however it was pasted; it becomes that of its web services (EWS)."""

    def __call__(self, form: Form, field: Field) -> None:
        """Judge the field and bring it to its form. Raises StopValidation."""
        try:
            field.data = ews_url(field.data or "")
        except ExchangeAddressError as error:
            raise StopValidation(str(error)) from None


class DefaultsForm(Form):
    """The fields of both kinds stand in one form; those of the kind that was not chosen are neither read nor judged."""

    revision = HiddenField()
    shown = HiddenField()
    kind = RadioField(
        lazy(N_("Kind of server")),
        choices=[
            SelectChoice(Kind.IMAP.value, lazy(N_("IMAP + SMTP"))),
            SelectChoice(Kind.EXCHANGE.value, lazy(N_("Exchange"))),
        ],
        default=Kind.IMAP.value,
    )
    imap_host = StringField(lazy(N_("Server")), [ServerName()])
    imap_port = StringField(lazy(N_("Port")), [Port()], default="993")
    imap_security = SelectField(lazy(N_("Security")), choices=SECURITIES, default="tls", validate_choice=False)
    smtp_host = StringField(lazy(N_("Server")), [ServerName()])
    smtp_port = StringField(lazy(N_("Port")), [Port()], default="465")
    smtp_security = SelectField(lazy(N_("Security")), choices=SECURITIES, default="tls", validate_choice=False)
    exchange_url = StringField(
        lazy(N_("Exchange address")),
        [ExchangeAddress()],
        description=lazy(N_("Paste the address of the web mail; the right one is made of it.")),
    )
    username = RadioField(
        lazy(N_("User name")),
        choices=[
            SelectChoice(FULL, lazy(N_("full address"))),
            SelectChoice(PART, lazy(N_("part before @"))),
            SelectChoice(OWN, lazy(N_("another form"))),
        ],
        default=FULL,
    )
    username_template = StringField(
        lazy(N_("Form of the user name")),
        [UserName("username", fixed=False)],
        description=lazy(N_("%EMAILADDRESS%, %EMAILLOCALPART% and %EMAILDOMAIN% are filled in for each person.")),
    )
    smtp_same = BooleanField(lazy(N_("outgoing uses the same")), default=True)
    smtp_username = RadioField(
        lazy(N_("User name for outgoing mail")),
        choices=[
            SelectChoice(FULL, lazy(N_("full address"))),
            SelectChoice(PART, lazy(N_("part before @"))),
            SelectChoice(OWN, lazy(N_("another form"))),
        ],
        default=FULL,
    )
    smtp_template = StringField(
        lazy(N_("Form of the user name for outgoing mail")), [UserName("smtp_username", fixed=True)]
    )
    members_may_change = BooleanField(lazy(N_("members may change these settings")), default=False)
    note = TextAreaField(
        lazy(N_("Note to users (optional)")),
        [Typed(LONGEST_NOTE, N_("Notes end at 500 characters."))],
        filters=[lambda value: " ".join(value.split()) if value else value],
        description=lazy(N_("Shown beside the password when somebody on this domain connects.")),
    )

    @property
    def chosen(self) -> Kind:
        """The kind that was chosen; IMAP for anything else."""
        return Kind.EXCHANGE if self.kind.data == Kind.EXCHANGE.value else Kind.IMAP

    def validate(self, extra_validators: Mapping[str, Sequence[Any]] | None = None) -> bool:
        """Judge the fields of the chosen kind only."""
        # A radio that was posted with no known choice, or with none, is what it is at the start.
        for name, known in (("kind", tuple(Kind)), ("username", NAMES), ("smtp_username", NAMES)):
            if self[name].data not in known:
                self[name].data = self[name].default
        exchange = self.chosen is Kind.EXCHANGE
        idle = set(_IMAP_FIELDS) | {"smtp_template"} if exchange else {"exchange_url"}
        if not exchange and self.smtp_same.data:
            idle.add("smtp_template")
        kept = {name: self[name].validators for name in idle}
        for name in idle:
            self[name].validators = ()
        try:
            passed = super().validate(extra_validators)
        finally:
            for name, validators in kept.items():
                self[name].validators = validators
        for name in ("imap_security", "smtp_security") if not exchange else ():
            if self[name].data not in {"tls", "starttls"}:
                self[name].errors = [N_("Choose TLS or STARTTLS. A password is never sent without encryption.")]
                passed = False
        return bool(passed)

    def wanted(self) -> Defaults:
        """Return the validated values."""
        common: dict[str, Any] = {
            "kind": self.chosen,
            "username": _template(self.username.data, self.username_template.data),
            "note": self.note.data or "",
            "members_may_change": bool(self.members_may_change.data),
        }
        if self.chosen is Kind.EXCHANGE:
            return Defaults(**common, exchange_url=self.exchange_url.data)
        servers = {name: self[name].data for name in SERVERS}
        servers["imap_port"], servers["smtp_port"] = int(servers["imap_port"]), int(servers["smtp_port"])
        own = None if self.smtp_same.data else _template(self.smtp_username.data, self.smtp_template.data)
        return Defaults(**common, **servers, smtp_username=own)


def _template(choice: str | None, own: str | None) -> str:
    return {PART: LOCAL, OWN: own or WHOLE}.get(choice or "", WHOLE)


def named(template: str | None) -> tuple[str, str]:
    """Return the choice that stands for a user name's template, and the template where it is one of its own."""
    if template in {None, "", WHOLE}:
        return FULL, ""
    return (PART, "") if template == LOCAL else (OWN, template or "")


def filled(defaults: Defaults) -> dict[str, Any]:
    """Return the form's data for what is kept; the opposite of `wanted`."""
    username, own = named(defaults.username)
    smtp_username, smtp_own = named(defaults.smtp_username)
    data: dict[str, Any] = {
        "username": username,
        "username_template": own,
        "smtp_same": defaults.smtp_username is None,
        "smtp_username": smtp_username,
        "smtp_template": smtp_own,
        "note": defaults.note,
        "members_may_change": defaults.members_may_change,
    }
    if defaults.kind is Kind.NONE:
        return {**data, "members_may_change": False}
    data["kind"] = defaults.kind.value
    if defaults.kind is Kind.EXCHANGE:
        return {**data, "exchange_url": defaults.exchange_url}
    return data | {name: getattr(defaults, name) for name in SERVERS}
