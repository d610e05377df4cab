"""`console serve | worker | init | check | discover | explain | demo | db`: the same use cases from the shell."""

import json
import logging
import os
import re
import signal
import ssl
import sys
import threading
from types import FrameType
from typing import Any, NoReturn

import click
from sqlalchemy.exc import OperationalError

from console import Console, assemble, create_app
from console.config import ConfigError, load
from console.discovery import domains
from console.discovery.addresses import AddressError, parse
from console.discovery.record import published, told
from console.rules import telling
from console.rules.explain import ALIASES, CHANNELS, PROVIDERS, Explanation, explain, family
from console.services import discoveries, people, shell, signing_in
from console.services.context import Refused
from console.store.migrations import revisions, upgrade
from console.store.vault import VaultError
from console.web import assets
from console.web.texts import say

QUIET = ("authlib", "exchangelib", "imapclient", "urllib3", "requests_oauthlib", "huey", "waitress.queue", "alembic")


def fail(message: str, code: int = 2) -> NoReturn:
    """Say one line on standard error and end."""
    click.echo(f"console: {message}", err=True)
    sys.exit(code)


def set_up_logs() -> None:
    """Write what happens to standard error, without what would give secrets away."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    # These print credentials or whole messages at their chatty levels.
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.getLogger("waitress").addFilter(_shorten)


def _shorten(record: logging.LogRecord) -> bool:
    # Waitress tells which address was served when a client went away, and that of a link is its token.
    record.msg, record.args = re.sub(r"(?s)(while serving /\w*).*", r"\1", record.getMessage()), ()
    return True


def ready(*, migrate: bool = True) -> Console:
    """Return the console of this environment, with its database at the newest migration."""
    # The database, the queue and the keys are nobody else's to read.
    os.umask(0o077)
    set_up_logs()
    try:
        console = assemble(load())
        shell = click.get_current_context(silent=True)
        if shell is not None:  # Under another WSGI server the process itself is the end.
            shell.call_on_close(console.close)
        if migrate:
            upgrade(console.ctx.store.engine)
        else:
            console.ctx.store.engine.connect().close()
    except (ConfigError, VaultError) as error:
        fail(str(error))
    except ssl.SSLError:
        fail("CONSOLE_CA_FILE holds no certificate that can be read.")
    except OperationalError as error:
        fail(f"the database cannot be opened: {str(error.orig).splitlines()[0]}", 1)
    return console


@click.group()
def main() -> None:
    """The inbox console."""


@main.command()
@click.option("--no-worker", is_flag=True, help="Answer pages only; run `console worker` elsewhere.")
def serve(no_worker: bool) -> None:
    """Answer pages, with a worker in the same process."""
    import waitress

    console = ready()
    config = console.ctx.config
    app = create_app(console=console)
    try:
        assets.require_for(app)
    except assets.AssetsMissing as error:
        fail(str(error))
    worker = None if no_worker else console.jobs.make_consumer(console.work.tick)
    try:
        server = waitress.create_server(
            app,
            host=config.host,
            port=config.port,
            threads=config.threads,
            ident="",
            max_request_body_size=8 * 1024 * 1024,
            # Waitress would drop what the configured proxies say before the console sees it.
            clear_untrusted_proxy_headers=not config.trusted_proxies,
            connection_limit=500,
            channel_timeout=30,
        )
    except OSError as error:
        fail(f"cannot listen on {config.host}:{config.port}: {error.strerror}", 1)
    link = signing_in.print_set_up_link(console.ctx)
    if link:
        click.echo(f"\nNo account exists yet. Create the first one here (works once):\n\n  {link}\n")
    click.echo(f"Inbox console: {config.base_url}  (listening on {config.host}:{config.port}; Ctrl-C stops)")
    sys.stdout.flush()
    if worker:
        worker.start()
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        server.run()
    except (KeyboardInterrupt, SystemExit):
        pass
    finally:
        if worker:
            console.work.stop()
            worker.stop()
        server.close()


def _interrupt(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise SystemExit(0)


@main.command()
def worker() -> None:
    """Check inboxes and verify drafts, without answering pages."""
    console = ready()
    domains.warm()
    running = console.jobs.make_consumer(console.work.tick)
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    running.start()
    click.echo("Worker running; Ctrl-C stops")
    sys.stdout.flush()
    ended.wait()
    console.work.stop()
    running.stop()


@main.command()
@click.option("--email", required=True, help="Address that the account signs in with.")
@click.option("--name", required=True, help="Name of the person.")
def init(email: str, name: str) -> None:
    """Create the first account admin; the password comes from standard input."""
    console = ready()
    password = (
        sys.stdin.readline().rstrip("\r\n") if not sys.stdin.isatty() else click.prompt("Password", hide_input=True)
    )
    try:
        people.create_first_admin(console.ctx, name=name, email=email, password=password)
    except Refused as refused:
        fail(say(refused.sentence, **refused.values), 1)
    click.echo(f"Account admin {email} created. Sign in at {console.ctx.config.base_url}/sign-in")


@main.command()
@click.argument("address", required=False)
@click.option("--all", "everything", is_flag=True, help="Check every inbox that is switched on.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array.")
def check(address: str | None, everything: bool, as_json: bool) -> None:
    """Check one inbox by ADDRESS, or --all. Ends with 0 when all are healthy, 1 when something is wrong."""
    if bool(address) == everything:
        fail("name one address, or --all")
    console = ready()
    wanted = None
    if address:
        try:
            wanted = parse(address).key
        except AddressError as error:
            fail(say(str(error)))
    found = shell.check(console.ctx, wanted)
    if found is None:
        fail(f"no connected inbox that is switched on has the address {address}")
    if as_json:
        click.echo(json.dumps(found, indent=2))
    else:
        for result in found:
            click.echo(_line(result))
    sys.exit(0 if all(result["health"] == "healthy" for result in found) else 1)


def _line(result: dict[str, Any]) -> str:
    problem = f"  {result['problem']} ({result['who']})" if result["problem"] else ""
    return f"{result['health']:<14} {result['address']}{problem}"


@main.command()
@click.argument("address")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--trace", is_flag=True, help="Tell step by step what was asked and answered.")
def discover(address: str, as_json: bool, trace: bool) -> None:
    """Find out who holds the mailbox of ADDRESS, and its servers. Ends with 0 whatever is found, 2 for no address."""
    console = ready()
    try:
        found = discoveries.look_up(console.ctx, address)
    except Refused as refused:
        fail(say(refused.sentence, **refused.values))
    if as_json:
        click.echo(json.dumps(published(found, trace=trace), indent=2, ensure_ascii=False))
        return
    for line in told(found, say, trace=trace):
        click.echo(line)


@main.command("explain")
@click.argument("text")
@click.option("--provider", type=click.Choice([*PROVIDERS, *ALIASES]), default=None, help="Who said it.")
@click.option("--channel", type=click.Choice(CHANNELS), default=None, help="Over which channel it was said.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, one a line with `-`.")
def explain_text(text: str, provider: str | None, channel: str | None, as_json: bool) -> None:
    """Explain TEXT, the words of a server or a program; `-` reads one text a line from standard input.

    Ends with 0 whatever is found, 2 for a wrong call. Nothing is asked, stored or sent.
    """
    about = {"provider": family(provider or ""), "channel": channel or ""}
    if text != "-":
        if not text.strip():
            fail("there is no text to explain")
        _tell(explain(text, **about), as_json=as_json, indent=2)
        return
    first = True
    for line in sys.stdin.buffer:
        if not as_json and not first:
            click.echo()
        first = False
        _tell(explain(line.rstrip(b"\r\n"), **about), as_json=as_json, indent=None)


def _tell(found: Explanation, *, as_json: bool, indent: int | None) -> None:
    if as_json:
        click.echo(json.dumps(telling.published(found, say), indent=indent, ensure_ascii=False))
        return
    for line in telling.told(found, say):
        click.echo(line)


@main.command(context_settings={"ignore_unknown_options": True, "help_option_names": []})
@click.argument("options", nargs=-1, type=click.UNPROCESSED)
def demo(options: tuple[str, ...]) -> NoReturn:
    """Run the console beside stand-ins for mail providers, with people and inboxes to try everything on."""
    # A program of its own, so that nothing of the lab is ever part of a console that serves real mailboxes.
    os.execv(sys.executable, [sys.executable, "-m", "console.lab", *options])  # noqa: S606 - an argument list, no shell


@main.group()
def db() -> None:
    """The database."""


@db.command("upgrade")
def db_upgrade() -> None:
    """Bring the database to the newest migration."""
    console = ready(migrate=False)
    upgrade(console.ctx.store.engine)
    click.echo(f"The database is at {revisions(console.ctx.store.engine)[0]}.")


@db.command("status")
def db_status() -> None:
    """Say which migration the database is at; ends with 1 when there is a newer one."""
    console = ready(migrate=False)
    current, newest = revisions(console.ctx.store.engine)
    click.echo(f"The database is at {current or 'nothing yet'}; the newest is {newest}.")
    sys.exit(0 if current == newest else 1)
