"""Every source is a real server on loopback: a DNS zone, web sites with certificates, mail servers."""

import threading
import time

import pytest

from console.discovery.addresses import parse
from console.discovery.answer import Server
from console.discovery.deadline import Deadline, Story
from console.discovery.lookups import Lookups, NameServer
from console.discovery.servers import ServerSearch
from console.discovery.web import Web
from console.providers.names import DnsResolver
from tests.discovery.files import config, digest, imap, smtp
from tests.peers import scripted
from tests.peers.scripted import serve
from tests.providers.doors import dialer

BOB = parse("bob@acme.test")
OWN, OWN_PATH = "autoconfig.acme.test", "/mail/config-v1.1.xml"
WELL_KNOWN_PATH = "/.well-known/autoconfig/mail/config-v1.1.xml"
PACC, PACC_PATH = "ua-auto-config.acme.test", "/.well-known/user-agent-configuration.json"
ISPDB = "ispdb.test"
HERE = "127.0.0.1"
PACC_FILE = '{"protocols": {"imap": {"host": "pacc.acme.test"}, "submit": {"host": "pacc.acme.test"}}}'
# Long enough for a busy machine: the point of these tests is never that time runs out.
PATIENT = 20.0


class Heard(Story):
    """A story that can be waited for."""

    def __init__(self, deadline: Deadline) -> None:
        super().__init__(deadline)
        self.heard: set[str] = set()
        self.changed = threading.Condition()

    def record(self, name, outcome, began, detail="") -> None:
        super().record(name, outcome, began, detail)
        with self.changed:
            self.heard.add(name)
            self.changed.notify_all()


class Search:
    """A search over the servers of this test, and what it told."""

    def __init__(self, certificates, dns, sites, *, seconds=PATIENT, **how) -> None:
        self.deadline = Deadline(time.monotonic, seconds)
        self.story = Heard(self.deadline)
        names = NameServer(dns.address, dns.port)
        self.lookups = Lookups(names, self.deadline, self.story)
        door = dialer(certificates.ca, names=DnsResolver(dns.address, dns.port))
        web = Web(door, self.deadline, self.story, https_port=sites.port, http_port=1)
        how = {"ispdb_url": f"https://{ISPDB}/v1.1/", "random": lambda: 0.0} | how
        self.search = ServerSearch(web, self.lookups, door, self.deadline, self.story, **how)

    def find(self, address=BOB, mx_hosts=()):
        return self.search.find(address, mx_hosts)

    def until(self, name: str) -> None:
        """Return once a source has ended."""
        with self.story.changed:
            assert self.story.changed.wait_for(lambda: name in self.story.heard, 10)

    @property
    def outcomes(self) -> dict[str, str]:
        return {source.name: source.outcome for source in self.sources}

    @property
    def details(self) -> dict[str, str]:
        return {source.name: source.detail for source in self.sources}

    @property
    def sources(self):
        return self.story.close()[0]


@pytest.fixture
def search(certificates, dns, sites):
    dns.host("acme.test")
    dns.host(ISPDB, HERE)
    return lambda **how: Search(certificates, dns, sites, **how)


@pytest.fixture
def own(dns, sites):
    """Publish a file at the domain's own place."""

    def publish(body=None, path=OWN_PATH, host=OWN):
        dns.host(host, HERE)
        sites.page(host, path, config() if body is None else body)

    return publish


@pytest.fixture
def ispdb(sites):
    def publish(body, domain="acme.test"):
        sites.page(ISPDB, f"/v1.1/{domain}", body)

    return publish


@pytest.fixture
def pacc(dns, sites):
    def publish(body=PACC_FILE, txt=None):
        dns.host(PACC, HERE)
        dns.set(f"_{PACC}", "TXT", txt or digest(body))
        sites.page(PACC, PACC_PATH, body)

    return publish


def first(found):
    assert found
    return found[0]


# What each source gives


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


# The best wins, not the first


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


# Guesses


def ports_of(imap_port=1, imaps_port=1, smtp_port=1, smtps_port=1):
    return {
        "imap": ((imaps_port, "tls"), (imap_port, "starttls")),
        "smtp": ((smtps_port, "tls"), (smtp_port, "starttls")),
    }


@pytest.fixture
def mail_servers(certificates, dns):
    """IMAP and SMTP servers with TLS and with STARTTLS at imap.acme.test and smtp.acme.test."""
    one, other = certificates.issue("imap.acme.test"), certificates.issue("smtp.acme.test")
    dns.host("imap.acme.test", HERE)
    dns.host("smtp.acme.test", HERE)
    with (
        serve(scripted.imap(tls=one.context())) as imaps,
        serve(scripted.imap(starttls=one.context())) as plain,
        serve(scripted.smtp(tls=other.context())) as smtps,
        serve(scripted.smtp(starttls=other.context())) as submission,
    ):
        yield imaps, plain, smtps, submission


