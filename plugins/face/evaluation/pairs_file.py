"""Lists of pairs in the format of LFW's View 2 (``pairs.txt``).

The first line holds the number of folds and n, or n alone for one fold. Each fold is then n lines
``name i j``, pictures i and j of one person, and n lines ``name i other j``, pictures of two
people. Picture i of NAME is the file ``NAME/NAME_0001.jpg`` for i = 1, or .jpeg or .png.

Columns are separated by tabs; in lines without a tab, by blanks, and names then have none.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from host import UserError

SUFFIXES = (".jpg", ".jpeg", ".png")
LARGEST = 50_000_000  # bytes; LFW's own file has 155 kB


@dataclass(frozen=True)
class Picture:
    """Picture ``number``, from 1 up, of the person ``name``."""

    name: str
    number: int

    @property
    def key(self) -> str:
        """Its path below the folder of pictures, without the suffix."""
        return f"{self.name}/{self.name}_{self.number:04d}"


@dataclass(frozen=True)
class Pair:
    """Two pictures, whether they show one person, the fold from 0 up and the line in the file."""

    first: Picture
    second: Picture
    same: bool
    fold: int
    line: int


def read(path: Path) -> list[Pair]:
    """The pairs in the file at ``path``; raises UserError as :func:`parse`."""
    try:
        if path.stat().st_size > LARGEST:
            raise UserError(f"{path} is too big for a list of pairs.")
        return parse(path.read_text("utf-8-sig"), path.name)
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise UserError(f"{path} is not a text file in UTF-8.") from error


def parse(text: str, title: str = "the pairs file") -> list[Pair]:
    """The pairs in ``text``, in its order.

    Raises UserError, naming ``title`` and the line, for anything that is not as described above.
    """
    rows = [(line, _columns(row)) for line, row in enumerate(text.splitlines(), 1) if row.strip()]
    if not rows:
        raise UserError(f"{title} is empty.")
    line, header = rows[0]
    numbers = [_number(column) for column in header]
    if len(numbers) not in (1, 2) or None in numbers:
        raise UserError(
            f"{title}, line {line}: expected the number of folds and the number of pairs of each "
            f'kind in a fold, but found "{" ".join(header)}".'
        )
    folds, each = (1, *numbers)[-2:]
    assert folds is not None and each is not None
    wanted = 2 * folds * each
    if len(rows) - 1 != wanted:
        raise UserError(
            f"{title}: its first line announces {wanted} pairs ({folds} folds of {each} same and "
            f"{each} different), but it has {len(rows) - 1}."
        )
    return [
        _pair(
            columns, same=place % (2 * each) < each, fold=place // (2 * each), line=line, at=title
        )
        for place, (line, columns) in enumerate(rows[1:])
    ]


def first(pairs: Sequence[Pair], limit: int | None) -> list[Pair]:
    """At most ``limit`` pairs of each kind in each fold."""
    seen: dict[tuple[int, bool], int] = {}
    kept = []
    for pair in pairs:
        kind = (pair.fold, pair.same)
        seen[kind] = seen.get(kind, 0) + 1
        if limit is None or seen[kind] <= limit:
            kept.append(pair)
    return kept


def locate(pairs: Sequence[Pair], folder: Path, title: str = "the pairs file") -> dict[str, Path]:
    """The file of every picture in ``pairs``, by :attr:`Picture.key`, in order of first use.

    Raises UserError when one is not there.
    """
    found: dict[str, Path] = {}
    missing: dict[str, int] = {}
    for pair in pairs:
        for picture in (pair.first, pair.second):
            if picture.key in found or picture.key in missing:
                continue
            path = next(filter(Path.is_file, _candidates(folder, picture.key)), None)
            if path is None:
                missing[picture.key] = pair.line
            else:
                found[picture.key] = path
    if missing:
        key, line = next(iter(missing.items()))
        more = f"; {len(missing) - 1} more are missing too" if len(missing) > 1 else ""
        raise UserError(
            f"{title}, line {line}: {folder} has no picture {key} ({', '.join(SUFFIXES)}){more}."
        )
    return found


def _candidates(folder: Path, key: str) -> Iterator[Path]:
    for suffix in SUFFIXES:
        yield folder / (key + suffix)
        yield folder / (key + suffix.upper())


def _columns(row: str) -> list[str]:
    columns = row.strip().split("\t") if "\t" in row.strip() else row.split()
    return [column.strip() for column in columns]


def _number(text: str) -> int | None:
    """A whole number from 1 up, else None."""
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        return None
    return int(text) or None


def _pair(columns: list[str], same: bool, fold: int, line: int, at: str) -> Pair:
    where = f"{at}, line {line}"
    wanted = 3 if same else 4
    if len(columns) != wanted:
        shape = "a name and two numbers" if same else "a name, a number, a name and a number"
        kind = "one person" if same else "two people"
        raise UserError(
            f"{where}: a pair of {kind} is expected here, {shape}, but it has "
            f"{len(columns)} columns."
        )
    first = _picture(columns[0], columns[1], where)
    second = _picture(columns[0] if same else columns[2], columns[-1], where)
    if not same and first.name == second.name:
        raise UserError(
            f"{where}: a pair of two people is expected here, but both are {first.name}."
        )
    if first == second:
        raise UserError(f"{where}: a picture is paired with itself.")
    return Pair(first, second, same, fold, line)


def _picture(name: str, number: str, where: str) -> Picture:
    if not name or name in (".", "..") or not set("/\\\0").isdisjoint(name):
        raise UserError(f'{where}: "{name}" is not the name of a folder.')
    value = _number(number)
    if value is None:
        raise UserError(f'{where}: "{number}" is not the number of a picture, from 1 up.')
    return Picture(name, value)
