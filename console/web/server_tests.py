"""Tests of servers dressed for templates."""

from dataclasses import dataclass, replace
from typing import Any

from console.discovery.addresses import shown_domain
from console.providers.base import Certificate
from console.providers.survey import Server, Survey
from console.rules.texts import N_
from console.services.server_tests import ServerTestView
from console.web.texts import say
from console.web.wording import ProblemView, StageView, problem_view, stage_views

SERVER_LABELS = {
    "imap": N_("Incoming, %(port)s"),
    "smtp": N_("Outgoing, %(port)s"),
    "http": N_("Exchange, %(port)s"),
}
LABELS = {
    "find-server": N_("Name"),
    "reach": N_("Port"),
    "secure": N_("Certificate"),
    "greet": N_("Greeting"),
    "methods": N_("Sign-in"),
}
VERDICTS = {
    "verifies": N_("The certificate verifies."),
    "exception": N_("The certificate is accepted by an exception that is made for this domain."),
    "refused": N_("A check would stop here, before a password is sent."),
}


@dataclass(frozen=True)
class SurveyView:
    """What was met at one server."""

    number: int
    label: str
    host: str
    stages: list[StageView]
    problem: ProblemView | None
    server_text: str
    certificate: Certificate | None
    verdict: str
    verdict_text: str


@dataclass(frozen=True)
class Tested:
    """A test for templates."""

    test: ServerTestView
    domain_shown: str
    servers: list[str]
    surveys: list[SurveyView]

    def __getattr__(self, name: str) -> Any:
        return getattr(self.test, name)

    @property
    def passed(self) -> bool:
        """Whether every server let the look go through to its end."""
        return bool(self.surveys) and all(found.problem is None for found in self.surveys)


def tested(found: ServerTestView) -> Tested:
    """Return a test in the reader's words."""
    return Tested(
        found,
        shown_domain(found.domain),
        [_label(server) for server in found.servers],
        [_survey(number, one) for number, one in enumerate(found.surveys)],
    )


def _label(server: Server) -> str:
    return say(SERVER_LABELS[server.speaks], port=server.port)


def _survey(number: int, found: Survey) -> SurveyView:
    host = found.server.host
    return SurveyView(
        number=number,
        label=_label(found.server),
        host=shown_domain(host),
        # A refused certificate does not end the look, but a check would end there; it is no mere warning.
        stages=[
            replace(stage, label=say(LABELS[stage.slug.removeprefix("smtp-")]), warning=False)
            for stage in stage_views(found.stages, host=host)
            if stage.slug.removeprefix("smtp-") in LABELS
        ],
        problem=problem_view(found.problem, host=shown_domain(host)),
        server_text=found.server_text,
        certificate=found.certificate,
        verdict=found.verdict,
        verdict_text=say(VERDICTS[found.verdict]) if found.verdict in VERDICTS else "",
    )
