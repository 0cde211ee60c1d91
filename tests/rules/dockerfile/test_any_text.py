"""All rules for Dockerfiles over whatever there may be in one."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.contexts import Contexts
from rules.release import Release
from rules.rule import judge, rules_of
from rules.subjects.dockerfile import Dockerfile, Unreadable, parse

RULES = rules_of("dockerfile")
WORDS = st.sampled_from([
    *("FROM a", "FROM ${R}/a:1", "FROM ${R}/a", "FROM golang:1 AS b", "FROM b", "FROM ${X}"),
    *("FROM scratch", "FROM python:3 AS c", "ARG R"),
    *("USER root", "USER $U", "USER 1", "ARG U=0", "ENV NODE_ENV=production", "CMD x", "CMD []"),
    *("RUN apt-get install gcc", "RUN pip install -r a", "RUN npm ci", "RUN npm run build", "RUN"),
    *("RUN a $(b", "RUN `a` 'b", "RUN <<E\n\nE", "RUN go build \\\n#c\n -o", 'ENTRYPOINT ["sh"]'),
    *("COPY . .", "COPY --exclude=[ * /a", 'COPY ["."', "ADD / /", "ONBUILD COPY . .", "\\", "#"),
])  # fmt: skip


def judged(text: str) -> list[int]:
    try:
        subject: Dockerfile = parse(text, "a/Dockerfile")
    except Unreadable:
        return []
    files = {"a/package.json": b"{}", "a/.dockerignore": text.encode("utf-8", "replace")}
    contexts = Contexts(
        lambda: files, lambda paths: {each: files[each] for each in paths}, lambda _path: [""]
    )
    found = judge(RULES, [subject], Release(contexts_of=contexts.of))
    for one in found:
        f"{one.message} {one.fix} {one.detail}".encode()  # nothing of what is unknown gets out
    return [one.location.line for one in found]


@given(st.lists(WORDS, max_size=12).map("\n".join) | st.text(max_size=80).map("FROM a\n{}".format))
def test_any_text_has_findings_on_lines_that_exist(text: str) -> None:
    assert all(1 <= line <= text.count("\n") + 1 for line in judged(text))


@pytest.mark.parametrize(
    "piece",
    [
        "RUN apt-get install gcc\n",
        "RUN a && \\\n",
        "RUN make;make;make;make;make;make;make;make\n",
        "COPY . .\n",
        "USER root\n",
        "FROM golang:1\n",
        "FROM a AS b\nFROM b AS a\n",
    ],
)
def test_time_is_linear(piece: str) -> None:
    text = "FROM golang:1\nCMD x\n" + piece * (200_000 // len(piece)) + "RUN x\n"
    start = time.process_time()
    judged(text)
    assert time.process_time() - start < 10
