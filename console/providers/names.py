"""From a host name to its addresses, in bounded time and with a bounded number of threads."""

import re
import socket
import threading
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, wait
from functools import partial
from ipaddress import ip_address

import dns.exception
import dns.rdatatype
import dns.resolver
import idna

from console.providers.errors import DialError, NameNotFound, NameTrouble
from console.providers.sockets import Budget

# Look-ups that may run at once; a resolver that hangs holds this many threads and no more.
THREADS = 32
LONGEST_CHAIN = 8
# How long the second address family is waited for once the first has answered.
LATE_SECONDS = 0.5
# A look-up gives up a little before its stage, so that the stage fails for its real reason.
_SHARE = 0.9

# inet_aton reads 127.1, 2130706433, 0x7f000001 and 0177.0.0.1 alike, and so do the system's resolvers.
_OLD_NOTATION = re.compile(r"(0x[0-9a-f]*|[0-9]+)(\.(0x[0-9a-f]*|[0-9]+)){0,3}", re.IGNORECASE)
_NAME = re.compile(r"(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*")

_MISSING = {getattr(socket, name) for name in ("EAI_NONAME", "EAI_NODATA", "EAI_ADDRFAMILY") if hasattr(socket, name)}


def canonical(host: str) -> str:
    """Return the one form of a host: lower-case A-labels without a last dot, or an IP address in its usual notation."""
    text = host.strip().removesuffix(".").lower()
    if not text.isascii():
        try:
            text = idna.encode(text, uts46=True).decode("ascii")
        except (idna.IDNAError, UnicodeError):
            return text
    return literal(text) or text


def literal(text: str) -> str | None:
    """Return the IP address that `text` stands for in any notation, or None for a name."""
    bare = text[1:-1] if text.startswith("[") and text.endswith("]") else text
    try:
        return str(ip_address(bare))
    except ValueError:
        pass
    if _OLD_NOTATION.fullmatch(bare):
        try:
            return socket.inet_ntoa(socket.inet_aton(bare))
        except OSError:
            return None
    return None


def is_host(host: str) -> bool:
    """Return whether `host`, in its canonical form, is an IP address or shaped like a name (RFC 1123)."""
    return literal(host) is not None or _NAME.fullmatch(host) is not None


class _Threads:
    """Runs look-ups in a bounded number of daemon threads; one that hangs delays nobody who asks for another name."""

    def __init__(self, size: int) -> None:
        self._free = threading.BoundedSemaphore(size)
        self._lock = threading.Lock()
        self._running: dict[str, Future[list[str]]] = {}

    def start(self, key: str, work: Callable[[], list[str]], seconds: float) -> Future[list[str]]:
        """Start `work`, or join the same work where it runs already. Raises NameTrouble when no thread gets free."""
        with self._lock:
            running = self._running.get(key)
        if running is not None:
            return running
        if not self._free.acquire(timeout=seconds):
            raise NameTrouble("Too many look-ups are waiting.")
        future: Future[list[str]] = Future()
        with self._lock:
            running = self._running.setdefault(key, future)
        if running is not future:
            self._free.release()
            return running
        threading.Thread(target=self._work, args=(key, work, future), name="look-up", daemon=True).start()
        return future

    def _work(self, key: str, work: Callable[[], list[str]], future: Future[list[str]]) -> None:
        try:
            future.set_result(work())
        except (OSError, UnicodeError, DialError, dns.exception.DNSException) as error:
            future.set_exception(error)
        finally:
            with self._lock:
                del self._running[key]
            self._free.release()
            if not future.done():
                future.set_exception(NameTrouble("The look-up broke."))


class Resolver:
    """Looks host names up. Addresses in any notation are their own answer."""

    def lookup(self, host: str, budget: Budget) -> list[str]:
        """Return the IP addresses of `host`, each once, in the order to try them.

        Raises NameNotFound, NameTrouble, and StageTimeout when the stage has no time left.
        """
        name = canonical(host)
        address = literal(name)
        if address is not None:
            return [address]
        if not _NAME.fullmatch(name):
            raise NameNotFound(f"{name[:100]!r} is not a host name.")
        found = list(dict.fromkeys(self._ask(name, budget)))
        if not found:
            raise NameNotFound(f"{name} has no address.")
        return found

    def _ask(self, name: str, budget: Budget) -> list[str]:
        raise NotImplementedError


