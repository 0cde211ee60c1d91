"""Which ``#`` begins a comment, and what that comment speaks of."""

import re
import time

from rules.subjects.comment import Comment, in_dockerfile, in_yaml

WANTED = re.compile(r"# *say [a-z ]+")

YAML = """\
# say the object
---
# more of it
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web  # say the name
spec:
  template:
    # say the key
    spec:
      containers:
        # say the item
        - name: web
          image: x # say the image
          args:
            - |  # say the argument
              # say nothing
              x: # say nothing
            - "a # say nothing"
            - a#say
            - 'it''s # say nothing'
          # say the last

        - name: b # foo # say the second
        # image: z # say nothing
          command: ["a",  # say the list
            b]
"""


def spoken(found: list[Comment]) -> dict[str, tuple[int, int, int]]:
    return {one.text.removeprefix("# say the "): (one.line, one.first, one.last) for one in found}


def test_comments_of_yaml() -> None:
    assert spoken(in_yaml(YAML.encode(), "a.yaml", WANTED)) == {
        "object": (1, 4, 28),
        "name": (7, 7, 7),
        "key": (10, 11, 28),
        "item": (13, 14, 22),
        "image": (15, 15, 15),
        "argument": (17, 17, 19),
        "last": (23, 0, 0),
        "second": (25, 25, 28),
        "list": (27, 27, 28),
    }


def test_the_place_is_told_by_names() -> None:
    found = in_yaml(YAML.encode(), "a.yaml", WANTED)
    assert {one.subject for one in found if one.last} == {"apps/Deployment//web"}
    assert found[0].place == ""
    assert found[4].place == "/spec/template/spec/containers/[web]/image"


def test_the_first_key_of_a_value_is_only_itself() -> None:
    text = "apiVersion: v1\nkind: Pod\nspec:\n  # say the key\n  a: 1\n  b: 2\n"
    assert spoken(in_yaml(text.encode(), "a.yaml", WANTED)) == {"key": (4, 5, 5)}


def test_the_first_item_is_not_the_list() -> None:
    text = "a:\n# say the item\n- x: 1\n  y: 2\n- z\n"
    assert spoken(in_yaml(text.encode(), "a.yaml", WANTED)) == {"item": (2, 3, 4)}


def test_objects_of_a_list() -> None:
    text = (
        "kind: List\napiVersion: v1\nitems:\n# say the object\n- kind: Pod\n  apiVersion: v1\n"
        "  metadata: {name: a}\n- kind: Pod\n  apiVersion: v1\n  metadata: {name: b}\n"
    )
    (found,) = in_yaml(text.encode(), "a.yaml", WANTED)
    assert (found.first, found.last, found.subject) == (5, 7, "Pod//a")


def test_a_file_is_read_as_far_as_it_is_yaml() -> None:
    text = "a: 1 # say the first\n---\nb: 'x # say nothing\n"
    assert spoken(in_yaml(text.encode(), "a.yaml", WANTED)) == {"first": (1, 1, 1)}
    assert in_yaml(b"\xff\xffa: 1 # say the first\n", "a.yaml", WANTED) == []


def test_line_ends_of_windows() -> None:
    text = "# say the key\r\na: 1\r\n"
    assert spoken(in_yaml(text.encode(), "a.yaml", WANTED)) == {"key": (1, 2, 2)}


DOCKERFILE = """\
# syntax=docker/dockerfile:1
# say the base
FROM debian:latest AS base
# say the instruction
RUN apt-get update && \\
  # say the line
  apt-get install curl
RUN echo # say nothing
RUN <<EOT
# say nothing
EOT
# say no more

USER 1
"""


def test_comments_of_a_dockerfile() -> None:
    found = in_dockerfile(DOCKERFILE.encode(), "Dockerfile", WANTED)
    assert spoken(found) == {
        "base": (2, 3, 3),
        "instruction": (4, 5, 7),
        "line": (6, 7, 7),
        "# say no more": (12, 0, 0),
    }
    assert found[0].place == "base FROM debian:latest AS base"


def test_a_dockerfile_that_cannot_be_read_has_none() -> None:
    assert in_dockerfile(b"# say the base\nFORM a\n", "Dockerfile", WANTED) == []


def test_they_are_found_in_bounded_time() -> None:
    worst = (
        b"# say it\n" * 60_000,
        b"[" * 200_000 + b"\n# say it\n",
        b"a: 1 # say it\n" * 40_000,
        b"{" + b"a: [b, # say it\n" * 20_000,
        b"# say it " * 60_000,
    )
    for data in worst:
        start = time.process_time()
        in_yaml(data, "a.yaml", WANTED)
        in_dockerfile(b"FROM a:1\n" + data, "Dockerfile", WANTED)
        assert time.process_time() - start < 6
