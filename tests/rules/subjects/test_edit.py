"""What is offered to be written: the meant key, in the file's own style, and nothing else."""

import copy
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rules.finding import Finding, Suggestion
from rules.rule import judge, rules_of
from rules.subjects.manifest import parse

RULES = rules_of("kubernetes")
HEAD = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n"


def found(text: str, rule: str) -> list[Finding]:
    return [one for one in judge(RULES, parse(text.encode(), "pod.yaml")) if one.rule == rule]


def offered(text: str, rule: str) -> Suggestion | None:
    (one,) = found(text, rule)
    return one.suggestion


def applied(text: str, one: Suggestion) -> str:
    lines = text.split("\n")
    return "\n".join([*lines[: one.first - 1], one.replacement, *lines[one.last :]])


def rewritten(container: str, rule: str = "privilege-escalation") -> str | None:
    """The container, indented as here, after the suggestion; None where there is none."""
    before = HEAD + "  containers:\n"
    text = before + container
    one = offered(text, rule)
    return None if one is None else applied(text, one).removeprefix(before)


@pytest.mark.parametrize(
    ("container", "after"),
    [
        (
            "    - name: web  # front\n      image: web:1\n",
            (
                "    - name: web  # front\n      securityContext:\n"
                "        allowPrivilegeEscalation: false\n      image: web:1\n"
            ),
        ),
        (
            "  - args: [a]\n    name: 'web'",
            (
                "  - args: [a]\n    name: 'web'\n    securityContext:\n"
                "      allowPrivilegeEscalation: false"
            ),
        ),
        (
            "    - name: web\n      resources:\n          limits: {cpu: 1}\n",
            (
                "    - name: web\n      securityContext:\n"
                "          allowPrivilegeEscalation: false\n"
                "      resources:\n          limits: {cpu: 1}\n"
            ),
        ),
        (
            "    - name: web\n      securityContext: {}  # later\n",
            (
                "    - name: web\n      securityContext:  # later\n"
                "        allowPrivilegeEscalation: false\n"
            ),
        ),
        (
            "    - name: web\n      securityContext:\n        # never\n        runAsUser: 7\n",
            (
                "    - name: web\n      securityContext:\n        allowPrivilegeEscalation: false\n"
                "        # never\n        runAsUser: 7\n"
            ),
        ),
        (
            "    - securityContext:\n        allowPrivilegeEscalation: y   # ?\n      tty: no\n",
            (
                "    - securityContext:\n        allowPrivilegeEscalation: false   # ?\n"
                "      tty: no\n"
            ),
        ),
    ],
)
def test_the_key_is_set_in_the_files_own_style(container: str, after: str) -> None:
    assert rewritten(container) == after


@pytest.mark.parametrize(
    "container",
    [
        "    - {name: web}\n",
        "    - name: web\n      securityContext: {runAsUser: 7}\n",
        "    - name: web\n      securityContext: &s\n        runAsUser: 7\n",
        "    - &c\n      name: web\n",
        "    - name: web\n      securityContext:\n        <<: {runAsUser: 7}\n",
        "    - name: web\n      securityContext:\n        allowPrivilegeEscalation: &a true\n",
        "    - name: web\n      securityContext:\n        allowPrivilegeEscalation: !!bool true\n",
        "    - name: web\n      ? securityContext\n      : runAsUser: 7\n",
        "    - name: web\n      securityContext:\n        privileged: true\n",
        "    - name: web\n      securityContext:\n        privileged: '{{ x }}'\n",
        "    - name: web\n      securityContext:\n        capabilities: {add: [SYS_ADMIN]}\n",
        "    - name: web\n      securityContext:\n        capabilities: {add: [CAP_SYS_ADMIN]}\n",
        "    - name: >\n        web\n      image: |\n        web\n",
        "    - name: web\r\n      image: web\r\n",
        "    - name: web # ghp_0123456789abcdefghijABCDEFGHIJ012345\n",
    ],
)
def test_where_it_is_not_plain_nothing_is_offered(container: str) -> None:
    assert rewritten(container) is None


def test_other_kinds_may_not_know_the_key() -> None:
    text = (
        "apiVersion: %s\nkind: Thing\nmetadata: {name: t}\nspec:\n  template:\n    spec:\n"
        "      containers:\n        - name: web\n"
    )
    assert offered(text % "example.com/v1", "privilege-escalation") is None
    assert offered(text % "apps/v1", "privilege-escalation") is not None


def test_json_and_marks_of_other_encodings_get_none() -> None:
    text = HEAD + "  containers:\n    - name: web\n"
    for data in (text.encode("utf-16"), b"\xef\xbb\xbf" + text.encode()):
        every = judge(RULES, parse(data, "pod.yaml"))
        assert every
        assert not [one for one in every if one.suggestion]


