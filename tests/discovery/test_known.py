import pytest

from console.discovery.addresses import parse
from console.discovery.domains import is_host_name
from console.discovery.known import ALL, cautions_of, settings

FULL, LOCAL = "%EMAILADDRESS%", "%EMAILLOCALPART%"

BY_DOMAIN = [
    ("gmail.com", "imap.gmail.com:993", "smtp.gmail.com:465", FULL, ["app-password"]),
    ("googlemail.com", "imap.gmail.com:993", "smtp.gmail.com:465", FULL, ["app-password"]),
    ("outlook.com", "outlook.office365.com:993", "smtp-mail.outlook.com:587", FULL, ["password-retired"]),
    ("hotmail.dk", "outlook.office365.com:993", "smtp-mail.outlook.com:587", FULL, ["password-retired"]),
    ("live.co.uk", "outlook.office365.com:993", "smtp-mail.outlook.com:587", FULL, ["password-retired"]),
    ("yahoo.co.uk", "imap.mail.yahoo.com:993", "smtp.mail.yahoo.com:465", FULL, ["app-password"]),
    ("aol.com", "imap.aol.com:993", "smtp.aol.com:465", FULL, ["app-password"]),
    ("sbcglobal.net", "imap.mail.att.net:993", "smtp.mail.att.net:465", FULL, ["app-password"]),
    ("icloud.com", "imap.mail.me.com:993", "smtp.mail.me.com:587", LOCAL, ["app-password"]),
    ("fastmail.fm", "imap.fastmail.com:993", "smtp.fastmail.com:465", FULL, ["app-password"]),
    ("zoho.eu", "imap.zoho.eu:993", "smtp.zoho.eu:465", FULL, ["imap-switch", "app-password"]),
    ("gmx.de", "imap.gmx.net:993", "mail.gmx.net:465", FULL, ["imap-switch", "app-password"]),
    ("gmx.com", "imap.gmx.com:993", "mail.gmx.com:465", FULL, ["imap-switch"]),
    ("web.de", "imap.web.de:993", "smtp.web.de:587", LOCAL, ["imap-switch"]),
    ("usa.com", "imap.mail.com:993", "smtp.mail.com:465", FULL, ["imap-switch"]),
    ("t-online.de", "secureimap.t-online.de:993", "securesmtp.t-online.de:465", FULL, ["app-password"]),
    ("ya.ru", "imap.yandex.com:993", "smtp.yandex.com:465", FULL, ["imap-switch", "app-password"]),
    ("inbox.ru", "imap.mail.ru:993", "smtp.mail.ru:465", FULL, ["app-password"]),
    ("mailbox.org", "imap.mailbox.org:993", "smtp.mailbox.org:465", FULL, ["app-password"]),
    ("posteo.net", "posteo.de:993", "posteo.de:465", FULL, ["app-password"]),
    ("ik.me", "mail.infomaniak.com:993", "mail.infomaniak.com:465", FULL, ["app-password"]),
    ("126.com", "imap.126.com:993", "smtp.126.com:465", FULL, ["imap-switch", "app-password"]),
    ("foxmail.com", "imap.qq.com:993", "smtp.qq.com:465", LOCAL, ["imap-switch", "app-password"]),
    ("mail.dk", "imap.mail.dk:993", "asmtp.mail.dk:587", FULL, []),
    ("hansen.dk", "imap.jubii.dk:993", "smtp.jubii.dk:465", FULL, []),
]


@pytest.mark.parametrize(("domain", "imap", "smtp", "name", "codes"), BY_DOMAIN)
def test_the_servers_of_a_public_domain_are_known(domain, imap, smtp, name, codes):
    found = settings(parse(f"bob@{domain}"), (), vouched=False)
    assert (str(found.imap), str(found.smtp), found.imap_username) == (imap, smtp, name)
    assert [caution.code for caution in found.cautions] == codes
    assert (found.transport, found.to_confirm) == ("table", False)


