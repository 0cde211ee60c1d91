"""Which Dockerfile builds an image: what build files say, then folders, else nobody knows."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

import pytest

from rules.images import Images

WEB = "FROM python:3.12\nUSER app\n"


def images(**files: str) -> Images:
    return of({path.replace("__", "/"): text for path, text in files.items()})


def of(files: Mapping[str, str]) -> Images:
    def read(paths: Iterable[str]) -> Mapping[str, bytes]:
        return {path: files[path].encode() for path in paths if path in files}

    return Images(lambda: files, read)


@pytest.mark.parametrize(
    ("reference", "path"),
    [
        ("ghcr.io/org/web:1", "services/web/Dockerfile"),
        ("web", "services/web/Dockerfile"),
        ("registry:5000/web@sha256:" + "0" * 64, "services/web/Dockerfile"),
        ("ghcr.io/web/other", None),
        ("two", None),
        ("python:3.12", None),  # python/Dockerfile is FROM python
        ("${IMAGE}", None),
        ("", None),
    ],
)
def test_by_the_folder_s_name(reference: str, path: str | None) -> None:
    files = {
        "services/web/Dockerfile": WEB,
        "a/two/Dockerfile": WEB,
        "b/two/Dockerfile": WEB,
        "python/Dockerfile": WEB,
        "web/readme.md": "",
    }
    assert of(files).path_of(reference) == path


def test_what_the_repository_s_settings_tell_comes_first() -> None:
    files = {"web/Dockerfile": WEB, "images/web.Dockerfile": WEB, "compose.yaml": COMPOSE}
    told = {
        "ghcr.io/org/web": "images/web.Dockerfile",
        "docker.io/library/log:1": "images/web.Dockerfile",
        "gone": "images/gone.Dockerfile",
        "ghcr.io/org/gone": "images/gone.Dockerfile",
    }
    found = replace(of(files), told=told)
    assert found.path_of("ghcr.io/org/web:1") == "images/web.Dockerfile"
    assert found.path_of("other/web") == "web/Dockerfile"
    assert found.path_of("log@sha256:" + "0" * 64) == "images/web.Dockerfile"
    assert found.path_of("gone") == "web/Dockerfile"  # as the compose file says
    assert found.path_of("ghcr.io/org/gone") == "web/Dockerfile"


COMPOSE = "services: {gone: {image: gone, build: ./web}}"


def test_compose() -> None:
    compose = """
services:
  web:
    image: ghcr.io/org/web:dev
    build: {context: .., dockerfile: docker/web.Dockerfile}
  job: {build: ./job}
  db: {image: "postgres:16"}
  gone: {image: gone, build: ./nowhere}
  out: {image: out, build: ../../..}
"""
    found = of(
        {
            "dev/compose.yaml": compose,
            "docker/web.Dockerfile": WEB,
            "dev/job/Dockerfile": WEB,
            "web/Dockerfile": WEB,
            "postgres/Dockerfile": "FROM debian\n",
        }
    )
    assert found.path_of("ghcr.io/org/web:1.4") == "docker/web.Dockerfile"
    assert found.path_of("other/web:1.4") == "docker/web.Dockerfile"  # by its last segment
    assert found.path_of("ghcr.io/org/job:1") == "dev/job/Dockerfile"
    assert found.path_of("postgres:16") == "postgres/Dockerfile"
    assert found.path_of("gone") is None
    assert found.path_of("out") is None


def test_skaffold_and_bake() -> None:
    skaffold = """
apiVersion: skaffold/v4beta11
kind: Config
build:
  artifacts:
    - {image: web, context: services/web}
    - {image: gcr.io/o/job, docker: {dockerfile: job.Dockerfile}}