def test_servers_at_the_usual_names_are_found_without_a_password(search, mail_servers):
    imaps, plain, smtps, submission = mail_servers
    asked = search(ports=ports_of(plain.port, imaps.port, submission.port, smtps.port))
    found = first(asked.find())
    assert (found.source, found.transport, found.relation) == ("guess", "guess", "same")
    assert (found.imap, found.smtp) == (
        Server("imap.acme.test", imaps.port, "tls"),
        Server("smtp.acme.test", smtps.port, "tls"),
    )
    assert found.to_confirm
    assert found.imap_username == ""
    for server in mail_servers:
        assert b"LOGIN" not in server.received
        assert b"AUTH" not in server.received


def test_starttls_is_found_where_tls_is_not(search, mail_servers):
    _, plain, _, submission = mail_servers
    found = first(search(ports=ports_of(imap_port=plain.port, smtp_port=submission.port)).find())
    assert found.imap == Server("imap.acme.test", plain.port, "starttls")
    assert found.smtp == Server("smtp.acme.test", submission.port, "starttls")


def test_a_server_with_a_certificate_for_another_name_is_no_guess(search, dns, certificates):
    dns.host("imap.acme.test", HERE)
    with serve(scripted.imap(tls=certificates.wrong_host.context())) as server:
        asked = search(ports=ports_of(imaps_port=server.port))
        assert asked.find() == ()
        assert b"CAPABILITY" not in server.received
    assert asked.outcomes["guess"] == "nothing"


def test_dovecot_is_found_by_its_greeting(search, dns, dovecot):
    dns.host("mail.example.test", HERE)
    asked = search(ports=ports_of(imap_port=dovecot.imap, imaps_port=dovecot.imaps))
    found = first(asked.find(parse("bob@example.test")))
    assert found.imap == Server("mail.example.test", dovecot.imaps, "tls")


def test_nothing_is_guessed_where_something_better_is_known(search, own, mail_servers):
    own()
    asked = search(ports=ports_of(*(server.port for server in mail_servers)))
    asked.find()
    assert "guess" not in asked.outcomes
    assert all(server.connections == 0 for server in mail_servers)


def test_only_what_is_lacking_is_guessed(search, own, mail_servers):
    imaps, plain, smtps, submission = mail_servers
    own(config(imap()))
    found = first(search(ports=ports_of(plain.port, imaps.port, submission.port, smtps.port)).find())
    assert (found.source, found.transport) == ("autoconfig, guess", "guess")
    assert found.smtp == Server("smtp.acme.test", smtps.port, "tls")
    assert imaps.connections == 0


def test_a_dot_in_srv_ends_the_guessing_for_that_protocol(search, dns, mail_servers):
    imaps, plain, smtps, submission = mail_servers
    dns.set("_imaps._tcp.acme.test", "SRV", "0 0 0 .")
    dns.set("_imap._tcp.acme.test", "SRV", "0 0 0 .")
    found = search(ports=ports_of(plain.port, imaps.port, submission.port, smtps.port)).find()
    assert imaps.connections == plain.connections == 0
    refused = next(one for one in found if one.source == "srv")
    assert (refused.not_offered, refused.imap) == (frozenset({"imap"}), None)
    assert first(found).smtp == Server("smtp.acme.test", smtps.port, "tls")


def test_nothing_is_guessed_behind_a_null_mx(search, mail_servers):
    asked = search(ports=ports_of(*(server.port for server in mail_servers)))
    assert asked.find(mx_hosts=[""]) == ()
    assert all(server.connections == 0 for server in mail_servers)


def test_the_mail_exchanger_itself_is_a_guess(search, dns, certificates):
    dns.host("mx.hoster.dk", HERE)
    with serve(scripted.imap(tls=certificates.issue("mx.hoster.dk").context())) as server:
        found = first(search(ports=ports_of(imaps_port=server.port)).find(mx_hosts=["mx.hoster.dk"]))
    assert (found.imap.host, found.relation) == ("mx.hoster.dk", "foreign")


# Bad input ends in nothing found, with a word on why


@pytest.mark.parametrize(
    ("outcome", "word", "serve_at"),
    [
        ("failed", "circle", lambda sites: sites.redirect(OWN, OWN_PATH, "/a").redirect(OWN, "/a", "/a")),
        ("refused", "policy", lambda sites: sites.redirect(OWN, OWN_PATH, "https://10.0.0.5/")),
        ("refused", "policy", lambda sites: sites.redirect(OWN, OWN_PATH, "https://169.254.169.254/latest/")),
        ("refused", "https to http", lambda sites: sites.redirect(OWN, OWN_PATH, f"http://{OWN}/")),
        ("failed", "certificate", lambda sites: sites.presenting(OWN, "elsewhere.test")),
        ("failed", "longer than 64 KB", lambda sites: sites.page(OWN, OWN_PATH, b"<a/>" * 2_500_000)),
        ("failed", "500", lambda sites: sites.page(OWN, OWN_PATH, "broken", status=500)),
        ("nothing", "no XML", lambda sites: sites.page(OWN, OWN_PATH, "<clientConfig><")),
        ("nothing", "no XML", lambda sites: sites.page(OWN, OWN_PATH, b"\x00\x01\x02")),
        ("nothing", "refused", lambda sites: sites.page(OWN, OWN_PATH, "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>")),
        ("nothing", "no Mail Autoconfig", lambda sites: sites.page(OWN, OWN_PATH, "<html/>")),
        ("nothing", "no such page", lambda sites: sites),
    ],
)  # fmt: skip
def test_a_hostile_web_server_ends_in_nothing_and_a_reason(search, dns, sites, outcome, word, serve_at):
    dns.host(OWN, HERE)
    serve_at(sites)
    asked = search()
    assert asked.find() == ()
    assert asked.outcomes["autoconfig"] == outcome
    assert word in asked.details["autoconfig"]


