"""What the pages' forms share: reading a POST, marking a field with what a service refused, never echoing too much."""

from collections.abc import Mapping
from typing import Any, TypeVar

from flask import request
from werkzeug.datastructures import MultiDict
from wtforms import Form

from console.services.context import Refused
from console.web.texts import say

F = TypeVar("F", bound=Form)
LONGEST_ECHO = 1000


def read(form: type[F], **data: Any) -> F:
    """Return the form with what was posted, or with `data` when nothing was."""
    return form(request.form if request.method == "POST" else None, data=data or None)


def refuse(form: Form, refused: Refused, default: str) -> None:
    """Put a service's refusal beside the field it is about, else beside `default`."""
    name = refused.field if refused.field is not None and refused.field in form else default
    form[name].errors = [*form[name].errors, say(refused.sentence, **refused.values)]


def revision() -> int:
    """Return the revision that the posted form was made from; -1, which nothing has, for anything else."""
    text = request.form.get("revision", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else -1


def shorten(form: Form) -> None:
    """Cut over-long values before they are shown again, and drop NUL, which no page can hold."""
    for field in form:
        if isinstance(field.data, str):
            field.data = field.data[:LONGEST_ECHO].replace("\x00", "")


def fixed(posted: MultiDict[str, str], values: Mapping[str, Any]) -> MultiDict[str, str]:
    """Return what was posted with `values` in the place of whatever came under their names; False is an empty box."""
    found = MultiDict(posted)
    for name, value in values.items():
        found.pop(name, None)
        if value is not None and value is not False:
            found[name] = str(value)
    return found


def form_values(form: Form) -> dict[str, Any]:
    """Return a family form's validated values in the family's own types."""
    values = getattr(form, "settings", None)
    return values() if callable(values) else dict(form.data)
