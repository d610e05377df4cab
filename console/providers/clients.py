"""imapclient and smtplib over a connection that is already there, and held to its budget."""

import base64
import imaplib
import re
import smtplib
import socket
from typing import Any, cast

from imapclient import IMAPClient
from imapclient.exceptions import IMAPClientError, LoginError
from imapclient.imap_utf7 import decode

from console.providers.errors import EncryptionNotOffered, Goodbye, WrongProtocol, clean
from console.providers.sockets import Socket

# The word after "*" or a tag: OK, CAPABILITY, EXISTS and so on.
_WORD = re.compile(rb"((?:\*|[A-Za-z]+\d+) (?:\d+ )?)([A-Za-z-]+)")


class _Protocol(imaplib.IMAP4):
    """imaplib with reading and writing left to the connection.

    imaplib reads ahead on its own, differently from Python 3.14 on, and reserves what a literal announces. Here both
    reads go straight to the connection, which refuses what the budget does not cover.
    """

    def __init__(self, sock: Socket, host: str) -> None:
        self.connection = sock
        super().__init__(host, sock.port)

    def open(self, host: str = "", port: int = 143, timeout: float | None = None) -> None:
        self.host, self.port = host, port
        self.use(self.connection)

    def use(self, sock: Socket) -> None:
        """Go on over `sock`."""
        self.connection = sock
        self.sock = cast(socket.socket, sock)

    def read(self, size: int) -> bytes:
        return self.connection.read(size)

    def readline(self) -> bytes:
        return self.connection.readline()

    def send(self, data: Any) -> None:
        self.connection.sendall(data)

    def shutdown(self) -> None:
        self.connection.close()

    def login(self, user: str, password: str) -> Any:
        """Sign in with both texts quoted; imaplib quotes the password only, and a user name may hold a space."""
        text = user + password
        if not text.isascii() or any(character in text for character in "\r\n\0"):
            raise ValueError("LOGIN carries ASCII without line ends only")
        said, data = self._simple_command("LOGIN", _quoted(user), _quoted(password))
        if said != "OK":
            raise self.error(data[-1])
        self.state = "AUTH"
        return said, data

    def authenticate(self, mechanism: str, authobject: Any) -> Any:
        """Sign in with a mechanism of one answer, such as PLAIN.

        imaplib reads words in place of the empty challenge as base64, which "+ go ahead" is not; here they are left
        aside, and a challenge too many is declined.
        """
        return self._authenticated(mechanism, authobject(b""))

    def authenticate_login(self, user: str, password: str) -> Any:
        """Sign in with the mechanism LOGIN (draft-murchison-sasl-login): name and password, each on asking."""
        return self._authenticated("LOGIN", user, password)

    def _authenticated(self, mechanism: str, *answers: str) -> Any:
        self._answers = [base64.b64encode(answer.encode()) for answer in answers]
        self.literal: Any = self._answer
        said, data = self._simple_command("AUTHENTICATE", mechanism)
        if said != "OK":
            raise self.error(data[-1])
        self.state = "AUTH"
        return said, data

    def _answer(self, _challenge: bytes) -> bytes:
        return self._answers.pop(0) if self._answers else b"*"

    def select_once(self, folder: str) -> Any:
        """Send SELECT; unlike imaplib's own, a folder that may only be read is no failure."""
        self.untagged_responses.clear()
        self.is_readonly = True
        said, data = self._simple_command("SELECT", folder)
        if said != "OK":
            return said, data
        self.state = "SELECTED"
        return said, self.untagged_responses.get("EXISTS", [None])

    def begin_tls(self) -> None:
        """Send STARTTLS. Raises EncryptionNotOffered when it is refused."""
        try:
            said, data = self._simple_command("STARTTLS")
        except imaplib.IMAP4.abort as error:
            raise WrongProtocol("unknown", server_text=clean(str(error).encode())) from error
        except imaplib.IMAP4.error as error:
            raise EncryptionNotOffered(
                "The server refuses STARTTLS.", server_text=clean(str(error).encode())
            ) from error
        if said != "OK":
            raise EncryptionNotOffered("The server refuses STARTTLS.", server_text=clean(data[-1] or b""))

    def ask_capabilities(self) -> None:
        """Ask anew; what was said before encryption may have been anybody's (RFC 9051, 6.2.1)."""
        self.untagged_responses.clear()
        self._get_capabilities()

    def _get_capabilities(self) -> None:
        # Many servers say what they can do in the greeting, which saves a round trip.
        told = self.untagged_responses.pop("CAPABILITY", None)
        if not told:
            _, told = self.capability()
        text = told[-1] if told else None
        if not isinstance(text, bytes):
            raise WrongProtocol("unknown")
        self.capabilities = tuple(text.decode("ascii", "replace").upper().split())

    def _get_line(self) -> bytes:
        # imaplib knows these words in capitals only; servers may write them in any case (RFC 9051, 9, note 1).
        line: bytes = super()._get_line()  # type: ignore[misc]
        return _WORD.sub(lambda found: found[1] + found[2].upper(), line, count=1) if _WORD.match(line) else line

    def _get_response(self, *arguments: Any, **named: Any) -> Any:
        try:
            return super()._get_response(*arguments, **named)  # type: ignore[misc]
        except ValueError as error:
            # A literal of thousands of digits, a status in another alphabet.
            raise WrongProtocol("unknown") from error

    def _check_bye(self) -> None:
        said = self.untagged_responses.get("BYE")
        if said:
            text = said[-1] if isinstance(said[-1], bytes) else b" ".join(said[-1])
            raise Goodbye("The server says goodbye.", server_text=clean(b"* BYE " + text))

    def _log(self, line: str) -> None:
        """Keep no copy of commands: LOGIN holds the password."""


