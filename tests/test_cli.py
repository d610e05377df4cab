"""The shell: `console init | check | db`, run as an operator runs them."""

import json
import logging
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from console.cli import main, set_up_logs
from console.lab.ports import free_port
from console.services import people, switches
from tests.services.connected import connect
from tests.services.listening import reach

ROOT = Path(__file__).parent.parent


@pytest.fixture
def settings(dns, certificates):
    return reach(dns, certificates)


@pytest.fixture
def shell(config, settings):
    def run(*arguments, given=""):
        environment = {
            **os.environ,
            **settings,
            "CONSOLE_INSTANCE": str(config.instance),
            "CONSOLE_DATABASE_URL": config.database_url,
            "CONSOLE_SECRET_KEY": config.secret_key,
        }
        command = [sys.executable, "-c", "from console.cli import main; main()", *arguments]
        return subprocess.run(
            command, cwd=ROOT, env=environment, input=given, capture_output=True, text=True, timeout=50, check=False
        )

    return run


def test_init_creates_the_first_admin_with_the_password_from_standard_input(shell, ctx):
    ended = shell("init", "--email", "alice@acme.test", "--name", "Alice", given="a long enough password\n")

    assert ended.returncode == 0
    assert not people.nobody_yet(ctx)


def test_init_refuses_when_an_account_exists(shell, alice):
    ended = shell("init", "--email", "eve@acme.test", "--name", "Eve", given="a long enough password\n")

    assert ended.returncode == 1
    assert ended.stderr == "console: An account exists already. Sign in instead.\n"


def test_init_says_in_one_line_why_a_password_does_not_do(shell):
    ended = shell("init", "--email", "alice@acme.test", "--name", "Alice", given="short\n")

    assert ended.returncode == 1
    assert len(ended.stderr.splitlines()) == 1


def test_check_all_prints_an_array_by_address_and_ends_with_1_when_something_is_wrong(shell, ctx, alice, imap_server):
    server = imap_server()
    connect(ctx, alice, server.tls, "b@acme.test", "a@acme.test")

    ended = shell("check", "--all", "--json")

    found = json.loads(ended.stdout)
    assert ended.returncode == 1
    assert [result["address"] for result in found] == ["a@acme.test", "b@acme.test"]
    assert set(found[0]) == {"address", "health", "problem", "who", "stages"}
    assert (found[0]["health"], found[0]["problem"], found[0]["who"]) == ("degraded", "connection-refused", "user")
    assert found[0]["stages"][0].keys() == {"name", "state", "ms", "problem"}
    assert [stage["state"] for stage in found[0]["stages"]] == ["passed"] * 6 + ["skipped"] * 3


def test_check_leaves_disabled_inboxes_out(shell, ctx, alice, imap_server):
    server = imap_server()
    off, _ = connect(ctx, alice, server.tls, "off@acme.test", "on@acme.test")
    switches.disable(ctx, alice, off)

    found = json.loads(shell("check", "--all", "--json").stdout)

    assert [result["address"] for result in found] == ["on@acme.test"]


def test_check_with_nothing_connected_prints_an_empty_array_and_ends_with_0(shell, alice):
    ended = shell("check", "--all", "--json")

    assert (ended.returncode, json.loads(ended.stdout)) == (0, [])


@pytest.mark.parametrize("arguments", [["nobody@acme.test"], ["not an address"], [], ["a@acme.test", "--all"]])
def test_check_ends_with_2_for_an_unknown_address_or_a_wrong_call(shell, alice, arguments):
    ended = shell("check", *arguments)

    assert ended.returncode == 2
    assert "Traceback" not in ended.stderr


def test_discover_prints_the_promised_json(shell, dns):
    dns.set("acme.test", "MX", "1 smtp.google.com.")

    ended = shell("discover", "Bob@ACME.test", "--json")

    found = json.loads(ended.stdout)
    assert ended.returncode == 0
    assert {"recommended", "candidates", "refused", "warnings", "settings", "sources"} <= found.keys()
    assert "trace" not in found
    assert (found["recommended"], found["refused"], found["warnings"]) == ("gmail", None, [])
    assert found["candidates"] == [
        {
            "provider": "gmail",
            "confidence": "certain",
            "evidence": ["MX of acme.test: smtp.google.com", "That is a mail server of Google."],
        }
    ]
    assert found["sources"][0].keys() >= {"source", "outcome", "milliseconds"}
    assert found["sources"][0]["outcome"] == "found"


def test_discover_tells_its_steps_when_it_is_asked_to(shell, dns):
    dns.set("acme.test", "MX", "1 smtp.google.com.")

    told = shell("discover", "bob@acme.test", "--trace")

    assert told.returncode == 0
    assert "MX of acme.test: 1 smtp.google.com." in told.stdout
    assert (
        "MX of acme.test: 1 smtp.google.com."
        in json.loads(shell("discover", "bob@acme.test", "--json", "--trace").stdout)["trace"][0]
    )


def test_discover_ends_with_0_for_what_is_refused_or_unknown(shell):
    refused = shell("discover", "bob@proton.me", "--json")
    unknown = shell("discover", "bob@nothing-there.test", "--json")

    assert (refused.returncode, unknown.returncode) == (0, 0)
    assert json.loads(refused.stdout)["refused"]["reason"] == "unsupported-provider"
    assert json.loads(refused.stdout)["refused"]["sentence"].startswith("Proton Mail cannot be connected")
    assert json.loads(unknown.stdout)["recommended"] is None
    assert json.loads(unknown.stdout)["warnings"] != []


