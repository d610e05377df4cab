"""A real client of Exchange opens a mailbox of the lab, whatever its user name looks like and however it signs in."""

import pytest
from exchangelib import BASIC, NTLM
from exchangelib.errors import ErrorNameResolutionNoResults, UnauthorizedError
from exchangelib.version import Build

from console.lab.accounts import Account
from console.lab.exchange_place import PASSWORD
from tests.lab.corp import ALICE, BOB

FORMS = [ALICE, "CORP\\alice", "corp.test\\Alice", "alice"]


@pytest.mark.parametrize("login", FORMS)
@pytest.mark.parametrize("scheme", [BASIC, NTLM])
def test_a_mailbox_opens_with_every_form_of_the_user_name(corp, login, scheme):
    account = corp.account(login, scheme=scheme)

    assert (account.inbox.total_count, account.inbox.unread_count) == (3, 1)
    assert account.sent.name == "Sent Items"
    assert corp.place.credentials_at(ALICE).keys() == {"mail.corp.test"}


@pytest.mark.parametrize("login", FORMS)
@pytest.mark.parametrize("scheme", [BASIC, NTLM])
def test_a_wrong_password_is_refused_and_counted_once(corp, login, scheme):
    with pytest.raises(UnauthorizedError, match="Invalid credentials"):
        corp.account(login, "wrong", scheme=scheme).inbox.refresh()

    assert corp.place.grants.counts(ALICE).refused == 1
    assert corp.place.credentials_at(ALICE) == {"mail.corp.test": 1}
    assert corp.place.host("mail.corp.test").refused == 1


@pytest.mark.parametrize("login", ["OTHER\\alice", "alice@other.test", "nobody", "nobody@corp.test"])
@pytest.mark.parametrize("scheme", [BASIC, NTLM])
def test_somebody_else_is_refused(corp, login, scheme):
    with pytest.raises(UnauthorizedError):
        corp.account(login, scheme=scheme).inbox.refresh()


def test_the_client_finds_out_how_to_sign_in_without_a_password(corp):
    protocol = corp.account().protocol

    assert protocol.get_auth_type() == NTLM
    assert corp.place.credentials_at() == {}


@pytest.mark.parametrize(("slug", "scheme"), [("only-basic", BASIC), ("only-ntlm", NTLM)])
def test_only_what_is_offered_is_taken(corp, slug, scheme):
    corp.place.switch(slug)

    assert corp.account().protocol.get_auth_type() == scheme
    corp.account(scheme=scheme).inbox.refresh()
    with pytest.raises(UnauthorizedError):
        corp.account(BOB, scheme=BASIC if scheme == NTLM else NTLM, address=BOB).inbox.refresh()


def test_ntlm_signs_in_a_connection_and_not_each_request(corp):
    account = corp.account(scheme=NTLM)
    account.inbox.refresh()
    account.sent.refresh()

    seen = corp.place.host("mail.corp.test")
    assert seen.with_credentials == 1
    assert seen.requests > 4


def test_the_version_is_told_in_every_answer(corp):
    assert corp.account().version.build == Build(15, 1, 2507, 6)


def test_folders_are_found_below_their_parent(corp):
    names = {folder.name for folder in corp.account().msg_folder_root.children}

    assert {"Inbox", "Sent Items", "Drafts", "Calendar"} <= names


def test_messages_are_found_newest_first_and_read(corp):
    found = list(corp.account().inbox.all().order_by("-datetime_received")[:2])

    assert [message.subject for message in found] == ["Your parcel is on its way", "Lunch on Thursday?"]
    assert [message.is_read for message in found] == [False, True]
    assert found[0].sender.email_address == "lab@corp.test"


def test_the_directory_names_the_aliases_of_an_address(corp):
    ((mailbox, contact),) = corp.directory(ALICE)

    assert mailbox.email_address == ALICE
    assert [one.email for one in contact.email_addresses] == [f"SMTP:{ALICE}", "smtp:sales@corp.test"]


def test_a_name_that_means_several_people_finds_them_all(corp):
    corp.place.add(Account("albert@corp.test", "Albert Ahl"))

    found = corp.directory("al")

    assert {mailbox.email_address for mailbox, _ in found} == {ALICE, "albert@corp.test"}


def test_nobody_is_found_by_an_address_that_does_not_exist(corp):
    (found,) = corp.directory("nobody@corp.test")

    assert isinstance(found, ErrorNameResolutionNoResults)


def test_somebody_who_was_added_signs_in(corp):
    corp.place.add(Account("dorte@corp.test", "Dorte Dahl"))

    assert corp.account("CORP\\dorte", PASSWORD, scheme=NTLM, address="dorte@corp.test").inbox.total_count == 3
