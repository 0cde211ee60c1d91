"""privileged-container."""

from collections.abc import Iterator

from rules.finding import Blocks, Family, Problem, Severity
from rules.rule import rule
from rules.subjects.manifest import Manifest

_KEYS = ("securityContext", "privileged")
# While it is privileged these settings do nothing, or the API server takes none of them.
_COVERED = ("privilege-escalation", "kept-capabilities", "missing-seccomp")

BAD = """
  apiVersion: v1
  kind: Pod
  metadata: {name: build}
  spec:
    containers:
      - name: docker
        image: docker:27.3.1-dind
        securityContext:
>         privileged: true
"""
BAD_INIT = """
  apiVersion: apps/v1
  kind: DaemonSet
  metadata: {name: tune}
  spec:
    template:
      spec:
        initContainers:
>         - {name: sysctl, image: "busybox:1.36", securityContext: {privileged: yes}}
        containers:
          - {name: pause, image: "registry.k8s.io/pause:3.10"}
"""
GOOD = """
  apiVersion: v1
  kind: Pod
  metadata: {name: build}
  spec:
    containers:
      - name: kaniko
        image: gcr.io/kaniko-project/executor:v1.23.2
        securityContext:
          privileged: false
"""
GOOD_ABSENT = """
  apiVersion: v1
  kind: Pod
  metadata: {name: build}
  spec:
    containers:
      - {name: kaniko, image: "gcr.io/kaniko-project/executor:v1.23.2"}
"""
GOOD_POD_LEVEL = """
  apiVersion: v1
  kind: Pod
  metadata: {name: pod-level-has-no-such-field}
  spec:
    securityContext: {privileged: true}
    containers:
      - {name: web, image: "nginx:1.27.3"}
"""
GOOD_SCHEMA = """
  apiVersion: apiextensions.k8s.io/v1
  kind: CustomResourceDefinition
  metadata: {name: sandboxes.example.com}
  spec:
    versions:
      - name: v1
        schema:
          openAPIV3Schema:
            properties:
              containers: {description: "privileged: true"}
              privileged: {type: boolean, default: true}
"""


@rule(
    Severity.BLOCKING,
    blocks=Blocks.NEW,
    family=Family.SECURITY_CONTEXT,
    bad=[BAD, BAD_INIT],
    good=[GOOD, GOOD_ABSENT, GOOD_POD_LEVEL, GOOD_SCHEMA],
)
def privileged_container(manifest: Manifest) -> Iterator[Problem]:
    """A container runs privileged.

    It has every capability and every device of the node, and no seccomp or AppArmor profile holds
    it: whoever breaks into this one container owns the node, the secrets of every pod on it, and
    often the cluster.

    Init and ephemeral containers count, however short they live.

    Fix: remove `privileged: true`. Add the single capability that is needed under
    `capabilities.add`, mount the single device, or set sysctls under the pod's
    `securityContext.sysctls`.
    """
    for container in manifest.containers:
        if container.node.value(*_KEYS) is True:
            yield Problem(
                container.at(*_KEYS),
                f"{container.words} runs privileged: a break-in there owns the node and every "
                "pod on it.",
                detail=f"{container.key} privileged",
                container=container.name,
                fix="Remove `privileged: true` and add only the capability that is needed.",
                suggestion=manifest.setting(container.node, _KEYS, "false"),
                covers=tuple((each, manifest.path) for each in _COVERED),
            )
