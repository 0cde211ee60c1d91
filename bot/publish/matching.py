"""What stands at the forge, beside what it belongs to. Pure."""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property

from bot.markdown.thread import Group
from bot.markdown.wanted import Wanted
from bot.publish.pen import subject
from bot.review import CommentKind, Mark, Posted

_NAME = 8  # hex digits that name a thread in the summary's mark
_MOST_LEFT = 400  # such names: a mark has its limits

Renames = Callable[[str], Mapping[str, str]]
"""From a commit to the reviewed one, old path to new; empty where the commit is gone."""


@dataclass
class Match:
    """Threads of groups that are still there, threads of what is gone, and accidents."""

    threads: dict[Group, Posted] = field(default_factory=dict)
    gone: list[Posted] = field(default_factory=list)
    doubles: list[Posted] = field(default_factory=list)
    summary: Posted | None = None
    left: frozenset[str] = frozenset()  # groups that an earlier push had no room for, by name

    @property
    def resolved(self) -> Mapping[str, str]:
        """Who resolved the thread of what is still there, by the finding's identity."""
        return {
            finding.identity: thread.resolver
            for group, thread in self.threads.items()
            if thread.resolved
            for finding in group.findings
        }


def matched(wanted: Wanted, posted: Iterable[Posted], renames: Renames) -> Match:
    """Put each comment of ours to the group that it speaks for. Of doubles the oldest stays."""
    names, match, seen = Names(wanted.groups, renames), Match(), set()
    for each in posted:
        mark = each.mark
        if mark.fixed or each.replied or mark.kind is CommentKind.ANSWER:
            continue  # said and done: what fires again gets a thread of its own
        group = names.group(mark)
        if mark.subject in seen or (group and group in match.threads):
            match.doubles.append(each)
        elif mark.kind is CommentKind.SUMMARY:
            match.summary, match.left = each, names.left(mark)
        elif group:
            match.threads[group] = each
        elif wanted.judged(mark, names.path(mark)):
            match.gone.append(each)
        seen.add(mark.subject)
    return match


def chosen(
    wanted: Wanted, match: Match, expected: frozenset[str]
) -> tuple[Sequence[Group], Sequence[str]]:
    """The groups that get a thread now, and the names of those that stay rows for good."""
    fresh: list[Group] = []
    left: list[str] = []
    for group in wanted.candidates:
        if group in match.threads or subject(wanted.mark(group)) in expected:
            continue
        name = _brief(_called(group, {}))
        room = len(fresh) < wanted.room and wanted.may_begin(group)
        if name in match.left or not room:
            left.append(name)
        else:
            fresh.append(group)
    return fresh, left[:_MOST_LEFT]


class Names:
    """What groups are called now, and were called at an earlier commit, before files moved."""

    def __init__(self, groups: Sequence[Group], renames: Renames) -> None:
        self._groups, self._renames = groups, cache(renames)
        self._then: dict[str, Mapping[tuple[str, str], Group]] = {}

    @cached_property
    def _now(self) -> Mapping[tuple[str, str], Group]:
        return {_called(group, {}): group for group in self._groups}

    def group(self, mark: Mark) -> Group | None:
        """The group that a posted mark speaks for, or None where its findings are gone."""
        if mark.kind is CommentKind.SUMMARY:
            return None
        name = (mark.rule, mark.identity or mark.path)
        return self._now.get(name) or self._at(mark.run).get(name)

    def path(self, mark: Mark) -> str:
        """What the file of a thread's findings is called today, empty where it does not say."""
        return self._renames(mark.run).get(mark.path, mark.path) if mark.path else ""

    def left(self, mark: Mark) -> frozenset[str]:
        """Today's names of what a summary's mark says was left out."""
        old = {mark.left[at : at + _NAME] for at in range(0, len(mark.left), _NAME)}
        if not old:
            return frozenset()
        every = [*self._now.items(), *self._at(mark.run).items()]
        return frozenset(_brief(_called(group, {})) for name, group in every if _brief(name) in old)

    def _at(self, run: str) -> Mapping[tuple[str, str], Group]:
        if run not in self._then:
            back = {new: old for old, new in self._renames(run).items()}
            moved = (group for group in self._groups if group.first.location.path in back)
            self._then[run] = {_called(group, back): group for group in moved}
        return self._then[run]


def _called(group: Group, back: Mapping[str, str]) -> tuple[str, str]:
    """Rule, and path or identity; ``back`` leads from the paths of today to those of then."""
    path = group.first.location.path
    if not group.alone:
        return (group.first.rule, back.get(path, path))
    key = group.first.key.follow(path, back[path]) if path in back else group.first.key
    return (group.first.rule, key.identity)


def _brief(name: tuple[str, str]) -> str:
    text = "\0".join(name).encode("utf-8", "surrogateescape")
    return hashlib.sha256(text).hexdigest()[:_NAME]
