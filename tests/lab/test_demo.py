"""`console demo`: one command, everything to try, nothing left when it ends."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
from contextlib import closing

import pytest
import requests

from console.lab import demo, scenes
from tests.lab import listening
from tests.lab.demos import Demo, begin
from tests.lab.made import SECONDS
from tests.peers.shared import ROOT
from tests.services.workers import until


def signed_in(running: Demo, email: str) -> requests.Session:
    session = requests.Session()
    page = session.get(f"{running.url}/sign-in", timeout=SECONDS).text
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)[1]
    form = {"csrf_token": token, "email": email, "password": scenes.PASSWORD}
    answer = session.post(f"{running.url}/sign-in", data=form, timeout=SECONDS, allow_redirects=False)
    assert answer.status_code == 303
    return session


def test_it_says_where_everything_is_and_who_signs_in_how(running):
    told = running.output

    assert running.url in told
    assert running.lab_url in told
    assert scenes.PASSWORD in told
    assert all(person.email in told for person in scenes.CAST)
    assert "Traceback" not in told


@pytest.mark.parametrize("email", [person.email for person in scenes.CAST])
def test_everybody_signs_in_with_the_password_that_was_printed(running, email):
    session = signed_in(running, email)

    assert session.get(f"{running.url}/me/", timeout=SECONDS).ok or session.get(running.url, timeout=SECONDS).ok


def test_every_page_says_that_it_is_a_demo(running):
    session = signed_in(running, "alice@harbour.test")
    paths = ("/inboxes", "/integrations", "/users", "/connect", "/nothing-here")

    pages = [session.get(f"{running.url}{path}", timeout=SECONDS).text for path in paths]
    pages += [requests.get(f"{running.url}{path}", timeout=SECONDS).text for path in ("/sign-in", "/nothing-here")]

    assert all(demo.BANNER in page for page in pages)


def test_there_are_inboxes_in_every_state(running):
    page = signed_in(running, "alice@harbour.test").get(f"{running.url}/inboxes", timeout=SECONDS).text

    assert all(scene.address in page for scene in scenes.SCENES)
    assert all(scene.address in running.output for scene in scenes.SCENES)
    assert set(re.findall(r'data-health="([\w-]+)"', page)) == {"healthy", "degraded", "failing", "needs-sign-in"}
    assert "off" in re.findall(r'data-switch="(\w+)"', page)


@pytest.mark.parametrize("domain", ["acme.test", "contoso.test", "harbour.test"])
def test_every_provider_has_inboxes_that_work_that_stopped_and_that_need_a_sign_in(running, domain):
    page = signed_in(running, "alice@harbour.test").get(f"{running.url}/inboxes", timeout=SECONDS).text

    states = set(re.findall(rf'data-inbox="[^"]*@{domain}" data-health="([\w-]+)"', page))

    assert {"healthy", "needs-sign-in"} < states


def test_the_overview_shows_an_incident_of_the_mail_company(running):
    session = signed_in(running, "alice@harbour.test")

    until(lambda: "data-incident=" in session.get(f"{running.url}/overview", timeout=SECONDS).text)

    page = session.get(f"{running.url}/overview", timeout=SECONDS).text
    assert re.findall(r'data-incident="\d+" data-problem="([\w-]+)"', page) == ["server-unavailable"]


def test_what_the_console_tells_people_is_read_at_the_lab(running):
    until(lambda: "bob@harbour.test" in requests.get(f"{running.lab_url}/mails", timeout=SECONDS).text)


def test_nothing_listens_beyond_loopback(running):
    found = listening.addresses(running.program.pid)

    assert found
    assert all(address.is_loopback for address in found)


def test_the_lab_beside_it_counts(running):
    counts = requests.get(f"{running.lab_url}/counts.json", timeout=SECONDS).json()

    assert counts["imap"]["alice@harbour.test"]["calls"] >= 1


def test_ctrl_c_ends_everything_and_leaves_nothing(peers_run):
    running = begin(peers_run)
    folder = running.program.log.parent / "tmp"
    assert list(folder.iterdir())

    running.program.stop(grace=30, first=signal.SIGINT)

    for url in (running.url, running.lab_url):
        with closing(socket.socket()) as line:
            assert line.connect_ex(("127.0.0.1", int(url.rpartition(":")[2]))) != 0
    assert list(folder.iterdir()) == []
    assert "Traceback" not in running.output


def test_a_taken_port_is_replaced_by_a_free_one():
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]

        assert demo.free_or(port) != port


def test_without_the_extra_it_says_what_to_install():
    code = "import runpy, sys; sys.modules['trustme'] = None; runpy.run_module('console.lab', run_name='__main__')"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 1
    assert done.stderr.strip() == ('console: trustme is not installed. The demo needs more: pip install "console[lab]"')
