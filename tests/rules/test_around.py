"""What is known of objects that are applied together."""

from rules.around import Around
from rules.selectors import Selector
from rules.subjects.manifest import parse

WORKLOADS = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec: {replicas: 3, template: {metadata: {labels: {app: web, tier: front}}, spec: {}}}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db}
spec: {template: {metadata: {labels: {app: "{{ name }}"}}, spec: {}}}
---
apiVersion: v1
kind: Pod
metadata: {name: once, labels: {app: once}}
spec: {}
"""
SCALING = """\
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web, namespace: %s}
spec: {minReplicas: 4, scaleTargetRef: {kind: Deployment, name: "%s"}}
"""
BUDGET = """\
---
apiVersion: policy/%s
kind: PodDisruptionBudget
metadata: {name: web, namespace: %s}
spec: {selector: %s}
"""


def around(*texts: str) -> Around:
    return Around([each for text in texts for each in parse(text, "a.yaml")])


def names(found: object) -> list[str]:
    assert isinstance(found, list)
    return sorted(each.manifest.name for each in found)


def test_what_may_be_picked_holds_what_is_filled_in_later() -> None:
    there = around(WORKLOADS)
    assert names(there.picked(Selector({"app": "web"}))) == ["db", "web"]
    assert names(there.picked(Selector({"app": "web", "tier": "back"}))) == []
    assert names(there.picked(Selector({"app": "once"}))) == ["db", "once"]
    assert names(there.picked(Selector({"tier": "none"}))) == []
    assert names(there.picked(Selector({"app": "${X}"}))) == ["db", "once", "web"]
    assert names(there.picked(Selector({}))) == ["db", "once", "web"]


def test_an_autoscaler_s_least_counts_and_not_the_workload_s() -> None:
    web, db, once = around(WORKLOADS).workloads
    assert around(WORKLOADS).least(web) == 3
    assert around(WORKLOADS).least(db) == 1
    assert around(WORKLOADS).least(once) is None
    assert around(WORKLOADS, SCALING % ("shop", "web")).least(web) == 4
    assert around(WORKLOADS, SCALING % ("test", "web")).least(web) == 3
    assert around(WORKLOADS, SCALING % ("shop", "{{ x }}")).least(web) == 4
    twice = around(WORKLOADS, SCALING % ("shop", "web"), SCALING % ("shop", "web"))
    assert twice.least(web) is None  # nobody knows who wins


def test_which_budgets_may_cover() -> None:
    web, db, _once = around(WORKLOADS).workloads
    for version, namespace, selector, covers in (
        ("v1", "shop", "{matchLabels: {app: web}}", True),
        ("v1", "test", "{matchLabels: {app: web}}", False),
        ("v1", "shop", "{matchLabels: {app: web, tier: back}}", False),
        ("v1", "shop", "{matchExpressions: [{key: tier, operator: Exists}]}", True),
        ("v1", "shop", "{}", True),
        ("v1beta1", "shop", "{}", False),
        ("v1", "shop", "", False),
    ):
        there = around(WORKLOADS, BUDGET % (version, namespace, selector))
        assert bool(there.covering(web)) is covers
    assert around(WORKLOADS, BUDGET % ("v1", "shop", "{matchLabels: {app: x}}")).covering(db)


def test_only_what_is_certain_is_covered() -> None:
    there = around(WORKLOADS, BUDGET % ("v1", "shop", "{matchLabels: {app: web}}"))
    (budget,) = there.budgets
    assert there.covered(budget) is None  # the other one's label may be the same
    there = around(WORKLOADS.replace("{{ name }}", "db"), BUDGET % ("v1", "shop", "{}"))
    assert there.covered(there.budgets[0]) is None  # who names no namespace may be in this one
    there = around(
        WORKLOADS.replace("{{ name }}", "db"), BUDGET % ("v1", "shop", "{matchLabels: {app: web}}")
    )
    covered = there.covered(there.budgets[0])
    assert covered is not None
    assert names(covered) == ["web"]


def test_a_name_that_is_filled_in_later_may_be_any() -> None:
    text = "apiVersion: v1\nkind: Secret\nmetadata: {name: %s}\n"
    assert not around(text % "a").made("Secret", "b")
    assert around(text % "a").made("Secret", "a")
    assert around(text % "'${X}-a'").made("Secret", "b")
    assert not around(text % "'${X}-a'").made("ConfigMap", "b")


def test_what_a_job_is_told_to_make_is_made() -> None:
    job = """{apiVersion: batch/v1, kind: Job, metadata: {name: certs}, spec: {template: {spec:
      {containers: [{name: create, args: [create, --secret-name=web-tls]}]}}}}"""
    assert around(job).made("Secret", "web-tls")
    assert not around(job).made("Secret", "web")
    assert not around(job).made("ServiceAccount", "web-tls")
