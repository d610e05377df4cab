"""A look at a server without signing in: real servers, and every kind of wrong one; no password, no user name."""

import pytest

from console.providers.certificates import Pin
from console.providers.errors import NameNotFound
from console.providers.survey import Server, Survey, survey
from tests.peers import dovecot as addresses
from tests.peers import scripted
from tests.peers.certificates import HOST
from tests.peers.scripted import after, behind, closed_port, cuts, says, serve, silent
from tests.providers.doors import HASTY, Table, dialer
from tests.providers.test_authorities import authority


def states(found):
    return [stage.state for stage in found.stages]


def problems(found):
    return [stage.problem for stage in found.stages]


def facts(found):
    return [stage.detail % stage.values for stage in found.stages]


def look(certs, speaks, port, security="tls", *trusted, path="", ca=True, **named):
    return survey(Server(speaks, HOST, port, security, path), dialer(certs.ca if ca else None, **named), trusted)


ALL_PASSED = ["passed"] * 5


# Real servers.


@pytest.mark.server
@pytest.mark.parametrize(("security", "port"), [("tls", "imaps"), ("starttls", "imap")])
def test_dovecot_is_looked_at_to_the_end_and_nobody_signs_in(certificates, dovecot, security, port):
    before = dovecot.log().count("Login")

    found = look(certificates, "imap", getattr(dovecot, port), security)

    assert (states(found), found.problem, found.verdict) == (ALL_PASSED, None, "verifies")
    assert facts(found)[0] == "127.0.0.1"
    assert facts(found)[2].startswith("TLS 1.")
    assert "ready" in facts(found)[3]
    assert {"PLAIN", "LOGIN"} <= set(found.methods)
    assert found.certificate.sha256 == certificates.good.sha256
    assert found.certificate.names == (HOST,)
    assert dovecot.log().count("Login") == before


@pytest.mark.server
@pytest.mark.parametrize(("security", "port"), [("tls", "submissions"), ("starttls", "submission")])
def test_postfix_is_looked_at_to_the_end(certificates, postfix, security, port):
    found = look(certificates, "smtp", getattr(postfix, port), security)

    assert (states(found), found.problem) == (ALL_PASSED, None)
    assert "ESMTP" in facts(found)[3]
    assert "PLAIN" in found.methods


@pytest.mark.server
@pytest.mark.parametrize(
    ("address", "kind", "code"),
    [
        (addresses.SELF_SIGNED, "self_signed", "tls-untrusted"),
        (addresses.EXPIRED, "expired", "tls-expired"),
        (addresses.WRONG_HOST, "wrong_host", "tls-hostname-mismatch"),
    ],
)
@pytest.mark.parametrize(("security", "port"), [("tls", "imaps"), ("starttls", "imap")])
def test_a_refused_certificate_is_told_and_so_is_the_rest(certificates, dovecot, address, kind, code, security, port):
    door = {"names": Table(**{HOST: [address]})}

    found = look(certificates, "imap", getattr(dovecot, port), security, **door)

    assert states(found) == ["passed", "passed", "failed", "passed", "passed"]
    assert (found.problem, found.verdict) == (code, "refused")
    assert found.certificate.sha256 == getattr(certificates, kind).sha256
    assert "PLAIN" in found.methods


# Exceptions.


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_a_private_authority_is_offered_and_once_trusted_counts_as_an_exception(certs, security):
    script = scripted.imap(**{security: certs.private.context()})
    with serve(script) as peer:
        refused = look(certs, "imap", peer.port, security)
        trusted = look(certs, "imap", peer.port, security, authority(certs.private_ca))

    assert (refused.verdict, refused.certificate.authority.pem) == ("refused", certs.private_ca)
    assert (trusted.verdict, trusted.problem) == ("exception", None)


def test_a_certificate_that_verifies_is_no_exception_although_there_is_one_for_the_host(certs):
    with serve(scripted.imap(tls=certs.good.context())) as peer:
        found = look(certs, "imap", peer.port, "tls", authority(certs.private_ca))

    assert (found.verdict, found.problem) == ("verifies", None)


def test_a_certificate_that_changed_is_told(certs):
    with serve(scripted.smtp(tls=certs.changed.context())) as peer:
        found = look(certs, "smtp", peer.port, "tls", Pin(HOST, peer.port, certs.self_signed.sha256))

    assert (found.problem, found.verdict) == ("certificate-changed", "refused")
    assert states(found) == ["passed", "passed", "failed", "passed", "passed"]


