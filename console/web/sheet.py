"""The sheet for IT: servers, ports, where this server connects from, and what to allow. As a page and as plain text."""

from dataclasses import dataclass

from console.rules.domain_defaults import Kind
from console.rules.texts import N_
from console.services import cadence
from console.services.defaults import Domain
from console.web.current import context
from console.web.texts import say

WIDTH = 22


@dataclass(frozen=True)
class Section:
    """A heading with rows of label and value, and sentences below."""

    title: str
    rows: tuple[tuple[str, str], ...] = ()
    lines: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sheet:
    """What IT is given."""

    title: str
    lead: str
    sections: tuple[Section, ...]

    def text(self) -> str:
        """Return the sheet as plain text."""
        parts = [self.title, "=" * len(self.title), "", self.lead]
        for section in self.sections:
            parts += ["", section.title, "-" * len(section.title)]
            parts += [f"{label:<{WIDTH}} {value}" for label, value in section.rows]
            parts += [f"* {line}" for line in section.lines]
        return "\n".join(parts) + "\n"


def sheet_of(found: Domain) -> Sheet:
    """Return the sheet of a mail domain."""
    config = context().config
    return Sheet(
        say(
            N_("Mail servers of %(domain)s for %(organisation)s"),
            domain=found.row.shown,
            organisation=config.organisation,
        ),
        say(
            N_("The inbox console at %(url)s reads and sends mail for people on this domain. It needs the following."),
            url=config.base_url,
        ),
        (_servers(found), _from(), _allow(found)),
    )


def _servers(found: Domain) -> Section:
    title, kept = say(N_("Servers it connects to")), found.defaults
    if kept.kind is Kind.EXCHANGE:
        return Section(title, ((say(N_("Exchange (EWS)")), kept.exchange_url or ""),))
    if kept.kind is Kind.NONE:
        return Section(
            title, lines=(say(N_("Not set yet. Please tell us the IMAP and SMTP servers and their ports.")),)
        )
    spoken = {"tls": say(N_("TLS from the start")), "starttls": "STARTTLS"}
    return Section(
        title,
        tuple(
            (
                label,
                say(N_("%(host)s, TCP port %(port)s, %(security)s"), host=host, port=port, security=spoken[security]),
            )
            for label, host, port, security in (
                (say(N_("IMAP (reading)")), kept.imap_host, kept.imap_port, kept.imap_security or "tls"),
                (say(N_("SMTP (sending)")), kept.smtp_host, kept.smtp_port, kept.smtp_security or "tls"),
            )
        ),
    )


def _from() -> Section:
    title, known = say(N_("Addresses it connects from")), context().config.outgoing_addresses
    if not known:
        return Section(
            title,
            lines=(
                say(N_("Not configured yet. The operator lists them in CONSOLE_OUTGOING_ADDRESSES; ask for them.")),
            ),
        )
    return Section(
        title, lines=tuple(str(one.network_address) if one.num_addresses == 1 else str(one) for one in known)
    )


def _allow(found: Domain) -> Section:
    if found.defaults.kind is Kind.EXCHANGE:
        first = N_("HTTPS from these addresses to the Exchange server, for Exchange Web Services (EWS).")
        second = N_("Sign-in to EWS with the user's name and password, for the people who connect.")
    else:
        first = N_("IMAP and SMTP from these addresses to the servers above, in the firewall and in any sign-in rules.")
        second = N_("Sign-in with a password, or an app password, for IMAP and for SMTP submission (SMTP AUTH).")
    every = cadence.every(context(), None, found.defaults.kind.value)
    return Section(
        say(N_("What to allow")),
        lines=(
            say(first),
            say(second),
            say(N_("TLS 1.2 or newer. A password is never sent without encryption.")),
            say(N_("A certificate made out for the server name, from an authority that this server trusts.")),
            say(
                N_(
                    "Connections are short: about one check in %(minutes)s minutes per inbox, at most %(most)s at once."
                ),
                minutes=max(1, round(every.total_seconds() / 60)),
                most=context().config.checks_per_host,
            ),
        ),
    )
