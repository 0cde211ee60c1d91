"""The commands of CI files, Makefiles and scripts: by job, in order, on their lines."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.jobs import Job, has_jobs, jobs
from rules.subjects.text import parse

PROGRAMS = frozenset(("a", "b", "c", "d"))


def read(path: str, text: str) -> list[Job]:
    return jobs(parse(text, path), PROGRAMS)


def said(job: Job) -> list[tuple[str, int]]:
    return [(" ".join(command.words), command.line) for command in job.commands]


@pytest.mark.parametrize(
    ("path", "known"),
    [
        (".github/workflows/ci.yaml", True),
        ("x/.github/workflows/ci.yml", True),
        (".github/dependabot.yml", False),
        ("tools/action.yml", True),
        (".gitlab-ci.yml", True),
        ("ci/deploy.gitlab-ci.yml", True),
        (".gitlab/jobs/deploy.yml", True),
        ("deploy.yaml", False),
        ("Jenkinsfile", True),
        ("ci/Jenkinsfile.prod", True),
        ("Makefile", True),
        ("rules.mk", True),
        ("Makefile.md", False),
        ("a.sh", True),
        ("a.sh.j2", False),
        ("a.py", False),
    ],
)
def test_which_files_have_jobs(path: str, known: bool) -> None:
    assert has_jobs(path) is known


GITHUB = """\
name: Deploy
jobs:
  first:
    steps: [{run: a 1}]
  second:
    name: To production
    environment: {name: prod}
    needs: [first]
    steps:
      - uses: actions/checkout@v4
      - run: |

          b 2 \\
            3
          x && c
      - run: >-
          d
          4
      - run: "a 5"
"""


def test_a_workflow() -> None:
    first, second = read(".github/workflows/deploy.yaml", GITHUB)
    assert said(first) == [("a 1", 4)]
    assert said(second) == [("b 2 3", 13), ("c", 15), ("d 4", 17), ("a 5", 19)]
    assert [command.words for command in second.before] == [("a", "1")]
    assert (second.name, second.places) == ("second", ("second", "Deploy", "To production", "prod"))


def test_jobs_that_need_each_other_end() -> None:
    text = "jobs:\n  x: {needs: y, steps: [{run: a}]}\n  y: {needs: x, steps: [{run: b}]}\n"
    x, y = read(".github/workflows/a.yml", text)
    assert [len(x.before), len(y.before)] == [1, 1]


def test_an_action() -> None:
    (job,) = read("action.yml", "runs:\n  steps:\n    - run: a\n")
    assert said(job) == [("a", 3)]


GITLAB = """\
stages: [build, deploy]
default: {before_script: [x]}
.deploy:
  script:
    - a
    - |
      b
deploy prod:
  extends: .deploy
  environment: production
  before_script: [c]
  script: d
"""


def test_gitlab() -> None:
    found = {job.name: job for job in read(".gitlab-ci.yml", GITLAB)}
    assert said(found[".deploy"]) == [("a", 5), ("b", 7)]
    assert found[".deploy"].places == (".deploy", "deploy prod", "production")
    assert said(found["deploy prod"]) == [("c", 11), ("d", 12)]
    assert {command.words[0] for command in found["deploy prod"].before} == {"a", "b"}


JENKINS = """\
pipeline {
  // sh 'a'
  stages {
    stage('Build') { steps { sh "b" } }
    stage("Deploy") {
      steps {
        sh '''
          c 1
          d
        '''
        sh(script: 'a', returnStdout: true)
        echo 'b'
      }
    }
  }
}
"""


def test_a_jenkinsfile() -> None:
    _, build, deploy = read("Jenkinsfile", JENKINS)
    assert (build.name, said(build)) == ("Build", [("b", 4)])
    assert said(deploy) == [("c 1", 8), ("d", 9), ("a", 11)]
    assert len(deploy.before) == 1


MAKE = """\
X := a
prod test: diff
\t@a $(X) \\
\t  2

\tb

diff: | other
\t-$(C) 3
ifeq (x,y)
other:
\td $$HOME
endif
"""


def test_a_makefile() -> None:
    found = {job.name: job for job in read("Makefile", MAKE)}
    assert said(found["prod"]) == said(found["test"]) == [("a ${X} 2", 3), ("b", 6)]
    assert said(found["other"]) == [("d $HOME", 12)]
    assert said(found["diff"]) == [("${C} 3", 9)]
    assert {command.words for command in found["prod"].before} == {("${C}", "3"), ("d", "$HOME")}


def test_a_script() -> None:
    (job,) = read("a.sh", "#!/bin/sh\na && b\n")
    assert said(job) == [("a", 2), ("b", 2)]


@pytest.mark.parametrize(
    "text", ["[", "- a", "a: [", "jobs: 1", "jobs: {a: {steps: 1, needs: {}}}"]
)
def test_what_is_no_workflow_has_no_commands(text: str) -> None:
    for path in (".github/workflows/a.yml", ".gitlab-ci.yml"):
        assert not [one for job in read(path, text) for one in job.commands]


PATHS = ["a.sh", "Makefile", "Jenkinsfile", ".gitlab-ci.yml", ".github/workflows/a.yml"]
TEXT = st.text(alphabet="ab:\n\t -|>{}[]'\"/*$()\\#&", max_size=200) | st.text(max_size=100)


@given(st.sampled_from(PATHS), TEXT)
def test_any_text_has_commands_on_lines_that_exist(path: str, text: str) -> None:
    last = text.count("\n") + 1
    assert all(1 <= one.line <= last for job in read(path, text) for one in job.commands)


@pytest.mark.parametrize(
    ("path", "piece"),
    [
        ("Jenkinsfile", "/*"),
        ("Jenkinsfile", "sh 'a'\n"),
        ("Jenkinsfile", "stage('a')"),
        ("Makefile", "a: a\n\tb\n"),
        ("Makefile", "a" * 300 + "\n"),
        (".gitlab-ci.yml", "j%d:\n script: a\n"),
        ("a.sh", "a;"),
    ],
)
def test_time_is_linear(path: str, piece: str) -> None:
    count = 150_000 // len(piece)
    text = "".join(piece.replace("%d", str(number)) for number in range(count))
    start = time.process_time()
    read(path, text)
    assert time.process_time() - start < 5
