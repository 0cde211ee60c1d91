"""The examples of the rules: test data, and the before and after of the documentation.

Each line begins with two signs of margin: blanks, or ``>`` and a blank on the line that must get
the comment. ``  ==> PATH <==`` begins another file, for rules that look around; where it is the
first line, the first file.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from rules.contexts import Contexts
from rules.defined import Index
from rules.images import Images
from rules.release import Release
from rules.rule import Rule, Subject, judge
from rules.subjects import dockerfile, manifest, text
from rules.subjects.dockerfile import Dockerfile
from rules.subjects.manifest import Manifest
from rules.subjects.text import Text

USUAL = ("Dockerfile", "manifest.yaml")  # what the first file is called unless an example says so
_FILE = re.compile(r"==> (\S+) <==")


@dataclass(frozen=True)
class Example:
    """Files by path, and the (path, line) pairs that the margin marks."""

    files: Mapping[str, str]
    marks: frozenset[tuple[str, int]]

    @property
    def text(self) -> str:
        """All files, without the margin: as the documentation shows them."""
        if len(self.files) == 1:
            return next(iter(self.files.values()))
        return "\n".join(f"# {path}\n{text}" for path, text in self.files.items())


def read(source: str, path: str) -> Example:
    """The example whose first file is called ``path``. Raises ValueError on a broken margin."""
    files: dict[str, list[str]] = {path: []}
    marks = set()
    for line in source.removeprefix("\n").removesuffix("\n").split("\n"):
        margin, said = line[:2], line[2:]
        if margin.strip() not in ("", ">"):
            raise ValueError(f"not a margin: {line!r}")
        if header := _FILE.fullmatch(said):
            path = header[1]
            files[path] = []
            continue
        files[path].append(said)
        if margin == "> ":
            marks.add((path, len(files[path])))
    written = {path: _text(lines) for path, lines in files.items() if lines or len(files) == 1}
    return Example(written, frozenset(marks))


def _text(lines: list[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def of(rule: Rule, source: str) -> Example:
    """An example of this rule; its first file is one that the rule judges."""
    return read(source, USUAL[rule.subject is not Dockerfile])


def found(rule: Rule, example: Example) -> frozenset[tuple[str, int]]:
    """The (path, line) pairs that the rule reports in the example's files."""
    files = {path: content.encode() for path, content in example.files.items()}
    subjects: list[Subject] = []
    for path, data in files.items():
        subjects += [text.parse(data, path)] if rule.subject is Text else _subjects(path, data)
    images = Images(lambda: files, lambda paths: {p: files[p] for p in paths if p in files})
    objects = [each for each in subjects if isinstance(each, Manifest)]
    index = Index(files.items)
    contexts = Contexts(images.entries, images.read, images.contexts_of)
    release = Release(
        "",
        images.dockerfile_of,
        images.tagged_later,
        lambda: objects,
        index=lambda: index,
        contexts_of=contexts.of,
    )
    findings = judge([rule], subjects, release)
    return frozenset((finding.location.path, finding.location.line) for finding in findings)


def _subjects(path: str, data: bytes) -> list[Subject]:
    if dockerfile.is_dockerfile(path):
        return [dockerfile.parse(data, path)]
    return list(manifest.parse(data, path)) if manifest.is_manifest(path) else []