class SystemResolver(Resolver):
    """Asks the system's resolver, hosts file included. It knows no time limit, so each look-up has its own thread."""

    def __init__(self, threads: int = THREADS) -> None:
        self._threads = _Threads(threads)

    def _ask(self, name: str, budget: Budget) -> list[str]:
        future = self._threads.start(name, partial(self._getaddrinfo, name), budget.seconds() / 2)
        try:
            return future.result(budget.seconds() * _SHARE)
        except TimeoutError:
            raise NameTrouble("The name servers do not answer in time.") from None
        except socket.gaierror as error:
            if error.errno in _MISSING:
                raise NameNotFound(f"{name} does not exist.") from error
            raise NameTrouble("The name servers have trouble.") from error
        except (OSError, UnicodeError) as error:
            raise NameTrouble("The system's resolver has trouble.") from error

    @staticmethod
    def _getaddrinfo(name: str) -> list[str]:
        return [str(entry[4][0]) for entry in socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)]


class DnsResolver(Resolver):
    """Asks one name server for A and AAAA at once."""

    def __init__(self, address: str, port: int = 53, threads: int = 2 * THREADS) -> None:
        self._resolver = dns.resolver.Resolver(configure=False)
        self._resolver.nameservers = [address]
        self._resolver.port = port
        self._threads = _Threads(threads)

    def _ask(self, name: str, budget: Budget) -> list[str]:
        seconds = budget.seconds() * _SHARE
        asked = [
            self._threads.start(f"{kind} {name}", partial(self._query, name, kind, seconds), seconds / 2)
            for kind in ("A", "AAAA")
        ]
        first, late = wait(asked, seconds, FIRST_COMPLETED)
        if late:
            wait(late, LATE_SECONDS if any(_decides(future) for future in first) else budget.seconds() * _SHARE)
        found: list[str] = []
        missing: BaseException | None = None
        trouble: BaseException | None = None
        for future in asked:
            error = future.exception() if future.done() else TimeoutError("The name server does not answer in time.")
            if error is None:
                found += future.result()
            elif isinstance(error, dns.resolver.NXDOMAIN):
                missing = error
            else:
                trouble = error
        # Some servers deny the whole name when they only lack one family of addresses, so what was found comes first.
        if not found and missing is not None:
            raise NameNotFound(f"{name} does not exist.") from missing
        if not found and trouble is not None:
            raise NameTrouble("The name server has trouble.") from trouble
        return found

    def _query(self, name: str, kind: str, seconds: float) -> list[str]:
        asked = name
        for _ in range(LONGEST_CHAIN):
            answer = self._resolver.resolve(asked, kind, lifetime=seconds, search=False, raise_on_no_answer=False)
            if answer.rrset is not None:
                return [record.address for record in answer.rrset]
            followed = answer.canonical_name.to_text(omit_final_dot=True)
            if followed.lower() == asked.lower():
                return []
            asked = followed
        raise NameTrouble(f"{name} points through too many other names.")


def _decides(future: Future[list[str]]) -> bool:
    """Return whether an answer about one family of addresses is enough, should the other not come."""
    error = future.exception()
    return bool(future.result()) if error is None else isinstance(error, dns.resolver.NXDOMAIN)


def server_of(dns_server: str) -> tuple[str, int]:
    """Return address and port of `dns_server`: "10.0.0.2:53", "[fd00::2]:53" or a bare address; empty stays empty."""
    bare = literal(dns_server) if dns_server else ""
    if bare is not None:
        return bare, 53
    host, _, port = dns_server.rpartition(":")
    return host.strip("[]"), int(port)


def resolver(dns_server: str = "") -> Resolver:
    """Return the resolver that asks `dns_server` (see `server_of`), or the system's."""
    address, port = server_of(dns_server)
    return DnsResolver(address, port) if address else SystemResolver()
