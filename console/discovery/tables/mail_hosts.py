"""Mail hosts by the marks they leave in DNS.

Sources, where a row names no other: the hosts' own set-up pages for MX and SPF, thunderbird/autoconfig (ISPDB, the
domains that its files name for MX), jace/mxsniff, postalsys/emailengine and MailCore2 for MX names, and answers seen
in public DNS in autumn 2026. An ending is as narrow as a host's own customers allow: many hosts also let machines
whose names end alike, and those are other people's mail servers.
"""

from console.discovery.tables.endings import across
from console.discovery.tables.hosts import Hosts, marks

GOOGLE = marks(
    "Google",
    provider="gmail",
    like="gmail.com",
    # https://knowledge.workspace.google.com/admin/domains/set-up-mx-records
    # (smtp.google.com since 2023; the older names stay valid)
    mx="smtp.google.com aspmx.l.google.com gmail-smtp-in.l.google.com googlemail.com psmtp.com",
    spf="_spf.google.com _netblocks.google.com aspmx.googlemail.com",
    dkim="google",
)
MICROSOFT = marks(
    "Microsoft 365",
    provider="microsoft",
    like="office365.com",
    # https://learn.microsoft.com/microsoft-365/enterprise/external-domain-name-system-records and, for *.mx.microsoft,
    # https://learn.microsoft.com/purview/how-smtp-dane-works
    mx="mail.protection.outlook.com mail.protection.outlook.de mail.eo.outlook.com mx.microsoft",
    spf="spf.protection.outlook.com spf.protection.outlook.de",
    autodiscover="autodiscover.outlook.com autodiscover-s.outlook.com outlook.office365.com office365.com"
    " autodiscover-legacy.outlook.com autodiscover.hotmail.com",
    dkim="selector1=onmicrosoft.com selector1=dkim.mail.microsoft"
    " selector2=onmicrosoft.com selector2=dkim.mail.microsoft",
)
OUTLOOK_COM = marks(
    "Outlook.com",
    provider="microsoft",
    like="outlook.com",
    mx="olc.protection.outlook.com mx1.hotmail.com mx2.hotmail.com mx3.hotmail.com mx4.hotmail.com",
)

# https://learn.microsoft.com/microsoft-365/enterprise/microsoft-365-u-s-government-gcc-high-endpoints, …-dod-endpoints,
# https://learn.microsoft.com/microsoft-365/enterprise/urls-and-ip-address-ranges-21vianet
CLOUDS = (
    marks(
        "Microsoft 365 GCC High or DoD",
        provider="",
        refusal="us-government",
        mx="protection.office365.us",
        spf="spf.protection.office365.us",
        autodiscover="office365.us outlook.us",
        dkim="selector1=onmicrosoft.us",
    ),
    marks(
        "Microsoft 365 operated by 21Vianet",
        provider="",
        refusal="china",
        mx="protection.partner.outlook.cn",
        spf="spf.protection.partner.outlook.cn",
        autodiscover="partner.outlook.cn",
        dkim="selector1=partner.onmschina.cn",
    ),
)

WITHOUT_A_WAY_IN = (
    # https://proton.me/support/custom-domain, https://proton.me/support/simplelogin (aliases)
    marks(
        "Proton Mail",
        provider="",
        refusal="proton",
        mx="protonmail.ch alias.proton.me mail.proton.me",
        spf="_spf.protonmail.ch",
        dkim="protonmail=proton.ch",
    ),
    # https://tuta.com/support#custom-domain
    marks("Tuta", provider="", refusal="tuta", mx="mail.tutanota.de w1.tutanota.de", spf="spf.tutanota.de"),
    # https://help.hey.com/article/731-hey-for-domains-setup
    marks("HEY", provider="", refusal="hey", mx="hey.com", spf="_spf.hey.com", dkim="heymail"),
)

_ZOHO = "com eu in com.au jp com.cn sa uk ae"
_IONOS = "de com co.uk fr es it mx at ca us"
_ONE_AND_ONE = "com de fr es it co.uk ca us mx"

