"""A repository's settings: what they choose, and what is said of a fault."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.config import (
    Chart,
    Config,
    Defaults,
    Does,
    Environment,
    Kubernetes,
    NodeLimits,
    Planned,
    TofuProject,
    Tools,
    Weight,
)
from rules.finding import Severity
from rules.gate import Gate, OnUnchecked
from rules.keys import FILE
from rules.profile import Profile
from rules.reading import Chosen, chosen

PROFILES = "`observe`, `default` or `strict`"
SEVERITIES = "`off`, `on`, `info`, `warning` or `blocking`"
NO_KEY = "is no key that Redline knows. Did you mean"
PATTERNS = "a list of patterns of paths"
COLLECTIONS = [key.name for key in FILE.keys if key.name != "version"]

CHOSEN = {
    "": Gate(),
    "# nothing\n": Gate(),
    "---\n": Gate(),
    "version: 1\n": Gate(),
    "projects: []\nimages: {}\n": Gate(),
    "gate:\n": Gate(),
    "gate: {profile: observe}\n": Gate(Profile.OBSERVE),
    "gate: {profile: strict, block_on: warning}\n": Gate(Profile.STRICT, Severity.WARNING),
    "version: 1\ngate:\n  on_unchecked: 'allow'\n": Gate(on_unchecked=OnUnchecked.ALLOW),
    '{"gate": {"block_on": "blocking"}}': Gate(),
    "\ufeffgate: {profile: strict}\r\n": Gate(Profile.STRICT),
    "\n".join(f"{key}: " for key in COLLECTIONS): Gate(),
}

WHOLE = b"""\
version: 1
exclude: ["**/testdata/**", "vendor/**"]
stages: {checkov: off, "hadolint": "off", tflint: on}
tools: {helm: 3, tofu: terraform}
images: {"ghcr.io/org/web": ./services/web/Dockerfile}
environments:
  live: {production: true, paths: ["envs/live/**"], namespaces: ["live-*"]}
  prod: {argocd_projects: [prod], clusters: ["https://prod.example"]}
rules:
  floating-image: off
  root-container: {severity: warning, paths: ["apps/**"]}
  unprovable-user: [{severity: on, paths: [apps/]}, {severity: off}]
  hadolint/DL3008: blocking
projects: [{path: envs/prod/, workspace: prod, var_files: [../prod.tfvars], plan: ci, wait: 2h}]
charts:
  - {path: charts/web, values: [[values.yaml, prod.yaml]], namespace: web, environment: prod}
