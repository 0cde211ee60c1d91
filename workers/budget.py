"""What of a change one stage may judge, so that its time and its memory have an end."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from workers.project import Project, TooLarge, Unchecked

MOST_BYTES = 16 << 20  # of its files together: the worst YAML takes 3 seconds a MiB
MOST_FOLDERS = 20_000  # those above a stage's files: each is looked into
DEEPEST = 100  # folders above a file
_BATCH = 100  # files that are measured in one go


@dataclass(frozen=True)
class Share:
    """What is judged of a project, and what is not: ``large`` is too large each by itself."""

    project: Project
    large: TooLarge = field(default_factory=lambda: TooLarge({}, {}))
    deep: frozenset[str] = frozenset()
    heavy: frozenset[str] = frozenset()

    def unchecked(self, judged: Iterable[str]) -> Unchecked | None:
        """Why not all is judged; ``judged`` are those of the large files that would have been."""
        files = {path: self.large.files[path] for path in sorted(judged)}
        reasons = [str(TooLarge(files, {}))] if files else []
        if self.deep:
            reasons.append(f"in too many folders to be judged: {_some(self.deep)}")
        if self.heavy:
            reasons.append(f"too much to be judged together: {_some(self.heavy)}")
        return Unchecked("; ".join(reasons), theirs=True) if reasons else None


def share(project: Project) -> Share:
    """The files that are judged: the least deep and the smallest go first."""
    near = list(_near(project.paths))
    deep = frozenset(project.paths).difference(near)
    sizes, large = _measured(project, near)
    kept, left = set(), MOST_BYTES
    for path in sorted(sizes, key=lambda one: (sizes[one], one)):
        left -= sizes[path]
        if left >= 0:
            kept.add(path)
    paths = tuple(path for path in project.paths if path in kept)
    return Share(replace(project, paths=paths), large, deep, frozenset(sizes.keys() - kept))


def _near(paths: Sequence[str]) -> Iterator[str]:
    folders: set[str] = set()
    for path in sorted(paths, key=lambda one: one.count("/")):
        if path.count("/") > DEEPEST:
            return
        above = path
        while (above := above.rpartition("/")[0]) and above not in folders:
            folders.add(above)
        if len(folders) > MOST_FOLDERS:
            return
        yield path


def _measured(project: Project, paths: Sequence[str]) -> tuple[dict[str, int], TooLarge]:
    """The sizes of those that can be read, and the others."""
    sizes: dict[str, int] = {}
    files: dict[str, int] = {}
    starts: dict[str, bytes] = {}
    for first in range(0, len(paths), _BATCH):
        batch = paths[first : first + _BATCH]
        try:
            read = project.tree.read(batch)
        except TooLarge as large:
            files |= large.files
            starts |= large.starts
            read = project.tree.read([path for path in batch if path not in large.files])
        sizes |= {path: len(data) for path, data in read.items()}
    sizes |= {path: 0 for path in paths if path not in sizes and path not in files}
    return sizes, TooLarge(files, starts)


def _some(paths: Iterable[str]) -> str:
    listed = sorted(paths)
    more = f" and {len(listed) - 3} more" if len(listed) > 3 else ""
    return ", ".join(path if len(path) <= 200 else f"{path[:200]}..." for path in listed[:3]) + more
