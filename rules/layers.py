"""What an instruction of a Dockerfile leaves in the image that is a secret."""

from collections.abc import Iterator
from dataclasses import dataclass

from rules.commands import Leak, holds_secret, leaks, passwords_in_urls, written
from rules.secrets import (
    is_elsewhere,
    is_secret_file,
    may_be_secret_file,
    names_secret,
    refers,
    tokens,
)
from rules.subjects.instruction import Heredoc, Instruction, Pair
from rules.subjects.words import unquote

_COMMANDS = ("RUN", "CMD", "ENTRYPOINT", "HEALTHCHECK", "ONBUILD")


@dataclass(frozen=True, slots=True)
class Kept:
    """A secret that stays: its line, which it is (never the secret itself), and where it stays.

    ``sure``: the name or form says so; else it often is one, and people should look.
    """

    line: int
    what: str
    why: str
    sure: bool = True


def kept(instruction: Instruction, arguments: frozenset[str]) -> Iterator[Kept]:
    """The secrets of one instruction, one a line. ``arguments`` are the file's build arguments."""
    lines: set[int] = set()
    for found in _all(instruction, arguments):
        # What shows by its form stands last: mostly it was found by its name before.
        if found.line not in lines or found.why in (_FILE, _ARGUMENT, _VARIABLE):
            yield found
        lines.add(found.line)


_FILE = "is copied into a layer of the image, and stays there when a later RUN removes it"
_ARGUMENT = "is a secret as a build argument: it stands in the image's history"
_VARIABLE = "is a secret in the image's environment: whoever can pull the image reads it"
_COMMAND = "is a secret in a command: it stands in the image's history"
_WRITTEN = "is written into a layer of the image, and stays there when a later RUN removes it"


def _all(instruction: Instruction, arguments: frozenset[str]) -> Iterator[Kept]:
    if instruction.keyword in ("ENV", "ARG"):
        yield from _variables(instruction, arguments)
    elif instruction.keyword in ("COPY", "ADD"):
        yield from _files(instruction)
    elif instruction.keyword in _COMMANDS:
        yield from _commands(instruction)
    yield from _by_form(instruction)


def _variables(instruction: Instruction, arguments: frozenset[str]) -> Iterator[Kept]:
    why = _ARGUMENT if instruction.keyword == "ARG" else _VARIABLE
    for pair in instruction.pairs:
        name = unquote(pair.name)
        value = unquote(pair.value or "", instruction.escape)
        baked = holds_secret(name, value) or _handed_in(instruction, name, pair, arguments)
        if baked:
            yield Kept(instruction.line_at(pair.at), name, why)
        elif any(passwords_in_urls(value)):
            yield Kept(instruction.line_at(pair.at), name, "holds a URL with a password")


def _handed_in(instruction: Instruction, name: str, pair: Pair, arguments: frozenset[str]) -> bool:
    """Whether the build hands the secret in: by ARG, or by an ENV that keeps such an argument."""
    value = pair.value or ""
    if not names_secret(name):
        return False
    if instruction.keyword == "ARG":
        return not is_elsewhere(unquote(value, instruction.escape))
    return refers(value) and any(f"${form}" in value for each in arguments for form in _forms(each))


def _forms(name: str) -> tuple[str, ...]:
    return (name, f"{{{name}")


def _files(instruction: Instruction) -> Iterator[Kept]:
    *sources, target = instruction.arguments or ("",)
    bare = [unquote(source, instruction.escape) for source in sources if "<<" not in source]
    local = [source for source in bare if "://" not in source and not source.startswith("git@")]
    for source in local:
        if is_secret_file(source):
            yield Kept(_line_of(instruction, source), _last(source), _FILE)
        elif may_be_secret_file(source):
            yield Kept(_line_of(instruction, source), _last(source), _FILE, sure=False)
    named = len(local) == 1 and _hides(local[0]) and is_secret_file(unquote(target))
    if named and not is_secret_file(local[0]):
        yield Kept(_line_of(instruction, target), _last(target), _FILE)
    for heredoc in instruction.heredocs:
        yield from _body(heredoc)


def _hides(source: str) -> bool:
    """Whether a source's name says nothing against what it is called in the image."""
    plain = source.lower()
    said = (".pub", ".crt", ".cer", "cert", "public", "example", "sample", "template", "dist")
    return not plain.endswith("/") and not any(word in plain for word in said)


def _last(path: str) -> str:
    return path.rstrip("/").rpartition("/")[2][:100]


def _line_of(instruction: Instruction, word: str) -> int:
    return instruction.line_at(max(instruction.text.find(word, instruction.at), instruction.at))


def _commands(instruction: Instruction) -> Iterator[Kept]:
    text, shift = instruction.rest, instruction.at
    if instruction.exec_form is not None:
        text, shift = " ".join(instruction.exec_form), 0
    for leak in leaks(text):
        yield _said(instruction, leak, shift, _COMMAND)
    for leak in written(text):
        yield _said(instruction, leak, shift, _WRITTEN)
    for heredoc in instruction.heredocs:
        yield from _body(heredoc)


def _said(instruction: Instruction, leak: Leak, shift: int, why: str) -> Kept:
    at = leak.at + shift if shift else instruction.at
    return Kept(instruction.line_at(at), leak.what, why)


def _body(heredoc: Heredoc) -> Iterator[Kept]:
    """The lines of a heredoc, read as a script or as a file of settings; comments are not."""
    text = "\n".join(
        "" if line.lstrip().startswith("#") else line for line in heredoc.text.split("\n")
    )
    for leak in leaks(text):
        line = heredoc.first + text.count("\n", 0, leak.at)
        yield Kept(line, leak.what, "is a secret in a heredoc: it stays in the image")


def _by_form(instruction: Instruction) -> Iterator[Kept]:
    for at, what in tokens(instruction.text):
        yield Kept(instruction.line_at(at), what, "stands in the image's history")
    for heredoc in instruction.heredocs:
        for at, what in tokens(heredoc.text):
            line = heredoc.first + heredoc.text.count("\n", 0, at)
            yield Kept(line, what, "stands in a heredoc: it stays in the image")
