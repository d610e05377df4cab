"""Who holds a mailbox, for every kind of domain there is: the table that recommendations are held to.

A row is a domain, its zone and what is found. Names stand as they are seen in public DNS; no row is made from the
tables of the console.
"""

import itertools

import pytest

from console.assembly import make_dialer, make_discovery
from console.config import load
from console.discovery.addresses import parse
from console.lab.zone import zone
from tests.peers.microsoft import microsoft_login
from tests.peers.scripted import closed_port

CONSUMERS = {
    "gmail": "gmail.com googlemail.com",
    "microsoft": (
        "outlook.com hotmail.com live.com msn.com windowslive.com outlook.dk outlook.de outlook.com.br "
        "outlook.co.th hotmail.co.uk hotmail.fr hotmail.com.tr live.dk live.nl live.com.mx live.co.uk "
        "livemail.tw"
    ),
    "imap": (
        "yahoo.com yahoo.de yahoo.co.uk yahoo.com.br ymail.com rocketmail.com myyahoo.com cox.net sky.com "
        "yahoo.co.jp aol.com aim.com netscape.net compuserve.com verizon.net aol.de att.net sbcglobal.net "
        "bellsouth.net ameritech.net pacbell.net prodigy.net swbell.net snet.net flash.net nvbell.net "
        "currently.com icloud.com me.com mac.com fastmail.com fastmail.fm sent.com zoho.com zohomail.com "
        "zoho.eu zohomail.eu zoho.in zohomail.in zoho.com.au zoho.jp zohocloud.ca gmx.net gmx.de gmx.at gmx.ch "
        "gmx.eu gmx.org gmx.info gmx.biz gmx.com gmx.us gmx.co.uk gmx.fr web.de email.de love.ms mail.com "
        "email.com usa.com consultant.com yandex.ru yandex.com yandex.kz ya.ru narod.ru mail.ru inbox.ru "
        "list.ru bk.ru internet.ru vk.com 163.com 126.com yeah.net qq.com foxmail.com t-online.de magenta.de "
        "posteo.de posteo.net posteo.co.uk mailbox.org mail.dk mail.jubii.dk hansen.dk larsen.dk pedersen.dk "
        "stofa.dk yousee.dk"
    ),
}
WITHOUT_A_WAY_IN = (
    "proton.me protonmail.com protonmail.ch pm.me tutanota.com tutanota.de tutamail.com tuta.io keemail.me "
    "tuta.com hey.com amazonses.com acme.awsapps.com"
)

