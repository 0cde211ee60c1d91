"""Which folder a Dockerfile is built from, and what there is in it that no image wants."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

from rules.finding import folder
from rules.images import Reader
from rules.subjects.dockerfile import is_dockerfile
from rules.subjects.ignore import Ignore, parse

_MOST = 20  # places of one kind that are looked at
_PYTHON = ("requirements.txt", "pyproject.toml", "setup.py", "setup.cfg", "Pipfile", "manage.py")
_ENV = (".env", ".env.example", ".env.sample", ".env.template", ".env.dist")
_GIT_KEEPS_OUT = (".env", "/.env", "**/.env", "*.env", ".env*", ".env.*", "/.env*")
_TESTS = frozenset(("test", "tests", "testing", "spec", "specs", "__tests__", "e2e", "cypress"))
_NODE = "package.json"


class Unwanted(StrEnum):
    """What belongs in no image, as it is written into a ``.dockerignore``."""

    GIT = ".git"
    NODE = "**/node_modules"
    PYTHON = "**/__pycache__"
    ENV = "**/.env"
    FIXTURES = "**/fixtures"

    @property
    def word(self) -> str:
        """Its own name, without folders."""
        return self.value.rpartition("/")[2]


@dataclass(frozen=True)
class Context:
    """A build context: its folder, its ignore file (None where there is none) and the patterns.

    ``places`` are paths below the folder, by what lies or will lie there.
    """

    folder: str
    ignore_path: str | None
    ignore: bytes
    places: Mapping[Unwanted, tuple[str, ...]]

    def taken(self, excluded: Iterable[str] = ()) -> list[Unwanted]:
        """What is sent to the build although no image wants it; ``excluded`` are more patterns."""
        ignore = parse(self.ignore, excluded)
        if not ignore.whole:
            return []
        return [kind for kind, paths in self.places.items() if _sent(ignore, kind, paths)]


def _sent(ignore: Ignore, kind: Unwanted, paths: tuple[str, ...]) -> bool:
    if kind is Unwanted.GIT and ignore.names(".git"):
        return False  # taken back in: the build reads it
    return any(not ignore.excludes(path) for path in paths)


@dataclass(frozen=True)
class Contexts:
    """The build contexts of a repository. Nothing is listed or read before it is asked for.

    ``entries`` name all files, ``read`` reads some, ``said`` are the folders that compose,
    skaffold and bake files name for a Dockerfile.
    """

    entries: Callable[[], Iterable[str]]
    read: Reader
    said: Callable[[str], Iterable[str]]
    _known: dict[str, Context] = field(default_factory=dict)

    def of(self, dockerfile: str) -> list[Context]:
        """The contexts that a Dockerfile is built from: those said, else the one that shows."""
        folders = sorted(self.said(dockerfile)) or self._shown(dockerfile)
        own = f"{dockerfile}.dockerignore"
        if own in self._paths:
            return [self._context(each, own) for each in folders]
        for each in folders:
            if each not in self._known:
                self._known[each] = self._context(each, None)
        return [self._known[each] for each in folders]

    @cached_property
    def _paths(self) -> frozenset[str]:
        return frozenset(self.entries())

    @cached_property
    def _telling(self) -> tuple[str, ...]:
        """The files whose names tell of what is unwanted, the least deep first."""
        found = (path for path in self._paths if _tells(path))
        return tuple(sorted(found, key=lambda path: (path.count("/"), path)))

    @cached_property
    def _filled(self) -> frozenset[str]:
        """The folders with more in them than what builds images."""
        found: set[str] = set()
        for path in self._paths:
            name = _name(path)
            if is_dockerfile(path) or name.endswith(("ignore", ".md")):
                continue
            above = folder(path)
            while above not in found:
                found.add(above)
                above = folder(above)
        return frozenset(found)

    def _shown(self, dockerfile: str) -> list[str]:
        """The nearest folder with an ignore file; else its own, if there is more in it."""
        own = above = folder(dockerfile)
        while True:
            if self._ignore_of(above) is not None:
                return [above]
            if not above:  # an empty folder is no context, and which one is may be any
                return [own] if own in self._filled or not own else []
            above = folder(above)

    def _ignore_of(self, base: str) -> str | None:
        names = (_join(base, name) for name in (".containerignore", ".dockerignore"))
        return next((path for path in names if path in self._paths), None)

    def _context(self, base: str, own: str | None) -> Context:
        path = own or self._ignore_of(base)
        data = self.read([path]).get(path, b"") if path else b""
        places = {kind: found for kind in Unwanted if (found := self._places(kind, base))}
        return Context(base, path, data, places)

    def _places(self, kind: Unwanted, base: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(self._all(kind, base)))[:_MOST]

    def _all(self, kind: Unwanted, base: str) -> Iterator[str]:
        below = [path[len(base) + 1 if base else 0 :] for path in self._telling if _in(path, base)]
        if kind is Unwanted.GIT:
            yield from () if base else (".git/config",)
        elif kind is Unwanted.NODE:
            yield from (_beside(p, "node_modules/a/b.js") for p in below if _name(p) == _NODE)
        elif kind is Unwanted.PYTHON and any(path in _PYTHON for path in below):
            yield from (_beside(p, "__pycache__/a.pyc") for p in below if p.endswith(".py"))
        elif kind is Unwanted.ENV:
            yield from (_beside(p, ".env") for p in below if _name(p) in _ENV)
            yield from (".env",) if self._git_keeps_env_out(base) else ()
        elif kind is Unwanted.FIXTURES:
            yield from (path for path in below if _is_fixture(path))

    def _git_keeps_env_out(self, base: str) -> bool:
        paths = {".gitignore", _join(base, ".gitignore")} & self._paths
        lines = (
            line.strip() for data in self.read(sorted(paths)).values() for line in _split(data)
        )
        return any(line in _GIT_KEEPS_OUT for line in lines)


def _split(data: bytes) -> list[str]:
    return data.decode("utf-8", "replace").split("\n")


def _tells(path: str) -> bool:
    name = _name(path)
    return (
        name in (_NODE, *_PYTHON, *_ENV) or name.endswith(".py") or _is_fixture(path)
    ) and "node_modules/" not in path


def _is_fixture(path: str) -> bool:
    """Whether it is data of tests: in ``fixtures`` below a folder of tests."""
    steps = path.split("/")[:-1]
    if "__fixtures__" in steps:
        return True
    return "fixtures" in steps and not _TESTS.isdisjoint(steps[: steps.index("fixtures")])


def _name(path: str) -> str:
    return path.rpartition("/")[2]


def _in(path: str, base: str) -> bool:
    return not base or path.startswith(f"{base}/")


def _beside(path: str, name: str) -> str:
    return _join(folder(path), name)


def _join(base: str, name: str) -> str:
    return f"{base}/{name}" if base else name
