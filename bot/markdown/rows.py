"""Lists and tables that are cut by whole rows, never inside one. Pure."""

from collections.abc import Iterable


def size(text: str) -> int:
    """Bytes, with the line ends that set it apart."""
    return len(text.encode("utf-8", "surrogatepass")) + 2


def fitting(rows: Iterable[str], room: int, most: int = 1_000_000) -> list[str]:
    """The first rows, as many as fit into ``room`` bytes, at most ``most``."""
    taken: list[str] = []
    for row in rows:
        room -= size(row)
        if room < 0 or len(taken) == most:
            break
        taken.append(row)
    return taken
