"""The form of a family's OAuth app, made from the fields that the family names."""

import re
from collections.abc import Mapping
from typing import Any, cast

from wtforms import (  # type: ignore[attr-defined]  # The stubs lag behind WTForms 3.3.
    DateField,
    Field,
    Form,
    PasswordField,
    SelectChoice,
    SelectField,
    StringField,
)
from wtforms.validators import Optional, StopValidation

from console.providers.app_guide import AppField
from console.providers.consenting import Consenting
from console.rules.app_shapes import visible
from console.rules.texts import N_
from console.web.texts import lazy

LONGEST, LONGEST_SECRET = 250, 1000


class Token:
    """Text as a provider's console gives it: one line of printable ASCII without spaces around or inside.

    `missing` is said where there is none; the field's own pattern of mistakes is looked at last.
    """

    def __init__(self, described: AppField, missing: str) -> None:
        self.described, self.missing = described, missing
        self.longest = LONGEST_SECRET if described.kind == "secret" else LONGEST

    def __call__(self, form: Form, field: Field) -> None:
        """Judge the field. Raises StopValidation."""
        text = field.data = (field.data or "").strip()
        if not text:
            raise StopValidation(self.missing)
        if len(text) > self.longest:
            raise StopValidation(N_("This is longer than any provider's. Copy it once more."))
        if not visible(text):
            raise StopValidation(N_("There is a space, or a letter no provider uses, in it. Copy it once more."))
        if self.described.wrong and re.fullmatch(self.described.wrong, text):
            raise StopValidation(self.described.told)


class Day(DateField):
    """A date as browsers send it: 2026-12-05. Empty is none."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read what was sent. Raises ValueError for what is no day."""
        try:
            super().process_formdata(valuelist)
        except ValueError:
            raise ValueError(N_("Choose a day, or leave it empty.")) from None


def form_of(family: Consenting, *, has_secret: bool) -> type[Form]:
    """Return the form of the family's app. A secret that is stored may be left empty, and stays then."""
    return type("AppForm", (Form,), {field.name: _field(field, has_secret=has_secret) for field in family.app_fields})


def _field(field: AppField, *, has_secret: bool) -> Any:
    label, hint = lazy(field.label), lazy(field.hint) if field.hint else ""
    if field.kind == "choice":
        choices = [SelectChoice(choice.value, lazy(choice.label)) for choice in field.choices]
        return SelectField(label, choices=choices, description=hint, default=field.choices[0].value)
    if field.kind == "date":
        return Day(label, [Optional()] if not field.required else [], description=hint)
    if field.kind == "secret":
        missing = "" if has_secret else N_("Type it, or copy it from the provider.")
        return PasswordField(label, [Token(field, missing)], description=hint)
    missing = N_("Type it, or copy it from the provider.") if field.required else ""
    return StringField(label, [Token(field, missing)], description=hint)


def values_of(form: Form) -> dict[str, Any]:
    """Return what was typed, by name; texts that were left empty are ""."""
    return cast(dict[str, Any], dict(form.data))


def warnings_of(family: Consenting, values: Mapping[str, Any]) -> list[str]:
    """Return what follows from the values chosen (marked), such as from testing at Google."""
    return [
        choice.warning
        for field in family.app_fields
        for choice in field.choices
        if choice.value == values.get(field.name) and choice.warning
    ]