@pytest.mark.parametrize("script", [scripted.silent, scripted.drips(b"HTTP/1.1 200 OK\r\n\r\n"), scripted.drips(b"")])
def test_a_web_server_that_does_not_end_is_left_at_the_deadline(search, dns, sites, script):
    dns.host(OWN, HERE)
    sites.answer(OWN, OWN_PATH, script)
    asked = search(seconds=0.8)
    assert asked.find() == ()
    assert asked.outcomes["autoconfig"] == "late"
    assert all(conversation.ended.wait(5) for conversation in sites.server.conversations)


def test_what_was_found_is_handed_over_before_the_deadline(search, dns, sites):
    dns.host(OWN, HERE)
    sites.hold(OWN, OWN_PATH, config())
    dns.set("_imaps._tcp.acme.test", "SRV", "0 1 993 imap.acme.test.")
    dns.set("_submissions._tcp.acme.test", "SRV", "0 1 465 smtp.acme.test.")
    asked = search(seconds=1.0)
    assert [one.source for one in asked.find()] == ["srv"]
    assert asked.deadline.left() > 0
    assert (asked.outcomes["srv"], asked.outcomes["autoconfig"]) == ("found", "late")


def test_an_answer_after_the_deadline_has_no_say(search, dns, sites):
    dns.host(OWN, HERE)
    held = sites.hold(OWN, OWN_PATH, config())
    asked = search(seconds=0.5)
    assert asked.find() == ()
    sources = asked.sources
    held.set()
    assert asked.sources == sources
    assert asked.outcomes["autoconfig"] == "late"


def test_name_servers_that_say_nothing_are_left_at_the_deadline(search, dns):
    for service in ("_imaps", "_imap", "_submissions", "_submission"):
        dns.hold(f"{service}._tcp.acme.test")
    asked = search(seconds=0.5)
    assert asked.find() == ()
    assert asked.outcomes["srv"] == "late"


def test_as_many_srv_records_as_an_answer_holds_are_not_believed(search, dns):
    dns.set("_imaps._tcp.acme.test", "SRV", *[f"0 1 {number} a." for number in range(1, 1500)])
    asked = search()
    assert asked.find() == ()
    assert asked.outcomes["srv"] == "failed"


def test_a_srv_target_with_control_characters_is_passed_over(search, dns):
    dns.set("_imaps._tcp.acme.test", "SRV", "0 1 993 a\\010b.acme.test.")
    assert search().find() == ()


def test_a_domain_that_publishes_nothing_ends_without_waiting(search, sites):
    asked = search()
    assert asked.find() == ()
    assert asked.deadline.left() > PATIENT / 2
    assert set(asked.outcomes.values()) == {"nothing"}


def test_every_source_is_told_once(search, own, dns):
    own()
    asked = search()
    asked.find(mx_hosts=["mx.hoster.dk"])
    names = [source.name for source in asked.sources]
    assert len(names) == len(set(names))
    assert {"pacc", "autoconfig", "well-known", "ispdb", "srv", "mx-autoconfig", "mx-ispdb"} == set(names)


# Cautions that are read from the answer


def test_a_local_part_as_user_name_is_told(search, own):
    own(config(imap(username="%EMAILLOCALPART%"), smtp()))
    found = first(search().find())
    assert [caution.code for caution in found.cautions] == ["local-part-user-name"]
    assert found.sign_in_name(found.imap_username, BOB) == "bob"


@pytest.mark.parametrize(
    ("host", "codes"),
    [
        ("outlook.office365.com", ["password-retired"]),
        ("imap.gmail.com", ["app-password"]),
        ("imap.gmx.net", ["imap-switch", "app-password"]),
        ("imap.acme.test", []),
    ],
)
def test_the_traps_of_a_known_provider_are_told_whoever_names_its_server(search, dns, host, codes):
    dns.set("_imaps._tcp.acme.test", "SRV", f"0 0 993 {host}.")
    assert [caution.code for caution in first(search().find()).cautions] == codes


def test_servers_of_amazon_are_told(search, own):
    own(config(imap("imap.mail.eu-west-1.awsapps.com"), smtp("smtp.mail.eu-west-1.awsapps.com")))
    assert [caution.code for caution in first(search().find()).cautions] == ["unsupported-provider"]


def test_the_table_tells_the_local_part_too(search):
    asked = search()
    found = asked.search.known(parse("bob@web.de"), ())
    assert [caution.code for caution in found.cautions] == ["imap-switch", "local-part-user-name"]
    assert asked.outcomes == {"table": "found"}


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
