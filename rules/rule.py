"""Rule, the ``@rule`` decorator that makes one of a check, and ``judge``."""

import importlib
import inspect
import pkgutil
import typing
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import islice
from typing import Protocol

from rules.finding import Blocks, Family, Finding, ObjectName, Problem, Severity
from rules.release import Release
from rules.subjects.manifest import Manifest


class Subject(Protocol):
    """What a rule judges: it knows its file, its name within the project, and its lines."""

    @property
    def path(self) -> str:
        """The file, as the repository names it."""

    @property
    def address(self) -> str:
        """Its name within the project."""

    @property
    def object(self) -> ObjectName | None:
        """Its Kubernetes name, if it is such an object."""


Check = Callable[..., Iterator[Problem]]


@dataclass(frozen=True)
class Rule:
    """One thing that a reviewer would point at.

    ``severity`` is the letter of the profile ``strict``; ``blocks`` says when it blocks under
    ``default``. ``doc`` is the check's docstring: a title, why it hurts in production, and a
    last paragraph that starts with ``Fix:``. ``bad`` and ``good`` are its examples.
    """

    name: str
    severity: Severity
    blocks: Blocks
    family: Family | None
    doc: str
    check: Check
    subject: type
    looks_around: bool
    bad: Sequence[str]
    good: Sequence[str]

    @property
    def title(self) -> str:
        """The first line of the docstring, without its full stop."""
        return self.doc.partition("\n")[0].rstrip(".")

    def problems(self, subject: object, release: Release) -> Iterator[Problem]:
        """What the check has against one subject."""
        return self.check(subject, release) if self.looks_around else self.check(subject)


def rule(
    severity: Severity,
    *,
    bad: Sequence[str],
    good: Sequence[str],
    blocks: Blocks = Blocks.NEVER,
    family: Family | None = None,
) -> Callable[[Check], Rule]:
    """Make a Rule of a check: named after the function, judging what its first argument says.

    A check with a second argument is handed the Release, but reports only about its subject.
    """

    def make(check: Check) -> Rule:
        parameters = list(inspect.signature(check).parameters)
        subject = typing.get_type_hints(check)[parameters[0]]
        return Rule(
            name=check.__name__.replace("_", "-"),
            severity=severity,
            blocks=blocks,
            family=family,
            doc=inspect.cleandoc(check.__doc__ or ""),
            check=check,
            subject=subject,
            looks_around=len(parameters) > 1,
            bad=bad,
            good=good,
        )

    return make


@cache
def rules_of(kind: str) -> tuple[Rule, ...]:
    """The rules of one folder, ``rules_of("kubernetes")``, in the order of their names."""
    package = importlib.import_module(f"rules.{kind}")
    modules = sorted(module.name for module in pkgutil.iter_modules(package.__path__))
    found = (
        getattr(importlib.import_module(f"rules.{kind}.{name}"), name, None) for name in modules
    )
    return tuple(each for each in found if isinstance(each, Rule))


def judge(
    rules: Iterable[Rule],
    subjects: Iterable[Subject],
    release: Release | None = None,
    most: int | None = None,
) -> list[Finding]:
    """The findings of the rules on the subjects that they judge, each with its ordinal.

    All of them, or the first ``most``. A rule that the repository has switched off is not asked.
    """
    around = release or Release()
    chosen = tuple(each for each in rules if not around.config.switched_off(each.name))
    found = (
        _finding(each, subject, problem, around)
        for subject in subjects
        for each in chosen
        if isinstance(subject, each.subject)
        for problem in each.problems(subject, around)
    )
    return numbered(islice(found, most))


def _finding(rule: Rule, subject: Subject, problem: Problem, release: Release) -> Finding:
    letter = rule.severity if problem.severity is None else problem.severity
    return Finding(
        rule=rule.name,
        severity=letter,
        location=problem.location,
        message=problem.message,
        detail=problem.detail,
        address=subject.address,
        project=release.project,
        blocks=problem.blocks or rule.blocks,
        family=rule.family,
        fix=problem.fix,
        suggestion=problem.suggestion,
        object=subject.object,
        container=problem.container,
        covers=problem.covers,
        cause=problem.cause,
        symptom=problem.symptom,
        labels=subject.pod_labels if problem.symptom and isinstance(subject, Manifest) else (),
    )


def numbered(findings: Iterable[Finding]) -> list[Finding]:
    """The findings with an ordinal each, which tells equals apart in the order of their lines."""
    seen: Counter[tuple[str, ...]] = Counter()
    done = []
    for finding in sorted(findings, key=lambda each: (each.location.path, each.location.line)):
        bare = (finding.rule, finding.project, finding.address, finding.detail)
        number = seen[bare]
        done.append(finding if finding.ordinal == number else replace(finding, ordinal=number))
        seen[bare] += 1
    return done
