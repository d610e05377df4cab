"""One kept connection to a web server: when it is opened anew, and that a refused sign-in is sent once."""

import pytest

from console.providers.conversation import Conversation, SignInRefused
from console.providers.http_sign_in import Basic
from console.providers.line import Line
from console.providers.web import BadAnswer, Target
from tests.peers.certificates import HOST
from tests.peers.ews_server import exchange
from tests.providers.doors import dialer

PATH = "/page"


@pytest.fixture
def server(certificates):
    with exchange(certificates) as running:
        running.answers[PATH] = running.guarded(running.xml(b"<x/>"))
        yield running


@pytest.fixture
def line(certificates):
    with Line(dialer(certificates.ca)) as opened:
        yield opened


@pytest.fixture
def talk(server, line):
    return Conversation(line, Target.read(f"https://{HOST}:{server.port}/"))


def ask(talk):
    return talk.ask("POST", PATH, headers={}, body=b"asked")


def signs_in(talk, password="secret"):
    attempts = []
    talk.sign_in(Basic("bob@acme.test", password), lambda: attempts.append(password))
    return attempts


def test_requests_share_one_connection(server, talk):
    signs_in(talk)

    assert [ask(talk).status for _ in range(3)] == [200, 200, 200]
    assert server.server.connections == 1


def test_without_a_sign_in_the_challenge_is_an_answer_like_others(server, talk):
    assert ask(talk).status == 401
    assert server.carrying == []


def test_a_refusal_is_raised_and_was_sent_once(server, talk):
    attempts = signs_in(talk, "wrong")

    with pytest.raises(SignInRefused):
        ask(talk)

    assert (len(server.carrying), attempts) == (1, ["wrong"])


def test_what_is_raised_before_the_attempt_keeps_the_password_here(server, talk):
    def no():
        raise RuntimeError

    talk.sign_in(Basic("bob@acme.test", "secret"), no)

    with pytest.raises(RuntimeError):
        ask(talk)
    assert server.carrying == []


def test_a_connection_that_the_server_closes_with_its_answer_is_opened_anew(server, talk):
    signs_in(talk)
    server.closes = True
    server.answers[PATH] = server.guarded(server.xml(b"<x/>"))

    assert [ask(talk).status for _ in range(3)] == [200, 200, 200]
    assert server.server.connections == 3


def test_a_kept_connection_that_was_closed_meanwhile_is_opened_anew(server, talk):
    signs_in(talk)
    server.hangs_up_after = 2
    statuses = [ask(talk).status for _ in range(4)]

    assert statuses == [200, 200, 200, 200]
    assert server.server.connections == 2


def test_a_sign_in_that_was_forgotten_is_made_once_more(server, talk):
    signs_in(talk)
    ask(talk)
    kept = server.answers[PATH]
    forgets = [server.challenge()]
    server.answers[PATH] = lambda request: forgets.pop() if forgets else kept(request)

    assert ask(talk).status == 200


def test_a_sign_in_that_is_refused_from_now_on_is_not_tried_for_ever(server, talk):
    signs_in(talk)
    ask(talk)
    server.answers[PATH] = server.challenge()

    with pytest.raises(SignInRefused):
        ask(talk)

    assert len(server.carrying) == 3


def test_a_page_before_the_sign_in_was_looked_at_accepts_nothing(server, talk):
    signs_in(talk, "wrong")
    server.answers[PATH] = server.response(503, b"later")
    ask(talk)
    server.answers[PATH] = server.challenge()

    with pytest.raises(SignInRefused):
        ask(talk)

    assert (talk.accepted, len(server.carrying)) == (False, 2)


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort", b"no", b"HTTP/1.1"])
def test_what_is_no_answer_is_a_bad_one_and_is_asked_for_once(server, talk, answer):
    signs_in(talk)
    server.answers[PATH] = lambda _request: answer
    server.cuts = True

    with pytest.raises(BadAnswer):
        ask(talk)

    assert len(server.carrying) == 1
