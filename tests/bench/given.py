"""Repositories and files that are measured over, of any size, always the same."""

import re
from collections.abc import Iterator
from pathlib import Path

from tests.demo.files import (
    API_DEPLOYMENT,
    API_DOCKERFILE,
    DOCKERIGNORE,
    SCALING,
    SERVICE,
    WORKER_DEPLOYMENT,
)
from tests.history.corpus import REAL, loose
from tests.repositories import Repository

_A_SERVICE = 10  # files


def infrastructure(files: int) -> dict[str, str]:
    """A repository of many services: a Dockerfile, code in the same folder, three manifests."""
    found: dict[str, str] = {}
    for number in range(files // _A_SERVICE):
        name = f"service-{number:05}"
        found |= {
            f"services/{name}/.dockerignore": DOCKERIGNORE,
            f"services/{name}/Dockerfile": API_DOCKERFILE,
            **{f"services/{name}/part_{n}.go": f"package main // {name} {n}\n" for n in range(5)},
            f"deploy/{name}/deployment.yaml": _of(name, API_DEPLOYMENT),
            f"deploy/{name}/service.yaml": _of(name, SERVICE),
            f"deploy/{name}/scaling.yaml": _of(name, SCALING),
        }
    return found


def _of(name: str, manifests: str) -> str:
    """The demo's api under another name."""
    return re.sub(r"\bapi\b", name, manifests)


def change(files: int) -> dict[str, str]:
    """A change that breaks the first services of ``infrastructure``, one file of each in turn.

    Its manifests run images that the repository builds, so their Dockerfiles are looked up.
    """
    found: dict[str, str] = {}
    for number in range(files):
        name = f"service-{number:05}"
        if number % 2:
            found[f"services/{name}/Dockerfile"] = API_DOCKERFILE.replace(
                "1.22.5-bookworm", "latest"
            )
        else:
            found[f"deploy/{name}/deployment.yaml"] = WORKER_DEPLOYMENT.replace("worker", name)
    return found


def changed(folder: Path, size: int, files: int) -> Path:
    """A repository of so many files with a change of so many in its working tree."""
    made = Repository.create(folder)
    made.commit(infrastructure(size))
    made.checkout()
    for path, text in change(files).items():
        made.write(path, text)
    return folder


def scanned(kind: str) -> Iterator[tuple[str, bytes]]:
    """Real files of a kind, ``k8s`` or ``dockerfile``; made ones where the real are not here.

    Each lies in a folder of its own, under a name that every tool takes for its kind.
    """
    if REAL.is_dir():
        contents = [(path.rpartition("/")[2], data) for path, data in loose(kind)]
    else:
        contents = list(_made(kind))
    for number, (name, data) in enumerate(contents):
        yield f"{kind}/{number:03}/{'Dockerfile' if kind == 'dockerfile' else name}", data


def _made(kind: str) -> Iterator[tuple[str, bytes]]:
    suffix = "Dockerfile" if kind == "dockerfile" else ".yaml"
    files = {**infrastructure(2000), **change(200)}
    for path, text in files.items():
        if path.endswith(suffix):
            yield path.rpartition("/")[2], text.encode()


def written(folder: Path, files: dict[str, bytes]) -> Path:
    """A repository with these files committed and on disk."""
    made = Repository.create(folder)
    made.commit(files)
    made.checkout()
    return folder
