"""The rules by what they are about: the parts of docs/rules.md and of ``redline rules``."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Group:
    """A part of the documentation: its title, one sentence about it, and the rules in it."""

    title: str
    about: str
    rules: tuple[str, ...]


OWN = Group("Redline's own findings", "What is said of the review itself.", ())
OTHERS = Group("Other rules", "What stands in none of the groups above.", ())
GROUPS = (
    Group(
        "What a container may do",
        "What keeps a break-in inside its container. The measure is the `restricted` level of "
        "Kubernetes' own Pod Security Standards.",
        (
            "privileged-container",
            "root-container",
            "unprovable-user",
            "privilege-escalation",
            "added-capabilities",
            "kept-capabilities",
            "host-namespace",
            "host-path",
            "host-port",
            "missing-seccomp",
            "missing-user-id",
            "missing-fs-group",
            "writable-root",
            "unwritable-tmp",
        ),
    ),
    Group(
        "Secrets and access",
        "What gives away a credential, or more rights than a workload needs.",
        ("secret-literal", "wildcard-role"),
    ),
    Group(
        "Whether a pod starts, and keeps running",
        "What fails at the rollout or at night: images, probes, memory.",
        (
            "floating-image",
            "illegal-image",
            "missing-liveness",
            "missing-readiness",
            "wrong-probe-port",
            "missing-memory-limit",
            "missing-memory-request",
            "missing-cpu-request",
            "missing-cpu-limit",
            "limit-below-request",
            "heap-above-limit",
            "unschedulable-request",
            "missing-ephemeral-storage",
        ),
    ),
    Group(
        "What belongs together",
        "Objects that name each other: a Service and its pods, a volume and its ConfigMap.",
        (
            "missing-reference",
            "selector-mismatch",
            "dangling-service",
            "dangling-autoscaler",
            "fought-replicas",
            "fixed-replicas",
            "missing-disruption-budget",
            "blocking-disruption-budget",
            "default-namespace",
            "shared-namespace",
        ),
    ),
    Group(
        "Dockerfiles",
        "What an image carries, and whether it can be built again.",
        (
            "baked-secret",
            "root-image",
            "named-user",
            "floating-base",
            "loose-base",
            "single-stage",
            "split-run",
            "missing-dockerignore",
        ),
    ),
    Group(
        "Any file",
        "Manifests, CI files, Makefiles and scripts alike.",
        ("conflict-marker", "unreviewed-apply"),
    ),
)
_GROUP_OF = {name: group.title for group in GROUPS for name in group.rules}
_OF_KIND = {"dockerfile": "Dockerfiles", "files": "Any file"}  # what is not named above


def group_of(rule: str, kind: str) -> str:
    """The title of the group that a rule of a folder stands in."""
    return _GROUP_OF.get(rule) or _OF_KIND.get(kind, OTHERS.title)
