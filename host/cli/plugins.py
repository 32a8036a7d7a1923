"""``triptych plugins``: what is found, and what is wrong with it."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence

from host.cli.flags import discovered
from host.plugins import Found


def main(arguments: Sequence[str]) -> int:
    """0 when every plugin can be used or is merely not installed, 1 when one is broken."""
    parser = argparse.ArgumentParser(
        prog="triptych plugins",
        description="List the plugins, their commands and options. Nothing of theirs is run.",
        epilog="The flags of triptych run that choose plugins work here too: --plugin, --only ...",
    )
    _, rest = parser.parse_known_args(arguments)
    _, found = discovered("triptych plugins", rest)
    print("\n\n".join("\n".join(_lines(each)) for each in found) or "There are no plugins.")
    return 1 if any(each.error for each in found) else 0


def _lines(found: Found) -> Iterator[str]:
    version = f" {found.version}" if found.version else ""
    yield f"{found.name}{version} - {found.title} ({found.origin})"
    if found.plugin is not None and found.plugin.description:
        yield f"  {found.plugin.description}"
    if found.error:
        yield f"  broken: {found.error}"
    if found.missing:
        yield f"  {found.missing}"
    for command in found.commands:
        yield f"  triptych {found.name} {command.name}: {command.help}"
    if found.section is not None:
        for name, field in found.section.model.model_fields.items():
            default = "required" if field.is_required() else f"default {field.get_default()!r}"
            yield f"  option {name} ({default}): {field.description or ''}"
