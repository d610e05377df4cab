"""What each source gives, and what it is told.

Every source is a real server on loopback: a DNS zone, web sites with certificates, mail servers.
"""

from console.discovery.addresses import parse
from console.discovery.answer import Server
from tests.discovery.files import config, digest, imap, smtp
from tests.discovery.searching import BOB, HERE, ISPDB, OWN, OWN_PATH, PACC, WELL_KNOWN_PATH, first


def test_a_domains_own_file_needs_no_confirmation(search, own):
    own()
    found = first(search().find())
    assert (found.source, found.transport, found.relation) == ("autoconfig", "https", "same")
    assert (found.imap, found.smtp) == (Server("imap.acme.test", 993, "tls"), Server("smtp.acme.test", 465, "tls"))
    assert found.sign_in_name(found.imap_username, BOB) == "bob@acme.test"
    assert not found.to_confirm


def test_a_domains_own_file_may_name_the_servers_of_its_provider(search, own):
    own(config(imap("imap.hoster.test"), smtp("smtp.hoster.test")))
    found = first(search().find())
    assert (found.relation, found.to_confirm) == ("provider", False)


def test_a_file_that_a_redirect_to_another_domain_led_to_is_to_be_confirmed(search, dns, sites):
    dns.host(OWN, HERE)
    dns.host("www.hoster.test", HERE)
    sites.redirect(OWN, OWN_PATH, "https://www.hoster.test/acme.xml")
    sites.page("www.hoster.test", "/acme.xml", config(imap("imap.hoster.test"), smtp("smtp.hoster.test")))
    found = first(search().find())
    assert (found.relation, found.to_confirm) == ("foreign", True)


def test_the_well_known_place_is_asked_too(search, own):
    own(path=WELL_KNOWN_PATH, host="acme.test")
    assert first(search().find()).source == "well-known"


def test_pacc_is_believed_with_its_digest(search, pacc):
    pacc()
    found = first(search().find())
    assert (found.source, found.transport, found.to_confirm) == ("pacc", "https", False)
    assert found.imap == Server("pacc.acme.test", 993, "tls")


def test_pacc_with_another_digest_counts_as_not_published(search, pacc):
    pacc(txt=digest("another file"))
    asked = search()
    assert asked.find() == ()
    assert asked.outcomes["pacc"] == "nothing"
    assert "digest" in asked.details["pacc"]


def test_pacc_is_not_fetched_without_a_digest_in_dns(search, dns, sites):
    dns.host(PACC, HERE)
    search().find()
    assert sites.asked(PACC) == []


def test_the_database_knows_servers_of_the_domain_itself(search, ispdb):
    ispdb(config())
    found = first(search().find())
    assert (found.source, found.relation, found.to_confirm) == ("ispdb", "same", False)


def test_the_database_naming_another_domain_is_to_be_confirmed(search, ispdb):
    ispdb(config(imap("imap.hoster.test"), smtp("smtp.hoster.test")))
    found = first(search().find())
    assert (found.source, found.relation, found.to_confirm) == ("ispdb", "foreign", True)


def test_srv_records_over_unsigned_dns_are_to_be_confirmed(search, dns):
    dns.set("_imaps._tcp.acme.test", "SRV", "0 1 993 imap.acme.test.")
    dns.set("_submission._tcp.acme.test", "SRV", "0 1 587 smtp.acme.test.")
    found = first(search().find())
    assert (found.source, found.transport, found.relation) == ("srv", "dns", "same")
    assert (found.imap, found.smtp) == (Server("imap.acme.test", 993, "tls"), Server("smtp.acme.test", 587, "starttls"))
    assert found.to_confirm
    assert found.imap_username == ""


def test_srv_records_that_dnssec_vouches_for_are_not(search, dns, monkeypatch):
    dns.set("_imaps._tcp.acme.test", "SRV", "0 1 993 imap.hoster.test.")
    asked = search()
    monkeypatch.setattr(asked.lookups, "signed", lambda name, kind: True)
    found = first(asked.find())
    assert (found.transport, found.relation, found.to_confirm) == ("signed-dns", "provider", False)


