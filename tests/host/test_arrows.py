"""The import arrows: app -> host, plugins -> the host's public modules, host -> no plugin.

Read from the sources, so that an import inside a function counts wherever it may run.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from host.testing.imports import FRAMEWORKS

ROOT = Path(__file__).parents[2]
PLUGINS = sorted(path.parent.name for path in ROOT.glob("plugins/*/__init__.py"))

PUBLIC = {"host", "host.archives", "host.checks", "host.images", "host.ui", "host.weights"}
"""What plugin authors are promised: docs/versions.md. host.testing is for their tests."""
SHIPS_WITH_THEM = {
    "host.shipped": "where their assets lie, in a checkout and in a wheel",
    "host.executors.call": "how a command's call failed",
    "host.settings": "a command that lifts the page's limits",
    "host.plugins": "why a command has no backend",
    "host.devices": "why a command has no device",
}
"""What the three plugins here use besides: it may change in any release, and they with it."""

NEVER = {"torch", "torchvision", "torchmetrics", "tensorflow", "keras", "ray"}
"""Never in the web process; FRAMEWORKS, which has SciPy too, not before a visitor asks."""
GRADIO = {"gradio", "gradio_client"}


@dataclass(frozen=True)
class Import:
    module: str
    file: Path
    line: int
    late: bool
    """Inside a function."""

    def __str__(self) -> str:
        return f"{self.file.relative_to(ROOT)}:{self.line} imports {self.module}"


def file_of(module: str) -> Path | None:
    """The source of one of our own modules."""
    path = ROOT.joinpath(*module.split("."))
    found = (path.with_suffix(".py"), path / "__init__.py")
    return next((each for each in found if each.is_file()), None)


def module_of(file: Path) -> str:
    parts = file.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def offered(package: str) -> set[str]:
    """The names that a package's ``__init__`` takes from its modules: ``from package import name``
    is then not the module of that name."""
    file = file_of(package)
    if file is None or file.name != "__init__.py":
        return set()
    return {
        alias.asname or alias.name
        for node in ast.parse(file.read_bytes()).body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }


@cache
def imports_of(file: Path) -> tuple[Import, ...]:
    """Every import of a file but those for type checkers only."""
    package = module_of(file).split(".")
    if file.name != "__init__.py":
        package = package[:-1]

    def modules(node: ast.Import | ast.ImportFrom) -> Iterator[str]:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
            return
        above = package[: len(package) + 1 - node.level] if node.level else []
        base = ".".join([*above, *([node.module] if node.module else [])])
        names = {alias.name for alias in node.names}
        inner = {name for name in names - offered(base) if file_of(f"{base}.{name}")}
        yield from sorted(f"{base}.{name}" for name in inner)
        if names - inner:
            yield base

    def walk(node: ast.AST, late: bool) -> Iterator[Import]:
        if isinstance(node, ast.Import | ast.ImportFrom):
            for module in modules(node):
                yield Import(module, file, node.lineno, late)
        below = ast.iter_child_nodes(node)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            below = iter(node.orelse)
        for child in below:
            function = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
            yield from walk(child, late or function)

    return tuple(walk(ast.parse(file.read_bytes(), str(file)), False))


def reached_from(*modules: str, late_in: str) -> dict[str, list[Import]]:
    """Each of our own modules that comes with ``modules``, and the imports that lead to it.

    late_in: the package whose imports inside functions are followed, too.
    """
    ways: dict[str, list[Import]] = {}
    todo: list[tuple[str, list[Import]]] = [(module, []) for module in modules]
    while todo:
        module, way = todo.pop(0)
        file = file_of(module)
        if file is None or module in ways:
            continue
        ways[module] = way
        if "." in module:  # its package is imported before it
            todo.append((module.rpartition(".")[0], way))
        for each in imports_of(file):
            if not each.late or module.startswith(late_in):
                todo.append((each.module, [*way, each]))
    return ways


def brought(
    *modules: str, never: Collection[str], at_once: Collection[str] = (), late_in: str
) -> list[str]:
    """The imports of what is not wanted in what comes with ``modules``, and how they get there.

    at_once: not wanted outside of functions.
    """
    found = []
    for module, way in reached_from(*modules, late_in=late_in).items():
        file = file_of(module)
        assert file is not None
        for each in imports_of(file):
            if each.late and not module.startswith(late_in):
                continue
            late = any(step.late for step in (*way, each))
            if each.module.partition(".")[0] in {*never, *(() if late else at_once)}:
                found.append("\n  from ".join(str(step) for step in (each, *reversed(way))))
    return found


def registered(plugin: str, place: str) -> str:
    """The module in a plugin's ``tab`` or ``backend`` string."""
    source = ROOT / "plugins" / plugin / "__init__.py"
    (text,) = (
        keyword.value.value
        for node in ast.walk(ast.parse(source.read_bytes()))
        if isinstance(node, ast.Call)
        for keyword in node.keywords
        if keyword.arg == place and isinstance(keyword.value, ast.Constant)
    )
    return str(text).partition(":")[0]


