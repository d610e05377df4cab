"""Addresses of static files with a hash of their content, and the icons."""

import hashlib
from pathlib import Path

from flask import Flask, url_for
from markupsafe import Markup

NEEDED = ("tabler.min.css", "htmx.min.js", "icons.svg")


class AssetsMissing(Exception):
    """The front-end packages are not laid out; the text is one line for the operator."""


def require(folder: Path) -> None:
    """Raise AssetsMissing when the front-end packages were not fetched."""
    missing = [name for name in NEEDED if not (folder / "vendor" / name).is_file()]
    if missing:
        raise AssetsMissing(f"Front-end files are missing ({', '.join(missing)}). Run: make assets")


def require_for(app: Flask) -> None:
    """Raise AssetsMissing when the app's front-end packages were not fetched."""
    require(Path(str(app.static_folder)))


def init_app(app: Flask) -> None:
    """Give the templates `asset(path)` and `icon(name)`."""
    folder = Path(str(app.static_folder))
    hashes: dict[str, tuple[int, str]] = {}

    def asset(path: str) -> str:
        try:
            changed = (folder / path).stat().st_mtime_ns
            if path not in hashes or hashes[path][0] != changed:
                hashes[path] = changed, hashlib.sha256((folder / path).read_bytes()).hexdigest()[:12]
            return url_for("static", filename=path, v=hashes[path][1])
        except OSError:
            return url_for("static", filename=path)

    def icon(name: str) -> Markup:
        return Markup('<svg class="c-icon" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>').format(
            asset("vendor/icons.svg"), name
        )

    app.jinja_env.globals.update(asset=asset, icon=icon)
