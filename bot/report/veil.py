"""Source lines as anyone may see them: without the value of a secret. Pure.

More is hidden than has to be: a page can be handed on, and source is shown only so that people
find the place again.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence

from bot.markdown.escape import cut, visible
from bot.review import Review
from rules.finding import Side
from rules.secrets import is_literal, is_random, masked, may_name_secret, names_secret

LONGEST_LINE = 240  # signs
GONE = "[hidden]"
HOLD_SECRETS = frozenset(("baked-secret", "secret-literal"))  # rules that find one at their line
_LOOKED_AT = 120  # signs behind the cut: a secret is known by its whole form

_NAME = r"[A-Za-z_][\w.-]*"
_QUOTED = r"\"(?:\\.|[^\"\\])*\"?|'[^']*'?"
_VALUE = rf"{_QUOTED}|[^\s,;&|]+"
_PAIR = re.compile(  # behind a colon a value may have several words
    rf"(?<![\w.])(?P<name>{_NAME})(?P<quote>\\?[\"']?)(?P<sign>\s*(?:=|(?P<colon>:\s))\s*)"
    rf"(?P<value>{_QUOTED}|(?(colon)[^\s,;&|\[{{][^,}}#]*|[^\s,;&|]+))"
)
_FLAG = re.compile(  # in a list of arguments too
    rf"(?<![\w-])(?P<name>--?{_NAME})(?P<quote>[\"']?)(?P<sign>\s*,\s*|\s+)(?P<value>(?!-)(?:{_VALUE}))"
)
_WORD = re.compile(
    rf"^(?P<name>\s*(?:ENV|ARG)\s+{_NAME})(?P<quote>)(?P<sign>\s+)(?P<value>[^=]+)$", re.IGNORECASE
)
_USER = re.compile(r"((?:^|\s)(?:-u|--user|--creds)[\s=]+[\"']?[^\s:\"']+:)[^\s\"']+")
_LOGIN = re.compile(r"(\b(?:login|sshpass|mysql\w*)\s(?:.{0,80}?\s)?-p\s*)[^\s\"'$-]\S*")
_BESIDE = re.compile(
    rf"(\bname[\"']?\s*:\s*[\"']?({_NAME})[\"']?\s*,\s*[\"']?value[\"']?\s*:\s*)(?:{_VALUE})"
)
_FLAG_AT_END = re.compile(rf"(?:^|[\s\"'\[])--?({_NAME})[\"']?\s*,?\s*\\?$")
_OPENS = re.compile(  # what stands below: a block of text or, in YAML, perhaps more keys
    r"^\s*(?:- +)*(?P<at>)[\"']?(?P<key>[\w./-]+)[\"']?\s*"
    r"(?::\s*(?P<text>[|>][0-9+-]{0,2})?\s*(?:#.*)?|=\s*<<[-~]?\s*[\"']?(?P<end>\w+)[\"']?)$"
)
_BEARER = re.compile(
    r"(authorization.{0,20}?(?:bearer|basic|token)\s+)(?!\$)[\w.+/=~-]{6,}", re.IGNORECASE
)
_ELSEWHERE = re.compile(  # in HCL: where the value comes from, not what it is
    r"(?:var|local|data|module|each|self)\.[\w.\[\]*-]+|[a-z]\w*_\w+(?:\.[\w\[\]*-]+){2,}"
)
_TEMPLATE = re.compile(r"\{\{[^\"'`{}]*\}\}")  # without a text of its own in it
_KEY = re.compile(r"^(?P<indent>\s*)(?:- )?[\"']?(?P<key>[\w./-]+)[\"']?\s*:(?:\s|$)")
_ONLY_PAIRS = re.compile(
    rf"^\s*(?:(?:ENV|ARG)\s+{_NAME}(?:=(?:{_VALUE}))?|{_NAME}=(?:{_VALUE}))"
    rf"(?:\s+{_NAME}=(?:{_VALUE}))*\s*\\?$"
)
_NAMED = re.compile(rf"\b(?:name|key)[\"']?\s*:\s*[\"']?({_NAME})")
_VALUE_KEY = re.compile(r"^(\s*(?:- )?[\"']?value[\"']?\s*:\s*)\S.*$")
_SECRET_KIND = re.compile(r"^\s*(?:- )?[\"']?kind[\"']?\s*:\s*[\"']?Secret\b")
_DATA = ("data", "stringData")


class Veil:
    """One file's lines as they may be shown. ``secret`` are numbers of lines that hold one."""

    def __init__(self, lines: Sequence[str], secret: Collection[int] = ()) -> None:
        self._lines = lines
        self._secret = frozenset(secret)
        self._hidden = frozenset((*_keys(lines), *_below(lines)))
        self._data = frozenset(_secret_data(lines))

    def line(self, number: int) -> str:
        """The line of this number, counted from 1: what cannot be seen is written out."""
        text = self._lines[number - 1].removesuffix("\r")[: LONGEST_LINE + _LOOKED_AT].expandtabs(4)
        if number in self._hidden:
            shown = GONE
        elif number in self._data:
            shown = _key_alone(text)
        elif number in self._secret:
            shown = _instruction(text)
        else:
            shown = self._plain(number, text)
        return cut(visible(shown), LONGEST_LINE)

    def _plain(self, number: int, text: str) -> str:
        if (found := _VALUE_KEY.match(text)) and self._named_secret(number):
            return found[1] + GONE
        before = self._lines[number - 2][:LONGEST_LINE].rstrip() if number > 1 else ""
        flag = _FLAG_AT_END.search(before)
        if flag and names_secret(flag[1]) and is_literal(text):
            return GONE
        return veiled(text)

    def _named_secret(self, number: int) -> bool:
        """Whether a line beside says that the value is a secret's, as in a container's ``env``."""
        beside = self._lines[max(0, number - 3) : number + 2]
        return any(names_secret(name) for line in beside for name in _NAMED.findall(line[:500]))


