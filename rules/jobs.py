"""What CI files, Makefiles and scripts run: the commands of each job, with their lines.

GitHub workflows and actions, GitLab's files, Jenkinsfiles, Makefiles and shell scripts. Includes
and templates of other files are not followed: what is only known by them is not there.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice

from rules.shell import Command, commands
from rules.subjects.text import Text, runs
from rules.subjects.yaml import List, Map, Node, Scalar, Unreadable, documents

_BLOCK = re.compile(r"[|>][+-]?\d?[+-]?[ \t]*(?:#.*)?$")
_FOLDED = re.compile(r">[+-]?\d?[+-]?[ \t]*(?:#.*)?$")
_TARGET = re.compile(
    r"([A-Za-z0-9_.%/$(){}-][^:=#\t]{0,200}?)\s*::?(?![=:])([^=#;]{0,2000})(?:[;#].*)?$"
)
_MAKE_VARIABLE = re.compile(r"\$\(([A-Za-z_]\w{0,99})\)")
_GROOVY = re.compile(
    r"""(?P<comment>//|/\*)"""
    r"""|\bstage\s{0,5}\(\s{0,5}(?P<mark>['"])(?P<stage>[^'"\n]{0,200})(?P=mark)"""
    r"""|\bsh\s{0,5}\(?\s{0,5}(?:script\s{0,5}:\s{0,5})?(?P<quote>'''|\"\"\"|'|")""",
    re.DOTALL,
)
_NO_JOBS = frozenset(("stages", "variables", "include", "workflow", "image", "services", "cache"))
_MOST = 200  # jobs of a file
_SCRIPTS = ("before_script", "script", "after_script")


@dataclass(frozen=True)
class Job:
    """Commands that run one after the other; their lines are the file's.

    ``name`` tells it from the others of its file. ``places`` are the words by which it says where
    it works: its own name, its environment, its stage. ``before`` is what has run when it starts.
    """

    name: str
    places: tuple[str, ...]
    commands: tuple[Command, ...]
    before: tuple[Command, ...] = ()


def has_jobs(path: str) -> bool:
    """Whether a file is one whose jobs can be read, by its path."""
    return _reader_of(path) is not None


def jobs(text: Text, programs: frozenset[str]) -> list[Job]:
    """The jobs of a file, at most 200, with the commands that run one of these programs.

    None where the file has none or cannot be read.
    """
    reader = _reader_of(text.path)
    try:
        found = list(islice(reader(text), _MOST)) if reader else []
    except Unreadable:  # said where the file itself is judged
        return []
    return [
        replace(job, commands=_of(programs, job.commands), before=_of(programs, job.before))
        for job in found
    ]


def _of(programs: frozenset[str], run: tuple[Command, ...]) -> tuple[Command, ...]:
    return tuple(command for command in run if command.program in programs)


def _reader_of(path: str) -> "Callable[[Text], Iterator[Job]] | None":
    name, lower = path.rpartition("/")[2], path.lower()
    if lower.endswith((".yml", ".yaml")):
        if f"/{path}".find("/.github/workflows/") >= 0 or name in ("action.yml", "action.yaml"):
            return _github
        gitlab = name.endswith((".gitlab-ci.yml", ".gitlab-ci.yaml")) or "/.gitlab/" in f"/{path}"
        return _gitlab if gitlab else None
    if not runs(path):
        return None
    if "jenkinsfile" in name.lower():
        return _jenkins
    return _shell if lower.endswith((".sh", ".bash")) else _make


def _shell(text: Text) -> Iterator[Job]:
    yield Job("", (), tuple(commands(text.text)))


def _github(text: Text) -> Iterator[Job]:
    for root in documents(text.text):
        if isinstance(root, Map):
            found = {"": _steps(text, root.get("runs"))} if root.get("runs") else {}
            bodies = dict(_maps(root.get("jobs")))
            found |= {name: _steps(text, each) for name, each in bodies.items()}
            for name, run in found.items():
                body = bodies.get(name, Map(1, 1))
                places = (name, root.text("name"), body.text("name"), *_environment(body))
                before = tuple(_all_before(name, found, bodies))
                yield Job(name, tuple(filter(None, places)), tuple(run), before)


def _steps(text: Text, job: Node | None) -> list[Command]:
    steps = job.maps("steps") if isinstance(job, Map) else []
    return [one for step in steps for one in _script(text, step.get("run"))]


def _all_before(
    name: str, found: Mapping[str, list[Command]], bodies: Mapping[str, Map]
) -> Iterator[Command]:
    """What the jobs run that this one needs, and those that they need."""
    pending, seen = [name], {name}
    while pending:
        for needed in _texts(bodies[one].get("needs")) if (one := pending.pop()) in bodies else ():
            if needed in found and needed not in seen:
                seen.add(needed)
                pending.append(needed)
                yield from found[needed]


