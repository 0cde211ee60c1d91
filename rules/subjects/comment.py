"""Comments in YAML, Dockerfiles and scripts, and what each of them speaks of.

A comment beside something speaks of what begins on its line; alone on its line, of what begins on
the next one that is no comment: a key with all that is below it, an item of a list, an object, an
instruction. In a blank line's place nothing begins.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from rules.subjects.dockerfile import Dockerfile
from rules.subjects.dockerfile import Unreadable as NoDockerfile
from rules.subjects.dockerfile import parse as parse_dockerfile
from rules.subjects.manifest import objects
from rules.subjects.words import SPACE
from rules.subjects.yaml import List, Map, Node, Scalar, Unreadable, decode, documents, scalars

_NAME = 100  # signs of one key or name within a place
_Way = tuple["_Way | None", str]  # the way to a node, the last step first


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment at ``line``: its text without the sign, and the lines that it speaks of.

    ``last`` is 0 where it speaks of nothing. ``subject`` is the address of the object that holds
    it, ``""`` where that is the file. ``place`` says what it speaks of, within the subject and
    without a line: equal in two commits for what is the same.
    """

    line: int
    text: str
    first: int
    last: int
    subject: str = ""
    place: str = ""


@dataclass(frozen=True, slots=True)
class _Said:
    line: int
    text: str
    target: int  # the line of which it speaks, 0 for none


@dataclass(frozen=True, slots=True)
class _Spot:
    """What begins on a line: up to which one, in which object, and the way to it."""

    last: int
    subject: str
    way: _Way


def in_yaml(data: bytes, path: str, wanted: re.Pattern[str]) -> list[Comment]:
    """The comments of a YAML file that match ``wanted`` from their sign on, as far as it is YAML.

    Text in a scalar is none, whatever it looks like.
    """
    try:
        text = decode(data)
    except Unreadable:
        return []
    lines = text.split("\n")
    said = list(_said_in_yaml(text, lines, wanted))
    if not said:
        return []
    spots = _spots(_roots(text), path, frozenset(each.target for each in said))
    return [_comment(each, spots.get(each.target), lines) for each in said]


def in_dockerfile(data: bytes, path: str, wanted: re.Pattern[str]) -> list[Comment]:
    """Those of a Dockerfile: lines of their own, those within a continued instruction too."""
    try:
        dockerfile = parse_dockerfile(data, path)
    except NoDockerfile:
        return []
    lines = data.decode("utf-8", "replace").split("\n")
    bodies = _bodies(dockerfile)
    said = [each for each in _alone(lines, wanted) if each.line not in bodies]
    return [_in_instruction(each, dockerfile, lines) for each in said]


def in_lines(data: bytes, wanted: re.Pattern[str]) -> list[Comment]:
    """Those of a Makefile or script: lines of their own, each about the next line."""
    lines = data.decode("utf-8", "replace").split("\n")
    return [_comment(each, None, lines) for each in _alone(lines, wanted)]


def _said_in_yaml(text: str, lines: Sequence[str], wanted: re.Pattern[str]) -> Iterator[_Said]:
    spans, end = scalars(text)
    starts, after = [start for start, _end in spans], _following(lines)
    ends = [at.start() for at in re.finditer("\n", text)]
    for found in wanted.finditer(text, 0, end):
        at = found.start()
        number = bisect_right(ends, at - 1) + 1
        begin = text.rfind("\n", 0, at) + 1
        index = bisect_right(starts, at) - 1
        before = max(begin, spans[index][1] if index >= 0 else 0)
        # Within a scalar it is text; within a line that is all comment it may be commented out.
        if before > at or text[begin:at][-1:].strip() or text[begin:at].lstrip()[:1] == "#":
            continue
        alone = not text[begin:at].strip()
        yield _Said(number, found[0], after[number] if alone else number)


