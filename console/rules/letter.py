"""A mail as plain values, before it becomes text and HTML: what is said, in order."""

from dataclasses import dataclass
from enum import StrEnum


class Part(StrEnum):
    """What a line of a mail is."""

    TEXT = "text"
    TITLE = "title"
    """The head of one of several things in a mail."""
    BUTTON = "button"
    """The one thing to press, with its address."""
    LINK = "link"
    SMALL = "small"
    """Below everything else: why one gets this."""


@dataclass(frozen=True)
class Line:
    """One paragraph, or a link with its address."""

    part: Part
    text: str
    url: str = ""


@dataclass(frozen=True)
class Letter:
    """What one mail says, in the reader's language. A letter has one button at most."""

    subject: str
    lines: tuple[Line, ...]
    language: str = "en"
    organisation: str = ""
