"""The languages that people are spoken to in, for those who speak without a page: workers that write mails."""

import gettext
from functools import cache
from pathlib import Path

from console.rules.telling import Say

_FOLDER = Path(__file__).parent.parent / "translations"


@cache
def translations(language: str) -> gettext.NullTranslations:
    """Return the catalogue of a language; English needs none."""
    return gettext.translation("console", _FOLDER, languages=[language], fallback=True)


def filled_in(text: str, values: dict[str, object]) -> str:
    """Return a text with its %(name)s values filled in. A missing value leaves it as it is."""
    if not values:
        return text
    try:
        return text % values
    except (KeyError, TypeError, ValueError):
        return text


def speaker(language: str) -> Say:
    """Return what says a marked text in `language`, with its %(name)s values filled in."""
    known = translations(language)

    def say(text: str, **values: object) -> str:
        return filled_in(known.gettext(str(text)) if text else "", values)

    return say
