"""What web servers offer to sign in with, and what is made of it."""

import base64

import pytest

from console.providers import http_sign_in
from console.providers.http_sign_in import BadChallenge, Basic, Ntlm, OnlyBearer, OnlyKerberos, end_point
from console.providers.mechanisms import NoCommonMechanism


@pytest.mark.parametrize(
    ("said", "offered"),
    [
        ("", ()),
        ('Basic realm="mail.acme.dk"', ("Basic",)),
        ("NTLM", ("NTLM",)),
        ('Negotiate, NTLM, Basic realm="x"', ("NTLM", "Basic", "Negotiate")),
        ("basic realm=x, ntlm", ("NTLM", "Basic")),
        ('Basic realm="please, NTLM is off, Negotiate too"', ("Basic",)),
        (r'Basic realm="a \" , NTLM, \" b"', ("Basic",)),
        ("NTLM TlRMTVNTUAACAAAA", ("NTLM",)),
        ('Bearer client_id="00000002", trusted_issuers="x@*", Basic realm=""', ("Basic", "Bearer")),
        ('Digest realm="x", nonce="NTLM"', ("Digest",)),
        ("Mutual", ()),
        (", , ,", ()),
    ],
)
def test_the_schemes_are_read_whatever_stands_beside_them(said, offered):
    assert http_sign_in.offered(said) == offered


@pytest.mark.parametrize(
    ("schemes", "scheme"),
    [(("NTLM", "Basic", "Negotiate"), "NTLM"), (("Basic", "Bearer"), "Basic"), (("NTLM",), "NTLM")],
)
def test_the_one_that_keeps_the_password_here_is_taken_first(schemes, scheme):
    assert http_sign_in.chosen(schemes) == scheme


@pytest.mark.parametrize(
    ("schemes", "kind"),
    [
        (("Negotiate",), OnlyKerberos),
        (("Negotiate", "Bearer"), OnlyKerberos),
        (("Bearer",), OnlyBearer),
        (("Digest",), NoCommonMechanism),
        ((), NoCommonMechanism),
    ],
)
def test_an_offer_that_no_password_fits_is_told_apart(schemes, kind):
    with pytest.raises(kind):
        http_sign_in.chosen(schemes)


@pytest.mark.parametrize(("name", "password"), [("bob", "secret"), ("CORP\\bob", "pæss:wørd"), ("", "")])
def test_basic_carries_name_and_password_as_utf_8(name, password):
    scheme, _, value = Basic(name, password).first(None).partition(" ")

    assert (scheme, base64.b64decode(value).decode()) == ("Basic", f"{name}:{password}")


def test_the_first_step_of_ntlm_holds_neither_name_nor_password():
    message = base64.b64decode(Ntlm("CORP\\bob", "secret", "mail.acme.dk").first(None).removeprefix("NTLM "))

    assert message[:12] == b"NTLMSSP\x00\x01\x00\x00\x00"
    for word in ("bob", "secret", "CORP"):
        assert word.encode() not in message
        assert word.encode("utf-16-le") not in message


@pytest.mark.parametrize(
    "challenge",
    [
        "",
        "NTLM",
        'Basic realm="x"',
        "NTLM !!!",
        "NTLM AAAA",
        "NTLM TlRMTVNTUAACAAAA",
        f"NTLM {'A' * 4000}",
        "Negotiate AAAA",
    ],
)
def test_a_challenge_that_is_none_ends_the_sign_in(challenge):
    how = Ntlm("bob", "secret", "mail.acme.dk")
    how.first(None)

    with pytest.raises(BadChallenge) as caught:
        how.second(challenge)

    assert "secret" not in str(caught.value)


def test_a_certificate_that_cannot_be_read_binds_nothing():
    assert end_point(b"no certificate") is None


def test_a_certificate_is_bound_by_the_hash_that_signed_it(certificates):
    import hashlib
    import ssl

    der = ssl.PEM_cert_to_DER_cert(certificates.good.pem)

    assert end_point(der) == hashlib.sha256(der).digest()
