"""unreviewed-apply."""

import re
from collections.abc import Iterator
from itertools import islice

from rules.config import Config
from rules.finding import Problem, Severity, named
from rules.jobs import Job, jobs
from rules.release import Release
from rules.rule import rule
from rules.shell import Command
from rules.subjects.text import Text

BAD = """
  ==> .github/workflows/deploy.yaml <==
  on: {push: {branches: [main]}}
  jobs:
    apply:
      runs-on: ubuntu-24.04
      steps:
        - run: tofu init
        - run: |
            tofu plan
>           tofu apply -auto-approve -input=false
"""
BAD_SCRIPT = """
  ==> infra/apply.sh <==
  #!/bin/sh
  set -eu
> terraform -chdir=infra apply -auto-approve \\
    -var-file production.tfvars
"""
BAD_CLUSTER = """
  ==> .gitlab-ci.yml <==
  deploy:
    stage: deploy
    environment: {name: production}
    script:
>     - kubectl apply -k overlays/live
      - kubectl rollout status deployment/web
"""
BAD_CHART = """
  ==> Makefile <==
  deploy-prod: build
> \thelm upgrade --install web charts/web -f values.yaml

  build:
  \tdocker build .
"""
BAD_STAGE = """
  ==> Jenkinsfile <==
  pipeline {
    stages {
      stage('Deploy to production') {
        steps {
>         sh 'kubectl --namespace shop apply -f k8s/'
        }
      }
    }
  }
"""
GOOD_MENDED = """
  ==> .github/workflows/deploy.yaml <==
  on: {push: {branches: [main]}}
  jobs:
    apply:
      runs-on: ubuntu-24.04
      steps:
        - run: tofu init
        - run: |
            tofu plan -out=plan.bin
            tofu apply -auto-approve plan.bin
"""
GOOD_SAVED_PLAN = """
  ==> .github/workflows/deploy.yaml <==
  jobs:
    apply:
      steps:
        - run: tofu plan -out=plan.bin
        - run: tofu apply -auto-approve plan.bin
"""
GOOD_ASKS = """
  ==> apply.sh <==
  terraform apply -var-file production.tfvars
"""
GOOD_ONLY_SAID = """
  ==> deploy.sh <==
  echo "now run: terraform apply -auto-approve"  # terraform apply -auto-approve
  cat <<EOF
  kubectl --context prod apply -f web.yaml
  EOF
"""
GOOD_THROWN_AWAY = """
  ==> test/e2e/setup.sh <==
  terraform apply -auto-approve
  kubectl apply -f prod-like.yaml
"""
GOOD_DIFF = """
  ==> .gitlab-ci.yml <==
  deploy:
    environment: production
    script:
      - kubectl diff -k overlays/live || true
      - kubectl apply -k overlays/live
"""
GOOD_DRY_RUN = """
  ==> deploy-prod.sh <==
  kubectl apply --dry-run=server -f web.yaml && kubectl apply -f web.yaml
  helm --kube-context prod upgrade web charts/web --dry-run
"""
GOOD_DIFF_IN_ANOTHER_JOB = """
  ==> .github/workflows/production.yaml <==
  jobs:
    preview:
      steps: [{run: helm diff upgrade web charts/web}]
    deploy:
      needs: preview
      environment: production
      steps: [{run: helm upgrade web charts/web}]
"""
GOOD_DIFF_BEFORE = """
  ==> Makefile <==
  deploy-prod: diff
  \t$(KUBECTL) apply -f web.yaml

  diff:
  \t-$(KUBECTL) diff -f web.yaml
"""
GOOD_NOT_PRODUCTION = """
  ==> deploy.sh <==
  kubectl --context staging apply -f web.yaml
  helm upgrade --install web charts/web --namespace dev
"""
GOOD_ANOTHER_APPLY = """
  ==> prod.sh <==
  kubectl apply view-last-applied deployment/web
  git apply fix.patch
  helm diff upgrade web charts/web
"""
_TOFU = frozenset(("terraform", "tofu", "terragrunt", "tf"))
_CLUSTER = frozenset(("kubectl", "oc", "helm", "helm3"))
_ASKS = frozenset(("read", "select"))  # a script that asks somebody
_VALUED = frozenset((  # options whose value stands behind them as a word of its own
    *("-var", "-var-file", "-target", "-replace", "-state", "-state-out", "-backup", "-chdir"),
    *("-lock-timeout", "-parallelism", "--context", "--kube-context", "--namespace", "-n", "-s"),
    *("--kubeconfig", "--cluster", "--server", "--user", "--as", "--token"),
))  # fmt: skip
_TRIED_OUT = """
test tests testing e2e dev devel develop development sandbox local example examples demo preview
ephemeral kind minikube integration bench benchmark playground scratch tutorial quickstart samples
sample pr hack lab labs workshop
"""
_THROWN_AWAY = frozenset(_TRIED_OUT.split())
_MAY_APPLY = re.compile(r"\b(?:apply|upgrade)\b")
_PART = re.compile(r"[A-Za-z][a-z]*|[A-Z]+|\d+")


