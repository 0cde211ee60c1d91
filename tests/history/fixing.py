"""Mend findings in a file as their authors would: by rule, one line or instruction each."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

_DIGEST = "@sha256:" + "0123456789abcdef" * 4
_INSIDE = "securityContext: {allowPrivilegeEscalation: false, runAsNonRoot: true, runAsUser: 10001}"
_SAFE = {"runAsNonRoot": "true", "runAsUser": "10001", "allowPrivilegeEscalation": "false"}
_WRONG = re.compile(r"\b(runAsNonRoot|runAsUser|allowPrivilegeEscalation)([\"']?:\s*)[^\s,}#]+")
_FROM = re.compile(r"(\s*FROM\s+(?:--\S+\s+)*)[^\s:@]+(?::[\w.-]+)?(?:@\S+)?", re.IGNORECASE)

_EMPTY = re.compile(r"\s*(#.*)?$")  # goes on with an instruction that has begun
_HEREDOC = re.compile(r"<<-?[\"']?(\w+)")

Lines = list[str]


def mended(data: bytes, findings: Iterable[Mapping[str, Any]]) -> bytes:
    """The file without these findings, as far as one knows how; the rest of it untouched."""
    lines = data.decode("utf-8", "surrogateescape").split("\n")
    spans = _instructions(lines)
    # From below, so that nothing moves that is still to be mended; an instruction goes once.
    places = {_place(each, spans) for each in findings if _is_mended(each)}
    for at, last, rule in sorted(places, reverse=True):
        if rule:
            _BY_RULE[rule](lines, at)
        else:
            lines[at : last + 1] = _mended_instruction(lines[at : last + 1])
    return "\n".join(lines).encode("utf-8", "surrogateescape")


def _is_mended(finding: Mapping[str, Any]) -> bool:
    """By its rule, or in a Dockerfile by its instruction; no line of a manifest goes blindly."""
    return finding["rule"] in _BY_RULE or finding["object"] is None


def _place(
    finding: Mapping[str, Any], spans: Mapping[int, tuple[int, int]]
) -> tuple[int, int, str]:
    at, rule = finding["line"] - 1, finding["rule"]
    if rule in _BY_RULE:
        return (at, at, rule)
    return (*spans.get(at, (at, at)), "")


def _instructions(lines: Lines) -> Mapping[int, tuple[int, int]]:
    """Each line of a Dockerfile to the first and last of its instruction."""
    spans: dict[int, tuple[int, int]] = {}
    at = 0
    while at < len(lines):
        last = at
        while last + 1 < len(lines) and (
            lines[last].rstrip().endswith("\\") or (last > at and _EMPTY.match(lines[last]))
        ):
            last += 1
        heredoc = _HEREDOC.search(lines[at])
        if heredoc and heredoc[1] in lines[at:]:
            last = lines.index(heredoc[1], at)
        spans |= dict.fromkeys(range(at, last + 1), (at, last))
        at = last + 1
    return spans


def _pin_image(lines: Lines, at: int) -> None:
    lines[at] = re.sub(r"(image[\"']?:\s*).*", rf"\1registry.example/app{_DIGEST}", lines[at])


def _unprivileged(lines: Lines, at: int) -> None:
    lines[at] = re.sub(r"(privileged[\"']?:\s*)true", r"\1false", lines[at])


def _not_root(lines: Lines, at: int) -> None:
    _secure(lines, at, ("runAsNonRoot: true", "runAsUser: 10001"))


def _no_escalation(lines: Lines, at: int) -> None:
    _secure(lines, at, ("allowPrivilegeEscalation: false",))


def _numbered_user(lines: Lines, at: int) -> None:
    _secure(lines, at, ("runAsUser: 10001",))


def _secure(lines: Lines, at: int, keys: tuple[str, ...]) -> None:
    text = lines[at]
    if _INSIDE in text:
        return  # another finding of the same container brought it
    if _WRONG.search(text):
        lines[at] = _WRONG.sub(lambda found: f"{found[1]}{found[2]}{_SAFE[found[1]]}", text)
    elif re.match(r"\s*securityContext:\s*$", text):
        indent = re.match(r"\s*", lines[at + 1] if at + 1 < len(lines) else "")
        assert indent is not None
        lines[at + 1 : at + 1] = [indent[0] + key for key in keys]
    elif item := re.match(r"(\s*)- (?=\S)", text):
        lines[at : at + 1] = [f"{item[1]}- {_INSIDE}", f"{item[1]}  {text[item.end() :]}"]


def _mended_instruction(lines: Lines) -> Lines:
    """Pin a FROM, number a USER; any other instruction goes, with all its lines."""
    if _FROM.match(lines[0]):
        return [_FROM.sub(rf"\1registry.example/base{_DIGEST}", lines[0]), *lines[1:]]
    return ["USER 10001:10001"] if re.match(r"\s*USER\s", lines[0], re.IGNORECASE) else []


_BY_RULE: dict[str, Callable[[Lines, int], None]] = {
    "root-container": _not_root,
    "privilege-escalation": _no_escalation,
    "unprovable-user": _numbered_user,
    "floating-image": _pin_image,
    "privileged-container": _unprivileged,
}