def test_the_second_visit_is_pinned_to_what_was_shown(certs):
    kinds = [certs.self_signed, certs.self_signed, certs.changed]

    def changing(talk):
        at = min(talk.server.conversations.index(talk), 2)
        scripted.imap(tls=kinds[at].context())(talk)

    with serve(changing) as peer:
        found = look(certs, "imap", peer.port)

    assert problems(found)[2:4] == ["tls-untrusted", "certificate-changed"]
    assert b"CAPABILITY" not in peer.received


# Wrong servers.


def test_a_name_that_does_not_exist_ends_it(certs):
    class Nowhere(Table):
        def _ask(self, name, budget):
            raise NameNotFound(name)

    found = look(certs, "imap", 993, names=Nowhere())

    assert states(found) == ["failed", *["skipped"] * 4]
    assert (found.problem, found.certificate, found.verdict) == ("dns-not-found", None, "none")


def test_an_address_that_the_network_policy_refuses_is_not_visited(certs):
    found = look(certs, "imap", 993, names=Table(**{HOST: ["169.254.169.254"]}))

    assert (states(found)[0], found.problem) == ("failed", "address-not-allowed")


def test_a_port_at_which_nothing_listens_ends_it(certs):
    with closed_port() as port:
        found = look(certs, "imap", port)

    assert (states(found), found.problem) == (["passed", "failed", *["skipped"] * 3], "connection-refused")


@pytest.mark.parametrize("speaks", ["imap", "smtp"])
@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_a_silent_server_ends_within_the_stage(certs, speaks, security):
    with serve(silent) as peer:
        found = look(certs, speaks, peer.port, security, limits=HASTY)

    assert found.problem == "connection-timeout"
    assert states(found).count("failed") == 1
    assert found.methods == ()


@pytest.mark.parametrize(
    ("greeting", "text"),
    [(b"+OK ready\r\n", "POP3: +OK ready"), (b"HTTP/1.1 400 Bad Request\r\n\r\n", "HTTP: HTTP/1.1 400 Bad Request")],
)
@pytest.mark.parametrize("encrypted", [True, False])
def test_another_protocol_is_named(certs, greeting, text, encrypted):
    context = certs.good.context() if encrypted else None
    with serve(behind(says(greeting), context)) as peer:
        found = look(certs, "imap", peer.port, "tls" if encrypted else "starttls")

    assert (found.problem, found.server_text) == ("wrong-server", text)
    assert problems(found)[3] == "wrong-server"


@pytest.mark.parametrize("speaks", ["imap", "smtp"])
def test_tls_on_a_port_for_starttls_is_a_mix_up(certs, speaks):
    script = getattr(scripted, speaks)(tls=certs.good.context())
    with serve(script) as peer:
        found = look(certs, speaks, peer.port, "starttls", limits=HASTY)

    assert found.problem == "tls-wrong-port"


@pytest.mark.parametrize("speaks", ["imap", "smtp"])
def test_plain_text_on_a_port_for_tls_is_a_mix_up(certs, speaks):
    script = getattr(scripted, speaks)(starttls=certs.good.context())
    with serve(script) as peer:
        found = look(certs, speaks, peer.port, "tls")

    assert (found.problem, problems(found)[2]) == ("tls-wrong-port", "tls-wrong-port")
    assert states(found)[3:] == ["skipped", "skipped"]


@pytest.mark.parametrize("speaks", ["imap", "smtp"])
def test_no_starttls_is_no_encryption(certs, speaks):
    with serve(getattr(scripted, speaks)()) as peer:
        found = look(certs, speaks, peer.port, "starttls")

    assert found.problem == "encryption-not-offered"
    assert found.methods == ()


def test_a_server_that_sends_everybody_away_says_why(certs):
    with serve(scripted.imap(tls=certs.good.context(), greeting=b"* BYE too many connections\r\n")) as peer:
        found = look(certs, "imap", peer.port)

    assert (problems(found)[3], found.server_text) == ("too-many-connections", "BYE too many connections")


@pytest.mark.parametrize(
    ("capability", "problem", "methods"),
    [
        (b"LOGINDISABLED AUTH=XOAUTH2 AUTH=OAUTHBEARER", "password-auth-retired", ("OAUTHBEARER", "XOAUTH2")),
        (b"LOGINDISABLED AUTH=GSSAPI", "auth-mechanism-unsupported", ("GSSAPI",)),
        (b"AUTH=GSSAPI", None, ("GSSAPI", "LOGIN")),
    ],
)
def test_the_offered_sign_in_is_judged(certs, capability, problem, methods):
    answers = {b"CAPABILITY": b"* CAPABILITY IMAP4rev1 " + capability + b"\r\n%t OK done\r\n"}
    with serve(scripted.imap(tls=certs.good.context(), answers=answers)) as peer:
        found = look(certs, "imap", peer.port)

    assert (found.problem, found.methods) == (problem, methods)
    assert facts(found)[4] == ", ".join(methods)


