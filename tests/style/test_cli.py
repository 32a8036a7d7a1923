"""``triptych style paint`` as its user meets it; in a real worker where that matters."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from host import UserError, images
from host.executors.call import WorkerError
from plugins.style.painting import command as cli
from plugins.style.painting.files import painted_png, read_settings
from plugins.style.results import Losses, TransferStep
from plugins.style.settings import Settings

ROOT = Path(__file__).parents[2]


class FakeBackend:
    """Paints the photo's negative in four steps; ``at`` is called before each."""

    def __init__(self) -> None:
        self.calls: list[tuple[Any, ...]] = []
        self.at: Callable[[int], None] = lambda step: None

    def transfer(self, content, styles, settings, masks=None) -> Iterator[TransferStep]:
        self.calls.append((content, styles, settings, masks))
        for step in range(5):
            self.at(step)
            losses = Losses(0.6, 0.1, 0.2, 0.3, {}) if step else None
            image = 255 - content if step else content
            yield TransferStep(step, 4, image, losses, 128, step / 10, 0.4, "embedded")


@pytest.fixture
def fake(monkeypatch) -> FakeBackend:
    backend = FakeBackend()

    @contextlib.contextmanager
    def opened() -> Iterator[FakeBackend]:
        yield backend

    monkeypatch.setattr(cli, "_backend", opened)
    return backend


@pytest.fixture
def files(tmp_path, photo, painting) -> Path:
    """photo.png, painting.jpg, other.png, mask.png and two photos in photos/, all old."""
    small = images.fit(photo, 96)
    (tmp_path / "photos").mkdir()
    Image.fromarray(small).save(tmp_path / "photo.png")
    Image.fromarray(images.fit(painting, 96)).save(tmp_path / "painting.jpg")
    Image.fromarray(small[::-1]).save(tmp_path / "other.png")
    Image.fromarray(np.tri(60, 90, dtype=np.uint8) * 255).save(tmp_path / "mask.png")
    Image.fromarray(small).save(tmp_path / "photos" / "a.png")
    Image.fromarray(small[:, ::-1]).save(tmp_path / "photos" / "b.jpg")
    for path in tmp_path.rglob("*.*"):
        os.utime(path, (1e9, 1e9))
    return tmp_path


def run(files: Path, text: str) -> int:
    """The command line ``text``, in which words with a dot or a slash are files of ``files``."""
    words = [
        str(files / word) if ("." in word or "/" in word) and not _is_number(word) else word
        for word in text.split()
    ]
    return cli.main(words)


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True


# --- for real -------------------------------------------------------------------------------


def test_a_picture_and_then_a_folder_with_a_damaged_file_are_painted_for_real(files):
    (files / "photos" / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 no picture")
    environment = {
        **os.environ,
        "TRIPTYCH_CACHE": str(files / "cache"),
        "TRIPTYCH_OFFLINE": "1",
    }

    def start(*arguments: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "host", "style", "paint", "--size", "128", "--steps", "12"]
        command += ["--network", "embedded", "--style", str(files / "painting.jpg"), *arguments]
        pipe = subprocess.PIPE
        return subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=pipe, stderr=pipe, text=True
        )

    film = files / "film.gif"
    one = start(
        *("--content", str(files / "photo.png"), "--out", str(files / "painted.png")),
        *("--making", str(film)),
    )
    many = start("--content", str(files / "photos"), "--out", str(files / "painted"))
    out, errors = one.communicate(timeout=120)
    assert one.returncode == 0, errors
    assert "painted.png: 128 x " in out and "embedded, 12 steps" in out and "style 0." in out
    assert "Traceback" not in errors
    picture = images.load(files / "painted.png")
    assert max(picture.shape) == 128
    photo = images.load(files / "photo.png")
    again = np.asarray(Image.fromarray(photo).resize(picture.shape[1::-1]), float)
    assert np.abs(picture - again).mean() > 10, "it is still the photo"
    assert read_settings(files / "painted.png").steps == 12
    with Image.open(film) as gif:
        assert gif.format == "GIF" and gif.n_frames >= 2

    out, errors = many.communicate(timeout=120)
    assert many.returncode == 1, errors
    assert "broken.jpg: This" in errors and "Traceback" not in errors
    assert {path.name for path in (files / "painted").iterdir()} == {"a.png", "b.png"}
    assert "2 painted, 1 failed" in out


# --- what is handed to the backend ----------------------------------------------------------


def test_what_is_not_given_stays_as_on_the_page(files, fake):
    assert run(files, "--content photo.png --style painting.jpg --out out.png") == 0
    ((content, styles, settings, masks),) = fake.calls
    np.testing.assert_array_equal(content, images.load(files / "photo.png"))
    np.testing.assert_array_equal(styles[0], images.load(files / "painting.jpg"))
    assert settings == Settings().checked(1)
    assert masks is None


