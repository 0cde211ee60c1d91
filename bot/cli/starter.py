"""The first ``.redline.yaml`` of a repository, and the job for its CI. Pure."""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from rules.config import GUESSED
from rules.finding import folder
from rules.globs import matches
from rules.rendered import KUSTOMIZATIONS
from rules.subjects.dockerfile import is_dockerfile
from rules.subjects.manifest import is_manifest, telling

_SHOWN = 5  # of each kind
_READ = 2_000  # files that are looked into
_ROOT = re.compile(rb'^[ \t]*(?:backend|provider)[ \t]+"', re.MULTILINE)
_VALUES = re.compile(r"values[-.][\w.-]+\.ya?ml")
_LEFT_OUT = ("testdata", "fixtures", "vendor", "third_party")


@dataclass(frozen=True)
class Holding:
    """What a repository holds that Redline knows. ``start`` gives how a file begins, in bytes."""

    files: Sequence[str]
    start: Callable[[str], bytes]

    @cached_property
    def dockerfiles(self) -> list[str]:
        """Paths of Dockerfiles."""
        return [path for path in self.files if is_dockerfile(path)]

    @cached_property
    def charts(self) -> list[str]:
        """Folders of Helm charts."""
        return [folder(path) for path in self.files if path.rpartition("/")[2] == "Chart.yaml"]

    @cached_property
    def kustomizations(self) -> list[str]:
        """Folders of kustomizations."""
        return [folder(path) for path in self.files if path.rpartition("/")[2] in KUSTOMIZATIONS]

    @cached_property
    def manifests(self) -> list[str]:
        """Kubernetes manifests, those of charts and kustomizations included."""
        found = [path for path in self.files if is_manifest(path)][:_READ]
        return [path for path in found if telling(self.start(path))]

    @cached_property
    def roots(self) -> list[str]:
        """Root modules of OpenTofu: folders that say where their state or what their cloud is."""
        found = [path for path in self.files if path.endswith((".tf", ".tofu"))][:_READ]
        roots = {folder(path) for path in found if _ROOT.search(self.start(path))}
        return sorted(each for each in roots if "modules" not in each.split("/"))

    @property
    def summary(self) -> str:
        """In a few words; ``""`` where there is nothing."""
        counts = {
            "Dockerfile": len(self.dockerfiles),
            "manifest": len(self.manifests),
            "chart": len(self.charts),
            "kustomization": len(self.kustomizations),
            "root module": len(self.roots),
        }
        said = (f"{n} {what}{'s' * (n != 1)}" for what, n in counts.items() if n)
        return ", ".join(said)


def settings(holding: Holding) -> str:
    """The text of the file: what is found as settings, what may be wanted as comments."""
    parts = [_HEAD, _GATE, _environments(holding), _excluded(holding), _RULES]
    parts += [_images(holding), _cluster(holding), _charts(holding), _projects(holding)]
    return "\n".join(filter(None, parts))


_HEAD = """\
# What Redline does in this repository. It counts once it is on the target branch.
# `redline rules` lists what is judged; docs/configuration.md explains every key.
version: 1
"""
_GATE = """\
# default: what is dangerous and new blocks. strict: each rule by its letter.
# observe: nothing blocks yet, and the status says what would. A good start for an old repository.
gate:
  profile: default
  block_on: blocking       # or warning
  on_unchecked: block      # or allow: green, and the title says NOT CHECKED
"""
_RULES = """\
# What rules do here: off, on, info, warning or blocking; at some paths only, where these are given.
# rules:
#   missing-cpu-limit: off
#   missing-readiness: {severity: blocking, paths: ["apps/**"]}
"""


def _environments(holding: Holding) -> str:
    """Environments that are seen in the names of files; where they are many, as usual."""
    lines = []
    for one in GUESSED:
        found = {name for path in holding.files for name in _named(path, one.paths)}
        if not found or one.name == "test":  # mostly a folder of tests
            continue
        lines.append(f"  {one.name}:\n" + "    production: true\n" * one.production)
        if len(found) <= _SHOWN:
            spaces = (one.name, f"{one.name}-*", f"*-{one.name}")
            paths = _list(f"**/{name}" for name in sorted(found))
            lines.append(f"    paths: {paths}\n    namespaces: {_list(spaces)}\n")
        elif not one.production:
            lines[-1] = f"  {one.name}: {{}}\n"
    about = (
        "# Where things run, by files, namespaces, Argo CD projects and clusters. One that says\n"
        "# nothing of these has what is named like it.\n"
    )
    if lines:
        return "".join((about, "environments:\n", *lines))
    example = '# environments:\n#   prod: {production: true, namespaces: ["prod-*"]}\n'
    return about + example


