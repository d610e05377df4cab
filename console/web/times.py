"""Times as people read them: relative, with the exact time and zone in the title."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_time
from markupsafe import Markup, escape

from console.web.current import context
from console.web.texts import say


def _local(at: datetime) -> datetime:
    return at.astimezone(ZoneInfo(context().config.timezone))


def _language() -> str:
    return context().config.language


def exact(at: datetime) -> str:
    """Return "Mon 23 Nov 2026 at 14:05:09 CET"."""
    local = _local(at)
    day_words = format_date(local, "EEE d MMM y", locale=_language())
    return f"{day_words} {format_time(local, 'HH:mm:ss', locale=_language())} {local.tzname()}"


def _time(at: datetime, words: str) -> Markup:
    iso = at.astimezone(UTC).isoformat(timespec="seconds")
    return Markup('<time datetime="{}" title="{}">{}</time>').format(iso, exact(at), escape(words))


def when(at: datetime | None) -> Markup:
    """Return a time relative to now: "2 min ago", "in 9 min", "12 Nov"."""
    if at is None:
        return Markup("")
    seconds = (context().clock() - at).total_seconds()
    ahead, span = seconds < 0, abs(seconds)
    if span < 45:
        words = say("in a moment") if ahead else say("just now")
    elif span < 86400:
        amount = (
            say("%(number)s min", number=max(1, round(span / 60)))
            if span < 3570
            else say("%(number)s h", number=max(1, round(span / 3600)))
        )
        words = say("in %(amount)s", amount=amount) if ahead else say("%(amount)s ago", amount=amount)
    elif span < 7 * 86400:
        amount = say("%(number)s d", number=round(span / 86400))
        words = say("in %(amount)s", amount=amount) if ahead else say("%(amount)s ago", amount=amount)
    else:
        words = _day(at)
    return _time(at, words)


def _day(at: datetime) -> str:
    return date_words(_local(at).date())


def date_words(on: date) -> str:
    """Return a date that has no time: "5 Dec", with the year when it is not this one."""
    now = _local(context().clock())
    return format_date(on, "d MMM" if on.year == now.year else "d MMM y", locale=_language())


def day(at: datetime | None) -> Markup:
    """Return a date: "5 Dec", with the year when it is not this one."""
    return _time(at, _day(at)) if at is not None else Markup("")


def clock(at: datetime | None) -> Markup:
    """Return a time of day: "09:12"."""
    return _time(at, format_time(_local(at), "HH:mm", locale=_language())) if at is not None else Markup("")


def since(at: datetime) -> Markup:
    """Return since when, to say after "since": "09:12" today, "5 Dec" before."""
    today = _local(context().clock()).date()
    return clock(at) if _local(at).date() == today else day(at)


def duration(ms: int | None) -> str:
    """Return a duration given in milliseconds: "412 ms", from one second "1.9 s"."""
    if ms is None:
        return ""
    return say("%(number)s ms", number=ms) if ms < 1000 else say("%(number)s s", number=f"{ms / 1000:.1f}")