def test_every_option_arrives(files, fake):
    assert (
        run(
            files,
            "--content photo.png --style painting.jpg other.png --out out.png --size 512 "
            "--steps 50 --seconds 20 --content-weight 2 --style-weight 3 --smoothness 0 "
            "--shares 1 2 --layer-weights 1 0 1 0.5 2 --content-layer conv3_2 --start noise "
            "--colours luminance --pooling max --network embedded --seed 9 "
            "--masks mask.png mask.png --quiet",
        )
        == 0
    )
    ((_, styles, settings, masks),) = fake.calls
    assert len(styles) == 2
    assert settings == Settings(
        size=512,
        steps=50,
        seconds=20.0,
        content_weight=2.0,
        style_weight=3.0,
        smoothness=0.0,
        shares=(1.0, 2.0),
        layer_weights=(1.0, 0.0, 1.0, 0.5, 2.0),
        content_layer="conv3_2",
        start="noise",
        colours="luminance",
        pooling="max",
        network="embedded",
        seed=9,
    )
    assert [mask.shape for mask in masks] == [(60, 90)] * 2
    assert masks[0].dtype == np.uint8 and set(np.unique(masks[0])) == {0, 255}


def test_settings_of_an_earlier_picture_are_taken_and_can_be_changed(files, fake):
    command = "--content photo.png --style painting.jpg --out out.png --steps 33 --seed 5"
    assert run(files, command) == 0
    again = "--content photo.png --style painting.jpg other.png --out 2.png --settings out.png"
    assert run(files, f"{again} --seed 6") == 0
    settings = fake.calls[1][2]
    assert (settings.steps, settings.seed, settings.network) == (33, 6, "embedded")
    assert settings.shares == (1.0, 1.0)


def test_png_tells_how_it_was_painted_and_jpeg_is_jpeg(files, fake, capsys):
    assert run(files, "--content photo.png --style painting.jpg --out new/out.png") == 0
    with Image.open(files / "new" / "out.png") as picture:
        assert picture.text["Triptych style network"] == "embedded"
        assert "style 0.2000" in picture.text["Triptych style losses"]
    assert "96 x 64, embedded, 4 steps in 0.4 s; losses: total 0.6000" in capsys.readouterr().out
    assert run(files, "--content photo.png --style painting.jpg --out out.JPG --quiet") == 0
    assert capsys.readouterr() == ("", "")
    with Image.open(files / "out.JPG") as picture:
        assert picture.format == "JPEG"
        want = 255.0 - images.load(files / "photo.png")
        assert np.abs(np.asarray(picture) - want).mean() < 4


# --- folders --------------------------------------------------------------------------------


def test_what_is_painted_and_newer_is_skipped_unless_forced(files, fake, capsys):
    command = "--content photos/ --style painting.jpg --out painted/"
    assert run(files, command) == 0
    assert len(fake.calls) == 2
    assert run(files, command) == 0
    assert len(fake.calls) == 2 and "there already" in capsys.readouterr().out
    os.utime(files / "photos" / "a.png")
    os.utime(files / "painted" / "a.png", (1.1e9, 1.1e9))
    assert run(files, command) == 0
    assert len(fake.calls) == 3, "the photo is newer than its painting"
    assert run(files, command + " --force") == 0
    assert len(fake.calls) == 5


def test_a_folder_goes_on_after_a_failure_of_the_worker(files, fake, capsys):
    def fail(step: int) -> None:
        if len(fake.calls) == 1:
            raise WorkerError("The worker crashed.")

    fake.at = fail
    assert run(files, "--content photos/ --style painting.jpg --out painted/ --making films/") == 1
    assert "a.png: The worker crashed." in capsys.readouterr().err
    assert [path.name for path in (files / "painted").iterdir()] == ["b.png"]
    assert [path.name for path in (files / "films").iterdir()] == ["b.gif"]


def test_photos_of_one_name_do_not_overwrite_each_other(files, fake):
    Image.new("RGB", (64, 64)).save(files / "photos" / "a.gif")
    assert run(files, "--content photos/ --style painting.jpg --out painted/") == 0
    names = {path.name for path in (files / "painted").iterdir()}
    assert names == {"a.gif.png", "a.png.png", "b.png"}


# --- Ctrl-C ---------------------------------------------------------------------------------


def interrupt_at(step: int) -> Callable[[int], None]:
    def at(now: int) -> None:
        if now == step:
            raise KeyboardInterrupt

    return at


