"""What stands at the forge, beside what it belongs to. Pure."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property

from bot.markdown.thread import Group
from bot.markdown.wanted import Wanted
from bot.publish.past import Past
from bot.publish.pen import subject
from bot.review import CommentKind, Mark, Posted

_NAME = 8  # hex digits that name a thread in the summary's mark
_MOST_LEFT = 400  # such names: a mark has its limits

_Name = tuple[str, str]  # rule, and path or identity


@dataclass
class Match:
    """Threads of groups that are still there, threads of what is gone, and accidents."""

    threads: dict[Group, Posted] = field(default_factory=dict)
    gone: list[Posted] = field(default_factory=list)
    doubles: list[Posted] = field(default_factory=list)
    merged: list[Posted] = field(default_factory=list)  # what they spoke for has another thread
    spread: frozenset[Group] = frozenset()  # told of before, under the names of other files
    summary: Posted | None = None
    left: frozenset[str] = frozenset()  # groups that an earlier push had no room for, by name

    @property
    def resolved(self) -> Mapping[str, str]:
        """Who resolved the thread of what is still there, by the finding's identity."""
        return {
            finding.identity: thread.resolver
            for group, thread in self.threads.items()
            if thread.resolved and not (thread.closed and thread.mark.passed)
            for finding in group.findings
        }


def matched(wanted: Wanted, posted: Iterable[Posted], past: Past) -> Match:
    """Put each comment of ours to the group that it speaks for. Of doubles the oldest stays."""
    names, match, seen = Names(wanted.groups, past), Match(), set()
    live = [one for one in posted if _speaks(one) and not _left_to_people(one, wanted, names)]
    # Those first whose file is still there: what objects left theirs for may have its own thread.
    for each in sorted(live, key=lambda one: names.stays(one.mark) is None):
        mark = each.mark
        group = names.group(mark)
        if mark.subject in seen:
            match.doubles.append(each)
        elif group and group in match.threads:
            (match.doubles if names.stays(mark) else match.merged).append(each)
        elif mark.kind is CommentKind.SUMMARY:
            match.summary, match.left = each, names.left(mark)
        elif group:
            match.threads[group] = each
        elif wanted.judged(mark, names.path(mark)):
            match.gone.append(each)
        seen.add(mark.subject)
    told = {_brief(_name(each.mark)) for each in live}.union(*(_left(each.mark) for each in live))
    match.spread = names.spread(told) - match.threads.keys()
    return match


def _speaks(posted: Posted) -> bool:
    """Not what was said and done: what fires again gets a thread of its own."""
    over = posted.mark.fixed or posted.replied
    return not over and posted.mark.kind is not CommentKind.ANSWER


def _left_to_people(posted: Posted, wanted: Wanted, names: "Names") -> bool:
    """Whether they talked in it after we closed it: what counts again is said anew."""
    if not (posted.mark.passed and posted.closed and posted.answered):
        return False
    group = names.group(posted.mark)
    return group is not None and not wanted.passed(group)


def chosen(
    wanted: Wanted, match: Match, expected: frozenset[str]
) -> tuple[Sequence[Group], Sequence[str]]:
    """The groups that get a thread now, and the names of those that stay rows for good."""
    fresh: list[Group] = []
    left: list[str] = []
    for group in wanted.candidates:
        name = _brief(_called(group, {}))
        room = len(fresh) < wanted.room and wanted.may_begin(group)
        if group in match.spread:
            left.append(name)
        elif group in match.threads or subject(wanted.mark(group)) in expected:
            continue
        elif name in match.left or not room:
            left.append(name)
        else:
            fresh.append(group)
    return fresh, left[:_MOST_LEFT]


class Names:
    """What groups are called now, and were called at an earlier commit, before things moved."""

    def __init__(self, groups: Sequence[Group], past: Past) -> None:
        self._groups, self._past = groups, past
        self._renames = cache(past.renames)
        self._then: dict[str, Mapping[_Name, Group]] = {}

    @cached_property
    def _now(self) -> Mapping[_Name, Group]:
        return {_called(group, {}): group for group in self._groups}

    @cached_property
    def _moved(self) -> Mapping[_Name, Group]:
        """By the names of the last review, where objects have left their file: the most of them."""
        found: dict[_Name, Counter[Group]] = defaultdict(Counter)
        for group in self._groups:
            for name in self._names_then(group):
                found[name][group] += 1
        return {name: max(counts, key=lambda one: counts[one]) for name, counts in found.items()}

    def _names_then(self, group: Group) -> list[_Name]:
        """What each of its findings was said under in the last review, if it was there."""
        then = (self._past.then.get(finding.identity) for finding in group.findings)
        rule, alone = group.first.rule, group.alone
        return [(rule, each.identity if alone else each.path) for each in then if each]

    def spread(self, told: Collection[str]) -> frozenset[Group]:
        """The groups all of whose findings were told of, or left, under these names."""
        named = ((group, self._names_then(group)) for group in self._groups)
        return frozenset(
            group
            for group, names in named
            if len(names) == len(group.findings) and all(_brief(name) in told for name in names)
        )

    def stays(self, mark: Mark) -> Group | None:
        """The group that a posted mark speaks for, where that is in the same file still."""
        if mark.kind is CommentKind.SUMMARY:
            return None
        return self._now.get(_name(mark)) or self._at(mark.run).get(_name(mark))

    def group(self, mark: Mark) -> Group | None:
        """The same, wherever its findings are; None where they are gone."""
        if mark.kind is CommentKind.SUMMARY:
            return None
        return self.stays(mark) or self._moved.get(_name(mark))

    def path(self, mark: Mark) -> str:
        """What the file of a thread's findings is called today, empty where it does not say."""
        return self._renames(mark.run).get(mark.path, mark.path) if mark.path else ""

    def left(self, mark: Mark) -> frozenset[str]:
        """Today's names of what a summary's mark says was left out."""
        old = _left(mark)
        if not old:
            return frozenset()
        every = [*self._now.items(), *self._at(mark.run).items(), *self._moved.items()]
        return frozenset(_brief(_called(group, {})) for name, group in every if _brief(name) in old)

    def _at(self, run: str) -> Mapping[_Name, Group]:
        if run not in self._then:
            back = {new: old for old, new in self._renames(run).items()}
            moved = (group for group in self._groups if group.first.location.path in back)
            self._then[run] = {_called(group, back): group for group in moved}
        return self._then[run]


def _left(mark: Mark) -> frozenset[str]:
    return frozenset(mark.left[at : at + _NAME] for at in range(0, len(mark.left), _NAME))


def _name(mark: Mark) -> _Name:
    return (mark.rule, mark.identity or mark.path)


def _called(group: Group, back: Mapping[str, str]) -> _Name:
    """Rule, and path or identity; ``back`` leads from the paths of today to those of then."""
    path = group.first.location.path
    if not group.alone:
        return (group.first.rule, back.get(path, path))
    key = group.first.key.follow(path, back[path]) if path in back else group.first.key
    return (group.first.rule, key.identity)


def _brief(name: _Name) -> str:
    text = "\0".join(name).encode("utf-8", "surrogateescape")
    return hashlib.sha256(text).hexdigest()[:_NAME]