# What MX alone decides.
MX = [
    ("smtp.google.com", "gmail certain"),
    ("aspmx.l.google.com", "gmail certain"),
    ("alt4.aspmx.l.google.com", "gmail certain"),
    ("ASPMX2.googlemail.com", "gmail certain"),
    ("gmail-smtp-in.l.google.com", "gmail certain"),
    ("alt1.gmail-smtp-in.l.google.com", "gmail certain"),
    ("acme-dk.mail.protection.outlook.com", "microsoft certain"),
    ("acme-dk.j-v1.mx.microsoft", "microsoft certain"),
    ("acme-dk.r-v1.mx.microsoft", "microsoft certain"),
    ("acme-dk.x9-v2.mx.microsoft", "microsoft certain"),
    ("acme-dk.mail.eo.outlook.com", "microsoft certain"),
    ("acme-de.mail.protection.outlook.de", "microsoft certain"),
    ("outlook-com.olc.protection.outlook.com", "microsoft certain"),
    ("eur.olc.protection.outlook.com", "microsoft certain"),
    ("acme-gov.mail.protection.office365.us", "refused unsupported-cloud"),
    ("acme-cn.mail.protection.partner.outlook.cn", "refused unsupported-cloud"),
    ("mta5.am0.yahoodns.net", "imap certain"),
    ("mx-eu.mail.am0.yahoodns.net", "imap certain"),
    ("mx-apac.mail.gm0.yahoodns.net", "imap certain"),
    ("mx-biz.mail.am0.yahoodns.net", "imap certain"),
    ("mx-aol.mail.gm0.yahoodns.net", "imap certain"),
    ("mx-vip2.prodigy.net", "imap certain"),
    ("mx01.mail.icloud.com", "imap certain"),
    ("in1-smtp.messagingengine.com", "imap certain"),
    ("smtpin.zoho.com", "imap certain"),
    ("mx2.zoho.eu", "imap certain"),
    ("mx.zoho.in", "imap certain"),
    ("mx.zoho.com.au", "imap certain"),
    ("mx3.zoho.jp", "imap certain"),
    ("mx00.gmx.net", "imap certain"),
    ("mx01.emig.gmx.net", "imap certain"),
    ("mx-ha02.web.de", "imap certain"),
    ("mx00.mail.com", "imap certain"),
    ("mail.protonmail.ch", "refused unsupported-provider"),
    ("mailsec.protonmail.ch", "refused unsupported-provider"),
    ("mx1.alias.proton.me", "refused unsupported-provider"),
    ("mail.tutanota.de", "refused unsupported-provider"),
    ("work-mx.app.hey.com", "refused unsupported-provider"),
    ("mx.yandex.net", "imap certain"),
    ("mx.yandex.ru", "imap certain"),
    ("mxs.mail.ru", "imap certain"),
    ("emx.mail.ru", "imap certain"),
    ("mx1.pub.mailpod9-cph3.one.com", "imap certain"),
    ("mx4.pub.mailpod2-osl1.one.com", "imap certain"),
    ("mx.simply.com", "imap certain"),
    ("mx00.ionos.de", "imap certain"),
    ("mx01.ionos.co.uk", "imap certain"),
    ("mx00.ionos.es", "imap certain"),
    ("mx01.kundenserver.de", "imap certain"),
    ("mx00.1and1.fr", "imap certain"),
    ("mxint02.1and1.com", "imap certain"),
    ("mx00.perfora.net", "imap certain"),
    ("mx3.mail.ovh.net", "imap certain"),
    ("mx1.ovh.net", "imap certain"),
    ("ex2.mail.ovh.net", "exchange certain"),
    ("smtpin.rzone.de", "imap certain"),
    ("spool.mail.gandi.net", "imap certain"),
    ("aspmx1.migadu.com", "imap certain"),
    ("mxext2.mailbox.org", "imap certain"),
    ("mx1.emailsrvr.com", "imap certain"),
    ("smtp.secureserver.net", "imap certain"),
    ("mailstore1.europe.secureserver.net", "imap certain"),
    ("mx2.privateemail.com", "imap certain"),
    ("mx1.hostinger.com", "imap certain"),
    ("mx1.hostinger.in", "imap certain"),
    ("mx1.titan.email", "imap certain"),
    ("163mx00.mxmail.netease.com", "imap certain"),
    ("qiye163mx01.mxmail.netease.com", "imap certain"),
    ("mx3.qq.com", "imap certain"),
    ("mxbiz1.qq.com", "imap certain"),
    ("mx1.sg.aliyun.com", "imap certain"),
    ("mx2.naver.com", "imap certain"),
    ("mx1.larksuite.com", "imap certain"),
    ("mx1.zone.eu", "imap certain"),
    ("inbound-smtp.eu-west-1.amazonaws.com", "refused unsupported-provider"),
    # Names that only look like one of those.
    ("aspmx.l.google.com.evil.test", "imap possible"),
    ("mail.google.com", "imap possible"),
    ("protection.outlook.com.evil.test", "imap possible"),
    ("smtp.hve.mx.microsoft", "imap possible"),
    ("ec2-192-0-2-7.eu-west-1.compute.amazonaws.com", "imap possible"),
    ("static.7.2.0.192.clients.your-server.de", "imap possible"),
    ("notmigadu.com", "imap possible"),
    ("mx.some-hoster.test", "imap possible"),
]
FORWARDERS = (
    "mx1.forwardemail.net route1.mx.cloudflare.net mx2.improvmx.com mxa.mailgun.org mx.sendgrid.net "
    "inbound.postmarkapp.com eforward3.registrar-servers.com gmr-smtp-in.l.google.com"
)
GATEWAYS = (
    "mxa-00112233.gslb.pphosted.com mx1-eu1.ppe-hosted.com eu-smtp-inbound-1.mimecast.com "
    "za-smtp-inbound-1.mimecast.co.za d1.ess.barracudanetworks.com mx.us.barracudanetworks.com "
    "mx1.hc123-4.iphmx.com cluster1.eu.messagelabs.com cluster1.inboundmx.com cust1-s.in.mailcontrol.com "
    "primary.eu.fireeyecloud.com mx1.antispameurope.com mx01.hornetsecurity.com "
    "mx-01-eu-west-1.prod.hydra.sophos.com acme.in.tmes.trendmicro.eu acme.in.tmes.trendmicro.com "
    "mx.spamexperts.com mx10.mailspamprotection.com server1.inbound.arsmtp.com mx1.expurgate.net "
    "mx1.retarus.com mx1.cloudfilter.net mx1.vadesecure.com mx1.comendosystems.com mx1.heimdalsecurity.com"
)

