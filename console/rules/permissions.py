"""Who may do what: one table, role by action, as data."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from console.rules.texts import N_


class Role(StrEnum):
    """What somebody is in the console."""

    ADMIN = "admin"
    HELP_DESK = "help-desk"
    MEMBER = "member"


class Reach(StrEnum):
    """Whose things an action may touch."""

    ALL = "all"
    OWN = "own"
    NONE = "none"


ROLE_LABELS: Mapping[Role, str] = MappingProxyType(
    {Role.ADMIN: N_("Account admin"), Role.HELP_DESK: N_("Help desk"), Role.MEMBER: N_("Member")}
)

_ALL, _OWN, _NONE = Reach.ALL, Reach.OWN, Reach.NONE


def _row(admin: Reach, help_desk: Reach, member: Reach) -> Mapping[Role, Reach]:
    return MappingProxyType({Role.ADMIN: admin, Role.HELP_DESK: help_desk, Role.MEMBER: member})


# Help desk sees and tests only: it never types a password, disables, removes or changes settings, not even of an own
# inbox.
PERMISSIONS: Mapping[str, Mapping[Role, Reach]] = MappingProxyType(
    {
        "overview.see": _row(_ALL, _ALL, _NONE),
        "inbox.see": _row(_ALL, _ALL, _OWN),
        "inbox.test": _row(_ALL, _ALL, _OWN),
        "inbox.connect": _row(_ALL, _NONE, _OWN),
        "inbox.edit": _row(_ALL, _NONE, _OWN),
        "inbox.reconnect": _row(_ALL, _NONE, _OWN),
        "inbox.disable": _row(_ALL, _NONE, _OWN),
        "inbox.enable": _row(_ALL, _NONE, _OWN),
        "inbox.remove": _row(_ALL, _NONE, _OWN),
        "links.send": _row(_ALL, _ALL, _NONE),
        "links.connect": _row(_ALL, _NONE, _NONE),
        "exceptions.see": _row(_ALL, _ALL, _NONE),
        "exceptions.manage": _row(_ALL, _NONE, _NONE),
        "servers.test": _row(_ALL, _ALL, _NONE),
        "problems.explain": _row(_ALL, _ALL, _NONE),
        "help-desk.see": _row(_ALL, _ALL, _NONE),
        "help-desk.work": _row(_ALL, _ALL, _NONE),
        "integrations.see": _row(_ALL, _NONE, _NONE),
        "integrations.switch": _row(_ALL, _NONE, _NONE),
        "integrations.manage": _row(_ALL, _NONE, _NONE),
        "domains.see": _row(_ALL, _ALL, _NONE),
        "domains.manage": _row(_ALL, _NONE, _NONE),
        "notices.see": _row(_ALL, _ALL, _NONE),
        "notices.manage": _row(_ALL, _NONE, _NONE),
        "users.see": _row(_ALL, _NONE, _NONE),
        "users.manage": _row(_ALL, _NONE, _NONE),
        "settings.see": _row(_ALL, _NONE, _NONE),
        "settings.manage": _row(_ALL, _NONE, _NONE),
        "defaults.overrule": _row(_ALL, _NONE, _NONE),
        "account.own": _row(_OWN, _OWN, _OWN),
    }
)


def reach(role: Role | str, action: str) -> Reach:
    """Return whose things `role` may touch with `action`.

    Raises KeyError for an action that the table does not hold.
    """
    return PERMISSIONS[action][Role(role)]


def may(role: Role | str, action: str, *, own: bool) -> bool:
    """Return whether `role` may do `action` to a thing that is or is not their own."""
    allowed = reach(role, action)
    return allowed is Reach.ALL or (allowed is Reach.OWN and own)
