"""What the forms of families with a password share: names and passwords as they are typed."""

from wtforms import Field, Form
from wtforms.validators import StopValidation

from console.rules.texts import N_

LONGEST_NAME, LONGEST_PASSWORD = 320, 1000
TOO_LONG_NAME = N_("User names end at 320 characters.")
TOO_LONG_PASSWORD = N_("Passwords end at 1000 characters.")


def no_controls(value: str) -> None:
    """Raise StopValidation for characters that nobody types."""
    if any(ord(character) < 32 or ord(character) == 127 for character in value):
        raise StopValidation(N_("This holds a character that cannot be typed. Type it by hand."))


class Typed:
    """Text without control characters, up to a length."""

    def __init__(self, longest: int, too_long: str, missing: str = "") -> None:
        self.longest, self.too_long, self.missing = longest, too_long, missing

    def __call__(self, form: Form, field: Field) -> None:
        """Raise StopValidation for what does not fit."""
        value = field.data or ""
        if not value and self.missing:
            raise StopValidation(self.missing)
        no_controls(value)
        if len(value) > self.longest:
            raise StopValidation(self.too_long)


def stripped(value: str | None) -> str | None:
    """Return what was typed without the space around it, which is pasted along."""
    return value.strip() if value else value
