"""Which folders' manifests get their namespace from what applies them: Argo CD, Flux, tests."""

import re
from collections.abc import Iterator

from rules.finding import folder
from rules.subjects.manifest import Manifest
from rules.subjects.yaml import Map
from rules.workloads import group_of

TELLING = re.compile(
    rb"targetNamespace[\"']?[ \t]{0,9}:|destination[\"']?[ \t]{0,9}:|chainsaw\.kyverno\.io/"
)
_FILLED = re.compile(r"\{\{|\$\{|[*?]")


def given_a_namespace(manifest: Manifest) -> Iterator[str]:
    """The folders, their own folders included, that an object deploys into a namespace of its own.

    A path that is filled in later is known as far as it stands there: ``apps`` of ``apps/{{x}}``.
    A test of Chainsaw makes a namespace of its own for what lies beside and below it.
    """
    group, root = group_of(manifest), manifest.root
    spec = root.get("spec")
    if manifest.kind == "Kustomization" and group == "kustomize.toolkit.fluxcd.io":
        if root.text("spec", "targetNamespace"):
            yield from _folders(root.text("spec", "path"))
    elif manifest.kind == "Application" and group == "argoproj.io" and isinstance(spec, Map):
        yield from _of_application(spec)
    elif manifest.kind == "ApplicationSet" and group == "argoproj.io":
        below = root.get("spec", "template", "spec")
        if isinstance(below, Map):
            yield from _of_application(below)
    elif manifest.kind == "Test" and group == "chainsaw.kyverno.io":
        yield from _folders(folder(manifest.path))


def _of_application(spec: Map) -> Iterator[str]:
    if spec.text("destination", "namespace"):
        for path in (spec.text("source", "path"), *_paths(spec)):
            yield from _folders(path)


def _paths(spec: Map) -> Iterator[str]:
    yield from (each.text("path") for each in spec.maps("sources"))


def _folders(path: str) -> Iterator[str]:
    """The folder; of a path that begins with something filled in later nothing is known."""
    filled = _FILLED.search(path)
    known = path[: filled.start()].rpartition("/")[0] if filled else path
    steps = [step for step in known.split("/") if step not in ("", ".")]
    if steps:
        yield "/".join(steps)