def test_an_smtp_server_without_sign_in_is_not_for_sending(certs):
    answers = {b"EHLO": b"250 mail.example.test\r\n"}
    with serve(scripted.smtp(tls=certs.good.context(), answers=answers)) as peer:
        found = look(certs, "smtp", peer.port)

    assert (found.problem, found.methods) == ("wrong-server", ())


def test_a_greeting_that_never_ends_is_cut_off(certs):
    with serve(behind(scripted.floods(b"x", b"* OK "), certs.good.context())) as peer:
        found = look(certs, "imap", peer.port)

    assert found.problem == "wrong-server"


# Exchange's web services.


def web(answer):
    """Answer any request with this."""
    return after(rb"^GET /EWS", cuts(answer), lambda talk: [talk.line() for _ in range(20)])


def answered(status, *headers):
    lines = [f"HTTP/1.1 {status}".encode(), *headers, b"Content-Length: 0", b"", b""]
    return b"\r\n".join(lines)


EWS = "/EWS/Exchange.asmx"


def test_exchange_is_asked_without_signing_in_and_its_offer_is_read(certs):
    answer = answered(
        "401 Unauthorized",
        b"WWW-Authenticate: Negotiate",
        b"WWW-Authenticate: NTLM",
        b'WWW-Authenticate: Basic realm="x"',
    )
    with serve(behind(web(answer), certs.good.context())) as peer:
        found = look(certs, "http", peer.port, path=EWS)

    assert (states(found), found.problem, found.methods) == (ALL_PASSED, None, ("Negotiate", "NTLM", "Basic"))
    assert facts(found)[3] == "HTTP 401 Unauthorized"
    assert b"Authorization" not in peer.received


@pytest.mark.parametrize(
    ("answer", "problem", "failed"),
    [
        (answered("200 OK"), "wrong-server", 3),
        (answered("302 Found", b"Location: https://elsewhere.test/"), "wrong-server", 3),
        (answered("403 Forbidden"), "ews-disabled", 3),
        (answered("503 Service Unavailable"), "server-error", 3),
        (answered("401 Unauthorized", b"WWW-Authenticate: Bearer"), "password-auth-retired", 4),
        (answered("401 Unauthorized"), "auth-mechanism-unsupported", 4),
        (b"+OK ready\r\n", "wrong-server", 3),
        (b"HTTP/1.1 abc\r\n\r\n", "wrong-server", 3),
        (b"HTTP/1.1 401 No\r\n" + b"X: y\r\n" * 500 + b"\r\n", "wrong-server", 3),
        (b"HTTP/1.1 401 No\r\n" + b"X" * 100_000, "wrong-server", 3),
        (b"", "connection-reset", 3),
    ],
)
def test_what_a_web_server_says_instead_is_judged(certs, answer, problem, failed):
    with serve(behind(web(answer), certs.good.context())) as peer:
        found = look(certs, "http", peer.port, path=EWS)

    assert found.problem == problem
    assert problems(found)[failed] == problem


def test_a_web_server_without_tls_is_a_mix_up(certs):
    with serve(says(b"HTTP/1.1 400 Bad Request\r\n\r\n")) as peer:
        found = look(certs, "http", peer.port, path=EWS)

    assert problems(found)[2] == "tls-wrong-port"


def test_exchange_with_a_private_authority_is_offered_it(certs):
    with serve(behind(web(answered("401 No", b"WWW-Authenticate: NTLM")), certs.private.context())) as peer:
        found = look(certs, "http", peer.port, path=EWS)

    assert states(found) == ["passed", "passed", "failed", "passed", "passed"]
    assert found.certificate.authority.pem == certs.private_ca


# Addresses and storing.


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("https://mail.acme.dk/EWS/Exchange.asmx", Server("http", "mail.acme.dk", 443, "tls", EWS)),
        ("https://mail.acme.dk:8443", Server("http", "mail.acme.dk", 8443, "tls", "/")),
    ],
)
def test_a_web_address_is_taken_apart(url, server):
    assert Server.web(url) == server


@pytest.mark.parametrize("url", ["http://mail.acme.dk/", "mail.acme.dk", "https://", "https://a:port/"])
def test_what_is_no_https_address_is_refused(url):
    with pytest.raises(ValueError):
        Server.web(url)


def test_a_survey_survives_being_stored(certs):
    with serve(scripted.imap(tls=certs.private.context())) as peer:
        found = look(certs, "imap", peer.port)

    assert Survey.from_dict(found.to_dict()) == found
