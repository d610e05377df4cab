"""The settings form of the Exchange family, in the wizard and on the settings page of an inbox."""

from typing import Any

from wtforms import Field, Form, HiddenField, PasswordField, StringField, ValidationError

from console.providers.fields import LONGEST_NAME, LONGEST_PASSWORD, TOO_LONG_NAME, TOO_LONG_PASSWORD, Typed, stripped
from console.providers.web import Target
from console.rules.exchange_address import ExchangeAddressError, encrypted, ews_url, recommended
from console.rules.texts import N_


class ExchangeForm(Form):
    """Field names are the product's. `told` is the address that took the place of a pasted one, and why (marked).

    `autodiscover` is the place that was found and is asked where `url` is empty.
    """

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
        description=N_("Such as https://mail.acme.dk/ews/exchange.asmx. The address of your web mail will do."),
    )

    told: tuple[str, str] | None = None

    @staticmethod
    def recommend(text: str) -> tuple[str, str] | None:
        """Return what to use in place of the URL that is being typed, and why (marked); None where it is that."""
        try:
            return recommended(text)
        except ExchangeAddressError:
            return None

    def validate_autodiscover(self, field: Field) -> None:
        try:
            field.data = Target.read(f"https://{field.data or ''}/").host_header
        except ValueError:
            field.data = ""

    def validate_url(self, field: Field) -> None:
        typed = field.data or ""
        if not typed.strip() and self["autodiscover"].data:
            field.data = ""
            return
        try:
            field.data, self.told = ews_url(encrypted(typed)), recommended(typed)
        except ExchangeAddressError as error:
            raise ValidationError(str(error)) from None

    def settings(self) -> dict[str, Any]:
        """Return the validated values."""
        return dict(self.data)
