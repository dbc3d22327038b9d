"""`python -m bench [NAME …] [--json FILE]`: measure, print a table, write JSON."""

import argparse
import os
import sys
import time
from pathlib import Path

from bench.figures import Figure, table, write
from bench.stack import Stack

NAMES = (
    "one-run",
    "many-runs",
    "check-paused",
    "pausing",
    "answers",
    "fan-out",
    "records",
    "obedience",
    "takeover",
    "paused-cost",
    "freeze",
    "streams",
    "scale",
)


def main() -> int:
    """Run the measurements that were asked for; all of them by default."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("names", nargs="*", choices=[*NAMES, []], help="which measurements")
    parser.add_argument("--json", type=Path, default=Path("bench/results.json"), help="where the figures go")
    wanted = parser.parse_args()
    stack = Stack()
    figures: list[Figure] = []
    try:
        stack.start()
        os.environ["HOLDPOINT_PROCESS"] = "command"
        import django

        django.setup()
        from bench import asking, authority, families, freezing, records, scale, steps, streams

        measures = {
            "one-run": steps.one_run,
            "many-runs": steps.many_runs,
            "check-paused": authority.check_paused,
            "pausing": authority.pausing,
            "answers": asking.answers,
            "fan-out": families.fan_out,
            "records": records.records,
            "obedience": authority.obedience,
            "takeover": authority.takeover,
            "paused-cost": authority.paused_cost,
            "freeze": freezing.freezing,
            "streams": streams.streams,
            "scale": scale.list_and_verify,
        }
        for name in wanted.names or NAMES:
            began = time.monotonic()
            sys.stderr.write(f"{name} … ")
            sys.stderr.flush()
            figures += measures[name](stack)
            sys.stderr.write(f"{time.monotonic() - began:.0f} s\n")
    finally:
        stack.stop()
        write(figures, wanted.json)
        print(table(figures))
    return 0


if __name__ == "__main__":
    sys.exit(main())
