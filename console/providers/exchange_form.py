"""The settings form of the Exchange family, in the wizard and on the settings page of an inbox."""

from typing import Any

from wtforms import Field, Form, HiddenField, PasswordField, StringField
from wtforms.validators import StopValidation

from console.providers.fields import LONGEST_NAME, LONGEST_PASSWORD, TOO_LONG_NAME, TOO_LONG_PASSWORD, Typed, stripped
from console.providers.web import Target
from console.rules.exchange_address import ExchangeAddressError, ews_url
from console.rules.texts import N_


class ExchangeUrl:
    """The address of an Exchange server, however it was pasted; it becomes that of its web services.

    It may stay empty where Autodiscover names it.
    """

    def __call__(self, form: Form, field: Field) -> None:
        if not (field.data or "").strip() and form["autodiscover"].data:
            field.data = ""
            return
        try:
            field.data = ews_url(field.data or "")
        except ExchangeAddressError as error:
            raise StopValidation(str(error)) from None


class ExchangeForm(Form):
    """Field names are the product's. `autodiscover` is the place that was found and is asked where `url` is empty."""

    password = PasswordField(
        N_("Password"),
        [Typed(LONGEST_PASSWORD, TOO_LONG_PASSWORD, N_("Type the password of the mailbox."))],
    )
    username = StringField(
        N_("User name"),
        [Typed(LONGEST_NAME, TOO_LONG_NAME)],
        filters=[stripped],
        description=N_("Such as jdoe, CORP\\jdoe or jdoe@corp.local. Empty means the address."),
    )
    autodiscover = HiddenField()
    url = StringField(
        N_("Exchange URL"),
        [ExchangeUrl()],
        description=N_("Such as https://mail.acme.dk/ews/exchange.asmx. The address of your web mail will do."),
    )

    def validate_autodiscover(self, field: Field) -> None:
        try:
            field.data = Target.read(f"https://{field.data or ''}/").host_header
        except ValueError:
            field.data = ""

    def settings(self) -> dict[str, Any]:
        """Return the validated values."""
        return dict(self.data)
