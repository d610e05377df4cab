"""`python -m benchmarks [name…]`: measure, print one table, end with 1 when a demand is not met."""

import logging
import sys

from benchmarks import discovery, lists
from benchmarks.table import show

JOBS = {"discovery": discovery.measure, "lists": lists.measure}


def main(names: list[str]) -> int:
    """Run the named benchmarks, or all."""
    if unknown := set(names) - set(JOBS):
        print(f"no such benchmark: {', '.join(sorted(unknown))}; there are: {', '.join(JOBS)}", file=sys.stderr)
        return 2
    logging.disable(logging.WARNING)
    met = True
    for name in names or JOBS:
        print(f"\n== {name}", flush=True)
        met = show(JOBS[name]()) and met
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
