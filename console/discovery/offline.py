"""What an address tells by itself, before anybody is asked."""

from console.discovery.addresses import Address
from console.discovery.answer import Caution, Saying
from console.discovery.exchangers import AMAZON
from console.discovery.judgement import FORWARDER, Judgement, by_table
from console.discovery.tables.consumers import BY_DOMAIN, PORTALS
from console.discovery.tables.endings import Endings
from console.discovery.tables.forwarders import ALIAS_DOMAINS
from console.discovery.tables.hosts import Host
from console.discovery.tables.refusals import DOMAINS
from console.discovery.tables.roles import is_role
from console.rules.amazon import is_amazon
from console.rules.texts import N_

_REFUSED = Endings((reason, domains.split()) for reason, domains in DOMAINS.items())
_OWN_DOMAIN = N_("%(domain)s is a domain of %(name)s.")
_FREE_MAIL = N_("This is a private mail address. For work, connect a mailbox of your company.")
_ROLE = N_(
    "Several people often share an address such as this one. Connect it only if the mailbox is yours alone; a team's "
    "address belongs in the conversations inbox."
)


def judged(address: Address) -> Judgement | None:
    """Return the judgement where the domain alone decides: mailboxes for everybody, and those without a way in."""
    domain = address.domain
    if is_amazon(domain):
        return by_table(AMAZON, ())
    reason = _REFUSED.of(domain)
    if reason is not None:
        return by_table(Host("", "", reason), ())
    host = BY_DOMAIN.get(domain)
    if host is not None:
        return by_table(host, [Saying(_OWN_DOMAIN, {"domain": domain, "name": host.name})])
    name = ALIAS_DOMAINS.of(domain)
    if name is not None:
        return Judgement(None, warnings=(Caution("forwarder", Saying(FORWARDER, {"domain": domain, "name": name})),))
    return None


def cautions(address: Address) -> tuple[Caution, ...]:
    """Return what to think of before connecting: a private address, an address of a team."""
    found = []
    if address.domain in BY_DOMAIN or address.domain in PORTALS:
        found.append(Caution("free-mail", Saying(_FREE_MAIL)))
    if is_role(address.local):
        found.append(Caution("role-address", Saying(_ROLE)))
    return tuple(found)
