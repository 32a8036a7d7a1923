"""Small tables of figures. Gradio's own table costs the start of the app 0.1 s, and cuts them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape


def table_html(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table under its title; every cell is text."""
    head = "".join(f"<th>{escape(column)}</th>" for column in columns)
    body = "".join(
        f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows
    )
    return (
        f"<div style='font-size:.85em'><b>{escape(title)}</b>"
        f"<table class='plugins'><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )
