"""Whether a change has to be reviewed again because its base has moved: told from names."""

from collections.abc import Callable, Iterable, Iterator

from bot.change import Change, ChangedFile
from bot.ledger import Reviewed
from rules.config import NAME as SETTINGS
from rules.finding import folder
from workers.checkout import Moved
from workers.project import Entry

_ATTRIBUTES = ".gitattributes"


def matters(change: Change, last: Reviewed | None, moved: Callable[[str], Moved | None]) -> bool:
    """Whether the last review may be wrong now. ``moved`` says what came since a commit."""
    if last is None or last.head != change.head:
        return True
    if last.onto.merge_base != change.merge_base:  # base has taken some of the change itself
        return True
    if last.onto.base == change.base:
        return False
    files = moved(last.onto.base)
    return files is None or touches(files)


def touches(files: Moved) -> bool:
    """Whether the base's new commits touch a project of the change, or what all go by.

    A loose file's project is its folder; files that no stage judges are of none.
    """
    if any(map(_for_all, _paths(files.base))):
        return True
    projects = set(map(folder, _judged(files.change)))
    return any(folder(path) in projects for path in _judged(files.base))


def _for_all(path: str) -> bool:
    """Whether base's own word on how changes are judged stands in this file."""
    return path == SETTINGS or path.rpartition("/")[2] == _ATTRIBUTES


def _paths(files: Iterable[ChangedFile]) -> Iterator[str]:
    return (file.new_path for file in files)


def _judged(files: Iterable[ChangedFile]) -> Iterator[str]:
    """Those that a stage wants, as they were or as they are."""
    from workers.pipelines import STEPS  # noqa: PLC0415 - few runs need the stages in here

    for file in files:
        sides = (Entry(file.old_mode, file.old_sha), Entry(file.new_mode, file.new_sha))
        if any(step.wants(file.new_path, side) for step in STEPS for side in sides):
            yield file.new_path
