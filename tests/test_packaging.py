"""What is declared, locked, laid out and shipped agrees with itself."""

import ast
import json
import re
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tools.assets import DRAWN, LAID, icon_names

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LOCKS = ("requirements.lock", "requirements-dev.lock")
LOCKED_EXTRAS = ("dev", "lab", "e2e", "postgres")


def locked(name):
    """Return, by package name, the requirement line and the hashes of a lock file."""
    entries = {}
    for entry in re.split(r"\n(?=\S)", (ROOT / name).read_text(encoding="utf-8").strip()):
        line, *hashes = re.split(r"\s*\\\n\s*", entry)
        requirement = Requirement(line)
        entries[canonicalize_name(requirement.name)] = (requirement, sorted(hashes))
    return entries


def version_of(requirement):
    (specifier,) = requirement.specifier
    assert specifier.operator == "=="
    return specifier.version


def build_requirements():
    lines = (ROOT / "requirements-build.in").read_text(encoding="utf-8").splitlines()
    return [*lines, *PROJECT["build-system"]["requires"]]


def test_what_runs_is_locked_to_the_same_files_as_in_the_tests():
    run, test = locked(LOCKS[0]), locked(LOCKS[1])
    assert {name: (str(line), hashes) for name, (line, hashes) in run.items()} == {
        name: (str(test[name][0]), test[name][1]) for name in run if name in test
    }


@pytest.mark.parametrize("lock", LOCKS)
def test_every_locked_package_has_hashes(lock):
    for name, (_, hashes) in locked(lock).items():
        assert hashes, name
        assert all(re.fullmatch(r"--hash=sha256:[0-9a-f]{64}", value) for value in hashes), name


@pytest.mark.parametrize("lock", [*LOCKS, "tools/npm.lock", ".npmrc", "tests/peers/.npmrc"])
def test_a_lock_names_no_address(lock):
    text = (ROOT / lock).read_text(encoding="utf-8")
    assert "://" not in text
    assert "--index-url" not in text
    assert " @ " not in text


@pytest.mark.parametrize(
    ("lock", "extras"), [(LOCKS[0], ()), (LOCKS[1], LOCKED_EXTRAS)], ids=["for running", "for tests"]
)
def test_the_lock_satisfies_what_the_project_declares(lock, extras):
    entries = locked(lock)
    wanted = [*PROJECT["project"]["dependencies"], *build_requirements()]
    for extra in extras:
        wanted += PROJECT["project"]["optional-dependencies"][extra]
    for requirement in map(Requirement, wanted):
        version = version_of(entries[canonicalize_name(requirement.name)][0])
        assert requirement.specifier.contains(version, prereleases=True), f"{requirement} is locked to {version}"


@pytest.mark.parametrize("folder", [ROOT, ROOT / "tests" / "peers"], ids=["front end", "peers"])
def test_npm_packages_are_named_by_exact_version_and_locked_with_integrity_and_without_addresses(folder):
    package = json.loads((folder / "package.json").read_text(encoding="utf-8"))
    lock = json.loads((folder / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    named = {key: package.get(key, {}) for key in ("dependencies", "devDependencies", "optionalDependencies")}
    for name, version in [pair for packages in named.values() for pair in packages.items()]:
        assert lock[f"node_modules/{name}"]["version"] == version
    for place, entry in lock.items():
        assert "resolved" not in entry, place
        assert not place or entry["integrity"].startswith("sha512-"), place


def imported_modules(folder):
    """Yield, with the file, the top name of every absolute import below a folder, also inside functions."""
    for path in sorted(folder.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                yield from ((path, alias.name.partition(".")[0]) for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and not node.level:
                yield path, node.module.partition(".")[0]


def test_every_package_the_console_imports_is_declared():
    extras = PROJECT["project"]["optional-dependencies"]
    shipped = [name for extra, names in extras.items() if extra not in {"dev", "e2e"} for name in names]
    declared = {canonicalize_name(Requirement(line).name) for line in [*PROJECT["project"]["dependencies"], *shipped]}
    origins = packages_distributions()
    undeclared = {
        f"{path.relative_to(ROOT)} imports {module}"
        for path, module in imported_modules(ROOT / "console")
        if module not in sys.stdlib_module_names and module != "console"
        if declared.isdisjoint(map(canonicalize_name, origins.get(module, [module])))
    }
    assert not undeclared


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (path,) = folder.glob("*.whl")
    return set(zipfile.ZipFile(path).namelist())


def test_the_wheel_carries_every_file_of_the_console_and_nothing_else(wheel):
    ours = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "console").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert {name for name in wheel if ".dist-info/" not in name} == ours


def test_the_wheel_carries_templates_and_migrations(wheel):
    assert any(name.startswith("console/templates/") and name.endswith(".html") for name in wheel)
    assert any(re.fullmatch(r"console/store/migrations/versions/\w+\.py", name) for name in wheel)


@pytest.mark.parametrize("name", [*LAID, *DRAWN])
def test_the_wheel_carries_the_front_end_file(wheel, name):
    assert f"console/static/vendor/{name}" in wheel


def test_the_wheel_carries_the_licence(wheel):
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in wheel)


def test_every_icon_that_is_named_is_in_the_sprite():
    pattern = re.compile(r"""\bicon\(\s*["']([a-z0-9-]+)["']""")
    named = {
        name
        for path in (ROOT / "console").rglob("*")
        if path.suffix in {".html", ".py"}
        for name in pattern.findall(path.read_text(encoding="utf-8"))
    }
    assert named <= set(icon_names())