# Hosted Exchange of others than Microsoft.
HOSTED_EXCHANGE = (
    marks("OVHcloud Exchange", provider="exchange", mx="ex.mail.ovh.net ex1.mail.ovh.net ex2.mail.ovh.net"
          " ex3.mail.ovh.net ex4.mail.ovh.net ex5.mail.ovh.net", autodiscover="ex.mail.ovh.net ex1.mail.ovh.net"
          " ex2.mail.ovh.net ex3.mail.ovh.net ex4.mail.ovh.net ex5.mail.ovh.net"),
    marks("Rackspace Hosted Exchange", provider="exchange", mx="mlsrvr.com", autodiscover="mlsrvr.com"),
    marks("Intermedia Exchange", provider="exchange", mx="serverdata.net", autodiscover="serverdata.net"),
)  # fmt: skip

IMAP_HOSTS = (
    # Yahoo's back end, https://senders.yahooinc.com/
    marks("Yahoo Mail", like="yahoo.com", mx="am0.yahoodns.net mx-apac.mail.gm0.yahoodns.net"),
    marks("AOL", like="aol.com", mx="mx-aol.mail.gm0.yahoodns.net"),
    marks("AT&T Mail", like="att.net", mx="prodigy.net al-ip4-mx-vip1.prodigy.net"),
    marks("Yahoo! JAPAN Mail", like="yahoo.co.jp", mx="mail.yahoo.co.jp"),
    # https://support.apple.com/102374
    marks("iCloud Mail", like="icloud.com", mx="mail.icloud.com", spf="icloud.com",
          dkim="sig1=icloudmailadmin.com"),
    # https://www.fastmail.help/hc/en-us/articles/360060591153
    marks("Fastmail", like="fastmail.com", mx="messagingengine.com", spf="spf.messagingengine.com",
          autodiscover="fastmail.com messagingengine.com", dkim="fm1=fmhosted.com"),
    # https://www.zoho.com/mail/help/adminconsole/configure-email-delivery.html
    # Each country is a data centre of its own.
    *(
        marks("Zoho Mail", like=f"zoho.{country}", mx=f"zoho.{country} zohomail.{country}",
              spf=f"zoho.{country} zohomail.{country}", autodiscover=f"zoho.{country}")
        for country in _ZOHO.split()
    ),
    marks("Zoho Mail", like="zohocloud.ca", mx="zohocloud.ca", spf="zohocloud.ca"),
    marks("GMX", like="gmx.net", mx="mx00.gmx.net mx01.gmx.net emig.gmx.net"),
    marks("GMX (international)", like="gmx.com", mx="mx00.gmx.com mx01.gmx.com mx0.gmx.com mx1.gmx.com"),
    marks("WEB.DE", like="web.de", mx="mx-ha02.web.de mx-ha03.web.de mx-ha.web.de"),
    marks("mail.com", like="mail.com", mx="mx00.mail.com mx01.mail.com"),
    # https://yandex.com/support/yandex-360/business/admin/en/domains/dns
    marks("Yandex 360", like="yandex.com", mx="mx.yandex.net mx.yandex.ru", spf="_spf.yandex.net _spf.yandex.ru"),
    marks("Mail.ru", like="mail.ru", mx="mxs.mail.ru emx.mail.ru", spf="_spf.mail.ru"),
    marks("one.com", like="one.com", mx="one.com", spf="_custspf.one.com", autodiscover="one.com"),
    marks("Simply.com", like="simply.com", mx="simply.com unoeuro.com", spf="spf.simply.com spf.unoeuro.com",
          autodiscover="simply.com", dkim="simplycom1"),
    # https://www.ionos.com/help/domains/configuring-mail-servers-and-other-related-records/
    *(
        marks("IONOS", like=f"ionos.{country}", mx=f"mx00.ionos.{country} mx01.ionos.{country} mx10.ionos.{country}"
              f" mx11.ionos.{country}", dkim=f"s1-ionos=dkim.ionos.{country}")
        for country in _IONOS.split()
    ),
    marks("IONOS", like="ionos.com", mx=f"{across('1and1', _ONE_AND_ONE)} perfora.net",
          spf="perfora.net _spf.perfora.net _spf-us.ionos.com"),
    marks("IONOS", like="ionos.de", mx="kundenserver.de 1und1.de", spf="_spf.kundenserver.de _spf-eu.ionos.com",
          autodiscover="adsredir.ionos.info adsredir.1and1.info"),
    # https://help.ovhcloud.com/csm/en-mx-configuration (mail.ovh.net; the bare names are those of the older offers)
    marks("OVHcloud", like="ovh.net", mx="mail.ovh.net mail.ovh.ca mx1.ovh.net mx2.ovh.net mx3.ovh.net mx4.ovh.net",
          spf="mx.ovh.com mx.ovh.ca", autodiscover="mail.ovh.net mailconfig.ovh.net", dkim="ovhmo-selector-1"),
    marks("Strato", like="strato.de", mx="rzone.de", spf="spf.rzone.de", autodiscover="strato.de rzone.de",
          dkim="strato-dkim-0002 strato-dkim-0003"),
    # A mailbox and a free forwarding look alike here.
    marks("Gandi", like="gandi.net", mx="spool.mail.gandi.net fb.mail.gandi.net", spf="_mailcust.gandi.net",
          autodiscover="gandi.net", dkim="gm1=gandimail.net"),
    marks("Migadu", like="migadu.com", mx="migadu.com", spf="spf.migadu.com", autodiscover="migadu.com",
          dkim="key1=migadu.com"),
    marks("mailbox.org", like="mailbox.org", mx="mailbox.org", spf="spf.mailbox.org mailbox.org",
          autodiscover="mailbox.org", dkim="mbo0001"),
    marks("Posteo", like="posteo.de", mx="posteo.de"),
    marks("Infomaniak", like="infomaniak.com", mx="infomaniak.ch infomaniak.com", spf="spf.infomaniak.ch",
          autodiscover="infomaniak.com infomaniak.ch"),
    marks("Rackspace Email", like="emailsrvr.com", mx="emailsrvr.com", spf="emailsrvr.com",
          autodiscover="emailsrvr.com"),
    # Rented machines end in secureserver.net as well, so the mail servers are named one by one.
    marks("GoDaddy", like="secureserver.net", mx="smtp.secureserver.net mailstore1.secureserver.net"
          " smtp.europe.secureserver.net mailstore1.europe.secureserver.net smtp.asia.secureserver.net"
          " mailstore1.asia.secureserver.net", autodiscover="autodiscover.secureserver.net"),
    marks("Namecheap Private Email", like="privateemail.com", mx="privateemail.com", spf="spf.privateemail.com",
          autodiscover="privateemail.com"),
    marks("Hostinger", like="hostinger.com", mx=across("hostinger", "com in io co.uk com.br"),
          spf="_spf.hostinger.com _spf.mail.hostinger.com", autodiscover="hostinger.com",
          dkim="hostingermail-a=hostinger.com hostingermail1=hostinger.com"),
    marks("Titan", like="titan.email", mx="titan.email", spf="spf.titan.email", autodiscover="titan.email",
          dkim="titan1"),
    marks("NetEase enterprise mail", like="qiye.163.com", mx="qiye163mx01.mxmail.netease.com"
          " qiye163mx02.mxmail.netease.com qiye163mx03.mxmail.netease.com hzmx01.mxmail.netease.com"
          " hzmx02.mxmail.netease.com ym.163.com", spf="spf.qiye.163.com spf.163.com"),
    marks("NetEase Mail", like="163.com", mx="mxmail.netease.com"),
    marks("Tencent Exmail", like="exmail.qq.com", mx="mxbiz1.qq.com mxbiz2.qq.com exmail.qq.com",
          spf="spf.mail.qq.com"),
    marks("QQ Mail", like="qq.com", mx="mx1.qq.com mx2.qq.com mx3.qq.com"),
    marks("Alibaba Mail", like="qiye.aliyun.com", mx="mxhichina.com qiye.aliyun.com sg.aliyun.com",
          spf="spf.mxhichina.com spf.qiye.aliyun.com"),
    marks("Naver", like="naver.com", mx="mx1.naver.com mx2.naver.com mx3.naver.com mx4.naver.com mx5.naver.com"
          " mx6.naver.com"),
    marks("Lark", like="larksuite.com", mx="larksuite.com feishu.cn",
          spf="_netblocks.m.larksuite.com _netblocks.m.feishu.cn"),
    marks("Zone", like="zone.eu", mx="zone.eu zone.ee", spf="_spf.zone.eu"),
    # https://support.hostedemail.com, sold as Hover, Tucows and by many registrars
    marks("OpenSRS", like="hostedemail.com", mx="hostedemail.com", spf="_spf.hostedemail.com"),
    marks("DreamHost", like="dreamhost.com", mx="mx1.dreamhost.com mx2.dreamhost.com mail.dreamhost.com",
          spf="netblocks.dreamhost.com"),
    marks("Hetzner", like="your-server.de", mx="your-server.de"),
    marks("ALL-INKL", like="kasserver.com", mx="kasserver.com", spf="spf.kasserver.com"),
    marks("domainfactory", like="df.eu", mx="ispgateway.de df.eu", spf="spf.ispgateway.de"),
    marks("Loopia", like="loopia.se", mx="loopia.se", spf="spf.loopia.se", autodiscover="loopia.com loopia.se"),
    marks("Domeneshop", like="domeneshop.no", mx="domeneshop.no domainname.shop", spf="_spf.domeneshop.no"),
    marks("DanDomain", like="dandomain.dk", mx="dandomain.dk", spf="spf.dandomain.dk"),
    marks("Hostpoint", like="hostpoint.ch", mx="mail.hostpoint.ch", spf="spf.mail.hostpoint.ch"),
    marks("TransIP", like="transip.email", mx="transip.email", spf="_spf.transip.email",
          dkim="transip-a=transip.email"),
    marks("Combell", like="combell.com", mx="mailprotect.be", spf="spf.mailprotect.be"),
    marks("Seznam", like="seznam.cz", mx="seznam.cz email.cz", spf="spf.seznam.cz"),
    marks("home.pl", like="home.pl", mx="home.pl"),
    marks("Runbox", like="runbox.com", mx="runbox.com", spf="spf.runbox.com"),
    marks("Mailfence", like="mailfence.com", mx="mailfence.com", spf="_spf.mailfence.com"),
    marks("StartMail", like="startmail.com", mx="startmail.com", spf="spf.startmail.com"),
    marks("Soverin", like="soverin.net", mx="soverin.net", spf="soverin.net"),
    marks("Purelymail", like="purelymail.com", mx="purelymail.com", spf="_spf.purelymail.com"),
    marks("MXroute", like="mxroute.com", mx="mxrouting.net mxroute.com mxlogin.com", spf="mxroute.com mxlogin.com"),
    marks("Spacemail", like="spacemail.com", mx="spacemail.com", spf="spf.spacemail.com"),
    marks("T-Online", like="t-online.de", mx="mx00.t-online.de mx01.t-online.de mx02.t-online.de mx03.t-online.de"),
)  # fmt: skip

HOSTS = Hosts(
    (GOOGLE, MICROSOFT, OUTLOOK_COM, *CLOUDS, *WITHOUT_A_WAY_IN, *HOSTED_EXCHANGE, *IMAP_HOSTS),
    # High Volume Email only sends; machines let by Hetzner; Google Domains' forwarding is a forwarder.
    not_mailboxes=("hve.mx.microsoft", "clients.your-server.de", "gmr-smtp-in.l.google.com"),
)
