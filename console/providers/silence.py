"""What to make of a server that says nothing. Mail servers speak first; those of TLS and HTTP wait for the client.

Each function opens a second connection to the same address, speaks first on it, and returns what the answer looks
like (see `greetings.protocol`), "unknown" for none. It uses half of what is left of the stage at most for each answer.
"""

import contextlib
import ssl
from collections.abc import Callable

from console.providers import greetings
from console.providers.errors import DialError, StageTimeout
from console.providers.sockets import Socket
from console.providers.tls import Plaintext, TlsSocket, is_record

# Every web server answers this with a refusal; mail servers know the word.
_REQUEST = b"HELP\r\n\r\n"


def of_greeting(first: Socket, context: ssl.SSLContext, name: str) -> str:
    """Ask a server that greets nobody in plain text: does it wait for TLS, or for a request?"""

    def ask(sock: Socket) -> bytes:
        with contextlib.suppress(StageTimeout):
            return TlsSocket(sock, context, name).hello(first.budget.seconds() / 4)
        return _request(sock)

    return _answer(first, ask)


def of_handshake(first: Socket) -> str:
    """Ask a server that answers no handshake: does it wait for a request in plain text?"""
    return _answer(first, _request)


def of_encrypted_greeting(first: Socket, context: ssl.SSLContext, name: str) -> str:
    """Ask a server that greets nobody behind TLS: does it wait for a request?"""

    def ask(sock: Socket) -> bytes:
        tls = TlsSocket(sock, context, name)
        tls.handshake()
        return _request(tls)

    return _answer(first, ask)


def _request(sock: Socket) -> bytes:
    sock.push(_REQUEST)
    return sock.pull(sock.budget.seconds() / 2)


def _answer(first: Socket, ask: Callable[[Socket], bytes]) -> str:
    try:
        sock = Socket.open(first.address, first.port, first.budget, first.budget.seconds() / 4)
        try:
            head = ask(sock)
        finally:
            sock.close()
    except (DialError, Plaintext, ssl.SSLError):
        return "unknown"
    return "tls" if is_record(head) else greetings.protocol(head)