@pytest.mark.parametrize("typed", ["bob", "bob@", "bob@acme dk", "a@b@c"])
def test_discover_ends_with_2_and_one_line_for_what_is_no_address(shell, typed):
    ended = shell("discover", typed, "--json")

    assert (ended.returncode, ended.stdout, len(ended.stderr.splitlines())) == (2, "", 1)


def test_db_status_tells_the_migration_and_ends_with_0_at_the_newest(shell, ctx):
    ended = shell("db", "status")

    assert ended.returncode == 0
    assert re.search(r"at (\d{4}); the newest is \1\.", ended.stdout)


@pytest.mark.parametrize("arguments", [("db", "status"), ("db", "upgrade"), ("check", "--all")], ids=" ".join)
def test_a_database_that_does_not_answer_is_told_in_one_line_without_its_password(config, arguments):
    url = f"postgresql://console:sesame-open@127.0.0.1:{free_port()}/console"
    environment = {**os.environ, "CONSOLE_INSTANCE": str(config.instance), "CONSOLE_DATABASE_URL": url}
    command = [sys.executable, "-c", "from console.cli import main; main()", *arguments]

    ended = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=50, check=False)

    assert ended.returncode == 1
    assert len(ended.stderr.splitlines()) == 1
    assert "sesame-open" not in ended.stdout + ended.stderr


@pytest.mark.parametrize(
    ("name", "value"), [("CONSOLE_PORT", "0"), ("CONSOLE_DATABASE_URL", "mysql://x"), ("CONSOLE_CA_FILE", "/nowhere")]
)
def test_a_wrong_setting_stops_with_one_line(shell, settings, name, value, monkeypatch, config):
    environment = {**os.environ, "CONSOLE_INSTANCE": str(config.instance), name: value}
    command = [sys.executable, "-c", "from console.cli import main; main()", "db", "status"]

    ended = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=50, check=False)

    assert ended.returncode == 2
    assert len(ended.stderr.splitlines()) == 1
    assert name in ended.stderr


def explained(*arguments, given=b""):
    return CliRunner().invoke(main, ["explain", *arguments], input=given)


def test_explain_prints_the_promised_json():
    ended = explained(
        "--provider", "gmail", "--channel", "imap", "--json", "NO [ALERT] Too many simultaneous connections."
    )

    found = json.loads(ended.output)
    assert ended.exit_code == 0
    assert {"code", "title", "who", "permanent", "steps"} <= set(found)
    assert (found["code"], found["who"], found["permanent"]) == ("too-many-connections", "us", False)
    assert isinstance(found["steps"], list)
    assert found["steps"]


def test_explain_tells_the_entry_in_lines_without_the_secret_in_the_text():
    ended = explained("535 5.7.8 Username and Password not accepted password=hunter2 - gsmtp")

    assert ended.exit_code == 0
    assert ended.output.splitlines()[0].split() == ["code:", "bad-credentials"]
    assert "hunter2" not in ended.output


def test_explain_reads_one_text_a_line_from_standard_input():
    ended = explained("--json", "-", given=b"[Errno 111] Connection refused\r\n\n\xff\xfe\x00\nAADSTS50053: locked\n")

    found = [json.loads(line)["code"] for line in ended.output.splitlines()]
    assert ended.exit_code == 0
    assert found == ["connection-refused", "unknown", "unknown", "account-locked"]


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("how", [("plain",), ("--json",), ("-",), ("--json", "-")])
def test_explain_prints_no_text_that_could_do_harm(known, how):
    said = "\x1b]0;evil\x07\x1b[31m535 5.7.8" if known else "\x1b[2J\x9b31mxyzzy"
    text = (
        f"{said} <script>alert(1)</script> \u202egnp.\u2066 pass\u200bword=hunt3r! " + "\N{OGHAM LETTER RUIS}" * 350_000
    )
    options = [option for option in how if option.startswith("--")]
    ended = explained(*options, "-", given=text.encode() + b"\xff\xfe\n") if "-" in how else explained(*options, text)
    assert ended.exit_code == 0
    assert len(ended.output) < 6000
    assert "hunt3r" not in ended.output
    assert not set(ended.output) & set("\x1b\x07\x9b\u202e\u2066\u200b\0")


@pytest.mark.parametrize(
    "arguments",
    [[], [" "], ["--provider", "nobody", "text"], ["--channel", "pigeon", "text"], ["a", "b"], ["--jsn", "text"]],
    ids=" ".join,
)
def test_explain_ends_with_2_for_a_wrong_call(arguments):
    assert explained(*arguments).exit_code == 2


@pytest.mark.parametrize("said", ["Client disconnected", "Exception"])
def test_the_log_of_the_web_server_holds_no_address_of_a_link(caplog, said):
    set_up_logs()
    caplog.set_level(logging.INFO)

    logging.getLogger("waitress").info("%s while serving /reconnect/kD3kbWoL\nforged line" % said)  # noqa: G002, UP031

    assert caplog.messages == [f"{said} while serving /reconnect"]
