"""Changes made of real files, from ../shared/corpus/real: fifty of loose ones, and real ranges."""

from collections.abc import Iterator

from tests.history.changes import Made
from tests.history.corpus import Range, loose
from tests.repositories import Repository

NUMBER = 50


def made() -> Iterator[Made]:
    """Fifty, always the same, of 5 to 10 files: manifests of pods, and Dockerfiles."""
    pods = [(path, data) for path, data in loose("k8s") if b"ontainers:" in data]
    images = list(loose("dockerfile"))
    for number in range(NUMBER):
        size = 5 + number % 6
        manifests = min(size // 2, 4)
        files = [*pods[:manifests], *images[: size - manifests]]
        del pods[:manifests], images[: size - manifests]
        yield Made(f"made-{number:02}", dict(files), objects=bool(number % 2))


def remade(one: Range, source: Repository) -> Made:
    """A real range as such a change: it begins at its base, with the files of its head."""
    names = ("diff", "--no-renames", "--name-status", "-z", one.base, one.head)
    words = source.git(*names).rstrip("\0").split("\0")
    changed = dict(zip(words[1::2], words[::2], strict=True))
    files = {
        path: source.git("show", f"{one.head}:{path}").encode("utf-8", "surrogateescape")
        for path, status in changed.items()
        if status in "AM"
    }
    gone = tuple(path for path, status in changed.items() if status == "D")
    number = one.name.rpartition("-")[2]
    return Made(f"remade-{number}", files, f"pr-{number}/base", bool(int(number) % 2), gone)
