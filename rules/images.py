"""Which Dockerfile of a repository builds an image."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from rules.finding import folder
from rules.subjects import image
from rules.subjects.dockerfile import Dockerfile, parse
from rules.subjects.dockerfile import Unreadable as DockerfileUnreadable
from rules.subjects.yaml import Map, Node, Unreadable, decode, documents

Reader = Callable[[Iterable[str]], Mapping[str, bytes]]

_COMPOSE = re.compile(r"(docker-)?compose([.-][\w.-]+)?\.ya?ml")
NAMES = ("Dockerfile", "Containerfile")  # of a Dockerfile that no other is beside
_FROM = re.compile(rb"^\s*FROM\s+(?:--\S+\s+)*(\S+)", re.IGNORECASE | re.MULTILINE)
_OFFICIAL = ("docker.io/library/", "index.docker.io/library/", "docker.io/", "library/")


@dataclass(frozen=True)
class Build:
    """An image's name, without its tag, and the Dockerfile that a file of the repository names.

    ``context`` is the folder that it is built from. ``deploys``: the same tool puts the tag that
    it has built into the manifests.
    """

    image: str
    dockerfile: str
    context: str = ""
    deploys: bool = False


@dataclass(frozen=True)
class Images:
    """The images that a repository builds: ``entries`` names all its files, ``read`` reads some.

    ``told`` are images, without tags, whose Dockerfiles the repository's settings name. Nothing is
    called before a rule asks. Asked in this order: what is told, of Dockerfiles that exist; what
    compose, skaffold and bake files say; the one Dockerfile whose folder is the image's last
    segment. Where two answers are possible there is none.
    """

    entries: Callable[[], Iterable[str]]
    read: Reader
    told: Mapping[str, str] = field(default_factory=dict)
    _known: dict[str, Dockerfile | None] = field(default_factory=dict)

    def dockerfile_of(self, reference: str) -> Dockerfile | None:
        """The parsed Dockerfile that builds this image reference, None where nothing says so."""
        path = self.path_of(reference)
        if path is None:
            return None
        if path not in self._known:
            self._known[path] = self._parsed(path)
        return self._known[path]

    def _parsed(self, path: str) -> Dockerfile | None:
        data = self.read([path]).get(path)
        try:
            return None if data is None else parse(data, path)
        except DockerfileUnreadable:  # said once, where the Dockerfile itself is judged
            return None

    def path_of(self, reference: str) -> str | None:
        """The Dockerfile's path."""
        parsed = image.parse(reference)
        if parsed is None:
            return None
        name = _plain(parsed.name)
        if name in self._told:
            return self._told[name]
        exact = {build.dockerfile for build in self.builds if _plain(build.image) == name}
        if exact:
            return _only(exact)
        alike = {b.dockerfile for b in self.builds if b.image.rpartition("/")[2] == parsed.last}
        return _only(alike) or self._by_folder(parsed.last)

    def tagged_later(self, reference: str) -> bool:
        """Whether a build of this repository puts its own tag in, so that none belongs there."""
        parsed = image.parse(reference)
        name = None if parsed is None or parsed.tag or parsed.digest else _plain(parsed.name)
        return any(build.deploys and _plain(build.image) == name for build in self.builds)

    @cached_property
    def _paths(self) -> frozenset[str]:
        return frozenset(self.entries())

    @cached_property
    def _told(self) -> Mapping[str, str]:
        parsed = ((image.parse(name), path) for name, path in self.told.items())
        return {_plain(one.name): path for one, path in parsed if one and path in self._paths}

    @cached_property
    def builds(self) -> tuple[Build, ...]:
        """What the repository's build files say, of Dockerfiles that exist."""
        known = self._paths
        chosen = sorted(path for path in known if _reader_of(path) is not None)
        found = (build for path, data in self.read(chosen).items() for build in _builds(path, data))
        return tuple(build for build in found if build.dockerfile in known)

    def contexts_of(self, dockerfile: str) -> frozenset[str]:
        """The folders that build files say a Dockerfile is built from."""
        return frozenset(build.context for build in self.builds if build.dockerfile == dockerfile)

    @cached_property
    def _folders(self) -> Mapping[str, list[str]]:
        """A folder's own name to the Dockerfiles in folders of that name."""
        named: dict[str, list[str]] = {}
        for path in sorted(path for path in self._paths if _name(path) in NAMES):
            named.setdefault(_name(folder(path)), []).append(path)
        return named

    def _by_folder(self, last: str) -> str | None:
        path = _only(self._folders.get(last, ()))
        if path is None:
            return None
        bases = (image.parse(base.decode("latin-1")) for base in self._bases(path))
        # nginx/Dockerfile that is FROM nginx makes another image than the public one of that name.
        return None if any(base and base.last == last for base in bases) else path

    def _bases(self, path: str) -> list[bytes]:
        return _FROM.findall(self.read([path]).get(path, b""))


