"""What people can look up: every rule, and Redline's own findings, with why, fix and examples."""

from collections.abc import Iterator
from dataclasses import dataclass

from rules import examples
from rules.finding import Blocks, Severity
from rules.groups import OWN, group_of
from rules.rule import Rule, rules_of
from rules.subjects.dockerfile import Dockerfile

KINDS = ("kubernetes", "dockerfile", "files")
_WHEN = {
    Blocks.NEW: "blocks wherever it is new",
    Blocks.ADDED: "blocks on what a change adds; elsewhere it warns",
}
_STRICT = "warns; blocks under the profile `strict`"
_ROOT = "blocks on what a change adds, and wherever the file says root; elsewhere it warns"
_MIXED = {  # rules of which some findings weigh less than others
    "baked-secret": "blocks wherever it is new; warns where that is not sure",
    "missing-reference": "informs; blocks where the change takes away or misspells what is named",
    "root-container": _ROOT,
    "root-image": _ROOT,
    "unprovable-user": "blocks wherever it is new; warns where the image cannot be looked up",
    "wrong-probe-port": "blocks wherever it is new; warns where the port is a number",
}
_MILD = {Severity.WARNING: "warns", Severity.INFO: "informs"}


@dataclass(frozen=True)
class Sample:
    """An example as it is shown: ``<--`` stands on the lines that get the comment."""

    language: str
    text: str


@dataclass(frozen=True)
class Entry:
    """One thing that can be looked up.

    ``letter`` is what it is at most, ``effect`` what the profile ``default`` makes of it.
    ``text`` is Markdown: why it matters, and how to mend it in a last paragraph that starts with
    ``Fix:``. ``group`` is a title of ``rules.groups``.
    """

    name: str
    title: str
    letter: Severity
    effect: str
    text: str
    group: str = OWN.title
    bad: tuple[Sample, ...] = ()
    good: tuple[Sample, ...] = ()

    @property
    def why(self) -> str:
        """The paragraphs before the fix."""
        return self.text.partition("\n\nFix:")[0].strip()

    @property
    def fix(self) -> str:
        """How to mend it, without the word before it; ``""`` where nothing is said."""
        return self.text.partition("\n\nFix:")[2].strip()


_OWN = (
    Entry(
        "unreadable-file",
        "A file that a rule should judge cannot be read",
        Severity.BLOCKING,
        _WHEN[Blocks.NEW],
        """\
A cluster or a build would refuse it, and nothing in it was judged. The comment stands at the line
where reading stopped.

Fix: correct the syntax at that line. A template belongs into a chart.
""",
    ),
    Entry(
        "bad-config",
        "The change brings a fault into `.redline.yaml`",
        Severity.BLOCKING,
        _WHEN[Blocks.NEW],
        """\
On the target branch a key that nobody understands is passed over and its default applies, so that
it holds no change back: what was meant to be stricter would silently not be.

Fix: correct the key at that line; `docs/configuration.md` lists them.
""",
    ),
    Entry(
        "escaping-path",
        "A symbolic link leads out of the repository, or a submodule was added or moved",
        Severity.WARNING,
        _MILD[Severity.WARNING],
        """\
Neither is followed or fetched, so what lies there was not reviewed.

Fix: link to a file of the repository with a relative path; review a submodule's commit where it is.
""",
    ),
    Entry(
        "author-suppression",
        "A pragma or a tool's configuration in the change would silence a finding",
        Severity.INFO,
        _MILD[Severity.INFO],
        """\
What it would silence is shown all the same.

Fix: none is needed. A finding that should not count is allowed by someone who may.
""",
    ),
    Entry(
        "expired-allow",
        "An exception in a file has no reason, or its last day is over",
        Severity.WARNING,
        _MILD[Severity.WARNING],
        """\
It does not hold, so what it stands beside counts again. Whoever wrote the day meant to look once
more.

Fix: mend what is found there, or write the exception anew with a reason and a day that is to come.
""",
    ),
    Entry(
        "useless-allow",
        "An exception in a file lets nothing pass",
        Severity.INFO,
        _MILD[Severity.INFO],
        """\
Nothing of its rule is found on its line or below it, or it names what is no rule. It would hide
the next one that comes there, and nobody would have thought of that one.

Fix: take it away, or correct the name.
""",
    ),
)


def entries() -> Iterator[Entry]:
    """Every rule, kind by kind, then Redline's own findings."""
    for kind in KINDS:
        yield from map(entry, rules_of(kind))
    yield from _OWN


def entry(rule: Rule) -> Entry:
    """One rule with its examples."""
    return Entry(
        name=rule.name,
        title=rule.title,
        letter=rule.severity,
        effect=_effect(rule),
        text=rule.doc.partition("\n")[2].strip() + "\n",
        group=group_of(rule.name, rule.check.__module__.split(".")[1]),
        bad=tuple(_sample(rule, source) for source in rule.bad),
        good=tuple(_sample(rule, source) for source in rule.good),
    )


def _effect(rule: Rule) -> str:
    if rule.name in _MIXED:
        return _MIXED[rule.name]
    if rule.severity is not Severity.BLOCKING:
        return _MILD[rule.severity]
    return _WHEN.get(rule.blocks, _STRICT)


def shortly(entry: Entry) -> str:
    """The effect in a word or two, for a table."""
    if entry.effect.startswith("informs;"):
        return "blocks or informs"
    if entry.effect.startswith("blocks on what a change adds"):
        return "blocks what is added"
    return entry.effect.split()[0].rstrip(",;")


def _sample(rule: Rule, source: str) -> Sample:
    example = examples.of(rule, source)
    return Sample(_language(rule, next(iter(example.files))), "\n".join(_lines(example)))


def _language(rule: Rule, path: str) -> str:
    if rule.subject is Dockerfile:
        return "dockerfile"
    return "yaml" if path.endswith((".yaml", ".yml")) else ""


def _lines(example: examples.Example) -> Iterator[str]:
    for number, (path, text) in enumerate(example.files.items()):
        if number or path not in examples.USUAL:
            yield f"# {path}"
        for place, line in enumerate(text.splitlines(), 1):
            yield f"{line}   # <--" if (path, place) in example.marks else line
