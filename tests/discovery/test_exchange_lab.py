"""How the lab's Exchange organisation is found, and that no password comes near it meanwhile."""

import pytest

from console.assembly import make_dialer, make_discovery
from console.config import load
from console.discovery.addresses import parse
from console.lab.exchange_place import AUTODISCOVER, SERVER


@pytest.fixture
def place(lab):
    return lab.exchange.place


@pytest.fixture
def found(lab, tmp_path):
    """Look alice@corp.test up; return the candidate for Exchange, or None."""
    config = load({**lab.environment(), "CONSOLE_INSTANCE": str(tmp_path)})
    discovery = make_discovery(config, make_dialer(config))

    def look_up():
        answer = discovery.of(parse("alice@corp.test"))
        return next((one for one in answer.candidates if one.provider == "exchange"), None)

    return look_up


def others(*kept):
    """Switch every way to find the server off but these."""
    ways = {
        "autodiscover": ["no-autodiscover-host"],
        "srv": ["no-srv"],
        "json": ["no-json"],
        "pox": ["no-pox"],
        "soap": ["no-soap"],
    }
    return [slug for way, slugs in ways.items() if way not in kept for slug in slugs]


@pytest.mark.parametrize("form", ["pox", "soap"])
def test_the_srv_record_leads_to_its_server_at_its_port(place, found, form):
    place.set_faults(others("srv", form))

    candidate = found()

    assert candidate.autodiscover == f"{SERVER}:{place.port}"
    assert candidate.confidence == "likely"


@pytest.mark.parametrize("form", ["pox", "soap"])
def test_either_form_of_autodiscover_at_the_usual_name_is_recognised_by_how_it_asks(place, found, form):
    place.set_faults(others("autodiscover", form))

    assert found().autodiscover == AUTODISCOVER


def test_without_any_form_of_it_the_web_services_themselves_are_recognised(place, found):
    place.set_faults(others("autodiscover"))

    candidate = found()

    assert (candidate.url, candidate.autodiscover) == (f"https://{AUTODISCOVER}/EWS/Exchange.asmx", "")


def test_where_plain_http_leads_is_read_and_asked_without_a_password(place, found):
    place.set_faults(["no-srv", "http-redirect"])

    candidate = found()

    assert (candidate.autodiscover.partition(":")[0], candidate.confidence) == (SERVER, "likely")


@pytest.mark.parametrize("fault", ["apex-401", "apex-certificate", "autodiscover-hangs", "endless-redirects", None])
def test_whatever_is_found_no_request_carries_a_password(place, found, fault):
    place.set_faults([fault] if fault else [])

    found()

    assert place.credentials_at() == {}


@pytest.mark.parametrize(("ways", "asked"), [(["no-autodiscover-host"], SERVER), (["no-srv"], AUTODISCOVER)])
@pytest.mark.parametrize("certificate", ["self-signed", "unknown-authority"])
def test_a_server_with_a_certificate_of_its_own_making_is_a_possibility_where_dns_names_it(
    place, found, ways, asked, certificate
):
    place.set_faults([certificate, *ways])

    candidate = found()

    assert (candidate.autodiscover.partition(":")[0], candidate.confidence) == (asked, "possible")
    assert place.credentials_at() == {}


@pytest.mark.parametrize("certificate", ["expired", "wrong-name"])
def test_a_server_with_a_certificate_that_is_simply_wrong_is_not_taken_for_exchange(place, found, certificate):
    place.set_faults([certificate])

    assert found() is None


def test_in_a_hybrid_microsoft_is_tried_first_and_no_password_is_sent(place, lab, tmp_path):
    place.set_faults(["hybrid"])
    config = load({**lab.environment(), "CONSOLE_INSTANCE": str(tmp_path)})

    answer = make_discovery(config, make_dialer(config)).of(parse("alice@corp.test"))

    assert answer.recommended == "microsoft"
    assert place.credentials_at() == {}
