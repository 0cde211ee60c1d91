"""single-stage: what stays that only the build needs, where that is sure."""

import pytest

from rules.dockerfile.single_stage import single_stage
from rules.finding import Finding
from rules.rule import judge
from rules.subjects.dockerfile import parse

PIP = "\nRUN pip install -r requirements.txt\nCMD gunicorn shop:app"


def found(text: str, path: str = "app/Dockerfile") -> list[Finding]:
    return judge([single_stage], [parse(text, path)])


@pytest.mark.parametrize(
    ("text", "line", "named"),
    [
        ("FROM golang:1.23\nRUN go build -o /a\nCMD /a", 2, "`go build`"),
        ("FROM golang:1.23\nRUN cd x && \\\n  CGO_ENABLED=0 go build\nCMD /a", 3, "`go build`"),
        ("FROM golang:1.23\nRUN echo make && \\\n  cd a && \\\n  make\nCMD /a", 4, "`make`"),
        ("FROM golang:1.23 AS base\nRUN make\nFROM base\nCMD /a", 2, "`make`"),
        ('FROM rust:1.82\nRUN cargo build --release\nENTRYPOINT ["/a"]', 2, "`cargo build`"),
        (
            "FROM gradle:8.10\nRUN ./gradlew :app:bootJar\nCMD java -jar a.jar",
            2,
            "`gradlew :app:bootJar`",
        ),
        (
            "FROM mcr.microsoft.com/dotnet/sdk:8.0\nRUN dotnet publish -o /a\nCMD dotnet /a/a.dll",
            2,
            "`dotnet publish`",
        ),
        ("FROM openjdk:8\nRUN ./gradlew installDist\nCMD /a", 2, "`gradlew installDist`"),
        (f"FROM python:3.12\nRUN apk add gcc=12 musl-dev{PIP}", 2, "`gcc`"),
        (f"FROM python:3.12\nRUN x && \\\n  dnf -y install gcc-c++{PIP}", 3, "`gcc-c++`"),
        ("FROM alpine:3.20\nRUN apk add go\nRUN go build -o /a\nCMD /a", 3, "`go build`"),
        ("FROM node:22\nRUN yarn\nRUN yarn build\nCMD node a", 3, "`yarn build`"),
        ("FROM node:22\nRUN npm ci && npm run build:prod\nCMD node a", 2, "`npm run build:prod`"),
        ("FROM python:3.12\nRUN pip install .[dev,docs]\nCMD a", 2, "`.[dev,docs]`"),
        ("FROM python:3.12\nRUN pip install -r requirements/test.txt\nCMD a", 2, "test.txt`"),
    ],
)
def test_what_stays(text: str, line: int, named: str) -> None:
    (one,) = found(text)
    assert one.location.line == line
    assert named in one.message


@pytest.mark.parametrize(
    "text",
    [
        "FROM golang:1.23\nRUN go build\nCMD go test ./...",
        "FROM golang:1.23\nRUN go build",
        "FROM golang:1.23\nRUN go install example.org/tool@v1.2.3\nCMD tool",
        "FROM golang:1.23\nRUN echo go build\nCMD /a",
        "FROM golang:1.23 AS build\nRUN go build\nFROM scratch\nCMD /a",
        "FROM swift:5.10-slim\nRUN make\nCMD /a",
        "FROM debian:12\nRUN make install\nCMD /a",
        "FROM debian:12\nRUN go build -o /a && rm -rf /usr/local/go\nCMD /a",
        "FROM golang:1.23 AS dev\nRUN go build\nCMD /a",
        "FROM python:3.12\nRUN apt-get install -y gcc\nCMD gunicorn",
        f"FROM python:3.12\nRUN apt-get install -y gcc\nRUN apt-get purge -y gcc{PIP}",
        f"FROM python:3.12\nRUN apt-get install -y libgcc1 gcc-base{PIP}",
        f"FROM python:3.12\nRUN apt-get install -y default-jdk{PIP}",
        f"FROM nvidia/cuda:12.4.1-runtime-ubuntu22.04\nRUN apt-get install -y gcc{PIP}",
        'FROM python:3.12\nRUN apk add gcc\nRUN pip install a\nCMD ["uv", "run", "bash"]',
        'FROM python:3.12\nRUN apk add gcc\nRUN pip install a\nCMD ["sh", "-c", "sleep 9"]',
        "FROM node:22\nENV NODE_ENV=production\nRUN npm ci && npm run build\nCMD node a",
        "FROM node:22\nENV NODE_ENV=production\nRUN npm ci --omit=dev && npm run build\nCMD node a",
        "FROM node:22\nRUN npm install -g pnpm\nRUN npm run build\nCMD node a",
        "FROM node:22\nRUN npm ci\nRUN npm run build\nCMD npm run dev",
        "FROM node:22\nRUN npm ci\nRUN npm run lint\nCMD node a",
        "FROM python:3.12\nRUN pip install -r requirements-dev.txt\nCMD pytest",
        "FROM python:3.12\nRUN pip install devtools[cli]\nCMD a",
    ],
)
def test_what_is_not_sure(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    "path",
    ["Dockerfile.dev", "tests/Dockerfile", ".devcontainer/Dockerfile", "ci/build.Dockerfile"],
)
def test_what_is_not_made_for_production_by_its_name(path: str) -> None:
    text = "FROM golang:1.23\nRUN go build\nCMD /a"
    assert found(text, path) == []
    assert len(found(text, "build/package/Dockerfile")) == 1


def test_it_is_said_once_a_file() -> None:
    text = "FROM golang:1.23\nRUN apt-get install -y gcc\nRUN go build\nRUN make\nCMD /a"
    assert len(found(text)) == 1