@rule(
    Severity.WARNING,
    bad=[BAD, BAD_SCRIPT, BAD_CLUSTER, BAD_CHART, BAD_STAGE],
    good=[
        GOOD_MENDED,
        GOOD_SAVED_PLAN,
        GOOD_ASKS,
        GOOD_ONLY_SAID,
        GOOD_THROWN_AWAY,
        GOOD_DIFF,
        GOOD_DRY_RUN,
        GOOD_DIFF_IN_ANOTHER_JOB,
        GOOD_DIFF_BEFORE,
        GOOD_NOT_PRODUCTION,
        GOOD_ANOTHER_APPLY,
    ],
)
def unreviewed_apply(text: Text, release: Release) -> Iterator[Problem]:
    """An automation changes what runs without anybody having seen how.

    `apply -auto-approve` without a saved plan plans anew: what has changed since the review, a
    drift, another provider version, is applied with it, deletions too. `kubectl apply` and `helm
    upgrade` overwrite what was changed in the cluster, and show neither before nor after.

    OpenTofu and Terraform count wherever what they make is not thrown away (a test, a sandbox).
    For a cluster only what says production counts, by the path, the job, its environment or the
    command; a `kubectl diff`, `helm diff` or a server's dry run before it in the same job or
    script, or in one that it waits for, is enough.

    Fix: `tofu plan -out=plan.bin`, have it reviewed, then `tofu apply plan.bin`; run `kubectl diff`
    or `--dry-run=server` first, and let somebody look at it.
    """
    if _MAY_APPLY.search(text.text) is None:
        return
    for job in jobs(text, _TOFU | _CLUSTER | _ASKS):
        for found in (_unplanned(text, job), _unseen(text, job, release.config)):
            for command, why, fix in islice(found, 1):  # what follows is mended with it
                yield Problem(
                    text.at(command.line),
                    f"{named(_shown(command))} {why}.",
                    detail=f"{job.name} {command.program}".strip(),
                    fix=fix,
                )


def _unplanned(text: Text, job: Job) -> Iterator[tuple[Command, str, str]]:
    if not _THROWN_AWAY.isdisjoint(_parts(text.path, *job.places)):
        return
    asked = False
    for command in job.commands:
        asked = asked or command.program in _ASKS
        if not asked and command.program in _TOFU and _applies_anything(command):
            why = (
                "applies what nobody has seen: without a saved plan it plans anew, and asks nobody"
            )
            yield command, why, "Save the plan with `-out=FILE`, review it, and apply that file."


def _unseen(text: Text, job: Job, config: Config) -> Iterator[tuple[Command, str, str]]:
    seen = any(map(_looks, job.before))
    for command in job.commands:
        seen = seen or _looks(command)
        if not seen and _changes(command) and _is_production(text, job, command, config):
            why = "changes production without anybody having seen how: no diff runs before it"
            tool = "helm diff upgrade" if command.program.startswith("helm") else "kubectl diff"
            yield command, why, f"Run `{tool}` or `--dry-run=server` before it, and look at it."


def _parts(*texts: str) -> set[str]:
    return {part.lower() for text in texts for part in _PART.findall(text)}


def _shown(command: Command) -> str:
    """The program and what it is told to do, without the options: they may hold a secret."""
    return " ".join((command.program, *_bare(command)[:1]))


def _bare(command: Command) -> list[str]:
    """The arguments without options and their values."""
    found, skipping = [], False
    for word in command.arguments:
        if skipping:
            skipping = False
        elif word.startswith("-"):
            skipping = word in _VALUED
        else:
            found.append(word)
    return found


def _applies_anything(command: Command) -> bool:
    """Whether it applies without asking, and no plan that was saved before."""
    bare = [word for word in _bare(command) if word not in ("run-all", "run", "--")]
    flags = {word.lstrip("-") for word in command.arguments if word.startswith("-")}
    asks = flags.isdisjoint(("auto-approve", "auto-approve=true"))
    saved = [word for word in bare[1:] if word != "." and not word.endswith("/")]
    return bare[:1] == ["apply"] and not asks and not saved and "refresh-only" not in flags


def _changes(command: Command) -> bool:
    """Whether it changes a cluster."""
    bare = _bare(command)
    if _is_tried(command) or command.program not in _CLUSTER:
        return False
    if command.program.startswith("helm"):
        return bare[:1] == ["upgrade"] or bare[:2] == ["secrets", "upgrade"]
    return bare[:1] == ["apply"] and not (bare[1:2] and bare[1].endswith("last-applied"))


def _looks(command: Command) -> bool:
    """Whether it shows what would change, as the server has it."""
    if command.program.startswith("helm"):
        return _bare(command)[:1] == ["diff"] or _is_tried(command)
    server = "--dry-run=server" in command.arguments or "--server-dry-run" in command.arguments
    return command.program in _CLUSTER and (_bare(command)[:1] == ["diff"] or server)


def _is_tried(command: Command) -> bool:
    return any(word.startswith(("--dry-run", "--server-dry-run")) for word in command.arguments)


def _is_production(text: Text, job: Job, command: Command, config: Config) -> bool:
    named_so = [text.path, *job.places, *command.arguments]
    if _THROWN_AWAY & _parts(text.path, *job.places):
        return False
    found = [config.environment(path=text.path)]
    for each in named_so:
        word = re.sub(r"[^A-Za-z0-9]+", "-", each.rpartition("=")[2]).strip("-").lower()
        found.append(config.environment(path=each, namespace=word, cluster=each))
    return any(each is not None and each.production for each in found)
