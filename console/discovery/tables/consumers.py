"""Domains of mailboxes for everybody: the address alone tells the provider.

They are those of `known_providers`, whose servers are known too, and a few more with their source beside them.
"""

from console.discovery import known_domains as domains
from console.discovery.known_providers import PROVIDERS
from console.discovery.tables.endings import words
from console.discovery.tables.hosts import Host

# Domains whose mailboxes a family other than IMAP connects.
_FAMILIES = {domains.GMAIL: "gmail", domains.OUTLOOK: "microsoft"}

# `like` is the domain of the same provider whose servers these share, where `known_providers` has it.
_MORE = (
    # thunderbird/autoconfig yahoo.co.jp: another company than Yahoo
    (Host("Yahoo! JAPAN Mail"), "yahoo.co.jp"),
    # thunderbird/autoconfig gmx.net.xml
    (Host("GMX", like="gmx.net"), "mein.gmx mail.gmx email.gmx"),
    # MX of Norlys and of YouSee's filter, seen in October 2026
    (Host("Stofa"), "stofa.dk"),
    (Host("YouSee"), "yousee.dk"),
    # chatmail/provider-db freenet.de.md, rambler.ru.md, ukr.net.md, i.ua.md
    (Host("Freenet"), "freenet.de"),
    (Host("Rambler"), "rambler.ru lenta.ru autorambler.ru myrambler.ru ro.ru"),
    (Host("UKR.NET"), "ukr.net"),
    (Host("I.UA"), "i.ua"),
    # thunderbird/autoconfig naver.com.xml
    (Host("Naver"), "naver.com"),
)

CONSUMERS: tuple[tuple[Host, frozenset[str]], ...] = (
    *((Host(row.name, _FAMILIES.get(row.domains, "imap")), row.domains) for row in PROVIDERS if row.domains),
    *((host, words(listed)) for host, listed in _MORE),
)

BY_DOMAIN: dict[str, Host] = {domain: host for host, listed in CONSUMERS for domain in listed}

# Mailboxes that internet providers and portals give to private people: not a company's, whoever answers for them.
# Source: thunderbird/autoconfig (domains of its files), the portals' sign-up pages.
PORTALS = words(
    """
    a1.net abv.bg alice.it arcor.de aruba.it bell.net bellnet.ca bigpond.com bigpond.net.au blueyonder.co.uk
    bluewin.ch bol.com.br btinternet.com btopenworld.com centrum.cz centurylink.net charter.net chello.at chello.nl
    club-internet.fr comcast.net daum.net earthlink.net embarqmail.com eircom.net email.it fastwebnet.it
    frontier.com free.fr freemail.hu frontiernet.net getmail.no globo.com hanmail.net hetnet.nl home.nl hushmail.com
    inbox.com inbox.lv interia.pl kabelmail.de kpnmail.nl kpnplanet.nl laposte.net libero.it mail.bg mail.ee
    mail.telenor.dk mailfence.com mindspring.com neuf.fr ntlworld.com numericable.fr o2.pl onet.pl online.de
    online.no op.pl optonline.net optusnet.com.au orange.fr planet.nl poczta.onet.pl post.tele.dk q.com quicknet.nl
    rediffmail.com roadrunner.com rogers.com runbox.com sapo.pt sfr.fr shaw.ca sina.cn sina.com skynet.be sohu.com
    spray.se startmail.com sympatico.ca talktalk.net tele2.se telefonica.net telenet.be telia.com terra.com.br
    tim.it tin.it tiscali.it tlen.pl uol.com.br upcmail.nl videotron.ca virgilio.it virgin.net virginmedia.com
    vodafone.de vodafone.it voila.fr wanadoo.fr windstream.net wp.pl xs4all.nl xtra.co.nz ziggo.nl zonnet.nl
    """
)
