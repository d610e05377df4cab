from collections import Counter
from random import Random

import pytest

from console.discovery.answer import Server
from console.discovery.lookups import Srv
from console.discovery.srv import chosen, offer

LATER, FIRST = Srv(20, 100, 993, "later.acme.test"), Srv(5, 0, 993, "first.acme.test")


def still() -> float:
    return 0.0


def all_of_them(record: Srv) -> bool:
    return True


def imap(*records: Srv, service="_imaps", **others):
    found = {f"{service}._tcp.acme.test": records}
    found |= {f"{name}._tcp.acme.test": one for name, one in others.items()}
    return offer("imap", "acme.test", found, still, all_of_them)


def test_the_lowest_priority_number_wins_whatever_the_weights():
    assert chosen([LATER, FIRST], still) == FIRST


def test_weights_share_out_the_choice():
    heavy, light, none = (Srv(0, weight, 993, f"w{weight}.acme.test") for weight in (75, 25, 0))
    draws = Counter(chosen([none, heavy, light], Random(7).random) for _ in range(1))
    assert sum(draws.values()) == 1
    random = Random(7).random
    counted = Counter(chosen([light, none, heavy], random).weight for _ in range(4000))
    assert 2800 < counted[75] < 3200
    assert 800 < counted[25] < 1200
    assert 0 < counted[0] < 120


@pytest.mark.parametrize("drawn", [0.0, 0.5, 0.999999])
def test_records_without_weights_are_chosen_too(drawn):
    assert chosen([Srv(0, 0, 993, "a.acme.test"), Srv(0, 0, 993, "b.acme.test")], lambda: drawn) is not None


def test_no_records_are_no_choice():
    assert chosen([], still) is None


def test_tls_from_the_start_goes_before_starttls():
    found = imap(Srv(0, 0, 993, "a.acme.test"), _imap=[Srv(0, 0, 143, "b.acme.test")])
    assert (found.server, found.name) == (Server("a.acme.test", 993, "tls"), "_imaps._tcp.acme.test")


def test_starttls_is_taken_where_nothing_else_is_offered():
    assert imap(Srv(0, 0, 143, "b.acme.test"), service="_imap").server == Server("b.acme.test", 143, "starttls")


def test_a_dot_says_that_a_protocol_is_not_offered():
    found = imap(Srv(0, 0, 0, ""))
    assert (found.server, found.refused) == (None, True)


def test_a_dot_for_one_way_leaves_the_other():
    found = imap(Srv(0, 0, 0, ""), _imap=[Srv(0, 0, 143, "b.acme.test")])
    assert found.server == Server("b.acme.test", 143, "starttls")
    assert not found.refused


def test_no_records_refuse_nothing():
    assert not imap().refused


@pytest.mark.parametrize(
    "record", [Srv(0, 0, 0, "a.acme.test"), Srv(0, 0, 993, "10.0.0.5"), Srv(0, 0, 993, "mailserver")]
)
def test_a_record_that_names_no_server_is_passed_over(record):
    assert imap(record, LATER).server == Server("later.acme.test", 993, "tls")


def test_submission_has_names_of_its_own():
    records = {"_submission._tcp.acme.test": [Srv(0, 0, 587, "s.acme.test")]}
    found = offer("smtp", "acme.test", records, still, all_of_them)
    assert found.server == Server("s.acme.test", 587, "starttls")


def test_where_none_is_believed_nothing_is_offered_and_nothing_refused():
    found = offer("imap", "acme.test", {"_imaps._tcp.acme.test": [LATER, FIRST]}, still, lambda record: False)
    assert (found.server, found.refused, found.unbelieved) == (None, False, (FIRST, LATER))
