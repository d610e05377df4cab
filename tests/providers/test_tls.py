import ssl
from datetime import UTC, datetime

import pytest

from console.providers.dial import Certificate, Pin, close
from console.providers.errors import CertificateChanged, CertificateRefused, ConnectionLost, DialError, TlsProtocol
from console.providers.tls import Trust
from tests.peers import scripted
from tests.peers.certificates import HOST
from tests.peers.scripted import serve
from tests.providers.doors import HASTY, dialer, enter

KINDS = ["imap", "smtp"]
SECURITIES = ["tls", "starttls"]
PASSWORD = "correct horse"

both_kinds = pytest.mark.parametrize("kind", KINDS)
both_securities = pytest.mark.parametrize("security", SECURITIES)


def server(kind: str, security: str, context: ssl.SSLContext, **named):
    return getattr(scripted, kind)(**{security: context}, **named)


@both_kinds
@both_securities
def test_a_server_with_a_verifying_certificate_takes_the_sign_in(certs, kind, security):
    with serve(server(kind, security, certs.good.context())) as peer:
        client = enter(dialer(certs.ca), peer, kind, security)
        client.login("anna", PASSWORD)
        assert client.connection.encrypted
        assert client.connection.tls_version() in {"TLSv1.2", "TLSv1.3"}
        close(client)
    assert peer.connections == 1


@both_kinds
@both_securities
@pytest.mark.parametrize(
    ("label", "code", "verify_code"),
    [
        ("expired", "tls-expired", 10),
        ("not_yet_valid", "tls-expired", 9),
        ("wrong_host", "tls-hostname-mismatch", 62),
        ("self_signed", "tls-untrusted", 18),
    ],
)
def test_a_certificate_that_does_not_verify_is_shown_and_nothing_is_said(
    certs, kind, security, label, code, verify_code
):
    identity = getattr(certs, label)
    with serve(server(kind, security, identity.context())) as peer, pytest.raises(CertificateRefused) as caught:
        enter(dialer(certs.ca), peer, kind, security)
    assert (caught.value.code, caught.value.verify_code) == (code, verify_code)
    assert caught.value.verify_message
    assert isinstance(caught.value.__cause__, ssl.SSLCertVerificationError)
    assert caught.value.certificate is not None
    assert caught.value.certificate.sha256 == identity.sha256
    assert (caught.value.certificate.host, caught.value.certificate.port) == (HOST, peer.port)
    assert peer.connections == 2
    spoken = {line.split(b" ")[-1].upper() for line in peer.received.splitlines()}
    assert spoken <= {b"CAPABILITY", b"STARTTLS", b"[127.0.0.1]"}


@both_securities
def test_an_unknown_authority_is_refused(certs, security):
    with serve(server("imap", security, certs.good.context())) as peer, pytest.raises(CertificateRefused) as caught:
        enter(dialer(), peer, "imap", security)
    assert caught.value.code == "tls-untrusted"


def test_a_certificate_that_cannot_be_fetched_again_is_refused_all_the_same(certs):
    taken = []

    def once(talk):
        if taken:
            return
        taken.append(talk)
        talk.encrypt(certs.self_signed.context())

    with serve(once) as peer, pytest.raises(CertificateRefused) as caught:
        enter(dialer(certs.ca), peer, "imap", "tls")
    assert caught.value.certificate is None


def test_the_second_look_at_a_certificate_ends_with_the_stage(certs):
    def once(talk):
        if talk is talk.server.conversations[0]:
            talk.encrypt(certs.self_signed.context())
        talk.wait()

    with serve(once) as peer, pytest.raises(CertificateRefused) as caught:
        enter(dialer(certs.ca, limits=HASTY), peer, "imap", "tls")
    assert caught.value.certificate is None


def test_a_second_look_that_fails_leaves_no_connection_open(certs):
    first = scripted.imap(starttls=certs.self_signed.context())
    later = scripted.imap(starttls=certs.self_signed.context(), answers={b"STARTTLS": b"%t NO not again\r\n"})

    def changing(talk):
        (first if talk is talk.server.conversations[0] else later)(talk)

    with serve(changing) as peer:
        with pytest.raises(CertificateRefused) as caught:
            enter(dialer(certs.ca), peer, "imap", "starttls")
        assert caught.value.certificate is None
        assert peer.conversations[1].ended.wait(5)


@both_securities
def test_a_pinned_certificate_is_accepted_though_it_does_not_verify(certs, security):
    with serve(server("imap", security, certs.self_signed.context())) as peer:
        close(enter(dialer(certs.ca), peer, "imap", security, pins=[certs.self_signed.sha256]))
    assert peer.connections == 1


def test_an_expired_certificate_may_be_pinned_by_a_fingerprint_in_small_letters(certs):
    with serve(scripted.imap(tls=certs.expired.context())) as peer:
        close(enter(dialer(certs.ca), peer, "imap", "tls", pins=[certs.expired.sha256.lower()]))


