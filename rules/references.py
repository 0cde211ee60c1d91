"""What a pod needs beside it to start: ConfigMaps, Secrets, ServiceAccounts, volume claims."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from rules.finding import Location, Symptom
from rules.subjects.workload import Container
from rules.subjects.yaml import Map
from rules.workloads import Workload

CONFIG_MAP, SECRET = "ConfigMap", "Secret"
ACCOUNT, CLAIM = "ServiceAccount", "PersistentVolumeClaim"
_GROUPS = ("initContainers", "containers", "ephemeralContainers")


@dataclass(frozen=True)
class Reference:
    """An object that a pod names, and the key in it, if it needs one.

    ``location`` is where it stands, ``container`` who needs it, where that is one container.
    ``symptom`` is what people see when it is not there; None where no pod is even made.
    """

    kind: str
    name: str
    key: str
    location: Location
    symptom: Symptom | None
    container: str | None = None


def references(workload: Workload) -> Iterator[Reference]:
    """All that the workload's pods cannot start without: nothing that is optional."""
    spec = workload.spec
    if spec is None:
        return
    look = _Look(workload)
    yield from look.account(spec)
    for container in (each for group in _GROUPS for each in look.containers(spec, group)):
        yield from look.environment(container)
    claimed = workload.claims  # a StatefulSet puts these in place of volumes of their name
    for volume in spec.maps("volumes"):
        if volume.text("name") not in claimed:
            yield from look.volume(volume)
    for each in spec.maps("imagePullSecrets"):
        yield from look.named(SECRET, each, "name", Symptom.IMAGE_PULL)


@dataclass(frozen=True)
class _Look:
    workload: Workload

    def containers(self, spec: Map, group: str) -> Iterator[Container]:
        path = self.workload.manifest.path
        yield from (Container(path, node, group) for node in spec.maps(group))

    def account(self, spec: Map) -> Iterator[Reference]:
        """Its ServiceAccount: ``serviceAccount`` is the old name, which still counts alone."""
        key = "serviceAccountName" if spec.text("serviceAccountName") else "serviceAccount"
        yield from self.named(ACCOUNT, spec, key, None)

    def environment(self, container: Container) -> Iterator[Reference]:
        for each in container.node.maps("env"):
            for key, kind in (("configMapKeyRef", CONFIG_MAP), ("secretKeyRef", SECRET)):
                source = each.get("valueFrom", key)
                if isinstance(source, Map):
                    keys = [source.text("key")]
                    yield from self._source(kind, source, "name", keys, container)
        for each in container.node.maps("envFrom"):
            for key, kind in (("configMapRef", CONFIG_MAP), ("secretRef", SECRET)):
                source = each.get(key)
                if isinstance(source, Map):
                    yield from self._source(kind, source, "name", [""], container)

    def volume(self, volume: Map) -> Iterator[Reference]:
        claim = volume.get("persistentVolumeClaim")
        if isinstance(claim, Map):
            yield from self.named(CLAIM, claim, "claimName", Symptom.PENDING)
        yield from self._volume_source(volume, "secretName")
        for source in volume.maps("projected", "sources"):
            yield from self._volume_source(source, "name")

    def _volume_source(self, node: Map, secret: str) -> Iterator[Reference]:
        for field, kind, key in (("configMap", CONFIG_MAP, "name"), ("secret", SECRET, secret)):
            source = node.get(field)
            if isinstance(source, Map):
                keys = [each.text("key") for each in source.maps("items")]
                yield from self._source(kind, source, key, keys or [""], None)

    def _source(
        self, kind: str, node: Map, name: str, keys: Iterable[str], container: Container | None
    ) -> Iterator[Reference]:
        if node.value("optional") is True:
            return
        seen = Symptom.CONFIG_ERROR if container is not None else Symptom.PENDING
        for key in keys:
            for each in self.named(kind, node, name, seen, container):
                yield Reference(kind, each.name, key, each.location, seen, each.container)

    def named(
        self,
        kind: str,
        node: Map,
        key: str,
        symptom: Symptom | None,
        container: Container | None = None,
    ) -> Iterator[Reference]:
        """The object whose name stands below the key, if one does."""
        name = node.text(key)
        if name:
            root = self.workload.manifest.root
            block = container.at().block if container is not None else (root.line, root.last)
            place = Location(self.workload.manifest.path, node.line_of(key), block=block)
            who = container.name if container is not None else None
            yield Reference(kind, name, "", place, symptom, who)
