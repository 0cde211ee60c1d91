"""root-container."""

from collections.abc import Iterator
from dataclasses import replace

from rules.finding import Blocks, Family, Location, Problem, Severity, Symptom
from rules.rule import rule
from rules.subjects.manifest import Manifest
from rules.subjects.workload import Container, Pod, templated, user_of

_KEYS = ("securityContext", "runAsNonRoot")
_ROOT = "a break-in there is root in the container and one kernel bug away from the node"
_NUMBER = "only the number keeps it from being root, and the next edit may drop that unnoticed"
_ABOUT_FLAG = ("runAsNonRoot", "runAsNonRoot false")
_FIX = "Set `securityContext.runAsNonRoot: true` and a `runAsUser` above 0."
_FIX_KNOWN = "Set `securityContext.runAsNonRoot: true`: its `runAsUser` is above 0 already."

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
BAD_CONTAINER_FALSE = """
  apiVersion: v1
  kind: Pod
  metadata: {name: the-container-wins}
  spec:
    securityContext: {runAsNonRoot: true}
    containers:
      - name: web
        image: nginx:1.27.3
        securityContext:
>         runAsNonRoot: false
"""
BAD_POD_FALSE = """
  apiVersion: v1
  kind: Pod
  metadata: {name: the-pod-says-false}
  spec:
    securityContext:
>     runAsNonRoot: false
    containers:
      - {name: web, image: "nginx:1.27.3", securityContext: {runAsNonRoot: true}}
"""
BAD_USER = """
  apiVersion: v1
  kind: Pod
  metadata: {name: refused-by-the-kubelet}
  spec:
    securityContext: {runAsNonRoot: true}
    containers:
      - name: web
        image: nginx:1.27.3
        securityContext:
>         runAsUser: 0
"""
BAD_INIT = """
  apiVersion: v1
  kind: Pod
  metadata: {name: init-containers-count}
  spec:
    initContainers:
      - name: chown
        image: busybox:1.36
>       securityContext: {}
    containers:
      - {name: web, image: "nginx:1.27.3", securityContext: {runAsNonRoot: true}}
"""
GOOD_MENDED = """
  apiVersion: apps/v1
  kind: Deployment
  metadata: {name: web}
  spec:
    template:
      spec:
        securityContext: {runAsNonRoot: true, runAsUser: 10001}
        containers:
          - name: web
            image: nginx:1.27.3
"""
GOOD_POD = """
  apiVersion: apps/v1
  kind: StatefulSet
  metadata: {name: the-pod-speaks-for-all}
  spec:
    template:
      spec:
        securityContext:
          runAsNonRoot: true
          runAsUser: 10001
        initContainers:
          - {name: chown, image: "busybox:1.36"}
        containers:
          - {name: web, image: "nginx:1.27.3"}
"""
GOOD_CONTAINERS = """
  apiVersion: v1
  kind: Pod
  metadata: {name: each-container-speaks}
  spec:
    containers:
      - {name: web, image: "nginx:1.27.3", securityContext: {runAsNonRoot: true, runAsUser: 101}}
      - {name: log, image: "fluent-bit:3.2", securityContext: {runAsNonRoot: yes}}
"""
GOOD_OVERRIDE = """
  apiVersion: v1
  kind: Pod
  metadata: {name: the-container-has-another-user}
  spec:
    securityContext: {runAsUser: 0}
    containers:
      - {name: web, image: "nginx:1.27.3", securityContext: {runAsNonRoot: true, runAsUser: 101}}
"""
GOOD_MERGED = """
  apiVersion: v1
  kind: List
  items:
    - apiVersion: v1
      kind: Pod
      metadata: {name: first}
      spec: &pod
        securityContext: {runAsNonRoot: true}
        containers: [{name: web, image: "nginx:1.27.3"}]
    - apiVersion: v1
      kind: Pod
      metadata: {name: second}
      spec: {<<: *pod, hostNetwork: false}
"""
GOOD_NAMESPACE = """
  apiVersion: v1
  kind: Pod
  metadata: {name: root-is-nobody-on-the-node}
  spec:
    hostUsers: false
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
            securityContext: {runAsNonRoot: true}
"""
GOOD_NULL = """
  apiVersion: v1
  kind: Pod
  metadata: {name: nothing-to-run}
  spec: {containers: null, initContainers: {name: a-map}}
"""
GOOD_LATER = """
  apiVersion: v1
  kind: Pod
  metadata: {name: filled-in-later}
  spec:
    containers:
      - {name: web, image: "nginx:1.27.3", securityContext: {runAsNonRoot: "{{ non_root }}"}}
"""
GOOD_SCHEMA = """
  apiVersion: apiextensions.k8s.io/v1
  kind: CustomResourceDefinition
  metadata: {name: sandboxes.example.com}
  spec: {versions: [{name: v1, schema: {openAPIV3Schema: {properties: {containers: {}}}}}]}
"""
GOOD_PARTS = """
  apiVersion: example.com/v1
  kind: Settings
  metadata: {name: no-pod-template}
  spec: {containers: [{name: web, image: nginx}]}
"""


