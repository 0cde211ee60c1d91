"""``python -m rules.docs``: writes docs/rules.md from docstrings and examples; ``--check`` asks."""

import argparse
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from rules.entries import Entry, Sample, entries, shortly
from rules.finding import Severity
from rules.groups import GROUPS, OTHERS, OWN, Group

PAGE = Path(__file__).parents[1] / "docs" / "rules.md"
_LETTERS = {Severity.BLOCKING: "blocks", Severity.WARNING: "warns", Severity.INFO: "informs"}
_HEAD = """\
# What Redline judges

Every rule is named after what is wrong, so that `allow floating-image` reads right. In a terminal
`redline rules` prints this list, and `redline rules NAME` one rule whole.

Only what is *new* counts: a finding that the merge base does not have. What it does then is chosen
by the profile in [`.redline.yaml`](configuration.md): `default` blocks what is dangerous, `strict`
takes each rule at its letter, `observe` holds nothing back. *Blocks what is added* means: on an
object or Dockerfile that the change adds; on one that was there before it warns.

"""
_ALLOW = """\
## How to let a finding pass

Each way needs a reason, which the review shows:

- In the file, on the line or alone on the line above it, if you like with a last day:

  ```yaml
  # redline: allow host-path the node agent reads the logs of all pods until 2027-01-31
  ```

  What a change allows itself holds at once for what warns; what blocks waits for someone who may
  allow it. [Exceptions in the files](allow.md) says where one may stand and what it speaks of.
- In a comment on the change: `/redline allow ID --reason TEXT`, with the short id that stands
  beside each finding. [Commands](commands.md) lists who may say that.
- For a whole repository, or for some paths of it: `rules:` in [`.redline.yaml`](configuration.md).
"""
_FOOT = """\
---

This page is generated from the rules themselves: `make docs` writes it, `make check` fails when it
is stale. The examples are the rules' tests; `<--` marks the line that gets the comment.
"""


def main() -> int:
    """Write the page, or with ``--check`` say whether it is fresh: 0 yes, 1 no."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    checking, fresh = parser.parse_args().check, book()
    if not checking:
        PAGE.parent.mkdir(exist_ok=True)
        PAGE.write_text(fresh)
    elif not PAGE.exists() or PAGE.read_text() != fresh:
        sys.stderr.write(f"{PAGE.name} is stale: run make docs\n")
        return 1
    return 0


def book() -> str:
    """docs/rules.md, as Markdown."""
    every = list(entries())
    parts = [(group, found) for group in (*GROUPS, OTHERS, OWN) if (found := _of(group, every))]
    overview = [_overview(group, found) for group, found in parts]
    chapters = [_chapter(group, found) for group, found in parts]
    return _HEAD + "\n".join([*overview, _ALLOW, *chapters, _FOOT])


def _of(group: Group, every: Sequence[Entry]) -> list[Entry]:
    """What stands in a group, in its order."""
    order = {name: number for number, name in enumerate(group.rules)}
    mine = [entry for entry in every if entry.group == group.title]
    return sorted(mine, key=lambda entry: order.get(entry.name, len(order)))


def anchor(heading: str) -> str:
    """What both forges make of a heading for links to it."""
    kept = "".join(sign for sign in heading.lower() if sign.isalnum() or sign in " -_")
    return kept.replace(" ", "-")


def _overview(group: Group, found: Sequence[Entry]) -> str:
    return f"**[{group.title}](#{anchor(group.title)})**\n\n{_table(found)}"


def _table(found: Iterable[Entry]) -> str:
    rows = (
        f"| [{each.name}](#{each.name}) | {each.title} | {shortly(each)} | {_strict(each)} |"
        for each in found
    )
    return "\n".join(("| rule | says | `default` | `strict` |", "|---|---|---|---|", *rows, ""))


def _strict(entry: Entry) -> str:
    mixed = entry.effect.startswith("informs;")
    return shortly(entry) if mixed else _LETTERS[entry.letter]


def _chapter(group: Group, found: Sequence[Entry]) -> str:
    head = f"## {group.title}\n\n{group.about} [All rules](#what-redline-judges)\n"
    return "\n".join([head, *map(section, found)])


def section(entry: Entry) -> str:
    """One rule as a part of the page."""
    effect = entry.effect[0].upper() + entry.effect[1:]
    said = [
        f"### {entry.name}",
        f"**{entry.title}.** {effect}.",
        entry.why,
        f"**Fix:** {entry.fix}",
    ]
    if entry.bad:
        said += ["Before:", _fenced(entry.bad[0]), "After:", _fenced(entry.good[0]), _more(entry)]
    said.append(_allowed(entry))
    return "\n\n".join(part for part in said if part) + "\n"


def page(entry: Entry) -> str:
    """One rule whole, as ``redline rules NAME`` prints it: Markdown, all examples at once."""
    effect = entry.effect[0].upper() + entry.effect[1:]
    said = [f"# {entry.name}", f"**{entry.title}.** {effect}.", entry.why]
    said += [f"**Fix:** {entry.fix}"] if entry.fix else []
    said += [*_listed("Bad:", entry.bad), *_listed("Good:", entry.good), _allowed(entry)]
    return "\n\n".join(part for part in said if part) + "\n"


def _allowed(entry: Entry) -> str:
    if entry.effect.startswith("never"):
        return ""
    if entry.group == OWN.title:
        return "Let it pass: `/redline allow ID --reason TEXT` in a comment."
    return f"Let it pass: `# redline: allow {entry.name} REASON` on the line above."


def _more(entry: Entry) -> str:
    """The other examples, folded: they are the traps."""
    bad, good = entry.bad[1:], entry.good[1:]
    counts = [f"{len(bad)} more with a finding"] * bool(bad)
    counts += [f"{len(good)} more without one"] * bool(good)
    if not counts:
        return ""
    parts = [*_listed("With a finding:", bad), *_listed("Without one:", good)]
    title = f"<details><summary>Examples: {', '.join(counts)}</summary>"
    return "\n\n".join([title, *parts, "</details>"])


def _listed(title: str, samples: Sequence[Sample]) -> Iterator[str]:
    if samples:
        yield title
        yield from map(_fenced, samples)


def _fenced(sample: Sample) -> str:
    return f"```{sample.language}\n{sample.text}\n```"


if __name__ == "__main__":
    raise SystemExit(main())
