"""Domains of mailboxes for everybody: the address alone tells the provider.

Sources: thunderbird/autoconfig (the domains of its files hotmail.com, yahoo.com, aol.com, att.net, me.com, gmx.net,
gmx.com, mail.com, posteo.de, mail.dk, mail.jubii.dk, zoho.com, yandex.ru, 163.com, t-online.de), chatmail/provider-db
(fastmail, web.de, mail.ru, qq, freenet.de, rambler.ru, ukr.net), and the providers' own pages where a row names one.
"""

from console.discovery.tables.domain_lists import FASTMAIL, JUBII, MAIL_COM
from console.discovery.tables.endings import across, words
from console.discovery.tables.hosts import Host


def _row(name: str, domains: str, *, provider: str = "imap", like: str = "") -> tuple[Host, tuple[str, ...]]:
    listed = tuple(domains.split())
    return Host(name, provider, like=like or listed[0]), listed


_OUTLOOK = (
    "at be cl cz de dk es fr hu ie in it jp kr lv my ph pt sa sg sk co.id co.il co.th com.ar com.au com.br com.gr"
    " com.tr com.vn"
)
_HOTMAIL = (
    "be ca cl cz de dk es fi fr gr hu it lt lv my nl no ph rs se sg sk co.id co.il co.in co.jp co.kr co.nz co.th co.uk"
    " co.za com.ar com.au com.br com.hk com.tr com.tw com.vn"
)
_LIVE = (
    "at be ca cl cn de dk fi fr hk ie in it jp nl no ru se co.in co.jp co.kr co.uk co.za com.ar com.au com.co com.mx"
    " com.my com.pe com.ph com.pt com.sg com.ve"
)
_YAHOO = (
    "ca de it fr es se at be ch cl cn cz dk fi gr hu ie in nl no ph pl pt ro ru sk co.id co.il co.in co.kr co.nz co.th"
    " co.uk co.za com.ar com.au com.br com.cn com.co com.hk com.mx com.my com.pe com.ph com.sg com.tr com.tw com.ve"
    " com.vn"
)
_AOL = "de it fr es se ca at be ch dk fi hk in jp kr nl no pl ru tw co.uk co.nz com.au com.ar com.br com.mx com.tr"
_POSTEO = (
    "at be ca ch cl co co.uk com com.br cr cz dk ee es eu fi gl gr hn hr hu ie in is it jp la li lt lu me mx my net nl"
    " no nz org pe pl pm pt ro se sg si tn uk us"
)

