"""The demo: a console with people and inboxes in every state, beside the lab, all in one process that Ctrl-C ends."""

import logging
import os
import socket
import sys
import tempfile
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

import click

from console.lab import scenes, serving
from console.lab.exchange_place import PASSWORD as CORP_PASSWORD
from console.lab.mail_server import PASSWORD as MAIL_PASSWORD
from console.lab.mail_server import POST
from console.lab.stand_in import StandIn

BANNER = "Demo: practice people, practice mail. Nothing here is real, and nothing leaves this machine."
ADDRESS = serving.ADDRESS


@click.command(help="Run the console beside stand-ins for mail providers. Nothing is kept when it ends.")
@click.option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True, help="Port of the console.")
@click.option("--lab-port", type=click.IntRange(1, 65535), default=8001, show_default=True, help="Port of the lab.")
def main(port: int, lab_port: int) -> None:
    """Start everything on loopback, say where it is and who signs in how, and serve until Ctrl-C."""
    port, lab_port = free_or(port), free_or(lab_port)
    url = f"http://{ADDRESS}:{port}"
    with (
        tempfile.TemporaryDirectory(prefix="console-demo-", ignore_cleanup_errors=True) as folder,
        serving.running((url, f"http://localhost:{port}"), port=lab_port) as lab,
    ):
        settle(lab, Path(folder), port)
        # The SMTP library's own remarks are about its clients' way of asking, not about mail.
        logging.getLogger("mail.log").setLevel(logging.ERROR)
        inboxes = scenes.play(lab)
        click.echo(told(lab, url, inboxes))
        sys.stdout.flush()
        from console.cli import main as console

        console(["serve"], prog_name="console", standalone_mode=False)


def settle(lab: serving.Lab, folder: Path, port: int) -> None:
    """Set the environment of this process to that of the demo's console, and to no other's."""
    for name in [name for name in os.environ if name.startswith("CONSOLE_")]:
        del os.environ[name]
    os.environ.update(
        lab.environment(),
        CONSOLE_INSTANCE=str(folder / "instance"),
        CONSOLE_ORGANISATION="Harbour Trading",
        CONSOLE_BANNER=f"{BANNER} Lab: {lab.url}",
        CONSOLE_HOST=ADDRESS,
        CONSOLE_PORT=str(port),
        CONSOLE_BASE_URL=f"http://{ADDRESS}:{port}",
        # Short, so that a fault that was switched on is noticed while somebody watches.
        CONSOLE_CHECK_EVERY="60",
    )


def told(lab: serving.Lab, url: str, inboxes: list[scenes.Told]) -> str:
    """Return what is printed before the console starts."""
    width = max(len(inbox.address) for inbox in inboxes)
    people = [f"    {person.email:<24} {person.role_label}" for person in scenes.CAST]
    shown: list[str] = []
    for place in dict.fromkeys(inbox.provider for inbox in inboxes):
        shown += [f"    {place}"]
        shown += [f"      {one.address:<{width}}  {one.state}" for one in inboxes if one.provider == place]
    return "\n".join(
        [
            "",
            "This is a demo. Nothing in it is real, nothing leaves this machine, nothing is kept when it ends.",
            "",
            f"  Console   {url}",
            f"  Lab       {lab.url}   faults to switch on, and what was counted",
            f"  Mail      {lab.url}/mails   what the console has sent",
            "",
            f"  Sign in to the console with the password: {scenes.PASSWORD}",
            *people,
            "",
            "  Inboxes that are there already; their faults are on in the lab, to be switched off there:",
            *shown,
            "",
            "  To connect more, choose Connect an inbox and type one of these addresses:",
            f"    Google         {_free(lab.google)}",
            f"    Microsoft      {_free(lab.microsoft, lab.exchange.place.accounts)}",
            f"    Harbour mail   {_free(lab.mail.place)}, with the password: {MAIL_PASSWORD}",
            f"    Exchange       {_free(lab.exchange.place)}, with the password: {CORP_PASSWORD}",
            "",
            "  Ctrl-C ends everything.",
            "",
        ]
    )


def _free(place: StandIn, elsewhere: Iterable[str] = ()) -> str:
    """Return the addresses that no inbox has yet, and that are not `elsewhere`."""
    taken = {POST, *(scene.address for scene in scenes.SCENES), *elsewhere}
    return ", ".join(address for address in place.accounts if address not in taken)


def free_or(port: int) -> int:
    """Return this port when nobody listens there, else one that is free."""
    for wanted in (port, 0):
        with closing(socket.socket()) as tried:
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                tried.bind((ADDRESS, wanted))
            except OSError:
                continue
            return int(tried.getsockname()[1])
    raise OSError("no free port")
