"""Writes docs/problems: one page for every problem of the catalogue, and an index.

`.venv/bin/python -m tools.problem_pages` writes them anew; it needs the console's packages, because the catalogue is
the console's. Tests hold the pages to it. The console serves the same under /help.
"""

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from console.rules.help_pages import help_pages
from console.rules.problems import CATALOGUE, WHO_LABELS, LockRisk, Problem
from console.rules.telling import filled, letter

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "problems"
INDEX = "README.md"
LASTS = {
    "transient": "passes by itself",
    "transient-long": "passes by itself, slowly",
    "permanent": "stays until somebody acts",
}
LOCKS = {
    LockRisk.POSSIBLE: "trying again can lock the account at some providers",
    LockRisk.YES: "trying again can lock the account",
}


def _say(text: str, **values: object) -> str:
    return text % values


def pages() -> Mapping[str, str]:
    """Return the text of every file by its name."""
    found = {f"{entry.code}.md": "\n".join(_page(entry)) + "\n" for entry in CATALOGUE.values()}
    return {INDEX: "\n".join(_index()) + "\n", **found}


def _index() -> Iterator[str]:
    yield "# Problems"
    yield ""
    yield "Every problem of a mailbox that the console knows. `make problems` makes these pages from the catalogue."
    yield ""
    yield "| problem | | who must act | lasts |"
    yield "|---|---|---|---|"
    for entry in sorted(CATALOGUE.values(), key=lambda entry: entry.code):
        told = (f"[`{entry.code}`]({entry.code}.md)", filled(entry.title, _say), WHO_LABELS[entry.who])
        yield f"| {' | '.join(told)} | {LASTS[entry.lasts.value]} |"


def _page(entry: Problem) -> Iterator[str]:
    yield f"# {filled(entry.title, _say)}"
    yield ""
    yield f"`{entry.code}` · {WHO_LABELS[entry.who]} · {LASTS[entry.lasts.value]}"
    yield ""
    yield "## What happened"
    yield ""
    yield filled(entry.what, _say)
    yield ""
    yield "## Next step"
    yield ""
    yield filled(entry.step, _say)
    if entry.steps:
        yield ""
        yield from (f"{number}. {filled(step, _say)}" for number, step in enumerate(entry.steps, 1))
    if entry.lock_risk in LOCKS:
        yield ""
        yield f"Careful: {LOCKS[entry.lock_risk]}."
    if entry.text_for_user:
        yield ""
        yield "## Text for the user"
        yield ""
        yield f"> {letter(entry.text_for_user, _say)}"
    if helping := help_pages(entry.code):
        yield ""
        yield "## Help at the provider"
        yield ""
        yield from (f"- [{label}]({address})" for label, address in helping)


def main() -> int:
    """Write every page, and take away those of problems that are no more."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    wanted = pages()
    for old in {path.name for path in FOLDER.glob("*.md")} - set(wanted):
        (FOLDER / old).unlink()
    for name, text in wanted.items():
        (FOLDER / name).write_text(text, encoding="utf-8")
    print(f"{len(wanted)} pages written to {FOLDER}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
