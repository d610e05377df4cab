"""The lab's pages switch faults, for one account or for everybody, and say what was counted."""

import re

import pytest
import requests

from console.lab import visitor
from console.lab.faults import FAULTS, offered
from tests.lab.made import ORIGIN, SECONDS

ALICE, BOB = "alice@acme.test", "bob@acme.test"


def post(lab, path, *, headers=None, **form):
    return requests.post(f"{lab.url}{path}", data=form, headers=headers, allow_redirects=False, timeout=SECONDS)


def get(lab, path="/"):
    return requests.get(f"{lab.url}{path}", timeout=SECONDS)


def test_every_account_has_a_page_that_offers_its_faults(lab):
    for place in lab.places:
        for address in place.accounts:
            page = get(lab, f"/{place.slug}/{address}").text
            assert {fault.slug for fault in offered(place.slug, everybody=False)} == set(
                re.findall(r'name="fault" value="([\w-]+)"', page)
            )


def test_a_fault_is_switched_on_for_one_account(lab):
    answer = post(lab, f"/google/{ALICE}/faults", fault=["throttled", "declined"])

    assert answer.status_code == 303
    assert lab.google.faults(ALICE) == {"throttled", "declined"}
    assert lab.google.faults(BOB) == set()
    assert "Mail: too many requests (429)" in get(lab).text


def test_what_is_not_ticked_is_switched_off(lab):
    lab.google.switch("throttled", ALICE)

    post(lab, f"/google/{ALICE}/faults", fault=["declined"])

    assert lab.google.faults(ALICE) == {"declined"}


def test_a_fault_for_everybody_is_marked_on_every_account(lab):
    post(lab, "/google/faults", fault="throttled")

    assert lab.google.faults(BOB) == {"throttled"}
    assert "on for everybody" in get(lab, f"/google/{BOB}").text


@pytest.mark.parametrize(
    ("path", "fault"),
    [("/google/faults", "nothing"), ("/google/faults", "shared"), (f"/google/{ALICE}/faults", "expired-secret")],
)
def test_a_fault_that_is_not_offered_is_refused(lab, path, fault):
    assert post(lab, path, fault=fault).status_code == 400
    assert lab.google.faults(ALICE) == set()


@pytest.mark.parametrize("path", ["/nobody", "/google/nobody@acme.test", "/microsoft/alice@acme.test"])
def test_what_does_not_exist_is_not_found(lab, path):
    assert get(lab, path).status_code == 404


def test_grants_are_revoked_and_tokens_expired_from_the_page(lab, gmail):
    tokens = gmail.sign_in(ALICE)

    post(lab, f"/google/{ALICE}/expire")
    assert gmail.get("/profile", tokens).status_code == 401
    renewed = gmail.renew(tokens["refresh_token"])
    post(lab, f"/google/{ALICE}/revoke")

    assert renewed.status_code == 200
    assert gmail.renew(tokens["refresh_token"]).json()["error"] == "invalid_grant"


def test_everybodys_tokens_are_expired_at_once(lab, gmail):
    alice, bob = gmail.sign_in(ALICE), gmail.sign_in(BOB)

    post(lab, "/google/expire")

    assert [gmail.get("/profile", tokens).status_code for tokens in (alice, bob)] == [401, 401]


def test_all_faults_are_switched_off_at_once(lab):
    lab.google.switch("throttled", ALICE)
    lab.microsoft.switch("expired-secret")

    post(lab, "/calm")

    assert [place.faults(ALICE) for place in lab.places] == [set(), set(), set()]


def test_a_reset_forgets_what_was_granted(lab, gmail):
    tokens = gmail.sign_in(ALICE)

    post(lab, "/reset")

    assert gmail.get("/profile", tokens).status_code == 401
    assert lab.google.grants.counts(ALICE).redemptions == 0


def test_counts_are_read_by_other_processes(lab, gmail):
    tokens = gmail.sign_in(ALICE)
    gmail.renew(tokens["refresh_token"])
    gmail.get("/profile", tokens)

    assert get(lab, "/counts.json").json()["google"][ALICE] == {
        "redemptions": 1,
        "refreshes": 1,
        "refused": 0,
        "calls": 1,
        "revocations": 0,
    }


def test_another_web_site_cannot_switch_anything(lab):
    refused = post(lab, "/google/faults", headers={"Sec-Fetch-Site": "cross-site"}, fault="throttled")

    assert refused.status_code == 403
    assert lab.google.faults() == set()


def test_a_name_that_somebody_points_at_this_machine_shows_nothing(lab):
    answer = requests.get(lab.url, headers={"Host": "evil.example:80"}, timeout=SECONDS)

    assert answer.status_code == 403


@pytest.mark.parametrize("path", ["/", "/google", f"/google/{ALICE}", "/imap/bob@harbour.test"])
def test_every_page_says_that_it_is_the_labs(lab, path):
    assert "Practice lab. Nothing here is real" in get(lab, path).text


def test_no_page_names_a_token(lab, gmail):
    tokens = gmail.sign_in(ALICE)

    pages = "".join(get(lab, path).text for path in ("/", "/google", f"/google/{ALICE}", "/counts.json"))

    assert not [name for name in ("access_token", "refresh_token", "id_token") if tokens[name] in pages]


def test_the_faults_have_names_of_their_own():
    assert len({fault.slug for fault in FAULTS}) == len(FAULTS)
    assert all(
        len({fault.title for fault in offered(place, everybody=True)}) == len(offered(place, everybody=True))
        for place in ("google", "microsoft", "imap")
    )
    assert all(fault.title and fault.text.endswith(".") for fault in FAULTS)


def test_a_page_of_a_sign_in_works_once(lab, gmail):
    page = requests.get(gmail.url(ALICE), timeout=SECONDS).text
    key = re.search(r'name="request" value="([^"]+)"', page)[1]
    form = {"request": key, "account": ALICE, "answer": "allow"}
    url = f"{lab.google.url}/o/oauth2/v2/decide"

    answers = [requests.post(url, data=form, allow_redirects=False, timeout=SECONDS).status_code for _ in range(2)]

    assert answers == [303, 400]


def test_somebody_without_an_account_cannot_be_chosen(lab, gmail):
    with pytest.raises(visitor.Stuck):
        visitor.answer(gmail.url(), "nobody@acme.test")


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/google/alice@acme.test/faults", "Saved."),
        ("/google/revoke", "revoked"),
        ("/microsoft/alice@contoso.test/expire", "over"),
        ("/calm", "All faults are off"),
        ("/reset", "forgotten"),
    ],
)
def test_what_was_pressed_is_confirmed(lab, path, words):
    answer = requests.post(f"{lab.url}{path}", timeout=SECONDS)

    told = re.search(r'role="status">([^<]+)<', answer.text)
    assert words in told[1]


def test_the_board_leads_to_the_console(lab):
    assert f'<a href="{ORIGIN}">Open the console</a>' in requests.get(lab.url, timeout=SECONDS).text
