"""heap-above-limit."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

from rules.finding import Location, Problem, Severity, Symptom, named
from rules.release import Release
from rules.resources import LIMITS, filled_later, given, of_pod
from rules.rule import rule
from rules.subjects.manifest import Manifest
from rules.subjects.workload import Container
from rules.subjects.yaml import List, Node, Scalar

_MOST_PERCENT = 90  # of the limit for the heap: the rest of a JVM needs some too
_LONGEST = 32_768  # signs of one text that are looked at
_START = r"(?:^|(?<=[\s\"'=,]))"
_END = r"(?=$|[\s\"',])"
_HEAP = re.compile(rf"{_START}-(?:Xmx|XX:MaxHeapSize=)([0-9]{{1,18}})([kKmMgGtT]?){_END}")
_PERCENT = re.compile(rf"{_START}-XX:MaxRAMPercentage=([0-9]{{1,3}}(?:\.[0-9]{{1,9}})?){_END}")
_OLD_SPACE = re.compile(rf"{_START}--max[-_]old[-_]space[-_]size[= ]([0-9]{{1,12}}){_END}")
_GO = re.compile(r"([0-9]{1,18})(B|KiB|MiB|GiB|TiB)?")
_POWERS = {sign: 1 << (10 * n) for n, sign in enumerate(("", "k", "m", "g", "t"))}

BAD_ARGS = """
  apiVersion: apps/v1
  kind: Deployment
  metadata: {name: web}
  spec:
    template:
      spec:
        containers:
          - name: web
            image: ghcr.io/shop/web:1.4.0
            command:
              - java
              - -Xms256m
>             - -Xmx2g
              - -jar
            resources: {limits: {memory: 1Gi}}
"""
BAD_NODE = """
  apiVersion: v1
  kind: Pod
  metadata: {name: web}
  spec:
    containers:
      - name: web
        image: ghcr.io/shop/web:1.4.0
        env:
          - name: NODE_OPTIONS
>           value: --enable-source-maps --max-old-space-size=4096
        resources: {limits: {memory: 2Gi}}
"""
BAD_GO = """
  apiVersion: v1
  kind: Pod
  metadata: {name: the-limit-is-its-namespaces}
  spec:
    containers:
      - name: web
        image: ghcr.io/shop/web:1.4.0
        env:
>         - {name: GOMEMLIMIT, value: 1GiB}
  ---
  apiVersion: v1
  kind: LimitRange
  metadata: {name: defaults}
  spec: {limits: [{type: Container, default: {memory: 512Mi}}]}
"""
BAD_PERCENT = """
  apiVersion: v1
  kind: Pod
  metadata: {name: a-jvm-is-more-than-its-heap}
  spec:
    containers:
      - name: web
        image: ghcr.io/shop/web:1.4.0
        env:
          - name: JAVA_TOOL_OPTIONS
>           value: "-XX:MaxRAMPercentage=95.0"
        resources: {limits: {memory: 1Gi}}
"""
GOOD_MENDED = """
  apiVersion: apps/v1
  kind: Deployment
  metadata: {name: web}
  spec:
    template:
      spec:
        containers:
          - name: web
            image: ghcr.io/shop/web:1.4.0
            command:
              - java
              - -Xms256m
              - -Xmx768m
              - -jar
            resources: {limits: {memory: 1Gi}}
"""
GOOD = """
  apiVersion: v1
  kind: Pod
  metadata: {name: room-for-the-rest}
  spec:
    containers:
      - name: web
        image: ghcr.io/shop/web:1.4.0
        args: ["-Xmx768m", "-XX:MaxRAMPercentage=75"]
        env: [{name: GOMEMLIMIT, value: 900MiB}]
        resources: {limits: {memory: 1Gi}}
"""
GOOD_NO_LIMIT = """
  apiVersion: v1
  kind: Pod
  metadata: {name: no-limit-to-be-above}
  spec:
    containers:
      - {name: web, image: "ghcr.io/shop/web:1.4.0", args: ["-Xmx8g"]}
