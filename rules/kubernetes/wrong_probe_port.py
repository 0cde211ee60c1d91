"""wrong-probe-port."""

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

from rules.finding import Blocks, Problem, Severity, Symptom, named
from rules.rule import rule
from rules.subjects.manifest import Manifest
from rules.subjects.probes import PROBES, stays
from rules.subjects.workload import LONGEST_NAME, Container, templated
from rules.subjects.yaml import Map, Scalar

_ASKING = ("httpGet", "tcpSocket", "grpc")
_EFFECTS = {
    "livenessProbe": "is killed again and again (CrashLoopBackOff)",
    "readinessProbe": "never gets ready",
    "startupProbe": "is killed each time it starts (CrashLoopBackOff)",
}
_SYMPTOMS = {
    "livenessProbe": Symptom.CRASH_LOOP,
    "readinessProbe": Symptom.UNREADY,
    "startupProbe": Symptom.CRASH_LOOP,
}
_FIX = "Name one of the container's own ports, or list the port that the probe asks."
_SHOWN = 5  # ports that are listed
# What stands before a port that a program is told to listen on: nothing, or all its addresses.
_LISTENS = r"(?:^|[\s=\"'])(?:(?:0\.0\.0\.0|\[::\]|\*)?:)?"

BAD_NAME = """
  apiVersion: apps/v1
  kind: Deployment
  metadata: {name: web}
  spec:
    template:
      spec:
        containers:
          - name: web
            image: ghcr.io/shop/web:1.4.0
            ports: [{name: http, containerPort: 8080}]
            readinessProbe:
              httpGet:
                path: /ready
>               port: web
"""
BAD_UDP = """
  apiVersion: v1
  kind: Pod
  metadata: {name: nothing-can-connect-to-udp}
  spec:
    containers:
      - name: dns
        image: coredns/coredns:1.12.0
        ports: [{name: dns, containerPort: 53, protocol: UDP}]
        livenessProbe:
>         tcpSocket: {port: dns}
"""
BAD_NUMBER = """
  apiVersion: v1
  kind: Pod
  metadata: {name: web}
  spec:
    containers:
      - name: web
        image: ghcr.io/shop/web:1.4.0
        ports: [{name: http, containerPort: 8080}, {containerPort: 9090}]
        startupProbe:
          grpc:
>           port: 8081
"""
BAD_QUOTED = """
  apiVersion: v1
  kind: Pod
  metadata: {name: in-quotes-it-is-a-name}
  spec:
    containers:
      - name: web
        image: ghcr.io/shop/web:1.4.0
        livenessProbe:
          httpGet:
            path: /
>           port: "8080"
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
            ports: [{name: http, containerPort: 8080}]
            readinessProbe:
              httpGet:
                path: /ready
                port: http
"""
GOOD = """
  apiVersion: v1
  kind: Pod
  metadata: {name: web}
  spec:
    containers:
      - name: web
        image: ghcr.io/shop/web:1.4.0
        ports: [{name: http, containerPort: 8080}, {containerPort: 9090, protocol: TCP}]
        livenessProbe: {httpGet: {path: /live, port: http}}
        readinessProbe: {tcpSocket: {port: 9090}}
"""
GOOD_OPEN = """
  apiVersion: v1
  kind: Pod
  metadata: {name: to-list-ports-is-optional}
  spec:
    containers:
      - name: web
        image: ghcr.io/shop/web:1.4.0
        livenessProbe: {httpGet: {path: /live, port: 8080}}
"""
GOOD_TOLD = """
  apiVersion: v1
  kind: Pod
  metadata: {name: it-is-told-to-listen-there}
  spec:
    containers:
      - name: manager
        image: ghcr.io/shop/manager:1.4.0
        args: [--leader-elect, --health-probe-bind-address=:8081]
        env: [{name: METRICS_PORT, value: "9090"}]
        ports: [{name: webhook, containerPort: 9443}]
        livenessProbe: {httpGet: {path: /healthz, port: 8081}}
        readinessProbe: {httpGet: {path: /metrics, port: 9090}}
"""
GOOD_EXEC = """
  apiVersion: v1
  kind: Pod
  metadata: {name: asks-no-port}
  spec:
    containers:
      - name: web
        image: ghcr.io/shop/web:1.4.0
        ports: [{containerPort: 8080}]
        livenessProbe: {exec: {command: [/live]}}
"""
GOOD_HOST = """
  apiVersion: v1
  kind: Pod
  metadata: {name: asks-another-host}
  spec:
    hostNetwork: true
    containers:
      - name: web
        image: ghcr.io/shop/web:1.4.0
        ports: [{containerPort: 8080}]
        livenessProbe: {httpGet: {host: 127.0.0.1, path: /live, port: 10257}}
"""
GOOD_BOTH = """
  apiVersion: v1
  kind: Pod
  metadata: {name: one-number-for-both-protocols}
  spec:
    containers:
      - name: dns
        image: coredns/coredns:1.12.0
        ports: [{name: dns, containerPort: 53, protocol: UDP}, {name: dns-tcp, containerPort: 53}]
        livenessProbe: {tcpSocket: {port: dns-tcp}}
        readinessProbe: {tcpSocket: {port: 53}}
"""
GOOD_LATER = """
  apiVersion: v1
  kind: Pod
  metadata: {name: filled-in-later}
  spec:
    containers:
      - name: web
        image: ghcr.io/shop/web:1.4.0
        ports: [{containerPort: "${PORT}"}]
        livenessProbe: {httpGet: {path: /live, port: "${PORT}"}}
        readinessProbe: {httpGet: {path: /ready, port: 8080}}
"""
GOOD_KNATIVE = """
  apiVersion: serving.knative.dev/v1
  kind: Service
  metadata: {name: knative-fills-the-port-in}
  spec:
    template:
      spec:
        containers:
          - image: ghcr.io/shop/hello:1.4.0
            ports: [{containerPort: 8080}]
            readinessProbe: {httpGet: {path: /, port: 0}}
"""
GOOD_HOOK = """
  apiVersion: v1
  kind: Pod
  metadata: {name: a-hook-is-no-probe}
  spec:
    containers:
      - name: web
        image: ghcr.io/shop/web:1.4.0
        ports: [{containerPort: 8080}]
        lifecycle: {preStop: {httpGet: {path: /stop, port: 15000}}}
"""


