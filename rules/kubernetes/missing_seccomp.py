"""missing-seccomp."""

from collections.abc import Iterator

from rules.finding import Family, Problem, Severity, named
from rules.rule import rule
from rules.subjects.manifest import Manifest
from rules.subjects.workload import LONGEST_NAME, Container, Pod, templated
from rules.subjects.yaml import Map

_KEYS = ("securityContext", "seccompProfile", "type")
_FILTERED = ("RuntimeDefault", "Localhost")
_OLD = "seccomp.security.alpha.kubernetes.io/"
_ALL = "a break-in there may use all calls of the node's kernel, the rare and buggy ones too"

BAD_ABSENT = """
  apiVersion: apps/v1
  kind: Deployment
  metadata: {name: web}
  spec:
    template:
      spec:
        containers:
>         - name: web
            image: nginx:1.27.3
"""
BAD_CONTAINER = """
  apiVersion: v1
  kind: Pod
  metadata: {name: the-container-wins}
  spec:
    securityContext:
      seccompProfile: {type: RuntimeDefault}
    containers:
      - name: web
        image: nginx:1.27.3
        securityContext:
          seccompProfile:
>           type: Unconfined
"""
BAD_ANNOTATION = """
  apiVersion: v1
  kind: Pod
  metadata:
    name: the-annotation-does-nothing-since-1-27
    annotations: {seccomp.security.alpha.kubernetes.io/pod: runtime/default}
  spec:
    containers:
>     - {name: web, image: "nginx:1.27.3"}
"""
BAD_POD = """
  apiVersion: v1
  kind: Pod
  metadata: {name: refused-although-the-container-says-otherwise}
  spec:
    securityContext:
      seccompProfile:
>       type: Unconfined
    containers:
      - name: web
        image: nginx:1.27.3
        securityContext: {seccompProfile: {type: RuntimeDefault}}
"""
GOOD_MENDED = """
  apiVersion: apps/v1
  kind: Deployment
  metadata: {name: web}
  spec:
    template:
      spec:
        securityContext: {seccompProfile: {type: RuntimeDefault}}
        containers:
          - name: web
            image: nginx:1.27.3
"""
GOOD_POD = """
  apiVersion: apps/v1
  kind: DaemonSet
  metadata: {name: the-pod-speaks-for-all}
  spec:
    template:
      spec:
        securityContext: {seccompProfile: {type: RuntimeDefault}}
        initContainers:
          - {name: wait, image: "busybox:1.36"}
        containers:
          - {name: web, image: "nginx:1.27.3"}
"""
GOOD_CONTAINERS = """
  apiVersion: v1
  kind: Pod
  metadata: {name: each-container-speaks}
  spec:
    containers:
      - name: web
        image: nginx:1.27.3
        securityContext: {seccompProfile: {type: RuntimeDefault}}
      - name: log
        image: fluent-bit:3.2
        securityContext: {seccompProfile: {type: Localhost, localhostProfile: log.json}}
"""
GOOD_NULL = """
  apiVersion: v1
  kind: Pod
  metadata: {name: null-leaves-it-to-the-pod}
  spec:
    securityContext: {seccompProfile: {type: Localhost, localhostProfile: web.json}}
    containers:
      - {name: web, image: "nginx:1.27.3", securityContext: {seccompProfile: null}}
"""
GOOD_WINDOWS = """
  apiVersion: v1
  kind: Pod
  metadata: {name: iis}
  spec:
    os: {name: windows}
    containers:
      - {name: iis, image: "mcr.microsoft.com/windows/servercore/iis:ltsc2022"}
"""
GOOD_LATER = """
  apiVersion: v1
  kind: Pod
  metadata: {name: filled-in-later}
  spec:
    securityContext: {seccompProfile: {type: "${SECCOMP}"}}
    containers:
      - {name: web, image: "nginx:1.27.3"}
"""
GOOD_KNATIVE = """
  apiVersion: serving.knative.dev/v1
  kind: Service
  metadata: {name: hello}
  spec:
    template:
      spec:
        containers:
          - image: ghcr.io/shop/hello:1.4.0
            securityContext: {seccompProfile: {type: RuntimeDefault}}
"""
GOOD_SCHEMA = """
  apiVersion: apiextensions.k8s.io/v1
  kind: CustomResourceDefinition
  metadata: {name: sandboxes.example.com}
  spec: {versions: [{name: v1, schema: {openAPIV3Schema: {properties: {containers: {}}}}}]}
"""
GOOD_PROFILE = """
  apiVersion: security-profiles-operator.x-k8s.io/v1beta1
  kind: SeccompProfile
  metadata: {name: a-profile-is-no-pod}
  spec: {defaultAction: SCMP_ACT_LOG}
"""


