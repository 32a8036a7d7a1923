"""``triptych new``: write a plugin that installs, runs and passes its tests."""

from __future__ import annotations

import argparse
import json
import shlex
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from string import Template

import host
from host.cli import names

TEMPLATES = Path(__file__).parent / "templates"

REQUIREMENTS = {
    "torch": "torch>=2.9,<2.14",
    "tensorflow": "tensorflow>=2.20,<2.22",
    "none": "",
}
"""What a plugin with each framework depends on, besides Triptych and NumPy."""


class NewError(Exception):
    """A plugin cannot be written; the message says what to do."""


def create(
    name: str, folder: Path | str = ".", framework: str = "none", title: str | None = None
) -> Path:
    """Write the distribution ``folder/name`` and return its path.

    name: of the distribution, such as "my-plugin"; its package is "my_plugin".
    framework: a key of :data:`REQUIREMENTS`.
    title: of the tab; left out, the name in words ("My plugin").
    Raises NewError for a name that will not do, a title of several lines, or a folder that is in
    use; nothing has been written then.
    """
    if problem := names.problem(name):
        raise NewError(problem)
    title = names.title(name) if title is None else title.strip()
    if not title or not title.isprintable():
        raise NewError("The title must be one line of text.")
    root = Path(folder).expanduser() / name
    try:
        if root.exists() and (not root.is_dir() or any(root.iterdir())):
            raise NewError(
                f"{root} is in use, and nothing is overwritten: take another name, or another "
                "folder with --into."
            )
        _write(root, _fields(name, framework, title), framework)
    except OSError as error:
        raise NewError(f"{root} cannot be written: {error.strerror or error}.") from error
    return root


def _write(root: Path, fields: dict[str, str], framework: str) -> None:
    package = root / fields["package"]
    templates = {TEMPLATES / "backends" / f"{framework}.py.tmpl": package / "backend.py"}
    for template in (TEMPLATES / "project").rglob("*.tmpl"):
        parts = template.relative_to(TEMPLATES / "project").with_suffix("").parts
        real = {"package": fields["package"], "gitignore": ".gitignore"}
        templates[template] = root.joinpath(*(real.get(part, part) for part in parts))
    for template, file in templates.items():
        file.parent.mkdir(parents=True, exist_ok=True)
        text = Template(template.read_text("utf-8")).substitute(fields)
        file.write_text(text, "utf-8", newline="\n")
    (package / "py.typed").touch()


def _fields(name: str, framework: str, title: str) -> dict[str, str]:
    needs = [f"triptych>={host.__version__}", "numpy>=1.26,<3", REQUIREMENTS[framework]]
    author = ", ".join(
        f"{key} = {_quoted(value)}" for key in ("name", "email") if (value := _git(f"user.{key}"))
    )
    return {
        "name": name,
        "package": names.package(name),
        "backend": names.words(name).title().replace(" ", "") + "Backend",
        "title": title,
        "title_literal": _quoted(title),
        "description": _quoted(f"{title}: a tab for Triptych"),
        "authors": f"\nauthors = [{{ {author} }}]" if author else "",
        "dependencies": "\n".join(f"    {_quoted(need)}," for need in needs if need),
        "framework": "None" if framework == "none" else _quoted(framework),
        "imports": "" if framework == "none" else f", the only file that imports {framework}",
    }


def _quoted(text: str) -> str:
    """A string literal that Python and TOML both read."""
    return json.dumps(text, ensure_ascii=False)


def _git(key: str) -> str:
    """A setting of the author's git; "" where there is none."""
    if not (git := shutil.which("git")):
        return ""
    answer = subprocess.run([git, "config", key], capture_output=True, text=True, check=False)
    value = answer.stdout.strip()
    return value if value.isprintable() else ""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="triptych new",
        description="Write a new plugin, a distribution of its own, that installs, runs and passes "
        "its tests.",
    )
    parser.add_argument("name", metavar="NAME", help="such as my-plugin")
    parser.add_argument(
        "--framework", choices=REQUIREMENTS, default="none", help="what it computes with"
    )
    parser.add_argument(
        "--into", metavar="DIR", type=Path, default=Path(), help="where its folder goes (here)"
    )
    parser.add_argument("--title", help="of its tab (the name in words)")
    return parser


def main(arguments: Sequence[str]) -> int:
    wanted = _parser().parse_args(arguments)
    try:
        root = create(wanted.name, wanted.into, wanted.framework, wanted.title)
    except NewError as error:
        print(f"triptych new: {error}", file=sys.stderr)
        return 1
    print(
        f"{root} is written. Next:\n\n"
        f"  cd {shlex.quote(str(root))}\n"
        '  pip install -e ".[test]"\n'
        "  triptych run --plugin . --reload\n"
        "  triptych check .\n"
        "  pytest"
    )
    return 0
