"""Which host belongs to which registrable domain (Public Suffix List, https://publicsuffix.org/)."""

import ipaddress
import re
from functools import cache

import idna
from publicsuffixlist import PublicSuffixList

_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")


@cache
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList(accept_unknown=False)


def warm() -> None:
    """Read the list, which takes a moment, so that nobody waits for it later. For a process that begins to serve."""
    _suffixes()


def a_label(name: str) -> str:
    """Return a host name lower-cased, as A-label, without a trailing dot; what IDNA cannot encode stays lower-cased."""
    name = name.strip().rstrip(".").lower()
    try:
        return idna.encode(name, uts46=True).decode("ascii")
    except (idna.IDNAError, UnicodeError):
        return name


def is_host_name(name: str) -> bool:
    """Return whether `name` (an A-label name) is shaped like a host name.

    Labels of letters, digits and inner hyphens (RFC 1123).
    """
    return len(name) <= 253 and all(_LABEL.fullmatch(label) for label in name.split("."))


def registrable(host: str) -> str:
    """Return the registrable domain of `host`: imap.acme.co.uk -> acme.co.uk.

    An IP address, a name of one label and a name without a public suffix (mail.corp.local) are their own domain.
    """
    name = a_label(host)
    try:
        return str(ipaddress.ip_address(name.strip("[]")))
    except ValueError:
        return _suffixes().privatesuffix(name) or name


def base_domain(host: str) -> str:
    """Return the registrable domain of a host name, also where the list knows no suffix: mail.corp.local -> corp.local.

    That is the list's own default rule. It tells where to ask, and never where a password may go.
    """
    name = a_label(host)
    return registrable(name) if _suffixes().publicsuffix(name) else ".".join(name.split(".")[-2:])


def is_public_suffix(name: str) -> bool:
    """Return whether anybody can register names directly below `name`, as below co.uk or github.io."""
    return _suffixes().publicsuffix(a_label(name)) == a_label(name)


def within(host: str, domain: str) -> bool:
    """Return whether whoever holds `domain` also holds `host`.

    Both have one registrable domain, or `host` lies below a domain that no public suffix covers (corp.local).
    """
    host, domain = a_label(host), a_label(domain)
    if registrable(host) == registrable(domain):
        return True
    return _suffixes().publicsuffix(domain) is None and host.endswith(f".{domain}")


def at_or_above(host: str, domain: str) -> bool:
    """Return whether a host is the bare domain itself or a name above it: a web site, and not where mail is served."""
    host, domain = a_label(host), a_label(domain)
    return host == domain or domain.endswith(f".{host}")
