"""A Dockerfile: its stages, what each is built from, and the user that its image runs as."""

import bisect
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

from rules.finding import Location, ObjectName
from rules.subjects.grammar import refused
from rules.subjects.image import parse as parse_image
from rules.subjects.instruction import Instruction, Reader, Unreadable
from rules.subjects.words import UNKNOWN, Malformed, substitute

__all__ = ["Dockerfile", "Stage", "Unreadable", "User", "UserKind", "is_dockerfile", "parse"]

_NAME = re.compile(
    r"(?i:(?:.+\.)?(?:dockerfile|containerfile)(?:\..+)?)|(?:Dockerfile|Containerfile)[-_].+",
    re.DOTALL,  # a name may hold a line end
)
_OTHER = re.compile(  # a file about a Dockerfile, or a template of one
    r".*\.(?:dockerignore|md|rst|adoc|txt|html|json|ya?ml|toml|lock|log|sh|py|go|rb|js|ts|lua"
    r"|sum|sha256|asc|sig|orig|rej|bak|swp|patch|diff|zip|gz|tar"
    r"|in|j2|jinja2?|tmpl|tpl|template|erb|ejs|mustache|hbs|gotmpl|m4|jsonnet|cue)",
    re.IGNORECASE | re.DOTALL,
)
_BUILDER_ARGS = frozenset(
    f"{of}{what}"
    for of in ("BUILD", "TARGET")
    for what in ("PLATFORM", "OS", "OSVERSION", "ARCH", "VARIANT", "STAGE")
)
_WINDOWS = re.compile(r"(?:^|[/-])(?:windows|nanoserver|servercore)(?:$|[/:@-])")


def is_dockerfile(path: str) -> bool:
    """Whether a file is one by its name: not its ignore file, documentation or templates."""
    name = path.rpartition("/")[2]
    return bool(_NAME.fullmatch(name)) and not _OTHER.fullmatch(name)


class UserKind(StrEnum):
    """What a file says of its image's user."""

    UNSET = "unset"  # no USER: the base image's
    NUMBER = "number"
    NAME = "name"
    UNKNOWN = "unknown"  # a variable that only the build sets


@dataclass(frozen=True, slots=True)
class User:
    """The user of an image: ``name`` as resolved, without its group; where the file says it.

    ``line`` is the USER's, or the last FROM's where there is none.
    """

    kind: UserKind
    name: str
    line: int
    instruction: Instruction | None = None

    @property
    def is_root(self) -> bool:
        """Whether the file itself says root, by name or number."""
        if self.kind is UserKind.NUMBER:
            return int(self.name) == 0
        return self.kind is UserKind.NAME and self.name == "root"


@dataclass(frozen=True)
class Stage:
    """A FROM and what follows it.

    ``reference`` is what it is built from, variables resolved; it holds UNKNOWN where only the
    build knows. ``parent`` is the number of the earlier stage that it continues, None for an
    image. ``name`` is lower case, ``""`` where it has none.
    """

    number: int
    name: str
    reference: str
    parent: int | None
    start: Instruction
    instructions: tuple[Instruction, ...]

    @property
    def label(self) -> str:
        """How people tell it from others: its name, else its image without what pins it."""
        if self.name:
            return self.name
        image = parse_image(self.reference)
        return image.name if image else self.start.arguments[0][:200]


@dataclass(frozen=True)
class Dockerfile:
    """A Dockerfile, parsed. ``escape`` is its continuation sign.

    ``foreign``: another frontend than Docker's builds it (``# syntax=``), whose instructions
    may be any. ``refused`` says why Docker does not take it although it could be read.
    """

    path: str
    instructions: tuple[Instruction, ...] = ()
    stages: tuple[Stage, ...] = ()
    escape: str = "\\"
    foreign: bool = False
    refused: str = ""
    arguments: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def address(self) -> str:
        """Its name within its project."""
        return self.path

    @property
    def object(self) -> ObjectName | None:
        """It is no Kubernetes object."""
        return None

    def at(self, instruction: Instruction, line: int = 0) -> Location:
        """The place of an instruction, or of one of its lines."""
        block = (instruction.first, instruction.last)
        return Location(self.path, line or instruction.first, block=block)

    def instruction_at(self, line: int) -> Instruction | None:
        """The instruction that a line belongs to, None for a comment or blank line between."""
        index = bisect.bisect_right(self._firsts, line) - 1
        found = self.instructions[index] if index >= 0 else None
        return found if found and line <= found.last else None

    def stage_of(self, instruction: Instruction) -> Stage | None:
        """The stage that an instruction stands in, None before the first FROM."""
        index = bisect.bisect_right(self._starts, instruction.first) - 1
        return self.stages[index] if index >= 0 else None

    @cached_property
    def _firsts(self) -> Sequence[int]:
        return [each.first for each in self.instructions]

    @cached_property
    def _starts(self) -> Sequence[int]:
        return [stage.start.first for stage in self.stages]

    def line_of(self, stage: Stage) -> Sequence[Stage]:
        """The stage's ancestors within the file and itself, the eldest first."""
        found = [stage]
        while found[-1].parent is not None:
            found.append(self.stages[found[-1].parent])
        return found[::-1]

    @cached_property
    def is_windows(self) -> bool:
        """Whether the last image is one of Windows, whose users have no numbers."""
        if not self.stages:
            return False
        root = self.line_of(self.stages[-1])[0]
        platform = root.start.flag("platform") or ""
        return bool(_WINDOWS.search(root.reference.lower())) or platform.startswith("windows")

    @cached_property
    def final_user(self) -> User:
        """The user that the last stage ends as, with what it inherits within the file."""
        if not self.stages:
            return User(UserKind.UNKNOWN, "", 1)
        line = self.line_of(self.stages[-1])
        for place in range(len(line) - 1, -1, -1):
            said = [each for each in line[place].instructions if each.keyword == "USER"]
            if said:
                return self._user(said[-1], line[: place + 1])
        last = self.stages[-1].start.first
        # A variable in FROM may name any stage of the file.
        hidden = UNKNOWN in line[0].reference and line[0].number > 0
        return User(UserKind.UNKNOWN if hidden else UserKind.UNSET, "", last)

    def _user(self, said: Instruction, line: Sequence[Stage]) -> User:
        scope = _Scope(self.arguments, self.escape, closed=line[0].reference == "scratch")
        for stage in line:
            for instruction in stage.instructions:
                if instruction is said:
                    break
                scope.take(instruction)
        name = scope.value(said.rest).partition(":")[0].strip()
        return User(_kind(name), name, said.first, said)


