"""Where to look when a pod fails: commands that anybody may paste, whatever the files say."""

import json
import re
import shlex
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import told
from bot.answers import explained
from bot.change import AnchorKind
from bot.formats.json import document
from bot.markdown import thread, wanted
from bot.markdown.guide import MOST, commands, guides, title
from rules.finding import Finding, Location, ObjectName, Severity, Symptom
from rules.kubernetes.illegal_image import illegal_image
from rules.rule import judge
from rules.subjects import manifest
from tests.bot.given import change, diff, result, review

FOLDED = "<details><summary>Pods would show InvalidImageName: where to look</summary>"
FINDING = Finding(
    rule="illegal-image",
    severity=Severity.BLOCKING,
    location=Location("web.yaml", 3),
    message="Container `web` never starts.",
    detail="web image",
    address="apps/Deployment/shop/web",
    project="",
    object=ObjectName("Deployment", "shop", "web"),
    container="web",
    symptom=Symptom.INVALID_IMAGE,
    labels=(("app", "web"), ("app.kubernetes.io/part-of", "shop_1.0")),
)


def test_the_order_of_looking() -> None:
    labels = "-l app=web,app.kubernetes.io/part-of=shop_1.0"
    assert commands(FINDING) == (
        f"kubectl -n shop get pods {labels} -o wide",
        f"kubectl -n shop describe pods {labels}",
        "kubectl -n shop logs deployment/web -c web --previous",
        "kubectl -n shop exec -it deployment/web -c web -- sh",
    )
    assert title(Symptom.INVALID_IMAGE) == "Pods would show InvalidImageName: where to look"


def test_a_pod_has_its_own_name() -> None:
    pod = replace(FINDING, object=ObjectName("Pod", None, "web.1"), container=None, labels=())
    assert commands(pod) == (
        "kubectl -n NAMESPACE get pod web.1 -o wide",
        "kubectl -n NAMESPACE describe pod web.1",
        "kubectl -n NAMESPACE logs web.1 --previous",
        "kubectl -n NAMESPACE exec -it web.1 -- sh",
    )


def test_a_custom_resource_is_asked_by_its_labels() -> None:
    rollout = replace(FINDING, object=ObjectName("Rollout", "shop", "web"))
    assert commands(rollout)[2] == "kubectl -n shop logs POD -c web --previous"


def test_a_job_without_labels_is_found_by_its_own() -> None:
    job = replace(FINDING, object=ObjectName("Job", "shop", "report"), labels=())
    assert commands(job)[1] == "kubectl -n shop describe pods -l job-name=report"


def test_without_anything_known_words_are_left_to_fill_in() -> None:
    bare = replace(FINDING, object=ObjectName("CronJob", None, ""), labels=(), container="${NAME}")
    assert commands(bare) == (
        "kubectl -n NAMESPACE get pods -o wide",
        "kubectl -n NAMESPACE describe pod POD",
        "kubectl -n NAMESPACE logs POD -c CONTAINER --previous",
        "kubectl -n NAMESPACE exec -it POD -c CONTAINER -- sh",
    )


def test_nothing_is_said_where_no_pod_fails() -> None:
    assert commands(replace(FINDING, symptom=None)) == ()
    assert commands(replace(FINDING, object=None)) == ()
    assert guides([replace(FINDING, symptom=None)]) == []


def test_each_object_is_told_once_and_not_too_many() -> None:
    many = [replace(FINDING, container=f"c{number}") for number in range(9)]
    assert len(guides([FINDING, FINDING])) == 1
    assert len(guides(many)) == MOST


@pytest.mark.parametrize(
    "name",
    [
        *("web;id", "$(id)", "`id`", "a b", "-rf", "--all", "a|b", "a\nid", "a'b", 'a"b', "é"),
        *("a&b", "a>b", "${IMAGE}", "{{ name }}", "web-", "A", "a" * 300, "a\n", "***", "~"),
    ],
)
def test_an_injected_name_is_left_out(name: str) -> None:
    every = replace(
        FINDING,
        object=ObjectName("Deployment", name, name),
        container=name,
        labels=((name, "v"), ("k", f"{name};")),
    )
    assert not any(name in command for command in commands(every) if name not in ("A", "a\n"))
    assert commands(every)[0] == (
        f"kubectl -n NAMESPACE get pods{' -l A=v' if name == 'A' else ''} -o wide"
    )


