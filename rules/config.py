"""What a repository's ``.redline.yaml`` asks for, and the questions that are asked of it. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from rules.finding import Finding, Severity
from rules.gate import Gate
from rules.globs import matches
from rules.profile import weigh

NAME = ".redline.yaml"  # at the top of the repository
Values = Mapping[str, Any]  # of such a file: plain JSON, as ``rules.shapes`` reads it


class Does(StrEnum):
    """What a repository makes of a rule; ``on`` is what its profile makes of it."""

    OFF = "off"
    ON = "on"
    INFO = "info"
    WARNING = "warning"
    BLOCKING = "blocking"

    @property
    def severity(self) -> Severity | None:
        """The severity that it sets, if any."""
        return {one.word: one for one in Severity}.get(self.value)


@dataclass(frozen=True, slots=True)
class Weight:
    """What a rule does, at paths that match ``paths``; everywhere where there are none."""

    does: Does
    paths: tuple[str, ...] = ()

    def speaks_of(self, path: str) -> bool:
        """Whether it holds at this path."""
        return not self.paths or matches(self.paths, path)


@dataclass(frozen=True, slots=True)
class Environment:
    """Where something runs: told by any one of its patterns (``*`` in names, globs of paths).

    ``guessed``: the repository says nothing of it, names alone do.
    """

    name: str
    production: bool = False
    paths: tuple[str, ...] = ()
    namespaces: tuple[str, ...] = ()
    argocd_projects: tuple[str, ...] = ()
    clusters: tuple[str, ...] = ()
    guessed: bool = False


class Planned(StrEnum):
    """Who makes a project's plan."""

    WORKER = "worker"
    CI = "ci"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class TofuProject:
    """A root module. ``plan`` None: the worker, where the operator's file has it. ``wait``: s."""

    path: str
    workspace: str = ""
    var_files: tuple[str, ...] = ()
    plan: Planned | None = None
    wait: float = 1800


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart, and the sets of values files that it is installed with; ``""`` is not said."""

    path: str
    values: tuple[tuple[str, ...], ...] = ()
    namespace: str = ""
    environment: str = ""


@dataclass(frozen=True, slots=True)
class NodeLimits:
    """What the largest node can give, as Kubernetes writes it: ``64Gi``; ``""``: unknown."""

    cpu: str = ""
    memory: str = ""


@dataclass(frozen=True, slots=True)
class Kubernetes:
    """What runs the manifests; an empty ``version`` (``1.33``) is not said."""

    version: str = ""
    node_limits: NodeLimits = NodeLimits()


@dataclass(frozen=True, slots=True)
class Tools:
    """Which program serves: helm ``3`` or ``4``; ``tofu`` or ``terraform``; ``""``: not said."""

    helm: str = ""
    tofu: str = ""


@dataclass(frozen=True)
class Defaults:
    """What holds where a repository says nothing, and of that what holds whatever it says.

    ``enforced`` are paths into ``values``, key by key.
    """

    values: Values = field(default_factory=dict)
    enforced: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True)
class Config:
    """All of it; what a file leaves out is as here.

    ``stages`` says of a stage by name whether it runs. ``images`` are image names without tag to
    Dockerfiles. ``rules`` says what rules do, by name or ``tool/ID``: the first that speaks of a
    path counts.
    """

    exclude: tuple[str, ...] = ()
    stages: Mapping[str, bool] = field(default_factory=dict)
    tools: Tools = Tools()
    images: Mapping[str, str] = field(default_factory=dict)
    environments: tuple[Environment, ...] = ()
    rules: Mapping[str, tuple[Weight, ...]] = field(default_factory=dict)
    projects: tuple[TofuProject, ...] = ()
    charts: tuple[Chart, ...] = ()
    kubernetes: Kubernetes = Kubernetes()
    gate: Gate = Gate()  # noqa: RUF009 - frozen

    def runs(self, stage: str) -> bool:
        """Whether the stage of this name is on."""
        return self.stages.get(stage, True)

    def excludes(self, path: str) -> bool:
        """Whether nothing is judged at this path; Redline's own file is, whatever it says."""
        return path != NAME and matches(self.exclude, path)

    def does(self, rule: str, path: str) -> Does:
        """What a rule does at a path."""
        said = self.rules.get(rule, ())
        return next((each.does for each in said if each.speaks_of(path)), Does.ON)

    def switched_off(self, rule: str) -> bool:
        """Whether a rule is off wherever it may look: then nothing need be judged by it."""
        for each in self.rules.get(rule, ()):
            if each.does is not Does.OFF or not each.paths:
                return each.does is Does.OFF
        return False

    def weigh(self, finding: Finding, *, added: bool, owned: bool) -> Severity | None:
        """The severity of a new finding; None where the repository does not want to hear of it.

        What is set for its rule at its path, else what ``rules.profile.weigh`` says.
        """
        does = self.does(finding.rule, finding.location.path)
        if does is Does.OFF:
            return None
        return does.severity or weigh(finding, self.gate.profile, added=added, owned=owned)

    @property
    def off(self) -> str:
        """What is not judged at all or at some paths, in a few words; ``""`` where all is."""
        whole = sum(map(self.switched_off, self.rules))
        here = sum(Does.OFF in [one.does for one in said] for said in self.rules.values()) - whole
        stages = sum(not runs for runs in self.stages.values())
        said = (_some(whole, "rule"), _some(here, "rule", " at some paths"), _some(stages, "stage"))
        return ", ".join(filter(None, said))

    def environment(
        self, *, path: str = "", namespace: str = "", argocd_project: str = "", cluster: str = ""
    ) -> Environment | None:
        """The environment that any of these belongs to, a production one before others.

        What is not known is left empty. Where the repository names no environments, those that
        are commonly named so.
        """
        facts = (path, namespace, argocd_project, cluster)
        found = [each for each in self.environments or GUESSED if _within(each, facts)]
        return next((each for each in found if each.production), next(iter(found), None))


