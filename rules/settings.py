"""What a text of settings gives away: secrets in lines such as ``name: value`` or ``name = value``.

It may be of any kind (properties, YAML, JSON, XML, ini, a script), so that names and values are
looked for without knowing which. In doubt these are silent, since what they say blocks a merge.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator

from rules.commands import Leak, holds_secret, leaks
from rules.secrets import is_literal, tokens

_NAME = r"([A-Za-z_][\w.-]{0,100})"
_LINE = re.compile(rf"""(?:-[ ]+)?(?:export[ ]+)?{_NAME}[ \t]*(?::[ \t]|=>?)[ \t]*(.{{1,1000}})""")
_QUOTED = re.compile(
    rf"""["']{_NAME}["'][ \t]{{0,9}}(?::|=>?)[ \t]{{0,9}}("[^"\n]{{0,1000}}"|'[^'\n]{{0,1000}}')"""
)
_ELEMENT = re.compile(rf"<{_NAME}>([^<>\n]{{1,500}})</")
_SQL = re.compile(r"\b(?:PASSWORD|IDENTIFIED[ \t]+BY)[ \t]+'([^'\n]{1,200})'", re.IGNORECASE)
_HEADER = re.compile(
    r"""\bauthorization["' \t:=,]{1,9}(?:bearer|basic|token)[ \t]{1,5}([^\s"';]{4,500})""",
    re.IGNORECASE,
)
_COMMENT = ("#", "//", ";", "<!--", "*")
_REMARK = re.compile(r"[ \t](?:#|//|;).*")
_NO_VALUE = ("{", "[", "|", ">", "&", "*", "!", "(", "<", "#", ",")
_LONGEST = 2000  # signs of a line; longer ones hold no single setting


def secrets_in(text: str) -> Iterator[tuple[int, str]]:
    """The secrets, one a line: its number from 0 and what it is. Takes time linear in the text."""
    plain = "\n".join("" if _is_remark(each) else each for each in text.split("\n"))
    ends = [found.start() for found in re.finditer("\n", text)]
    plain_ends = [found.start() for found in re.finditer("\n", plain)]
    seen: set[int] = set()
    for found in (*_settings(plain), *leaks(plain)):
        line = bisect_left(plain_ends, found.at)
        if line not in seen:
            seen.add(line)
            yield line, found.what
    for at, what in tokens(text):
        line = bisect_left(ends, at)
        if line not in seen:
            seen.add(line)
            yield line, what


def says_secret(name: str, value: str) -> bool:
    """Whether name and value together say a secret; of ``spring.password`` the last part counts."""
    return holds_secret(name.rstrip(".").rpartition(".")[2], value)


def _is_remark(line: str) -> bool:
    return line.lstrip().startswith(_COMMENT)


def _settings(text: str) -> Iterator[Leak]:
    at = 0
    for line in text.split("\n"):
        found = _LINE.fullmatch(_REMARK.sub("", line).strip()) if len(line) < _LONGEST else None
        if found and not found[2].startswith(_NO_VALUE) and says_secret(found[1], _bare(found[2])):
            yield Leak(at, found[1])
        at += len(line) + 1
    for pattern in (_QUOTED, _ELEMENT):
        for pair in pattern.finditer(text):
            if says_secret(pair[1], _bare(pair[2])):
                yield Leak(pair.start(), pair[1])

    for pattern, what in ((_SQL, "the password of an account"), (_HEADER, "a header's token")):
        for found in pattern.finditer(text):
            if is_literal(found[1]):
                yield Leak(found.start(), what)


def _bare(value: str) -> str:
    value = value.strip().removesuffix(",")
    return value[1:-1] if value[:1] in ("'", '"') and value[-1:] == value[:1] else value
