"""Everything is asked at once: the best answer wins and not the first, and nobody waits for a worse one."""

import threading

from tests.discovery.files import config, imap, smtp
from tests.discovery.searching import HERE, ISPDB, OWN, OWN_PATH, PACC_FILE, first


def test_a_slow_better_answer_wins_over_a_fast_worse_one(search, dns, sites, ispdb):
    dns.host(OWN, HERE)
    held = sites.hold(OWN, OWN_PATH, config())
    dns.set("_imaps._tcp.acme.test", "SRV", "0 1 993 bad.evil.test.")
    dns.set("_submissions._tcp.acme.test", "SRV", "0 1 465 bad.evil.test.")
    ispdb(config(imap("imap.hoster.test"), smtp("smtp.hoster.test")))
    asked = search()
    results = []
    searching = threading.Thread(target=lambda: results.append(asked.find()))
    searching.start()
    asked.until("srv")
    asked.until("ispdb")
    held.set()
    searching.join(10)
    assert [one.source for one in results[0]] == ["autoconfig", "ispdb", "srv"]


def test_a_lower_ranked_source_that_hangs_is_not_waited_for(search, own, dns, sites):
    own()
    held = sites.hold(ISPDB, "/v1.1/acme.test", config())
    asked = search()
    assert first(asked.find()).source == "autoconfig"
    assert not held.is_set()
    assert asked.deadline.left() > 0
    assert asked.outcomes["ispdb"] == "skipped"


def test_trust_goes_before_the_source(search, own, ispdb, dns, sites):
    dns.host(OWN, HERE)
    dns.host("www.hoster.test", HERE)
    sites.redirect(OWN, OWN_PATH, "https://www.hoster.test/acme.xml")
    sites.page("www.hoster.test", "/acme.xml", config(imap("imap.hoster.test"), smtp("smtp.hoster.test")))
    ispdb(config())
    assert [one.source for one in search().find()] == ["ispdb", "autoconfig"]


def test_all_sources_stand_in_their_order(search, own, ispdb, pacc, dns):
    own()
    pacc(PACC_FILE.replace(', "submit": {"host": "pacc.acme.test"}', ""))
    found = search().find()
    assert [one.source for one in found][:3] == ["pacc, autoconfig", "pacc", "autoconfig"]


def test_an_answer_without_one_server_is_completed_by_the_next(search, own, dns):
    own(config(imap()))
    dns.set("_submissions._tcp.acme.test", "SRV", "0 1 465 smtp.hoster.test.")
    whole, alone, *_ = search().find()
    assert (whole.source, whole.transport, whole.relation) == ("autoconfig, srv", "dns", "foreign")
    assert (str(whole.imap), str(whole.smtp)) == ("imap.acme.test:993", "smtp.hoster.test:465")
    assert whole.to_confirm
    assert (alone.source, alone.smtp, alone.to_confirm) == ("autoconfig", None, False)
