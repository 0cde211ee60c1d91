"""What is wrong in a settings file, and where."""

from dataclasses import dataclass

from rules.finding import named
from rules.subjects.yaml import List, Node, Scalar

SHOWN = 40  # signs of a key or value that is named


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong at a line (from 1). ``detail`` tells it from the others, without a line."""

    line: int
    message: str
    detail: str


class Wrong(Exception):
    """The node does not fit: its fault is told."""


@dataclass(frozen=True)
class At:
    """A place in the file: its dotted name (empty: the file itself), its line, all faults.

    ``item``: it is one of the things in the list of this name.
    """

    faults: list[Fault]
    name: str = ""
    line: int = 1
    item: bool = False

    def below(self, key: str, line: int) -> "At":
        """The place of a key in the mapping here."""
        return At(self.faults, f"{self.name}.{key}" if self.name else key, line)

    def tell(self, kind: str, said: str, line: int = 0) -> None:
        """Note a fault; ``said`` follows the place's name."""
        shown = _shown(self.name) if self.name else "The file"
        self.faults.append(Fault(line or self.line, f"{shown} {said}", f"{kind} {self.name}"))

    def refuse(self, node: Node, words: str, near: str = "") -> Wrong:
        """Note that the node here is none of what ``words`` say."""
        hint = f" Did you mean {named(near)}?" if near else ""
        said = ("holds", "each") if self.item else ("is", "it")
        self.tell("value", f"{said[0]} {_what(node)}; {said[1]} can be {words}.{hint}")
        return Wrong()


def _what(node: Node) -> str:
    if isinstance(node, Scalar):
        return _shown(node.text) if node.text else "nothing"
    return "a list" if isinstance(node, List) else "a mapping"


def _shown(name: str) -> str:
    return named(name if len(name) <= SHOWN else name[: SHOWN - 3] + "...")
