"""How long a recommendation takes beside the one DNS question it cannot do without (T10, T11)."""

import contextlib
import ipaddress
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator

import dns.message

from benchmarks.table import Line, alternately, p50
from console.assembly import make_dialer, make_discovery
from console.config import load
from console.discovery.addresses import parse
from console.discovery.answer import Answer
from console.discovery.deadline import SECONDS
from console.discovery.discover import Discovery

ROUNDS = 60
# A name server that answers like one in the next room; run as a process, so that it takes no turn of ours.
SERVER = """
import sys
from console.lab.zone import zone
with zone() as served:
    served.set("acme.test", "MX", "10 aspmx.l.google.com.")
    served.set("known.test", "MX", "10 mx.simply.com.")
    served.set("filtered.test", "MX", "10 mxa-1.gslb.pphosted.com.")
    served.set("filtered.test", "TXT", "v=spf1 include:spf.protection.outlook.com -all")
    served.set("autodiscover.filtered.test", "CNAME", "autodiscover.outlook.com.")
    served.set("dead.test", "MX", "10 mail.dead.test.")
    for name in ("mail", "autodiscover", "autoconfig", "imap", "smtp", "ua-auto-config"):
        served.host(f"{name}.dead.test", "127.0.0.1")
    served.hold("google._domainkey.dead.test")
    print(served.port, flush=True)
    sys.stdin.readline()
"""


@contextlib.contextmanager
def name_server() -> Iterator[int]:
    """Run the name server; give its port."""
    with subprocess.Popen([sys.executable, "-c", SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        try:
            yield int(process.stdout.readline())
        finally:
            with contextlib.suppress(BrokenPipeError):
                process.stdin.write(b"\n")
                process.stdin.close()
            process.wait(10)


@contextlib.contextmanager
def black_hole() -> Iterator[int]:
    """Give a UDP port that takes questions and answers none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


@contextlib.contextmanager
def silent_server() -> Iterator[int]:
    """Give a TCP port that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listener:
        yield listener.getsockname()[1]


def round_trip(port: int, name: str) -> None:
    """Ask for the MX of a name and read the answer: the floor."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
        asked.settimeout(5)
        asked.sendto(dns.message.make_query(name, "MX").to_wire(), (str(ipaddress.ip_address("127.0.0.1")), port))
        dns.message.from_wire(asked.recv(4096))


def discovery(port: int, folder: str, web: int = 9) -> Discovery:
    """Return the console's discovery, asking this name server; all web servers are at one port of loopback."""
    config = load(
        {
            "CONSOLE_DNS_SERVER": f"127.0.0.1:{port}",
            "CONSOLE_INSTANCE": folder,
            "CONSOLE_ALLOW_NETWORKS": "127.0.0.0/8",
            "CONSOLE_ISPDB_URL": f"http://127.0.0.1:{web}/",
            "CONSOLE_MICROSOFT_LOGIN_URL": f"http://127.0.0.1:{web}",
            "CONSOLE_DISCOVERY_HTTPS_PORT": str(web),
            "CONSOLE_DISCOVERY_HTTP_PORT": str(web),
        }
    )
    return make_discovery(config, make_dialer(config))


def measure() -> Iterator[Line]:
    """Yield the lines of the table."""
    with tempfile.TemporaryDirectory() as folder:
        with name_server() as port:
            ours = discovery(port, folder)

            def found(address: str) -> Answer:
                return ours.of(parse(address))

            for name, address in (("sign-in provider", "bob@acme.test"), ("known host", "bob@known.test")):
                times, floor = alternately(ROUNDS, lambda a=address: found(a), lambda: round_trip(port, "acme.test"))
                held_to = p50(floor) + 10
                yield Line(
                    f"T10 recommendation, MX names the {name}",
                    f"{p50(times):.1f} ms",
                    f"{p50(floor):.1f} ms + 10",
                    f"{p50(times) / held_to:.2f}",
                    "<= 1.5",
                    p50(times) / held_to <= 1.5,
                )
            times, floor = alternately(
                ROUNDS, lambda: found("bob@filtered.test"), lambda: round_trip(port, "filtered.test")
            )
            # MX first, then the marks, then the DKIM selectors of the hosts they name: three round trips at best.
            held_to = 3 * p50(floor) + 25
            yield Line(
                "T10 recommendation, two marks behind a filter",
                f"{p50(times):.1f} ms",
                f"3 x {p50(floor):.1f} ms + 25",
                f"{p50(times) / held_to:.2f}",
                "<= 1.5",
                p50(times) / held_to <= 1.5,
            )
            for name, address in (("MX decides", "bob@acme.test"), ("NXDOMAIN", "bob@no.such.test")):
                asked = len(found(address).sources)
                yield Line(f"T11 places asked, {name}", str(asked), "", "", "<= 2", asked <= 2)
            consumer, _ = alternately(ROUNDS, lambda: found("bob@gmail.com"), lambda: None)
            yield Line(
                "T10 recommendation, domain of the table",
                f"{p50(consumer):.2f} ms",
                "",
                "",
                "<= 5 ms",
                p50(consumer) <= 5,
            )
            times, floor = alternately(ROUNDS, lambda: found("bob@no.such.test"), lambda: round_trip(port, "no.test"))
            yield Line(
                "T11 recommendation, NXDOMAIN",
                f"{p50(times):.1f} ms",
                f"{p50(floor):.1f} ms",
                f"{p50(times) / p50(floor):.1f}",
                "<= 100 ms",
                p50(times) <= 100,
            )
        with black_hole() as port:
            times, _ = alternately(3, lambda: discovery(port, folder).of(parse("bob@acme.test")), lambda: None)
            yield longest("name server silent", times)
        with name_server() as port, silent_server() as web:
            ours = discovery(port, folder, web)
            times, _ = alternately(3, lambda: ours.of(parse("bob@dead.test")), lambda: None)
            yield longest("every web and mail server silent", times)


def longest(what: str, times: list[float]) -> Line:
    """Return the line of a look-up that nobody answers."""
    worst = max(times)
    return Line(
        f"T11 longest look-up, {what}",
        f"{worst * 1000:.0f} ms",
        f"{SECONDS * 1000:.0f} ms",
        f"{worst / SECONDS:.2f}",
        "<= 1.05",
        worst <= SECONDS * 1.05,
    )
