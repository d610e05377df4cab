"""What becomes of five hundred inboxes when one cause stops them all, from the servers to the mail people get."""

import re
import shutil
from collections import Counter

import pytest

from console.lab.accounts import Application
from console.lab.serving import GOOGLE_APP
from console.services import apps
from tests.lab.crowd import crowd
from tests.peers.fixtures import LAB_ORIGIN

MANY, FEWER = 500, 120
AGAIN = re.compile(r"(?<!nobody has to )sign in again", re.IGNORECASE)
pytestmark = pytest.mark.timeout(240)


@pytest.fixture
def acme(migrated, tmp_path, password_hash):
    database = tmp_path / "console.db"
    shutil.copyfile(migrated, database)
    with crowd(database, tmp_path / "instance", password_hash) as found:
        yield found


class Eye:
    """Looks at the pages of an admin and of an owner now and then, and remembers who was asked to sign in."""

    def __init__(self, acme):
        self.acme, self.looks, self.asked = acme, 0, []
        self.alice = acme.browser().sign_in("alice@acme.test")
        self.owner = acme.browser().sign_in("owner0@acme.test")

    def look(self):
        self.looks += 1
        if self.acme.ever_asked_to_sign_in():
            self.asked.append("store")
        if self.looks % 12 == 0:
            self.open_pages()

    def open_pages(self):
        pages = [(self.alice, path) for path in ("/", "/help-desk", "/inboxes")]
        pages += [(self.owner, path) for path in ("/me/", f"/inboxes/{self.acme.ids[0]}")]
        for browser, path in pages:
            text = browser.get(path).text
            self.asked += [path] * ('data-health="needs-sign-in"' in text)
            self.asked += [path] * bool(AGAIN.search(text))


def test_an_hour_without_the_mail_server_is_one_incident_that_ends_by_itself(acme):
    acme.mailboxes(MANY)
    acme.pass_time(2)
    place, imap, eye = acme.lab.mail.place, acme.lab.mail.imap, Eye(acme)
    place.switch("imap-down")
    down_at = acme.clock()
    before = len(imap.visits)

    acme.pass_time(14, each=eye.look)
    assert acme.told == []
    acme.pass_time(31, each=eye.look)
    place.switch("imap-down", on=False)
    place.switch("auth-unavailable")
    acme.pass_time(15, each=eye.look)
    visits = imap.visits[before:]
    (one,) = acme.incidents()
    assert (one.level, one.target, one.problem) == ("host", "mail.harbour.test", "server-unavailable")
    # Each is tried once when it is due; those that failed before it was an incident at most twice, and one every five
    # minutes for all of them.
    assert len(visits) <= MANY + MANY // 5 + 16
    assert sorted(acme.told) == ["alice@acme.test", "anton@acme.test"]
    place.calm()
    acme.pass_time(15, each=eye.look)

    (one,) = acme.incidents()
    assert (one.state, one.most_inboxes, one.owners_told_from) == ("over", MANY, None)
    assert acme.healths() == {"healthy": MANY}
    assert sorted(acme.told) == ["alice@acme.test"] * 2 + ["anton@acme.test"] * 2
    assert [subject for _, subject, _ in acme.mails if subject.startswith("Over at")] == [acme.mails[-1][1]] * 2
    assert [text for _, _, text in acme.mails if AGAIN.search(text)] == []
    assert eye.asked == []
    assert down_at < one.opened_at


def test_microsoft_that_answers_503_for_an_hour_is_one_incident_that_ends_by_itself(acme):
    acme.accounts("microsoft", 60)
    acme.pass_time(16, step=2)
    assert acme.healths() == {"healthy": 60}
    eye = Eye(acme)
    acme.lab.microsoft.switch("down")
    before = acme.lab.microsoft.grants.counts().calls

    acme.pass_time(60, step=2, each=eye.look)
    (one,) = acme.incidents()
    assert sorted(acme.told) == ["alice@acme.test", "anton@acme.test"]
    assert acme.lab.microsoft.grants.counts().calls - before <= 60 * 3
    acme.lab.microsoft.calm()
    acme.pass_time(30, each=eye.look)

    (one,) = acme.incidents()
    assert (one.state, one.owners_told_from) == ("over", None)
    assert acme.healths() == {"healthy": 60}
    assert sorted(acme.told) == ["alice@acme.test"] * 2 + ["anton@acme.test"] * 2
    assert eye.asked == []


def test_a_client_secret_that_ran_out_is_told_to_the_admins_alone_and_ends_with_a_new_one(acme):
    acme.accounts("gmail", MANY)
    eye = Eye(acme)
    acme.lab.google.switch("expired-secret")
    acme.pass_time(120, step=5, each=eye.look)

    (one,) = acme.incidents()
    assert (one.level, one.target, one.problem, one.owners_told_from) == ("app", "gmail", "oauth-client-secret", None)
    assert acme.members() == MANY
    assert sorted(acme.told) == ["alice@acme.test", "anton@acme.test"]
    # The first found it out, and since then one is tried every three minutes for all of them.
    assert acme.lab.google.grants.counts().refreshes == 0
    acme.lab.google.calm()
    client_id, _ = GOOGLE_APP
    acme.lab.google.register(Application(client_id, "a-new-secret", (LAB_ORIGIN,)))
    apps.save(acme.ctx, acme.admins[0], "gmail", client_id=client_id, client_secret="a-new-secret")
    acme.pass_time(15, each=eye.look)

    assert [found.state for found in acme.incidents()] == ["over"]
    assert acme.healths() == {"healthy": MANY}
    assert sorted(acme.told) == ["alice@acme.test"] * 2 + ["anton@acme.test"] * 2
    assert eye.asked == []


def sign_ins(acme):
    return Counter(attempt.login for visit in acme.lab.mail.imap.visits for attempt in visit.attempts)


def test_a_password_that_is_refused_everywhere_is_sent_once_each_and_three_times_more_at_most(acme):
    acme.mailboxes(MANY)
    acme.refuse_passwords()
    acme.pass_time(16)
    acme.pass_time(40, step=4)
    (one,) = acme.incidents()
    assert (one.problem, one.owners_told_from) == ("many-refused", None)
    assert acme.told_owners == []

    acme.pass_time(64, step=4)

    counted = sign_ins(acme)
    assert len(counted) == MANY
    assert sum(counted.values()) <= MANY + 3
    assert max(counted.values()) <= 1 + 3
    (one,) = acme.incidents()
    assert one.owners_told_from is not None
    assert set(acme.told_owners) == {owner.email for owner in acme.owners}


def test_a_provider_that_takes_the_passwords_again_gets_each_once_more_and_nobody_signs_in(acme):
    acme.mailboxes(FEWER)
    acme.pass_time(1)
    eye = Eye(acme)
    acme.refuse_passwords()
    acme.pass_time(20, step=2)
    before = sign_ins(acme)
    acme.lab.mail.place.calm()

    acme.pass_time(26, step=2)

    assert [(found.state, found.owners_told_from) for found in acme.incidents()] == [("over", None)]
    assert acme.healths() == {"healthy": FEWER}
    eye.open_pages()
    assert eye.asked == []
    assert [text for _, _, text in acme.mails if AGAIN.search(text)] == []
    more = sign_ins(acme) - before
    assert max(more.values()) <= 2
