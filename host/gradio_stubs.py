"""Gradio without the type stubs that it writes.

For every class of a component, at every start, Gradio parses its source twice and renders a
``.pyi`` for editors beside it: more than a third of the time that importing Gradio takes. Its wheel
has those of its own components, and beside other people's code nobody asked for one.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any

_MODULE, _FUNCTION = "gradio.component_meta", "create_or_modify_pyi"


def write_none() -> None:
    """Have it write none from now on, whether or not it is imported yet."""
    if _MODULE in sys.modules:
        _leave_out(sys.modules[_MODULE])
    elif not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder())


class _Finder:
    """Finds that one module, and changes it as soon as it is executed."""

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name != _MODULE:
            return None
        spec = PathFinder.find_spec(name, path)
        if spec is not None and spec.loader is not None:
            execute = spec.loader.exec_module

            def and_change(module: ModuleType) -> None:
                execute(module)
                _leave_out(module)

            spec.loader.exec_module = and_change  # type: ignore[method-assign]
        return spec


def _leave_out(module: ModuleType) -> None:
    if hasattr(module, _FUNCTION):  # another Gradio may have none
        setattr(module, _FUNCTION, _nothing)


def _nothing(*_: Any) -> None:
    pass
