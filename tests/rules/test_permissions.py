"""Who may do what: the table, once more and by hand, so that nobody changes it without meaning to."""

import pytest

from console.rules.permissions import PERMISSIONS, ROLE_LABELS, Reach, Role, may, reach

GOLDEN = """
                     admin  help-desk  member
overview.see         all    all        none
inbox.see            all    all        own
inbox.test           all    all        own
inbox.connect        all    none       own
inbox.edit           all    none       own
inbox.reconnect      all    none       own
inbox.disable        all    none       own
inbox.enable         all    none       own
inbox.remove         all    none       own
links.send           all    all        none
links.connect        all    none       none
exceptions.see       all    all        none
exceptions.manage    all    none       none
servers.test         all    all        none
problems.explain     all    all        none
help-desk.see        all    all        none
help-desk.work       all    all        none
integrations.see     all    none       none
integrations.switch  all    none       none
integrations.manage  all    none       none
domains.see          all    all        none
domains.manage       all    none       none
defaults.overrule    all    none       none
notices.see          all    all        none
notices.manage       all    none       none
users.see            all    none       none
users.manage         all    none       none
settings.see         all    none       none
settings.manage      all    none       none
account.own          own    own        own
"""


def test_the_table_is_the_one_that_was_agreed():
    head, *rows = [line.split() for line in GOLDEN.strip().splitlines()]

    agreed = {action: dict(zip(head, reaches, strict=True)) for action, *reaches in rows}

    assert agreed == {
        action: {role.value: found.value for role, found in row.items()} for action, row in PERMISSIONS.items()
    }


def test_every_action_names_every_role():
    assert {frozenset(row) for row in PERMISSIONS.values()} == {frozenset(Role)}


def test_every_role_has_a_label():
    assert set(ROLE_LABELS) == set(Role)


@pytest.mark.parametrize(
    ("role", "action", "own", "allowed"),
    [
        ("admin", "inbox.remove", False, True),
        ("admin", "inbox.remove", True, True),
        ("help-desk", "inbox.test", False, True),
        ("help-desk", "inbox.edit", True, False),
        ("member", "inbox.edit", True, True),
        ("member", "inbox.edit", False, False),
        ("member", "users.see", True, False),
    ],
)
def test_what_one_may_depends_on_whose_it_is(role, action, own, allowed):
    assert may(role, action, own=own) is allowed


def test_an_action_that_the_table_does_not_hold_is_a_mistake_of_ours():
    with pytest.raises(KeyError):
        reach(Role.ADMIN, "inbox.read-mail")


@pytest.mark.parametrize("role", ["", "owner", "ADMIN"])
def test_an_unknown_role_reaches_nothing(role):
    with pytest.raises(ValueError):
        reach(role, "inbox.see")


def test_the_table_cannot_be_changed_while_the_console_runs():
    with pytest.raises(TypeError):
        PERMISSIONS["inbox.see"] = {}
    with pytest.raises(TypeError):
        PERMISSIONS["inbox.see"][Role.MEMBER] = Reach.ALL