"""
GOOD_LAST = """
  apiVersion: v1
  kind: Pod
  metadata: {name: the-last-one-counts}
  spec:
    containers:
      - name: web
        image: ghcr.io/shop/web:1.4.0
        command: [sh, -c, "exec java -Xmx4g $JAVA_OPTS -Xmx512m -jar web.jar"]
        resources: {limits: {memory: 1Gi}}
"""
GOOD_ARGS = """
  apiVersion: v1
  kind: Pod
  metadata: {name: the-command-line-wins}
  spec:
    containers:
      - name: web
        image: ghcr.io/shop/web:1.4.0
        command: [java, "-Xmx512m", "-jar", web.jar]
        env: [{name: JAVA_TOOL_OPTIONS, value: "-Xmx4g"}]
        resources: {limits: {memory: 1Gi}}
"""
GOOD_LATER = """
  apiVersion: v1
  kind: Pod
  metadata: {name: filled-in-later}
  spec:
    containers:
      - name: web
        image: ghcr.io/shop/web:1.4.0
        args: ["-Xmx$(HEAP)", "-Xmx${HEAP}m"]
        resources: {limits: {memory: 1Gi}}
      - name: log
        image: ghcr.io/shop/log:1.4.0
        args: ["-Xmx2g"]
        resources: {limits: {memory: "{{ memory }}"}}
"""
GOOD_FIELD = """
  apiVersion: v1
  kind: Pod
  metadata: {name: taken-from-the-limit}
  spec:
    containers:
      - name: web
        image: ghcr.io/shop/web:1.4.0
        env:
          - name: GOMEMLIMIT
            valueFrom: {resourceFieldRef: {resource: limits.memory}}
        resources: {limits: {memory: 1Gi}}
"""
GOOD_WORDS = """
  apiVersion: v1
  kind: Pod
  metadata: {name: no-option-but-a-word}
  spec:
    containers:
      - name: web
        image: ghcr.io/shop/web:1.4.0
        args: ["--title=no-Xmx9g", "--jvm-Xmx9g"]
        env: [{name: GOMEMLIMIT, value: "off"}]
        resources: {limits: {memory: 1Gi}}
"""
GOOD_POD = """
  apiVersion: v1
  kind: Pod
  metadata: {name: another-container-has-the-small-limit}
  spec:
    containers:
      - name: web
        image: ghcr.io/shop/web:1.4.0
        args: ["-Xmx2g"]
        resources: {limits: {memory: 3Gi}}
      - {name: log, image: "ghcr.io/shop/log:1.4.0", resources: {limits: {memory: 64Mi}}}