_WORD = st.text(max_size=20) | st.text("ab1-._/;$(`'\" \n=,", max_size=12)


@given(_WORD, _WORD, _WORD, st.lists(st.tuples(_WORD, _WORD), max_size=3), st.sampled_from(
    ["Pod", "Deployment", "Job", "CronJob", "Rollout"]
))  # fmt: skip
def test_a_shell_sees_words_and_nothing_else(
    namespace: str, name: str, container: str, labels: list[tuple[str, str]], kind: str
) -> None:
    one = ObjectName(kind, namespace, name)
    for command in commands(
        replace(FINDING, object=one, container=container, labels=tuple(labels))
    ):
        assert re.fullmatch(r"[A-Za-z0-9 ./,=_-]+", command)
        first, *rest = shlex.split(command)
        assert first == "kubectl"
        known = {"-n", "-o", "-l", "-c", "-it", "--", "--previous"}
        assert {each for each in rest if each.startswith("-")} <= known


def test_its_thread_ends_with_it_folded() -> None:
    (comment,) = wanted(review(result(FINDING)), diff("web.yaml"), b"k").threads
    start, found, guide = comment.body.partition(FOLDED)
    assert found
    assert guide.count("kubectl") == 4
    assert "kubectl" not in start
    assert guide.startswith("\n\n```sh\nkubectl -n shop get pods -l app=web,")
    assert comment.body.count("<details>") == comment.body.count("</details>")


def test_a_thread_of_several_has_one_for_each_object() -> None:
    other = replace(FINDING, container="job", detail="job image")
    quiet = replace(FINDING, container="log", detail="log image", symptom=None)
    whole = review(result(FINDING, other, quiet))
    (group,) = thread.groups(whole)
    (comment,) = wanted(whole, diff("web.yaml"), b"k").threads
    assert len(group.findings) == 3
    assert comment.body.count("where to look") == 2
    assert comment.anchor.kind is AnchorKind.LINE


def test_scripts_and_those_who_ask_are_told_too() -> None:
    whole = document(review(result(FINDING)), diff("web.yaml"), "1")
    (finding,) = whole["findings"]
    assert finding["symptom"] == "InvalidImageName"
    assert finding["guide"] == list(commands(FINDING))
    kept = told.read(json.dumps(whole).encode())
    assert kept is not None
    answer = explained(kept.findings[0], change())
    assert FOLDED in answer
    assert commands(FINDING)[3] in answer


def test_what_an_older_version_kept_is_still_explained() -> None:
    whole = document(review(result(FINDING)), diff("web.yaml"), "1")
    for key in ("symptom", "guide"):
        del whole["findings"][0][key]
    kept = told.read(json.dumps(whole).encode())
    assert kept is not None
    assert "kubectl" not in explained(kept.findings[0], change())


def test_the_labels_are_those_that_the_object_selects_by() -> None:
    text = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop, labels: {of: the-deployment}}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web, version: v1}}
    spec: {containers: [{name: web, image: "Web:1"}]}
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: report}
spec:
  jobTemplate:
    spec:
      template:
        metadata: {labels: {app: report}}
        spec: {containers: [{name: report, image: "Report:1"}]}
---
apiVersion: v1
kind: Pod
metadata: {name: one, labels: {app: one}}
spec: {containers: [{name: one, image: "One:1"}]}
---
apiVersion: v1
kind: Pod
metadata: {generateName: one-, labels: {app: many}}
spec: {containers: [{name: one, image: "One:1"}]}
"""
    findings = judge([illegal_image], manifest.parse(text, "web.yaml"))
    assert [each.labels for each in findings] == [
        (("app", "web"),),
        (("app", "report"),),
        (),
        (("app", "many"),),
    ]
