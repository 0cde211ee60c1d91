"""What objects make: the ConfigMaps, Secrets, ServiceAccounts and volume claims of a repository."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from rules.destinations import TELLING, given_a_namespace
from rules.finding import Location
from rules.references import ACCOUNT, CLAIM, CONFIG_MAP, SECRET
from rules.rendered import KUSTOMIZATIONS
from rules.selectors import labels
from rules.subjects import manifest as manifests
from rules.subjects.manifest import Manifest
from rules.subjects.yaml import Map, Unreadable, decode, documents
from rules.workloads import group_of

_BUILT_IN = frozenset(("", "apps", "batch", "autoscaling", "policy", "extensions"))
_FILLED = "kubernetes.io/service-account-token"  # a controller writes its keys
# Where other kinds name the Secret that is made of them; their own name where it says nothing.
_SECRETS: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "ExternalSecret": (("spec", "target", "name"), ("metadata", "name")),
    "ClusterExternalSecret": (
        ("spec", "externalSecretSpec", "target", "name"),
        ("spec", "externalSecretName"),
        ("metadata", "name"),
    ),
    "SealedSecret": (("spec", "template", "metadata", "name"), ("metadata", "name")),
    "Certificate": (("spec", "secretName"),),
    "BitwardenSecret": (("spec", "secretName"),),
    "OnePasswordItem": (("metadata", "name"),),
    "InfisicalSecret": (("spec", "managedSecretReference", "secretName"),),
    "DopplerSecret": (("spec", "managedSecret", "name"),),
    "ObjectBucketClaim": (("metadata", "name"),),
    "KafkaUser": (("metadata", "name"),),
    **dict.fromkeys(
        ("VaultStaticSecret", "VaultDynamicSecret", "VaultPKISecret", "HCPVaultSecretsApp"),
        (("spec", "destination", "name"),),
    ),
}
_SECRET_LISTS = {
    "SopsSecret": (("spec", "secretTemplates"), "name"),
    "SecretProviderClass": (("spec", "secretObjects"), "secretName"),
}
_GENERATORS = (("configMapGenerator", CONFIG_MAP), ("secretGenerator", SECRET))
_SERVING = (
    "service.beta.openshift.io/serving-cert-secret-name",
    "service.alpha.openshift.io/serving-cert-secret-name",
)
# Kinds that are worth a look at all: the rest of a repository is not even read as YAML.
_KINDS = (
    r"(?:\w{0,40}Secret\w{0,20}|ConfigMap\w{0,10}|ServiceAccount|PersistentVolumeClaim|Certificate"
    r"|Ingress|StatefulSet|Service|OnePasswordItem|ObjectBucketClaim|KafkaUser)"
)
_TELLING = re.compile(
    rb"kind[\"']?[ \t]{0,9}:[ \t]{0,9}[\"']?" + _KINDS.encode() + rb"\b|(?:Map|secret)Generator"
)
_DOCUMENT = re.compile(r"^---", re.MULTILINE)
_KIND = re.compile(r"^kind:[ \t]*[\"']?(\w+)", re.MULTILINE)
_NAME = re.compile(
    r"^metadata:[ \t]*(?:\{[^}\n]{0,500}?\b|\n(?:[ \t]+\S.*\n|[ \t]*\n){0,40}?[ ]{1,4})"
    r"name:[ \t]*([^,}\s]+)",
    re.MULTILINE,
)
_PLAIN = re.compile(r"[\"']?([a-z0-9][a-z0-9.-]{0,252})[\"']?")


@dataclass(frozen=True)
class Definition:
    """Something that a pod can name; ``keys`` is None where it may have any.

    ``begins``: it stands for all whose names begin so. ``namespace`` is empty where the file
    leaves it to the release.
    """

    kind: str
    name: str
    keys: frozenset[str] | None = None
    begins: bool = False
    location: Location | None = None
    namespace: str = ""

    def makes(self, kind: str, name: str) -> bool:
        """Whether it makes the object of this name."""
        same = name.startswith(self.name) if self.begins else name == self.name
        return kind == self.kind and same


def defined_by(manifest: Manifest) -> Iterator[Definition]:
    """What one object makes, itself included."""
    for each in _made_of(manifest):
        yield replace(each, location=manifest.at("metadata", "name"), namespace=manifest.namespace)


def _made_of(manifest: Manifest) -> Iterator[Definition]:
    root, kind, group = manifest.root, manifest.kind, group_of(manifest)
    if not group and kind in (CONFIG_MAP, SECRET):
        yield Definition(kind, manifest.name, _keys(root))
    elif not group and kind in (ACCOUNT, CLAIM):
        yield Definition(kind, manifest.name)
    elif kind == "StatefulSet":
        for each in root.maps("spec", "volumeClaimTemplates"):
            name = f"{each.text('metadata', 'name')}-{manifest.name}-"
            yield Definition(CLAIM, name, begins=True)
    for name in _secrets(manifest):
        yield Definition(SECRET, name)
    for key, made in _GENERATORS:
        for each in root.maps(key):
            yield Definition(made, each.text("name"))
    if kind == "ObjectBucketClaim":
        yield Definition(CONFIG_MAP, manifest.name)


def by_operators(manifest: Manifest) -> Iterator[Definition]:
    """What an operator is likely to make of a custom resource: things that bear its name."""
    group = group_of(manifest)
    if group in _BUILT_IN or group.endswith("k8s.io") or not manifest.name:
        return
    for kind in (CONFIG_MAP, SECRET, ACCOUNT, CLAIM):
        yield Definition(kind, manifest.name)
        yield Definition(kind, f"{manifest.name}-", begins=True)


def _keys(root: Map) -> frozenset[str] | None:
    """The keys of a ConfigMap or Secret; None where others fill it."""
    fields = [root.get(key) for key in ("data", "stringData", "binaryData")]
    keys = frozenset(key for each in fields if isinstance(each, Map) for key in each.entries)
    return None if not keys or root.text("type") == _FILLED else keys


def _secrets(manifest: Manifest) -> Iterator[str]:
    """The Secrets that other kinds of objects make."""
    root, kind = manifest.root, manifest.kind
    names = [root.text(*keys) for keys in _SECRETS.get(kind, ())]
    yield from [name for name in names if name][:1]
    if kind in _SECRET_LISTS:
        below, key = _SECRET_LISTS[kind]
        yield from (each.text(key) for each in root.maps(*below))
    notes = labels(root, "metadata", "annotations") if kind in ("Ingress", "Service") else {}
    yield from (notes[key] for key in _SERVING if key in notes)
    if any(key.startswith("cert-manager.io/") or "tls-acme" in key for key in notes):
        yield from (each.text("secretName") for each in root.maps("spec", "tls"))


@dataclass(frozen=True)
class Index:
    """What a whole repository makes, looked for only when a rule does not find it nearby.

    ``files`` gives path and content of its manifests, charts' templates included; called once.
    ``whole`` then says whether all of them could be looked at.

    Cost: each file is searched for a few words; those that have them (ConfigMaps, Secrets and the
    like: about a tenth of a repository) are kept, and of these only the ones that hold a name that
    is asked for are read as YAML. Names to compare a misspelt one with are found by lines alone.
    """

    files: Callable[[], Iterable[tuple[str, bytes]]] = tuple
    whole: Callable[[], bool] = lambda: True
    _read: dict[str, Sequence[Definition]] = field(default_factory=dict)

    def defined(self, kind: str, name: str) -> list[Definition]:
        """What makes this object; nothing where nothing does."""
        raw = name.encode()
        named = [path for path, data in self._kept.items() if raw in data]
        every = (each for path in named for each in self._definitions(path))
        found = [each for each in every if each.makes(kind, name)]
        return found or [Definition(kind, name)] * (name in self.names(kind))

    def gives_a_namespace(self, folder: str) -> bool:
        """Whether someone deploys the plain manifests of a folder into a namespace of their own."""
        return any(folder == each or folder.startswith(f"{each}/") for each in self._destinations)

    @cached_property
    def _destinations(self) -> frozenset[str]:
        files = ((path, data) for path, data in self._kept.items() if TELLING.search(data))
        found = (each for path, data in files for each in _objects(path, data))
        return frozenset(one for each in found for one in given_a_namespace(each))

    def names(self, kind: str) -> frozenset[str]:
        """The names of this kind, as far as lines alone tell."""
        return self._names.get(kind, frozenset())

    @cached_property
    def _kept(self) -> Mapping[str, bytes]:
        told = (_TELLING, TELLING)
        return {path: data for path, data in self.files() if any(one.search(data) for one in told)}

    @cached_property
    def _names(self) -> Mapping[str, frozenset[str]]:
        found: dict[str, set[str]] = {}
        for data in self._kept.values():
            for kind, name in _roughly(data):
                found.setdefault(kind, set()).add(name)
        return {kind: frozenset(names) for kind, names in found.items()}

    def _definitions(self, path: str) -> Sequence[Definition]:
        if path not in self._read:
            self._read[path] = tuple(definitions(path, self._kept[path]))
        return self._read[path]


def may_define(data: bytes) -> bool:
    """Whether a file can make anything that a pod names, told without parsing it."""
    return _TELLING.search(data) is not None


def definitions(path: str, data: bytes) -> Iterator[Definition]:
    """What one file makes; nothing where it cannot be read."""
    for each in _objects(path, data):
        yield from defined_by(each)


def _objects(path: str, data: bytes) -> list[Manifest]:
    try:
        if path.rpartition("/")[2] not in KUSTOMIZATIONS:
            return manifests.parse(data, path)
        roots = [root for root in documents(decode(data)) if isinstance(root, Map)]
    except Unreadable:
        return []
    return [Manifest(path, root, "kustomize.config.k8s.io/v1", "") for root in roots]


def _roughly(data: bytes) -> Iterator[tuple[str, str]]:
    """Kinds and literal names in a file, readable or a template."""
    for document in _DOCUMENT.split(data.decode("utf-8", "replace")):
        kind, name = _KIND.search(document), _NAME.search(document)
        plain = _PLAIN.fullmatch(name[1]) if name else None
        if kind is None or plain is None:
            continue
        if kind[1] in _SECRETS:
            yield SECRET, plain[1]
        else:
            yield kind[1], plain[1]
