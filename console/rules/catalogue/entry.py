"""What an entry of the problem catalogue is made of."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from console.rules.texts import N_


class Kind(StrEnum):
    """What a problem does to the health of an inbox."""

    REFUSAL = "refusal"
    """A person has to sign in or give consent again: needs sign-in, no retry."""
    BROKEN = "broken"
    """Permanent until somebody acts: failing."""
    WOBBLE = "wobble"
    """May heal by itself: degraded, then failing."""
    WARNING = "warning"
    """The inbox works and something is missing: degraded."""


class Retry(StrEnum):
    """When the schedule tries again by itself. A warning is simply checked again at the usual interval."""

    STOP = "stop"
    BACKOFF = "backoff"
    HOURLY = "hourly"
    DAILY = "daily"


class Lasting(StrEnum):
    """Whether repeating the same request can ever help."""

    TRANSIENT = "transient"
    """It may clear by itself within minutes or hours."""
    TRANSIENT_LONG = "transient-long"
    """It clears by itself, but takes hours or days."""
    PERMANENT = "permanent"
    """The same request cannot succeed before somebody has acted."""


class LockRisk(StrEnum):
    """Whether trying again can lock or throttle the account."""

    NO = "no"
    """Nothing is judged, or the refusal comes before the password is looked at."""
    POSSIBLE = "possible"
    """It depends on the rules of the provider."""
    YES = "yes"


class Who(StrEnum):
    """The one party that has to act."""

    USER = "user"
    TEAM_ADMIN = "team-admin"
    MAIL_ADMIN = "mail-admin"
    US = "us"
    AUTO = "auto"
    NOBODY = "nobody"


WHO_LABELS: Mapping[Who, str] = MappingProxyType(
    {
        Who.USER: N_("User"),
        Who.TEAM_ADMIN: N_("Team admin"),
        Who.MAIL_ADMIN: N_("Mail admin"),
        Who.US: N_("Operator"),
        Who.AUTO: N_("Nobody, we retry"),
        Who.NOBODY: N_("Nobody"),
    }
)
WHO_ICONS: Mapping[Who, str] = MappingProxyType(
    {
        Who.USER: "user",
        Who.TEAM_ADMIN: "user-shield",
        Who.MAIL_ADMIN: "server-cog",
        Who.US: "tool",
        Who.AUTO: "clock-pause",
        Who.NOBODY: "clock-pause",
    }
)


class Button(StrEnum):
    """The one button of a problem: what the next step is done with."""

    RECONNECT = "reconnect"
    TEST = "test"
    EDIT = "edit"
    TRUST = "trust"
    ENABLE = "enable"
    MOVE = "move"
    NONE = "none"


@dataclass(frozen=True)
class Problem:
    """One way in which an inbox can fail.

    The texts are English, marked for gettext, and may hold the placeholders `%(host)s` and `%(address)s` only.
    `steps` say in more than one step what `step` says in one; `staff_steps` are never empty. `lasting` is told where it
    does not follow from what the problem does to an inbox: an account that unlocks by itself needs a sign-in all the
    same. `same_password_again` is False where sending the stored password once more can lock the account or give it
    away: not even a person's Test now may do it, only a newly typed password.
    """

    code: str
    title: str
    what: str
    who: Who
    step: str
    kind: Kind
    retry: Retry
    button: Button
    steps: tuple[str, ...] = ()
    text_for_user: str | None = None
    same_password_again: bool = True
    lasting: Lasting | None = None
    lock_risk: LockRisk = LockRisk.NO

    @property
    def lasts(self) -> Lasting:
        """How long it lasts when nobody acts."""
        if self.lasting is not None:
            return self.lasting
        if self.kind is not Kind.WOBBLE:
            return Lasting.PERMANENT
        return Lasting.TRANSIENT_LONG if self.retry is Retry.HOURLY else Lasting.TRANSIENT

    @property
    def permanent(self) -> bool:
        """Whether repeating the same request cannot help."""
        return self.lasts is Lasting.PERMANENT

    @property
    def staff_steps(self) -> tuple[str, ...]:
        """What mends it, step by step."""
        return self.steps or (self.step,)
