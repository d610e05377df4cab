"""The house, held to its plan: imports point down, and a few things stand nowhere."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

CONSOLE = Path(__file__).parent.parent / "console"
MODULES = sorted(path for path in CONSOLE.rglob("*.py") if "migrations" not in path.parts)

# What each room may import of ours, beside itself and config.
ARROWS = {
    "rules": set(),
    "store": set(),
    "jobs": set(),
    "providers": {"rules"},
    "discovery": {"providers", "rules"},
    "services": {"discovery", "providers", "store", "jobs", "rules"},
    "web": {"services", "discovery", "providers", "store", "rules"},
    "pages": {"web", "services", "discovery", "providers", "store", "rules"},
}
FLASK = {"flask", "flask_login", "flask_wtf", "werkzeug"}
FAMILIES = {"exchange", "gmail", "imap", "microsoft"}
MAY_CATCH_EVERYTHING = {"providers/trial.py", "services/sweep.py", "jobs/__init__.py", "jobs/lane.py"}


def name_of(path: Path) -> str:
    return path.relative_to(CONSOLE).as_posix()


def room(path: Path) -> str:
    parts = path.relative_to(CONSOLE).parts
    return parts[0] if len(parts) > 1 else ""


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports name their module in full"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def ids(paths: list[Path]) -> list[str]:
    return [name_of(path) for path in paths]


ROOMS = [path for path in MODULES if room(path) in ARROWS]


@pytest.mark.parametrize("path", ROOMS, ids=ids(ROOMS))
def test_imports_point_down(path):
    allowed = ARROWS[room(path)] | {room(path), "config"}

    wrong = [
        name
        for name in imports(path)
        if name.startswith("console.") and name.split(".")[1].split(":")[0] not in allowed
    ]

    assert wrong == []


@pytest.mark.parametrize("path", [p for p in ROOMS if room(p) == "rules"], ids=name_of)
def test_rules_stand_on_the_standard_library_alone(path):
    roots = {name.split(".")[0] for name in imports(path)}

    assert roots - {"console"} <= set(sys.stdlib_module_names)


@pytest.mark.parametrize("path", [p for p in ROOMS if room(p) == "pages"], ids=name_of)
def test_a_page_imports_no_page(path):
    if path.name == "__init__.py":
        return

    assert [name for name in imports(path) if name.startswith("console.pages")] == []


@pytest.mark.parametrize("path", [p for p in ROOMS if room(p) not in {"pages", "web"}], ids=name_of)
def test_flask_stays_in_pages_and_web(path):
    assert {name.split(".")[0] for name in imports(path)} & FLASK == set()


@pytest.mark.parametrize("family", sorted(FAMILIES))
def test_a_family_imports_no_other_family(family):
    own = [path for path in MODULES if room(path) == "providers" and path.name.startswith(family)]

    found = {name for path in own for name in imports(path) if name.startswith("console.providers.")}

    others = FAMILIES - {family}
    assert {name for name in found if name.split(".")[2].split("_")[0] in others} == set()


@pytest.mark.parametrize("path", [p for p in MODULES if room(p) != "lab"], ids=name_of)
def test_the_console_never_imports_the_lab(path):
    assert [name for name in imports(path) if name == "console.lab" or name.startswith("console.lab.")] == []


@pytest.mark.parametrize("path", [p for p in MODULES if room(p) == "lab"], ids=name_of)
def test_the_stand_ins_know_nothing_of_the_console(path):
    own = {"console.lab"} if path.stem not in {"demo", "scenes"} else {"console"}

    found = [name for name in imports(path) if name.split(".")[0] == "console"]

    assert [name for name in found if not any(name == room or name.startswith(f"{room}.") for room in own)] == []


def test_htmx_flask_is_imported_in_one_place():
    assert [name_of(path) for path in MODULES if any(n.startswith("htmx_flask") for n in imports(path))] == [
        "web/htmx.py"
    ]


def test_no_drawer_modules():
    drawers = {"utils", "util", "helpers", "helper", "common", "misc"}

    assert [name_of(path) for path in MODULES if path.stem in drawers] == []


@pytest.mark.parametrize("path", MODULES, ids=ids(MODULES))
def test_everything_is_caught_only_where_it_must_be(path):
    handlers = [node for node in ast.walk(tree(path)) if isinstance(node, ast.ExceptHandler)]

    broad = [
        node for node in handlers if node.type is None or getattr(node.type, "id", "") in {"Exception", "BaseException"}
    ]

    assert not broad or name_of(path) in MAY_CATCH_EVERYTHING


@pytest.mark.parametrize("path", [p for p in ROOMS if room(p) in {"pages", "services", "web"}], ids=name_of)
def test_no_page_or_service_compares_with_a_provider_slug(path):
    compared = [
        constant.value
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Compare)
        for constant in ast.walk(node)
        if isinstance(constant, ast.Constant)
    ]

    assert {value for value in compared if value in {"imap", "gmail", "microsoft", "exchange", "pigeon"}} == set()


@pytest.mark.parametrize("path", MODULES, ids=ids(MODULES))
def test_no_time_without_a_zone(path):
    calls = [
        node for node in ast.walk(tree(path)) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    ]

    naive = [
        call
        for call in calls
        if call.func.attr in {"utcnow", "utcfromtimestamp"}
        or (
            call.func.attr in {"now", "fromtimestamp"}
            and ast.unparse(call.func.value) == "datetime"
            and len(call.args) < (1 if call.func.attr == "now" else 2)
        )
    ]

    assert naive == []


@pytest.mark.parametrize("path", MODULES, ids=ids(MODULES))
def test_a_module_is_no_longer_than_one_noun_needs(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 350