def _named(path: str, names: tuple[str, ...]) -> Iterator[str]:
    """The first folder of a path, or its file, that is named so: ``prod/**``."""
    *folders, name = path.split("/")
    if not name.endswith((".yaml", ".yml", ".tf", ".tfvars", ".json")) or _hidden(path):
        return
    for each in folders:
        if matches(names, each):
            yield f"{each}/**"
            return
    if matches(names, name):
        yield name


def _hidden(path: str) -> bool:
    return any(step.startswith(".") for step in path.split("/"))


def _excluded(holding: Holding) -> str:
    steps = {step for path in holding.files for step in path.split("/")[:-1]}
    patterns = [f"**/{name}/**" for name in _LEFT_OUT if name in steps] or ["**/testdata/**"]
    return (
        "# Files that are not judged. What .gitattributes calls linguist-vendored or\n"
        f"# linguist-generated is left out already.\n# exclude: {_list(patterns)}\n"
    )


def _images(holding: Holding) -> str:
    if not holding.dockerfiles:
        return ""
    path = _shown(holding.dockerfiles[0])
    return (
        "# Which Dockerfile builds an image, where compose, skaffold and bake files and the names\n"
        f"# of folders do not tell.\n# images:\n#   registry.example.org/team/app: {path}\n"
    )


def _cluster(holding: Holding) -> str:
    if not (holding.manifests or holding.charts or holding.kustomizations):
        return ""
    return (
        "# The cluster, and what its largest node has for pods.\n"
        '# kubernetes: {version: "1.33", node_limits: {cpu: 16, memory: 64Gi}}\n'
    )


def _charts(holding: Holding) -> str:
    if not holding.charts:
        return ""
    lines = [f"#   - {{path: {_shown(path)}{_values(holding, path)}}}\n" for path in holding.charts]
    about = "# Charts, and the sets of values files that they are installed with.\n# charts:\n"
    return "".join((about, *lines[:_SHOWN]))


def _values(holding: Holding, chart: str) -> str:
    beside = (path for path in holding.files if folder(path) == chart)
    names = [name for path in beside if _VALUES.fullmatch(name := path.rpartition("/")[2])]
    sets = (f"[values.yaml, {_shown(name)}]" for name in names[:_SHOWN])
    return f", values: [{', '.join(sets)}]" if names else ""


def _projects(holding: Holding) -> str:
    if not holding.roots:
        return ""
    lines = (f"#   - {{path: {_shown(path or '.')}, plan: ci}}\n" for path in holding.roots)
    about = "# Root modules, and who makes their plans: worker, ci or none.\n# projects:\n"
    return "".join((about, *list(lines)[:_SHOWN]))


def _list(texts: Iterable[str]) -> str:
    return f"[{', '.join(map(_shown, texts))}]"


def _shown(text: str) -> str:
    """A text as YAML has it between quotes, on one line whatever is in it."""
    return json.dumps(text.encode("utf-8", "replace").decode())


@dataclass(frozen=True)
class Job:
    """A job for a forge's CI: where it goes, and its text."""

    path: str
    text: str


def job(remote: str, files: Sequence[str], version: str) -> Job | None:
    """The job for the forge of this remote address; else of the CI that is there already."""
    host = _host(remote)
    known = set(files)
    if "gitlab" in host or ("github" not in host and ".gitlab-ci.yml" in known):
        return Job(".gitlab-ci.yml", _GITLAB.format(version=version))
    if "github" in host or any(path.startswith(".github/workflows/") for path in known):
        return Job(".github/workflows/redline.yml", _GITHUB.format(version=version))
    return None


def _host(remote: str) -> str:
    """The host of ``https://``, ``ssh://`` and ``user@host:path`` addresses."""
    after = remote.partition("://")[2] or remote.replace(":", "/", 1)
    return after.partition("/")[0].rpartition("@")[2].lower()


_GITHUB = """\
name: redline
on: pull_request
permissions: {{contents: read}}
jobs:
  review:
    runs-on: ubuntu-latest
    container: {{image: "registry.example.org/redline:{version}", options: "--user root"}}
    steps:
      - uses: actions/checkout@v4
        with: {{fetch-depth: 0}}     # the merge base has to be there
      - run: git config --global --add safe.directory "$PWD"
      - env: {{BASE: "${{{{ github.base_ref }}}}"}}
        run: redline review --base "origin/$BASE"
"""
_GITLAB = """\
redline:
  image: {{name: "registry.example.org/redline:{version}", entrypoint: [""]}}
  variables: {{GIT_DEPTH: 0}}        # the merge base has to be there
  rules:
    - if: $CI_PIPELINE_SOURCE == "merge_request_event"
  script:
    - redline review --base "origin/$CI_MERGE_REQUEST_TARGET_BRANCH_NAME"
      --report codequality=gl-code-quality-report.json
  artifacts:
    when: always
    reports: {{codequality: gl-code-quality-report.json}}
"""
