"""What a rule yields and what becomes of it: Problem, then Finding."""

import hashlib
from dataclasses import dataclass
from enum import IntEnum, StrEnum

_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # nothing that reads like another sign


class Side(StrEnum):
    """Which commit a line is counted in."""

    HEAD = "head"
    BASE = "base"  # the merge base: what the change removed


class Severity(IntEnum):
    """How much a finding matters; a greater one outweighs a smaller one."""

    INFO = 1
    WARNING = 2
    BLOCKING = 3

    @property
    def word(self) -> str:
        """The name that people read and write: ``blocking``, ``warning`` or ``info``."""
        return self.name.lower()


class Blocks(StrEnum):
    """When a rule whose letter is B blocks under the profile ``default`` (else it warns)."""

    NEW = "new"  # wherever the finding is new
    ADDED = "added"  # only on an object that the change adds, in a file this repository owns
    NEVER = "never"


class Family(StrEnum):
    """The five kinds of finding that stand inline whatever their severity."""

    DESTRUCTION = "destruction"
    IAM = "iam"
    NETWORK = "network"
    ENCRYPTION = "encryption"
    SECURITY_CONTEXT = "security-context"


class Symptom(StrEnum):
    """What people would see of a pod that a finding makes fail, as ``kubectl get pods`` says it."""

    CRASH_LOOP = "CrashLoopBackOff"
    PENDING = "Pending"
    IMAGE_PULL = "ImagePullBackOff"
    INVALID_IMAGE = "InvalidImageName"
    OOM_KILLED = "OOMKilled"
    EVICTED = "Evicted"
    CONFIG_ERROR = "CreateContainerConfigError"
    UNREADY = "0/1 Running"


@dataclass(frozen=True, slots=True)
class Location:
    """A line of a file, counted from 1 as git and the forges count: only ``\\n`` ends a line.

    ``block`` is the first and last line of the smallest construct around it (container,
    instruction, resource): a comment may stand anywhere inside when the line itself cannot.
    """

    path: str
    line: int
    side: Side = Side.HEAD
    block: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Lines ``first`` to ``last`` of the head file, and the text (no final newline) for them."""

    first: int
    last: int
    replacement: str


@dataclass(frozen=True, slots=True)
class Problem:
    """What a check yields: where, what will happen, and which of its kind this is.

    In ``message`` and ``fix`` a name that comes from the files stands between backticks, as in
    "container `web` runs as root": it is shown as code. All else is shown as plain prose; nothing
    in them is taken as Markdown, whatever it is.
    ``detail`` tells equals apart within one subject (container and field, build stage and
    instruction) and never holds a line number, so that a finding survives edits above it.
    ``severity`` and ``blocks`` are given only where they differ from the rule's.
    ``covers`` names rule and path of findings that this one says better: in its own file those of
    its own subject, and of its container where it has one. ``cause`` is the changed line that made
    it happen, where that is none of the subject's own: a variable, a values file. ``symptom`` is
    given where a pod fails because of it.
    """

    location: Location
    message: str
    detail: str = ""
    severity: Severity | None = None
    blocks: Blocks | None = None
    fix: str = ""
    suggestion: Suggestion | None = None
    container: str | None = None
    covers: tuple[tuple[str, str], ...] = ()
    cause: Location | None = None
    symptom: Symptom | None = None


@dataclass(frozen=True, slots=True)
class ObjectName:
    """A Kubernetes object by name; ``namespace`` is None where the file does not say it."""

    kind: str
    namespace: str | None
    name: str


@dataclass(frozen=True, slots=True)
class Key:
    """What makes two findings of two commits the same one; never a line."""

    rule: str
    project: str
    address: str
    detail: str
    ordinal: int = 0

    @property
    def identity(self) -> str:
        """32 hex digits that stand for the key."""
        text = "\0".join((self.rule, self.project, self.address, self.detail, str(self.ordinal)))
        return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:32]

    def follow(self, old: str, new: str) -> "Key":
        """The key after the file ``old`` was renamed to ``new``."""
        return Key(
            self.rule,
            follow(self.project, old, new),
            new if self.address == old else self.address,
            self.detail,
            self.ordinal,
        )


def follow(project: str, old: str, new: str) -> str:
    """Where ``project`` went when its file ``old`` became ``new``; itself if it did not move."""
    inside = old[len(project) + 1 :] if project else old
    if project and new.endswith("/" + inside):
        return new[: -len(inside) - 1]
    if folder(old) == project:
        return folder(new)
    return project


def folder(path: str) -> str:
    """The folder of a repository path, ``""`` at the top."""
    return path.rpartition("/")[0]


@dataclass(frozen=True, slots=True)
class Finding:
    """A problem with its rule, severity and identity. JSON-simple.

    ``severity`` is the rule's letter until a profile has weighed it; ``new`` is False for what
    the merge base has too. ``address`` names the subject within ``project``: an object
    (``apps/Deployment/web/api``) or a file. ``cause`` is the Problem's. ``labels`` are those by
    which the pods are found that its symptom is seen of; names of the files, not checked.
    """

    rule: str
    severity: Severity
    location: Location
    message: str
    detail: str
    address: str
    project: str
    ordinal: int = 0
    blocks: Blocks = Blocks.NEVER
    family: Family | None = None
    fix: str = ""
    suggestion: Suggestion | None = None
    object: ObjectName | None = None
    container: str | None = None
    new: bool = True
    covers: tuple[tuple[str, str], ...] = ()
    cause: Location | None = None
    symptom: Symptom | None = None
    labels: tuple[tuple[str, str], ...] = ()

    @property
    def key(self) -> Key:
        """What it is compared by."""
        return Key(self.rule, self.project, self.address, self.detail, self.ordinal)

    @property
    def identity(self) -> str:
        """Stands for the same problem in another commit, wherever its line has gone."""
        return self.key.identity

    @property
    def id(self) -> str:
        """Four letters for people to type. May clash: a Review lengthens what clashes."""
        return short(self.identity)


def named(name: str) -> str:
    """A name from the files as a message writes it: between backticks, so without its own."""
    inert = name.replace("`", "'")
    return f"`{inert}`"


def short(identity: str, length: int = 4) -> str:
    """The first ``length`` signs (at most 12) of an identity, in letters easily told apart."""
    number, signs = int(identity[:16], 16), []
    for _ in range(length):
        number, sign = divmod(number, len(_ALPHABET))
        signs.append(_ALPHABET[sign])
    return "".join(signs)
