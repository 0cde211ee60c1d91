"""missing-reference."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from rules.defined import Definition
from rules.finding import Blocks, Problem, Severity, Side, Symptom, folder, named
from rules.references import ACCOUNT, CONFIG_MAP, Reference, references
from rules.release import Release
from rules.rule import rule
from rules.selectors import unsure
from rules.spelling import slip
from rules.subjects.manifest import Manifest
from rules.workloads import workload_of

# What is in every namespace without anyone writing it down.
_THERE = {
    (ACCOUNT, "default"),
    (CONFIG_MAP, "kube-root-ca.crt"),
    (CONFIG_MAP, "openshift-service-ca.crt"),
}

BAD_NAME = """
  apiVersion: v1
  kind: Pod
  metadata: {name: one-sign-too-few}
  spec:
    containers:
      - name: web
        image: ghcr.io/shop/web:1.4.0
        envFrom:
          - configMapRef:
>             name: web-confg
  ==> config.yaml <==
  apiVersion: v1
  kind: ConfigMap
  metadata: {name: web-config}
  data: {MODE: fast}
"""
BAD_KEY = """
  apiVersion: v1
  kind: Pod
  metadata: {name: web}
  spec:
    containers:
      - name: web
        image: ghcr.io/shop/web:1.4.0
        env:
          - name: DATABASE
            valueFrom:
              secretKeyRef:
>               name: database
                key: pasword
  ==> secret.yaml <==
  apiVersion: v1
  kind: Secret
  metadata: {name: database}
  stringData: {password: "{{ filled in later }}"}
"""
BAD_ELSEWHERE = """
  apiVersion: apps/v1
  kind: Deployment
  metadata: {name: nobody-here-makes-them}
  spec:
    template:
      spec:
>       serviceAccountName: web
        imagePullSecrets:
>         - name: registry
        containers: [{name: web, image: "ghcr.io/shop/web:1.4.0"}]
        volumes:
          - name: data
            persistentVolumeClaim:
>             claimName: data
          - name: all
            projected:
              sources:
                - secret:
>                   name: tls
"""
GOOD_MENDED = """
  apiVersion: v1
  kind: Pod
  metadata: {name: one-sign-too-few}
  spec:
    containers:
      - name: web
        image: ghcr.io/shop/web:1.4.0
        envFrom:
          - configMapRef:
              name: web-config
  ==> config.yaml <==
  apiVersion: v1
  kind: ConfigMap
  metadata: {name: web-config}
  data: {MODE: fast}
"""
GOOD_OPTIONAL = """
  apiVersion: v1
  kind: Pod
  metadata: {name: it-starts-without}
  spec:
    serviceAccountName: default
    containers:
      - name: web
        image: ghcr.io/shop/web:1.4.0
        envFrom: [{configMapRef: {name: extras, optional: true}}]
    volumes:
      - {name: extras, secret: {secretName: extras, optional: true}}
      - {name: roots, configMap: {name: kube-root-ca.crt}}
"""
GOOD_BESIDE = """
  apiVersion: v1
  kind: Pod
  metadata: {name: all-of-it-lies-beside}
  spec:
    serviceAccountName: web
    containers:
      - name: web
        image: ghcr.io/shop/web:1.4.0
        env: [{name: A, valueFrom: {configMapKeyRef: {name: settings, key: a}}}]
    volumes: [{name: data, persistentVolumeClaim: {claimName: data}}]
  ==> objects.yaml <==
  apiVersion: v1
  kind: List
  items:
    - {apiVersion: v1, kind: ServiceAccount, metadata: {name: web}}
    - {apiVersion: v1, kind: ConfigMap, metadata: {name: settings}, binaryData: {a: YQ==}}
    - {apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: data}}
"""
GOOD_OPERATORS = """
  apiVersion: v1
  kind: Pod
  metadata: {name: operators-make-them}
  spec:
    containers:
      - name: web
        image: ghcr.io/shop/web:1.4.0
        envFrom: [{secretRef: {name: from-the-vault}}, {secretRef: {name: unsealed}}]
        env: [{name: URI, valueFrom: {secretKeyRef: {name: orders-app, key: uri}}}]
    volumes: [{name: tls, secret: {secretName: web-tls}}]
  ==> objects.yaml <==
  apiVersion: external-secrets.io/v1
  kind: ExternalSecret
  metadata: {name: vault}
  spec: {target: {name: from-the-vault}}
  ---
  apiVersion: bitnami.com/v1alpha1
  kind: SealedSecret
  metadata: {name: unsealed}
  ---
  apiVersion: cert-manager.io/v1
  kind: Certificate
  metadata: {name: web}
  spec: {secretName: web-tls}
  ---
  apiVersion: postgresql.cnpg.io/v1
  kind: Cluster
  metadata: {name: orders}
"""
GOOD_GENERATED = """
  apiVersion: v1
  kind: Pod
  metadata: {name: a-kustomization-elsewhere-makes-it}
  spec:
    containers:
      - name: web
        image: ghcr.io/shop/web:1.4.0
        envFrom: [{configMapRef: {name: settings}}]
  ==> base/kustomization.yaml <==
  configMapGenerator: [{name: settings, literals: [MODE=fast]}]
"""
GOOD_SET = """
  apiVersion: batch/v1
  kind: Job
  metadata: {name: it-uses-the-claim-of-a-set}
  spec:
    template:
      spec:
        containers: [{name: copy, image: "busybox:1.36"}]
        volumes: [{name: data, persistentVolumeClaim: {claimName: data-db-0}}]
  ---
  apiVersion: apps/v1
  kind: StatefulSet
  metadata: {name: db}
  spec: {volumeClaimTemplates: [{metadata: {name: data}}]}
