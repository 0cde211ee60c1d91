"""What a change brings: what is found at head and not at the merge base. Pure."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from types import MappingProxyType

from bot.change import ChangedFile, Diff
from rules.allow import Moves
from rules.finding import Finding, Key, folder
from workers.project import Judged

_Subject = tuple[str, str]
_NONE: Moves = MappingProxyType({})


def compared(head: Judged, base: Judged, diff: Diff, moves: Moves = _NONE) -> tuple[Finding, ...]:
    """The findings at head, each marked new or not; an old one keeps the merge base's ordinal.

    ``moves`` are the objects that have another project now.
    Equals (one rule, subject and detail) are told apart by their lines: first those on lines
    that the change has left alone, then in order.
    """
    follow = partial(_followed, renames=diff.renames, moves=moves)
    old = _grouped((follow(finding), finding) for finding in base.findings)
    new = _grouped((_bare(finding.key), finding) for finding in head.findings)
    done, gone = [], [finding for key in old.keys() - new.keys() for finding in old[key]]
    for key, findings in new.items():
        matched, left = _matched(findings, old.get(key, []), diff)
        done += matched
        gone += left
    return tuple(sorted(_left_alone(done, [(follow(one), one) for one in gone], diff), key=_place))


def added(head: Judged, base: Judged, diff: Diff, moves: Moves = _NONE) -> frozenset[_Subject]:
    """The subjects at head that the change adds, and does not only move."""
    known = set(base.subjects) | set(_moved(head.subjects, base.subjects, diff.renames))
    known |= set(moves.values())
    return head.subjects - known


def _grouped(pairs: Iterable[tuple[Key, Finding]]) -> Mapping[Key, list[Finding]]:
    groups: dict[Key, list[Finding]] = defaultdict(list)
    for key, finding in pairs:
        groups[key].append(finding)
    return {key: sorted(group, key=_place) for key, group in groups.items()}


def _followed(finding: Finding, renames: Mapping[str, str], moves: Moves) -> Key:
    key, path = _bare(finding.key), finding.location.path
    moved = moves.get(_subject_of(key))
    if moved is not None:
        return replace(key, project=moved[0], address=moved[1])
    return key.follow(path, renames[path]) if path in renames else key


def _bare(key: Key) -> Key:
    return replace(key, ordinal=0)


def _subject_of(key: Key) -> _Subject:
    return (key.project, key.address)


def _place(finding: Finding) -> tuple[str, int, int]:
    return (finding.location.path, finding.location.line, finding.ordinal)


def _left_alone(
    head: Iterable[Finding], gone: Iterable[tuple[Key, Finding]], diff: Diff
) -> Iterator[Finding]:
    """What is said in the same words of a line that the change left alone is not new.

    A line says which stage or container it belongs to only through others: a stage that loses its
    name, or that another one is put before, brings nothing new.
    """
    said = defaultdict(list)
    for key, old in gone:
        said[_subject_of(key), old.rule, old.message].append(old)
    for finding in head:
        there = said[_subject_of(finding.key), finding.rule, finding.message] if finding.new else []
        same = next((old for old in there if _unmoved(old, finding, diff)), None)
        if same is not None:
            there.remove(same)
        yield finding if same is None else replace(finding, new=False)


def _matched(
    head: list[Finding], base: list[Finding], diff: Diff
) -> tuple[list[Finding], list[Finding]]:
    """Equals at head against equals at the merge base, both in order; and who of these is left."""
    pairs: dict[int, Finding] = {}
    left = list(base)
    for place, finding in enumerate(head):
        same = next((old for old in left if _unmoved(old, finding, diff)), None)
        if same is not None:
            left.remove(same)
            pairs[place] = same
    for place in range(len(head)):
        if place not in pairs and left:
            pairs[place] = left.pop(0)
    return _numbered(head, pairs), left


def _numbered(head: list[Finding], pairs: Mapping[int, Finding]) -> list[Finding]:
    taken = {old.ordinal for old in pairs.values()}
    free = iter(sorted(set(range(len(head) + len(taken))) - taken))
    return [
        replace(finding, ordinal=pairs[place].ordinal, new=False)
        if place in pairs
        else replace(finding, ordinal=next(free), new=True)
        for place, finding in enumerate(head)
    ]


def _unmoved(old: Finding, new: Finding, diff: Diff) -> bool:
    """Whether both stand on the same line, one that the change left alone."""
    file = diff.by_old_path.get(old.location.path)
    if file is None:
        return old.location.path == new.location.path and old.location.line == new.location.line
    here = file.new_path == new.location.path
    return here and head_line(file, old.location.line) == new.location.line


def head_line(file: ChangedFile, line: int) -> int | None:
    """Where a line of the merge base's file stands at head; None where the change removed it."""
    shift = 0
    for hunk in file.hunks:
        if line < hunk.old_start:
            break
        old = hunk.old_start
        for kind in hunk.kinds:
            if kind == "+":
                shift += 1
            elif old == line and kind == "-":
                return None
            elif kind == "-":
                shift -= 1
            if old == line and kind == " ":
                return line + shift
            old += kind != "+"
    return line + shift


def _moved(
    head: Collection[_Subject], base: Iterable[_Subject], renames: Mapping[str, str]
) -> Iterable[_Subject]:
    """Where the merge base's subjects are now, if their file was renamed."""
    folders = defaultdict(set)
    for old, new in renames.items():
        folders[folder(old)].add(folder(new))
    for project, address in base:
        if address in renames:  # a subject that is a file
            yield (
                folder(renames[address]) if project == folder(address) else project,
                renames[address],
            )
        elif (project, address) not in head:
            yield from ((moved, address) for moved in folders[project])
