"""What a shell command gives away: secrets that stand in it as literals."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from rules.secrets import (
    is_literal,
    is_object_name,
    is_random,
    is_secret_file,
    may_name_secret,
    names_secret,
    repeats,
)

_VALUE = r"""("[^"\n]{0,500}"|'[^'\n]{0,500}'|[^\s;&|<>()"'`]{1,500})"""
_ASSIGNED = re.compile(rf"(?<![\w$.-])([A-Za-z_][A-Za-z0-9_]{{0,80}})={_VALUE}")
_FLAGS = (
    r"password|passwd|pass|passphrase|token|secret|api-?key|(?:api|access|auth|private)-token"
    r"|client-secret|(?:secret|access)-key|(?:db|root|admin|http|proxy)-password|db-?pass"
    r"|(?:github|registry)-token|(?:dest|src)?storepass|keypass|requirepass"
)
_FLAG = re.compile(rf"(?<![\w-])--?({_FLAGS})(?:=|\s{{1,20}})(?!-|id=){_VALUE}")
_URL = re.compile(r"""://([^\s:@/'"]{0,100}):([^\s@/'"]{1,200})@([^\s/'":]{1,200})""")
_HEADER = re.compile(
    r"(authorization|private-token|x-api-key|x-auth-token):[ \t]{0,5}"
    r"""((?:bearer|basic|token)\s{1,5})?([^\s"']{4,500})""",
    re.IGNORECASE,
)
_NETRC = re.compile(r"""\blogin\s{1,5}\S{1,100}\s{1,5}password\s{1,5}([^\s"']{1,200})""")
_NPM = re.compile(rf"(?<!\w)(_(?:authToken|password))\s{{1,20}}{_VALUE}")
_AWS = re.compile(rf"\b(aws_secret_access_key|aws_session_token)\s{{1,20}}{_VALUE}")
_OPENSSL = re.compile(r"""(-pass(?:in|out)?)\s{1,5}["']?pass:([^\s"';&|]{1,200})""")
_DEBCONF = re.compile(rf"([a-z_-]{{0,40}}password(?:_again)?)\s{{1,20}}password\s{{1,20}}{_VALUE}")
_CHPASSWD = re.compile(
    rf"\b(?:echo|printf)\s{{1,20}}(?:-\w{{1,3}}\s{{1,20}})?{_VALUE}\s{{0,20}}\|\s{{0,20}}"
    r"(?:sudo\s{1,20})?(chpasswd|passwd)\b"
)
_NAMED = ((_FLAG, "--{}"), (_NPM, "{}"), (_DEBCONF, "{}"), (_AWS, "{}"), (_OPENSSL, "{}"))
# Programs whose short option is a password: the program, the option, and what it is called.
_SHORT = (
    (re.compile(r"\bsshpass\s"), re.compile(rf"\s-p\s{{0,20}}{_VALUE}"), "sshpass -p"),
    (
        re.compile(r"\b(?:mysql|mariadb)(?:admin|dump)?\s"),
        re.compile(rf"\s-p{_VALUE}"),
        "mysql -p",
    ),
    (re.compile(r"\bredis-cli\s"), re.compile(rf"\s-a\s{{1,20}}{_VALUE}"), "redis-cli -a"),
    (
        re.compile(
            r"\b(?:docker|podman|buildah|skopeo|helm|oras|az|oc|cf)\s[\s\w-]{0,50}\blogin\s"
        ),
        re.compile(rf"\s-p\s{{1,20}}{_VALUE}"),
        "login -p",
    ),
    (
        re.compile(r"\bhtpasswd\s"),
        re.compile(
            rf"\s-\w{{0,9}}b\w{{0,9}}\s(?:-\w{{1,9}}\s{{1,9}}){{0,9}}\S{{1,99}}\s\S{{1,99}}\s{_VALUE}"
        ),
        "htpasswd",
    ),
)
_USER = re.compile(rf"\s(?:-u|--user)(?:\s{{1,20}}|=|){_VALUE}")
_COMMAND = re.compile(r"[^;&|\n]{1,100000}")
_WRITTEN = re.compile(
    r"""(?:>{1,2}|\btee\s(?:-a\s)?|\bcp\s[^;&|\n]{1,200}\s)\s{0,5}["']?([^\s"';&|<>()]{1,200})"""
)
_HERE = re.compile(r"localhost|127\.|\[?::1|0\.0\.0\.0|example\.(?:com|org|net)|host\b|\$")
_KEPT = re.compile(
    r"(?:id_(?:rsa|dsa|ecdsa|ed25519)|[._]netrc|\.git-credentials|\.pgpass|\.pypirc)$"
)


