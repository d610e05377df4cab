"""Pages ask: one blueprint per page; URL, module, template folder and test share one word."""

from console.pages import account, connect, domains, inboxes, integrations, links, me, set_up, sign_in, users

BLUEPRINTS = (
    sign_in.pages,
    set_up.pages,
    links.pages,
    account.pages,
    inboxes.pages,
    me.pages,
    connect.pages,
    domains.pages,
    integrations.pages,
    users.pages,
)
