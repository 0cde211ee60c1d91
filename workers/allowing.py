"""Written exceptions beside what a stage finds: which let something pass, and which do nothing."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache

from bot.review import Written
from rules.allow import NEVER, Allow, Moves, may_hold, read
from rules.files.expired_allow import expired
from rules.files.unreadable_file import NAME as UNREADABLE
from rules.files.useless_allow import NEVER as NO_FILE
from rules.files.useless_allow import UNKNOWN, pointless, useless
from rules.finding import Finding
from rules.rule import rules_of
from rules.secrets import masked
from rules.subjects.dockerfile import is_dockerfile
from rules.subjects.manifest import is_manifest
from workers.project import Judged, Project

_KINDS = {
    "kubernetes-rules": "kubernetes",
    "dockerfile-rules": "dockerfile",
    "files-rules": "files",
}
_TOOL = re.compile(r"[a-z][a-z0-9-]{1,30}/[\w.-]{1,60}")
_LONGEST = 40  # signs of a name that is compared with those of the rules


@dataclass(frozen=True)
class Exceptions:
    """The exceptions in a stage's files at one commit. ``today`` is a day (ISO)."""

    stage: str
    today: str
    allows: tuple[Allow, ...] = ()

    def remarks(self, judged: Judged, changed: frozenset[str] | None) -> Iterator[Finding]:
        """What is to be said of them, by what the stage found at that commit.

        That one does nothing is said of files in ``changed`` only (None: of all), and only where
        the stage has seen all that there is.
        """
        blind = judged.later.keys() | {
            one.location.path for one in judged.findings if one.rule == UNREADABLE
        }
        found = _by_rule(judged.findings)
        for allow in self.allows:
            if allow.path in blind:
                continue
            hit = {
                rule
                for rule in allow.rules
                if any(allow.speaks_of(one.location) for one in found.get((allow.path, rule), ()))
            }
            if hit and not allow.holds(self.today):
                yield expired(allow)
            # What a tool finds often is said once a file, and may stand on another line of it.
            hit |= {rule for rule in allow.rules if "/" in rule and (allow.path, rule) in found}
            if changed is None or allow.path in changed:
                yield from self._idle(allow, hit, whole=judged.excess is None)

    def _idle(self, allow: Allow, hit: set[str], *, whole: bool) -> Iterator[Finding]:
        """What of an exception lets nothing pass; what no stage finds, one stage says."""
        first = _home(allow.path) == self.stage
        if first and not allow.rules:
            yield useless(allow, "")
        for rule in allow.rules:
            owner = stage_of(rule)
            if owner == self.stage and whole and rule not in hit and rule not in NEVER:
                yield useless(allow, rule)
            elif first and rule in NEVER:
                yield pointless(allow, rule, NO_FILE)
            elif first and not owner and not _TOOL.fullmatch(rule):
                near = get_close_matches(rule[:_LONGEST], _names(), 1)
                yield pointless(allow, rule, UNKNOWN, near[0] if near else "")

    def over(self, findings: Iterable[Finding], before: "Before") -> tuple[Written, ...]:
        """The new findings that an exception lets pass, each with the one that does.

        One that stood at the merge base comes first, then the one that speaks of the least.
        """
        found = _by_rule(finding for finding in findings if finding.new)
        holding = [allow for allow in self.allows if allow.holds(self.today)]
        stood = before.stood(holding)
        best: dict[str, tuple[bool, int, Written]] = {}
        for allow in holding:
            for rule in set(allow.rules) - NEVER:
                brought = not stood[id(allow), rule]
                for finding in found.get((allow.path, rule), ()):
                    if allow.speaks_of(finding.location):
                        name = finding.identity
                        written = Written(name, masked(allow.reason), allow.until, brought)
                        offer = (brought, allow.size, written)
                        best[name] = min(best.get(name, offer), offer, key=lambda one: one[:2])
        return tuple(written for _brought, _size, written in best.values())


@dataclass(frozen=True)
class Before:
    """The exceptions at the merge base, and where files and objects have gone since."""

    allows: tuple[Allow, ...] = ()
    renames: Mapping[str, str] | None = None
    moves: Moves | None = None

    def stood(self, now: Sequence[Allow]) -> Mapping[tuple[int, str], bool]:
        """Whether each exception to each rule stood there: a copy of one is another one."""
        renames, moves = self.renames or {}, self.moves or {}
        then = Counter(
            each.followed(rule, renames, moves) for each in self.allows for rule in each.rules
        )
        keys = {(id(each), rule): each.key(rule) for each in now for rule in each.rules}
        count = Counter(keys.values())
        return {name: 0 < count[key] <= then[key] for name, key in keys.items()}


def exceptions(project: Project) -> tuple[Allow, ...]:
    """Those in the project's files. Raises Unchecked where one is too large to be read."""
    files = project.tree.read(project.paths)
    every = (read(data, path) for path, data in sorted(files.items()) if may_hold(data))
    return tuple(allow for each in every for allow in each)


def stage_of(rule: str) -> str:
    """The stage that finds what a rule or check is about, ``""`` for a name that nobody knows."""
    tool, slash, _code = rule.partition("/")
    if slash:
        return tool if _TOOL.fullmatch(rule) else ""
    return _names().get(rule, "")


@cache
def _names() -> Mapping[str, str]:
    return {rule.name: stage for stage, kind in _KINDS.items() for rule in rules_of(kind)}


def _home(path: str) -> str:
    """The stage that speaks of an exception as such."""
    if is_dockerfile(path):
        return "dockerfile-rules"
    return "kubernetes-rules" if is_manifest(path) else "files-rules"


def _by_rule(findings: Iterable[Finding]) -> Mapping[tuple[str, str], list[Finding]]:
    """The findings by path and rule."""
    found: dict[tuple[str, str], list[Finding]] = {}
    for finding in findings:
        found.setdefault((finding.location.path, finding.rule), []).append(finding)
    return found
