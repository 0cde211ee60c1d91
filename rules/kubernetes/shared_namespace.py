"""shared-namespace."""

from collections.abc import Iterator

from rules.finding import Problem, Severity, named
from rules.release import Release
from rules.rule import rule
from rules.subjects.manifest import Manifest
from rules.workloads import called, workload_of

BAD = """
  apiVersion: apps/v1
  kind: Deployment
  metadata: {name: cart, namespace: shop, labels: {team: shop}}
  spec: {template: {spec: {containers: [{name: cart, image: "ghcr.io/o/cart:1.4.0"}]}}}
  ---
  apiVersion: apps/v1
  kind: Deployment
  metadata: {name: catalogue, namespace: shop, labels: {team: shop}}
  spec: {template: {spec: {containers: [{name: web, image: "ghcr.io/o/web:1.4.0"}]}}}
  ==> payments.yaml <==
  apiVersion: apps/v1
  kind: Deployment
  metadata:
    name: payments
>   namespace: shop
    labels: {team: money}
  spec: {template: {spec: {containers: [{name: pay, image: "ghcr.io/o/pay:1.4.0"}]}}}
"""
GOOD_MENDED = """
  apiVersion: apps/v1
  kind: Deployment
  metadata: {name: cart, namespace: shop, labels: {team: shop}}
  spec: {template: {spec: {containers: [{name: cart, image: "ghcr.io/o/cart:1.4.0"}]}}}
  ---
  apiVersion: apps/v1
  kind: Deployment
  metadata: {name: catalogue, namespace: shop, labels: {team: shop}}
  spec: {template: {spec: {containers: [{name: web, image: "ghcr.io/o/web:1.4.0"}]}}}
  ==> payments.yaml <==
  apiVersion: apps/v1
  kind: Deployment
  metadata:
    name: payments
    namespace: payments
    labels: {team: money}
  spec: {template: {spec: {containers: [{name: pay, image: "ghcr.io/o/pay:1.4.0"}]}}}
"""
GOOD_ONE = """
  apiVersion: apps/v1
  kind: Deployment
  metadata: {name: cart, namespace: shop, labels: {team: shop}}
  spec: {template: {spec: {containers: [{name: cart, image: "ghcr.io/o/cart:1.4.0"}]}}}
  ---
  apiVersion: apps/v1
  kind: Deployment
  metadata: {name: nobody-says-whose-it-is, namespace: shop}
  spec: {template: {spec: {containers: [{name: web, image: "ghcr.io/o/web:1.4.0"}]}}}
"""
GOOD_APART = """
  apiVersion: apps/v1
  kind: Deployment
  metadata: {name: cart, namespace: shop, labels: {team: shop}}
  spec: {template: {spec: {containers: [{name: cart, image: "ghcr.io/o/cart:1.4.0"}]}}}
  ---
  apiVersion: apps/v1
  kind: Deployment
  metadata: {name: payments, namespace: money, labels: {team: money}}
  spec: {template: {spec: {containers: [{name: pay, image: "ghcr.io/o/pay:1.4.0"}]}}}
"""


@rule(Severity.INFO, bad=[BAD], good=[GOOD_MENDED, GOOD_ONE, GOOD_APART])
def shared_namespace(manifest: Manifest, release: Release) -> Iterator[Problem]:
    """Workloads of unlike owners share a namespace.

    Access rights, quotas and network policies are given to a namespace. Where two teams share one,
    each may read the other's Secrets and use up its quota, and neither can be moved or removed
    without the other.

    Told by the labels `team`, `owner`, `owned-by`, `squad`, `tribe` and
    `app.kubernetes.io/part-of`. Said of those that do not belong to most of the namespace's others.

    Fix: give each owner a namespace of its own.
    """
    own = workload_of(manifest)
    if own is None or own.owner is None or not manifest.namespace:
        return
    key, owner = own.owner
    owners = release.around.owners(manifest.namespace, key)
    first = min(owners or [owner], key=lambda each: (-owners[each], each))
    if owner != first:
        yield Problem(
            manifest.at("metadata", "namespace"),
            f"{called(manifest)} of {named(owner)} shares the namespace "
            f"{named(manifest.namespace)} with workloads of {named(first)}: access, quotas and "
            "network policies of the one are those of the other.",
            fix="Give each owner a namespace of its own.",
        )