def _gitlab(text: Text) -> Iterator[Job]:
    for root in documents(text.text):
        bodies = [(name, each) for name, each in _maps(root) if name not in _NO_JOBS]
        found = {name: _scripts(text, each) for name, each in bodies}
        places = {name: [name, *_environment(each), each.text("stage")] for name, each in bodies}
        for name, each in bodies:
            for template in _texts(each.get("extends")):  # it works wherever those do
                places.get(template, []).extend(places[name])
        for name, run in found.items():
            others = (one for other, them in found.items() if other != name for one in them)
            yield Job(name, tuple(filter(None, places[name])), tuple(run), tuple(others))


def _scripts(text: Text, job: Map) -> list[Command]:
    return [one for key in _SCRIPTS for one in _script(text, job.get(key))]


def _environment(job: Map) -> tuple[str, ...]:
    named = job.get("environment")
    return (named.text("name") if isinstance(named, Map) else job.text("environment"),)


def _maps(node: Node | None) -> list[tuple[str, Map]]:
    entries = node.entries.items() if isinstance(node, Map) else ()
    return [(name, each) for name, (_line, each) in entries if isinstance(each, Map)]


def _texts(node: Node | None) -> list[str]:
    items = node.items if isinstance(node, List) else [node]
    return [each.text for each in items if isinstance(each, Scalar)]


def _script(text: Text, node: Node | None) -> Iterator[Command]:
    """The commands of a script: one text, or a list of them."""
    if isinstance(node, Scalar):
        yield from _commands(text, node)
    elif isinstance(node, List):
        for item in node.items:
            if isinstance(item, Scalar):
                yield from _commands(text, item)


def _commands(text: Text, script: Scalar) -> Iterator[Command]:
    opening = text.lines[script.line - 1] if script.line <= len(text.lines) else ""
    if script.last > script.line and _BLOCK.search(opening):
        body = text.lines[script.line : script.last]
        joint = " \\\n" if _FOLDED.search(opening) else "\n"
        yield from _placed(joint.join(body), script.line + 1, script.last)
    else:
        yield from _placed(script.text, script.line, script.last)


def _placed(script: str, first: int, last: int) -> Iterator[Command]:
    for command in commands(script):
        yield replace(command, line=min(first + command.line - 1, last))


def _jenkins(text: Text) -> Iterator[Job]:
    """A job for each stage; those above have run before."""
    stage, before, run = "", list[Command](), list[Command]()
    for name, script, first in _pieces(text.text):
        if name is None:
            run += _placed(script, first, first + script.count("\n"))
        else:
            yield Job(stage, (stage,), tuple(run), tuple(before))
            before += run
            stage, run = name, []
    yield Job(stage, (stage,), tuple(run), tuple(before))


def _pieces(text: str) -> Iterator[tuple[str | None, str, int]]:
    """The names of stages, or else the scripts that ``sh`` runs, each with its first line."""
    at, line = 0, 1
    while (found := _GROOVY.search(text, at)) is not None:
        line += text.count("\n", at, found.end())
        at = found.end()
        end = at
        if found["stage"] is not None:
            yield found["stage"], "", line
        elif found["quote"]:
            end = text.find(found["quote"], at)
            yield None, text[at : end if end >= 0 else len(text)], line
        else:
            end = text.find("\n" if found[0] == "//" else "*/", at)
        if end < 0:
            return
        line += text.count("\n", at, end)
        at = end + len(found["quote"] or "")


def _make(text: Text) -> Iterator[Job]:
    """A job for each target; what it depends on has run before."""
    needs: dict[str, list[str]] = {}
    recipes: dict[str, list[Command]] = {}
    for names, needed, first, recipe in _rules(text):
        for name in names:
            needs.setdefault(name, []).extend(needed)
            recipes.setdefault(name, []).extend(_placed(recipe, first, first + recipe.count("\n")))
    for name, run in recipes.items():
        before, pending, seen = list[Command](), list(needs[name]), {name}
        while pending:
            if (one := pending.pop()) not in seen:
                seen.add(one)
                before += recipes.get(one, ())
                pending += needs.get(one, ())
        yield Job(name, (name,), tuple(run), tuple(before))


def _rules(text: Text) -> Iterator[tuple[list[str], list[str], int, str]]:
    """The targets, what they depend on, and the recipe with its first line."""
    names, needed, first, recipe = list[str](), list[str](), 0, list[str]()
    for number, line in enumerate((*text.lines, ""), 1):
        if line.startswith("\t") or (recipe and not line.strip() and number <= len(text.lines)):
            first = first or number
            recipe.append(_recipe(line))
            continue
        found = _TARGET.match(line)
        if found or (line.strip() and not line.startswith(("#", " "))) or number > len(text.lines):
            if names and recipe:
                yield names, needed, first, "\n".join(recipe)
            names, needed = (found[1].split(), found[2].split()) if found else ([], [])
            first, recipe = 0, []


def _recipe(line: str) -> str:
    """A line of a recipe as the shell gets it."""
    return _MAKE_VARIABLE.sub(r"${\1}", line.strip("\t ").lstrip("@+-").replace("$$", "$"))