@rule(
    Severity.BLOCKING,
    blocks=Blocks.NEW,
    bad=[BAD_NAME, BAD_UDP, BAD_NUMBER, BAD_QUOTED],
    good=[
        GOOD_MENDED,
        GOOD,
        GOOD_OPEN,
        GOOD_TOLD,
        GOOD_EXEC,
        GOOD_HOST,
        GOOD_BOTH,
        GOOD_LATER,
        GOOD_KNATIVE,
        GOOD_HOOK,
    ],
)
def wrong_probe_port(manifest: Manifest) -> Iterator[Problem]:
    """A probe asks a port that the container does not have.

    A port's name is looked up among the container's own ports, not among those of a Service or of
    another container, and a probe connects by TCP. One that finds nothing never succeeds: the
    container is killed again and again, or never gets traffic. A number in quotes is a name to
    Kubernetes, and the API server refuses it.

    A number that is missing among the listed ports is a warning only, since listing ports is
    optional; where none are listed, or its arguments or variables name the port, nothing is said.

    Fix: name one of the container's ports, or list the port that the probe asks.
    """
    if manifest.api.startswith("serving.knative.dev/"):
        return
    for container in filter(stays, manifest.containers):
        for probe in PROBES:
            found = (_wrong(container, (probe, how, "port")) for how in _ASKING)
            yield from islice(filter(None, found), 1)


