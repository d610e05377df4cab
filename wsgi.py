"""The WSGI entry: any server can run `wsgi:app`. Workers are started apart, with `console worker`."""

import sys

from console import create_app
from console.cli import ready
from console.services import signing_in
from console.web import assets

console = ready(migrate=False)
app = create_app(console=console)
try:
    assets.require_for(app)
except assets.AssetsMissing as error:
    sys.exit(f"console: {error}")
link = signing_in.print_set_up_link(console.ctx)
if link:
    print(f"No account exists yet. Create the first one here (works once): {link}", file=sys.stderr)  # noqa: T201
