"""npm's oidc-provider: a certified OpenID provider that is strict where others are lenient.

PKCE is enforced, a code works once, refresh tokens rotate, and one that was used before ends the whole grant. It is
neither Google- nor Microsoft-shaped: there is no mail behind it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from console.lab.ports import free_port
from tests.peers import node
from tests.peers.processes import NotStarted, Program, start, wait_for_port
from tests.peers.shared import Run

HOST = Path(__file__).with_name("oidc_host.mjs")
CLIENT, SECRET = "strict-client", "strict-secret"
BACK = "http://127.0.0.1:8000/consent/gmail"


@dataclass(frozen=True)
class Strict:
    """A running provider; its discovery document names the endpoints. People sign in with any login and password."""

    url: str
    program: Program
    client_id: str = CLIENT
    client_secret: str = SECRET
    back: str = BACK

    @classmethod
    def start(cls, run: Run, *, back: str = BACK, seconds: int = 3600) -> Self:
        """Start one for an app at `back`; access tokens live `seconds`. Raises Missing, NotStarted."""
        # The host is run from where it lies: that is where it finds its packages.
        command = [node.command("oidc-provider/lib/index.js")[0], HOST]
        folder, port = run.place("oidc"), free_port()
        client = json.dumps({"id": CLIENT, "secret": SECRET, "back": back})
        environment = {"PEER_PORT": str(port), "PEER_CLIENT": client, "PEER_SECONDS": str(seconds)}
        program = start(command, folder / "oidc.log", cwd=folder, env=environment)
        run.keep(program)
        try:
            wait_for_port(program, port)
        except NotStarted:
            run.stop(program)
            raise
        return cls(f"http://127.0.0.1:{port}", program, back=back)

    def to_state(self) -> dict[str, Any]:
        """Return what another process needs to use it, as JSON values."""
        return {"url": self.url, "program": self.program.to_state(), "back": self.back}

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Self:
        """Return the provider that another process started."""
        return cls(state["url"], Program.from_state(state["program"]), back=state["back"])