@dataclass(frozen=True, slots=True)
class Leak:
    """A secret in a text: its offset, and what gives it away, never the secret itself."""

    at: int
    what: str


def leaks(text: str) -> Iterator[Leak]:
    """The literals in shell commands that are secrets. Takes time linear in the text."""
    yield from _assignments(text)
    yield from _options(text)
    yield from passwords_in_urls(text)
    for found in _HEADER.finditer(text):
        # A setting may be called so too, as in "authorization: enabled".
        sure = found[2] or found[1].lower() != "authorization" or is_random(found[3])
        if sure and is_literal(_bare(found[3])):
            yield Leak(found.start(), f"the header {found[1].title()}")
    for found in _NETRC.finditer(text):
        if is_literal(found[1]):
            yield Leak(found.start(), "a login and its password")
    yield from _accounts(text)


def _assignments(text: str) -> Iterator[Leak]:
    for found in _ASSIGNED.finditer(text):
        if holds_secret(found[1], _bare(found[2])):
            yield Leak(found.start(), found[1])


def holds_secret(name: str, value: str) -> bool:
    """Whether name and value together say a secret."""
    if not is_literal(value) or is_object_name(name, value) or repeats(name, value):
        return False
    return names_secret(name) or (may_name_secret(name) and is_random(value))


def _options(text: str) -> Iterator[Leak]:
    for pattern, form in _NAMED:
        for found in pattern.finditer(text):
            if is_literal(_bare(found[2])):
                yield Leak(found.start(), form.format(found[1]))
    for command in _COMMAND.finditer(text):
        for leak in _short(command[0]):
            yield Leak(command.start() + leak.at, leak.what)


def _short(command: str) -> Iterator[Leak]:
    """The passwords after short options in one command, up to the next ``;``, ``&`` or ``|``."""
    for program, option, name in _SHORT:
        called = program.search(command)
        found = option.search(command, called.end() - 1) if called else None
        if found and is_literal(_bare(found[1])):
            yield Leak(found.start(1), name)
    if "curl" in command:
        for found in _USER.finditer(command):
            _, colon, password = _bare(found[1]).partition(":")
            if colon and is_literal(password):
                yield Leak(found.start(1), "curl --user")


def passwords_in_urls(text: str) -> Iterator[Leak]:
    """URLs with a user and a password, but not those of a database on the machine itself."""
    if "://" not in text:
        return
    for found in _URL.finditer(text):
        if is_literal(found[2]) and found[1] != found[2] and not _HERE.match(found[3]):
            yield Leak(found.start(), "a URL with a password")


def _accounts(text: str) -> Iterator[Leak]:
    for found in _CHPASSWD.finditer(text):
        said = _bare(found[1])
        password = said.partition(":")[2] if found[2] == "chpasswd" else said
        if is_literal(password.split("\\n")[0]):
            yield Leak(found.start(), "the password of an account")


def written(text: str) -> Iterator[Leak]:
    """Files for credentials that a command writes and does not remove itself."""
    for found in _WRITTEN.finditer(text):
        name = found[1].rpartition("/")[2]
        removed = re.compile(rf"\b(?:rm|shred)\s[^;&|]{{0,200}}{re.escape(name)}")
        if (
            _KEPT.search(name)
            and is_secret_file(found[1])
            and not removed.search(text, found.end())
        ):
            yield Leak(found.start(1), name)


def _bare(value: str) -> str:
    return value[1:-1] if value[:1] in ("'", '"') and value[-1:] == value[:1] else value