CONSUMERS: tuple[tuple[Host, tuple[str, ...]], ...] = (
    # https://support.google.com/mail/answer/10313
    _row("Gmail", "gmail.com googlemail.com", provider="gmail"),
    _row(
        "Outlook.com",
        "outlook.com hotmail.com live.com msn.com windowslive.com passport.com livemail.tw"
        f" {across('outlook', _OUTLOOK)} {across('hotmail', _HOTMAIL)} {across('live', _LIVE)}",
        provider="microsoft",
    ),
    # Cox's and Sky's mailboxes moved to Yahoo (their own announcements; MX seen in October 2026).
    _row("Yahoo Mail", f"yahoo.com ymail.com rocketmail.com myyahoo.com cox.net sky.com {across('yahoo', _YAHOO)}"),
    _row("Yahoo! JAPAN Mail", "yahoo.co.jp ymail.ne.jp"),
    _row(
        "AOL",
        f"aol.com aim.com netscape.net netscape.com compuserve.com cs.com wmconnect.com verizon.net"
        f" {across('aol', _AOL)}",
    ),
    _row(
        "AT&T Mail",
        "att.net sbcglobal.net bellsouth.net ameritech.net pacbell.net prodigy.net swbell.net snet.net flash.net"
        " nvbell.net currently.com worldnet.att.net wans.net",
    ),
    # https://support.apple.com/118230
    _row("iCloud Mail", "icloud.com me.com mac.com"),
    _row("Fastmail", FASTMAIL, like="fastmail.com"),
    _row("Zoho Mail", "zoho.com zohomail.com"),
    _row("Zoho Mail", "zoho.eu zohomail.eu"),
    _row("Zoho Mail", "zoho.in zohomail.in"),
    _row("Zoho Mail", "zoho.com.au zohomail.com.au"),
    _row("Zoho Mail", "zoho.jp zohomail.jp"),
    _row("Zoho Mail", "zohocloud.ca"),
    # Two systems of one company, with servers of their own.
    _row("GMX", f"gmx.net {across('gmx', 'de at ch eu org info biz')} mein.gmx mail.gmx email.gmx"),
    _row(
        "GMX (international)",
        f"gmx.com {across('gmx', 'tm us co.uk es fr ca cn co.in com.br com.my hk ie ph pt ru se sg tw com.tr it li')}",
    ),
    _row(
        "WEB.DE",
        "web.de email.de flirt.ms hallo.ms kuss.ms love.ms magic.ms singles.ms cool.ms kanzler.ms okay.ms party.ms "
        "pop.ms stars.ms techno.ms clever.ms deutschland.ms genial.ms ich.ms online.ms smart.ms wichtig.ms "
        "action.ms fussball.ms joker.ms planet.ms power.ms",
    ),
    _row("mail.com", MAIL_COM, like="mail.com"),
    _row("Yandex Mail", f"yandex.ru {across('yandex', 'com by kz ua net')} ya.ru narod.ru", like="yandex.com"),
    _row("Mail.ru", "mail.ru inbox.ru list.ru bk.ru internet.ru vk.com xmail.ru"),
    _row("NetEase Mail", "163.com vip.163.com"),
    _row("NetEase Mail", "126.com vip.126.com"),
    _row("NetEase Mail", "yeah.net"),
    _row("QQ Mail", "qq.com foxmail.com vip.qq.com"),
    _row("T-Online", "t-online.de magenta.de"),
    _row("Posteo", f"posteo.de posteo.net {across('posteo', _POSTEO.replace(' net ', ' '))}"),
    _row("mailbox.org", "mailbox.org"),
    _row("YouSee Mail", "mail.dk"),
    _row("Jubii Mail", JUBII, like="jubii.dk"),
    _row("Stofa", "stofa.dk stofanet.dk"),
    _row("YouSee Mail", "yousee.dk youseemail.dk", like="mail.dk"),
    # https://www.infomaniak.com/en/free-email
    _row("Infomaniak", "ik.me ikmail.com etik.com", like="infomaniak.com"),
    _row("Freenet", "freenet.de"),
    _row("Rambler", "rambler.ru lenta.ru autorambler.ru myrambler.ru ro.ru rambler.ua"),
    _row("UKR.NET", "ukr.net"),
    _row("Naver", "naver.com"),
    _row("Seznam", "seznam.cz email.cz post.cz spoluzaci.cz"),
)

BY_DOMAIN: dict[str, Host] = {domain: host for host, domains in CONSUMERS for domain in domains}

# Mailboxes that internet providers and portals give to private people: not a company's, whoever answers for them.
# Source: thunderbird/autoconfig (domains of its files), the portals' sign-up pages.
PORTALS = words(
    """
    a1.net abv.bg alice.it arcor.de aruba.it bell.net bellnet.ca bigpond.com bigpond.net.au blueyonder.co.uk
    bluewin.ch bol.com.br btinternet.com btopenworld.com centrum.cz centurylink.net charter.net chello.at chello.nl
    club-internet.fr comcast.net daum.net earthlink.net embarqmail.com eircom.net email.it fastwebnet.it
    frontier.com free.fr freemail.hu frontiernet.net getmail.no globo.com hanmail.net hetnet.nl home.nl hushmail.com
    i.ua inbox.com inbox.lv interia.pl kabelmail.de kpnmail.nl kpnplanet.nl laposte.net libero.it mail.bg mail.ee
    mail.telenor.dk mailfence.com mindspring.com neuf.fr ntlworld.com numericable.fr o2.pl onet.pl online.de
    online.no op.pl optonline.net optusnet.com.au orange.fr planet.nl poczta.onet.pl post.tele.dk q.com quicknet.nl
    rediffmail.com roadrunner.com rogers.com runbox.com sapo.pt sfr.fr shaw.ca sina.cn sina.com skynet.be sohu.com
    spray.se startmail.com sympatico.ca talktalk.net tele2.se telefonica.net telenet.be telia.com terra.com.br
    tim.it tin.it tiscali.it tlen.pl uol.com.br upcmail.nl videotron.ca virgilio.it virgin.net virginmedia.com
    vodafone.de vodafone.it voila.fr wanadoo.fr windstream.net wp.pl xs4all.nl xtra.co.nz ziggo.nl zonnet.nl
    """
)
