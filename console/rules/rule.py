"""One rule of the diagnosis: which failures lead to which problem."""

import re
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Rule:
    """A problem code and what leads to it.

    `match` is either a pattern, searched in the canonical line of an answer (see `replies.Reply.line`, lower-case),
    or a predicate on an exception. `stages` limits the rule to these stages, with "" for a text whose stage is not
    known; `hosts` to servers with these names or below them; `channels` to texts that are known to have come over one
    of these (see `explain.CHANNELS`). Empty means everywhere.
    """

    code: str
    match: re.Pattern[str] | Callable[[BaseException], bool]
    stages: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()

    @property
    def anchored(self) -> bool:
        """Whether the pattern, if the rule has one, looks at the protocol in front of the words."""
        return isinstance(self.match, re.Pattern) and "^" in self.match.pattern

    def applies(self, stage: str, host: str, channel: str = "") -> bool:
        """Return whether the rule speaks about this stage, server and channel."""
        if self.stages and stage not in self.stages:
            return False
        if self.channels and channel not in self.channels:
            return False
        name = host.casefold().rstrip(".")
        return not self.hosts or any(name == known or name.endswith("." + known) for known in self.hosts)

    def reads(self, line: str) -> bool:
        """Return whether the pattern, if the rule has one, is found in `line`."""
        return isinstance(self.match, re.Pattern) and self.match.search(line) is not None

    def knows(self, error: BaseException) -> bool:
        """Return whether the predicate, if the rule has one, accepts `error`."""
        return not isinstance(self.match, re.Pattern) and self.match(error)


def rule(
    code: str,
    *phrases: str,
    stages: tuple[str, ...] = (),
    hosts: tuple[str, ...] = (),
    channels: tuple[str, ...] = (),
) -> Rule:
    """Return a rule for the canonical line that any of the regular expressions `phrases` fits."""
    return Rule(code, re.compile("|".join(phrases)), stages, hosts, channels)
