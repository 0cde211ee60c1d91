"""What objects make, and what a whole repository does."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.defined import Definition, Index, by_operators, definitions
from rules.subjects.manifest import parse

TOKEN = """\
apiVersion: v1
kind: Secret
metadata: {name: a}
type: kubernetes.io/service-account-token
data: {extra: eA==}
"""
INGRESS = """{kind: Ingress,
metadata: {annotations: {cert-manager.io/issuer: x}},
spec: {tls: [{secretName: a}]}}
"""
SERVICE = """{kind: Service,
metadata: {annotations: {service.beta.openshift.io/serving-cert-secret-name: a}}}
"""


def made(text: str, path: str = "a.yaml") -> set[tuple[str, str]]:
    return {(each.kind, each.name) for each in definitions(path, text.encode())}


def test_the_keys_of_a_config_map_and_a_secret_are_known() -> None:
    text = "apiVersion: v1\nkind: {}\nmetadata: {{name: a}}\n{}: {{k: v}}\n"
    for kind, field in (("ConfigMap", "binaryData"), ("Secret", "stringData"), ("Secret", "data")):
        (found,) = definitions("a.yaml", text.format(kind, field).encode())
        assert (found.kind, found.name, found.keys) == (kind, "a", frozenset("k"))
        assert found.location is not None
        assert (found.location.path, found.location.line) == ("a.yaml", 3)


@pytest.mark.parametrize(
    "text",
    [
        "{apiVersion: v1, kind: Secret, metadata: {name: a}}",
        "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: }",
        TOKEN,
    ],
)
def test_what_others_fill_may_have_any_key(text: str) -> None:
    (found,) = definitions("a.yaml", text.encode())
    assert found.keys is None


SECRETS = (
    "{kind: ExternalSecret, metadata: {name: a}}",
    "{kind: ExternalSecret, metadata: {name: b}, spec: {target: {name: a}}}",
    "{kind: ClusterExternalSecret, spec: {externalSecretName: a}}",
    "{kind: SealedSecret, metadata: {name: a}}",
    "{kind: SealedSecret, metadata: {name: b}, spec: {template: {metadata: {name: a}}}}",
    "{kind: Certificate, metadata: {name: b}, spec: {secretName: a}}",
    "{kind: VaultStaticSecret, spec: {destination: {name: a}}}",
    "{kind: SopsSecret, spec: {secretTemplates: [{name: a}]}}",
    "{kind: SecretProviderClass, spec: {secretObjects: [{secretName: a}]}}",
    INGRESS,
    SERVICE,
)


@pytest.mark.parametrize("text", SECRETS)
def test_what_makes_a_secret(text: str) -> None:
    assert made("{apiVersion: example.com/v1, " + text[1:]) == {("Secret", "a")}


def test_an_ingress_alone_makes_none() -> None:
    text = "{apiVersion: networking.k8s.io/v1, kind: Ingress, spec: {tls: [{secretName: a}]}}"
    assert made(text) == set()


def test_the_generators_of_a_kustomization() -> None:
    text = "configMapGenerator: [{name: a}]\nsecretGenerator: [{name: b}]\n"
    assert made(text, "k/kustomization.yaml") == {("ConfigMap", "a"), ("Secret", "b")}


def test_the_claims_of_a_stateful_set() -> None:
    text = """{apiVersion: apps/v1, kind: StatefulSet, metadata: {name: db},
        spec: {volumeClaimTemplates: [{metadata: {name: data}}]}}"""
    (found,) = definitions("a.yaml", text.encode())
    assert found.makes("PersistentVolumeClaim", "data-db-0")
    assert not found.makes("PersistentVolumeClaim", "data-web-0")


def test_what_an_operator_may_make_bears_the_resource_s_name() -> None:
    (cluster,) = parse("{apiVersion: cnpg.io/v1, kind: Cluster, metadata: {name: db}}", "a.yaml")
    found = list(by_operators(cluster))
    assert any(each.makes("Secret", "db-app") for each in found)
    assert not any(each.makes("Secret", "dbx") for each in found)
    (service,) = parse("{apiVersion: v1, kind: Service, metadata: {name: db}}", "a.yaml")
    assert not list(by_operators(service))


CHART = """\
{{- if .Values.secret }}
apiVersion: v1
kind: Secret
metadata:
  labels:
    {{- include "labels" . | nindent 4 }}

  name: %s
---
kind: ServiceAccount
metadata: {labels: {a: b}, name: "robot"}
"""


def test_the_index_knows_literal_names_in_a_chart() -> None:
    index = Index(lambda: [("c/templates/a.yaml", (CHART % "web-tls").encode())])
    assert index.names("Secret") == {"web-tls"}
    assert index.defined("Secret", "web-tls") == [Definition("Secret", "web-tls")]
    assert index.defined("Secret", "web") == []
    later = Index(lambda: [("c/templates/a.yaml", (CHART % "{{ .Values.name }}").encode())])
    assert later.names("Secret") == frozenset()


def test_the_index_reads_lists_and_json_only_for_a_name_that_is_asked_for() -> None:
    text = (
        '{"apiVersion": "v1", "kind": "List", "items": [{"apiVersion": "v1", "kind": "ConfigMap",'
    )
    text += ' "metadata": {"name": "settings"}, "data": {"MODE": "fast"}}]}'
    index = Index(lambda: [("a.json", text.encode()), ("b.yaml", b"kind: Deployment")])
    (found,) = index.defined("ConfigMap", "settings")
    assert found.keys == frozenset(("MODE",))
    assert index.defined("Secret", "settings") == []
    assert index.defined("ConfigMap", "setting") == []


@given(st.text("ab:{}- \n'\"kindmetaSrcopMpgu/", max_size=300))
def test_the_index_raises_nothing(text: str) -> None:
    index = Index(
        lambda: [("a.yaml", b"kind: Secret\n" + text.encode()), ("b.yaml", text.encode())]
    )
    assert isinstance(index.names("Secret"), frozenset)
    index.defined("Secret", "ab")


@pytest.mark.parametrize(
    "hostile",
    [
        "kind: Secret\nmetadata:\n" + "   \n" * 200_000,
        "kind: Secret\n" + "metadata:\n " * 60_000,
        "kind: Secret\nmetadata: {" + "name" * 200_000,
        "kind: Secret\n" + "metadata: {a" * 60_000,
        "kind:" + " " * 900_000,
        "kind: " + "Secret" * 150_000,
        "kind: Secret\n" + "---\n" * 200_000,
    ],
)
def test_the_index_takes_no_longer_than_the_file_is_long(hostile: str) -> None:
    start = time.process_time()
    assert not Index(lambda: [("a.yaml", hostile.encode())]).names("ConfigMap")
    assert time.process_time() - start < 3