def within(folder: str) -> list[Import]:
    files = sorted((ROOT / folder).rglob("*.py"))
    assert files
    return [each for file in files for each in imports_of(file)]


def told(wrong: Collection[object]) -> str:
    return "\n" + "\n".join(map(str, wrong))


def is_in(module: str, package: str) -> bool:
    return f"{module}.".startswith(f"{package}.")


def test_the_app_asks_the_host_only() -> None:
    ours = [each for each in imports_of(ROOT / "app.py") if file_of(each.module)]
    assert any(is_in(each.module, "host") for each in ours)
    wrong = [each for each in ours if not is_in(each.module, "host")]
    assert not wrong, told(wrong)


def test_the_host_knows_no_plugin() -> None:
    """``plugins`` itself is the folder that it looks into."""
    wrong = [each for each in within("host") if each.module.startswith("plugins.")]
    assert not wrong, told(wrong)


@pytest.mark.parametrize("plugin", PLUGINS)
def test_a_plugin_uses_the_hosts_public_modules_only(plugin: str) -> None:
    used = [each for each in within(f"plugins/{plugin}") if is_in(each.module, "host")]
    assert used
    wrong = [each for each in used if each.module not in PUBLIC | set(SHIPS_WITH_THEM)]
    assert not wrong, told(wrong)


@pytest.mark.parametrize("plugin", PLUGINS)
def test_no_plugin_imports_another(plugin: str) -> None:
    own = f"plugins.{plugin}"
    imported = within(f"plugins/{plugin}")
    wrong = [each for each in imported if is_in(each.module, "plugins")]
    wrong = [each for each in wrong if not is_in(each.module, own)]
    assert not wrong, told(wrong)


@pytest.mark.parametrize("plugin", PLUGINS)
def test_a_tab_imports_no_framework(plugin: str) -> None:
    modules = [f"plugins.{plugin}", registered(plugin, "tab")]
    assert len(reached_from(*modules, late_in="plugins")) > len(modules)
    wrong = brought(*modules, never=NEVER, at_once=FRAMEWORKS, late_in="plugins")
    assert not wrong, told(wrong)


@pytest.mark.parametrize("plugin", PLUGINS)
def test_a_backend_imports_no_gradio(plugin: str) -> None:
    modules = [registered(plugin, "backend")]
    assert len(reached_from(*modules, late_in="plugins")) > len(modules)
    wrong = brought(*modules, never=GRADIO, late_in="plugins")
    assert not wrong, told(wrong)


def test_the_web_process_imports_no_framework() -> None:
    """Nor does the host anywhere: the workers import what their plugins ask for."""
    assert "host.ui.page" in reached_from("app", late_in="host")
    wrong = brought("app", never=NEVER | FRAMEWORKS, late_in="host")
    assert not wrong, told(wrong)
