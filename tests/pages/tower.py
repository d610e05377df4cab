"""A person's way to the owl tower and back, through the pages."""

import re
from urllib.parse import parse_qs, urlsplit

from console.services import apps

NAME, FEATHER = "tower", "feather"


def set_up(ctx, admin, **changes):
    """Set the tower's app up as an account admin does."""
    return apps.save(ctx, admin, "owl", **{"client_id": NAME, "client_secret": FEATHER, **changes})


class Way:
    """One browser on its way: `at` the step before leaving, `left` with a state, `back` with whatever it brings."""

    def __init__(self, visitor, work):
        self.visitor, self.work = visitor, work
        self.draft_id = self.state = ""

    def begin(self, address="bob@acme.test"):
        """Go through the wizard to the step before leaving."""
        self.visitor.get("/connect")
        self.visitor.post("/connect", uses="me")
        self.draft_id = self.visitor.path.split("/")[2]
        self.visitor.choose(self.draft_id, address, "owl")
        self.visitor.post(f"/connect/{self.draft_id}/expect")
        return self

    def reconnect(self, inbox_id):
        """Press Reconnect on the page of an inbox."""
        self.visitor.get(f"/inboxes/{inbox_id}")
        self.visitor.post(f"/inboxes/{inbox_id}/reconnect")
        self.draft_id = self.visitor.path.split("/")[2]
        return self

    def leave(self):
        """Press Continue, and return where the browser is sent."""
        answer = self.visitor.client.get(f"/consent/of/{self.draft_id}")
        found = parse_qs(urlsplit(answer.headers["Location"]).query)
        self.state = found.get("state", [""])[0]
        return answer

    def back(self, run=True, **answer):
        """Come back with an answer; `run` lets a worker carry the draft on before the page is looked at."""
        asked = {"state": self.state, **answer}
        self.visitor.page = self.visitor.client.get("/consent/owl", query_string=asked)
        first = self.visitor.page
        if run:
            self.work.verify(self.draft_id)
        if first.status_code == 303:
            self.visitor.get(first.headers["Location"])
        return first

    def connect(self, address="bob@acme.test", code=None):
        """Go all the way."""
        self.begin(address)
        self.leave()
        self.back(code=code or address)
        return self

    @property
    def problem(self):
        """The code of the problem that the newest page is about."""
        found = re.search(r'data-problem-card="([^"]*)"|data-problem="([^"]+)"', self.visitor.page.text)
        return next((one for one in found.groups() if one), None) if found else None