def _kind(name: str) -> UserKind:
    if UNKNOWN in name:
        return UserKind.UNKNOWN
    if not name:
        return UserKind.UNSET
    return UserKind.NUMBER if name.isascii() and name.isdigit() else UserKind.NAME


class _Scope:
    """The variables that a stage's instructions see, as they come.

    ``closed``: nothing is inherited from an image, so what is not set is empty.
    """

    def __init__(self, arguments: Mapping[str, str], escape: str, *, closed: bool) -> None:
        self.arguments, self.escape = arguments, escape
        self.missing = "" if closed else UNKNOWN
        self.values: dict[str, str] = {}

    def value(self, text: str) -> str:
        """The text with its variables resolved, UNKNOWN where it cannot be."""
        try:
            return substitute(text, self._lookup, self.escape)
        except Malformed:
            return UNKNOWN

    def _lookup(self, name: str) -> str | None:
        return self.values.get(name, self.missing)

    def take(self, instruction: Instruction) -> None:
        """What ENV or ARG sets. One ENV resolves all its values before it sets any."""
        if instruction.keyword == "ENV":
            pairs = instruction.pairs
            self.values |= {pair.name: self.value(pair.value or "") for pair in pairs}
        elif instruction.keyword == "ARG":
            for pair in instruction.pairs:
                if pair.value is not None:
                    self.values[pair.name] = self.value(pair.value)
                elif pair.name in self.arguments or pair.name not in self.values:
                    self.values[pair.name] = self.arguments.get(pair.name, UNKNOWN)


def parse(text: str | bytes, path: str) -> Dockerfile:
    """The Dockerfile in ``text``, read as Docker reads it. Raises Unreadable."""
    decoded, refusal = _decoded(text) if isinstance(text, bytes) else (text, "")
    reader = Reader(decoded)
    instructions = tuple(reader.instructions())
    if not instructions:
        raise Unreadable(1, "the file has no instructions")
    if not reader.foreign:
        _check(instructions)
    stages, arguments = _stages(instructions, reader.escape)
    if not stages and not reader.foreign:
        raise Unreadable(instructions[-1].first, "there is no FROM")
    return Dockerfile(path, instructions, stages, reader.escape, reader.foreign, refusal, arguments)


def _decoded(content: bytes) -> tuple[str, str]:
    """The content as text, and why Docker would refuse its encoding."""
    for mark, encoding in ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")):
        if content.startswith(mark):
            text = content[2:].decode(encoding, "replace")
            return text, "it is UTF-16, and Docker reads UTF-8 only: save it as UTF-8"
    return content.decode("utf-8", "replace"), ""


def _check(instructions: Iterable[Instruction]) -> None:
    started = False
    for instruction in instructions:
        reason = refused(instruction)
        if reason is not None:
            raise Unreadable(instruction.first, reason)
        started = started or instruction.keyword == "FROM"
        if not started and instruction.keyword != "ARG":
            raise Unreadable(instruction.first, f"{instruction.keyword} stands before any FROM")


def _stages(
    instructions: Sequence[Instruction], escape: str
) -> tuple[tuple[Stage, ...], Mapping[str, str]]:
    """The stages, and the values of the arguments before the first."""
    starts = [at for at, each in enumerate(instructions) if _starts(each)]
    if not starts:
        return (), {}
    arguments = _arguments(instructions[: starts[0]], escape)
    stages: list[Stage] = []
    known: dict[str, int] = {}
    for at, end in zip(starts, [*starts[1:], len(instructions)], strict=True):
        words = instructions[at].arguments
        reference = _reference(instructions[at], arguments, escape)
        name = words[2].lower() if len(words) == 3 else ""
        # Names are compared in lower case: no image has a capital, so nothing else can be meant.
        parent = known.get(reference.lower())
        inside = tuple(instructions[at + 1 : end])
        stages.append(Stage(len(stages), name, reference, parent, instructions[at], inside))
        if name:
            known[name] = len(stages) - 1
    return tuple(stages), arguments


def _starts(instruction: Instruction) -> bool:
    return instruction.keyword == "FROM" and bool(instruction.arguments)


def _arguments(before: Iterable[Instruction], escape: str) -> Mapping[str, str]:
    scope = _Scope({}, escape, closed=True)
    scope.values |= dict.fromkeys(_BUILDER_ARGS, UNKNOWN)
    for instruction in before:
        scope.take(instruction)
    return scope.values


def _reference(start: Instruction, arguments: Mapping[str, str], escape: str) -> str:
    try:
        return substitute(start.arguments[0], arguments.get, escape)
    except Malformed:
        raise Unreadable(start.first, "a variable of FROM cannot be read") from None