---
apiVersion: skaffold/v4beta11
kind: Config
build: {artifacts: [{image: late, context: services/web, kaniko: {dockerfile: Late}}, null]}
"""
    bake = (
        '{"target": {"api": {"context": "api", "tags": ["ghcr.io/o/api:1", 3]}, "x": {}, "y": 1}}'
    )
    found = of(
        {
            "skaffold.yaml": skaffold,
            "docker-bake.json": bake,
            "services/web/Dockerfile": WEB,
            "services/web/Late": WEB,
            "job.Dockerfile": WEB,
            "api/Dockerfile": WEB,
            "Dockerfile": WEB,
        }
    )
    assert found.path_of("gcr.io/project/web:1") == "services/web/Dockerfile"
    assert found.path_of("gcr.io/o/job") == "job.Dockerfile"
    assert found.path_of("late") == "services/web/Late"
    assert found.path_of("ghcr.io/o/api:2") == "api/Dockerfile"
    assert found.path_of("x") == "Dockerfile"


def test_skaffold_s_first_versions() -> None:
    skaffold = """
apiVersion: skaffold/v1alpha2
kind: Config
build:
  artifacts:
    - {imageName: gcr.io/o/web, workspace: src/web}
    - {imageName: gcr.io/o/job, workspace: src, docker: {dockerfilePath: Job}}
"""
    found = of({"skaffold.yaml": skaffold, "src/web/Dockerfile": WEB, "src/Job": WEB})
    assert found.path_of("gcr.io/o/web") == "src/web/Dockerfile"
    assert found.path_of("gcr.io/o/job") == "src/Job"
    assert found.tagged_later("gcr.io/o/web")


def test_two_answers_are_none() -> None:
    compose = "services: {a: {image: o/web, build: a}, b: {image: o/web, build: b}}"
    files = {
        "compose.yml": compose,
        "a/Dockerfile": WEB,
        "b/Dockerfile": WEB,
        "web/Dockerfile": WEB,
    }
    assert of(files).path_of("o/web:1") is None
    assert of(files).path_of("other/web:1") == "web/Dockerfile"


@pytest.mark.parametrize(
    "text",
    ["", "services: [", "services: 1", "services: {a: b}", "- a", "services: {a: {build: 1}}"],
)
def test_odd_build_files_say_nothing(text: str) -> None:
    found = of({"docker-compose.override.yml": text, "web/Dockerfile": WEB})
    assert found.path_of("web") == "web/Dockerfile"


def test_docker_io_goes_without_saying() -> None:
    files = {
        "compose.yaml": "services: {a: {image: docker.io/o/web, build: a}}",
        "a/Dockerfile": WEB,
    }
    assert of(files).path_of("o/web:1") == "a/Dockerfile"


def test_the_dockerfile_is_parsed_once_and_a_broken_one_is_none() -> None:
    found = images(web__Dockerfile=WEB, bad__Dockerfile="NONSENSE here\n")
    first = found.dockerfile_of("web:1")
    assert first is not None
    assert first.final_user.name == "app"
    assert found.dockerfile_of("web:2") is first
    assert found.dockerfile_of("bad") is None
    assert found.dockerfile_of("nothing") is None


def test_nothing_is_asked_before_a_rule_asks() -> None:
    def never(*_arguments: object) -> Mapping[str, bytes]:
        raise AssertionError

    Images(never, never)


def test_the_folders_that_a_dockerfile_is_built_from() -> None:
    files = {
        "docker/web/Dockerfile": WEB,
        "api/Dockerfile": WEB,
        "compose.yaml": "services:\n"
        "  web: {build: {context: ., dockerfile: docker/web/Dockerfile}}\n"
        "  old: {image: o, build: {context: docker/web}}\n"
        "  far: {image: f, build: https://git.example/a.git}\n"
        "  out: {image: x, build: ../../x}\n",
        "api/skaffold.yml": "build: {artifacts: [{image: api}]}\n",
    }
    assert of(files).contexts_of("docker/web/Dockerfile") == {"", "docker/web"}
    assert of(files).contexts_of("api/Dockerfile") == {"api"}
    assert of(files).contexts_of("Dockerfile") == frozenset()
