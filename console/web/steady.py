"""Parts of a page that refresh themselves, each with a mark, so that what has not changed is not replaced."""

import hashlib
from dataclasses import dataclass
from typing import Any

from flask import render_template
from flask_wtf.csrf import generate_csrf
from markupsafe import Markup

LONGEST_MARK = 16


@dataclass(frozen=True)
class Part:
    """A rendered part of a page. The mark is the same as long as a reader would see the same."""

    html: Markup
    mark: str


def part(template: str, **values: Any) -> Part:
    """Render a part. The token against forged requests is another one each time, and has no say in the mark."""
    html = render_template(template, **values)
    seen = html.replace(generate_csrf(), "").encode("utf-8", "replace")
    return Part(Markup(html), hashlib.sha256(seen).hexdigest()[:LONGEST_MARK])  # noqa: S704  # Rendered, so escaped.
