"""Which folders get their namespace from whoever deploys them."""

import pytest

from rules.defined import Index
from rules.destinations import given_a_namespace
from rules.subjects.manifest import parse

FLUX = """\
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: web}
spec: {path: ./apps/web, targetNamespace: shop}
"""
ARGO = """\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: web}
spec:
  source: {path: apps/web/}
  destination: {namespace: shop}
"""
MANY = """\
apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {name: all}
spec:
  template:
    spec:
      sources: [{path: "apps/{{.name}}/k8s"}, {path: "{{path}}"}, {chart: web}]
      destination: {namespace: "{{.name}}"}
"""
CHAINSAW = """\
apiVersion: chainsaw.kyverno.io/v1alpha1
kind: Test
metadata: {name: quotas}
spec: {steps: [{try: [{apply: {file: resources/pod.yaml}}]}]}
"""


@pytest.mark.parametrize(
    ("text", "folders"),
    [
        (FLUX, ["apps/web"]),
        (FLUX.replace(", targetNamespace: shop", ""), []),
        (FLUX.replace("kustomize.toolkit.fluxcd.io", "kustomize.config.k8s.io"), []),
        (ARGO, ["apps/web"]),
        (ARGO.replace("namespace: shop", "name: prod"), []),
        (ARGO.replace("apps/web/", "."), []),
        (MANY, ["apps"]),
        (CHAINSAW, []),  # at the root it would speak for everything
        (CHAINSAW.replace("chainsaw.kyverno.io", "example.com"), []),
    ],
)
def test_who_gives_a_folder_its_namespace(text: str, folders: list[str]) -> None:
    (manifest,) = parse(text, "a.yaml")
    assert list(given_a_namespace(manifest)) == folders


def test_the_index_knows_it_of_folders_below_too() -> None:
    index = Index(lambda: [("argocd/web.yaml", ARGO.encode()), ("broken.yaml", b"destination: [")])
    assert index.gives_a_namespace("apps/web")
    assert index.gives_a_namespace("apps/web/more")
    assert not index.gives_a_namespace("apps/website")
    assert not index.gives_a_namespace("")


def test_a_test_has_a_namespace_of_its_own() -> None:
    index = Index(lambda: [("quotas/.chainsaw-test/chainsaw-test.yaml", CHAINSAW.encode())])
    assert index.gives_a_namespace("quotas/.chainsaw-test")
    assert index.gives_a_namespace("quotas/.chainsaw-test/resources")
    assert not index.gives_a_namespace("quotas")
