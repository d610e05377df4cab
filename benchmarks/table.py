"""Samples, and the table they end in."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from statistics import median, quantiles
from time import perf_counter


@dataclass(frozen=True)
class Line:
    """One measured thing: what our figure is held to, and how it came out. `good` is None where nothing is demanded."""

    name: str
    ours: str
    floor: str
    ratio: str
    demand: str
    good: bool | None


def seconds(step: Callable[[], object]) -> float:
    """Return how long one call took."""
    began = perf_counter()
    step()
    return perf_counter() - began


def alternately(rounds: int, *steps: Callable[[], object]) -> list[list[float]]:
    """Run the steps in turns, so that whatever else the machine does slows all of them; seconds per step."""
    taken: list[list[float]] = [[] for _ in steps]
    for _ in range(rounds):
        for times, step in zip(taken, steps, strict=True):
            times.append(seconds(step))
    return taken


def p50(times: list[float]) -> float:
    """Return the median, in milliseconds."""
    return median(times) * 1000


def p95(times: list[float]) -> float:
    """Return the 95th percentile, in milliseconds."""
    return quantiles(times, n=20)[-1] * 1000


def show(lines: Iterable[Line]) -> bool:
    """Print the table; return whether every demand is met."""
    rows = [("", "ours", "floor", "ratio", "demand", "")]
    verdict = {True: "met", False: "NOT MET", None: ""}
    met = True
    for line in lines:
        rows.append((line.name, line.ours, line.floor, line.ratio, line.demand, verdict[line.good]))
        met = met and line.good is not False
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    return met