@both_kinds
@both_securities
@pytest.mark.parametrize("label", ["changed", "good"])
def test_another_certificate_than_the_pinned_one_stops_before_a_word(certs, kind, security, label):
    identity = getattr(certs, label)
    with serve(server(kind, security, identity.context())) as peer, pytest.raises(CertificateChanged) as caught:
        enter(dialer(certs.ca), peer, kind, security, pins=[certs.self_signed.sha256])
    assert caught.value.code == "certificate-changed"
    assert caught.value.certificate is not None
    assert caught.value.certificate.sha256 == identity.sha256
    before = {"imap": b"STARTTLS\r\n", "smtp": b"STARTTLS\r\n"}[kind] if security == "starttls" else b""
    assert peer.received.endswith(before)
    assert peer.connections == 1


def test_a_pin_of_another_host_or_port_counts_for_nothing(certs):
    with serve(scripted.imap(tls=certs.self_signed.context())) as peer:
        door = dialer(certs.ca)
        budget = door.budget()
        sha256 = certs.self_signed.sha256
        pins = [Pin(HOST, peer.port + 1, sha256), Pin("other.example.test", peer.port, sha256)]
        sock = door.connect(HOST, ["127.0.0.1"], peer.port, budget)
        with pytest.raises(CertificateRefused):
            door.secure(sock, HOST, peer.port, budget, pins)


def test_a_pin_counts_for_its_host_in_any_spelling(certs):
    with serve(scripted.imap(tls=certs.self_signed.context())) as peer:
        door = dialer(certs.ca)
        budget = door.budget()
        sock = door.connect(HOST, ["127.0.0.1"], peer.port, budget)
        pins = [Pin(f"{HOST.upper()}.", peer.port, certs.self_signed.sha256)]
        close(door.secure(sock, HOST, peer.port, budget, pins))


def test_an_ip_address_is_verified_as_an_address(certs):
    with serve(scripted.imap(tls=certs.for_address.context())) as peer:
        close(enter(dialer(certs.ca), peer, "imap", "tls", host="127.0.0.1"))
        close(enter(dialer(certs.ca), peer, "imap", "tls", host="2130706433"))


def test_a_certificate_for_a_name_does_not_cover_an_address(certs):
    with serve(scripted.imap(tls=certs.good.context())) as peer, pytest.raises(CertificateRefused) as caught:
        enter(dialer(certs.ca), peer, "imap", "tls", host="127.0.0.1")
    assert (caught.value.code, caught.value.verify_code) == ("tls-hostname-mismatch", 64)


def test_the_host_name_is_told_to_the_server_in_small_ascii_letters(certs):
    names = []
    context = certs.good.context()
    context.sni_callback = lambda _sock, name, _context: names.append(name)
    with serve(scripted.imap(tls=context)) as peer, pytest.raises(CertificateRefused):
        enter(dialer(certs.ca), peer, "imap", "tls", host="Pøst.Example.TEST.")
    assert set(names) == {"xn--pst-0na.example.test"}


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_server_with_tls_1_1_at_most_is_refused(certs):
    context = certs.good.context()
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version, context.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    with serve(scripted.imap(tls=context)) as peer, pytest.raises(TlsProtocol) as caught:
        enter(dialer(certs.ca), peer, "imap", "tls")
    assert caught.value.code == "tls-protocol"
    assert "version" in caught.value.server_text or "protocol" in caught.value.server_text


def test_a_server_without_a_common_cipher_is_refused(certs):
    context = certs.good.context()
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("AES128-SHA")
    with serve(scripted.imap(tls=context)) as peer, pytest.raises(TlsProtocol):
        enter(dialer(certs.ca), peer, "imap", "tls")


def test_a_server_that_wants_a_client_certificate_is_refused(certs):
    context = certs.good.context()
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(certs.ca)
    with serve(scripted.imap(tls=context)) as peer, pytest.raises((TlsProtocol, ConnectionLost)):
        enter(dialer(certs.ca), peer, "imap", "tls")


def test_the_line_cut_in_the_handshake_is_a_reset():
    with serve(scripted.cuts()) as peer, pytest.raises(ConnectionLost) as caught:
        enter(dialer(), peer, "imap", "tls")
    assert caught.value.code == "connection-reset"


def test_an_intermediate_authority_alone_is_trust_enough(certs):
    door = dialer(certs.good.certificate)
    with serve(scripted.imap(tls=certs.good.context())) as peer:
        close(enter(door, peer, "imap", "tls"))


def test_a_file_that_holds_no_certificate_stops_the_start(tmp_path):
    file = tmp_path / "ca.pem"
    file.write_text("nothing")
    with pytest.raises(ssl.SSLError):
        Trust(file)


def test_a_certificate_survives_being_stored():
    moment = datetime(2026, 12, 1, 10, tzinfo=UTC)
    certificate = Certificate("mail.example.test", 993, "AB:CD", "CN=a", "CN=b", moment, moment)
    assert Certificate.from_dict(certificate.to_dict()) == certificate
    assert not certificate.self_signed


def test_a_certificate_that_cannot_be_read_is_none():
    assert Certificate.read(b"\x30\x03\x02\x01\x01", "mail.example.test", 993) is None


def test_closing_waits_for_nobody(certs):
    with serve(scripted.imap(tls=certs.good.context(), answers={b"NOOP": b""})) as peer:
        client = enter(dialer(certs.ca), peer, "imap", "tls")
        close(client)
        close(client)
        assert peer.conversations[0].ended.wait(5)


def test_no_error_is_an_os_error_that_a_library_would_translate():
    assert not issubclass(DialError, OSError)
