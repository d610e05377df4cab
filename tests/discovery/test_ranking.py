from console.discovery.answer import Server, Settings
from console.discovery.ranking import Found, ranked

IMAP, SMTP = Server("imap.acme.test", 993, "tls"), Server("smtp.acme.test", 465, "tls")


def found(rank: int, transport="https", relation="same", imap=IMAP, smtp=SMTP, **rest) -> Found:
    return Found(rank, Settings(f"{rank}", transport, relation, imap, smtp, **rest))


def order(*answers: Found) -> list[str]:
    return [settings.source for settings in ranked(answers)]


def test_trust_goes_before_the_source():
    assert order(found(1, "dns"), found(2, relation="foreign"), found(3)) == ["3", "1", "2"]


def test_the_source_goes_before_completeness():
    assert order(found(1, smtp=None), found(2)) == ["1, 2", "1", "2"]


def test_an_answer_without_any_server_comes_last():
    assert order(found(1, imap=None, smtp=None, not_offered=frozenset({"imap"})), found(9, "guess")) == ["9", "1"]


def test_a_completed_answer_is_believed_as_far_as_its_weaker_half():
    whole = ranked([found(1, smtp=None), found(2, "dns", "foreign", imap=None)])[0]
    assert (whole.imap, whole.smtp, whole.transport, whole.relation) == (IMAP, SMTP, "dns", "foreign")
    assert whole.to_confirm


def test_what_is_not_offered_is_not_completed():
    assert order(found(1, smtp=None, not_offered=frozenset({"smtp"})), found(2)) == ["1", "2"]


def test_nothing_found_is_nothing():
    assert ranked([]) == ()
