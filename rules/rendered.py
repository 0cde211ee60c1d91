"""Which chart or kustomization makes something else of a file before a cluster sees it."""

from collections.abc import Callable, Iterable, Iterator, Mapping

from rules.finding import folder
from rules.images import Reader, inside
from rules.subjects.yaml import List, Map, Node, Scalar, Unreadable, decode, documents

KUSTOMIZATIONS = ("kustomization.yaml", "kustomization.yml", "Kustomization")
_CHART = "Chart.yaml"
_OF_A_CHART = ("templates/", "crds/", "charts/")  # all that Helm installs or renders of it
_NO_PATHS = frozenset((  # fields of a kustomization: a name there says nothing of who renders
    *("apiVersion", "kind", "metadata", "namespace", "namePrefix", "nameSuffix", "name"),
    *("commonLabels", "commonAnnotations", "labels", "annotations", "options", "literals"),
    *("generatorOptions", "images", "replicas", "vars", "buildMetadata", "sortOptions"),
    *("patch", "target"),
))  # fmt: skip

Finder = Callable[[Iterable[str]], Mapping[str, object]]


def rendered_by(paths: Iterable[str], find: Finder, read: Reader) -> Mapping[str, str]:
    """Those of the paths that are rendered, and by what: ``chart charts/web``.

    A chart renders its templates, and a Chart.yaml hides nothing else that lies in its folder.
    A kustomization loads only what lies at or below its own, so that it is looked for above each
    file; it renders what it names, patches included.
    """
    files = list(paths)
    above = {each for path in files for each in _above(path)}
    names = (_CHART, *KUSTOMIZATIONS)
    known = sorted(find([_join(each, name) for each in above for name in names]))
    charts = {folder(path) for path in known if path.endswith(_CHART)}
    named = _named(read([path for path in known if not path.endswith(_CHART)]))
    found = {}
    for path in files:
        chart = next((each for each in _above(path) if each in charts and _of(each, path)), None)
        if chart is not None:
            found[path] = f"chart {chart or '.'}"
        elif path in named:
            found[path] = f"kustomization {named[path] or '.'}"
    return found


def _of(chart: str, path: str) -> bool:
    return path.removeprefix(f"{chart}/" if chart else "").startswith(_OF_A_CHART)


def _named(kustomizations: Mapping[str, bytes]) -> Mapping[str, str]:
    """Paths to the folder of a kustomization that names them."""
    named = {}
    for path, data in kustomizations.items():
        base = folder(path)
        for text in _texts(data):
            # configMapGenerator has "name=path"; every other field the path alone.
            for target in {inside(base, text), inside(base, text.rpartition("=")[2])}:
                if target is not None:
                    named[target] = base
    return named


def _texts(data: bytes) -> Iterator[str]:
    """Each text in a kustomization. Any field counts: new versions bring new ones with paths."""
    try:
        pending = documents(decode(data))
    except Unreadable:  # said where the file itself is judged
        return
    while pending:
        node = pending.pop()
        if isinstance(node, Scalar):
            yield node.text
        else:
            pending.extend(_below(node))


def _below(node: Map | List) -> list[Node]:
    if isinstance(node, List):
        return node.items
    return [each for key, (_line, each) in node.entries.items() if key not in _NO_PATHS]


def _above(path: str) -> list[str]:
    """The folders that a file lies in, the nearest first, the top (``""``) last."""
    found = [folder(path)]
    while found[-1]:
        found.append(folder(found[-1]))
    return found


def _join(base: str, name: str) -> str:
    return f"{base}/{name}" if base else name