@pytest.mark.parametrize(
    ("spec", "sure"),
    [
        ("  securityContext: {runAsUser: 7}\n  containers:\n    - name: web\n", True),
        ("  containers:\n    - name: web\n      securityContext:\n        runAsUser: 7\n", True),
        ("  containers:\n    - name: web\n", False),
        ("  containers:\n    - name: web\n      securityContext:\n        runAsUser: 0\n", False),
        ("  containers:\n    - name: web\n      securityContext:\n        runAsGroup: 7\n", False),
        (
            (
                "  os: {name: windows}\n  securityContext: {runAsUser: 7}\n"
                "  containers:\n    - name: web\n"
            ),
            False,
        ),
    ],
)
def test_non_root_is_offered_only_where_the_user_is_known(spec: str, sure: bool) -> None:
    assert (offered(HEAD + spec, "root-container") is not None) is sure


def test_the_pod_gets_it_where_each_user_is_known() -> None:
    pod = "  securityContext:\n    runAsNonRoot: false\n    runAsUser: 7\n  containers:\n"
    one = offered(HEAD + pod + "    - name: web\n", "root-container")
    assert one == Suggestion(6, 6, "    runAsNonRoot: true")
    root = "    - name: web\n      securityContext: {runAsUser: 0}\n"
    assert not [one for one in found(HEAD + pod + root, "root-container") if one.suggestion]


comments = st.sampled_from(["", "  # why", " # key: value", "   #x", "  "])
between = st.sampled_from(["", "\n", "# a: b\n", "      # deeper\n", "\n\n#\n"])
extras = st.sampled_from([
    "image: nginx:1.27",
    "image: 'a:1'",
    'command: [sh, -c, "a: b # c"]',
    "env:\n@- name: A\n@  value: |\n@    securityContext:\n@      privileged: true",
    "resources:\n@limits: {memory: 1Gi}",
    "args:\n- --a=b\n- c",
    "stdin: true",
    "imagePullPolicy:   Always",
])  # fmt: skip
security = st.sampled_from([
    "",
    "securityContext:",
    "securityContext: {}",
    "securityContext: ~",
    "securityContext:\n@runAsUser: 7",
    "securityContext:\n@privileged: yes",
    'securityContext:\n@privileged: "true"\n@allowPrivilegeEscalation: True',
    "securityContext:\n@allowPrivilegeEscalation:\n@runAsUser: 7\n@runAsNonRoot: n",
    "securityContext:\n@capabilities:\n@@add: [NET_ADMIN]\n@@drop:\n@@- ALL",
    "\"securityContext\":\n@'allowPrivilegeEscalation': 'true'\n@runAsUser: 0o7",
])  # fmt: skip


@st.composite
def pods(draw: st.DrawFn) -> str:
    """A Pod in block style, with its own indentation, comments and blank lines."""
    step, dash = draw(st.integers(1, 6)), draw(st.integers(0, 4))
    lines = ["apiVersion: v1", "kind: Pod", "metadata:", " " * step + "name: p", "spec:"]
    lines.append(" " * step + "containers:")
    for number in range(draw(st.integers(1, 3))):
        entries = [f"name: c{number}", *draw(st.lists(extras, max_size=3, unique=True))]
        if chosen := draw(security):
            entries.append(chosen)
        margin = step + dash + 2
        block = []
        for entry in draw(st.permutations(_unlike(entries))):
            for line in entry.split("\n"):
                bare = line.lstrip("@")
                indent = " " * (margin + step * (len(line) - len(bare)))
                block.append(indent + bare + ("" if "|" in entry else draw(comments)))
        block[0] = " " * (margin - 2) + "- " + block[0].lstrip()
        lines += block
        lines.append(draw(between).rstrip("\n"))
    return "\n".join(lines) + draw(st.sampled_from(["\n", "", "\n---\na: 1\n"]))


def _unlike(entries: list[str]) -> list[str]:
    """One entry a key: of equal keys readers disagree which one counts."""
    return list({entry.partition(":")[0].strip('"'): entry for entry in entries}.values())


MEANT = {
    "privilege-escalation": ("allowPrivilegeEscalation", False),
    "privileged-container": ("privileged", False),
    "root-container": ("runAsNonRoot", True),
}


def meant(before: list[Any], one: Finding) -> list[Any]:
    """What the file should say afterwards, by another reader than ours."""
    after = copy.deepcopy(before)
    key, value = MEANT[one.rule]
    (container,) = [c for c in after[0]["spec"]["containers"] if c["name"] == one.container]
    container["securityContext"] = {**(container.get("securityContext") or {}), key: value}
    return after


@given(pods())
@settings(max_examples=250, deadline=None, suppress_health_check=list(HealthCheck))
def test_whatever_the_style_only_the_meant_key_changes(text: str) -> None:
    before = list(yaml.safe_load_all(text))
    for one in judge(RULES, parse(text.encode(), "pod.yaml")):
        if one.suggestion is None:
            continue
        after = applied(text, one.suggestion)
        assert list(yaml.safe_load_all(after)) == meant(before, one)
        old, new = text.split("\n"), after.split("\n")
        first, added = one.suggestion.first - 1, len(new) - len(old)
        assert added >= 0
        assert old[:first] == new[:first]
        assert old[one.suggestion.last :] == new[one.suggestion.last + added :]
        assert one.rule not in {
            each.rule for each in found(after, one.rule) if each.container == one.container
        }
