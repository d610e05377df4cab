"""Times as people read them: relative, with the exact time and zone in the title."""

from datetime import UTC, date, datetime, timedelta
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


def full(at: datetime) -> Markup:
    """Return a day with its time: "Monday 23 November, 10:24"."""
    local = _local(at)
    words = (
        f"{format_date(local, 'EEEE d MMMM', locale=_language())}, {format_time(local, 'HH:mm', locale=_language())}"
    )
    return _time(at, words)


def since(begin: datetime) -> Markup:
    """Return since when something lasts: "since 09:12", "since yesterday 16:40", "since 5 Dec"."""
    local, now = _local(begin), _local(context().clock())
    back, clock_words = (now.date() - local.date()).days, format_time(local, "HH:mm", locale=_language())
    if back <= 0:
        words = say("since %(time)s", time=clock_words)
    elif back == 1:
        words = say("since yesterday %(time)s", time=clock_words)
    elif back < 7:
        words = say("since %(day)s", day=format_date(local, "EEE", locale=_language()))
    else:
        words = say("since %(day)s", day=date_words(local.date()))
    return _time(begin, words)


def lasts(begin: datetime) -> str:
    """Return how long something lasts by now: "1 h 12 min"."""
    return span(context().clock() - begin)


def since_when(at: datetime) -> Markup:
    """Return since when, to say after "since": "09:12" today, "5 Dec" before."""
    today = _local(context().clock()).date()
    return clock(at) if _local(at).date() == today else day(at)


def duration(ms: int | None) -> str:
    """Return a duration given in milliseconds: "412 ms", from one second "1.9 s"."""
    if ms is None:
        return ""
    return say("%(number)s ms", number=ms) if ms < 1000 else say("%(number)s s", number=f"{ms / 1000:.1f}")


def moment(at: datetime | None) -> Markup:
    """Return a moment of today as "09:12", one of another day as "9 Nov 09:12"."""
    if at is None:
        return Markup("")
    today = _local(context().clock()).date()
    hour = format_time(_local(at), "HH:mm", locale=_language())
    return _time(at, hour if _local(at).date() == today else f"{_day(at)} {hour}")


def span(length: timedelta, *, short: bool = False) -> str:
    """Return how long something lasts: "22 min", "1 h 12 min", "4 d 3 h"; `short` names the greatest unit only."""
    minutes = max(0, int(length.total_seconds())) // 60
    if not minutes:
        return say("< 1 min") if short else say("less than a minute")
    days, hours, rest = minutes // 1440, minutes // 60 % 24, minutes % 60
    parts = (say("%(number)s d", number=days), say("%(number)s h", number=hours), say("%(number)s min", number=rest))
    first = 0 if days else 1 if hours else 2
    second = first + 1
    if short or second > 2 or not (days, hours, rest)[second]:
        return parts[first]
    return f"{parts[first]} {parts[second]}"
