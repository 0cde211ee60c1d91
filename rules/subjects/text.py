"""A file of infrastructure code as lines of text, whatever its language."""

import re
from dataclasses import dataclass
from functools import cached_property

from rules.finding import Location, ObjectName
from rules.subjects.dockerfile import is_dockerfile

_DECLARED = (".yaml", ".yml", ".tf", ".tofu", ".tfvars", ".hcl", ".tf.json", ".tpl")
_RUN = re.compile(
    r"(?i:(?:gnu)?makefile|jenkinsfile)(?:\..+)?|.+\.(?:mk|sh|bash|jenkinsfile)", re.DOTALL
)
_ABOUT = (".md", ".rst", ".adoc", ".txt", ".html", ".j2", ".orig", ".rej", ".bak", ".in")
_DATA = frozenset(("pnpm-lock.yaml",))
_OTHERS = frozenset((".dockerignore", "docker-bake.json", "kustomization", "chart.lock"))


@dataclass(frozen=True)
class Text:
    """A file's text."""

    path: str
    text: str

    @property
    def address(self) -> str:
        """Its name within its project."""
        return self.path

    @property
    def object(self) -> ObjectName | None:
        """It is no Kubernetes object."""
        return None

    @cached_property
    def lines(self) -> tuple[str, ...]:
        """Its lines without their ends: only ``\\n`` ends one, a ``\\r`` before it goes."""
        return tuple(line.removesuffix("\r") for line in self.text.split("\n"))

    def at(self, first: int, last: int = 0) -> Location:
        """The place of a line, or of the first of some."""
        return Location(self.path, first, block=(first, last or first))


def parse(data: bytes | str, path: str) -> Text:
    """The file; what is no UTF-8 in it is replaced."""
    return Text(path, data if isinstance(data, str) else data.decode("utf-8", "replace"))


def is_infrastructure(path: str) -> bool:
    """Whether a file is infrastructure code by its name: not documentation or data."""
    name = path.rpartition("/")[2].lower()
    declared = name.endswith(_DECLARED) and name not in _DATA
    return declared or runs(path) or name in _OTHERS or is_dockerfile(path)


def runs(path: str) -> bool:
    """Whether a file says by its name that it is run: Makefile, Jenkinsfile, shell script."""
    name = path.rpartition("/")[2]
    return bool(_RUN.fullmatch(name)) and not name.lower().endswith(_ABOUT)