def _wrong(container: Container, keys: tuple[str, str, str]) -> Problem | None:
    node = container.node.get(*keys)
    if not isinstance(node, Scalar) or templated(container.node, *keys):
        return None
    port, ports = node.value, _ports(container)
    if isinstance(port, int) and not isinstance(port, bool):
        return _by_number(container, keys, port, ports)
    if not isinstance(port, str):
        return None
    if port.isdecimal():
        shown = named(port[:LONGEST_NAME])
        said = f"{shown} in quotes, which is a name to the API server, and one it refuses"
        return _problem(container, keys, said, "Write the number without quotes.")
    return _by_name(container, keys, port, ports)


def _ports(container: Container) -> list[Map] | None:
    """The ports that it lists; None where some are only known later."""
    ports = container.node.maps("ports")
    later = any(templated(port, key) for port in ports for key in port.entries)
    return None if later or templated(container.node, "ports") else ports


def _by_number(
    container: Container, keys: tuple[str, str, str], port: int, ports: list[Map] | None
) -> Problem | None:
    if not 0 < port < 65536:
        return _problem(container, keys, f"{named(str(port))}, which is no port", _FIX)
    listed = dict.fromkeys(each.text("containerPort") for each in ports or ())
    if not listed or str(port) in listed or _elsewhere(container, keys) or _told(container, port):
        return None
    first, *others = _asking_alike(container, port)
    if first != keys[0]:  # is said of the first one: listing the port mends them all
        return None
    shown = ", ".join(named(each[:LONGEST_NAME]) for each in islice(listed, _SHOWN))
    more = f" and {len(listed) - _SHOWN} more" if len(listed) > _SHOWN else ""
    said = (
        f"port {named(str(port))}, which is none of those that it lists ({shown}{more})"
        f"{''.join(f', and so does its {_words(each)}' for each in others)}: unless it listens "
        "there too, that can never succeed"
    )
    warned = _problem(container, keys, said, "Ask one of the listed ports, or list this one too.")
    return replace(warned, severity=Severity.WARNING, blocks=Blocks.NEVER)


def _elsewhere(container: Container, keys: tuple[str, str, str]) -> bool:
    """Whether the probe asks another host."""
    return bool(container.node.text(*keys[:2], "host"))


def _told(container: Container, port: int) -> bool:
    """Whether its arguments or variables name the port as one to listen on."""
    node = container.node
    said = [each.text for each in (*node.scalars("command"), *node.scalars("args"))]
    said += [each.text("value") for each in node.maps("env")]
    listens = re.compile(rf"{_LISTENS}{port}(?![\w.:-])")
    return any(map(listens.search, said))


def _asking_alike(container: Container, port: int) -> list[str]:
    """The probes that ask this number of the container itself."""
    every = ((probe, how, "port") for probe in PROBES for how in _ASKING)
    alike = (keys for keys in every if container.node.value(*keys) == port)
    return [*dict.fromkeys(keys[0] for keys in alike if not _elsewhere(container, keys))]


def _by_name(
    container: Container, keys: tuple[str, str, str], name: str, ports: list[Map] | None
) -> Problem | None:
    if ports is None:
        return None
    same = [each.text("protocol") or "TCP" for each in ports if each.text("name") == name]
    if "TCP" in same:
        return None
    why = (
        f"is {named(same[0][:LONGEST_NAME])} while probes connect by TCP"
        if same
        else "it does not have"
    )
    said = f"port {named(name[:LONGEST_NAME])}, which {why}, so the container {_EFFECTS[keys[0]]}"
    return replace(_problem(container, keys, said, _FIX), symptom=_SYMPTOMS[keys[0]])


def _problem(container: Container, keys: tuple[str, str, str], said: str, fix: str) -> Problem:
    return Problem(
        container.at(*keys),
        f"The {_words(keys[0])} of {container.words[0].lower()}{container.words[1:]} asks {said}.",
        detail=f"{container.key} {keys[0]}",
        container=container.name,
        fix=fix,
    )


def _words(probe: str) -> str:
    return f"{probe.removesuffix('Probe')} probe"