def _quoted(text: str) -> str:
    """Return a quoted string (RFC 9051, 9)."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


class FolderRefused(IMAPClientError):
    """The server says NO to opening a folder. The text is worded as imapclient's own."""


class Imap(IMAPClient):
    """An IMAPClient whose greeting has been read."""

    def __init__(self, sock: Socket, host: str) -> None:
        self._given = sock
        super().__init__(host, sock.port, ssl=False)
        self._imap.debug = 0
        self.folder_encode = False  # One name that is not in modified UTF-7 would spoil the whole list.

    def _create_IMAP4(self) -> _Protocol:
        try:
            return _Protocol(self._given, self.host)
        except imaplib.IMAP4.error as error:
            raise WrongProtocol("unknown", server_text=clean(str(error).encode())) from error

    @property
    def connection(self) -> Socket:
        """The connection that this client speaks over."""
        return cast(_Protocol, self._imap).connection

    def mechanisms(self) -> frozenset[str]:
        """Return the SASL mechanisms the server offers now, in capitals."""
        return frozenset(
            name.decode("ascii", "replace").upper().removeprefix("AUTH=")
            for name in self.capabilities()
            if name.upper().startswith(b"AUTH=")
        )

    def login_disabled(self) -> bool:
        """Return whether the server takes no LOGIN command now."""
        return bool(self.has_capability("LOGINDISABLED"))

    def login_quoted(self, username: str, password: str) -> None:
        """Sign in with LOGIN. Raises imapclient's LoginError, ValueError for what LOGIN cannot carry (ASCII only)."""
        self.login(username, password)

    def login_by_mechanism(self, username: str, password: str) -> None:
        """Sign in with AUTHENTICATE LOGIN. Raises imapclient's LoginError."""
        try:
            self._command_and_check("authenticate_login", username, password, unpack=True)
        except IMAPClientError as error:
            raise LoginError(str(error)) from error

    def examine(self, folder: str) -> int:
        """Open `folder` without the right to change it and return its number of messages.

        A server that does not know EXAMINE is asked to SELECT, once; nothing is changed in the folder then either.
        Raises FolderRefused for a NO.
        """
        try:
            said, data = self._imap.select(folder, readonly=True)
        except imaplib.IMAP4.abort:
            raise
        except imaplib.IMAP4.error:  # BAD.
            said, data = self._imap.select_once(folder)
        if said != "OK":
            raise FolderRefused(f"select failed: {clean(data[-1] or b'')}")
        count = data[-1] if data else None
        return int(count) if isinstance(count, bytes) and count.isdigit() else 0

    def special_folders(self) -> Any:
        """List the special-use folders only (RFC 6154, 5.1), or all where the server does not take that question."""
        try:
            said, data = self._imap._simple_command("LIST", "(SPECIAL-USE)", '""', '"*"')
        except imaplib.IMAP4.abort:
            raise
        except imaplib.IMAP4.error:  # BAD, from servers that flag folders without knowing LIST-EXTENDED.
            return self.list_folders()
        if said != "OK":
            return self.list_folders()
        _, listed = self._imap._untagged_response(said, data, "LIST")
        return self._proc_folder_list(listed)

    def listed(self) -> int:
        """Return how many folders of the newest list have arrived, also of one that was cut short."""
        return len(self._imap.untagged_responses.get("LIST", ()))

    def own_prefixes(self) -> list[str]:
        """Return what the names of the person's own folders begin with (RFC 2342); nothing where none is told."""
        if not self.has_capability("NAMESPACE"):
            return []
        try:
            prefixes = [prefix for prefix, _ in self.namespace().personal or ()]
        except imaplib.IMAP4.abort:
            raise
        except (imaplib.IMAP4.error, TypeError, ValueError):
            return []
        return [prefix.decode("ascii") for prefix in prefixes if isinstance(prefix, bytes) and prefix.isascii()]

    def _proc_folder_list(self, folder_data: Any) -> Any:
        return [(flags, by, folder_name(name)) for flags, by, name in super()._proc_folder_list(folder_data)]

    def ask_starttls(self) -> None:
        """Bring the session to where the handshake starts. Raises EncryptionNotOffered, WrongProtocol."""
        if "STARTTLS" not in self._imap.capabilities:
            raise EncryptionNotOffered("The server offers no STARTTLS.")
        self._imap.begin_tls()
        refuse_early_bytes(self.connection)

    def go_on(self, sock: Socket) -> None:
        """Forget what was said in plain text and go on over the encrypted `sock`."""
        self._imap.use(sock)
        self._imap.ask_capabilities()
        self._cached_capabilities = None


