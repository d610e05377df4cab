"""Hands mails to the organisation's own SMTP server: one connection, one after the other, each at most once.

`Submission` is run by `trial` like a family, so that what goes wrong is a problem of the catalogue, with its stage.
"""

import re
import smtplib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import cast

from console.providers.base import Mailbox, Probe, Settings
from console.providers.dial import Smtp
from console.providers.errors import StageTimeout, clean
from console.providers.letters import deliverable
from console.providers.line import Line
from console.providers.smtp_sign_in import sign_in
from console.rules.diagnose import Rule
from console.rules.masking import MASK, mask
from console.rules.texts import N_

# Some servers put the enhanced code at the end, others know none and say in words that it is not about the address.
_STATUS = re.compile(rb"(?<![\d.])5\.(\d{1,3})\.(\d{1,3})(?![\d.])")
_NOT_THE_ADDRESS = re.compile(
    rb"relay|rcpthosts|authenticat|prohibit|polic|denied|block|black|spam|helo|greylist", re.IGNORECASE
)
# Filters against spam name the address that they dislike; a reconnect link is good for whoever reads it.
_QUOTED_LINK = re.compile(r"(/reconnect/|%2Freconnect%2F)[^\s<>\"')\]]+", re.IGNORECASE)


class Fate(StrEnum):
    """What became of one mail."""

    UNTRIED = "untried"
    """Nothing was sent of it; the connection ended before its turn."""
    SENT = "sent"
    LATER = "later"
    """Refused for now (4xx)."""
    NO_SUCH = "no-such"
    """There is no such recipient."""
    REFUSED = "refused"
    """The message is refused for good, or its recipient for a reason that is not the address."""
    UNKNOWN = "unknown"
    """The connection ended after the message had begun: it may have arrived."""
    DROPPED = "dropped"
    """Whoever wanted it sent wants so no more."""


@dataclass
class Mail:
    """One mail. `make` is asked for its bytes right before they are sent, None when it is not to be sent any more.

    `fate` and `server_text` tell what became of it; `after` is called as soon as that is known.
    """

    recipient: str
    make: Callable[[], bytes | None]
    after: Callable[["Mail"], None] = lambda _mail: None
    fate: Fate = Fate.UNTRIED
    server_text: str = ""