"""
GOOD_CLAIMED = """
  apiVersion: apps/v1
  kind: StatefulSet
  metadata: {name: it-claims-what-has-the-volume-s-name}
  spec:
    template:
      spec:
        containers: [{name: db, image: "postgres:17.2"}]
        volumes: [{name: data, persistentVolumeClaim: {claimName: data}}]
    volumeClaimTemplates: [{metadata: {name: data}}]
"""
GOOD_LATER = """
  apiVersion: v1
  kind: Pod
  metadata: {name: filled-in-later}
  spec:
    serviceAccountName: "${ACCOUNT}"
    containers: [{name: web, image: "ghcr.io/shop/web:1.4.0"}]
"""


@rule(
    Severity.BLOCKING,
    blocks=Blocks.NEW,
    bad=[BAD_NAME, BAD_KEY, BAD_ELSEWHERE],
    good=[
        GOOD_MENDED,
        GOOD_OPTIONAL,
        GOOD_BESIDE,
        GOOD_OPERATORS,
        GOOD_GENERATED,
        GOOD_SET,
        GOOD_CLAIMED,
        GOOD_LATER,
    ],
)
def missing_reference(manifest: Manifest, release: Release) -> Iterator[Problem]:
    """A pod names something that nothing in the repository creates.

    A container whose ConfigMap or Secret is not there does not start (CreateContainerConfigError),
    a volume that needs one is never mounted, a claim that is not there leaves the pod Pending, and
    without its ServiceAccount no pod is made at all.

    Many such things come from elsewhere, so that this is a hint. It blocks where the change takes
    the definition away or renames it, and where the name is one slip from one that exists.

    What counts as creating: the object itself, an ExternalSecret, SealedSecret, Certificate and
    others of that kind, a generator of a kustomization, a literal name in a chart's template, and
    what an operator makes of a custom resource beside it. `optional: true` needs nothing.

    Fix: create it, mend the name, or set `optional: true` where the pod can do without.
    """
    workload = workload_of(manifest)
    if workload is None:
        return
    every = [each for each in references(workload) if (each.kind, each.name) not in _THERE]
    needed = [each for each in every if not unsure(each.name, each.key)]
    if not needed or not release.whole():
        return
    said = set()
    for each in needed:
        problem = _problem_of(each, manifest, release)
        if problem is not None and problem.detail not in said:
            said.add(problem.detail)
            yield problem


def _problem_of(needed: Reference, manifest: Manifest, release: Release) -> Problem | None:
    """What is wrong with one reference; None where what it names is there."""
    kind, name = needed.kind, needed.name
    index = release.index()
    found = release.around.made(kind, name) or index.defined(kind, name)
    keys = _keys(found)
    if found and (not needed.key or keys is None or needed.key in keys):
        return None
    if not found:
        needed = replace(needed, key="")  # one thing is missing, however many keys of it are named
    said = _gone(needed, (each for each in release.earlier() if _same_release(each, manifest)))
    if said is None and found:
        said = _misspelt(needed, needed.key, keys or (), "key")
    elif said is None:
        said = _misspelt(needed, name, release.around.names(kind) | index.names(kind), kind)
    return said or (_hint(needed) if index.whole() else None)


def _same_release(made: Definition, manifest: Manifest) -> bool:
    """Whether the two belong together: elsewhere another object may have the same name."""
    beside = made.location is not None and folder(made.location.path) == folder(manifest.path)
    return beside or (made.namespace == manifest.namespace != "")


def _keys(found: Sequence[Definition]) -> frozenset[str] | None:
    """All keys that these have together; None where that is not known."""
    known = [each.keys for each in found if each.keys is not None]
    return frozenset().union(*known) if len(known) == len(found) else None


def _gone(needed: Reference, earlier: Iterable[Definition]) -> Problem | None:
    """What is said where this change takes it away."""
    for each in earlier:
        had_key = not needed.key or each.keys is None or needed.key in each.keys
        if each.makes(needed.kind, needed.name) and had_key:
            was = each.location and replace(each.location, side=Side.BASE)
            said = f"This change takes {_what(needed)} away, which is still needed"
            return replace(_problem(needed, said), cause=was)
    return None


def _misspelt(needed: Reference, name: str, known: Iterable[str], what: str) -> Problem | None:
    close = sorted(each for each in known if slip(name, each))[:2]
    if not close:
        return None
    where = f" in {needed.kind} {named(needed.name)}" if what == "key" else ""
    there = " and ".join(map(named, close))
    return _problem(needed, f"There is no {what} {named(name)}{where} but {there}")


def _hint(needed: Reference) -> Problem:
    problem = _problem(needed, f"Nothing in this repository creates {_what(needed)}")
    return replace(problem, severity=Severity.INFO, blocks=Blocks.NEVER)


def _what(needed: Reference) -> str:
    thing = f"{needed.kind} {named(needed.name)}"
    return f"key {named(needed.key)} of {thing}" if needed.key else thing


def _problem(needed: Reference, said: str) -> Problem:
    return Problem(
        needed.location,
        f"{said}: without it {_outcome(needed)}.",
        detail=" ".join(filter(None, (needed.kind, needed.name, needed.key))),
        container=needed.container,
        fix="Create it, mend the name, or set `optional: true` where the pod can do without.",
        symptom=needed.symptom,
    )


def _outcome(needed: Reference) -> str:
    if needed.kind == ACCOUNT:
        return "no pod is made"
    if needed.symptom is Symptom.IMAGE_PULL:
        return "a private image is not pulled (ImagePullBackOff)"
    if needed.symptom is Symptom.PENDING:
        return "the pod stays Pending"
    who = f"container {named(needed.container)}" if needed.container else "a container"
    return f"{who} does not start (CreateContainerConfigError)"
