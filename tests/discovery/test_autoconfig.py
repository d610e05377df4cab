import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.discovery.addresses import parse
from console.discovery.answer import Server
from console.discovery.autoconfig import Config, mx_domains, own_url, read, well_known_url
from console.discovery.sources import Nothing
from tests.discovery.files import config, imap, server, smtp

BOB = parse("bob@acme.test")


def of(*servers: str, **how):
    return read(config(*servers, **how).encode(), BOB)


def reason(body: bytes | str) -> str:
    with pytest.raises(Nothing) as caught:
        read(body.encode() if isinstance(body, str) else body, BOB)
    return str(caught.value)


def test_servers_and_user_names_are_read():
    found = of(imap(username="%EMAILLOCALPART%"), smtp())
    assert found.imap == Server("imap.acme.test", 993, "tls")
    assert found.smtp == Server("smtp.acme.test", 465, "tls")
    assert (found.imap_username, found.smtp_username) == ("%EMAILLOCALPART%", "%EMAILADDRESS%")
    assert found.cautions == ()


@pytest.mark.parametrize("version", ["1.0", "1.1", "1.2", "7"])
def test_every_version_is_read(version):
    assert of(version=version).imap is not None


def test_the_first_server_wins_because_they_stand_in_the_order_of_preference():
    found = of(imap(port=143, socket="STARTTLS"), imap(), smtp(port=587, socket="STARTTLS"), smtp())
    assert found.imap == Server("imap.acme.test", 143, "starttls")
    assert found.smtp == Server("smtp.acme.test", 587, "starttls")


@pytest.mark.parametrize(
    "unusable",
    [
        imap("one.acme.test", socket="plain"),
        imap("one.acme.test", socket="TLS1.3-only"),
        imap("one.acme.test", port=0),
        imap("one.acme.test", port=65536),
        imap("one.acme.test", port="9" * 5000),
        imap("one.acme.test", port="-993"),
        imap("one.acme.test", port="٩٩٣"),
        imap("one.acme.test", methods=("GSSAPI", "NTLM")),
        imap("bad host.acme.test"),
        imap("10.0.0.5"),
        imap("0x7f.1"),
        imap("mailserver"),
        imap("localhost"),
        imap("a..acme.test"),
        imap("%EMAILHOST%.acme.test"),
        imap(""),
        server("incoming", "pop3", "one.acme.test", 995),
        server("incoming", "jmap", "one.acme.test", 443),
        "<incomingServer/>",
    ],
)
def test_a_server_that_cannot_be_used_is_passed_over(unusable):
    assert of(unusable, imap("two.acme.test"), smtp()).imap == Server("two.acme.test", 993, "tls")


def test_placeholders_in_host_names_are_filled_in():
    assert of(imap("imap.%EMAILDOMAIN%"), smtp("%EMAILLOCALPART%.acme.test")).smtp == Server(
        "bob.acme.test", 465, "tls"
    )


def test_host_names_in_other_letters_become_a_labels():
    assert of(imap("imap.blåbær.dk")).imap == Server("imap.xn--blbr-roah.dk", 993, "tls")


@pytest.mark.parametrize(
    "name",
    ["%EMAILADDRESS", "%EMAIL%", "%REALNAME%", "%EMAILADDRESS%%EMAILFOO%", "bob\x85smith", "x" * 300, "", "100%"],
)
def test_a_user_name_that_nobody_could_type_is_no_user_name(name):
    assert of(imap(username=name), smtp()).imap_username == ""


def test_a_user_name_may_be_composed():
    assert of(imap(username="%EMAILLOCALPART%+%EMAILDOMAIN%")).imap_username == "%EMAILLOCALPART%+%EMAILDOMAIN%"


def test_a_server_that_takes_passwords_goes_before_one_that_does_not():
    found = of(
        imap("one.acme.test", methods=("OAuth2",)), imap("two.acme.test", methods=("OAuth2", "password-encrypted"))
    )
    assert found.imap == Server("two.acme.test", 993, "tls")
    assert found.cautions == ()


def test_servers_that_take_a_browser_sign_in_only_are_told():
    found = of(imap(methods=("OAuth2",)), smtp(methods=("OAuth2",)))
    assert found.imap is not None
    assert [caution.code for caution in found.cautions] == ["oauth-only"]


