"""``make bench``: the benchmarks, as ratios in one run; 1 where a ratio is out of its aim.

python -m tests.bench [NAME...] [--write FILE]
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tests.bench import again, counters, forges, growth, memory, page, peers, start, webhooks
from tests.bench.row import Row

BENCHMARKS = {
    "peers": peers,
    "again": again,
    "growth": growth,
    "webhooks": webhooks,
    "memory": memory,
    "counters": counters,
    "forges": forges,
    "start": start,
}


def main() -> int:
    """Run those that are named, or all."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(BENCHMARKS))
    parser.add_argument("--write", type=Path, help="write the page of all figures to this file")
    asked = parser.parse_args()
    if unknown := set(asked.names) - BENCHMARKS.keys():
        parser.error(f"there is no benchmark {', '.join(unknown)}: {', '.join(BENCHMARKS)}")
    # Nothing is kept from round to round, but where that is what is measured.
    os.environ["REDLINE_CACHE_DIR"] = f"{os.devnull}/none"
    began = time.monotonic()
    measured = {name: run(name) for name in asked.names or BENCHMARKS}
    if asked.write:
        asked.write.write_text(page.page([(BENCHMARKS[n], rows) for n, rows in measured.items()]))
    every = [row for rows in measured.values() for row in rows]
    out, failed = sum(row.met is False for row in every), any(row.failed for row in every)
    print(f"\n{time.monotonic() - began:.0f} s; {out} of {len(every)} figures out of their aim")
    return 1 if failed else 0


def run(name: str) -> list[Row]:
    """One benchmark, its figures printed as they come."""
    print(f"\n{BENCHMARKS[name].TITLE}", flush=True)
    found = []
    with tempfile.TemporaryDirectory(prefix="redline-bench-") as folder:
        for row in _rows(name, Path(folder)):
            found.append(row)
            print(line(row), flush=True)
    return found


def _rows(name: str, scratch: Path) -> Iterator[Row]:
    """What goes wrong ends its own benchmark only."""
    try:
        yield from BENCHMARKS[name].rows(scratch)
    except Exception as error:  # noqa: BLE001 - whatever it is, the others go on
        reason = f"{type(error).__name__}: {error}".splitlines()[0]
        yield Row(name, "broken", reason, met=False, gates=True)


def line(row: Row) -> str:
    """A figure as it is printed."""
    sign = {True: "ok ", False: "OUT", None: "   "}[row.met]
    aim = f"  aim: {row.aim}" if row.aim else ""
    return f"  {sign} {row.figure:>16}  {row.what}{aim}\n{'':24}{row.how}".rstrip()


if __name__ == "__main__":
    sys.exit(main())