@rule(
    Severity.BLOCKING,
    blocks=Blocks.ADDED,
    family=Family.SECURITY_CONTEXT,
    bad=[BAD_ABSENT, BAD_CONTAINER_FALSE, BAD_POD_FALSE, BAD_USER, BAD_INIT],
    good=[
        GOOD_MENDED,
        GOOD_POD,
        GOOD_CONTAINERS,
        GOOD_OVERRIDE,
        GOOD_MERGED,
        GOOD_NAMESPACE,
        GOOD_KNATIVE,
        GOOD_NULL,
        GOOD_LATER,
        GOOD_SCHEMA,
        GOOD_PARTS,
    ],
)
def root_container(manifest: Manifest) -> Iterator[Problem]:
    """A container may run as root.

    Nothing but `runAsNonRoot: true` keeps an image that was built for root from running as root:
    then a break-in may write every mounted volume, install tools, and is one kernel or runtime bug
    away from the node.

    A container's own setting wins over its pod's, init containers run too, and with
    `runAsUser: 0` under `runAsNonRoot: true` the kubelet refuses to start the container
    (CreateContainerConfigError).

    Fix: set `securityContext.runAsNonRoot: true` and a `runAsUser` above 0 on the pod, and take
    away what says otherwise on its containers.
    """
    pod = manifest.pod
    if pod is None:
        return
    if pod.node.value(*_KEYS) is False and not pod.own_users:
        sure = all(_user_is_known(pod, each) for each in pod.containers)
        offered = manifest.setting(pod.node, _KEYS, "true") if sure else None
        yield replace(_pod_says_no(pod), suggestion=offered)
    for container in pod.containers:
        for problem in _of(pod, container):
            if problem.detail.endswith(_ABOUT_FLAG) and _user_is_known(pod, container):
                offered = manifest.setting(container.node, _KEYS, "true")
                yield replace(problem, fix=_FIX_KNOWN, suggestion=offered)
            else:
                yield problem


def _user_is_known(pod: Pod, container: Container) -> bool:
    """Whether runAsNonRoot: true cannot keep it from starting: its user is a number above 0.

    Without one the kubelet asks the image, whose user may be root or a name.
    """
    user, _place = user_of(pod, container)
    return user is not None and user > 0 and not pod.windows


def _of(pod: Pod, container: Container) -> Iterator[Problem]:
    says, place = pod.inherited(container, "runAsNonRoot")
    user, user_place = user_of(pod, container)
    if user == 0 and says is True:
        why = "is to run as user 0 although `runAsNonRoot` is true: the kubelet will not start it"
        said = _said(container, "runAsUser", user_place, f"{why} (CreateContainerConfigError)")
        yield replace(said, symptom=Symptom.CONFIG_ERROR)
    elif pod.own_users:
        return
    elif user == 0:
        yield _said(
            container, "runAsUser", user_place, f"runs as root, as `runAsUser: 0` says: {_ROOT}"
        )
    elif says is None and not pod.later(container, "runAsNonRoot"):
        why = _may_be_root(user, "nothing sets `runAsNonRoot: true`")
        yield Problem(
            place,
            f"{container.words} {why}.",
            detail=f"{container.key} runAsNonRoot",
            container=container.name,
            fix=_FIX,
        )
    elif container.node.value(*_KEYS) not in (True, None) and not templated(container.node, *_KEYS):
        why = _may_be_root(user, "its `runAsNonRoot` is not true")
        problem = _said(container, "runAsNonRoot false", place, why)
        yield replace(problem, blocks=None) if user else problem


def _may_be_root(user: int | None, because: str) -> str:
    """What the flag changes: with a number above 0 it is not root now, whatever its image says."""
    if not user:
        return f"may run as root, as {because}: {_ROOT}"
    return f"runs as user {user}, but {because}: {_NUMBER}"


def _said(container: Container, what: str, place: Location, why: str) -> Problem:
    """Root by intent: another detail than where the field is absent, since it is another fault."""
    return Problem(
        place,
        f"{container.words} {why}.",
        detail=f"{container.key} {what}",
        blocks=Blocks.NEW,
        container=container.name,
        fix=_FIX,
        covers=(("missing-user-id", place.path),) if what == "runAsUser" else (),
    )


def _pod_says_no(pod: Pod) -> Problem:
    why = f"runs as user {pod.user}: {_NUMBER}" if pod.user else f"may run as root: {_ROOT}"
    return Problem(
        pod.at(*_KEYS),
        "The pod says `runAsNonRoot: false`: each container that does not say otherwise, an "
        f"injected one too, {why}.",
        detail="pod runAsNonRoot",
        blocks=None if pod.user else Blocks.NEW,
        fix="Set `runAsNonRoot: true` on the pod.",
    )
