"""Texts through gettext: marked where they are written, translated where they are shown."""

import gettext
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_time
from babel.support import LazyProxy
from flask import Flask, current_app

from console.services.languages import filled_in, translations


def _current() -> gettext.NullTranslations:
    return translations(current_app.extensions["console"].config.language if current_app else "en")


def say(text: str, **values: object) -> str:
    """Return a marked text in the reader's language, with its %(name)s values filled in.

    A missing value leaves it as it is. A time (aware) is filled in as a time of day: what names one is soon over.
    """
    times = {name: _time_of_day(value) for name, value in values.items() if isinstance(value, datetime)}
    return filled_in(_current().gettext(str(text)) if text else "", {**values, **times})


def _time_of_day(at: datetime) -> str:
    config = current_app.extensions["console"].config if current_app else None
    zone = ZoneInfo(config.timezone) if config is not None else UTC
    return format_time(at.astimezone(zone), "HH:mm", locale=config.language if config is not None else "en")


def say_many(one: str, many: str, number: int, **values: object) -> str:
    """Return the form of a marked text that fits `number`, which it may name as %(num)s."""
    return _current().ngettext(one, many, number) % {"num": number, **values}


def lazy(text: str) -> Any:
    """Return a text that is translated when it is shown; for labels of forms, which are made at import."""
    return LazyProxy(say, text, enable_cache=False)


def init_app(app: Flask) -> None:
    """Give the templates their gettext."""
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]  # The extension adds it.
        lambda text: _current().gettext(text),
        lambda one, many, number: _current().ngettext(one, many, number),
        newstyle=True,
    )
    app.jinja_env.globals["say"] = app.jinja_env.filters["say"] = say
