"""missing-dockerignore: from which folder, by which file, and what goes along."""

import pytest

from rules.contexts import Contexts
from rules.dockerfile.missing_dockerignore import missing_dockerignore
from rules.finding import Finding
from rules.images import Images
from rules.release import Release
from rules.rule import judge
from rules.subjects.dockerfile import parse

NODE = {"package.json": "{}"}


def found(path: str, text: str, files: dict[str, str]) -> list[Finding]:
    there = {path: text, **files}
    images = Images(
        lambda: there, lambda paths: {each: there[each].encode() for each in paths if each in there}
    )
    contexts = Contexts(images.entries, images.read, images.contexts_of)
    release = Release(contexts_of=contexts.of)
    return judge([missing_dockerignore], [parse(text, path)], release)


@pytest.mark.parametrize(
    "copy",
    [
        "COPY . .",
        "COPY ./ /app/",
        "ADD . /app",
        "COPY * /app/",
        "COPY / /app",
        'COPY [".", "/a b"]',
    ],
)
def test_the_whole_context(copy: str) -> None:
    (one,) = found("Dockerfile", f"FROM a:1.2\nRUN b\n{copy}\nCOPY . /x", NODE)
    assert one.location.line == 3
    assert "`.git` and `node_modules`" in one.message
    assert one.fix == "Write into `.dockerignore`, a line each: `.git`, `**/node_modules`."


@pytest.mark.parametrize(
    "copy",
    [
        "COPY src /app",
        "COPY ./src/ /app",
        "COPY --from=build . /app",
        "COPY --from=busybox:1.36 / /app",
        "ADD https://shop.example/a.tgz /",
        "COPY *.js /app/",
        "RUN --mount=type=bind,target=. make",
        "COPY <<EOF /app/.\nx\nEOF",
        "ONBUILD COPY . .",
        "COPY --exclude=.git --exclude=**/node_modules . .",
    ],
)
def test_something_else(copy: str) -> None:
    assert found("Dockerfile", f"FROM a:1.2\n{copy}\n", NODE) == []


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({}, ["`.git`"]),
        ({"main.go": ""}, ["`.git`"]),
        ({"web/package.json": "{}"}, ["`.git` and `node_modules`"]),
        ({"pyproject.toml": "", "app/a.py": ""}, ["`.git` and `__pycache__`"]),
        ({"tool/a.py": ""}, ["`.git`"]),
        ({".env.example": ""}, ["`.git` and `.env`"]),
        ({".gitignore": "dist\n.env\n"}, ["`.git` and `.env`"]),
        ({".gitignore": ".environment\n"}, ["`.git`"]),
        ({"tests/fixtures/a.json": ""}, ["`.git` and `fixtures`"]),
        ({"shop/fixtures/a.json": ""}, ["`.git`"]),
        ({".dockerignore": ".git"}, []),
        ({".dockerignore": "!.git"}, []),
        ({".dockerignore": "[", **NODE}, []),
        ({".containerignore": ".git"}, []),
        ({"Dockerfile.dockerignore": "", ".dockerignore": ".git"}, ["`.git`"]),
        ({".dockerignore": ".git\ntests", "tests/fixtures/a.json": ""}, []),
    ],
)
def test_what_the_repository_shows(files: dict[str, str], words: list[str]) -> None:
    said = found("Dockerfile", "FROM a:1.2\nCOPY . .\n", files)
    assert [one.message.partition(" takes ")[2].partition(" along")[0] for one in said] == words


@pytest.mark.parametrize(
    ("files", "folder"),
    [
        ({"web/package.json": "{}"}, "web"),
        ({"web/package.json": "{}", "compose.yml": "services: {web: {build: web}}"}, "web"),
        (
            {
                "web/package.json": "{}",
                "compose.yml": "services: {w: {build: {context: ., dockerfile: web/Dockerfile}}}",
            },
            "",
        ),
        (
            {
                "web/package.json": "{}",
                "deploy/skaffold.yaml": "build: {artifacts: [{image: w, context: ../web}]}",
            },
            "web",
        ),
        ({"web/package.json": "{}", ".dockerignore": "docs"}, ""),
    ],
)
def test_the_folder_that_it_is_built_from(files: dict[str, str], folder: str) -> None:
    (one,) = found("web/Dockerfile", "FROM a:1.2\nCOPY . .\n", files)
    assert f"`{folder}/.dockerignore`".replace("`/", "`") in one.fix
    assert ("`.git`" in one.message) is (folder == "")


def test_who_reads_the_history_keeps_it() -> None:
    text = "FROM a:1.2\nCOPY . .\nRUN make VERSION=$(git describe --tags)\n"
    assert found("Dockerfile", text, {}) == []


def test_a_folder_with_nothing_to_copy_is_no_context() -> None:
    assert found("web/Dockerfile", "FROM a:1.2\nCOPY . .\n", {"web/README.md": ""}) == []


def test_nothing_is_said_where_nobody_can_look() -> None:
    subject = parse("FROM a:1.2\nCOPY . .\n", "Dockerfile")
    assert judge([missing_dockerignore], [subject]) == []
