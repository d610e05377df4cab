"""A private authority: offered only when trusting it would be enough, and trusted for the host it was chosen for."""

import ssl
from datetime import UTC, datetime

import pytest

from console.providers.certificates import Authority, Certificate, Pin, fingerprint, issuing_authority
from console.providers.dial import close
from console.providers.errors import CertificateChanged, CertificateRefused
from console.providers.tls import TlsSocket
from tests.peers import scripted
from tests.peers.certificates import HOST, PRIVATE_HOST
from tests.peers.scripted import serve
from tests.providers.doors import dialer
from tests.providers.test_tls import both_kinds, both_securities, server

MOMENT = datetime(2026, 12, 1, 10, tzinfo=UTC)


def authority(pem, host=HOST):
    return Authority(
        host, fingerprint(ssl.PEM_cert_to_DER_cert(pem)), "CN=Works CA", "CN=Works CA", MOMENT, MOMENT, pem
    )


def enter(door, peer, kind, security, *trusted, host=HOST):
    """Go through the door; return the client."""
    budget = door.budget()
    sock = door.connect(host, ["127.0.0.1"], peer.port, budget)
    greet = door.imap if kind == "imap" else door.smtp
    if security == "tls":
        return greet(door.secure(sock, host, peer.port, budget, trusted, speaks=kind), host)
    client = greet(sock, host)
    door.starttls(client, host, peer.port, budget, trusted)
    return client


def refused(certs, identity, kind="imap", security="tls"):
    """Meet a server that presents this; return the refusal."""
    with serve(server(kind, security, identity.context())) as peer, pytest.raises(CertificateRefused) as caught:
        enter(dialer(certs.ca), peer, kind, security)
    spoken = {line.split(b" ")[-1].upper() for line in peer.received.splitlines()}
    assert spoken <= {b"CAPABILITY", b"STARTTLS", b"[127.0.0.1]"}
    return caught.value


@both_kinds
@both_securities
def test_an_authority_that_the_server_sends_is_offered_and_nothing_is_said(certs, kind, security):
    found = refused(certs, certs.private, kind, security).certificate

    assert found.sha256 == certs.private.sha256
    assert found.names == (HOST, PRIVATE_HOST)
    assert found.authority.host == HOST
    assert found.authority.sha256 == authority(certs.private_ca).sha256
    assert found.authority.subject == "CN=Works CA"
    assert found.authority.pem == certs.private_ca
    assert found.authority.self_signed


def test_the_root_is_offered_where_an_authority_stands_in_between(certs):
    found = refused(certs, certs.private_below).certificate

    assert found.issuer == "CN=Works CA\\, mail"
    assert found.authority.sha256 == authority(certs.private_ca).sha256


@pytest.mark.parametrize(
    "label", ["private_bare", "private_wrong_host", "private_expired", "private_powerless", "self_signed"]
)
def test_no_authority_is_offered_that_would_not_be_enough(certs, label):
    found = refused(certs, getattr(certs, label)).certificate

    assert found.sha256 == getattr(certs, label).sha256
    assert found.authority is None


def test_no_authority_is_offered_where_the_system_trusts_it_already(certs, tmp_path):
    file = tmp_path / "ca.pem"
    file.write_text(certs.private_ca)
    with serve(scripted.imap(tls=certs.private_expired.context())) as peer, pytest.raises(CertificateRefused) as caught:
        enter(dialer(file), peer, "imap", "tls")

    assert (caught.value.code, caught.value.certificate.authority) == ("tls-expired", None)


def test_no_authority_is_offered_where_python_cannot_tell_what_the_server_sent(certs, monkeypatch):
    monkeypatch.setattr(TlsSocket, "_chain", lambda self, name: [])

    found = refused(certs, certs.private).certificate

    assert (found.sha256, found.authority) == (certs.private.sha256, None)


@both_kinds
@both_securities
@pytest.mark.parametrize("label", ["private", "private_renewed", "private_bare"])
def test_a_trusted_authority_vouches_for_every_certificate_of_its_own_at_that_host(certs, kind, security, label):
    with serve(server(kind, security, getattr(certs, label).context())) as peer:
        close(enter(dialer(certs.ca), peer, kind, security, authority(certs.private_ca)))

    assert peer.connections == 1


def test_a_trusted_root_vouches_through_an_authority_that_the_server_sends(certs):
    with serve(scripted.imap(tls=certs.private_below.context())) as peer:
        close(enter(dialer(certs.ca), peer, "imap", "tls", authority(certs.private_ca)))


