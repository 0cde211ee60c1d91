"""Every key of ``.redline.yaml``, said once: reading, faults and the JSON Schema come of it."""

import pkgutil
from dataclasses import replace
from functools import cache
from importlib import import_module

from rules.shapes import Forms, Key, ListOf, MapOf, Named, Record
from rules.values import SWITCH, TRUTH, Choice, Duration, Text

STAGES = (
    "tofu-fmt", "tflint", "tofu-validate", "checkov", "tofu-plan", "tofu-rules", "helm-lint",
    "helm-template", "kustomize-build", "kubeconform", "server-dry-run", "kubernetes-rules",
    "hadolint", "dockerfile-rules", "argocd-rules", "files-rules",
)  # fmt: skip
_KINDS = ("kubernetes", "dockerfile", "files")  # the folders of rules
_TOOLS_RULE = r"(hadolint|tflint|checkov)/[A-Za-z0-9_.-]+"
_NAME = r"[^\s/]+"

GLOB = Text("a pattern of paths such as `envs/prod/**`", r"!?[^\s!/][^\x00-\x1f]*|!?/[^\x00-\x1f]+")
GLOBS = ListOf(GLOB, "a list of patterns of paths")
NAMES = ListOf(Text("a name, where `*` stands for anything", r"\S+"), "a list of names")
# Not from the root of a machine; what climbs out of the repository is refused where it is used.
PATH = Text("a path inside the repository, without `..`", r"(?!/)(?!(.*/)?\.\.(/|$))[^\x00-\x1f]+")
CLIMBING = Text("a path that does not begin with `/`", r"(?!/)[^\x00-\x1f]+")
FILES = ListOf(CLIMBING, "a list of files")
WORD = Text("a name", _NAME, numbers=True)


@cache
def rule_names() -> tuple[str, ...]:
    """Our rules, by the files that they stand in: a name and a file are the same."""
    packages = (import_module(f"rules.{kind}") for kind in _KINDS)
    modules = (each.name for package in packages for each in pkgutil.iter_modules(package.__path__))
    return tuple(sorted(name.replace("_", "-") for name in modules))


DOES = Choice({word: word for word in ("off", "on", "info", "warning", "blocking")})
_WEIGHT = Record((
    Key("severity", DOES, "What the rule does there: off, on (as the profile has it), or this.",
        required=True),
    Key("paths", replace(GLOBS, least=1), "Where; everywhere, if it is not said."),
), "a mapping of `severity` and `paths`")  # fmt: skip
RULE = Named("rule", Forms(DOES, _WEIGHT, ListOf(_WEIGHT, "a list of these", least=1)))

_ENVIRONMENT = Record((
    Key("production", TRUTH, "Whether people depend on it. If not said: those named prod."),
    Key("paths", GLOBS, "Files that belong to it."),
    Key("namespaces", NAMES, "Namespaces that belong to it."),
    Key("argocd_projects", NAMES, "Argo CD projects that belong to it."),
    Key("clusters", NAMES, "Clusters that are it, by name or address."),
))  # fmt: skip
_PROJECT = Record((
    Key("path", PATH, "The folder of the root module.", required=True),
    Key("workspace", WORD, "The workspace that is planned."),
    Key("var_files", FILES, "Variable files, as the plan gets them, from the module's folder."),
    Key("plan", Choice({word: word for word in ("worker", "ci", "none")}),
        "Who makes its plan: Redline's worker, the repository's own CI, or nobody."),
    Key("wait", Duration(), "How long a plan from CI is waited for."),
))  # fmt: skip
_CHART = Record((
    Key("path", PATH, "The chart's folder.", required=True),
    Key("values", ListOf(FILES, "a list of lists of files"),
        "The sets of values files that it is installed with, from the chart's folder."),
    Key("namespace", WORD, "The namespace that it is installed into."),
    Key("environment", WORD, "The environment that it runs in."),
))  # fmt: skip
_LIMITS = Record((
    Key("cpu", Text("CPUs such as `16` or `3920m`", r"[0-9]+(\.[0-9]+)?m?", numbers=True),
        "What pods of one node can request at most, in CPUs."),
    Key("memory", Text("bytes such as `64Gi`", r"[0-9]+(\.[0-9]+)?([kMGTPE]|[KMGTPE]i)?",
                       numbers=True),
        "What pods of one node can request at most, in memory."),
))  # fmt: skip
_KUBERNETES = Record((
    Key("version", Text("a version such as `1.33`", r"1\.[0-9]{1,3}(\.[0-9]{1,3})?", numbers=True),
        "The version that the manifests are applied to."),
    Key("node_limits", _LIMITS, "What the largest node has for pods."),
))  # fmt: skip
GATE = Record((
    Key("profile", Choice({word: word for word in ("observe", "default", "strict")}),
        "What findings do: nothing yet, what is dangerous and new blocks, or each by its letter."),
    Key("block_on", Choice({"blocking": 3, "warning": 2}),
        "The least severity that holds a change back."),
    Key("on_unchecked", Choice({word: word for word in ("block", "allow")}),
        "What a check does to the status that could not be made."),
))  # fmt: skip

FILE = Record((
    Key("version", Choice({"1": 1}), "The version of this file's keys."),
    Key("exclude", GLOBS, "Files that are not judged."),
    Key("stages", MapOf(SWITCH, lambda: STAGES, kind="stage"),
        "Stages that are off."),
    Key("tools", Record((
        Key("helm", Choice({"3": "3", "4": "4"}), "The helm that charts are installed with."),
        Key("tofu", Choice({word: word for word in ("tofu", "terraform")}),
            "The program that plans; if not said, what .terraform-version or .tool-versions say."),
    )), "Which program serves, where there are two."),
    Key("images", MapOf(PATH, pattern=r"[A-Za-z0-9][A-Za-z0-9_./:-]*", kind="image name"),
        "Images that this repository builds, and the Dockerfile of each."),
    Key("environments", MapOf(_ENVIRONMENT, pattern=_NAME, kind="name"),
        "Where things run, and what belongs there."),
    Key("rules", MapOf(RULE, rule_names, _TOOLS_RULE, "rule"),
        "What rules do here, by name; a tool's by tool/ID."),
    Key("projects", ListOf(_PROJECT, "a list of projects"), "Root modules of OpenTofu."),
    Key("charts", ListOf(_CHART, "a list of charts"), "Helm charts, and how they are installed."),
    Key("kubernetes", _KUBERNETES, "The cluster that the manifests are for."),
    Key("gate", GATE, "What blocks."),
))  # fmt: skip
