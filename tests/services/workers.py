"""A worker in a process of its own, to be killed, and patience until something has come about."""

import os
import signal
import sys
import threading
from contextlib import ExitStack, contextmanager
from time import monotonic

from tests.peers.processes import start
from tests.peers.shared import ROOT


def until(condition, seconds=40.0):
    """Look again and again, a hundredth of a second apart, until it holds."""
    ends, never = monotonic() + seconds, threading.Event()
    while not condition():
        assert monotonic() < ends, "it did not come to that in time"
        never.wait(0.01)


def environment_of(config, settings):
    """Return the environment of a process that works on the database of this test."""
    return {
        **settings,
        "CONSOLE_INSTANCE": str(config.instance),
        "CONSOLE_DATABASE_URL": config.database_url,
        "CONSOLE_SECRET_KEY": config.secret_key,
    }


@contextmanager
def killed_at_the_end(config, settings, log):
    """Run a worker on the database of this test, and kill it where it stands; the block may do so itself."""
    command = [sys.executable, "-c", "from console.cli import main; main()", "worker"]
    worker = start(command, log, cwd=ROOT, env=environment_of(config, settings))
    with ExitStack() as end:

        def kill():
            os.kill(worker.pid, signal.SIGKILL)
            os.waitpid(worker.pid, 0)

        end.callback(kill)
        yield end.close
