"""``python -m rules.docs``: writes docs/rules.md from docstrings and examples; ``--check`` asks."""

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rules import examples
from rules.finding import Blocks, Severity
from rules.rule import Rule, rules_of
from rules.subjects.dockerfile import Dockerfile


@dataclass(frozen=True)
class Entry:
    """What people can look up; ``effect`` is what the profile ``default`` makes of it."""

    name: str
    title: str
    effect: str
    rest: str

    @property
    def page(self) -> str:
        """All of it, as Markdown."""
        effect = self.effect[0].upper() + self.effect[1:]
        return f"### {self.name}\n\n**{self.title}.** {effect}.\n\n{self.rest}"


PAGE = Path(__file__).parents[1] / "docs" / "rules.md"
KINDS = {"kubernetes": "Kubernetes manifests", "dockerfile": "Dockerfiles"}
_WHEN = {
    Blocks.NEW: "blocks wherever it is new",
    Blocks.ADDED: "blocks on what a change adds; elsewhere it warns",
}
_STRICT = "warns; blocks under the profile `strict`"
_MILD = {Severity.WARNING: "warns", Severity.INFO: "informs"}
_HEAD = """\
# What Redline judges

This page is generated from the rules themselves: `make docs` writes it, `make check` fails when
it is stale. The examples are the rules' tests; `<--` marks the line that gets the comment.
A rule's letter says what it is at most: B blocks, W warns, I informs.
"""
_OWN = (
    Entry(
        "unreadable-file",
        "A file that a rule should judge cannot be read",
        "blocks wherever it is new",
        """\
A cluster or a build would refuse it, and nothing in it was judged. The comment stands at the line
where reading stopped.

Fix: correct the syntax at that line. A template belongs into a chart.
""",
    ),
    Entry(
        "unreadable-configuration",
        "The change brings a fault into `.redline.yaml`",
        "blocks wherever it is new",
        """\
On the target branch a key that nobody understands is passed over and its default applies, so that
it holds no change back: what was meant to be stricter would silently not be.

Fix: correct the key at that line; `docs/configuration.md` lists them.
""",
    ),
    Entry(
        "escaping-path",
        "A symbolic link leads out of the repository, or a submodule was added or moved",
        "warns",
        """\
Neither is followed or fetched, so what lies there was not reviewed.

Fix: link to a file of the repository with a relative path; review a submodule's commit where it is.
""",
    ),
    Entry(
        "author-suppression",
        "A pragma or a tool's configuration in the change would silence a finding",
        "informs",
        """\
What it would silence is shown all the same.

Fix: none is needed. A finding that should not count is allowed by someone who may.
""",
    ),
)


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


def entries() -> Iterator[Entry]:
    """Every rule, kind by kind, then Redline's own findings."""
    for kind in KINDS:
        yield from map(entry, rules_of(kind))
    yield from _OWN


def entry(rule: Rule) -> Entry:
    """One rule with its examples."""
    lines = [rule.doc.partition("\n")[2].strip() + "\n"]
    for words, sources in (("Bad", rule.bad), ("Good", rule.good)):
        lines += [f"{words}:\n", *(_example(rule, source) for source in sources)]
    return Entry(rule.name, rule.title, _effect(rule), "\n".join(lines))


def book() -> str:
    """docs/rules.md, as Markdown."""
    parts = [_HEAD]
    for kind, title in KINDS.items():
        rules = rules_of(kind)
        parts += [f"## {title}\n", _table(rules)]
        parts += [entry(rule).page for rule in rules]
    parts += ["## Redline's own findings\n", *(own.page for own in _OWN)]
    return "\n".join(parts)


def _table(rules: tuple[Rule, ...]) -> str:
    rows = (f"| [{each.name}](#{each.name}) | {_letter(each)} | {each.title} |" for each in rules)
    return "\n".join(("| rule | | says |", "|---|---|---|", *rows, ""))


def _letter(rule: Rule) -> str:
    return rule.severity.name[0]


def _effect(rule: Rule) -> str:
    if rule.severity is not Severity.BLOCKING:
        return _MILD[rule.severity]
    return _WHEN.get(rule.blocks, _STRICT)


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
