"""One connection to a scripted IMAP server, from the greeting to LOGOUT."""

from __future__ import annotations

import base64
import binascii
import re
import socket
import ssl
from collections.abc import Callable

from console.lab.imap_commands import Argument, Command, Gone, Malformed, Reader, read_command
from console.lab.imap_kinds import Folder
from console.lab.imap_visits import Attempt, ImapServer, Visit

MESSAGES = 3
_WORD = re.compile(rb"(?<=\* )(?:\d+ )?[A-Z]+|(?<=\d )[A-Z]+")


class Session:
    """Answers the commands of one client in the manner of the server's kind."""

    def __init__(self, server: ImapServer, sock: socket.socket, port: int) -> None:
        self.server, self.kind, self.sock = server, server.kind, sock
        self.visit = Visit(port)
        self.login = ""
        self.signed_in = self.selected = False
        self.reader = Reader(sock)

    def run(self) -> None:
        """Talk until the client leaves. Raises Gone or OSError when it does so without LOGOUT."""
        self.server.visits.append(self.visit)
        if self.visit.port == self.server.tls:
            self._encrypt()
        if words := self.server.closed():
            self._send(f"* BYE {words}")
            return
        self._greet()
        while True:
            try:
                command = read_command(self.reader, lambda: self._send("+ go on"))
                self.visit.commands.append(command.name)
                self.server.pause(command.name)
                if not self._answer(command):
                    return
            except Malformed as error:
                self._send(f"{error.tag.decode('ascii', 'replace')} BAD {error}")

    @property
    def capabilities(self) -> str:
        """What the server says it can do at this point."""
        if self.signed_in:
            return self.kind.signed_in
        return self.kind.secured if self._encrypted else f"{self.kind.before} STARTTLS"

    @property
    def _encrypted(self) -> bool:
        return isinstance(self.sock, ssl.SSLSocket)

    def _greet(self) -> None:
        if self.kind.chatty:
            self._send("* OK [ALERT] System maintenance tonight", "* OK ")
        announced = f"[CAPABILITY {self.capabilities}] " if self.kind.announce else ""
        self._send(f"* OK {announced}{self.kind.greeting}")

    def _answer(self, command: Command) -> bool:
        """Answer one command; False when it was the last."""
        if self.kind.chatty:
            self._send(f"* {MESSAGES} EXISTS", f"* CAPABILITY {self.capabilities}", "* OK ", "* NO ")
        actions = self._actions()
        action = actions.get(command.name)
        if action is None:
            self._finish(command, "BAD unknown command, or not now")
            return True
        return action(command) is not False

    def _actions(self) -> dict[str, Callable[[Command], bool | None]]:
        always: dict[str, Callable[[Command], bool | None]] = {
            "CAPABILITY": self._capability,
            "NOOP": self._noop,
            "LOGOUT": self._logout,
        }
        if self.kind.offers("ID", self.capabilities):
            always["ID"] = self._id
        if not self.signed_in:
            return always | {"STARTTLS": self._starttls, "LOGIN": self._login, "AUTHENTICATE": self._authenticate}
        inside = always | {"LIST": self._list, "LSUB": self._list, "SELECT": self._select, "EXAMINE": self._select}
        inside |= {"STATUS": self._status, "CREATE": self._noop, "SUBSCRIBE": self._noop, "ENABLE": self._noop}
        if self.kind.offers("NAMESPACE", self.capabilities):
            inside["NAMESPACE"] = self._namespace
        if self.kind.offers("XLIST", self.capabilities):
            inside["XLIST"] = self._list
        if self.selected:
            inside |= dict.fromkeys(("CLOSE", "CHECK", "FETCH", "UID FETCH"), self._noop)
            inside |= dict.fromkeys(("SEARCH", "UID SEARCH"), self._search)
        return inside

    def _capability(self, command: Command) -> None:
        self._send(f"* CAPABILITY {self.capabilities}")
        self._finish(command, "OK CAPABILITY completed")

    def _noop(self, command: Command) -> None:
        self._finish(command, f"OK {command.name} completed")

    def _logout(self, command: Command) -> bool:
        if not self.kind.cuts_at_logout:
            self._send(f"* BYE {self.kind.bye}")
            self._finish(command, "OK LOGOUT completed")
        return False

    def _id(self, command: Command) -> None:
        self.visit.id_given = bool(command.arguments) and isinstance(command.arguments[0], list)
        self._send(f"* ID {self.kind.id_answer}")
        self._finish(command, "OK ID completed")

    def _starttls(self, command: Command) -> None:
        if self._encrypted:
            self._finish(command, "BAD already encrypted")
            return
        self._finish(command, "OK Begin TLS negotiation now")
        self._encrypt()

    def _login(self, command: Command) -> bool:
        login, password = command.text(0), command.text(1)
        if self.kind.offers("LOGINDISABLED", self.capabilities):
            self._note("LOGIN", login, password)
            self._finish(command, self.kind.disabled)
            return True
        return self._judge(command, login, password, self.kind.refusal)

    def _authenticate(self, command: Command) -> bool:
        mechanism = command.text(0).upper()
        if mechanism == "LOGIN" and self.kind.offers("AUTH=LOGIN", self.capabilities):
            return self._authenticate_login(command)
        if mechanism != "PLAIN" or not self.kind.offers("AUTH=PLAIN", self.capabilities):
            self._finish(command, "NO unsupported authentication mechanism")
            return True
        at_once = len(command.arguments) > 1
        if at_once and not self.kind.offers("SASL-IR", self.capabilities):
            self._finish(command, "BAD too many arguments")
            return True
        if not at_once:
            self._send(f"+ {self.kind.prompt}")
        response = command.text(1).encode() if at_once else self.reader.line()
        try:
            _, login, password = base64.b64decode(response, validate=True).decode("utf-8", "replace").split("\0")
        except (binascii.Error, ValueError):
            self._finish(command, "BAD invalid response")
            return True
        return self._judge(command, login, password, self.kind.refusal_plain or self.kind.refusal)

    def _authenticate_login(self, command: Command) -> bool:
        answers = []
        for prompt in ("Username:", "Password:"):
            self._send(f"+ {base64.b64encode(prompt.encode()).decode('ascii')}")
            answers.append(base64.b64decode(self.reader.line(), validate=True).decode("utf-8", "replace"))
        login, password = answers
        return self._judge(command, login, password, self.kind.refusal_plain or self.kind.refusal)

    def _judge(self, command: Command, login: str, password: str, usual: str) -> bool:
        self._note(command.name, login, password)
        refusal = self.server.refusal(login, password, usual)
        self.signed_in, self.login = not refusal, login
        self._finish(command, refusal or self.kind.welcome.replace("@SIGNED_IN@", self.kind.signed_in))
        if not refusal and (parting := self.server.parting(login)):
            self._send(f"* BYE {parting}")
            return False
        return True

    def _note(self, how: str, login: str, password: str) -> None:
        self.visit.attempts.append(Attempt(how, login, password, self._encrypted))

    def _namespace(self, command: Command) -> None:
        self._send(f"* NAMESPACE {self.kind.namespace}")
        self._finish(command, "OK NAMESPACE completed")

    def _list(self, command: Command) -> None:
        arguments = list(command.arguments)
        chosen = _upper(arguments.pop(0)) if arguments and isinstance(arguments[0], list) else []
        extended = chosen or len(arguments) > 2
        if len(arguments) < 2 or (extended and not self.kind.offers("LIST-EXTENDED", self.capabilities)):
            self._finish(command, f"BAD invalid arguments for {command.name}")
            return
        reference, pattern = (Command(command.tag, "", tuple(arguments)).text(index) for index in (0, 1))
        if not pattern:
            self._send(f'* {command.name} (\\Noselect) "{self.kind.separator}" ""')
        matching = _matching(reference + pattern, self.kind.separator)
        for folder in self.server.folders(self.login):
            special = "SPECIAL-USE" not in chosen or _is_special(folder)
            if pattern and special and matching.fullmatch(folder.wire.decode("ascii")):
                self._list_one(command.name, folder)
        self._finish(command, f"OK {command.name} completed")

    def _list_one(self, verb: str, folder: Folder) -> None:
        opening = f'* {verb} ({folder.flags}) "{self.kind.separator}" '.encode("ascii")
        quoted = b'"' + re.sub(rb'(["\\])', rb"\\\1", folder.wire) + b'"'
        if self.kind.spelling == "literal":
            self._send(opening + b"{%d}\r\n" % len(folder.wire) + folder.wire)
        elif self.kind.spelling == "atom" and re.fullmatch(rb"[\w.&+,-]+", folder.wire):
            self._send(opening + folder.wire)
        else:
            self._send(opening + quoted)

    def _select(self, command: Command) -> None:
        self.selected = False
        if self.kind.id_before_select and not self.visit.id_given:
            self._finish(command, f"NO {command.name} Unsafe Login. Please contact kefu@188.com for help")
        elif self._known(command.text(0)):
            self.selected = True
            flags = "\\Answered \\Flagged \\Deleted \\Seen \\Draft"
            self._send(f"* FLAGS ({flags})", f"* {MESSAGES} EXISTS", "* 0 RECENT")
            self._send("* OK [UIDVALIDITY 1] Ok", f"* OK [UIDNEXT {MESSAGES + 1}] Ok")
            access = "READ-ONLY" if command.name == "EXAMINE" else "READ-WRITE"
            self._finish(command, f"OK [{access}] {command.name} completed")
        else:
            self._finish(command, "NO no such mailbox")

    def _status(self, command: Command) -> None:
        name = command.text(0)
        if self._known(name):
            self._send(f'* STATUS "{name}" (MESSAGES {MESSAGES} UIDNEXT {MESSAGES + 1} UIDVALIDITY 1)')
        self._finish(command, "OK STATUS completed" if self._known(name) else "NO no such mailbox")

    def _search(self, command: Command) -> None:
        self._send("* SEARCH " + " ".join(str(number + 1) for number in range(MESSAGES)))
        self._finish(command, f"OK {command.name} completed")

    def _known(self, name: str) -> bool:
        return name.upper() == "INBOX" or any(
            folder.wire.decode("ascii") == name for folder in self.server.folders(self.login)
        )

    def _finish(self, command: Command, words: str) -> None:
        if self.kind.chatty and words.startswith("OK ") and "[" not in words:
            words = "OK "
        self._send(f"{command.tag.decode('ascii', 'replace')} {words}")

    def _encrypt(self) -> None:
        # The handshake's own errors are the client's business: it left.
        try:
            self.sock = self.server.context.wrap_socket(self.sock, server_side=True)
        except OSError as error:
            raise Gone from error
        self.reader.replace(self.sock)

    def _send(self, *lines: str | bytes) -> None:
        encoded = [line if isinstance(line, bytes) else line.encode() for line in lines]
        if self.kind.lower_case:
            encoded = [_WORD.sub(lambda found: found[0].lower(), line, count=1) for line in encoded]
        self.sock.sendall(b"".join(line + b"\r\n" for line in encoded))


def _upper(options: Argument) -> list[str]:
    return [option.decode("ascii", "replace").upper() for option in options if isinstance(option, bytes)]


def _is_special(folder: Folder) -> bool:
    return any(f"\\{use}" in folder.flags.lower() for use in ("sent", "drafts", "trash", "junk", "archive", "all"))


def _matching(pattern: str, separator: str) -> re.Pattern[str]:
    one_level = f"[^{re.escape(separator)}]*"
    parts = {"*": ".*", "%": one_level}
    return re.compile("".join(parts.get(letter, re.escape(letter)) for letter in pattern))
