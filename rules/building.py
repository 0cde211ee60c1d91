"""What commands of an image's build compile or install that only a build needs."""

import re
from collections.abc import Iterable

from rules.shell import Command

# A program to the subcommands by which it compiles what was copied in; none: whatever it is told.
_COMPILES = {
    "go": ("build",),
    "cargo": ("build",),
    "mvn": ("package", "install", "verify"),
    "mvnw": ("package", "install", "verify"),
    "gradle": ("build", "assemble", "jar", "bootJar", "shadowJar", "installDist", "war"),
    "gradlew": ("build", "assemble", "jar", "bootJar", "shadowJar", "installDist", "war"),
    "dotnet": ("build", "publish"),
    "swift": ("build",),
    "stack": ("build", "install"),
    "cabal": ("build", "install"),
    "make": (),
    "cmake": (),
    "gcc": (),
    "g++": (),
}
_BUNDLES = re.compile(r"build(?:[:-][\w:-]+)?")
_NODE_INSTALLS = ("install", "i", "ci")
_WITHOUT_DEV = re.compile(
    r"--(?:production|prod|omit[= ]dev|only[= ]prod(?:uction)?)|-P$|prune|NODE_ENV=production"
)
# Packages that hold a compiler, by the names of Debian, Alpine and Fedora; and who uses one.
_FOR_C = ("pip", "pip3", "poetry", "pipenv", "uv", "npm", "yarn", "pnpm", "bundle", "gem", "pecl")
_COMPILERS = (
    (
        re.compile(
            r"build-essential|build-base|alpine-sdk|gcc(?:-\d+)?|g\+\+(?:-\d+)?|gcc-c\+\+|cmake"
            r"|clang(?:-\d+)?"
        ),
        frozenset((*_FOR_C, "docker-php-ext-install", "configure", "make", "cmake")),
    ),
    (re.compile(r"golang(?:-go|-\d\.\d+)?|go"), frozenset(("go",))),
    (re.compile(r"rustc|cargo|rust"), frozenset(("cargo", "maturin"))),
    (
        re.compile(r"maven|gradle|default-jdk(?:-headless)?|openjdk-?\d+-jdk(?:-headless)?"),
        frozenset(("mvn", "mvnw", "gradle", "gradlew")),
    ),
)
_MANAGERS = frozenset(("apt-get", "apt", "apk", "dnf", "microdnf", "yum", "zypper", "tdnf"))
_REMOVES = frozenset(("purge", "remove", "autoremove", "del", "erase"))
_LEFT = re.compile(r"(?:^|/)(?:go|\.?cargo|\.?rustup|maven|\.m2|\.?gradle|sdkman|jdk[^/]*)(?:/|$)")
_DEV_FILE = re.compile(
    r"(?:.*/)?(?:requirements[-_./](?:dev|develop|development|test|tests|testing)"
    r"|(?:dev|develop|development|test|testing)[-_]requirements)(?:\.txt|\.in)?"
)
_DEV_EXTRA = re.compile(r".*\[(?:[\w-]+,)*(?:dev|test|tests|testing)(?:,[\w-]+)*\]")
# Who starts one of these needs its tools, or is for people to work in.
_TOOLS = frozenset((
    *("bash", "sh", "zsh", "ash", "dash", "fish", "sleep", "tail", "cat", "true", "sshd", "code"),
    *("npx", "nodemon", "ts-node", "tsx", "air", "watchexec", "pytest", "tox", "nox", "jest"),
    *("jupyter", "start-notebook.sh", "Rscript", "R", "julia", "perl", "rails", "bundle", "rake"),
    *("vite", "webpack", "ng", "next", "gatsby", "hugo", "jekyll", "git", "cabal"),
    *("go", "cargo", "mvn", "mvnw", "gradle", "gradlew", "swift", "stack", "make", "cmake", "gcc"),
))  # fmt: skip
_MOST_RUNNERS = 4  # words before the program that is started: `tini -- uv run bash`
_RUNS_TOOLS = re.compile(r"dev|develop|watch|test|lint|build|serve|storybook|run|preview")


def compiles(command: Command, *, toolchain: bool) -> str | None:
    """How the command is called that compiles: ``go build``; None if it does not.

    ``toolchain``: its image is one of compilers, where ``make`` does too.
    """
    known = _COMPILES.get(command.program)
    if known is None or not known:
        return command.program if known is not None and toolchain else None
    said = next((word for word in command.arguments if word.rpartition(":")[2] in known), None)
    return f"{command.program} {said}" if said else None


def bundles(run: Iterable[Command]) -> tuple[str, int] | None:
    """How Node's build is called, and its place, where development dependencies came with it."""
    commands = list(run)
    installs = any(
        one.program in ("npm", "yarn", "pnpm") and _installs_all(one) for one in commands
    )
    if not installs or any(_WITHOUT_DEV.search(" ".join(one.words)) for one in commands):
        return None
    for place, one in enumerate(commands):
        words = [word for word in one.arguments if not word.startswith("-") and word != "run"]
        if one.program in ("npm", "yarn", "pnpm") and words and _BUNDLES.fullmatch(words[0]):
            run_word = "run " if "run" in one.arguments else ""
            return f"{one.program} {run_word}{words[0]}", place
    return None


def _installs_all(command: Command) -> bool:
    """Whether it installs what package.json names, not single packages."""
    words = [word for word in command.arguments if not word.startswith("-")]
    if len(words) == 1:
        return words[0] in _NODE_INSTALLS
    return command.program == "yarn" and not words


def compiler_in(command: Command) -> tuple[str, frozenset[str]] | None:
    """A package with a compiler that the command installs, and the programs that use such a one."""
    if command.program not in _MANAGERS or not {"install", "add"} & set(command.arguments):
        return None
    for word in command.arguments:
        name = re.split("[=<>~]", word)[0]
        for packages, users in _COMPILERS:
            if packages.fullmatch(name):
                return name, users
    return None


def removes(command: Command) -> bool:
    """Whether it removes packages, or what a build tool left."""
    if command.program == "rm":
        return any(map(_LEFT.search, command.arguments))
    return command.program in _MANAGERS and not _REMOVES.isdisjoint(command.arguments)


def development_only(command: Command) -> str | None:
    """What the command installs that only development needs: a file, an extra."""
    if command.program not in ("pip", "pip3", "uv") or "install" not in command.arguments:
        return None
    return next(
        (
            word
            for word in command.arguments
            if _DEV_FILE.fullmatch(word) or _DEV_EXTRA.fullmatch(word)
        ),
        None,
    )


def is_tool(command: Command) -> bool:
    """Whether what is started needs the tools of its build, or is for people to work in."""
    if command.program in ("npm", "yarn", "pnpm", "dotnet"):
        return any(_RUNS_TOOLS.match(word) for word in command.arguments)
    return not _TOOLS.isdisjoint((command.program, *command.arguments[:_MOST_RUNNERS]))