"""


@rule(
    Severity.WARNING,
    bad=[BAD_ARGS, BAD_NODE, BAD_GO, BAD_PERCENT],
    good=[
        GOOD_MENDED,
        GOOD,
        GOOD_NO_LIMIT,
        GOOD_LAST,
        GOOD_ARGS,
        GOOD_LATER,
        GOOD_FIELD,
        GOOD_WORDS,
        GOOD_POD,
    ],
)
def heap_above_limit(manifest: Manifest, release: Release) -> Iterator[Problem]:
    """A program may grow beyond its container's memory limit.

    A runtime that is told to use more memory than the container may have sees no reason to tidy up
    in time. The kernel kills it under load (OOMKilled), when it is needed most, and it comes back
    only to be killed again.

    Looked at are `-Xmx`, `-XX:MaxRAMPercentage` over 90 (a JVM needs memory beside its heap),
    `--max-old-space-size` and `GOMEMLIMIT`, in the command, its arguments and the environment.

    Fix: raise `resources.limits.memory`, or lower the runtime's own limit.
    """
    for container in manifest.containers:
        if filled_later(container.node, LIMITS, "memory"):
            continue
        limit = given(manifest, container, LIMITS, "memory", release)
        limit = limit or of_pod(manifest, LIMITS, "memory")
        heap = _above(container, limit) if limit else None
        if heap is not None:
            yield _problem(container, heap)


@dataclass(frozen=True)
class _Heap:
    """What a runtime is told: its words and where they stand; ``size`` in bytes or percent."""

    words: str
    line: int
    size: int | Decimal
    percent: bool = False

    def is_above(self, limit: Decimal) -> bool:
        return self.size > (_MOST_PERCENT if self.percent else limit)


_Reader = Callable[[Scalar], list[_Heap | None]]


def _above(container: Container, limit: Decimal) -> _Heap | None:
    """The first thing that a runtime is told and that is more than it may have."""
    texts = [each for key in ("command", "args") for each in _scalars(container.node.get(key))]
    values = {each.text("name"): each.get("value") for each in container.node.maps("env")}
    variables = [each for each in values.values() if isinstance(each, Scalar)]
    jvm = _counting(texts, variables, _heaps) or _counting(texts, variables, _percents)
    told = (jvm, _counting(texts, variables, _old_spaces), _go_limit(values.get("GOMEMLIMIT")))
    return next((each for each in told if each and each.is_above(limit)), None)


def _scalars(node: Node | None) -> list[Scalar]:
    return (
        [each for each in node.items if isinstance(each, Scalar)] if isinstance(node, List) else []
    )


def _counting(texts: list[Scalar], values: list[Scalar], read: _Reader) -> _Heap | None:
    """What counts: the last word of the command line, else the least of the environment's.

    Which variable a program reads last is not known here; None where only a template tells.
    """
    said = [heap for text in texts for heap in read(text)]
    if said:
        return said[-1]
    last = [heaps[-1] for value in values if (heaps := read(value))]
    known = [each for each in last if each is not None]
    return min(known, key=lambda each: each.size) if len(known) == len(last) and known else None


def _heaps(node: Scalar) -> list[_Heap | None]:
    return _read(node, _HEAP, lambda found: int(found[1]) * _POWERS[found[2].lower()])


def _percents(node: Scalar) -> list[_Heap | None]:
    every = _read(node, _PERCENT, lambda found: Decimal(found[1]))
    return [each and replace(each, percent=True) for each in every]


def _old_spaces(node: Scalar) -> list[_Heap | None]:
    return _read(node, _OLD_SPACE, lambda found: int(found[1]) << 20)


def _read(
    node: Scalar, form: re.Pattern[str], size: Callable[[re.Match[str]], int | Decimal]
) -> list[_Heap | None]:
    """Each time that the text says it; None for the last where a variable behind it may too."""
    text = node.text[:_LONGEST]
    every = list(form.finditer(text))
    heaps: list[_Heap | None] = [_Heap(each[0], node.line, size(each)) for each in every]
    if every and "$" in text[every[-1].end() :]:
        heaps[-1] = None
    return heaps


def _go_limit(node: Node | None) -> _Heap | None:
    found = _GO.fullmatch(node.text[:_LONGEST]) if isinstance(node, Scalar) else None
    if found is None or not isinstance(node, Scalar):
        return None
    unit = _POWERS[(found[2] or "")[:1].lower().replace("b", "")]
    return _Heap(f"GOMEMLIMIT={found[0]}", node.line, int(found[1]) * unit)


def _problem(container: Container, heap: _Heap) -> Problem:
    own = container.node.text("resources", LIMITS, "memory")
    limit = f"its memory limit of {named(own)}" if own else "the memory limit that it is given"
    more = f"leaves too little of {limit} beside its heap" if heap.percent else f"is above {limit}"
    node = container.node
    return Problem(
        Location(container.path, heap.line, block=(node.line, node.last)),
        f"{container.words} is told {named(heap.words)}, which {more}: under load the kernel kills "
        "it (OOMKilled).",
        detail=f"{container.key} heap",
        container=container.name,
        fix="Raise `resources.limits.memory`, or lower the runtime's own limit.",
        symptom=Symptom.OOM_KILLED,
    )