def test_the_page_where_imap_is_switched_on_is_told():
    found = of(imap(), extra='<enable visiturl="https://acme.test/imap"><instruction>Do it</instruction></enable>')
    (caution,) = found.cautions
    assert (caution.code, caution.help_url) == ("imap-switch", "https://acme.test/imap")
    assert "Acme" in str(caution.saying)


@pytest.mark.parametrize("url", ["javascript:alert(1)", "http://acme.test/", "https://acme.test/\u202e", "x" * 600])
def test_a_help_page_that_is_no_https_address_is_left_out(url):
    found = of(imap(), extra=f'<enable visiturl="{url}"/>')
    assert found.cautions[0].help_url == ""


BOMB = (
    '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">'
    + "".join(f'<!ENTITY {b} "{("&" + a + ";") * 10}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True))
    + "]><clientConfig>&i;</clientConfig>"
)


@pytest.mark.parametrize(
    "body",
    [
        BOMB,
        "<!DOCTYPE clientConfig><clientConfig/>",
        '<!DOCTYPE x SYSTEM "http://169.254.169.254/x.dtd"><clientConfig/>',
        '<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]><clientConfig>&f;</clientConfig>',
    ],
)
def test_document_types_and_entities_are_refused(body):
    assert "refused" in reason(body)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\x00" * 100,
        b"not xml",
        b"<clientConfig>",
        b"<clientConfig><emailProvider></clientConfig>",
        b"<clientConfig>\xff\xfe</clientConfig>",
        b'<?xml version="1.0" encoding="nonsense"?><clientConfig/>',
        b'<?xml version="1.0" encoding="big5"?><clientConfig>\xa4</clientConfig>',
        b'<?xml version="1.0" encoding="utf-16"?><clientConfig/>',
        b"<clientConfig>&undeclared;</clientConfig>",
        b"{}",
    ],
)
def test_what_is_no_xml_is_told_as_such(body):
    assert reason(body).startswith("the file is no XML")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("<html/>", "no Mail Autoconfig"),
        ("<clientConfig/>", "names no provider"),
        ("<a>" * 15000 + "</a>" * 15000, "no Mail Autoconfig"),
        ("<clientConfig>" + "<a>" * 8000 + "</a>" * 8000 + "</clientConfig>", "names no provider"),
        (config(imap(socket="plain"), smtp(socket="plain")), "no server that can be used"),
    ],
)
def test_a_file_about_something_else_is_nothing(body, said):
    assert said in reason(body)


def test_ten_thousand_servers_are_not_read_to_the_end():
    assert (
        reason(config(*[imap("10.0.0.1")] * 60, imap("two.acme.test"))) == "the file names no server that can be used"
    )


def test_the_address_is_quoted_in_the_url():
    assert own_url(parse("b+o&b@acme.test")) == (
        "https://autoconfig.acme.test/mail/config-v1.1.xml?emailaddress=b%2Bo%26b@acme.test"
    )
    assert well_known_url("acme.test") == "https://acme.test/.well-known/autoconfig/mail/config-v1.1.xml"


@pytest.mark.parametrize(
    ("host", "domains"),
    [
        ("mx.premium.europe.example.com", ["premium.europe.example.com", "example.com"]),
        ("mx.example.com", ["example.com"]),
        ("MX.Example.CO.UK.", ["example.co.uk"]),
        ("example.com", ["example.com"]),
        ("example.co.uk", ["example.co.uk"]),
        ("mx.github.io", ["mx.github.io"]),
        ("mx1.customers.hoster.test", ["customers.hoster.test", "hoster.test"]),
        ("mail.corp.local", ["corp.local"]),
        ("mx.acme.dk", []),
        ("mx1.mail.acme.dk", ["mail.acme.dk"]),
        ("mail", []),
        ("10.0.0.1", []),
    ],
)
def test_the_domains_of_a_mail_exchanger_are_never_public_suffixes(host, domains):
    assert mx_domains(host, "acme.dk") == domains


TEXTS = st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="\x00<&"), max_size=40)


def whatever(body: bytes) -> Config | None:
    try:
        return read(body, BOB)
    except Nothing:
        return None


@given(st.binary(max_size=300))
def test_any_bytes_are_a_file_or_nothing(body):
    assert whatever(body) is None


@given(TEXTS, TEXTS, TEXTS, TEXTS, TEXTS)
def test_any_texts_in_a_file_are_usable_servers_or_nothing(host, port, socket, method, name):
    found = whatever(config(imap(host, port, socket, methods=(method,), username=name)).encode())
    assert found is None or (0 < found.imap.port < 65536 and found.imap.host.isascii())
