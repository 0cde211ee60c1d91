"""missing-user-id."""

from collections.abc import Iterator

from rules.finding import Family, Problem, Severity
from rules.rule import rule
from rules.subjects.manifest import Manifest
from rules.subjects.workload import user_of

BAD_ABSENT = """
  apiVersion: apps/v1
  kind: Deployment
  metadata: {name: web}
  spec:
    template:
      spec:
        securityContext: {runAsNonRoot: true}
        containers:
>         - name: web
            image: nginx:1.27.3
"""
BAD_ROOT = """
  apiVersion: v1
  kind: Pod
  metadata: {name: the-container-wins}
  spec:
    securityContext: {runAsUser: 10001}
    containers:
      - name: web
        image: nginx:1.27.3
        securityContext:
>         runAsUser: 0
"""
BAD_POD_ROOT = """
  apiVersion: v1
  kind: Pod
  metadata: {name: root-for-all-that-say-nothing}
  spec:
    securityContext:
>     runAsUser: 0
    containers:
      - {name: web, image: "nginx:1.27.3", securityContext: {runAsUser: 101}}
      - {name: log, image: "fluent-bit:3.2"}
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
        securityContext: {runAsUser: 10001}
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
      - {name: web, image: "nginx:1.27.3", securityContext: {runAsUser: 101}}
      - {name: log, image: "fluent-bit:3.2", securityContext: {runAsUser: 0o144}}
"""
GOOD_OVERRIDE = """
  apiVersion: v1
  kind: Pod
  metadata: {name: nobody-is-left-to-be-root}
  spec:
    securityContext: {runAsUser: 0}
    containers:
      - {name: web, image: "nginx:1.27.3", securityContext: {runAsUser: 101}}
"""
GOOD_NAMESPACE = """
  apiVersion: v1
  kind: Pod
  metadata: {name: root-is-nobody-on-the-node}
  spec:
    hostUsers: false
    containers:
      - {name: web, image: "nginx:1.27.3", securityContext: {runAsUser: 0}}
"""
GOOD_WINDOWS = """
  apiVersion: v1
  kind: Pod
  metadata: {name: windows-users-have-names}
  spec:
    os: {name: windows}
    securityContext: {windowsOptions: {runAsUserName: ContainerUser}}
    containers:
      - {name: iis, image: "mcr.microsoft.com/windows/servercore/iis:ltsc2022"}
"""
GOOD_LATER = """
  apiVersion: v1
  kind: Pod
  metadata: {name: filled-in-later}
  spec:
    securityContext: {runAsUser: "${USER_ID}"}
    containers:
      - {name: web, image: "nginx:1.27.3"}
"""


@rule(
    Severity.WARNING,
    family=Family.SECURITY_CONTEXT,
    bad=[BAD_ABSENT, BAD_ROOT, BAD_POD_ROOT],
    good=[
        GOOD_MENDED,
        GOOD_POD,
        GOOD_CONTAINERS,
        GOOD_OVERRIDE,
        GOOD_NAMESPACE,
        GOOD_WINDOWS,
        GOOD_LATER,
    ],
)
def missing_user_id(manifest: Manifest) -> Iterator[Problem]:
    """A container does not say by number which user it runs as, or says root.

    Then the image decides: the next build of it may bring another user, who cannot read what the
    last one wrote to a volume, or root. And `runAsNonRoot` can only be checked against a number:
    where the image has a name, the container does not start.

    A number on the pod holds for all containers that have none of their own. With
    `hostUsers: false` root in the pod is nobody on the node, and Windows' users have names only.

    Fix: set `securityContext.runAsUser` on the pod to the number above 0 that the image is made
    for, as its Dockerfile's last USER says.
    """
    pod = manifest.pod
    if pod is None or pod.windows or pod.own_users:
        return
    for container in pod.containers:
        user, place = user_of(pod, container)
        if pod.later(container, "runAsUser") or (user is not None and user > 0):
            continue
        why = (
            "runs as user 0, which is root"
            if user == 0
            else "runs as whichever user its image names, root or not, since nothing sets a number"
        )
        yield Problem(
            place,
            f"{container.words} {why} (`runAsUser`).",
            detail=f"{container.key} runAsUser",
            container=container.name,
            fix="Set `securityContext.runAsUser` to the number of the user that the image is made "
            "for.",
        )
