"""``triptych check`` as a pytest plugin: one test for each check.

``pytest --triptych=my_plugin``, or in pytest's configuration ``triptych_plugins = my_plugin``.
(With a space instead of ``=``, pytest takes a path for one of its own and moves its rootdir there.)
It costs a test run that does not use it nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from host.testing.report import Result


def pytest_addoption(parser: pytest.Parser) -> None:
    what = "check this Triptych plugin: its name, folder, .py file or module"
    parser.getgroup("triptych").addoption(
        "--triptych",
        action="append",
        default=[],
        metavar="NAME_OR_PATH",
        help=f"{what} (repeatable)",
    )
    parser.addini("triptych_plugins", f"{what} (a list)", type="args", default=[])


# First, so that -k and --deselect, which come later, see the checks too.
@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(
    session: pytest.Session, config: pytest.Config, items: list[pytest.Item]
) -> None:
    # In the configuration a path is relative to the file that has it, not to the current folder.
    wanted = [_beside(config, name) for name in config.getini("triptych_plugins")]
    for target in dict.fromkeys([*wanted, *config.getoption("--triptych")]):
        checks = PluginChecks.of(session, target)
        report = checks.ihook.pytest_make_collect_report(collector=checks)
        checks.ihook.pytest_collectreport(report=report)  # the terminal counts them
        items.extend(report.result)


def _beside(config: pytest.Config, name: str) -> str:
    path = config.rootpath / Path(name).expanduser()
    return str(path) if path.exists() else name


class _CheckFailed(Exception):
    """Its text is all that a person should see."""


class PluginChecks(pytest.Collector):
    """The checks of one plugin. They run together, when the first result is asked for."""

    target: str

    @classmethod
    def of(cls, session: pytest.Session, target: str) -> PluginChecks:
        path = Path(target).expanduser()
        name = path.resolve().stem if path.exists() else target
        checks: PluginChecks = cls.from_parent(session, name=name, nodeid=f"triptych::{name}")
        checks.target = target
        return checks

    def collect(self) -> Iterator[pytest.Item]:
        from host.testing.report import CHECKS

        for check in CHECKS:
            yield CheckItem.from_parent(self, name=check)

    @cached_property
    def results(self) -> dict[str, Result] | Exception:
        """By check, or why there are none. Kept either way: a check takes a while."""
        from host.testing.report import UnknownPlugin
        from host.testing.runner import check

        try:
            return {result.check: result for result in check(self.target).results}
        except UnknownPlugin as error:
            return error


class CheckItem(pytest.Item):
    """One check of one plugin."""

    def runtest(self) -> None:
        assert isinstance(self.parent, PluginChecks)
        results = self.parent.results
        if isinstance(results, Exception):
            raise _CheckFailed(str(results))
        result = results[self.name]
        if result.notes:
            self.add_report_section("call", "notes", "\n".join(result.notes))
        if result.problems:
            raise _CheckFailed("\n".join(result.problems))
        if not result.reached:
            pytest.skip("an earlier check failed")

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        if isinstance(excinfo.value, _CheckFailed):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, None, str]:
        return self.path, None, f"{self.parent.name if self.parent else ''}: {self.name}"
