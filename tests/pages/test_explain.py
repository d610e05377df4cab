"""The box in which staff pastes what somebody reads out."""

import pytest

SECRET = "hunter2-is-secret"  # pragma: allowlist secret


@pytest.fixture
def box(window, hanne):
    visitor = window(hanne)
    visitor.get("/explain")
    return visitor


def asked(box, text, **more):
    return box.post("/explain", text=text, **more)


def test_a_text_leads_to_its_problem_and_stands_in_no_address(box):
    answer = asked(box, f"535 5.7.8 Username and Password not accepted {SECRET} - gsmtp")

    assert box.attributes("data-problem-card") == ["bad-credentials"]
    assert box.path == "/explain/bad-credentials"
    assert SECRET not in answer.request.url
    assert SECRET not in answer.text


def test_provider_and_channel_decide_where_the_text_alone_does_not(box):
    asked(box, "NO LOGIN failed.", provider="microsoft", channel="imap")

    assert box.attributes("data-problem-card") == ["password-auth-retired"]


def test_help_is_that_of_the_provider_that_was_named(box):
    answer = asked(box, "NO [AUTHENTICATIONFAILED] Authentication failed", provider="icloud", channel="imap")

    assert "https://support.apple.com/102654" in answer.text
    assert "help.yahoo.com" not in answer.text


def test_a_text_that_nobody_knows_comes_back_without_what_looks_like_a_secret(box):
    answer = asked(box, f"the moon is made of cheese password={SECRET}")

    assert answer.status_code == 422
    assert box.attributes("data-problem-card") == ["unknown"]
    assert "the moon is made of cheese" in answer.text
    assert SECRET not in answer.text


@pytest.mark.parametrize("more", [{}, {"provider": "nobody"}, {"channel": "pigeon"}])
def test_what_cannot_be_read_is_asked_for_again(box, more):
    answer = asked(box, "" if not more else "text", **more)

    assert answer.status_code == 422
    assert box.attributes("data-problem-card") == []


@pytest.mark.parametrize(
    "text", ["<script>alert(1)</script>", "\x1b[31mred\x1b[0m \u202egnp", "x" * 1_000_000, "\x00\ufffe"]
)
def test_a_hostile_text_is_shown_safely_or_not_at_all(box, text):
    answer = asked(box, text)

    assert answer.status_code == 422
    assert "<script>alert" not in answer.text
    assert "\x1b" not in answer.text
    assert len(answer.text) < 60_000


def test_a_provider_in_the_address_that_nobody_knows_is_left_out(box):
    assert box.get("/explain/bad-credentials?provider=%00nobody").status_code == 200


def test_a_problem_that_nobody_knows_is_not_found(box):
    assert box.get("/explain/no-such-problem").status_code == 404


def test_htmx_gets_the_box_with_what_the_text_means_and_no_frame(box):
    htmx = {"HX-Request": "true"}
    sent = box.post("/explain", follow=False, headers=htmx, text="[Errno 111] Connection refused")

    answer = box.get(sent.location, headers=htmx)

    assert sent.status_code == 303
    assert box.attributes("data-problem-card") == ["connection-refused"]
    assert "<html" not in answer.text
