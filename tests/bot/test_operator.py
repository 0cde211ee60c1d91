"""The operator's file: what it says, and each fault with its line."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.operator import Allowed, Cluster, Limits, Operator, Plan, Programs, load, parsed
from rules.config import Defaults

WHOLE = b"""\
version: 1
defaults:
  gate: {profile: default}
  exclude: [third_party/]
  images: {ghcr.io/org/web: web/Dockerfile}
  enforce: [gate.profile, images.ghcr.io/org/web]
allow: {providers: ["registry.opentofu.org/hashicorp/*"], modules: []}
trusted_bots: ["renovate[bot]"]
plans:
  - repository: org/infra
    project: envs/prod/
    environment: {AWS_PROFILE: prod, TF_VAR_count: 3}
    environment_files: {AWS_SECRET_ACCESS_KEY: /run/secrets/key}
    hosts: ["sts.amazonaws.com:443"]
plan_workflows: ["org/ci/.github/workflows/plan.yml@refs/heads/main"]
clusters: {prod: {kubeconfig: /etc/redline/prod.kubeconfig}}
tools: {terraform: /usr/bin/terraform, tflint_plugins: /opt/tflint}
limits: {review: 20m, stage: 90s, running_per_repository: 4}
"""
MEANS = Operator(
    defaults=Defaults(
        {
            "gate": {"profile": "default"},
            "exclude": ["third_party/"],
            "images": {"ghcr.io/org/web": "web/Dockerfile"},
        },
        (("gate", "profile"), ("images", "ghcr.io/org/web")),
    ),
    allow=Allowed(providers=("registry.opentofu.org/hashicorp/*",), modules=()),
    trusted_bots=("renovate[bot]",),
    plans=(
        Plan(
            "org/infra",
            "envs/prod",
            {"AWS_PROFILE": "prod", "TF_VAR_count": "3"},
            {"AWS_SECRET_ACCESS_KEY": "/run/secrets/key"},
            ("sts.amazonaws.com:443",),
        ),
    ),
    plan_workflows=("org/ci/.github/workflows/plan.yml@refs/heads/main",),
    clusters={"prod": Cluster("/etc/redline/prod.kubeconfig")},
    tools=Programs("/usr/bin/terraform", "/opt/tflint"),
    limits=Limits(1200, 90, 4),
)

HOST = "a host and port such as `sts.amazonaws.com:443`"
WORKFLOW = "a workflow such as `org/ci/.github/workflows/plan.yml@refs/heads/main`"
NO_RULE = "is no rule that Redline knows. Did you mean"
SECRET = """\
plans:
  - repository: org/infra
    project: a
    environment:
      AWS_PROFILE: prod
      DB_PASSWORD: c
