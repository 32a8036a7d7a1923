"""``triptych run``: serve the page."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from host import uploads
from host.cli.flags import settings_from


def main(arguments: Sequence[str]) -> int:
    settings = settings_from(arguments)
    try:
        uploads.prepare(settings.uploads)  # Gradio asks where when it is imported
    except OSError as error:
        sys.exit(f"triptych: visitors' files need a folder that can be written to: {error}")
    from host.serve import serve  # a wrong flag is answered before Gradio is imported

    serve(settings)
    return 0
