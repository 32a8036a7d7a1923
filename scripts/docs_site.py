"""A hook of the documents' builder: the model cards, which lie in assets/, are pages too."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

ROOT = Path(__file__).parents[1]


def on_files(files: Files, config: Any, **_: Any) -> Files:
    for card in sorted((ROOT / "assets").rglob("*.md")):
        for path in (card, *card.parent.glob("*.webp")):
            name = path.relative_to(ROOT).as_posix()
            if files.get_file_from_path(name) is None:
                files.append(File.generated(config, name, abs_src_path=str(path)))
    return files


def on_page_markdown(markdown: str, **_: Any) -> str:
    return markdown.replace("](../assets/", "](assets/")
