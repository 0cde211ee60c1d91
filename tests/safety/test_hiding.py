"""What a manifest may do to be read in two ways: as harmless by us, otherwise by kubectl.

Each case was tried on sigs.k8s.io/yaml 1.4.0, which kubectl and helm read files with.
"""

import pytest

from rules.subjects import manifest
from rules.subjects.yaml import Unreadable

HEAD = "apiVersion: v1\nkind: Pod\n"
TRUE = "spec: {containers: [{name: a, image: x, securityContext: {privileged: true}}]}\n"
JSON = (
    '{"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [{"name": "a", "image": "x",'
    ' "securityContext": {"privileged": true}}]}}'
)
CONTEXT = "spec: {containers: [{name: a, image: x, securityContext: {%s}}]}\n"
HIDDEN = {
    "a merge key below wins": HEAD + "x: &e {privileged: true}\n" + CONTEXT
    % "privileged: false, <<: *e",
    "a merge key by its tag": HEAD + "x: &e {privileged: true}\n" + CONTEXT % '!!merge "<<": *e',
    "of a list the first wins": HEAD + "x: &e {privileged: true}\ny: &f {privileged: false}\n"
    + CONTEXT % "<<: [*e, *f]",
    "the last of equal keys": HEAD + CONTEXT % "privileged: false, privileged: true",
    "a binary key": HEAD + CONTEXT % "!!binary cHJpdmlsZWdlZA==: true",
    "a binary kind": "apiVersion: v1\nkind: !!binary UG9k\n" + TRUE,
    "a binary key by a tag of its own": "%TAG !b! tag:yaml.org,2002:\n---\n" + HEAD
    + CONTEXT % "!b!binary cHJpdmlsZWdlZA==: true",
    "an alias as a key": HEAD + "x: &k privileged\n" + CONTEXT % "*k : true",
    "an escaped key": HEAD + CONTEXT % '"\\x70rivileged": true',
    "an escaped apiVersion": '"\\u0061piVersion": v1\nkind: Pod\n' + TRUE,
    "a key folded over lines": '? "api\\\n  Version"\n: v1\nkind: Pod\n' + TRUE,
    "an explicit key": "? apiVersion\n: v1\n? kind\n: Pod\n" + TRUE,
    "another word for true": HEAD + CONTEXT % "privileged: y",
    "a tagged text": HEAD + CONTEXT % 'privileged: !!bool "true"',
    "a list by its items": "apiVersion: v1\nkind: Stuff\nitems: [" + JSON + "]\n",
    "a list in a list": "apiVersion: v1\nkind: List\nitems: [{apiVersion: v1, kind: List,"
    " items: [" + JSON + "]}]\n",
    "a typed list": 'apiVersion: v1\nkind: PodList\nitems: [{"spec":' + JSON.partition('"spec":')[2]
    + "]\n",
    "a line end that only YAML knows": HEAD + "# x\x85" + TRUE,
    "a second document": "---\n# nothing\n---\n" + HEAD + TRUE,
}  # fmt: skip
BEFORE_A_FAULT = {
    "a template": HEAD + TRUE + "---\n{{ x\n",
    "a template that does not look like a manifest": (
        '"\\x61piVersion": v1\nkind: Pod\n' + TRUE + "---\n{{ x\n"
    ),
    "a second object": JSON + JSON,
    "bytes that are no text": (HEAD + TRUE + "---\nx: ").encode() + b"\xff",
    "brackets": HEAD + TRUE + "---\n" + "[" * 1_000,
}


def privileged(found: list[manifest.Manifest]) -> bool:
    return any(
        container.node.value("securityContext", "privileged") is True
        for one in found
        for container in one.containers
    )


@pytest.mark.parametrize("text", HIDDEN.values(), ids=HIDDEN)
def test_what_kubectl_would_make_privileged_is_seen(text: str) -> None:
    assert privileged(manifest.parse(text.encode(), "a.yaml"))


@pytest.mark.parametrize("text", BEFORE_A_FAULT.values(), ids=BEFORE_A_FAULT)
def test_what_stands_before_a_fault_is_not_lost(text: str | bytes) -> None:
    with pytest.raises(Unreadable) as refused:
        manifest.parse(text if isinstance(text, bytes) else text.encode(), "a.yaml")
    assert privileged(manifest.objects(refused.value.roots, "a.yaml"))


@pytest.mark.parametrize(
    "text",
    [
        HEAD + "x: &e {privileged: true}\n" + CONTEXT % "<<: *e, privileged: false",
        HEAD + CONTEXT % "privileged: !!str true",
        HEAD + CONTEXT % "privileged: true, privileged: false",
        HEAD + CONTEXT % '"<<": {privileged: true}',
    ],
)
def test_what_kubectl_would_not_is_not(text: str) -> None:
    assert not privileged(manifest.parse(text.encode(), "a.yaml"))


@pytest.mark.parametrize(
    "text",
    ["a: b\n" * 1_000, "kind: Pod\n", "services: {web: {image: x}}\n", '{"name": "x"}', "{{ x }}"],
)
def test_other_yaml_is_not_even_parsed(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(manifest, "documents", lambda _text: pytest.fail("it was parsed"))
    assert manifest.parse(text.encode(), "a.yaml") == []
