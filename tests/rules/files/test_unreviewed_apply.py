"""unreviewed-apply: what changes things unseen, and what only looks so."""

import pytest

from rules.config import Config, Environment
from rules.files.unreviewed_apply import unreviewed_apply
from rules.finding import Finding
from rules.release import Release
from rules.rule import judge
from rules.subjects.text import parse


def found(path: str, text: str, config: Config | None = None) -> list[Finding]:
    return judge([unreviewed_apply], [parse(text, path)], Release(config=config or Config()))


@pytest.mark.parametrize(
    "command",
    [
        "terraform apply -auto-approve",
        "tofu apply --auto-approve",
        "tofu apply -auto-approve=true -var-file prod.tfvars",
        "tofu -chdir=x apply -auto-approve -var a=b -target aws_x.y",
        "terraform -chdir x apply -auto-approve",
        "terragrunt run-all apply -auto-approve",
        "cd infra && TF_VAR_a=1 sudo terraform apply -auto-approve | tee log",
        "$TERRAFORM apply -auto-approve .",
        "if true; then /usr/bin/tofu apply -destroy -auto-approve; fi",
    ],
)
def test_what_plans_anew_and_asks_nobody(command: str) -> None:
    (one,) = found("deploy/up.sh", f"set -e\n{command}\n")
    assert one.location.line == 2
    assert "without a saved plan" in one.message


@pytest.mark.parametrize(
    "command",
    [
        "terraform apply",
        "terraform apply -auto-approve plan.bin",
        'terraform apply -auto-approve "$PLAN"',
        "terraform apply -auto-approve=false",
        "terraform apply -auto-approve -refresh-only",
        "terraform plan -auto-approve",
        "echo terraform apply -auto-approve",
        "# terraform apply -auto-approve",
        "git apply -auto-approve",
        "docker run hashicorp/terraform version",
        "terraform plan && read -p 'Apply? ' && terraform apply -auto-approve",
    ],
)
def test_what_does_not(command: str) -> None:
    assert found("deploy/up.sh", f"{command}\n") == []


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("deploy/up.sh", 1),
        ("staging/up.sh", 1),
        ("tests/up.sh", 0),
        ("examples/eks/up.sh", 0),
        ("dev/up.sh", 0),
        ("hack/up.sh", 0),
        ("contest/up.sh", 1),
    ],
)
def test_what_is_thrown_away_needs_no_plan(path: str, said: int) -> None:
    assert len(found(path, "tofu apply -auto-approve\n")) == said


@pytest.mark.parametrize(
    "command",
    [
        "kubectl --context prod apply -f a.yaml",
        "kubectl apply --namespace=shop-prod -f a.yaml",
        "kubectl apply -k overlays/production",
        "helm3 upgrade web charts/web -n prod",
        "helm upgrade web charts/web -f values-prod.yaml",
        "helm --kube-context production secrets upgrade web charts/web",
        "kubectl apply --dry-run=client -f prod/ && kubectl apply -f prod/",
        "kustomize build overlays/prod | kubectl apply -n prod -f -",
    ],
)
def test_what_changes_production_unseen(command: str) -> None:
    (one,) = found("up.sh", f"{command}\n")
    assert "no diff runs before it" in one.message


@pytest.mark.parametrize(
    "command",
    [
        "kubectl apply -f a.yaml",
        "kubectl --context staging apply -f a.yaml",
        "helm upgrade product charts/product",
        "kubectl diff -f prod/ || true; kubectl apply -f prod/",
        "kubectl apply --dry-run=server -f prod/",
        "kubectl apply --server-side --dry-run=server -f prod/ && kubectl apply -f prod/",
        "helm upgrade web charts/web -n prod --dry-run && helm upgrade web charts/web -n prod",
        "helm diff upgrade web charts/web -n prod; helm upgrade web charts/web -n prod",
        "kubectl apply view-last-applied deployment/web -n prod",
        "kubectl get -n prod deployment/apply",
        "kubectl delete -n prod -f a.yaml",
    ],
)
def test_what_is_seen_or_elsewhere(command: str) -> None:
    assert found("up.sh", f"{command}\n") == []


def test_a_diff_afterwards_is_too_late() -> None:
    assert len(found("prod.sh", "kubectl apply -f a\nkubectl diff -f a\n")) == 1


def test_a_job_says_each_kind_once() -> None:
    applied = "tofu apply -auto-approve\n"
    text = f"{applied}helm upgrade a b\nhelm upgrade c d\n{applied}"
    assert [one.location.line for one in found("prod.sh", text)] == [1, 2]


def test_the_repository_says_what_production_is() -> None:
    text = "kubectl --context blue apply -f a.yaml\n"
    config = Config(environments=(Environment("live", production=True, clusters=("blue",)),))
    assert found("up.sh", text) == []
    assert len(found("up.sh", text, config)) == 1


def test_no_secret_of_the_command_is_shown() -> None:
    (one,) = found("prod.sh", "helm upgrade web charts/web --set password=hunter22\n")
    assert "hunter22" not in repr(one)