def folder_name(name: Any) -> str:
    """Return a folder's name as people write it: modified UTF-7 (RFC 3501, 5.1.3), else UTF-8, as newer servers do."""
    if not isinstance(name, bytes):
        return str(name)
    try:
        return decode(name) if name.isascii() else name.decode()
    except UnicodeError:
        return name.decode("latin-1")


class Smtp(smtplib.SMTP):
    """An SMTP client whose greeting has been read. `helo` is how it names itself."""

    def __init__(self, sock: Socket, host: str, helo: str) -> None:
        self.connection = sock
        super().__init__(local_hostname=helo)
        self._host = host
        code, text = self.connect(host, sock.port)
        self.welcome = text
        if code != 220:
            raise Goodbye("The server says goodbye.", server_text=clean(b"%d %s" % (code, text)))

    def _get_socket(self, host: str, port: int, timeout: float | None) -> Any:
        return self.connection

    def ask_starttls(self) -> None:
        """Bring the session to where the handshake starts. Raises EncryptionNotOffered, Goodbye, WrongProtocol."""
        self.greet()
        if not self.has_extn("starttls"):
            raise EncryptionNotOffered("The server offers no STARTTLS.")
        code, text = self.docmd("STARTTLS")
        if code != 220:
            raise EncryptionNotOffered("The server refuses STARTTLS.", server_text=clean(b"%d %s" % (code, text)))
        refuse_early_bytes(self.connection)

    def go_on(self, sock: Socket) -> None:
        """Forget what was said in plain text and go on over the encrypted `sock`."""
        self.connection = sock
        self.sock, self.file = cast(socket.socket, sock), None
        self.helo_resp = self.ehlo_resp = None
        self.esmtp_features, self.does_esmtp = {}, False
        self.greet()

    def greet(self) -> None:
        """Say EHLO. Raises Goodbye when the server sends this client away, WrongProtocol when it knows no EHLO."""
        try:
            code, text = self.ehlo()
        except smtplib.SMTPException as error:
            raise WrongProtocol("unknown") from error
        if code == 250:
            return
        said = clean(b"%d %s" % (code, text))
        if code in {500, 502, -1}:
            raise WrongProtocol("unknown", server_text=said)
        raise Goodbye("The server does not go on after EHLO.", server_text=said)


def refuse_early_bytes(sock: Socket) -> None:
    """Raise WrongProtocol when anything follows the answer to STARTTLS: somebody put it in (CVE-2011-0411)."""
    if sock.received:
        raise WrongProtocol("unknown", server_text=clean(bytes(sock.received)))
