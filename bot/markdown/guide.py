"""Where to look when a pod fails: the commands for this very object, in the order that helps. Pure.

Names come from files, and people paste what they read: only what Kubernetes itself would take as
such a name stands in a command. All else is a word in capitals that they fill in.
"""

import re
from collections.abc import Iterable, Sequence

from rules.finding import Finding

NAMESPACE, POD, CONTAINER = "NAMESPACE", "POD", "CONTAINER"
MOST = 3  # objects that one comment guides to
_LABEL = re.compile(r"[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?")
_NAME = re.compile(r"[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?")
_KEY = re.compile(
    r"(?:[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?/)?[A-Za-z0-9](?:[-\w.]{0,61}[A-Za-z0-9])?", re.A
)
_VALUE = re.compile(r"[A-Za-z0-9](?:[-\w.]{0,61}[A-Za-z0-9])?", re.ASCII)
# What kubectl finds the pods of by itself.
_KNOWN = frozenset(
    ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController", "Job")
)


def commands(finding: Finding) -> tuple[str, ...]:
    """What to run, in this order; nothing for a finding that makes no pod fail."""
    one = finding.object
    if finding.symptom is None or one is None:
        return ()
    kubectl = f"kubectl -n {_fitting(_LABEL, one.namespace, NAMESPACE)}"
    name = _fitting(_NAME, one.name, "")
    if one.kind == "Pod" and name and not finding.labels:
        return _asking(kubectl, f"pod {name}", name, finding.container)
    labels = finding.labels or ((("job-name", name),) if one.kind == "Job" and name else ())
    chosen = [f"{key}={value}" for key, value in labels if _is_label(key, value)]
    pods = f"pods -l {','.join(chosen)}" if chosen else "pods"
    owner = f"{one.kind.lower()}/{name}" if name and one.kind in _KNOWN else POD
    return _asking(kubectl, pods, owner, finding.container)


def _fitting(form: re.Pattern[str], name: str | None, otherwise: str) -> str:
    return name if name is not None and form.fullmatch(name) else otherwise


def _is_label(key: str, value: str) -> bool:
    return bool(_KEY.fullmatch(key) and _VALUE.fullmatch(value))


def _asking(kubectl: str, pods: str, one: str, container: str | None) -> tuple[str, ...]:
    inside = f" -c {_fitting(_LABEL, container, CONTAINER)}" if container is not None else ""
    described = f"pod {POD}" if pods == "pods" else pods
    return (
        f"{kubectl} get {pods} -o wide",
        f"{kubectl} describe {described}",
        f"{kubectl} logs {one}{inside} --previous",
        f"{kubectl} exec -it {one}{inside} -- sh",
    )


def title(symptom: str) -> str:
    """What people would see, and that this helps to look."""
    return f"Pods would show {symptom}: where to look"


def guides(findings: Iterable[Finding]) -> Sequence[tuple[str, tuple[str, ...]]]:
    """Symptom and commands for the first of the findings that make pods fail, each once."""
    every = {(each.symptom or "", commands(each)): None for each in findings}
    return [each for each in every if each[1]][:MOST]
