"""What of a change tells hadolint to be silent: pragmas, and a ``.hadolint.yaml``."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from rules.files.author_suppression import suppression
from rules.finding import Finding, Side, folder
from rules.subjects.yaml import List, Map, Node, Scalar, Unreadable, decode, documents
from workers.project import Project, TooLarge

_PRAGMA = re.compile(r"[ \t]*#[ \t]*hadolint[ \t]+(global[ \t]+)?ignore[ \t]*=([\w ,\t]{1,2000})")
_NAMES = (".hadolint.yaml", ".hadolint.yml")


@dataclass(frozen=True)
class Silence:
    """A line that silences one code; ``detail`` tells it from others in its file."""

    path: str
    line: int
    code: str
    detail: str

    def finding(self, rule: str) -> Finding:
        """That it would silence this rule."""
        return suppression(self.path, self.line, rule, self.detail)


@dataclass(frozen=True)
class Silences:
    """All that a project's files would silence; ``files`` are its Dockerfiles."""

    project: Project
    files: Mapping[str, bytes]

    def of(self, path: str, code: str, line: int) -> Iterator[Silence]:
        """What would silence a code for the instruction that begins at this line."""
        for pragma_line in (line - 1, 0):  # on the line above, or for the whole file
            if (pragma := self._pragmas[path].get((pragma_line, code))) is not None:
                yield Silence(path, pragma, code, "pragma" if pragma_line else "global pragma")
        for place in dict.fromkeys(("", folder(path))):
            for name in _NAMES:
                yield from self._configured.get((f"{place}/{name}".removeprefix("/"), code), ())

    @cached_property
    def _pragmas(self) -> Mapping[str, Mapping[tuple[int, str], int]]:
        return {path: dict(_pragmas(content)) for path, content in self.files.items()}

    @cached_property
    def _configured(self) -> Mapping[tuple[str, str], list[Silence]]:
        """The entries of the configurations that this change brings."""
        found: dict[tuple[str, str], list[Silence]] = {}
        for file in self.project.changed:
            name = file.old_path if self.project.side is Side.BASE else file.new_path
            if name.rpartition("/")[2] in _NAMES:
                for entry in self._ignored(name):
                    silence = Silence(name, entry.line, entry.text, "configuration")
                    found.setdefault((name, entry.text), []).append(silence)
        return found

    def _ignored(self, name: str) -> Iterator[Scalar]:
        for root in self._roots(name):
            ignored = root.get("ignored") if isinstance(root, Map) else None
            if isinstance(ignored, List):
                yield from (item for item in ignored.items if isinstance(item, Scalar))

    def _roots(self, name: str) -> list[Node]:
        try:
            return documents(decode(self.project.tree.read([name]).get(name, b"")))
        except (Unreadable, TooLarge):
            return []


def _pragmas(content: bytes) -> Iterator[tuple[tuple[int, str], int]]:
    """The line that a pragma speaks about (0: all) minus one and a code, to the pragma's line."""
    if b"hadolint" not in content:
        return
    for number, line in enumerate(content.decode("utf-8", "replace").split("\n"), 1):
        if (found := _PRAGMA.match(line)) is not None:
            for code in re.split(r"[ ,\t]+", found[2].strip()):
                yield (0 if found[1] else number, code), number