"""
FAULTS = {
    "default: {}\n": (1, "`default` is no key that Redline knows. Did you mean `defaults`?"),
    "defaults:\n  version: 1\n": (2, "`defaults.version` is no key that Redline knows."),
    "defaults:\n  rules:\n    floting-image: off\n": (
        3,
        f"`defaults.rules.floting-image` {NO_RULE} `defaults.rules.floating-image`?",
    ),
    "defaults:\n  gate: {profile: strict}\n  enforce:\n    - gate.profile\n    - gate.block_on\n": (
        5,
        "`defaults.enforce` holds `gate.block_on`, which is not set beside it.",
    ),
    "allow: {provider: []}\n": (
        1,
        "`allow.provider` is no key that Redline knows. Did you mean `allow.providers`?",
    ),
    "trusted_bots: renovate\n": (1, "`trusted_bots` is `renovate`; it can be a list of accounts."),
    "plans: [{project: a}]\n": (1, "`plans.repository` is missing."),
    "plans:\n - repository: org/a\n   project: /a\n": (
        3,
        "`plans.project` is `/a`; it can be a path inside the repository, without `..`.",
    ),
    SECRET: (
        6,
        "`plans.environment` holds `DB_PASSWORD`: name a file with it, under `environment_files`.",
    ),
    "plans: [{repository: o/a, project: a, environment_files: {A: key}}]\n": (
        1,
        "`plans.environment_files.A` is `key`; it can be an absolute path.",
    ),
    "plans: [{repository: o/a, project: a, hosts: ['https://a']}]\n": (
        1,
        f"`plans.hosts` holds `https://a`; each can be {HOST}.",
    ),
    "plans: [{repository: o/a, project: a, environment: {A: ghp_" + "a1B2" * 9 + "}}]\n": (
        1,
        "`plans.environment` holds `A`: name a file with it, under `environment_files`.",
    ),
    "plan_workflows: [org/ci]\n": (
        1,
        f"`plan_workflows` holds `org/ci`; each can be {WORKFLOW}.",
    ),
    "clusters:\n  prod:\n": (2, "`clusters.prod.kubeconfig` is missing."),
    "clusters: {prod: {}}\n": (1, "`clusters.prod.kubeconfig` is missing."),
    "tools: {terraform: terraform}\n": (
        1,
        "`tools.terraform` is `terraform`; it can be an absolute path.",
    ),
    "limits: {running_per_repository: 0}\n": (
        1,
        "`limits.running_per_repository` is `0`; it can be a whole number from 1 to 64.",
    ),
    "limits: {running_per_repository: true}\n": (
        1,
        "`limits.running_per_repository` is `true`; it can be a whole number from 1 to 64.",
    ),
    "limits: {review: 20}\n": (
        1,
        "`limits.review` is `20`; it can be a time such as `90s`, `30m` or `2h`, a day at most.",
    ),
    "a: [\n": (1, "This file cannot be read: did not find expected node content."),
}


def test_every_key() -> None:
    assert parsed(WHOLE) == (MEANS, ())


def test_without_a_word_it_says_nothing() -> None:
    assert parsed(b"") == (Operator(), ())
    assert parsed(b"plans:\nlimits:\n") == (Operator(), ())


@pytest.mark.parametrize(("text", "want"), FAULTS.items())
def test_what_is_wrong(text: str, want: tuple[int, str]) -> None:
    operator, faults = parsed(text.encode())
    assert [(fault.line, fault.message) for fault in faults] == [want]
    assert operator == Operator()


def test_all_faults_are_told_with_file_and_line(tmp_path: Path) -> None:
    file = tmp_path / "operator.yaml"
    file.write_text("limit: {}\ntools:\n  terraform: x\n")
    assert load(file) == (
        Operator(),
        [
            f"{file}:1: `limit` is no key that Redline knows. Did you mean `limits`?",
            f"{file}:3: `tools.terraform` is `x`; it can be an absolute path.",
        ],
    )
    assert load(tmp_path)[1] == [f"cannot read {tmp_path}: Is a directory"]
    file.write_bytes(b"#" * (1 << 20) + b"##")
    assert load(file)[1] == [f"{file} has more than 1,048,576 bytes"]


@given(st.binary(max_size=200))
def test_it_never_raises(data: bytes) -> None:
    parsed(data)


def test_whom_it_trusts() -> None:
    assert MEANS.trusts("Renovate[bot]")
    assert not MEANS.trusts("renovate")
    assert not MEANS.trusts("")
    assert not replace(MEANS, trusted_bots=()).trusts("renovate[bot]")


def test_what_the_doctor_says_of_it() -> None:
    assert Operator().summary == "no more than defaults"
    assert MEANS.summary == (
        "enforces gate.profile, images.ghcr.io/org/web, 1 trusted bot, 1 project to plan,"
        " 1 trusted workflow, 1 cluster"
    )
    assert list(MEANS.files) == [
        ("plans: AWS_SECRET_ACCESS_KEY of org/infra", "/run/secrets/key"),
        ("clusters.prod.kubeconfig", "/etc/redline/prod.kubeconfig"),
        ("tools.terraform", "/usr/bin/terraform"),
        ("tools.tflint_plugins", "/opt/tflint"),
    ]
