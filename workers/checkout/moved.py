"""What a base has brought since a review, beside what the change does: no content is fetched."""

from dataclasses import dataclass
from pathlib import Path

from bot.change import Change, ChangedFile
from workers.checkout import trees
from workers.checkout.git import Failed
from workers.checkout.mirror import Source, mirror_of
from workers.checkout.objects import Objects, reading
from workers.checkout.terms import Unreachable


@dataclass(frozen=True)
class Moved:
    """Files by name, renames not followed: those of the change, and what differs in its base."""

    change: tuple[ChangedFile, ...]
    base: tuple[ChangedFile, ...]


def moved(
    change: Change,
    since: str,
    source: Source,
    state: Path,
) -> Moved | None:
    """What the base has brought since the commit ``since``; None where it is too much to list.

    Raises HeadGone, also where ``since`` is not at the forge any more, Denied, Unreachable.
    """
    with mirror_of(change, state, source.wait) as mirror:
        mirror.fetch([since, change.base, change.merge_base, change.head], source)
        with reading(mirror.view) as objects:
            try:
                own = _files(objects, change.merge_base, change.head)
                return Moved(own, _files(objects, since, change.base))
            except (trees.TooDeep, _TooMany):
                return None
            except Failed:
                mirror.give_up()
                raise Unreachable("the mirror was damaged and is made anew") from None


class _TooMany(Exception):
    """More files than anyone counts."""


def _files(objects: Objects, old: str, new: str) -> tuple[ChangedFile, ...]:
    files, count = trees.changed(objects, old, new, trees.COUNTED)
    if count == trees.COUNTED:
        raise _TooMany
    return tuple(files)