def secret_lines(review: Review) -> Mapping[tuple[Side, str], set[int]]:
    """The lines in which a rule has found a secret, new or not, by side and path."""
    found: dict[tuple[Side, str], set[int]] = defaultdict(set)
    for finding in (each for result in review.results for each in result.findings):
        where = finding.location
        if finding.rule in HOLD_SECRETS:
            first, last = where.block or (where.line, where.line)
            found[where.side, where.path] |= {where.line, *range(first, last + 1)}
    return found


def veiled(text: str) -> str:
    """A line, or several, of any language without what a name or its form shows to be secret."""
    text = _BESIDE.sub(lambda found: found[1] + GONE if names_secret(found[2]) else found[0], text)
    for pattern in (_PAIR, _FLAG, _WORD):
        text = pattern.sub(_without, text)
    text = _LOGIN.sub(rf"\1{GONE}", text)
    return masked(_BEARER.sub(rf"\1{GONE}", _USER.sub(rf"\1{GONE}", text)))


def _without(found: re.Match[str]) -> str:
    name, value = found["name"].split()[-1], found["value"].strip().strip("\"'")
    if found["sign"].endswith(" = ") and _ELSEWHERE.fullmatch(value):
        return found[0]
    secret = names_secret(name) and is_literal(value)
    if secret or (may_name_secret(name) and is_random(value)):
        return f"{found['name']}{found['quote']}{found['sign']}{GONE}"
    # There may be more in it: a connection string, an address, a list.
    start = found.start("value") - found.start()
    return found[0][:start] + found.re.sub(_without, found["value"])


def _instruction(text: str) -> str:
    """A line of a Dockerfile in which a rule has found a secret."""
    first = text.split(maxsplit=1)[0] if text.strip() else ""
    if first.upper() in ("COPY", "ADD"):
        return veiled(text)
    if _ONLY_PAIRS.match(text):
        return re.sub(rf"=(?:{_VALUE})", f"={GONE}", text)
    indent = text[: len(text) - len(text.lstrip())]
    return f"{indent}{first} {GONE}" if first.isalpha() and first.isupper() else f"{indent}{GONE}"


def _key_alone(text: str) -> str:
    found = re.match(r"\s*(?:- )?[\"']?[\w./-]+[\"']?\s*:(?=\s|$)|(?=\s*\{\{)", text)
    if found and _TEMPLATE.fullmatch(text[found.end() :].strip()):
        return text
    return f"{found[0]} {GONE}" if found and found[0] else GONE


def _keys(lines: Sequence[str]) -> Iterator[int]:
    """The lines of private keys, their first and last apart."""
    inside = False
    for number, line in enumerate(lines, 1):
        if "-----END " in line:
            inside = False
        if inside:
            yield number
        if "-----BEGIN " in line and "PRIVATE KEY" in line:
            inside = "-----END " not in line


def _below(lines: Sequence[str]) -> Iterator[int]:
    """The lines of a text that begins below its name, where that names a secret."""
    opened: re.Match[str] | None = None
    for number, line in enumerate(lines, 1):
        if opened and _goes_on(opened, line):
            yield number
        elif line.strip():
            found = _OPENS.match(line[:LONGEST_LINE])
            opened = found if found and names_secret(found["key"]) else None


def _goes_on(opened: re.Match[str], line: str) -> bool:
    """Whether a line below is still of the value; keys of their own are looked at by themselves."""
    bare = line.strip()
    if opened["end"]:
        return bare != opened["end"]
    deeper = len(line) - len(line.lstrip()) > opened.start("at")
    own = bare.startswith("- ") or _KEY.match(line[:LONGEST_LINE])
    return bool(bare) and deeper and bool(opened["text"] or not own)


def _secret_data(lines: Sequence[str]) -> Iterator[int]:
    """The lines of a Kubernetes Secret that hold its data."""
    for first, last in _documents(lines):
        document = lines[first:last]
        if any(_SECRET_KIND.match(line) for line in document):
            yield from (first + each for each in _data(document))


def _documents(lines: Sequence[str]) -> Iterator[tuple[int, int]]:
    ends = [number for number, line in enumerate(lines) if line.startswith("---")]
    yield from zip([0, *ends], [*ends, len(lines)], strict=True)


def _data(lines: Sequence[str]) -> Iterator[int]:
    """The numbers, from 1, of what stands below the keys ``data`` and ``stringData``."""
    depth: int | None = None
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        indent = len(line) - len(line.lstrip())
        if depth is not None and indent > depth:
            yield number
            continue
        found = _KEY.match(line)
        depth = indent if found and found["key"] in _DATA else None
        if depth is not None and line.partition(":")[2].strip():
            yield number