def test_the_operator_of_the_mail_exchanger_is_asked_by_both_its_domains(search, dns, sites):
    for host in ("autoconfig.eu.hoster.dk", "autoconfig.hoster.dk"):
        dns.host(host, HERE)
    sites.page("autoconfig.hoster.dk", OWN_PATH, config(imap("imap.hoster.dk"), smtp("smtp.hoster.dk")))
    found = first(search().find(mx_hosts=["mx1.eu.hoster.dk", "mx2.other.dk"]))
    assert (found.source, found.relation, found.to_confirm) == ("mx-autoconfig-base", "foreign", True)
    assert sites.asked("autoconfig.eu.hoster.dk") == [OWN_PATH]


def test_the_database_is_asked_about_the_operator_of_the_mail_exchanger(search, sites, ispdb):
    ispdb(config(imap("imap.hoster.dk"), smtp("smtp.hoster.dk")), "hoster.dk")
    found = first(search().find(mx_hosts=["mx1.eu.hoster.dk"]))
    assert (found.source, found.relation, found.to_confirm) == ("mx-ispdb-base", "foreign", True)
    assert sorted(sites.asked(ISPDB)) == ["/v1.1/acme.test", "/v1.1/eu.hoster.dk", "/v1.1/hoster.dk"]


def test_what_mail_exchangers_led_to_is_worth_no_more_than_they_are(search, dns, sites, monkeypatch):
    dns.host("autoconfig.hoster.dk", HERE)
    sites.page("autoconfig.hoster.dk", OWN_PATH, config())
    found = first(search().find(mx_hosts=["mx.hoster.dk"]))
    assert (found.transport, found.relation, found.to_confirm) == ("dns", "same", True)
    dns.set("acme.test", "MX", "10 mx.hoster.dk.")
    asked = search()
    monkeypatch.setattr(asked.lookups, "signed", lambda name, kind: True)
    found = first(asked.find(mx_hosts=["mx.hoster.dk"]))
    assert (found.transport, found.relation, found.to_confirm) == ("https", "same", False)


# Where the address goes


def test_the_address_goes_to_the_providers_own_host_only(search, own, ispdb, dns, sites):
    dns.host("acme.test", HERE)
    dns.host("autoconfig.hoster.dk", HERE)
    own("no file")
    search().find(mx_hosts=["mx.hoster.dk"])
    told = {request.host for request in sites.requests if "bob" in request.path or "bob" in str(request.headers)}
    assert told == {OWN}
    assert {"acme.test", ISPDB, "autoconfig.hoster.dk", OWN} == {request.host for request in sites.requests}


def test_the_address_of_the_database_needs_no_last_slash(search, sites):
    search(ispdb_url=f"https://{ISPDB}/v1.1").find()
    assert sites.asked(ISPDB) == ["/v1.1/acme.test"]


def test_no_database_is_asked_where_none_is_set(search, sites):
    search(ispdb_url="").find()
    assert sites.asked(ISPDB) == []


def test_nothing_is_asked_below_a_public_suffix(search, dns, sites):
    dns.host("autoconfig.co.uk", HERE)
    dns.host("co.uk", HERE)
    asked = search()
    asked.find(parse("bob@co.uk"))
    assert {request.host for request in sites.requests} == {ISPDB}
    assert asked.outcomes["autoconfig"] == "skipped"
    assert dns.queries("imap.co.uk") == 0


def test_the_table_asks_nothing(search, dns, sites):
    assert search().search.known(BOB, ["mx.simply.com"]).imap.host == "imap.simply.com"
    assert search().search.known(BOB, ["mx.acme.test"]) is None
    assert (dns.queries(), sites.connections) == (0, 0)


def test_dnssec_vouches_for_the_mail_exchangers_that_it_signed_and_for_no_others(search, dns, monkeypatch):
    dns.set("acme.test", "MX", "10 mx.simply.com.")
    asked = search()
    monkeypatch.setattr(asked.lookups, "signed", lambda name, kind: True)
    assert not asked.search.known(BOB, ["mx.simply.com"]).to_confirm
    assert asked.search.known(BOB, ["mx1.migadu.com"]).to_confirm


def test_a_second_look_into_the_table_is_told_once(search):
    asked = search()
    asked.search.known(BOB, ["mx.acme.test"])
    asked.search.known(BOB, ["mx.simply.com"])
    assert [source.name for source in asked.sources] == ["table"]
