"""Lays the locked front-end packages into console/static/vendor and draws the icon sprite.

`python -m tools.assets` does nothing when everything is as package-lock.json and tools/icons.txt want it. The pages
need only the laid files; node_modules stays as the place they come from, and as the home of what only tests use.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

from tools.npm import npm

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ROOT / "node_modules"
VENDOR = ROOT / "console" / "static" / "vendor"
ICONS = ROOT / "tools" / "icons.txt"
LAID = {
    "tabler.min.css": "@tabler/core/dist/css/tabler.min.css",
    "tabler.min.js": "@tabler/core/dist/js/tabler.min.js",
    "htmx.min.js": "htmx.org/dist/htmx.min.js",
    "inter-latin-wght-normal.woff2": "@fontsource-variable/inter/files/inter-latin-wght-normal.woff2",
}
DRAWN = ("icons.svg", "LICENSES.txt")
# Tabler's package carries no licence file; its text is MIT's, as ours is, and it contains Bootstrap, changed.
MIT_NOTICES = {
    "@tabler/core": (
        "Copyright (c) 2018-2026 The Tabler Authors",
        "Copyright (c) 2018-2026 codecalm.net Paweł Kuna",
        "Copyright (c) 2011-2025 The Bootstrap Authors (parts of Bootstrap, changed)",
    )
}
# Stroke width is left to the style sheet, which sets it on the svg element that uses the symbol.
STROKE = {"fill": "none", "stroke": "currentColor", "stroke-linecap": "round", "stroke-linejoin": "round"}
FILLED = {"fill": "currentColor"}
SVG = "http://www.w3.org/2000/svg"


def main() -> int:
    """Fetch and lay what is not there yet; return the exit status."""
    wanted = _digest("package.json", "package-lock.json")
    stamp = PACKAGES / ".laid-from"
    if _read(stamp) != wanted:
        print("Fetching the front-end packages", flush=True)
        _fetch()
        stamp.write_text(wanted)
    result = PACKAGES / ".laid"
    wanted = _digest("package-lock.json", "tools/icons.txt", "tools/assets.py", "LICENSE")
    if _read(result) != wanted or not all((VENDOR / name).is_file() for name in (*LAID, *DRAWN)):
        _lay()
        result.write_text(wanted)
        print(f"Laid {len(LAID) + len(DRAWN)} files into {VENDOR.relative_to(ROOT)}", flush=True)
    return 0


def icon_names() -> list[str]:
    """Return the names listed in tools/icons.txt."""
    lines = (line.strip() for line in ICONS.read_text(encoding="utf-8").splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def sprite(names: list[str]) -> str:
    """Draw the icons of these names as symbols of one SVG; raise SystemExit naming those that do not exist."""
    ET.register_namespace("", SVG)
    root = ET.Element(f"{{{SVG}}}svg")
    unknown = []
    for name in names:
        filled = name.endswith("-filled")
        source = PACKAGES / "@tabler/icons/icons" / ("filled" if filled else "outline")
        path = source / f"{name.removesuffix('-filled')}.svg"
        if not path.is_file():
            unknown.append(name)
            continue
        symbol = ET.SubElement(
            root, f"{{{SVG}}}symbol", {"id": name, "viewBox": "0 0 24 24"} | (FILLED if filled else STROKE)
        )
        # Every icon starts with an invisible square that only holds its size, which the viewBox does here.
        symbol.extend(shape for shape in ET.parse(path).getroot() if shape.get("d") != "M0 0h24v24H0z")
    if unknown:
        raise SystemExit(f"tools/icons.txt names icons that Tabler does not have: {', '.join(unknown)}")
    for element in root.iter():
        element.text = element.tail = None
    return ET.tostring(root, encoding="unicode") + "\n"


def _fetch() -> None:
    """Install what package-lock.json names, checked against its integrity, running no package's scripts."""
    with npm() as command:
        done = subprocess.run(
            [*command, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            env=os.environ | {"NODE_ENV": "development"},
            check=False,
        )
    if done.returncode:
        raise SystemExit("The front-end packages could not be fetched; npm's reason stands above.")


def _lay() -> None:
    """Write all files beside the old folder, then put the new one in its place, so that no page sees half of them."""
    VENDOR.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="laying-", dir=PACKAGES) as folder:
        new, old = Path(folder, "new"), Path(folder, "old")
        new.mkdir()
        new.chmod(0o755)
        for name, source in LAID.items():
            content = (PACKAGES / source).read_bytes()
            if name.endswith((".css", ".js")):  # The maps are not shipped; naming them makes browsers ask for them.
                content = re.sub(rb"\s*(//|/\*)# sourceMappingURL=\S+( \*/)?\s*$", b"\n", content)
            (new / name).write_bytes(content)
        (new / "icons.svg").write_text(sprite(icon_names()), encoding="utf-8")
        (new / "LICENSES.txt").write_text("\n".join(_licences()), encoding="utf-8")
        if VENDOR.exists():
            shutil.move(VENDOR, old)
        shutil.move(new, VENDOR)


def _licences() -> Iterator[str]:
    """Yield, for each shipped package, its name, version, licence and the licence's text."""
    lock = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))
    for place, entry in lock["packages"].items():
        if not place or entry.get("dev"):
            continue
        name = place.removeprefix("node_modules/")
        yield f"{'=' * 100}\n{name} {entry['version']}, {entry['license']}\n{'=' * 100}\n"
        if notices := MIT_NOTICES.get(name):
            ours = (ROOT / "LICENSE").read_text(encoding="utf-8")
            yield "\n".join(("MIT License", "", *notices, ours[ours.index("\n\nPermission is hereby granted") :]))
        else:
            texts = sorted((PACKAGES / name).glob("LICENSE*"))
            if not texts:
                raise SystemExit(f"{name} carries no licence text; add its notice to tools/assets.py.")
            yield "\n".join(path.read_text(encoding="utf-8").strip() + "\n" for path in texts)


def _digest(*names: str) -> str:
    return hashlib.sha256(b"\0".join((ROOT / name).read_bytes() for name in names)).hexdigest()


def _read(path: Path) -> str:
    return path.read_text() if path.is_file() else ""


if __name__ == "__main__":
    sys.exit(main())
