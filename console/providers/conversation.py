"""Requests to one web server over a connection that is kept, signed in to with one attempt at most.

NTLM signs in a connection ([MS-NTHT]), so whoever talks through it needs the same one for as long as it lives.
"""

import select
from collections.abc import Callable, Mapping
from dataclasses import replace

from console.providers.errors import ConnectionLost, TooMuchData
from console.providers.http_sign_in import BadChallenge, SignIn
from console.providers.line import Line
from console.providers.sockets import Socket
from console.providers.web import LONGEST_ANSWER, Answer, BadAnswer, NoAnswer, Target, exchange

# So often a server may close a connection that it kept, or forget who signed in on it, in one check.
MOST_AGAIN = 3


class SignInRefused(Exception):
    """The server refused the sign-in. `answer` is how; `server_text` is filled by who knows the server."""

    def __init__(self, answer: Answer) -> None:
        super().__init__("The server refused the sign-in.")
        self.answer = answer


class Conversation:
    """Talks to `target`'s server over `line`, whose time, bytes and exceptions count; `sock` is open already, if any.

    Without a sign-in set requests go without one. `sign_in` is used from then on; the first time it is refused is
    the last.
    """

    def __init__(self, line: Line, target: Target, sock: Socket | None = None) -> None:
        self.target, self._line, self._sock = target, line, sock
        self._sign_in: SignIn | None = None
        self._otherwise: SignIn | None = None
        self._on_attempt: Callable[[], None] = lambda: None
        self._attempted = self._bound = self._carried = False
        self.accepted = False
        self._again = MOST_AGAIN

    def sign_in(self, how: SignIn, on_attempt: Callable[[], None], *, otherwise: SignIn | None = None) -> None:
        """Sign in with `how` from now on; `on_attempt` is called once, just before anything secret is sent.

        What it raises goes through, with nothing sent. `otherwise` takes the place of `how` where the server does not
        go through with that, as behind front ends that know nothing of it; nothing secret was sent until then.
        """
        self._sign_in, self._on_attempt, self._otherwise = how, on_attempt, otherwise

    @property
    def scheme(self) -> str:
        """How requests sign in, "" where they do not."""
        return self._sign_in.scheme if self._sign_in is not None else ""

    @property
    def has_sign_in(self) -> bool:
        """Whether requests sign in."""
        return self._sign_in is not None

    def ask(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str],
        body: bytes | None = None,
        longest: int = LONGEST_ANSWER,
    ) -> Answer:
        """Return the answer to one request for a path of the server, whatever its status.

        Raises SignInRefused when the sign-in is answered with 401, BadAnswer, other DialErrors, and what `on_attempt`
        raises.
        """
        answer = self._anew(method, path, headers, body, longest)
        if self._sign_in is None:
            return answer
        if answer.status == 401 and self.accepted and self._again > 0:
            # A server that took the sign-in before has forgotten it, as one does behind a load balancer.
            self._again -= 1
            self._hang_up()
            answer = self._signed_in(method, path, headers, body, longest)
        if answer.status == 401:
            raise SignInRefused(answer)
        # Other statuses may come from what stands in front of the server, before anybody looked at the sign-in.
        self.accepted = self.accepted or answer.status in {200, 500}
        return answer

    def close(self) -> None:
        """Close the connection."""
        self._hang_up()

    def _anew(self, method: str, path: str, headers: Mapping[str, str], body: bytes | None, longest: int) -> Answer:
        """Send one request, and once more where the server had closed the kept connection and nothing is at stake."""
        if self._sock is not None and self._carried and _has_gone(self._sock):
            self._hang_up()
        kept = self._sock is not None
        try:
            return self._signed_in(method, path, headers, body, longest)
        except (NoAnswer, ConnectionLost):
            if not kept or self._again <= 0 or not (self.accepted or self._sign_in is None):
                raise
            self._again -= 1
            return self._signed_in(method, path, headers, body, longest)

    def _signed_in(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes | None, longest: int
    ) -> Answer:
        how = self._sign_in
        if how is None:
            return self._once(method, path, headers, body, longest)
        if not self._attempted:
            self._on_attempt()
            self._attempted = True
        if not how.binds:
            return self._once(method, path, {**headers, "Authorization": how.first(None)}, body, longest)
        if self._sock is not None and self._bound:
            return self._once(method, path, headers, body, longest)
        return self._bind(how, method, path, headers, body, longest)

    def _bind(
        self, how: SignIn, method: str, path: str, headers: Mapping[str, str], body: bytes | None, longest: int
    ) -> Answer:
        """Sign in a connection. The first step holds no secret, and the body goes with the second."""
        sock = self._connected()
        first = {**headers, "Authorization": how.first(sock.getpeercert(binary_form=True))}
        asked = self._once(method, path, first, b"" if body is not None else None, longest)
        if asked.status != 401:
            return asked
        try:
            if self._sock is None:
                raise BadAnswer("the server closes the connection in the middle of the sign-in")
            proof = how.second(asked.headers.get("www-authenticate", ""))
        except (BadAnswer, BadChallenge):
            if self._otherwise is None:
                raise
            self._hang_up()
            self._sign_in, self._otherwise = self._otherwise, None
            return self._signed_in(method, path, headers, body, longest)
        second = {**headers, "Authorization": proof}
        answer = self._once(method, path, second, body, longest)
        self._bound = answer.status != 401 and self._sock is not None
        # The proof has been sent: what comes now is about it, and nothing else is tried.
        self._otherwise = None
        return answer

    def _once(self, method: str, path: str, headers: Mapping[str, str], body: bytes | None, longest: int) -> Answer:
        sock = self._connected()
        answer: Answer | None = None
        try:
            target = replace(self.target, path=path)
            kept = {**headers, "Connection": "keep-alive"}
            answer = exchange(sock, method, target, headers=kept, body=body, longest=longest)
            self._carried = True
            return answer
        except TooMuchData:
            raise BadAnswer("the answer is too long") from None
        finally:
            if answer is None or not answer.stays:
                self._hang_up()

    def _connected(self) -> Socket:
        if self._sock is None:
            host, port = self.target.host, self.target.port
            sock = self._line.connect(host, self._line.resolve(host, port), port)
            self._sock, self._bound = self._line.secure(sock, host, port, "http"), False
        return self._sock

    def _hang_up(self) -> None:
        if self._sock is not None:
            self._sock.close()
        self._sock, self._bound, self._carried = None, False, False


def _has_gone(sock: Socket) -> bool:
    """Return whether the server has closed a connection that waits for its second request or a later one.

    Nothing but the end can be read there; before the first answer tickets of TLS 1.3 (RFC 8446, 4.6.1) may lie in wait.
    """
    return bool(select.select([sock.fileno()], [], [], 0)[0])