@dataclass
class Submission:
    """A straight line from the name of the server to the last mail.

    `settings` hold host, port, security, username ("" signs nobody in) and sender; the secret's password belongs to the
    user name. With `told`, what becomes of the mails is told as stages as well, and the first failure ends the line.
    """

    mails: Sequence[Mail]
    told: bool = False
    rules: Sequence[Rule] = ()
    short: tuple[str, ...] = ()
    own_servers: bool = False
    stages: tuple[str, ...] = field(init=False)
    _secrets: tuple[str, ...] = field(default=(), init=False, repr=False)

    def __post_init__(self) -> None:
        self.stages = ("find-server", "smtp-reach", "smtp-secure", "smtp-sign-in", "smtp-sender") + (
            ("smtp-recipient", "smtp-message") if self.told else ()
        )

    def check(self, mailbox: Mailbox, probe: Probe) -> None:
        """Go through the stages and hand the mails over; raise what the library raises."""
        settings, line = mailbox.settings, cast(Line, probe.line)
        self._secrets = tuple(mailbox.secret.values())
        host, port = str(settings["host"]), int(settings["port"])
        with probe.stage("find-server", host=host) as stage:
            addresses = line.resolve(host, port)
            stage.say(N_("%(host)s is %(address)s"), host=host, address=addresses[0])
        with probe.stage("smtp-reach", host=host) as stage:
            sock = line.connect(host, addresses, port)
            stage.say(N_("port %(port)s answers"), port=port)
        with probe.stage("smtp-secure", host=host) as stage:
            smtp = line.smtp(sock, host, port, str(settings["security"]))
            stage.say("%(version)s", version=smtp.connection.tls_version().replace("TLSv", "TLS "))
        if settings["username"]:
            with probe.stage("smtp-sign-in", host=host):
                sign_in(smtp, str(settings["username"]), mailbox.secret["password"], "password", probe)
        for number, mail in enumerate(self.mails):
            if not self.told and not line.budget.holds_stage():
                # A mail that is cut off by our own clock may have arrived; one that was not begun can wait.
                if number == 0:
                    raise StageTimeout("The server took so long to sign in to that no time is left for a mail.")
                break
            self._hand_over(smtp, mail, settings, probe)
        line.part(smtp)

    def _hand_over(self, smtp: Smtp, mail: Mail, settings: Settings, probe: Probe) -> None:
        host = str(settings["host"])
        with probe.stage("smtp-sender", host=host):
            # A sender that is refused is refused for every mail, so the line ends here.
            code, said = smtp.mail(str(settings["sender"]))
            if code != 250:
                raise smtplib.SMTPSenderRefused(code, said, str(settings["sender"]))
        if not self.told:
            self._one(smtp, mail)
            return
        with probe.stage("smtp-recipient", host=host):
            self._recipient(smtp, mail)
        with probe.stage("smtp-message", host=host) as stage:
            data = mail.make()
            if data is not None:
                stage.say("%(answer)s", answer=self._message(smtp, mail, data))

    def _one(self, smtp: Smtp, mail: Mail) -> None:
        """Hand one mail of several over. What is wrong with it alone is noted; a lost connection ends the line."""
        try:
            self._recipient(smtp, mail)
            data = mail.make()
            if data is None:
                mail.fate = Fate.DROPPED
                smtp.rset()
                return
            self._message(smtp, mail, data)
        except (smtplib.SMTPResponseException, smtplib.SMTPRecipientsRefused):
            if smtp.sock is not None:
                smtp.rset()
        finally:
            mail.after(mail)

    def _recipient(self, smtp: Smtp, mail: Mail) -> None:
        if not deliverable(mail.recipient):
            # Nothing the server could say would help, and the other mails of the line can go.
            mail.fate = Fate.NO_SUCH
            raise smtplib.SMTPRecipientsRefused({mail.recipient: (553, b"5.6.7 the address needs SMTPUTF8")})
        code, said = smtp.rcpt(mail.recipient)
        if code not in {250, 251}:
            for_good = Fate.NO_SUCH if _names_nobody(code, said) else Fate.REFUSED
            mail.fate, mail.server_text = _judged(code, for_good), self._said(code, said)
            raise smtplib.SMTPRecipientsRefused({mail.recipient: (code, said)})

    def _message(self, smtp: Smtp, mail: Mail, data: bytes) -> str:
        code, said = smtp.docmd("DATA")
        if code == 354:
            mail.fate = Fate.UNKNOWN
            smtp.send(_stuffed(data))
            code, said = smtp.getreply()
        mail.server_text = self._said(code, said)
        if code != 250:
            mail.fate = _judged(code, Fate.REFUSED)
            raise smtplib.SMTPDataError(code, said)
        mail.fate = Fate.SENT
        return mail.server_text

    def _said(self, code: int, said: bytes) -> str:
        """Return what the server said, without the password and without links that it quotes from the mail."""
        told = mask(clean(b"%d %s" % (code, said)), self._secrets)
        return _QUOTED_LINK.sub(rf"\1{MASK}", told)


def _judged(code: int, for_good: Fate) -> Fate:
    return for_good if 500 <= code < 600 else Fate.LATER


def _names_nobody(code: int, said: bytes) -> bool:
    """Return whether a refusal at RCPT says that the address itself is wrong (RFC 5321, 4.2.3; RFC 3463, 3.2).

    A refused relay, a rule against the sender or a full mailbox says nothing against the address. Exchange Online says
    5.4.1 for addresses that its directory does not know.
    """
    status = _STATUS.search(said)
    if status is None:
        return code in {550, 551, 553} and not _NOT_THE_ADDRESS.search(said)
    subject, detail = int(status[1]), int(status[2])
    return (subject == 1 and detail not in {7, 8}) or (subject, detail) in {(2, 1), (4, 1)}


def _stuffed(data: bytes) -> bytes:
    """Return a message as DATA carries it: dots doubled at the beginning of lines, and the end (RFC 5321, 4.5.2)."""
    body = data if data.endswith(b"\r\n") else data + b"\r\n"
    return re.sub(rb"(?m)^\.", b"..", body) + b".\r\n"
