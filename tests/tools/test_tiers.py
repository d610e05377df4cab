"""The end of a test run says what ran and what did not."""

import os
import subprocess
import sys

from tools import tiers
from tools.tiers import Outcome


def lines_of_report(capsys, *outcomes):
    tiers._report(list(outcomes))
    return capsys.readouterr().out.splitlines()


def test_the_last_line_is_the_sum_over_the_tiers(capsys):
    lines = lines_of_report(
        capsys, Outcome("plain", passed=40, skipped=1), Outcome("server", passed=2, failed=3, skipped=4)
    )
    assert lines[-1] == "42 passed, 3 failed, 5 skipped"


def test_a_skipped_tier_is_listed_with_its_reason(capsys):
    lines = lines_of_report(
        capsys, Outcome("server", skipped=7, note="skipped: Postfix: only root may install packages")
    )
    assert any(line.startswith("server") and "only root may install packages" in line for line in lines)


def test_tests_are_counted_from_a_report_of_pytest(tmp_path):
    (tmp_path / "test_it.py").write_text(
        "import pytest\n"
        "def test_good(): pass\n"
        "def test_bad(): assert False\n"
        "@pytest.mark.skip(reason='not now')\n"
        "def test_left_out(): pass\n"
        "@pytest.fixture\n"
        "def broken(): raise ValueError\n"
        "def test_never_begun(broken): pass\n"
    )
    report = tmp_path / "report.xml"
    subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-c",
            "/dev/null",
            "--rootdir",
            tmp_path,
            tmp_path,
            f"--junitxml={report}",
        ],
        check=False,
        capture_output=True,
    )
    outcome = Outcome("plain")
    tiers._count(outcome, report)
    assert (outcome.passed, outcome.failed, outcome.skipped) == (1, 2, 1)


def test_a_tier_whose_npm_packages_are_missing_is_impossible_with_the_reason():
    (oauth,) = (tier for tier in tiers.TIERS if tier.name == "oauth")

    assert tiers._impossible(oauth, {tiers.NPM: "npm ci: no network"}) == "npm packages: npm ci: no network"
    assert tiers._impossible(oauth, {}) == ""


def test_every_test_belongs_to_one_tier_beside_those_that_repeat_on_postgresql():
    markers = [tier.marker for tier in tiers.TIERS if tier.name != "postgresql"]
    for mask in range(8):
        names = dict(zip(("browser", "server", "oauth"), (bool(mask & bit) for bit in (1, 2, 4)), strict=True))
        assert sum(eval(marker, {}, names) for marker in markers) == 1, names  # noqa: S307 - our own expressions


def test_what_python_compiles_is_kept_for_the_run_where_the_environment_forbids_to_write_it(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    (tmp_path / "module.py").write_text("")
    kept = tmp_path / "kept"

    with tiers._written_to(str(kept)):
        tiers._call([sys.executable, "-c", f"import sys; sys.path[0] = {str(tmp_path)!r}; import module"])

    assert [file.name.split(".")[0] for file in kept.rglob("module.*.pyc")] == ["module"]
    assert os.environ["PYTHONDONTWRITEBYTECODE"] == "1"
