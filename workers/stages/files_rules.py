"""files-rules: what is wrong in any file, links that lead out, submodules, Redline's own settings.

Neither a link nor a submodule is followed.
"""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePosixPath

from rules import config
from rules.files.bad_config import bad
from rules.files.escaping_path import Escape, link, submodule
from rules.finding import Finding, Side, folder
from rules.jobs import has_jobs
from rules.keys import FILE
from rules.release import Release
from rules.rule import judge, rules_of
from rules.shapes import read
from rules.subjects.dockerfile import is_dockerfile
from rules.subjects.manifest import is_manifest
from rules.subjects.text import parse
from workers.project import MOST_FINDINGS, Entry, Judged, Project, Tree, cut

NAME = "files-rules"

_MOST_HOPS = 40  # links on one way, as Linux has it
_LONGEST = 4096  # bytes of a path that Linux takes
_MOST_STEPS = 200  # on one way; real links have fewer than 20
_MOST_LOOKS = 10_000  # at all ways together: each may ask the parent


def run(project: Project) -> Judged:
    """Judge the links, the submodules, the settings and the texts among the project's paths."""
    entries = project.tree.find(project.paths)
    targets = project.tree.targets(project.paths)
    findings = [*_links(targets, project.tree)]
    findings += [submodule(path, one.sha) for path, one in entries.items() if one.submodule]
    settings = project.tree.read([config.NAME] if config.NAME in project.paths else [])
    findings += [bad(fault) for data in settings.values() for fault in read(data, FILE).faults]
    texts = [path for path, one in entries.items() if one.regular and path != config.NAME]
    findings += _of_texts(project, texts)
    kept, excess = cut(findings)
    # A file that could only hold a conflict, and holds none, was no business of this stage.
    idle = {path for path in texts if not has_jobs(path)} - {one.address for one in kept}
    subjects = frozenset((folder(path), path) for path in entries if path not in idle)
    return Judged(kept, subjects, notes=_notes(project), excess=excess)


def _of_texts(project: Project, paths: Iterable[str]) -> Iterator[Finding]:
    rules = rules_of("files")
    for path, data in sorted(project.tree.read(paths).items()):
        around = Release(folder(path), config=project.config)
        yield from judge(rules, [parse(data, path)], around, MOST_FINDINGS + 1)


def _notes(project: Project) -> tuple[str, ...]:
    changed = any(file.new_path == config.NAME for file in project.changed)
    if project.side is Side.HEAD and config.NAME in project.paths and changed:
        return (f"this change edits `{config.NAME}`: until it is merged the target branch's holds",)
    return ()


def _links(targets: Mapping[str, bytes], tree: Tree) -> Iterator[Finding]:
    ways = _Ways(tree)
    ways.look(
        place for path, target in targets.items() for place in _places(_parts(path), _steps(target))
    )
    for path, target in sorted(targets.items()):
        escape = ways.escape(path, target)
        if escape is not None:
            yield link(path, target.decode("utf-8", "replace"), escape)


class _Ways:
    """The ways of links through a tree, on paper: looked up in few goes, and not without end."""

    def __init__(self, tree: Tree) -> None:
        self._tree, self._looks = tree, _MOST_LOOKS
        self._entries: dict[str, Entry | None] = {}
        self._targets: dict[str, bytes] = {}

    def look(self, places: Iterable[str]) -> None:
        """Learn what is at these places, all at once."""
        unknown = list(dict.fromkeys(place for place in places if place not in self._entries))
        found = self._tree.find(unknown)
        self._entries |= {place: found.get(place) for place in unknown}
        self._targets |= self._tree.targets([place for place, one in found.items() if one.link])

    def escape(self, path: str, target: bytes) -> Escape | None:
        """How the link leads out, over whatever other links; None where it stays inside."""
        here, ahead, hops = _parts(path), _steps(target), 0
        while ahead:
            step = ahead.pop(0)
            if step.startswith("/"):
                return Escape.ABSOLUTE
            if step == "..":
                if not here:
                    return Escape.OUTSIDE
                here.pop()
                continue
            here.append(step)
            further = self._targets.get("/".join(here))
            if further is not None:
                hops += 1
                here.pop()
                ahead = _steps(further) + ahead
                if self._over(here, ahead):
                    return Escape.WINDING
            if hops > _MOST_HOPS:
                return Escape.LOOP
        return self._hidden(path, here)

    def _over(self, here: list[str], ahead: list[str]) -> bool:
        """Look ahead; whether that is too much."""
        self._looks -= 1
        if self._looks < 0 or len(ahead) > _MOST_STEPS:
            return True
        self.look(_places(here, ahead))
        return False

    def _hidden(self, path: str, here: list[str]) -> Escape | None:
        """Whether what it leads to is not reviewed as what its name makes of it."""
        places = ["/".join(here[: depth + 1]) for depth in range(len(here))]
        entries = [entry for place in places if (entry := self._entries.get(place))]
        if any(entry.submodule for entry in entries):
            return Escape.SUBMODULE
        if not places or not entries or not entries[-1].regular:
            return None
        for kind in (is_dockerfile, is_manifest):
            if kind(path) and not kind(places[-1]):
                return Escape.DISGUISED
        return None


def _places(here: list[str], ahead: list[str]) -> Iterator[str]:
    """The places on the way, as long as nothing on it is a link."""
    at = list(here)
    for step in ahead:
        if step.startswith("/") or (step == ".." and not at):
            return
        if step == "..":
            at.pop()
        else:
            at.append(step)
            yield "/".join(at)


def _parts(path: str) -> list[str]:
    return [part for part in folder(path).split("/") if part]


def _steps(target: bytes) -> list[str]:
    if len(target) > _LONGEST:
        return ["/"]
    parts = PurePosixPath(target.decode("utf-8", "surrogateescape")).parts
    return [part for part in parts if part] if len(parts) <= _MOST_STEPS else ["/"]
