"""Functions say what they take and do: they become the API page and the tools of agents."""

from __future__ import annotations

import ast
import importlib.util
import inspect
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from host.testing.code import short
from host.testing.stage import Stage

CHECK = "signatures and docstrings"

_HOSTS_OWN = {"health", "close"}
"""Their meaning is the contract's, so they need no docstring."""


def check(stage: Stage) -> None:
    for function in stage.functions:
        for problem in _of_event(function.api_name, function.fn):
            stage.problem(CHECK, problem)
    if stage.plugin.backend is not None:
        module, _, name = stage.plugin.backend.partition(":")
        found = _class(module, name)
        if found is None:
            text = f"{name} is not a class written in {module}; its docstrings were not looked at."
            stage.note(CHECK, text)
        else:
            for problem in _of_class(*found):
                stage.problem(CHECK, problem)


def _of_event(name: str, wrapped: Callable[..., Any]) -> Iterator[str]:
    function = inspect.unwrap(wrapped)
    code = getattr(function, "__code__", None)
    if code is None:
        yield (
            f"The event {name} is not bound to a function of its own: write one with a docstring "
            "and typed parameters that calls the backend."
        )
        return
    place = f"{short(code.co_filename)}:{code.co_firstlineno}"
    if not inspect.getdoc(function):
        yield (
            f"{function.__name__} ({place}), the event {name}, has no docstring: say in a "
            "sentence what it does, and then what each argument means."
        )
    parameters = inspect.signature(function).parameters.values()
    bare = [
        each.name
        for each in parameters
        # gr.Progress() is Gradio's own to fill in, and its documents show it without a type
        if each.annotation is each.empty and type(each.default).__name__ != "Progress"
    ]
    if bare:
        yield (
            f"{function.__name__} ({place}), the event {name}, does not annotate "
            f"{' and '.join(bare)}: give each parameter its type."
        )


def _class(module: str, name: str, depth: int = 3) -> tuple[ast.ClassDef, ast.Module, Path] | None:
    """A class's syntax tree. Read, not imported: a backend's module imports a framework."""
    try:
        spec = importlib.util.find_spec(module)
        file = Path(spec.origin or "") if spec else Path()
        tree = ast.parse(file.read_text("utf-8"))
    except (ImportError, OSError, ValueError, SyntaxError):
        return None
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and node.name == name:
            return node, tree, file
        if isinstance(node, ast.ImportFrom) and depth:
            for alias in node.names:
                if name == (alias.asname or alias.name) and node.module:
                    package = spec.parent if spec else ""
                    dotted = "." * node.level + node.module
                    there = importlib.util.resolve_name(dotted, package)
                    return _class(there, alias.name, depth - 1)
    return None


def _of_class(node: ast.ClassDef, tree: ast.Module, file: Path) -> Iterator[str]:
    for base in node.bases:
        parents = [each for each in tree.body if isinstance(each, ast.ClassDef)]
        for parent in parents:
            if isinstance(base, ast.Name) and parent.name == base.id and parent is not node:
                yield from _of_class(parent, tree, file)
    for method in node.body:
        if (
            isinstance(method, ast.FunctionDef | ast.AsyncFunctionDef)
            and not method.name.startswith("_")
            and method.name not in _HOSTS_OWN
            and not _is_property(method)
            and not ast.get_docstring(method)
        ):
            yield (
                f"{node.name}.{method.name} ({short(str(file))}:{method.lineno}) has no "
                "docstring: say what it takes and returns, with shapes, units and ranges; or "
                f"call it _{method.name} if no tab uses it."
            )


def _is_property(method: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    names = [ast.unparse(decorator) for decorator in method.decorator_list]
    return any(name.endswith(("property", ".setter")) for name in names)