BY_MX = [
    ("smtp.google.com", "imap.gmail.com"),
    ("alt2.aspmx.l.google.com", "imap.gmail.com"),
    ("aspmx3.googlemail.com", "imap.gmail.com"),
    ("acme-dk.mail.protection.outlook.com", "outlook.office365.com"),
    ("acme-dk.j-v1.mx.microsoft", "outlook.office365.com"),
    ("mx-biz.mail.am0.yahoodns.net", "imap.mail.yahoo.com"),
    ("mx-aol.mail.gm0.yahoodns.net", "imap.aol.com"),
    ("mx02.mail.icloud.com", "imap.mail.me.com"),
    ("in1-smtp.messagingengine.com", "imap.fastmail.com"),
    ("mx.zoho.eu", "imappro.zoho.eu"),
    ("mx2.zoho.com.au", "imappro.zoho.com.au"),
    ("smtpin3.zoho.com", "imap.zoho.com"),
    ("mx00.emig.gmx.net", "imap.gmx.net"),
    ("mx.yandex.net", "imap.yandex.com"),
    ("emx.mail.ru", "imap.mail.ru"),
    ("mx2.pub.mailpod11-cph3.one.com", "imap.one.com"),
    ("mx.simply.com", "imap.simply.com"),
    ("mx01.ionos.co.uk", "imap.ionos.co.uk"),
    ("mx00.kundenserver.de", "imap.ionos.de"),
    ("mx3.mail.ovh.net", "ssl0.ovh.net"),
    ("smtpin.rzone.de", "imap.strato.de"),
    ("spool.mail.gandi.net", "mail.gandi.net"),
    ("aspmx1.migadu.com", "imap.migadu.com"),
    ("mxext2.mailbox.org", "imap.mailbox.org"),
    ("mx2.emailsrvr.com", "secure.emailsrvr.com"),
    ("smtp.secureserver.net", "imap.secureserver.net"),
    ("mailstore1.europe.secureserver.net", "imap.europe.secureserver.net"),
    ("mx1.privateemail.com", "mail.privateemail.com"),
    ("mx1.hostinger.com", "imap.hostinger.com"),
    ("mx2.titan.email", "imap.titan.email"),
    ("qiye163mx01.mxmail.netease.com", "imap.qiye.163.com"),
    ("mxbiz1.qq.com", "imap.exmail.qq.com"),
    ("MX.Simply.COM.", "imap.simply.com"),
]


@pytest.mark.parametrize(("mx", "imap"), BY_MX)
def test_the_servers_behind_a_mail_exchanger_are_known(mx, imap):
    assert settings(parse("bob@acme.dk"), [mx], vouched=False).imap.host == imap


@pytest.mark.parametrize(
    "mx",
    [
        "mail.google.com",
        "aspmx.l.google.com.evil.test",
        "notone.com",
        "evilmigadu.com",
        "eforward1.registrar-servers.com",
        "mx1.forwardemail.net",
        "route1.mx.cloudflare.net",
        "inbound-smtp.eu-west-1.amazonaws.com",
        "mail.protonmail.ch",
        "mxa-0001.gslb.pphosted.com",
        "ex.mail.ovh.net",
        "",
    ],
)
def test_other_mail_exchangers_tell_nothing(mx):
    assert settings(parse("bob@acme.dk"), [mx], vouched=False) is None


def test_a_mail_exchanger_further_down_counts_where_the_first_is_a_gateway():
    found = settings(parse("bob@acme.dk"), ["d1.ess.barracudanetworks.com", "mx.simply.com"], vouched=False)
    assert found.imap.host == "imap.simply.com"


def test_the_domain_goes_before_its_mail_exchangers():
    assert settings(parse("bob@web.de"), ["mx.simply.com"], vouched=False).imap.host == "imap.web.de"


def test_what_unsigned_dns_led_to_is_to_be_confirmed():
    assert settings(parse("bob@acme.dk"), ["mx.simply.com"], vouched=False).to_confirm
    assert not settings(parse("bob@acme.dk"), ["mx.simply.com"], vouched=True).to_confirm


def test_icloud_signs_in_with_the_local_part_for_imap_and_the_address_for_smtp():
    found = settings(parse("bob@icloud.com"), (), vouched=False)
    assert (found.imap_username, found.smtp_username) == (LOCAL, FULL)


def test_a_domain_of_ones_own_at_icloud_signs_in_with_a_name_that_nobody_knows():
    found = settings(parse("bob@acme.dk"), ["mx01.mail.icloud.com"], vouched=False)
    assert (found.imap_username, found.smtp_username) == ("", "")
    assert [caution.code for caution in found.cautions] == ["app-password", "other-user-name"]


def test_outlook_com_is_not_taken_for_microsoft_365():
    found = settings(parse("bob@acme.dk"), ["eur.olc.protection.outlook.com"], vouched=False)
    assert found.smtp.host == "smtp-mail.outlook.com"


def test_the_server_for_sending_tells_providers_with_one_server_for_reading_apart():
    senders = ("smtp.office365.com", "smtp-mail.outlook.com")
    told = {smtp: str(cautions_of("outlook.office365.com", smtp)[0].saying) for smtp in senders}
    assert "Microsoft 365" in told["smtp.office365.com"]
    assert "Outlook.com" in told["smtp-mail.outlook.com"]


def test_every_row_is_whole():
    for provider in ALL:
        assert provider.domains or provider.mx, provider.name
        for server in (provider.imap, provider.smtp):
            assert is_host_name(server.host)
            assert (server.port, server.security) in {(993, "tls"), (465, "tls"), (587, "starttls")}
        for caution in (*provider.cautions, *(provider.other_domains_cautions or ())):
            assert str(caution.saying)
            assert caution.help_url == "" or caution.help_url.startswith("https://")


def test_no_domain_belongs_to_two_providers():
    listed = [domain for provider in ALL for domain in provider.domains]
    assert len(listed) == len(set(listed))
    assert all(domain == domain.lower() and is_host_name(domain) for domain in listed)
