"""dockerfile-rules: our rules over Dockerfiles."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice

from rules.files.unreadable_file import unreadable
from rules.finding import Finding, folder
from rules.release import Release
from rules.rule import judge, rules_of
from rules.subjects.dockerfile import Dockerfile, Unreadable, parse
from workers.lookups import around
from workers.project import MOST_FINDINGS, Judged, Project, cut

NAME = "dockerfile-rules"

# What makes a file a template: in a Dockerfile itself these stand only within an instruction.
_TEMPLATE = re.compile(
    rb"^\s*(?:\{\{|\{%|<%|@@|#(?:if|include|define) )|^FROM\s+\S*\{\{", re.MULTILINE
)


@dataclass(frozen=True)
class _Read:
    """What came of one file: it can be parsed, or has a fault, or both, or is a template."""

    dockerfile: Dockerfile | None = None
    fault: Finding | None = None


def run(project: Project) -> Judged:
    """Judge the Dockerfiles among the project's files."""
    files = project.tree.read(project.paths)
    read = {path: _read(path, data) for path, data in sorted(files.items())}
    smallest_first = sorted(read, key=lambda path: len(files[path]))
    release = _release(project)
    every = (finding for path in smallest_first for finding in _findings(read[path], release))
    findings, excess = cut([*islice(every, MOST_FINDINGS + 1)])
    judged = {path for path, each in read.items() if each != _Read()}
    templates = {path: "a template" for path in read if path not in judged}
    subjects = frozenset((folder(path), path) for path in judged)
    return Judged(findings, subjects, later=templates, excess=excess)


def _read(path: str, data: bytes) -> _Read:
    try:
        dockerfile = parse(data, path)
    except Unreadable as error:
        if _TEMPLATE.search(data):
            return _Read()
        return _Read(fault=unreadable(path, error.line, error.reason, folder(path)))
    if dockerfile.refused:
        return _Read(dockerfile, unreadable(path, 1, dockerfile.refused, folder(path)))
    return _Read(dockerfile)


def _release(project: Project) -> Release:
    """What the rules may look around in; nothing of it is read before one asks."""
    known = around(project)
    return Release("", known.dockerfile_of, config=project.config, contexts_of=known.contexts_of)


def _findings(read: _Read, around: Release) -> Iterator[Finding]:
    if read.fault is not None:
        yield read.fault
    if read.dockerfile is not None:
        release = replace(around, project=folder(read.dockerfile.path))
        yield from judge(rules_of("dockerfile"), [read.dockerfile], release, MOST_FINDINGS + 1)