OUTLOOK_SPF = "TXT v=spf1 include:spf.protection.outlook.com -all"
OUTLOOK_AUTODISCOVER = "autodiscover CNAME autodiscover.outlook.com."
OUTLOOK_DKIM = "selector1._domainkey CNAME selector1-acme-dk._domainkey.acme.onmicrosoft.com."
BOTH_SPF = "TXT v=spf1 include:_spf.google.com include:spf.protection.outlook.com ~all"
GOOGLE_SPF = "TXT v=spf1 include:_spf.google.com ~all"
GOOGLE_DKIM = "google._domainkey TXT v=DKIM1; k=rsa; p=MIIB"
NEW_DKIM = "selector1._domainkey CNAME selector1-acme-dk._domainkey.acme.x-v1.dkim.mail.microsoft."
SIMPLY_DKIM = "simplycom1._domainkey CNAME simplycom1._domainkey.simply.com."
BARRACUDA = "MX 10 d1.ess.barracudanetworks.com."
OWN = "MX 10 mail.{domain}."

# What several records together tell.
TOGETHER = [
    # Behind a filter: two marks of different kinds name a host, one alone does not.
    ([BARRACUDA, OUTLOOK_SPF, OUTLOOK_AUTODISCOVER], "microsoft likely"),
    ([BARRACUDA, OUTLOOK_SPF, OUTLOOK_DKIM], "microsoft likely"),
    ([BARRACUDA, OUTLOOK_SPF, NEW_DKIM],
     "microsoft likely"),
    ([BARRACUDA, OUTLOOK_SPF, "_autodiscover._tcp SRV 0 0 443 autodiscover.outlook.com."], "microsoft likely"),
    ([BARRACUDA, GOOGLE_SPF, GOOGLE_DKIM], "gmail likely"),
    ([BARRACUDA, "TXT v=spf1 redirect=_spf.google.com", GOOGLE_DKIM], "gmail likely"),
    ([BARRACUDA, OUTLOOK_SPF], "none behind-gateway"),
    ([BARRACUDA, OUTLOOK_AUTODISCOVER], "none behind-gateway"),
    ([BARRACUDA, GOOGLE_SPF], "none behind-gateway"),
    ([BARRACUDA, GOOGLE_SPF, OUTLOOK_DKIM], "none behind-gateway"),
    ([BARRACUDA, BOTH_SPF, OUTLOOK_DKIM, GOOGLE_DKIM],
     "none behind-gateway"),
    ([BARRACUDA, BOTH_SPF, OUTLOOK_DKIM,
      OUTLOOK_AUTODISCOVER], "microsoft likely"),
    ([BARRACUDA, "TXT v=spf1 include:amazonses.com ~all"], "none behind-gateway"),
    ([BARRACUDA, "TXT google-site-verification=a", "enterpriseregistration CNAME enterpriseregistration.windows.net."],
     "none behind-gateway"),
    ([BARRACUDA, "TXT v=spf1 include:spf.simply.com -all", SIMPLY_DKIM],
     "imap likely"),
    ([BARRACUDA, "TXT v=spf1 include:_custspf.one.com -all", "autodiscover CNAME autodiscover.one.com."],
     "imap likely"),
    ([BARRACUDA, "TXT v=spf1 include:spf.mailbox.org -all", "MBO0001._domainkey TXT v=DKIM1; p=MIIB"], "imap likely"),
    ([BARRACUDA, "TXT v=spf1 include:spf.titan.email -all", "titan1._domainkey TXT v=DKIM1; p=MIIB"], "imap likely"),
    ([BARRACUDA, "TXT v=spf1 include:mx.ovh.com -all", "ovhmo-selector-1._domainkey CNAME a.dkim.mail.ovh.net."],
     "imap likely"),
    ([BARRACUDA, "autodiscover CNAME autodiscover.office365.us."], "refused unsupported-cloud"),
    ([BARRACUDA, "autodiscover CNAME autodiscover-s-dod.office365.us."], "refused unsupported-cloud"),
    ([BARRACUDA, "TXT v=spf1 include:spf.protection.office365.us -all",
      "selector1._domainkey CNAME selector1-acme._domainkey.acme.onmicrosoft.us."], "refused unsupported-cloud"),
    ([BARRACUDA, "autodiscover CNAME autodiscover.mail.eu-west-1.awsapps.com."], "refused unsupported-provider"),
    ([BARRACUDA, OUTLOOK_SPF, "autodiscover CNAME a.{domain}.", "a CNAME autodiscover.outlook.com."],
     "microsoft likely"),
    ([BARRACUDA, "TXT v=spf1 include:_spf.{domain} -all", "_spf TXT v=spf1 include:_spf.google.com -all", GOOGLE_DKIM],
     "gmail likely"),
    ([BARRACUDA, "TXT v=spf1 include:_a.{domain} -all", "_a TXT v=spf1 mx include:_b.{domain} -all",
      "_b TXT v=spf1 include:_spf.google.com -all", GOOGLE_DKIM], "gmail likely"),
    ([BARRACUDA, "TXT v=spf1 redirect=spf.group.test", OUTLOOK_DKIM], "microsoft likely"),
    ([BARRACUDA, "TXT v=spf1 include:spf.group.test -all", OUTLOOK_DKIM], "none behind-gateway"),
    ([BARRACUDA, "TXT v=spf1 include:{domain} redirect={domain}"], "none behind-gateway"),
    ([BARRACUDA, OUTLOOK_SPF, "selector2._domainkey CNAME selector2-acme-dk._domainkey.acme.onmicrosoft.com."],
     "microsoft likely"),
    (["MX 10 acme.in.tmes-anz.trendmicro.com.", OUTLOOK_SPF, OUTLOOK_AUTODISCOVER], "microsoft likely"),
    # All MX records are read, not only the first.
    (["MX 0 d1.ess.barracudanetworks.com.", "MX 20 acme-dk.mail.protection.outlook.com."], "microsoft certain"),
    (["MX 10 mxa-1.gslb.pphosted.com.", "MX 10 mxb-1.gslb.pphosted.com.",
      "MX 90 aspmx.l.google.com."], "gmail certain"),
    (["MX 10 mx.unknown-filter.test.", "MX 20 acme-dk.mail.protection.outlook.com."], "microsoft likely"),
    (["MX 1 aspmx.l.google.com.", "MX 15 abcdef.mx-verification.google.com."], "gmail certain"),
    (["MX 1 aspmx.l.google.com.", "MX 50 backup.some-hoster.test."], "gmail certain"),
    (["MX 0 acme-dk.mail.protection.outlook.com.", "MX 32767 ms12345678.msv1.invalid."], "microsoft certain"),
    (["MX 10 mx00.ionos.de.", "MX 10 mx01.ionos.de."], "imap certain"),
    # The name in MX is only another name for a server of a host.
    ([OWN, "mail CNAME aspmx.l.google.com."], "gmail certain"),
    ([OWN, "mail CNAME acme-dk.mail.protection.outlook.com."], "microsoft certain"),
    ([OWN, "mail CNAME mx.simply.com."], "imap certain"),
    ([OWN, "mail CNAME eu-smtp-inbound-1.mimecast.com."], "none behind-gateway"),
    ([OWN, "mail CNAME mx1.forwardemail.net."], "none forwarder"),
    ([OWN, "mail CNAME mail.protonmail.ch."], "refused unsupported-provider"),
    ([OWN, "mail CNAME server.{domain}."], "imap possible"),
    # Two hosts.
    (["MX 1 smtp.google.com.", "MX 20 acme-dk.mail.protection.outlook.com."], "gmail likely"),
    (["MX 1 acme-dk.mail.protection.outlook.com.", "MX 20 aspmx.l.google.com."], "microsoft likely"),
    (["MX 10 smtp.google.com.", "MX 10 acme-dk.mail.protection.outlook.com."], "none several-hosts"),
    (["MX 10 smtp.google.com.", "MX 10 acme-dk.mail.protection.outlook.com.", OUTLOOK_AUTODISCOVER],
     "microsoft likely"),
    (["MX 10 mx.simply.com.", "MX 10 mx00.ionos.de."], "imap possible"),
    (["MX 5 inbound-smtp.eu-west-1.amazonaws.com.", "MX 10 smtp.google.com."], "refused unsupported-provider"),
    (["MX 5 smtp.google.com.", "MX 10 inbound-smtp.eu-west-1.amazonaws.com."], "gmail likely"),
    (["MX 5 mail.{domain}.", "MX 10 inbound-smtp.eu-west-1.amazonaws.com."], "imap possible"),
    (["MX 5 route1.mx.cloudflare.net.", "MX 10 smtp.google.com."], "gmail likely"),
    # The domain's own servers beside a host.
    (["MX 10 smtp.google.com.", "MX 20 mail.{domain}."], "gmail likely"),
    (["MX 10 mail.{domain}.", "MX 20 acme-dk.mail.protection.outlook.com."], "microsoft likely"),
    ([OWN], "imap possible"),
    ([OWN, OUTLOOK_SPF, OUTLOOK_AUTODISCOVER], "microsoft likely"),
    ([OWN, "TXT v=spf1 mx -all"], "imap possible"),
    (["MX 10 mx.some-hoster.test.", OUTLOOK_SPF], "imap possible"),
    (["MX 10 mx.some-hoster.test.", OUTLOOK_SPF, OUTLOOK_AUTODISCOVER], "microsoft likely"),
    # A forwarder holds no mailbox, whoever else shows.
    (["MX 10 mx1.forwardemail.net.", GOOGLE_SPF], "none forwarder"),
    (["MX 10 mx1.forwardemail.net.", GOOGLE_SPF, GOOGLE_DKIM], "none forwarder"),
    (["MX 10 mx1.improvmx.com.", BARRACUDA], "none forwarder"),
    # No mail, or by accident.
    (["MX 0 ."], "none null-mx"),
    (["A 127.0.0.1"], "imap possible"),
    (["TXT hello"], "imap possible"),
]  # fmt: skip


