"""What the audit log knows of reconnect and connect links, in words."""

from console.rules.texts import N_

LINK_ACTIONS = {
    "link.issue": (N_("Reconnect link made"), "link"),
    "link.withdraw": (N_("Reconnect link withdrawn"), "link"),
    "link.start": (N_("Continue was pressed"), "link"),
    "link.failed": (N_("A try did not pass"), "link"),
    "link.connected": (N_("Reconnect link used"), "link"),
}
BY_LINK_LABEL = N_("by reconnect link")
