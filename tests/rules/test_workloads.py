"""What runs pods, and how it is called."""

import pytest

from rules.subjects.manifest import Manifest, parse
from rules.workloads import autoscaler_of, called, makes_pods, near, workload_of


def of(text: str) -> Manifest:
    (found,) = parse("{apiVersion: " + text + "}", "a.yaml")
    return found


SPEC = "{template: {metadata: {labels: {a: b}}, spec: {containers: [{name: c, image: d}]}}}"


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        (f"apps/v1, kind: Deployment, spec: {SPEC}", {"a": "b"}),
        (f"apps/v1beta1, kind: StatefulSet, spec: {SPEC}", {"a": "b"}),
        (f"batch/v1, kind: CronJob, spec: {{jobTemplate: {{spec: {SPEC}}}}}", {"a": "b"}),
        ("v1, kind: Pod, metadata: {labels: {a: b}}", {"a": "b"}),
        (f"argoproj.io/v1alpha1, kind: Rollout, spec: {SPEC}", {"a": "b"}),
        ("apps/v1, kind: Deployment, spec: {selector: {matchLabels: {a: b}}}", {"a": "b"}),
        ("apps.openshift.io/v1, kind: DeploymentConfig, spec: {selector: {a: b}}", {"a": "b"}),
        ("apps/v1, kind: Deployment, spec: {template: [a]}", {}),
    ],
)
def test_a_workload_and_the_labels_of_its_pods(text: str, labels: dict[str, str]) -> None:
    found = workload_of(of(text))
    assert found is not None
    assert found.labels == labels


@pytest.mark.parametrize(
    "text",
    [
        f"v1, kind: PodTemplate, {SPEC[1:-1]}",
        "v1, kind: Service, spec: {selector: {a: b}}",
        "bitnami.com/v1, kind: SealedSecret, spec: {template: {metadata: {labels: {a: b}}}}",
        "example.com/v1, kind: Deployment, spec: {template: {metadata: {labels: {a: b}}}}",
    ],
)
def test_what_runs_no_pods(text: str) -> None:
    assert workload_of(of(text)) is None


@pytest.mark.parametrize(
    ("text", "makes"),
    [
        ("postgresql.cnpg.io/v1, kind: Cluster", True),
        ("helm.toolkit.fluxcd.io/v2, kind: HelmRelease", True),
        ("monitoring.coreos.com/v1, kind: Prometheus", True),
        ("monitoring.coreos.com/v1, kind: ServiceMonitor", False),
        ("v1, kind: ConfigMap", False),
        ("networking.k8s.io/v1, kind: Ingress", False),
        (f"argoproj.io/v1alpha1, kind: Rollout, spec: {SPEC}", False),
    ],
)
def test_what_may_have_pods_that_no_file_shows(text: str, makes: bool) -> None:
    assert makes_pods(of(text)) is makes


@pytest.mark.parametrize(
    ("text", "least"),
    [
        ("autoscaling/v2, kind: HorizontalPodAutoscaler, spec: {minReplicas: 3}", 3),
        ("autoscaling/v2, kind: HorizontalPodAutoscaler", 1),
        ("autoscaling/v2, kind: HorizontalPodAutoscaler, spec: {minReplicas: '${X}'}", None),
        ("keda.sh/v1alpha1, kind: ScaledObject, spec: {scaleTargetRef: {name: a}}", 0),
        ("keda.sh/v1alpha1, kind: ScaledObject, spec: {minReplicaCount: 2}", 2),
    ],
)
def test_the_fewest_that_an_autoscaler_leaves(text: str, least: int | None) -> None:
    found = autoscaler_of(of(text))
    assert found is not None
    assert found.least == least


def test_who_names_no_namespace_may_be_in_any() -> None:
    shop, test, none, later = (
        of(f"v1, kind: Pod, metadata: {{namespace: {name}}}")
        for name in ("shop", "test", "", "'${NS}'")
    )
    assert near(shop, shop)
    assert near(shop, none)
    assert near(later, shop)
    assert not near(shop, test)


def test_a_kind_that_is_no_word_is_shown_as_code() -> None:
    assert called(of("apps/v1, kind: Deployment, metadata: {name: web}")) == "Deployment `web`"
    odd = of("apps/v1, kind: 'a](http://x) `b`', metadata: {name: '`'}")
    assert called(odd) == "`a](http://x) 'b'` `'`"
