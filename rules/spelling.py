"""Whether two names differ by one slip of a finger."""

_SHORTEST = 4  # signs: of shorter names many differ by one


def slip(name: str, other: str) -> bool:
    """Whether one is the other with a sign added, left out, changed, or two swapped.

    Not where the sign is a digit: what is numbered is told apart on purpose.
    """
    if name == other or min(len(name), len(other)) < _SHORTEST:
        return False
    start = 0
    while start < min(len(name), len(other)) and name[start] == other[start]:
        start += 1
    one, two = name[start:], other[start:]
    if len(one) == len(two):
        swapped = one[:2] == two[1::-1] and one[2:] == two[2:]
        return (one[1:] == two[1:] and not _digit(one[0], two[0])) or swapped
    longer, shorter = (one, two) if len(one) > len(two) else (two, one)
    return longer[1:] == shorter and not longer[0].isdigit()


def _digit(*signs: str) -> bool:
    return any(map(str.isdigit, signs))