def test_ctrl_c_keeps_the_picture_so_far(files, fake, capsys):
    fake.at = interrupt_at(3)
    command = "--content photo.png --style painting.jpg --out out.png --making film.gif"
    assert run(files, command) == 130
    assert "Stopped at step 2: the picture so far is in" in capsys.readouterr().err
    assert images.load(files / "out.png").shape == (64, 96, 3)
    with Image.open(files / "film.gif") as film:
        assert film.n_frames == 2  # two of the three pictures are the same


def test_ctrl_c_before_the_first_picture_writes_nothing(files, fake, capsys):
    fake.at = interrupt_at(0)
    assert run(files, "--content photo.png --style painting.jpg --out out.png") == 130
    assert "Stopped." in capsys.readouterr().err
    assert not (files / "out.png").exists()


def test_a_folder_that_was_stopped_paints_that_picture_again(files, fake):
    fake.at = interrupt_at(3)
    command = "--content photos/ --style painting.jpg --out painted/"
    assert run(files, command) == 130
    assert [path.name for path in (files / "painted").iterdir()] == ["a.unfinished.png"]
    fake.at = lambda step: None
    assert run(files, command) == 0
    assert (files / "painted" / "a.png").is_file() and (files / "painted" / "b.png").is_file()


# --- what cannot be done --------------------------------------------------------------------

PAIR = "--content photo.png --style painting.jpg"


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("", "required: --content"),
        (f"{PAIR} --out out.png --bogus", "--bogus"),
        (f"{PAIR} --out out.png --size big", "--size"),
        (f"{PAIR} --out out.png --size 100", "size must be a whole number between 128 and"),
        (f"{PAIR} --out out.png --steps 12.5", "steps must be a whole number"),
        (f"{PAIR} --out out.png --seconds -1", "time limit must be a number between 0"),
        (f"{PAIR} --out out.png --seed nan", "seed must be a whole number"),
        (f"{PAIR} --out out.png --start there", "--start"),
        (f"{PAIR} --out out.png --network alexnet", "--network"),
        (f"{PAIR} --out out.png --shares 1 2", "share must be given: 1 in all"),
        (f"{PAIR} --out out.png --layer-weights 1 2", "layer's weight must be given: 5"),
        (f"{PAIR} --out out.png --content-weight 0 --style-weight 0", "both weights are 0"),
        (f"{PAIR} --out out.png --masks mask.png mask.png", "one mask for each painting: 1"),
        (f"{PAIR} --out out.png --settings photo.png", "holds no style settings"),
        (f"{PAIR} --out out.bmp", "must end in .png or .jpg"),
        (f"{PAIR} --out out.png --making film.mp4", "must end in .gif"),
        (f"{PAIR} --out photo.png", "would be overwritten"),
        ("--content missing.jpg --style painting.jpg --out out.png", "There is no"),
        ("--content photo.png --style missing.jpg --out out.png", "missing.jpg is no file"),
        ("--content photo.png --style painting.jpg --out photo.png/out.png", "cannot be made"),
        ("--content photos/ --style painting.jpg --out out.png", "--out must be a folder"),
        ("--content photos/ --style painting.jpg --out photos/", "would be overwritten"),
        ("--content empty/ --style painting.jpg --out out/", "no pictures in the folder"),
    ],
)
def test_bad_options_are_told_in_a_sentence(files, fake, capsys, command, said):
    (files / "empty").mkdir()
    assert run(files, command) == 2
    out, errors = capsys.readouterr()
    assert said in errors and errors.startswith("error: ") and errors.count("\n") == 1
    assert out == "" and not fake.calls


def test_what_the_backend_refuses_is_told(files, fake, capsys):
    def refuse(step: int) -> None:
        raise UserError("There is no such network.")

    fake.at = refuse
    assert run(files, f"{PAIR} --out out.png") == 2
    assert "error: There is no such network." in capsys.readouterr().err
    fake.at = lambda step: (_ for _ in ()).throw(WorkerError("The worker crashed."))
    assert run(files, f"{PAIR} --out out.png") == 1
    assert "error: The worker crashed." in capsys.readouterr().err
    assert not (files / "out.png").exists()


def test_a_place_that_cannot_be_written_is_told(files, fake, capsys):
    (files / "out.png").mkdir()
    assert run(files, f"{PAIR} --out out.png") == 2
    assert "cannot be written" in capsys.readouterr().err
    assert not [path for path in files.iterdir() if path.name.startswith(".")]


def test_settings_out_of_a_painted_png_are_not_trusted(files, fake, capsys):
    settings = Settings(steps=10**9)
    painted = painted_png(np.zeros((40, 40, 3), np.uint8), settings, {})
    (files / "forged.png").write_bytes(painted)
    assert run(files, f"{PAIR} --out out.png --settings forged.png") == 2
    assert "number of steps" in capsys.readouterr().err