def test_a_trusted_authority_vouches_for_its_host_in_any_spelling(certs):
    with serve(scripted.imap(tls=certs.private.context())) as peer:
        close(enter(dialer(certs.ca), peer, "imap", "tls", authority(certs.private_ca, f"{HOST.upper()}.")))


def test_an_authority_trusted_for_one_host_does_not_vouch_for_another(certs):
    with serve(scripted.imap(tls=certs.private.context())) as peer:
        with pytest.raises(CertificateRefused) as caught:
            enter(dialer(certs.ca), peer, "imap", "tls", authority(certs.private_ca), host=PRIVATE_HOST)
        close(
            enter(dialer(certs.ca), peer, "imap", "tls", authority(certs.private_ca, PRIVATE_HOST), host=PRIVATE_HOST)
        )

    assert caught.value.code == "tls-untrusted"


@pytest.mark.parametrize(
    ("label", "code"), [("private_expired", "tls-expired"), ("private_wrong_host", "tls-hostname-mismatch")]
)
def test_name_and_dates_are_checked_under_a_trusted_authority(certs, label, code):
    with serve(scripted.imap(tls=getattr(certs, label).context())) as peer, pytest.raises(CertificateRefused) as caught:
        enter(dialer(certs.ca), peer, "imap", "tls", authority(certs.private_ca))

    assert caught.value.code == code
    assert peer.received == b""


@both_securities
@pytest.mark.parametrize("label", ["private_other", "self_signed"])
def test_a_certificate_of_anybody_else_than_the_trusted_authority_is_a_changed_one(certs, security, label):
    identity = getattr(certs, label)
    with serve(server("imap", security, identity.context())) as peer, pytest.raises(CertificateChanged) as caught:
        enter(dialer(certs.ca), peer, "imap", security, authority(certs.private_ca))

    assert caught.value.certificate.sha256 == identity.sha256
    assert b"LOGIN" not in peer.received


@both_securities
def test_a_certificate_that_verifies_by_itself_passes_beside_a_trusted_authority(certs, security):
    with serve(server("imap", security, certs.good.context())) as peer:
        close(enter(dialer(certs.ca), peer, "imap", security, authority(certs.private_ca)))

    assert peer.connections == 1


def test_a_changed_certificate_comes_with_the_authority_that_the_server_now_sends(certs):
    with serve(scripted.imap(tls=certs.private.context())) as peer, pytest.raises(CertificateChanged) as caught:
        enter(dialer(certs.ca), peer, "imap", "tls", Pin(HOST, peer.port, certs.self_signed.sha256))

    assert caught.value.certificate.authority.sha256 == authority(certs.private_ca).sha256


def test_a_pin_of_the_very_server_decides_before_an_authority_of_its_host(certs):
    with serve(scripted.imap(tls=certs.private_renewed.context())) as peer:
        pin = Pin(HOST, peer.port, certs.private.sha256)
        with pytest.raises(CertificateChanged):
            enter(dialer(certs.ca), peer, "imap", "tls", pin, authority(certs.private_ca))


@pytest.mark.parametrize("pem", ["", "nothing", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "ø"])
def test_an_authority_that_cannot_be_read_vouches_for_nothing(certs, pem):
    broken = Authority(HOST, "AB", "CN=a", "CN=a", MOMENT, MOMENT, pem)
    with serve(scripted.imap(tls=certs.private.context())) as peer, pytest.raises(CertificateChanged):
        enter(dialer(certs.ca), peer, "imap", "tls", broken)


@pytest.mark.parametrize("chain", [[], [b""], [b"nothing", b"nothing"], [b"\x30\x03\x02\x01\x01"] * 300])
def test_a_chain_that_cannot_be_read_has_no_authority(chain):
    assert issuing_authority(chain, HOST) is None


def test_certificates_that_issued_each_other_end(certs):
    ders = [ssl.PEM_cert_to_DER_cert(pem) for pem in certs.private_below.chain]

    found = issuing_authority([*ders, *ders, *ders], HOST)

    assert found.sha256 == authority(certs.private_ca).sha256


def test_a_certificate_and_its_authority_survive_being_stored(certs):
    shown = Certificate(HOST, 993, "AB:CD", "CN=a", "CN=b", MOMENT, MOMENT, (HOST,), authority(certs.private_ca))

    assert Certificate.from_dict(shown.to_dict()) == shown