kubernetes: {version: 1.30, node_limits: {cpu: 16, memory: 64Gi}}
gate: {profile: observe, block_on: warning, on_unchecked: allow}
"""

MEANS = Config(
    exclude=("**/testdata/**", "vendor/**"),
    stages={"checkov": False, "hadolint": False, "tflint": True},
    tools=Tools("3", "terraform"),
    images={"ghcr.io/org/web": "services/web/Dockerfile"},
    environments=(
        Environment("live", True, ("envs/live/**",), ("live-*",)),
        Environment("prod", True, (), (), ("prod",), ("https://prod.example",)),
    ),
    rules={
        "floating-image": (Weight(Does.OFF),),
        "root-container": (Weight(Does.WARNING, ("apps/**",)),),
        "unprovable-user": (Weight(Does.ON, ("apps/",)), Weight(Does.OFF)),
        "hadolint/DL3008": (Weight(Does.BLOCKING),),
    },
    projects=(TofuProject("envs/prod", "prod", ("../prod.tfvars",), Planned.CI, 7200),),
    charts=(Chart("charts/web", (("values.yaml", "prod.yaml"),), "web", "prod"),),
    kubernetes=Kubernetes("1.30", NodeLimits("16", "64Gi")),
    gate=Gate(Profile.OBSERVE, Severity.WARNING, OnUnchecked.ALLOW),
)

FAULTS = {
    "gat: {profile: observe}\n": (1, "`gat` is no key that Redline knows. Did you mean `gate`?"),
    "version: 1\n\nrulez: {}\n": (3, "`rulez` is no key that Redline knows. Did you mean `rules`?"),
    "whatever: 1\n": (1, "`whatever` is no key that Redline knows."),
    "gate:\n  profile: strict\n  blockon: warning\n": (
        3,
        "`gate.blockon` is no key that Redline knows. Did you mean `gate.block_on`?",
    ),
    "gate:\n  profile: observ\n": (
        2,
        f"`gate.profile` is `observ`; it can be {PROFILES}. Did you mean `observe`?",
    ),
    "gate: {block_on: info}\n": (
        1,
        "`gate.block_on` is `info`; it can be `blocking` or `warning`.",
    ),
    "gate: {on_unchecked: [allow]}\n": (
        1,
        "`gate.on_unchecked` is a list; it can be `block` or `allow`.",
    ),
    "gate: strict\n": (1, "`gate` is not a mapping of keys."),
    "- gate\n": (1, "The file is not a mapping of keys."),
    "version: 2\n": (1, "`version` is `2`; it can be `1`."),
    "gate: {profile: strict}\ngate: {}\n": (2, "`gate` is there twice."),
    "rules:\n  floating-image: off\n  floating-image: on\n": (
        3,
        "`rules.floating-image` is there twice.",
    ),
    "version:\n": (1, "`version` is nothing; it can be `1`."),
    "gate: {profile: }\n": (1, f"`gate.profile` is nothing; it can be {PROFILES}."),
    "exclude: x\n": (1, f"`exclude` is `x`; it can be {PATTERNS}."),
    "exclude:\n  - a\n  - [b]\n": (
        3,
        "`exclude` holds a list; each can be a pattern of paths such as `envs/prod/**`.",
    ),
    "exclude: ['']\n": (
        1,
        "`exclude` holds nothing; each can be a pattern of paths such as `envs/prod/**`.",
    ),
    "stages:\n  hadolnt: off\n": (
        2,
        "`stages.hadolnt` is no stage that Redline knows. Did you mean `stages.hadolint`?",
    ),
    "stages: {hadolint: of}\n": (
        1,
        "`stages.hadolint` is `of`; it can be `off` or `on`. Did you mean `off`?",
    ),
    "tools: {helm: 5}\n": (1, "`tools.helm` is `5`; it can be `3` or `4`."),
    "images: {web: /etc/passwd}\n": (
        1,
        "`images.web` is `/etc/passwd`; it can be a path inside the repository, without `..`.",
    ),
    "images: {web: a/../../b}\n": (
        1,
        "`images.web` is `a/../../b`; it can be a path inside the repository, without `..`.",
    ),
    "environments: {prod: {path: [a]}}\n": (
        1,
        f"`environments.prod.path` {NO_KEY} `environments.prod.paths`?",
    ),
    "environments:\n  prod:\n    production: maybe\n": (
        3,
        "`environments.prod.production` is `maybe`; it can be `true`, `false`, `on` or `off`.",
    ),
    "rules:\n  floting-image: off\n": (
        2,
        "`rules.floting-image` is no rule that Redline knows. Did you mean `rules.floating-image`?",
    ),
    "rules: {hadolit/DL3008: off}\n": (
        1,
        "`rules.hadolit/DL3008` is no rule that Redline knows.",
    ),
    "rules: {floating-image: error}\n": (
        1,
        f"`rules.floating-image` is `error`; it can be {SEVERITIES}.",
    ),
    "rules: {floating-image: {paths: [a]}}\n": (1, "`rules.floating-image.severity` is missing."),
    "rules:\n  floating-image:\n    severity: off\n    path: [a]\n": (
        4,
        f"`rules.floating-image.path` {NO_KEY} `rules.floating-image.paths`?",
    ),
    "projects: [{workspace: prod}]\n": (1, "`projects.path` is missing."),
    "projects:\n  - path: envs/prod\n    wait: 30\n": (
        3,
        "`projects.wait` is `30`; it can be a time such as `90s`, `30m` or `2h`, a day at most.",
    ),
    "projects: [{path: a, wait: 25h}]\n": (
        1,
        "`projects.wait` is `25h`; it can be a time such as `90s`, `30m` or `2h`, a day at most.",
    ),
    "projects: [{path: a, plan: cli}]\n": (
        1,
        "`projects.plan` is `cli`; it can be `worker`, `ci` or `none`. Did you mean `ci`?",
    ),
    "charts: [{path: a, values: [values.yaml]}]\n": (
        1,
        "`charts.values` holds `values.yaml`; each can be a list of files.",
    ),
    "kubernetes: {version: v1.33}\n": (
        1,
        "`kubernetes.version` is `v1.33`; it can be a version such as `1.33`.",
    ),
    "kubernetes: {node_limits: {memory: 64 Gi}}\n": (
        1,
        "`kubernetes.node_limits.memory` is `64 Gi`; it can be bytes such as `64Gi`.",
    ),
    "version: 1\n---\ngate: {}\n": (3, "There is more than one document in it."),
    "gate: {\n": (1, "This file cannot be read: did not find expected node content."),
    "a: &a [*a]\n": (1, "This file cannot be read: an anchor that contains itself."),
    "[" * 100_000: (1, "This file cannot be read: nested more than 200 levels deep."),
    "k`|<b>@org/team: 1\n": (1, "`k'|<b>@org/team` is no key that Redline knows."),
    "x" * 100 + ": 1\n": (1, f"`{'x' * 37}...` is no key that Redline knows."),
}


@pytest.mark.parametrize(("text", "want"), CHOSEN.items())
def test_what_the_gate_is(text: str, want: Gate) -> None:
    assert read(text) == Chosen(Config(gate=want))


def read(text: str | bytes, defaults: Defaults | None = None) -> Chosen:
    data = text if isinstance(text, bytes) else text.encode()
    return chosen(data, defaults or Defaults())


def said(text: str) -> list[tuple[int, str]]:
    return [(fault.line, fault.message) for fault in read(text).faults]


def test_every_key() -> None:
    assert read(WHOLE) == Chosen(MEANS)


@pytest.mark.parametrize(("text", "want"), FAULTS.items())
def test_what_is_wrong(text: str, want: tuple[int, str]) -> None:
    assert said(text) == [want]


def test_what_is_there_twice_has_its_default() -> None:
    have = read("gate: {profile: strict, profile: observe}\nexclude: [a]\nexclude: [b]\n")
    assert have.config == Config()
    merged = read("a: &a {profile: observe}\ngate:\n  <<: *a\n  profile: strict\n")
    assert merged.config == Config(gate=Gate(Profile.STRICT))
    assert [fault.detail for fault in merged.faults] == ["key a"]


def test_a_fault_has_its_default_and_all_else_holds() -> None:
    have = read("gat: {}\ngate: {profile: strict, block_on: sometimes}\nexclude: [a, [b], c]\n")
    assert have.config == Config(gate=Gate(Profile.STRICT), exclude=("a", "c"))
    assert [fault.detail for fault in have.faults] == [
        "key gat", "value gate.block_on", "value exclude",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "weight",
    [
        "{severity: off, paths: apps}",
        "{severity: off, paths: []}",
        "{severity: off, paths: }",
        "{severity: off, paths: [[apps]]}",
        "{severity: off, path: [apps]}",
        "[{severity: on, paths: apps}, {severity: off}]",
        "[{severity: of, paths: [apps]}, {severity: off}]",
        "[]",
    ],
)
def test_half_of_an_exception_is_none(weight: str) -> None:
    have = read(f"rules: {{floating-image: {weight}}}\n")
    assert have.config.rules == {}
    assert have.faults


OPERATOR = Defaults(
    {
        "gate": {"profile": "observe", "on_unchecked": "allow"},
        "exclude": ["a/"],
        "rules": {"root-container": {"severity": "off"}, "floating-image": "blocking"},
    },
    (("gate", "profile"), ("rules", "floating-image")),
)


def test_what_it_leaves_open_is_the_operator_s_and_what_that_enforces() -> None:
    have = read(
        "gate: {profile: strict, block_on: warning}\nrules: {floating-image: off}", OPERATOR
    )
    assert have.config == Config(
        exclude=("a/",),
        rules={
            "root-container": (Weight(Does.OFF),),
            "floating-image": (Weight(Does.BLOCKING),),
        },
        gate=Gate(Profile.OBSERVE, Severity.WARNING, OnUnchecked.ALLOW),
    )


def test_what_is_enforced_holds_whatever_else_the_file_says() -> None:
    every = Defaults(OPERATOR.values, (("gate",), ("exclude",), ("rules",)))
    plain = read("", every).config
    assert read(b"\xff", every).config == plain
    assert read(
        "gate: {block_on: warning}\nexclude: ['**']\nrules: {unprovable-user: off}", every
    ) == Chosen(plain)
    assert read("exclude: ['**']", OPERATOR).config.exclude == ("**",)


def test_bytes_that_are_no_text() -> None:
    assert read(b"version: 1\n\xff: 1\n").faults[0].line == 2


@given(st.binary(max_size=300))
def test_it_never_raises(data: bytes) -> None:
    assert len(read(data).faults) <= 20


WORDS = st.sampled_from(
    ["a", "off", "1", "", "-1", "~", "'", "..", "/", "{a: [", "*a", "&a", "!!int x", "<<", "64Gi"]
)
TREES = st.recursive(
    WORDS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [key.name for key in FILE.keys] + ["severity", "paths", "path", "root-container"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@given(TREES)
def test_no_shape_makes_it_raise(tree: object) -> None:
    have = read(json.dumps(tree))
    assert all(fault.line == 1 for fault in have.faults)
    assert isinstance(have.config, Config)


def test_of_many_faults_the_first_are_named() -> None:
    text = "".join(f"k{number}: 1\n" for number in range(500))
    assert len(read(text).faults) == 20
