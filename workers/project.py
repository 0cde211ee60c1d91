"""What a stage is handed, and what it gives back: Tree, Project, Judged, Unchecked."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from bot.change import ChangedFile
from rules.config import Config
from rules.finding import Finding, Side

if TYPE_CHECKING:
    from rules.contexts import Context
    from rules.defined import Index
    from rules.subjects.dockerfile import Dockerfile

# In the order in which they are shown: known without loading any stage.
STAGE_NAMES = ("kubernetes-rules", "hadolint", "dockerfile-rules", "files-rules")
MOST_FINDINGS = 20_000  # of one stage at one commit: nobody reads more, and each takes time
LARGEST_FILE = 1 << 20  # bytes; what a rule would judge and is larger makes its stages unchecked


@dataclass(frozen=True, slots=True)
class Entry:
    """A file of a commit: git's mode and the blob's sha (a submodule's commit)."""

    mode: str
    sha: str

    @property
    def regular(self) -> bool:
        """A file with content: neither a link nor a submodule."""
        return self.mode in ("100644", "100755")

    @property
    def link(self) -> bool:
        """A symbolic link: its content is where it points."""
        return self.mode == "120000"

    @property
    def submodule(self) -> bool:
        """Another repository at one of its commits."""
        return self.mode == "160000"


class Tree(Protocol):
    """One commit's files, read from git objects when asked for. Paths use surrogateescape."""

    @property
    def commit(self) -> str:
        """The commit's sha."""

    def find(self, paths: Iterable[str]) -> Mapping[str, Entry]:
        """Those of the paths that exist."""

    def entries(self) -> Mapping[str, Entry]:
        """Every file of the commit. Grows with the repository: ask only where nothing else does."""

    def beside(self, folder: str) -> Mapping[str, Entry]:
        """Every file of one folder (``""``: the top), by path; not those of folders in it."""

    def read(self, paths: Iterable[str]) -> Mapping[str, bytes]:
        """The content of those paths that are regular files, in one batch.

        Raises Unchecked, naming file and size, where one is larger than LARGEST_FILE.
        """

    def targets(self, paths: Iterable[str]) -> Mapping[str, bytes]:
        """Where those of the paths that are links point. Nothing is followed."""


class Around(Protocol):
    """What rules may look for in a whole commit."""

    def dockerfile_of(self, image: str) -> "Dockerfile | None":
        """The Dockerfile that builds this image reference."""

    def tagged_later(self, image: str) -> bool:
        """Whether a build of the repository puts its own tag into the manifests."""

    def contexts_of(self, dockerfile: str) -> "Sequence[Context]":
        """The build contexts of a Dockerfile."""

    def index(self) -> "Index":
        """What the commit's files define."""


@dataclass(frozen=True)
class Project:
    """What one stage runs over, at one commit: a folder and those of its files that matter.

    ``root`` is the folder (``""``: loose files anywhere). ``paths`` are the files to judge, by
    their names on this ``side``; ``changed`` are all files of the change. ``config`` is what the
    repository's file at base says, for both sides. ``around`` answers what is asked of the whole
    commit, None where nobody shares it. ``before`` is the merge base, for what is only
    to be understood from both; None where the project is the merge base, or all counts as new.
    """

    root: str
    side: Side
    paths: tuple[str, ...]
    tree: Tree
    changed: Sequence[ChangedFile] = ()
    config: Config = field(default_factory=Config)
    before: Tree | None = None
    around: "Around | None" = None


@dataclass(frozen=True)
class Judged:
    """What a stage found at one commit.

    ``subjects`` are all (project, address) pairs that were judged: what is not among those of the
    merge base was added by the change. ``notes`` are facts for the summary. ``later`` are files
    that were left to be judged when rendered, and by what: ``chart charts/web``. ``excess`` says
    what of the files could not be judged, None where all could: the stage is then unchecked, and
    what was found counts.
    """

    findings: tuple[Finding, ...] = ()
    subjects: frozenset[tuple[str, str]] = field(default_factory=frozenset)
    notes: tuple[str, ...] = ()
    later: Mapping[str, str] = field(default_factory=dict)
    excess: "Unchecked | None" = None


class Unchecked(Exception):
    """A stage should have run and could not; the text says why, for people, without raw output.

    ``theirs``: the reason lies in the reviewed files, so the merge base may have it too. A missing
    tool, a crash, a time limit or a refused sandbox is never theirs.
    """

    def __init__(self, reason: str, *, theirs: bool = False) -> None:
        super().__init__(reason)
        self.theirs = theirs


def cut(findings: Sequence[Finding]) -> tuple[tuple[Finding, ...], Unchecked | None]:
    """At most MOST_FINDINGS of them, and what is to be said where there are more."""
    if len(findings) <= MOST_FINDINGS:
        return tuple(findings), None
    said = Unchecked(f"more than {MOST_FINDINGS:,} findings", theirs=True)
    return tuple(findings[:MOST_FINDINGS]), said


def together(*reasons: Unchecked | None) -> Unchecked | None:
    """Several reasons as one; theirs only if each is."""
    given = [reason for reason in reasons if reason is not None]
    if not given:
        return None
    said = "; ".join(dict.fromkeys(map(str, given)))
    return Unchecked(said, theirs=all(reason.theirs for reason in given))


class Stage(Protocol):
    """One tool or one judgement: a module of ``workers.stages`` with these two."""

    NAME: str

    def run(self, project: Project) -> Judged:
        """Judge the project at its commit. Raises Unchecked; what else it raises is a crash."""


class TooLarge(Unchecked):
    """Files that a rule would judge are larger than LARGEST_FILE; none of the batch is read.

    ``files`` are path and size in bytes; ``starts`` is how each begins.
    """

    def __init__(self, files: Mapping[str, int], starts: Mapping[str, bytes]) -> None:
        listed = ", ".join(f"{path} ({size:,} bytes)" for path, size in list(files.items())[:5])
        more = f" and {len(files) - 5} more" if len(files) > 5 else ""
        super().__init__(f"too large to be judged: {listed}{more}", theirs=True)
        self.files, self.starts = files, starts