def _some(count: int, what: str, where: str = "") -> str:
    return f"{count} {what}{'s' * (count != 1)}{where}" if count else ""


def _within(one: Environment, facts: tuple[str, str, str, str]) -> bool:
    path, *named = facts
    patterns = (one.namespaces, one.argocd_projects, one.clusters)
    return bool(path and matches(one.paths, path)) or any(
        name and _called(each, name) for each, name in zip(patterns, named, strict=True)
    )


def _called(patterns: tuple[str, ...], name: str) -> bool:
    """Names as they are: an address has slashes, which stop no ``*``."""
    return matches(tuple(each.replace("/", "\0") for each in patterns), name.replace("/", "\0"))


PRODUCTION = ("prod", "production")
_NOT_PRODUCTION = ("non-prod", "pre-prod", "not-prod")


def named_like(name: str, *words: str, production: bool = False) -> Environment:
    """The environment as most people name what belongs to it, by these words."""
    never = _NOT_PRODUCTION if PRODUCTION[0] in words else ()
    forms = tuple(form for word in words for form in _forms(word))
    files = tuple(f"{form}.{end}" for form in forms for end in ("yaml", "yml", "tfvars", "json"))
    hosts = tuple(
        form for word in words for form in (f"*//{word}.*", f"*//{word}-*", f"*.{word}.*")
    )
    others = tuple(f"!{form}*" for word in never for form in (word, f"*-{word}"))
    called = (*forms, *others)
    return Environment(
        name, production, (*forms, *files, *others), called, called, (*forms, *hosts), guessed=True
    )


def _forms(word: str) -> tuple[str, ...]:
    return (word, f"{word}-*", f"*-{word}", f"*-{word}-*")


GUESSED = (
    named_like("prod", *PRODUCTION, production=True),
    named_like("staging", "staging", "stage", "stg", "preprod", "pre-prod"),
    named_like("test", "test", "testing", "qa", "uat"),
    named_like("dev", "dev", "development", "sandbox"),
)
