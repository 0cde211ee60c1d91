"""``python -m rules.docs``: writes docs/rules.md from docstrings and examples; ``--check`` asks."""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from rules import examples
from rules.finding import Blocks
from rules.rule import Rule, rules_of
from rules.subjects.dockerfile import Dockerfile

PAGE = Path(__file__).parents[1] / "docs" / "rules.md"
KINDS = {"kubernetes": "Kubernetes manifests", "dockerfile": "Dockerfiles"}
_WHEN = {
    Blocks.NEW: "wherever it is new",
    Blocks.ADDED: "on what a change adds; elsewhere it warns",
}
_HEAD = """\
# What Redline judges

This page is generated from the rules themselves: `make docs` writes it, `make check` fails when
it is stale. The examples are the rules' tests; `<--` marks the line that gets the comment.
A rule's letter says what it is at most: B blocks, W warns, I informs.
"""
_OWN = """\
## Redline's own findings

### unreadable-file

**A file that a rule should judge cannot be read.** Blocks wherever it is new: a cluster or a build
would refuse it, and nothing in it was judged. The comment stands at the line where reading stopped.

Fix: correct the syntax at that line. A template belongs into a chart.

### escaping-path

**A symbolic link leads out of the repository, or a submodule was added or moved.** Warns: neither
is followed or fetched, so what lies there was not reviewed.

Fix: link to a file of the repository with a relative path; review a submodule's commit where it is.

### author-suppression

**A pragma or a tool's configuration in the change would silence a finding.** Informs: what it would
silence is shown all the same.

Fix: none is needed. A finding that should not count is allowed by someone who may.
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
    parts = [_HEAD]
    for kind, title in KINDS.items():
        rules = rules_of(kind)
        parts += [f"## {title}\n", _table(rules)]
        parts += [page(rule) for rule in rules]
    return "\n".join((*parts, _OWN))


def _table(rules: tuple[Rule, ...]) -> str:
    rows = (f"| [{each.name}](#{each.name}) | {_letter(each)} | {each.title} |" for each in rules)
    return "\n".join(("| rule | | says |", "|---|---|---|", *rows, ""))


def _letter(rule: Rule) -> str:
    return rule.severity.name[0]


def page(rule: Rule) -> str:
    """One rule with its examples, as Markdown."""
    why = rule.doc.partition("\n")[2].strip()
    lines = [f"### {rule.name}\n", f"**{rule.title}.** {_blocks(rule)}\n", f"{why}\n"]
    for words, sources in (("Bad", rule.bad), ("Good", rule.good)):
        lines += [f"{words}:\n", *(_example(rule, source) for source in sources)]
    return "\n".join(lines)


def _blocks(rule: Rule) -> str:
    when = _WHEN.get(rule.blocks)
    return f"Blocks {when}." if when else f"Level: {rule.severity.word}."


def _example(rule: Rule, source: str) -> str:
    example = examples.of(rule, source)
    language = "dockerfile" if rule.subject is Dockerfile else "yaml"
    return "\n".join((f"```{language}", *_lines(example), "```\n"))


def _lines(example: examples.Example) -> Iterator[str]:
    for number, (path, text) in enumerate(example.files.items()):
        if number:
            yield f"# {path}"
        for place, line in enumerate(text.splitlines(), 1):
            yield f"{line}   # <--" if (path, place) in example.marks else line


if __name__ == "__main__":
    raise SystemExit(main())
