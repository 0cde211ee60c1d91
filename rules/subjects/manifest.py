"""A Kubernetes object in a file, with its lines."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from rules.finding import Location, ObjectName, Suggestion
from rules.subjects.edit import Source, indentation
from rules.subjects.workload import LONGEST_NAME, Container, Pod, is_patch, pod_of
from rules.subjects.yaml import List, Map, Node, Scalar, Unreadable, decode, documents

_KEY = r"(?:^|[{,])[ \t-]*[\"']?%s[\"']?[ \t]*:"
_API = re.compile(_KEY % "apiVersion", re.MULTILINE)
_KIND = re.compile(_KEY % "kind", re.MULTILINE)
_MARKS = "\ufeff\u00ef\u00bb\u00bf\u00ff\u00fe"  # byte order marks, also read as latin-1
_TEMPLATE = re.compile(r"\{\{|\{%|<%|^[ \t]*\$\{\w+\}[ \t]*$", re.MULTILINE)
_WORD = b"apiVersion"
_OTHERWISE = re.compile(rb"\\[xuU\r\n]|binary")  # by which YAML may spell the word
_ESCAPED = rb'"[^"\\\n]{0,20}\\u00(?:4[1-9a-f]|5[0-9a]|6[1-9a-f]|7[0-9a])[^"\n]{0,60}"\s{0,99}:'
_TELLING = re.compile(
    rb'^[ -]*apiVersion[ \t]*:|"apiVersion"\s*(?::\s*(?:"|\s{99})|\s{99})|' + _ESCAPED,
    re.MULTILINE | re.IGNORECASE,
)
_OWN_GROUPS = ("apps", "batch", "extensions")
# Where the labels of an object's pods stand, the best place first.
_LABELLED = (("spec", "selector", "matchLabels"), ("spec", "template", "metadata", "labels"))
_LABELS = {
    "Pod": (("metadata", "labels"),),
    "CronJob": (("spec", "jobTemplate", "spec", "template", "metadata", "labels"),),
    "ReplicationController": (("spec", "selector"), _LABELLED[1]),
}
MOST_LABELS = 5
_SUFFIXES = (".yaml", ".yml", ".json")


@dataclass(frozen=True, eq=False)
class Manifest:
    """An object of a manifest: a document, or an item of a list."""

    path: str
    root: Map
    api: str
    kind: str
    source: Source | None = None

    @property
    def object(self) -> ObjectName:
        """Kind, namespace and name as the file says them."""
        return ObjectName(self.kind, self.namespace or None, self.name)

    @property
    def namespace(self) -> str:
        """Its namespace, empty where the file leaves it to the release."""
        return self.root.text("metadata", "namespace")[:LONGEST_NAME]

    @property
    def name(self) -> str:
        """Its name, or the beginning of it where the server adds the rest; else empty."""
        metadata = self.root.text("metadata", "name")
        return (metadata or self.root.text("metadata", "generateName"))[:LONGEST_NAME]

    @cached_property
    def address(self) -> str:
        """``group/Kind/namespace/name``, without the group for core: the same in every version."""
        group, slash, _version = self.api.rpartition("/")
        return f"{group}{slash}{self.kind}/{self.namespace}/{self.name}"

    @cached_property
    def pod(self) -> Pod | None:
        """The pod that it is or makes; None where it has none."""
        return pod_of(self.path, self.kind, self.root)

    @property
    def is_patch(self) -> bool:
        """Whether it is a partial patch of a workload: judged with what it patches, never alone."""
        return self.pod is not None and is_patch(self.pod, self.root)

    @property
    def containers(self) -> tuple[Container, ...]:
        """The containers of its pod."""
        return self.pod.containers if self.pod else ()

    @property
    def pod_labels(self) -> tuple[tuple[str, str], ...]:
        """Labels by which its pods are found: what it selects, else what it gives them.

        None where its name is enough, or nothing is said; at most MOST_LABELS.
        """
        if self.kind == "Pod" and self.root.text("metadata", "name"):
            return ()
        places = (self.root.get(*keys) for keys in _LABELS.get(self.kind, _LABELLED))
        every = (_texts(each) for each in places if isinstance(each, Map))
        return next(filter(None, every), ())

    def at(self, *keys: str) -> Location:
        """The line of the key or, absent, where it would belong; its block is the object."""
        root = self.root
        return Location(self.path, root.line_of(*keys), block=(root.line, root.last))

    def setting(self, node: Map, keys: Sequence[str], value: str) -> Suggestion | None:
        """The lines that set a key below ``node`` to ``value``; None where that is not certain.

        Only for Kubernetes' own kinds: what else has a pod template may not know the key.
        """
        group, slash, _version = self.api.rpartition("/")
        if self.source is None or (slash and group not in _OWN_GROUPS):
            return None
        return self.source.setting(node, keys, value, indentation(self.root))


def _texts(node: Map) -> tuple[tuple[str, str], ...]:
    """The first of its keys and values; nothing where a value is no text."""
    keys = list(node.entries)[:MOST_LABELS]
    whole = all(isinstance(node.get(key), Scalar) for key in keys)
    return tuple((key[:LONGEST_NAME], node.text(key)[:LONGEST_NAME]) for key in keys if whole)


def is_manifest(path: str) -> bool:
    """Whether a file may hold manifests, by its name in whatever case: what is in it decides."""
    return path.lower().endswith(_SUFFIXES)


def telling(data: bytes) -> bytes:
    """The first place of a file too large to be read by which it is a manifest; else nothing."""
    found = _TELLING.search(data)
    return found[0] if found else b""


def parse(source: str | bytes, path: str) -> list[Manifest]:
    """The objects of a YAML or JSON file, those of lists included; none if it holds none.

    Raises Unreadable where the file looks like a manifest and cannot be read.
    """
    if isinstance(source, bytes) and not _may_hold(source):
        return []
    try:
        text = decode(source) if isinstance(source, bytes) else source
        roots = documents(text)
    except Unreadable as error:
        if error.limit or looks_like_manifest(source) or objects(error.roots, path):
            raise
        return []
    return objects(roots, path, Source(source))


def objects(roots: Iterable[Node], path: str, source: Source | None = None) -> list[Manifest]:
    """The objects that documents hold; their ``source`` where lines of it can be rewritten."""
    found = [manifest for root in roots for manifest in _objects(root, path)]
    return found if source is None else [replace(each, source=source) for each in found]


def _may_hold(source: bytes) -> bool:
    """Whether it can hold a manifest at all, told without parsing: most YAML cannot."""
    plain = source.replace(b"\0", b"")  # without its NULs UTF-16 reads like ASCII
    return _WORD in plain or _OTHERWISE.search(plain) is not None


def looks_like_manifest(source: str | bytes) -> bool:
    """Whether lines of it say an apiVersion and a kind, readable or not."""
    text = _rough(source)
    return bool(_API.search(text) and _KIND.search(text))


def is_template(source: str | bytes) -> bool:
    """Whether it holds the marks of a template language, so that only what it makes is YAML."""
    return _TEMPLATE.search(_rough(source)) is not None


def _rough(source: str | bytes) -> str:
    if isinstance(source, bytes):
        # Without its NULs UTF-16 reads like ASCII, broken or not.
        source = source.replace(b"\0", b"").decode("latin-1")
    return source.lstrip(_MARKS)


def _objects(root: Node, path: str, api: str = "", kind: str = "") -> Iterator[Manifest]:
    """The object itself, or those of a list; items of a typed list need not repeat its kind.

    To ``kubectl`` whatever has ``items`` is a list, be its kind called so or not.
    """
    if not isinstance(root, Map):
        return
    api, kind = root.text("apiVersion") or api, root.text("kind") or kind
    items = root.get("items")
    listed = kind.endswith("List") and isinstance(items, List)
    if isinstance(items, List):
        given = (api, kind.removesuffix("List")) if listed and kind != "List" else ("", "")
        for item in items.items:
            yield from _objects(item, path, *given)
    if api and kind and not listed:
        yield Manifest(path, root, api[:LONGEST_NAME], kind[:LONGEST_NAME])
