"""Any WSGI server can run `wsgi:app`."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_wsgi_starts_without_a_shell(tmp_path):
    environment = {**os.environ, "CONSOLE_INSTANCE": str(tmp_path)}

    ended = subprocess.run(
        [sys.executable, "-c", "import wsgi; wsgi.app"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert ended.returncode == 0, ended.stderr
    assert "/set-up/" in ended.stderr
