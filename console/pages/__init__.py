"""Pages ask: one blueprint per page; URL, module, template folder and test share one word."""

from console.pages import (
    account,
    campaigns,
    connect,
    consent,
    domains,
    exceptions,
    explain,
    inboxes,
    integrations,
    links,
    me,
    overview,
    server_tests,
    set_up,
    settings,
    sign_in,
    users,
)
from console.pages import help as problems

BLUEPRINTS = (
    sign_in.pages,
    set_up.pages,
    links.pages,
    account.pages,
    overview.pages,
    inboxes.pages,
    me.pages,
    connect.pages,
    consent.pages,
    domains.pages,
    exceptions.pages,
    server_tests.pages,
    campaigns.pages,
    explain.pages,
    problems.pages,
    integrations.pages,
    users.pages,
    settings.pages,
)
