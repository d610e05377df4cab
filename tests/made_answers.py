"""Answers of discovery, made by hand: what a worker would store if the network had said so."""

from dataclasses import replace

from console.discovery.addresses import Address, parse
from console.discovery.answer import Answer, Candidate, Caution, Default, Refusal, Saying, Server, Settings, Source
from console.services import discoveries
from console.services.context import Context


class Made:
    """Stands where `console.discovery.discover.Discovery` does and always answers the same about any address."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer

    def of(self, address: Address, default: Default | None = None) -> Answer:
        return replace(self.answer, address=address)


def answered(ctx: Context, discovery_id: str, answer: Answer) -> None:
    """Let a worker answer this discovery so."""
    discoveries.run(replace(ctx, discovery=Made(answer)), discovery_id)


def said(text: str, **values: str) -> Saying:
    return Saying(text, values)


def candidate(provider: str, confidence: str, *evidence: str) -> Candidate:
    return Candidate(provider, confidence, tuple(said(line) for line in evidence))


def settings(domain: str = "acme.test", **changes: object) -> Settings:
    """IMAP and SMTP servers of `domain` from a source that can be believed; `changes` are those of Settings."""
    found = Settings(
        source="autoconfig",
        transport="https",
        relation="same",
        imap=Server(f"mail.{domain}", 993, "tls"),
        smtp=Server(f"mail.{domain}", 465, "tls"),
        imap_username="%EMAILADDRESS%",
        smtp_username="%EMAILADDRESS%",
    )
    return replace(found, **changes)


def answer(recommended: str | None, *candidates: Candidate, **changes: object) -> Answer:
    """An answer about nobody@nowhere.test, to be told about another address by `Made`."""
    return replace(Answer(parse("nobody@nowhere.test"), recommended, candidates), **changes)


APP_PASSWORD = Caution(
    "app-password",
    said("Google wants an app password here, not the password of the account."),
    "https://support.google.com/accounts/answer/185833",
)
RETIRED = Caution("password-retired", said("Microsoft takes no passwords from mail programs any more. Sign in there."))
FREE_MAIL = Caution("free-mail", said("This is a private mailbox at a free-mail provider."))
GMAIL = answer(
    "gmail",
    candidate("gmail", "certain", "MX of acme.test: aspmx.l.google.com", "SPF of acme.test: _spf.google.com"),
    candidate("imap", "possible", "Google offers IMAP at imap.gmail.com"),
    settings=settings(
        "gmail.com",
        source="table",
        transport="table",
        relation="provider",
        imap=Server("imap.gmail.com", 993, "tls"),
        smtp=Server("smtp.gmail.com", 465, "tls"),
        cautions=(APP_PASSWORD,),
    ),
    sources=(
        Source("mx", "found", 11, "aspmx.l.google.com and 4 more"),
        Source("dns-signals", "found", 14),
        Source("autoconfig", "nothing", 38),
        Source("ispdb", "late", 4000),
    ),
)
MICROSOFT = answer(
    "microsoft",
    candidate("microsoft", "likely", "MX of acme.test: acme-test.mail.protection.outlook.com"),
    settings=settings("office365.com", transport="table", relation="provider", cautions=(RETIRED,)),
)
IMAP = answer(
    "imap",
    candidate("imap", "likely", "autoconfig of acme.test names mail.acme.test"),
    settings=settings(),
    sources=(Source("mx", "found", 12, "mx.acme.test"), Source("autoconfig", "found", 41)),
)
REFUSED = answer(
    None,
    refused=Refusal(
        "unsupported-provider",
        said("Proton keeps mail where no other program can read it, so this mailbox cannot be connected."),
        "https://proton.me/support/imap-smtp-and-pop3-setup",
    ),
)
FORWARDER = answer(
    None,
    warnings=(
        Caution(
            "forwarder",
            said("The mail of acme.test is forwarded. Type the address of the mailbox where it arrives."),
        ),
    ),
)
FOREIGN = replace(
    IMAP,
    settings=settings(
        "example.net",
        source="srv",
        transport="dns",
        relation="foreign",
        imap=Server("imap.example.net", 993, "tls"),
        smtp=Server("smtp.example.net", 465, "tls"),
        imap_username="%EMAILLOCALPART%",
        smtp_username="%EMAILLOCALPART%",
        cautions=(Caution("local-part-user-name", said("The user name here is the part before the @.")),),
    ),
)
BY_ADMIN = replace(
    IMAP,
    settings=settings(source="admin", transport="admin", note="Use the password of your PC."),
)
LOCKED = replace(BY_ADMIN, settings=settings(source="admin", transport="admin", locked=True))
