"""What the made-up company keeps for its mail domains, and look-ups that were answered: for the pictures of Domains."""

from __future__ import annotations

from datetime import timedelta

from console.discovery.addresses import Address
from console.discovery.answer import Answer, Candidate, Caution, Saying, Server, Settings, Source
from console.discovery.record import stored
from console.rules.domain_defaults import WHOLE, Kind
from console.rules.texts import N_
from console.services import defaults
from console.services.default_settings import Defaults
from console.services.discoveries import PROBE
from console.store.bulk import BulkItem, BulkJob
from console.store.discoveries import Discovery
from tests.e2e.cast import HOME, TODAY, Cast

KEPT = Defaults(
    kind=Kind.IMAP,
    imap_host=f"mail.{HOME}",
    imap_port=993,
    imap_security="tls",
    smtp_host=f"mail.{HOME}",
    smtp_port=587,
    smtp_security="starttls",
    username=WHOLE,
    note="Use the app password from the staff portal, not the one of your computer.",
    members_may_change=False,
)
STORY = (
    "0 ms  parse  domain is havbris.example, registrable domain havbris.example",
    "1 ms  dns  MX of havbris.example?",
    "14 ms  dns  MX of havbris.example: 10 mail.havbris.example",
    "15 ms  table  no provider is known at mail.havbris.example",
    "15 ms  https  autoconfig.havbris.example/mail/config-v1.1.xml?",
    "16 ms  dns  _imaps._tcp.havbris.example SRV?",
    "29 ms  dns  _imaps._tcp.havbris.example: 0 1 993 mail.havbris.example",
    "212 ms  https  autoconfig.havbris.example: 200, two servers",
    "213 ms  best  autoconfig over https, same domain",
)


def keep(cast: Cast) -> None:
    """Keep defaults for the company's own domain and for one that has moved to Exchange."""
    exchange = Defaults(kind=Kind.EXCHANGE, exchange_url="https://mail.fjordlab.example/EWS/Exchange.asmx", note="")
    maja = cast.people["Maja"]
    for domain, wanted in ((HOME, KEPT), ("fjordlab.example", exchange)):
        defaults.keep(cast.ctx, maja, domain, wanted, defaults.get(cast.ctx, maja, domain).revision)


def answered(cast: Cast, who: str, name: str, local: str = PROBE) -> str:
    """Put a look-up of an address at the company's domain into the store, answered, and return its id."""
    address = Address(local, HOME)
    server = Server(f"mail.{HOME}", 993, "tls")
    settings = Settings(f"autoconfig.{HOME}", "https", "same", server, Server(f"mail.{HOME}", 465, "tls"), WHOLE, WHOLE)
    said = Saying(N_("MX of %(domain)s: %(host)s"), {"domain": HOME, "host": f"mail.{HOME}"})
    own = Saying(N_("%(source)s names its servers."), {"source": f"autoconfig.{HOME}"})
    answer = Answer(
        address,
        "imap",
        (Candidate("imap", "likely", (own, said)), Candidate("exchange", "possible", (said,))),
        warnings=(Caution("app-password", Saying(N_("An app password is needed here.")), "https://havbris.example/"),),
        settings=settings,
        sources=(
            Source("autoconfig", "found", 212, f"autoconfig.{HOME}"),
            Source("srv", "found", 29, f"mail.{HOME}"),
            Source("ispdb", "nothing", 96),
            Source("pacc", "failed", 1204, "no answer"),
        ),
        story=STORY,
    )
    with cast.ctx.store.write() as session:
        session.add(
            Discovery(
                id=name,
                by_id=cast.people[who].id,
                address=address.key,
                state="done",
                answer=stored(answer),
                created_at=TODAY,
                finished_at=TODAY,
            )
        )
    return name


def waiting(cast: Cast, who: str, name: str) -> str:
    """Put a look-up that nobody has answered yet into the store, and return its id."""
    with cast.ctx.store.write() as session:
        session.add(Discovery(id=name, by_id=cast.people[who].id, address=f"{PROBE}@{HOME}", created_at=TODAY))
    return name


def job(cast: Cast, state: str, ended: str, outcomes: dict[str, tuple[str, str | None]]) -> None:
    """Put the applying of the defaults into the store as it stands after these outcomes by local part."""
    at = TODAY - timedelta(minutes=2)
    over = state in {"done", "stopped", "undone"}
    with cast.ctx.store.write() as session:
        row = BulkJob(
            id=f"job-{state}",
            kind=defaults.APPLY,
            target=HOME,
            plan=KEPT.to_dict(),
            state=state,
            ended=ended,
            by_id=cast.people["Maja"].id,
            created_at=at,
            finished_at=TODAY if over else None,
        )
        session.add(row)
        session.flush()
        session.add_all(
            BulkItem(
                job_id=row.id,
                inbox_id=cast.inboxes[f"{name}@{HOME}"],
                position=position,
                state=outcome,
                problem=problem,
                before={},
            )
            for position, (name, (outcome, problem)) in enumerate(outcomes.items())
        )


def end(cast: Cast) -> None:
    """Let the applying that is under way end, so that another can begin."""
    with cast.ctx.store.write() as session:
        row = session.get_one(BulkJob, "job-running")
        row.finished_at, row.state, row.created_at = TODAY, "done", TODAY - timedelta(hours=1)