def _alone(lines: Sequence[str], wanted: re.Pattern[str]) -> Iterator[_Said]:
    after = _following(lines)
    for number, line in enumerate(lines, 1):
        bare = line.lstrip(SPACE + "\ufeff")
        if bare.startswith("#") and (found := wanted.match(bare)) is not None:
            yield _Said(number, found[0], after[number])


def _following(lines: Sequence[str]) -> Sequence[int]:
    """For each line the next one that is no comment, 0 where that is blank or not there."""
    after = [0] * (len(lines) + 1)
    for number in range(len(lines) - 1, 0, -1):
        bare = lines[number].strip()
        over = bare.startswith("#") or bare.split(" ", 1)[0] == "---"
        after[number] = after[number + 1] if over else number + 1 if bare else 0
    return after


def _roots(text: str) -> list[Node]:
    try:
        return documents(text)
    except Unreadable as error:
        return error.roots


def _spots(roots: Sequence[Node], path: str, lines: frozenset[int]) -> Mapping[int, _Spot]:
    """What begins on these lines; where several things do, the largest."""
    addresses = {id(one.root): one.address for one in objects(roots, path)}
    found: dict[int, _Spot] = {}
    stack: list[tuple[Node, str, _Way, bool]] = [
        (root, "", (None, str(number)), True) for number, root in enumerate(roots)
    ]
    while stack:
        node, subject, way, whole = stack.pop()
        if id(node) in addresses:
            subject, way = addresses[id(node)], (None, "")
        if whole and isinstance(node, Map | Scalar):
            _noted(found, lines, node.line, _Spot(node.last, subject, way))
        for line, below, step in _below(node):
            further = (way, step)
            if line is not None:
                _noted(found, lines, line, _Spot(max(line, below.last), subject, further))
            stack.append((below, subject, further, line is None))
    return found


def _noted(found: dict[int, _Spot], lines: frozenset[int], line: int, spot: _Spot) -> None:
    if line in lines and (line not in found or spot.last > found[line].last):
        found[line] = spot


def _below(node: Node) -> Iterable[tuple[int | None, Node, str]]:
    """What is in a collection: the line of its key, None for an item; and the step to it."""
    if isinstance(node, Map):
        return [(line, below, key) for key, (line, below) in node.entries.items()]
    if isinstance(node, List):
        return [(None, item, _called(item, at)) for at, item in enumerate(node.items)]
    return []


def _called(item: Node, number: int) -> str:
    """An item by its name, as Kubernetes' own lists merge; else by its number."""
    name = item.text("name") if isinstance(item, Map) else ""
    return f"[{name[:_NAME]}]" if name else f"[{number}]"


def _comment(said: _Said, spot: _Spot | None, lines: Sequence[str]) -> Comment:
    if not said.target:
        return Comment(said.line, said.text, 0, 0)
    if spot is None:
        place = lines[said.target - 1].strip()[:_NAME]
        return Comment(said.line, said.text, said.target, said.target, place=place)
    return Comment(said.line, said.text, said.target, spot.last, spot.subject, _told(spot.way))


def _told(way: _Way | None) -> str:
    steps: list[str] = []
    while way is not None:
        steps.append(way[1][:_NAME])
        way = way[0]
    return "/".join(reversed(steps))


def _bodies(dockerfile: Dockerfile) -> frozenset[int]:
    """The lines of heredocs, in which a ``#`` is text."""
    return frozenset(
        line
        for instruction in dockerfile.instructions
        for heredoc in instruction.heredocs
        for line in range(heredoc.first, heredoc.last + 1)
    )


def _in_instruction(said: _Said, dockerfile: Dockerfile, lines: Sequence[str]) -> Comment:
    """About the whole instruction where that begins on the next line, else about that line."""
    comment = _comment(said, None, lines)
    instruction = dockerfile.instruction_at(said.target) if said.target else None
    if instruction is None:
        return comment
    stage = dockerfile.stage_of(instruction)
    last = instruction.last if instruction.first == said.target else said.target
    place = f"{stage.label if stage else ''} {comment.place}"
    return Comment(said.line, said.text, said.target, last, place=place)
