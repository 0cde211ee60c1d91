"""The operator's file (``REDLINE_CONFIG``): what holds for all repositories of a server."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import msgspec

from rules.config import Defaults
from rules.fault import At, Fault
from rules.finding import named
from rules.images import inside
from rules.keys import FILE as REPOSITORY
from rules.keys import PATH
from rules.secrets import names_secret, tokens
from rules.shapes import Key, ListOf, MapOf, Record, read
from rules.subjects.yaml import List, Map
from rules.values import Choice, Duration, Json, Text, Whole

_LARGEST = 1 << 20  # bytes


@dataclass(frozen=True, slots=True)
class Allowed:
    """What may be fetched, by patterns; None where the operator says nothing of a kind."""

    providers: tuple[str, ...] | None = None
    modules: tuple[str, ...] | None = None
    charts: tuple[str, ...] | None = None
    registries: tuple[str, ...] | None = None
    git: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """A project that a worker plans, with what its plan may use; secrets are in files only."""

    repository: str
    project: str
    environment: Mapping[str, str] = field(default_factory=dict)
    environment_files: Mapping[str, str] = field(default_factory=dict)
    hosts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Cluster:
    """A cluster that a server dry-run may ask."""

    kubeconfig: str


@dataclass(frozen=True, slots=True)
class Programs:
    """Programs and plug-ins that the operator has installed; ``""`` where there is none."""

    terraform: str = ""
    tflint_plugins: str = ""


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a review and a stage may take (seconds), how many of a repository run at once."""

    review: float | None = None
    stage: float | None = None
    running_per_repository: int | None = None


@dataclass(frozen=True)
class Operator:
    """All of it; without a file it says nothing."""

    defaults: Defaults = field(default_factory=Defaults)
    allow: Allowed = Allowed()
    trusted_bots: tuple[str, ...] = ()
    plans: tuple[Plan, ...] = ()
    plan_workflows: tuple[str, ...] = ()
    clusters: Mapping[str, Cluster] = field(default_factory=dict)
    tools: Programs = Programs()
    limits: Limits = Limits()

    def trusts(self, login: str) -> bool:
        """Whether this account is a bot whose changes count as those of someone who may write."""
        return bool(login) and login.casefold() in {each.casefold() for each in self.trusted_bots}

    @property
    def summary(self) -> str:
        """What it holds, in a few words."""
        enforced = ", ".join(".".join(keys) for keys in self.defaults.enforced)
        said = (
            f"enforces {enforced}" if enforced else "",
            _some(len(self.trusted_bots), "trusted bot"),
            _some(len(self.plans), "project to plan", "projects to plan"),
            _some(len(self.plan_workflows), "trusted workflow"),
            _some(len(self.clusters), "cluster"),
        )
        return ", ".join(filter(None, said)) or "no more than defaults"

    @property
    def files(self) -> Iterator[tuple[str, str]]:
        """Each path that it names, and what names it."""
        for plan in self.plans:
            for name, path in plan.environment_files.items():
                yield f"plans: {name} of {plan.repository}", path
        for name, cluster in self.clusters.items():
            yield f"clusters.{name}.kubeconfig", cluster.kubeconfig
        for tool in ("terraform", "tflint_plugins"):
            if path := getattr(self.tools, tool):
                yield f"tools.{tool}", path


def _some(count: int, one: str, many: str = "") -> str:
    return f"{count} {one if count == 1 else many or one + 's'}" if count else ""


def load(path: Path) -> tuple[Operator, list[str]]:
    """The file, and all that is wrong with it, each with its line; nothing of a wrong one holds."""
    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST + 1)
    except OSError as error:
        return Operator(), [f"cannot read {path}: {error.strerror}"]
    if len(data) > _LARGEST:
        return Operator(), [f"{path} has more than {_LARGEST:,} bytes"]
    operator, faults = parsed(data)
    return operator, [f"{path}:{one.line}: {one.message}" for one in faults]


def parsed(data: bytes) -> tuple[Operator, Sequence[Fault]]:
    """What these bytes say, or what is wrong with them."""
    found = read(data, FILE)
    if found.faults:
        return Operator(), found.faults
    values = {key: value for key, value in found.values.items() if key != "version"}
    defaults = _defaults(values.pop("defaults", {}))
    operator = msgspec.convert(values, Operator)
    plans = tuple(replace(one, project=inside(one.project) or "") for one in operator.plans)
    return replace(operator, defaults=defaults, plans=plans), ()


