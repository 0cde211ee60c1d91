"""What BuildKit refuses in one instruction, in its words.

Reference: frontend/dockerfile/instructions/parse.go. Unknown flags are left alone: each version
of the frontend brings new ones.
"""

import re
from collections.abc import Callable

from rules.finding import named
from rules.subjects.instruction import Instruction
from rules.subjects.words import SPACE

_GAP = re.compile(r"[\t\v\f\r ]+")
_STAGE_NAME = re.compile(r"[a-z][a-z0-9-_.]*")


def refused(instruction: Instruction) -> str | None:
    """Why Docker refuses the instruction; None where it does not."""
    check = _CHECKS.get(instruction.keyword)
    if check is None:
        return f"unknown instruction {_shown(instruction.keyword)}"
    return check(instruction)


def _shown(keyword: str) -> str:
    plain = keyword.isascii() and keyword.isprintable() and keyword
    return named(keyword[:40]) if plain else "here"


def _from(instruction: Instruction) -> str | None:
    arguments = instruction.arguments
    if len(arguments) == 3 and arguments[1].lower() == "as":
        fits = _STAGE_NAME.fullmatch(arguments[2].lower())
        return None if fits else "a stage's name holds only letters, digits, - _ and ."
    return None if len(arguments) == 1 else "FROM takes an image, or an image AS a name"


def _pairs(instruction: Instruction) -> str | None:
    keyword = instruction.keyword
    if not instruction.rest:
        return f"{keyword} needs a name and a value"
    if any(pair.value is None for pair in instruction.pairs):
        return f"{keyword} takes name=value"
    whole = all(pair.name for pair in instruction.pairs)
    return None if whole else f"{keyword} has a value without a name"


def _arg(instruction: Instruction) -> str | None:
    pairs = instruction.pairs
    return None if pairs and all(pair.name for pair in pairs) else "ARG needs a name"


def _copy(instruction: Instruction) -> str | None:
    arguments = instruction.arguments
    if len(arguments) < 2:
        return f"{instruction.keyword} needs a source and a destination"
    if re.fullmatch(r"\d*<<-?\s*[^<\s]+", arguments[-1]):
        return f"{instruction.keyword} cannot take a heredoc as its destination"
    return None


def _needed(instruction: Instruction) -> str | None:
    return None if instruction.rest else f"{instruction.keyword} needs an argument"


def _volume(instruction: Instruction) -> str | None:
    arguments = instruction.arguments
    whole = arguments and all(argument.strip(SPACE) for argument in arguments)
    return None if whole else "VOLUME needs a path"


def _shell(instruction: Instruction) -> str | None:
    return None if instruction.exec_form else "SHELL takes a JSON array of strings"


def _healthcheck(instruction: Instruction) -> str | None:
    kind, *command = _GAP.split(instruction.rest, maxsplit=1)
    if kind.upper() == "NONE":
        return "HEALTHCHECK NONE takes no arguments" if command else None
    if kind.upper() != "CMD":
        return "HEALTHCHECK takes CMD or NONE"
    return None if command and instruction.exec_form != () else "HEALTHCHECK CMD needs a command"


def _onbuild(instruction: Instruction) -> str | None:
    if not instruction.rest:
        return "ONBUILD needs an instruction"
    trigger = _GAP.split(instruction.rest)[0].upper()
    if trigger in ("ONBUILD", "FROM", "MAINTAINER"):
        return f"ONBUILD cannot hold {trigger}"
    return None


def _anything(_instruction: Instruction) -> None:
    return None


_CHECKS: dict[str, Callable[[Instruction], str | None]] = {
    "ADD": _copy,
    "ARG": _arg,
    "CMD": _anything,
    "COPY": _copy,
    "ENTRYPOINT": _anything,
    "ENV": _pairs,
    "EXPOSE": _needed,
    "FROM": _from,
    "HEALTHCHECK": _healthcheck,
    "LABEL": _pairs,
    "MAINTAINER": _needed,
    "ONBUILD": _onbuild,
    "RUN": _anything,
    "SHELL": _shell,
    "STOPSIGNAL": _needed,
    "USER": _needed,
    "VOLUME": _volume,
    "WORKDIR": _needed,
}
