"""files-rules: links that lead out of the repository, and submodules. Neither is followed."""

from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

from rules.files.escaping_path import Escape, link, submodule
from rules.finding import Finding, folder
from workers.project import Judged, Project, Tree

NAME = "files-rules"

_MOST_HOPS = 40  # links on one way, as Linux has it
_LONGEST = 4096  # bytes of a path that Linux takes


def run(project: Project) -> Judged:
    """Judge the links and submodules among the project's paths."""
    entries = project.tree.find(project.paths)
    targets = project.tree.targets(project.paths)
    findings = [*_links(targets, project.tree)]
    findings += [submodule(path, one.sha) for path, one in entries.items() if one.submodule]
    subjects = frozenset((folder(path), path) for path in entries)
    return Judged(tuple(findings), subjects)


def _links(targets: Mapping[str, bytes], tree: Tree) -> Iterator[Finding]:
    for path, target in sorted(targets.items()):
        escape = _escape(path, target, tree)
        if escape is not None:
            yield link(path, target.decode("utf-8", "replace"), escape)


def _escape(path: str, target: bytes, tree: Tree) -> Escape | None:
    """How the link leads out, over whatever other links; None where it stays inside."""
    here = [part for part in folder(path).split("/") if part]
    ahead = _steps(target)
    hops = 0
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
        further = _target("/".join(here), tree)
        if further is not None:
            hops += 1
            here.pop()
            ahead = _steps(further) + ahead
        if hops > _MOST_HOPS:
            return Escape.LOOP
    return None


def _target(path: str, tree: Tree) -> bytes | None:
    return tree.targets([path]).get(path)


def _steps(target: bytes) -> list[str]:
    if len(target) > _LONGEST:
        return ["/"]
    return [part for part in PurePosixPath(target.decode("utf-8", "surrogateescape")).parts if part]