def rows():
    """Yield every row: an id, the domain, its zone and what is expected."""
    number = itertools.count(1)
    for provider, domains in CONSUMERS.items():
        for domain in domains.split():
            yield domain, domain, None, f"{provider} certain"
    for domain in WITHOUT_A_WAY_IN.split():
        yield domain, domain, None, "refused unsupported-provider"
    for host, expected in MX:
        yield host, f"acme{next(number)}.test", [f"MX 10 {host}."], expected
    for host in FORWARDERS.split():
        yield host, f"acme{next(number)}.test", [f"MX 10 {host}."], "none forwarder"
    for host in GATEWAYS.split():
        mx = f"MX 10 {host}."
        yield f"{host} alone", f"acme{next(number)}.test", [mx], "none behind-gateway"
        marks = [mx, OUTLOOK_SPF, OUTLOOK_AUTODISCOVER]
        yield f"{host} and two marks", f"acme{next(number)}.test", marks, "microsoft likely"
    for records, expected in TOGETHER:
        yield " + ".join(records)[:100], f"acme{next(number)}.test", records, expected
    yield "a name that does not exist", "nothing-there.test", None, "none no-such-domain"


ROWS = list(rows())


def fill(served, domain, records):
    """Put the records of a row into the zone."""
    named: dict[tuple[str, str], list[str]] = {}
    for record in records:
        text = record.replace("{domain}", domain)
        label, _, rest = ("", "", text) if text.startswith(("MX ", "TXT ", "A ")) else text.partition(" ")
        kind, _, value = rest.partition(" ")
        named.setdefault((f"{label}.{domain}" if label else domain, kind), []).append(value)
    for (name, kind), values in named.items():
        served.set(name, kind, *values)


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    """A discovery whose name server holds the zones of all rows; web servers there are none."""
    with zone() as served, microsoft_login() as login, closed_port() as nothing:
        for _, domain, records, _ in ROWS:
            if records is not None:
                fill(served, domain, records)
        # What another domain of the same owner includes, for a redirect to it.
        served.set("spf.group.test", "TXT", "v=spf1 include:spf.protection.outlook.com -all")
        config = load(
            {
                "CONSOLE_INSTANCE": str(tmp_path_factory.mktemp("table")),
                "CONSOLE_DNS_SERVER": served.server,
                "CONSOLE_ALLOW_NETWORKS": "127.0.0.0/8",
                "CONSOLE_ISPDB_URL": "",
                "CONSOLE_MICROSOFT_LOGIN_URL": login.url,
                "CONSOLE_DISCOVERY_HTTPS_PORT": str(nothing),
                "CONSOLE_DISCOVERY_HTTP_PORT": str(nothing),
            }
        )
        yield make_discovery(config, make_dialer(config)), served


def found(answer) -> str:
    """Return an answer in the words of the table."""
    if answer.refused:
        return f"refused {answer.refused.reason}"
    if answer.recommended is None:
        return f"none {answer.warnings[0].code if answer.warnings else ''}"
    return f"{answer.recommended} {answer.confidence}"


def test_the_table_is_long_enough():
    assert len({domain for _, domain, _, _ in ROWS}) >= 120


@pytest.mark.parametrize(("domain", "records", "expected"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_the_domain_tells_who_holds_the_mailbox(table, domain, records, expected):
    discovery, _ = table

    answer = discovery.of(parse(f"Bob.Berg@{domain.upper()}"))

    assert expected == found(answer)
    assert all(candidate.evidence for candidate in answer.candidates)
