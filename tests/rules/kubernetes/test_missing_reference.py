"""missing-reference: what is needed, what of it is there, and how much that matters."""

from collections.abc import Iterator

import pytest

from rules.defined import Definition, Index
from rules.finding import Blocks, Finding, Location, Severity, Side, Symptom
from rules.kubernetes.missing_reference import missing_reference
from rules.release import Release
from rules.rule import judge
from rules.subjects.manifest import parse

POD = """\
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop}
spec:
  containers:
    - name: web
      image: ghcr.io/shop/web:1.4.0
"""
SECRET = (
    "---\napiVersion: v1\nkind: Secret\nmetadata: {name: %s}\nstringData: {password: x, user: y}\n"
)
KEY = "      env: [{name: A, valueFrom: {secretKeyRef: {name: %s, key: %s}}}]\n"
KEYS = (
    "      env:\n"
    "        - {name: A, valueFrom: {secretKeyRef: {name: %s, key: user}}}\n"
    "        - {name: B, valueFrom: {secretKeyRef: {name: %s, key: password}}}\n"
)


def found(text: str, release: Release | None = None, path: str = "k/web.yaml") -> list[Finding]:
    objects = parse(text, path)
    if release is None:
        release = Release(objects=lambda: objects)
    return judge([missing_reference], objects, release)


def each(text: str) -> Iterator[tuple[str, Severity, Symptom | None]]:
    return ((one.detail, one.severity, one.symptom) for one in found(text))


@pytest.mark.parametrize(
    ("more", "detail", "symptom"),
    [
        ("      envFrom: [{secretRef: {name: a}}]\n", "Secret a", Symptom.CONFIG_ERROR),
        ("      envFrom: [{configMapRef: {name: a}}]\n", "ConfigMap a", Symptom.CONFIG_ERROR),
        (KEY % ("a", "b"), "Secret a", Symptom.CONFIG_ERROR),
        ("  volumes: [{name: v, secret: {secretName: a}}]\n", "Secret a", Symptom.PENDING),
        ("  volumes: [{name: v, configMap: {name: a}}]\n", "ConfigMap a", Symptom.PENDING),
        ("  volumes: [{name: v, projected: {sources: [{configMap: {name: a}}]}}]\n",
         "ConfigMap a", Symptom.PENDING),
        ("  volumes: [{name: v, persistentVolumeClaim: {claimName: a}}]\n",
         "PersistentVolumeClaim a", Symptom.PENDING),
        ("  imagePullSecrets: [{name: a}]\n", "Secret a", Symptom.IMAGE_PULL),
        ("  serviceAccountName: a\n", "ServiceAccount a", None),
        ("  serviceAccount: a\n", "ServiceAccount a", None),
    ],
)  # fmt: skip
def test_everything_that_a_pod_names(more: str, detail: str, symptom: Symptom | None) -> None:
    assert list(each(POD + more)) == [(detail, Severity.INFO, symptom)]


def test_one_thing_is_missing_however_many_keys_of_it_are_named() -> None:
    (one,) = found(POD + KEYS % ("db", "db"))
    assert (one.detail, one.blocks, one.container) == ("Secret db", Blocks.NEVER, "web")


def test_a_key_that_is_not_there() -> None:
    (one,) = found(POD + KEY % ("db", "token") + SECRET % "db")
    assert (one.detail, one.severity) == ("Secret db token", Severity.INFO)
    (one,) = found(POD + KEY % ("db", "pasword") + SECRET % "db")
    assert (one.severity, one.blocks) == (Severity.BLOCKING, Blocks.NEW)
    assert "no key `pasword` in Secret `db` but `password`" in one.message
    assert not found(POD + KEY % ("db", "user") + SECRET % "db")


def test_a_name_that_is_one_slip_away_blocks() -> None:
    (one,) = found(POD + KEYS % ("database", "database") + SECRET % "databse")
    assert (one.severity, one.blocks) == (Severity.BLOCKING, Blocks.NEW)
    assert "no Secret `database` but `databse`" in one.message
    (other,) = found(POD + KEYS % ("database-1", "database-1") + SECRET % "database-2")
    assert other.severity is Severity.INFO


@pytest.mark.parametrize("name", ["'{{ name }}'", "${NAME}", "<name>", "n" * 400])
def test_what_is_filled_in_later_is_not_missing(name: str) -> None:
    assert not found(POD + f"  serviceAccountName: {name}\n")


def test_what_the_rest_of_the_repository_makes_is_there() -> None:
    index = Index(lambda: [("other/db.yaml", (SECRET % "db").encode())])
    release = Release(objects=lambda: parse(POD, "k/web.yaml"), index=lambda: index)
    assert not found(POD + KEYS % ("db", "db"), release)
    (one,) = found(POD + KEY % ("db", "token"), release)
    assert one.detail == "Secret db token"


def test_where_not_all_is_known_nothing_is_missing() -> None:
    assert not found(POD + "  serviceAccountName: a\n", Release(whole=lambda: False))
    searched = Index(tuple, lambda: False)
    assert not found(POD + "  serviceAccountName: a\n", Release(index=lambda: searched))


@pytest.mark.parametrize(
    ("path", "namespace", "key", "blocks"),
    [
        ("k/db.yaml", "", None, True),
        ("other/db.yaml", "shop", None, True),
        ("other/db.yaml", "", None, False),
        ("other/db.yaml", "test", None, False),
        ("k/db.yaml", "", "user", True),
    ],
)
def test_what_the_change_takes_away_blocks(
    path: str, namespace: str, key: str | None, blocks: bool
) -> None:
    keys = None if key is None else frozenset((key,))
    gone = Definition("Secret", "db", keys, location=Location(path, 4), namespace=namespace)
    (one,) = found(POD + KEY % ("db", "user"), Release(earlier=lambda: [gone]))
    assert (one.severity is Severity.BLOCKING) is blocks
    assert one.cause == (Location(path, 4, Side.BASE) if blocks else None)


def test_a_key_that_the_change_takes_away_blocks() -> None:
    here = Location("k/db.yaml", 4)
    gone = Definition("Secret", "db", frozenset(("user", "host")), location=here)
    text = POD + KEY % ("db", "host") + SECRET % "db"
    release = Release(objects=lambda: parse(text, "k/web.yaml"), earlier=lambda: [gone])
    (one,) = found(text, release)
    assert (one.severity, one.detail) == (Severity.BLOCKING, "Secret db host")
    assert "takes key `host` of Secret `db` away" in one.message
