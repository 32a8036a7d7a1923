"""Where a gallery lies: its address, its files, and what is left in them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from gallery_tools import JPEG, jpeg, vectors

from host import UserError
from plugins.face.gallery import Gallery

ROOT = Path(__file__).resolve().parents[2]


def test_a_removed_person_is_gone_from_the_disk(tmp_path):
    mark = np.full((1, 8), 0.123456, np.float32)
    parts = (mark.tobytes(), b"Ottokar", JPEG[20:])
    other = jpeg(200)[20:]

    def on_disk() -> list[bool]:
        files = [path.read_bytes() for path in tmp_path.iterdir() if path.is_file()]
        return [any(part in data for data in files) for part in parts]

    with Gallery(f"sqlite:///{tmp_path}/faces.db") as gallery:
        otto = gallery.enrol("Ottokar", mark, "m", [JPEG]).person
        gallery.enrol("Bruno", vectors(1), "m", [jpeg(200)])
        assert on_disk() == [True, True, True]
        gallery.search(mark, "m")
        gallery.delete(otto.id)
        assert on_disk() == [False, False, False]
        again = gallery.enrol("Ottokar", mark, "m", [JPEG]).person
        gallery.rename(again.id, "Emil")
        assert on_disk() == [True, False, True]
        gallery.clear()
        assert on_disk() == [False, False, False]
    assert other not in (tmp_path / "faces.db").read_bytes()


@pytest.mark.parametrize("harm", ["missing", "cut", "empty"])
def test_a_harmed_matrix_is_made_anew(tmp_path, harm):
    url = f"sqlite:///{tmp_path}/faces.db"
    encodings = vectors(30)

    def harmed() -> None:
        (path,) = tmp_path.glob("*.f32")
        data = path.read_bytes()
        path.unlink()
        if harm != "missing":
            path.write_bytes(data[: 100 if harm == "cut" else 0])

    with Gallery(url) as gallery:
        gallery.enrol_all([(f"p{i}", encodings[i], b"") for i in range(30)], "m")
    harmed()
    with Gallery(url) as gallery:
        found = gallery.search(encodings, "m", 1)
        assert [match.name for (match,) in found] == [f"p{i}" for i in range(30)]
        assert [path.stat().st_size for path in tmp_path.glob("*.f32")] == [30 * 8 * 4]
    harmed()
    with Gallery(url) as gallery:
        gallery.enrol("new", encodings[:1] + 9, "m", [b""])
        found = gallery.search(np.concatenate([encodings, encodings[:1] + 9]), "m", 1)
        assert [match.name for (match,) in found] == [f"p{i}" for i in range(30)] + ["new"]
    with Gallery(url):
        assert [path.stat().st_size for path in tmp_path.glob("*.f32")] == [31 * 8 * 4]


def test_what_a_crash_left_behind_is_swept_and_never_used(tmp_path):
    url = f"sqlite:///{tmp_path}/faces.db"
    neighbour = tmp_path / "faces.db-other.f32"
    neighbour.write_bytes(b"not ours")
    with Gallery(url) as gallery:
        gallery.enrol("Anna", vectors(1), "m", [JPEG])
        (path,) = set(tmp_path.glob("*.f32")) - {neighbour}
    left = [tmp_path / f"faces.db-{'0' * 16}.f32", path.with_name(path.name + ".new")]
    for one in left:
        one.write_bytes(b"x" * 32)
    with path.open("ab") as stream:  # rows of a transaction that was never committed
        stream.write(vectors(5, seed=7).tobytes())
    with Gallery(url) as gallery:
        assert not any(one.exists() for one in left) and neighbour.exists()
        gallery.enrol("Bruno", vectors(1, seed=1), "m", [JPEG])
        assert [match.name for match in gallery.search(vectors(5, seed=7), "m", 1)[4]] != []
        (match,) = gallery.search(vectors(1, seed=1), "m", 1)[0]
        assert (match.name, match.distance) == ("Bruno", 0)


def test_a_gallery_in_memory_touches_no_disk(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SQLITE_TMPDIR", str(tmp_path))
    with Gallery() as one, Gallery("sqlite:///:memory:") as two:
        one.enrol_all([("Anna", row, JPEG) for row in vectors(500)], "m")
        one.search(vectors(1), "m")
        assert len(two) == 0 and list(tmp_path.iterdir()) == []
    with pytest.raises(UserError, match="closed"):
        one.people()


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://anna:geheim@127.0.0.1:1/faces",
        "postgresql+psycopg://anna:geheim@127.0.0.1:1/faces?connect_timeout=1",
        "mysql://anna:geheim@localhost/faces",
        "postgresql://anna:geheim@localhost:port/faces",
        "sqlite://geheim/faces.db",
        "geheim",
        "",
    ],
)
def test_an_address_that_leads_nowhere_is_a_sentence_without_the_password(url):
    with pytest.raises(UserError, match=r"^[A-Z].*\.?$") as caught:
        Gallery(url)
    assert "geheim" not in str(caught.value)


def test_a_file_that_is_no_gallery_is_a_sentence(tmp_path):
    (tmp_path / "letter.txt").write_text("Dear Anna, " * 500)
    with pytest.raises(UserError, match="not a gallery"):
        Gallery(f"sqlite:///{tmp_path}/letter.txt")
    with pytest.raises(UserError, match="no folder"):
        Gallery(f"sqlite:///{tmp_path}/nowhere/faces.db")
    assert (tmp_path / "letter.txt").read_text().startswith("Dear Anna")


def test_importing_the_gallery_imports_no_database_library():
    code = (
        "import sys, plugins.face.gallery\n"
        "print({'sqlalchemy', 'psycopg', 'pgvector', 'tensorflow', 'gradio'} & set(sys.modules))\n"
        "sys.modules['sqlalchemy'] = None\n"
        "try: plugins.face.gallery.Gallery()\n"
        "except Exception as error: print(type(error).__name__, error)"
    )
    told = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert told.stdout.splitlines() == [
        "set()",
        "UserError The gallery needs the package sqlalchemy; please install it.",
    ]