def _only(paths: Iterable[str]) -> str | None:
    found = list(paths)
    return found[0] if len(found) == 1 else None


def _plain(name: str) -> str:
    for prefix in _OFFICIAL:
        name = name.removeprefix(prefix)
    return name


def _builds(path: str, data: bytes) -> Iterator[Build]:
    """What one build file says; nothing where it cannot be read."""
    reader = _reader_of(path)
    try:
        roots = documents(decode(data))
    except Unreadable:
        return
    for root in roots:
        if isinstance(root, Map) and reader is not None:
            yield from reader(root, folder(path))


def _reader_of(path: str) -> "Callable[[Map, str], Iterator[Build]] | None":
    name = _name(path)
    if _COMPOSE.fullmatch(name):
        return _compose
    if name in ("skaffold.yaml", "skaffold.yml"):
        return _skaffold
    return _bake if name in ("docker-bake.json", "docker-bake.override.json") else None


def _compose(root: Map, base: str) -> Iterator[Build]:
    for name, service in _entries(root.get("services")):
        build = service.get("build")
        if isinstance(build, Map):
            context, file = build.text("context") or ".", build.text("dockerfile")
        else:
            context, file = service.text("build"), ""
        if context:
            yield from _build(service.text("image") or name, base, context, file)


def _skaffold(root: Map, base: str) -> Iterator[Build]:
    """Its first versions, to v1alpha4, had other names for the same."""
    for artifact in root.maps("build", "artifacts"):
        keys = (("docker", "dockerfile"), ("kaniko", "dockerfile"), ("docker", "dockerfilePath"))
        file = next(filter(None, (artifact.text(*each) for each in keys)), "")
        context = artifact.text("context") or artifact.text("workspace") or "."
        name = artifact.text("image") or artifact.text("imageName")
        for build in _build(name, base, context, file):
            yield replace(build, deploys=True)


def _bake(root: Map, base: str) -> Iterator[Build]:
    for name, target in _entries(root.get("target")):
        tags = target.get("tags")
        names = [each.text for each in getattr(tags, "items", []) if hasattr(each, "text")]
        for tag in names or [name]:
            yield from _build(tag, base, target.text("context") or ".", target.text("dockerfile"))


def _name(path: str) -> str:
    """A file's or folder's own name. Asked of each file of a repository: a Path takes too long."""
    return path.rpartition("/")[2]


def _entries(node: Node | None) -> list[tuple[str, Map]]:
    if not isinstance(node, Map):
        return []
    return [(key, each) for key, (_line, each) in node.entries.items() if isinstance(each, Map)]


def _build(reference: str, base: str, context: str, file: str) -> Iterator[Build]:
    parsed = image.parse(reference)
    path = inside(base, context, file or "Dockerfile")
    top = inside(base, context)
    if parsed is not None and path is not None and top is not None:
        yield Build(parsed.name, path, top)


def inside(*parts: str) -> str | None:
    """The repository path that the parts lead to; None where they leave the repository."""
    steps: list[str] = []
    for step in "/".join(part for part in parts if part).split("/"):
        if step == "..":
            if not steps:
                return None
            steps.pop()
        elif step not in ("", "."):
            steps.append(step)
    return None if any(part.startswith("/") for part in parts) else "/".join(steps)
