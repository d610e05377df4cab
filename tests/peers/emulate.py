"""npm's emulate: Google and Microsoft as others imitate them, with an authorize page that a browser can click.

Mind: a bearer token it does not know is answered as the first user it was seeded with. That is CANARY here, so an app
that ever shows CANARY used a token that was not good. Access tokens never expire; there is no `users/me/profile`, no
tenant in Microsoft's paths, and no mail at Microsoft.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Self

from console.lab.ports import free_port
from tests.peers import node
from tests.peers.processes import NotStarted, Program, start, wait_for_port
from tests.peers.shared import Run

SCRIPT = "emulate/dist/index.js"
CANARY = "canary@unknown-token.test"
GOOGLE_APP = ("emulated-google-client", "emulated-google-secret")
MICROSOFT_APP = ("emulated-microsoft-client", "emulated-microsoft-secret")
_NAMES = ("Alice Andersen", "Bob Berg", "Hanne Holm", "Charlie Clausen", "Dorte Dahl")
GOOGLE_PEOPLE = {f"{name.split()[0].lower()}@acme.test": name for name in _NAMES}
MICROSOFT_PEOPLE = {f"{name.split()[0].lower()}@contoso.test": name for name in _NAMES}
PATHS = ("/consent/gmail", "/consent/microsoft")


@dataclass(frozen=True)
class Emulate:
    """Both services on 127.0.0.1. People come back to `console_port`, where a console that uses them is to listen."""

    google: str
    microsoft: str
    console_port: int
    programs: tuple[Program, ...]

    @classmethod
    def start(cls, run: Run) -> Self:
        """Start both on free ports. Raises Missing when the packages are not installed, NotStarted otherwise."""
        command, folder, back = node.command(SCRIPT), run.place("emulate"), free_port()
        programs: list[Program] = []
        urls: list[str] = []
        for service, app, people in (
            ("google", GOOGLE_APP, GOOGLE_PEOPLE),
            ("microsoft", MICROSOFT_APP, MICROSOFT_PEOPLE),
        ):
            port = free_port()
            url = f"http://127.0.0.1:{port}"
            seed = folder / f"{service}.json"
            seed.write_text(json.dumps({service: _seed(app, people, back)}))
            # Google's issuer is the same wherever it is asked; Microsoft's is where its discovery document says.
            issuer = "https://accounts.google.com" if service == "google" else url
            options = ["--service", service, "--port", str(port), "--base-url", issuer, "--seed", seed]
            program = start([*command, "start", *options], folder / f"{service}.log", cwd=folder)
            run.keep(program)
            programs.append(program)
            urls.append(url)
        try:
            for program, url in zip(programs, urls, strict=True):
                wait_for_port(program, int(url.rpartition(":")[2]))
        except NotStarted:
            for started in programs:
                run.stop(started)
            raise
        return cls(urls[0], urls[1], back, tuple(programs))

    def to_state(self) -> dict[str, Any]:
        """Return what another process needs to use it, as JSON values."""
        return {
            "google": self.google,
            "microsoft": self.microsoft,
            "console_port": self.console_port,
            "programs": [program.to_state() for program in self.programs],
        }

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Self:
        """Return the services that another process started."""
        programs = tuple(Program.from_state(program) for program in state["programs"])
        return cls(state["google"], state["microsoft"], state["console_port"], programs)

    def environment(self) -> dict[str, str]:
        """Return the CONSOLE_… values with which a console talks to both."""
        origin = f"http://127.0.0.1:{self.console_port}"
        return {
            "CONSOLE_HOST": "127.0.0.1",
            "CONSOLE_PORT": str(self.console_port),
            "CONSOLE_BASE_URL": origin,
            "CONSOLE_ALLOW_NETWORKS": "127.0.0.0/8",
            "CONSOLE_GOOGLE_CLIENT_ID": GOOGLE_APP[0],
            "CONSOLE_GOOGLE_CLIENT_SECRET": GOOGLE_APP[1],
            "CONSOLE_GOOGLE_AUTHORIZE_URL": f"{self.google}/o/oauth2/v2/auth",
            "CONSOLE_GOOGLE_TOKEN_URL": f"{self.google}/oauth2/token",
            "CONSOLE_GOOGLE_REVOKE_URL": f"{self.google}/oauth2/revoke",
            "CONSOLE_GOOGLE_CERTS_URL": f"{self.google}/oauth2/v3/certs",
            "CONSOLE_GOOGLE_API_URL": self.google,
            "CONSOLE_MICROSOFT_CLIENT_ID": MICROSOFT_APP[0],
            "CONSOLE_MICROSOFT_CLIENT_SECRET": MICROSOFT_APP[1],
            "CONSOLE_MICROSOFT_LOGIN_URL": self.microsoft,
            "CONSOLE_MICROSOFT_GRAPH_URL": self.microsoft,
        }


def _seed(app: tuple[str, str], people: dict[str, str], back: int) -> dict[str, Any]:
    users = [{"email": CANARY, "name": "Canary"}]
    for address, name in people.items():
        users.append({"email": address, "name": name, "hd": address.partition("@")[2]})
    client = {
        "client_id": app[0],
        "client_secret": app[1],
        "name": "Inbox console",
        "redirect_uris": [f"http://127.0.0.1:{back}{path}" for path in PATHS],
    }
    return {"users": users, "oauth_clients": [client]}
