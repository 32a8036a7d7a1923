"""``triptych run``: serve the page."""

from __future__ import annotations

from collections.abc import Sequence

from host.cli.flags import settings_from


def main(arguments: Sequence[str]) -> int:
    settings = settings_from(arguments)
    from host.serve import serve  # a wrong flag is answered before Gradio is imported

    serve(settings)
    return 0