@rule(
    Severity.WARNING,
    family=Family.SECURITY_CONTEXT,
    bad=[BAD_ABSENT, BAD_CONTAINER, BAD_ANNOTATION, BAD_POD],
    good=[
        GOOD_MENDED,
        GOOD_POD,
        GOOD_CONTAINERS,
        GOOD_NULL,
        GOOD_WINDOWS,
        GOOD_LATER,
        GOOD_KNATIVE,
        GOOD_SCHEMA,
        GOOD_PROFILE,
    ],
)
def missing_seccomp(manifest: Manifest) -> Iterator[Problem]:
    """Nothing filters what a container may ask of the kernel.

    Without a seccomp profile a container may make every system call, and the bugs by which others
    got out of containers mostly sat in calls that no ordinary program makes. The runtime's own
    profile takes those away; unless the kubelet was told to, Kubernetes does not apply it.

    A container's own profile wins over its pod's. The old annotations do nothing since Kubernetes
    1.27. A namespace that enforces Pod Security `restricted` refuses the pod, also one that says
    `Unconfined` while each of its containers says otherwise. Windows has no seccomp.

    Fix: set `securityContext.seccompProfile.type: RuntimeDefault` on the pod. Try it before: a
    program that needs a rare call fails, which is why no change is offered.
    """
    pod = manifest.pod
    if pod is None or pod.windows:
        return
    if _unfiltered(pod.node):
        yield _pod_says_no(pod)
    for container in pod.containers:
        if not _is_filtered(pod, container):
            yield _problem(manifest, container)


def _is_filtered(pod: Pod, container: Container) -> bool:
    """Whether a profile holds it, or the pod's finding speaks for it."""
    own = container.node.value(*_KEYS)
    if own is None and not templated(container.node, *_KEYS):
        return _says(pod.node)
    return own in _FILTERED or templated(container.node, *_KEYS)


def _says(node: Map) -> bool:
    """Whether it names a profile, right, wrong or filled in later."""
    return node.value(*_KEYS) is not None or templated(node, *_KEYS)


def _unfiltered(node: Map) -> bool:
    return _says(node) and node.value(*_KEYS) not in _FILTERED and not templated(node, *_KEYS)


def _problem(manifest: Manifest, container: Container) -> Problem:
    own = container.node.value(*_KEYS)
    if own is not None:
        why = f"since its seccomp profile is {named(str(own)[:LONGEST_NAME])}"
    elif _is_annotated(manifest):
        why = "since the seccomp annotation does nothing since Kubernetes 1.27"
    else:
        why = "since neither it nor its pod sets a seccomp profile"
    return Problem(
        container.at(*_KEYS),
        f"{container.words} may make every system call, {why}: {_ALL}.",
        detail=f"{container.key} seccompProfile",
        container=container.name,
        fix="Set `securityContext.seccompProfile.type: RuntimeDefault` on the pod.",
    )


def _is_annotated(manifest: Manifest) -> bool:
    """Whether somebody meant to set it the old way."""
    above = (("metadata",), ("spec", "template", "metadata"))
    nodes = (manifest.root.get(*keys, "annotations") for keys in above)
    return any(
        key.startswith(_OLD) for each in nodes if isinstance(each, Map) for key in each.entries
    )


def _pod_says_no(pod: Pod) -> Problem:
    profile = named(str(pod.node.value(*_KEYS))[:LONGEST_NAME])
    return Problem(
        pod.at(*_KEYS),
        f"The pod's seccomp profile is {profile}, so each container that sets no other, an "
        f"injected one too, may make every system call: {_ALL}.",
        detail="pod seccompProfile",
        fix="Set `securityContext.seccompProfile.type: RuntimeDefault` on the pod.",
    )