def _defaults(values: Mapping[str, Any]) -> Defaults:
    own = {key: value for key, value in values.items() if key != "enforce"}
    known = _names(own)
    return Defaults(own, tuple(known[name] for name in values.get("enforce", ())))


def _names(values: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """Dotted name to the keys that lead there: a key may have dots itself."""
    found: dict[str, tuple[str, ...]] = {}
    for key, value in values.items():
        found[key] = (key,)
        if isinstance(value, dict):
            found |= {f"{key}.{name}": (key, *keys) for name, keys in _names(value).items()}
    return found


def _enforced(node: Map, values: Json, at: At) -> None:
    """Only what is set can be enforced."""
    listed = node.get("enforce")
    known = _names({key: value for key, value in values.items() if key != "enforce"})
    for each in listed.items if isinstance(listed, List) else []:
        text = getattr(each, "text", None)
        if isinstance(text, str) and text in values.get("enforce", ()) and text not in known:
            place = at.below("enforce", each.line)
            place.tell("value", f"holds {named(text)}, which is not set beside it.")


def _no_secrets(node: Map, values: Json, at: At) -> None:
    for name, value in values.get("environment", {}).items():
        if names_secret(name) or any(tokens(value)):
            place = at.below("environment", node.line_of("environment", name))
            said = f"holds {named(name)}: name a file with it, under `environment_files`."
            place.tell("value", said)


_PATTERNS = ListOf(Text("a pattern such as `registry.opentofu.org/hashicorp/*`", r"\S+"), "a list")
_ABSOLUTE = Text("an absolute path", r"/[^\x00-\x1f]*")
_VARIABLE = r"[A-Za-z_][A-Za-z0-9_]*"
_PLAN = Record((
    Key("repository", Text("a repository such as `org/infra`", r"[^\s/]+(/[^\s/]+)+"),
        "The repository, as its forge names it.", required=True),
    Key("project", PATH, "The folder of the root module.", required=True),
    Key("environment", MapOf(Text("a text", r"[^\x00]*", numbers=True),
                             pattern=_VARIABLE, kind="variable"),
        "Variables of its plan; no secrets."),
    Key("environment_files", MapOf(_ABSOLUTE, pattern=_VARIABLE, kind="variable"),
        "Variables of its plan whose values stand in files."),
    Key("hosts", ListOf(Text("a host and port such as `sts.amazonaws.com:443`",
                             r"[^\s/:]+:[0-9]{1,5}"), "a list of hosts"),
        "What its plan may connect to."),
), check=_no_secrets)  # fmt: skip
_ENFORCE = Key(
    "enforce",
    ListOf(Text("a key such as `gate.profile`", r"[^\s]+"), "a list of keys"),
    "Keys set here that no repository may set otherwise.",
)

FILE = Record((
    Key("version", Choice({"1": 1}), "The version of this file's keys."),
    Key("defaults",
        Record((*(each for each in REPOSITORY.keys if each.name != "version"), _ENFORCE),
               check=_enforced),
        "What holds where a repository's .redline.yaml says nothing; the same keys."),
    Key("allow", Record(tuple(
        Key(kind, _PATTERNS, f"Which {what} may be fetched, by pattern.")
        for kind, what in (
            ("providers", "providers"), ("modules", "modules"), ("charts", "charts"),
            ("registries", "registries"), ("git", "git repositories"),
        ))), "What may be fetched for a review."),
    Key("trusted_bots", ListOf(Text("an account such as `renovate[bot]`", r"\S+"),
                               "a list of accounts"),
        "Bots whose changes count as those of someone who may write."),
    Key("plans", ListOf(_PLAN, "a list of projects"), "Projects that a worker plans."),
    Key("plan_workflows", ListOf(
        Text("a workflow such as `org/ci/.github/workflows/plan.yml@refs/heads/main`",
             r"[^\s@]+@refs/\S+"), "a list of workflows"),
        "CI workflows whose plans are believed."),
    Key("clusters", MapOf(
        Record((Key("kubeconfig", _ABSOLUTE, "How it is reached.", required=True),)),
        pattern=r"[^\s/]+", kind="name"),
        "Clusters that a server dry-run may ask."),
    Key("tools", Record((
        Key("terraform", _ABSOLUTE, "The terraform program."),
        Key("tflint_plugins", _ABSOLUTE, "The folder of tflint's plug-ins."),
    )), "Programs that are installed here."),
    Key("limits", Record((
        Key("review", Duration(), "How long a review may take."),
        Key("stage", Duration(), "How long a stage may take."),
        Key("running_per_repository", Whole(1, 64),
            "How many reviews of one repository run at once."),
    )), "What reviews may take."),
))  # fmt: skip
