"""wildcard-role: what each rule of a role grants, and who is bound."""

import pytest

from rules.finding import Blocks, Family, Finding
from rules.rule import judge, rules_of
from rules.subjects.manifest import parse

(RULE,) = (rule for rule in rules_of("kubernetes") if rule.name == "wildcard-role")
RBAC = "rbac.authorization.k8s.io"


def found(
    body: str, kind: str = "ClusterRole", name: str = "r", group: str = RBAC
) -> list[Finding]:
    text = f"apiVersion: {group}/v1\nkind: {kind}\nmetadata: {{name: {name}}}\n{body}\n"
    return judge([RULE], parse(text, "rbac.yaml"))


def said(groups: str, resources: str, verbs: str, more: str = "") -> list[str]:
    rule = f"{{apiGroups: [{groups}], resources: [{resources}], verbs: [{verbs}]{more}}}"
    return [each.detail for each in found(f"rules: [{rule}]")]


@pytest.mark.parametrize(
    ("groups", "resources", "verbs", "details"),
    [
        ('"*"', '"*"', '"*"', ["everything"]),
        ("apps", '"*"', '"*"', ["everything in a group"]),
        ("apps", "deployments", '"*"', ["every verb"]),
        ("apps", "deployments", 'get, "*"', ["every verb"]),
        ("apps", '"*"', "get", ["every resource"]),
        ('"*"', "deployments", "get", ["every API group"]),
        ('"*"', '"*"', "get, list", ["every resource"]),
        (RBAC, "roles", "escalate", ["escalate"]),
        (RBAC, "clusterroles", "bind, escalate", ["escalate", "bind"]),
        ('""', "users, groups", "impersonate", ["impersonate"]),
        ('""', "secrets", "list", ["list secrets"]),
        ('""', "secrets, configmaps", "get, watch", ["list secrets"]),
        ('""', "secrets", "get, list, watch", ["list secrets"]),
        ('""', "secrets", "get, create, update, delete", []),
        ("external-secrets.io", "secrets", "list", []),
        ("apis.example.com", "exports", "bind", []),
        ("apps", "deployments, deployments/scale", "get, patch", []),
        ("apps", '"*/scale"', "update", []),
        ("", "", "", []),
    ],
)
def test_what_a_rule_grants(groups: str, resources: str, verbs: str, details: list[str]) -> None:
    assert said(groups, resources, verbs) == details


@pytest.mark.parametrize(
    ("resources", "verbs", "names", "details"),
    [
        ("secrets", "get, list, watch", "web-tls", []),
        ("clusterroles", "bind", "view, edit", []),
        ("clusterroles", "bind", "view, cluster-admin", ["bind"]),
        ("groups", "impersonate", "readers", []),
        ("groups", "impersonate", '"system:masters"', ["impersonate"]),
        ("clusterroles", "escalate", "view", ["escalate"]),
        ("secrets", '"*"', "web-tls", ["every verb"]),
    ],
)
def test_names_narrow_a_rule(resources: str, verbs: str, names: str, details: list[str]) -> None:
    assert said('""', resources, verbs, f", resourceNames: [{names}]") == details


def test_every_url() -> None:
    urls = 'rules: [{nonResourceURLs: ["/metrics", "/healthz/*"], verbs: [get]}]'
    assert not found(urls)
    assert [each.detail for each in found(urls.replace('"/metrics"', '"*"'))] == ["every URL"]


def test_each_power_is_said_once_and_blocks() -> None:
    rule = "{apiGroups: [apps], resources: [%s], verbs: ['*']}"
    findings = found(f"rules: [{rule % 'a'}, {rule % 'b'}]")
    assert [(each.detail, each.blocks, each.family) for each in findings] == [
        ("every verb", Blocks.NEW, Family.IAM)
    ]


def test_the_message_says_what_the_holder_may_do() -> None:
    rule = f"rules: [{{apiGroups: [{RBAC}], resources: [clusterroles], verbs: ['*']}}]"
    (finding,) = found(rule, "Role", "deployer")
    assert "Whoever holds the Role `deployer`" in finding.message
    assert "giving itself any right" in finding.message
    labels = "aggregationRule: {}\n" + rule
    text = f"apiVersion: {RBAC}/v1\nkind: ClusterRole\nmetadata:\n  name: a\n  labels:\n"
    text += f"    {RBAC}/aggregate-to-view: 'true'\n{labels}\n"
    (added,) = judge([RULE], parse(text, "rbac.yaml"))
    assert added.message.endswith("Its labels add this to everybody who holds `view`.")


def bound(kind: str, role: str, subjects: str, reference: str = "ClusterRole") -> list[str]:
    body = f"roleRef: {{kind: {reference}, name: {role}}}\nsubjects: [{subjects}]"
    return [each.detail for each in found(body, kind)]


CI = "{kind: ServiceAccount, name: ci, namespace: build}"


@pytest.mark.parametrize("kind", ["RoleBinding", "ClusterRoleBinding"])
def test_each_who_is_bound_is_a_finding(kind: str) -> None:
    ada = "{kind: User, name: ada}"
    assert bound(kind, "cluster-admin", CI) == ["cluster-admin ServiceAccount build/ci"]
    assert len(bound(kind, "cluster-admin", f"{CI}, {ada}")) == 2
    assert bound(kind, "cluster-admin", "") == ["cluster-admin"]
    assert bound(kind, "view", CI) == []
    assert bound(kind, "cluster-admin", CI, "Role") == []
    assert bound(kind, "cluster-admin", "{kind: Group, name: 'system:masters'}") == []


def test_what_kubernetes_itself_has_and_what_is_no_role() -> None:
    rules = "rules: [{apiGroups: ['*'], resources: ['*'], verbs: ['*']}]"
    assert not found(rules, "ClusterRole", "cluster-admin")
    assert found(rules, "Role", "cluster-admin")
    assert not found(rules, "ClusterRole", group="example.com")
    assert found(rules, "ClusterRole", group="authorization.openshift.io")
    assert not found("rules: null")
    assert not found("rules: [[], 1, {verbs: '*', resources: {a: 1}}]")
