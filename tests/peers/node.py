"""The npm packages of this folder and the Node they run with, as `make test` installs them beside their lock file."""

from __future__ import annotations

from pathlib import Path

from tests.peers.processes import Missing
from tools.npm import PEERS, node

PACKAGES = PEERS / "node_modules"


def command(script: str) -> list[str | Path]:
    """Return how a script below node_modules is run. Raises Missing when Node or the script is not there."""
    program, path = node(), PACKAGES / script
    if program is None or not path.is_file():
        raise Missing("the npm packages of tests/peers are not installed; `make test TIERS=oauth` installs them")
    return [program, path]
