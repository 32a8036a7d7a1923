"""Evaluation: lists of pairs, the figures of encodings, and the command as people run it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib import pyplot
from PIL import Image

from host import UserError, images
from plugins.face import calibration
from plugins.face.evaluation import command as evaluate
from plugins.face.evaluation import pairs_file, plots, protocols
from plugins.face.evaluation.encode_files import encode_files
from plugins.face.evaluation.encoding_cache import VERSION, EncodingCache
from plugins.face.evaluation.encodings import NO_FACE, Encodings, collect
from plugins.face.evaluation.protocols import evaluate_all_pairs, evaluate_two
from plugins.face.models import BY_NAME

ROOT = Path(__file__).resolve().parents[2]
ASSETS = ROOT / "assets" / "face"
UNTIMED = settings(deadline=None)
PAIRS = """2\t1
anna\t1\t2
anna\t1\tbruno\t1
clara\t1\t2
bruno\t2\tclara\t1
"""
PROMISED = {
    *("accuracy", "auc", "eer", "tar_at_far_1e-2", "tar_at_far_1e-3", "model", "pairs"),
    "failures",
}


@pytest.fixture
def people(tmp_path) -> Path:
    """The drawn portraits as anna/anna_0001.jpg, ..."""
    folder = tmp_path / "people"
    for path in ASSETS.glob("*_[12].jpg"):
        name, number = path.stem.split("_")
        (folder / name).mkdir(parents=True, exist_ok=True)
        shutil.copy(path, folder / name / f"{name}_{int(number):04d}.jpg")
    return folder


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "host", "face", "evaluate", *map(str, arguments)],
        cwd=ROOT,
        env={**os.environ, "CUDA_VISIBLE_DEVICES": "-1"},
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )


def last_line(ran: subprocess.CompletedProcess[str]) -> dict:
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout.splitlines()[-1])


# The command


def test_a_list_of_pairs_is_judged_and_a_second_run_reads_the_cache(people, tmp_path):
    (tmp_path / "pairs.txt").write_text(PAIRS)
    out = tmp_path / "out"
    command = ("--images", people, "--pairs", tmp_path / "pairs.txt", "--model", "offline")
    command = (*command, "--cache", tmp_path / "cache", "--out", out, "--json")
    first = run(*command)
    figures = last_line(first)
    assert set(figures) >= PROMISED
    assert figures["accuracy"] == 1
    assert figures["auc"] == 1
    assert figures["eer"] == 0
    assert figures["tar_at_far_1e-2"] is None  # two different pairs say nothing of that
    assert (figures["pairs"], figures["failures"]) == (4, 0)
    assert figures["model"] == "offline"
    assert "0 from the cache, 6 encoded" in first.stderr
    assert "oneDNN" not in first.stderr  # TensorFlow keeps quiet

    written = json.loads((out / "report.json").read_text())
    assert {name: written[name] for name in figures} == figures
    assert len(written["curves"]["far"]) == len(written["curves"]["thresholds"])
    for name in ("roc.png", "distances.png", "worst.png"):
        picture = images.load(out / name)
        assert picture.min() < 100 < picture.max()

    again = run(*command)
    assert last_line(again) == figures
    assert "6 from the cache, 0 encoded" in again.stderr


def test_pictures_without_a_face_are_failures_and_listed(people, tmp_path):
    Image.new("RGB", (200, 200), "grey").save(people / "anna" / "blank.png")
    (people / "bruno" / "broken.jpg").write_bytes(b"no picture")
    ran = run("--images", people, "--cache", tmp_path / "cache", "--out", tmp_path, "--json")
    figures = last_line(ran)
    assert figures["failures"] == 2
    assert figures["pairs"] == 8 * 7 // 2
    assert figures["failed_pairs"] == 7 + 6
    assert figures["accuracy"] < 1
    assert "anna/blank.png: No face was found" in ran.stdout
    assert "bruno/broken.jpg: This file is damaged" in ran.stdout
    written = json.loads((tmp_path / "report.json").read_text())
    assert {row["picture"] for row in written["problems"]} == {"anna/blank.png", "bruno/broken.jpg"}
    assert written["faces_found"]["auc"] == 1
    assert "Traceback" not in ran.stderr


def test_one_folder_against_another(people, tmp_path, capsys):
    other = tmp_path / "other"
    for name in ("anna", "bruno"):
        (other / name).mkdir(parents=True)
        shutil.move(people / name / f"{name}_0002.jpg", other / name / "again.jpg")
    command = ["--images", people, "--against", other, "--cache", tmp_path / "cache", "--json"]
    assert evaluate.main([str(word) for word in command]) == 0
    figures = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (figures["same"], figures["different"]) == (2, 4 * 2 - 2)
    assert figures["auc"] == 1


def test_help_is_there_before_any_framework():
    ran = run("--help")
    assert ran.returncode == 0
    assert "--against" in ran.stdout
    code = "import sys, plugins.face.evaluation.command; sys.exit('tensorflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "is empty"),
        ("anna\t1\t2\n", "line 1: expected the number of folds"),
        ("0\nanna 1 2\n", "line 1: expected the number of folds"),
        ("1\nanna 1 2\n", "announces 2 pairs .* but it has 1"),
        ("1\nanna 1 2\nanna 1 bruno\n", "line 3: a pair of two people .* has 3 columns"),
        ("1\nanna 1\nanna 1 bruno 1\n", "line 2: a pair of one person .* has 2 columns"),
        ("1\n\nanna 1 two\nanna 1 bruno 1\n", 'line 3: "two" is not the number'),
        ("1\nanna 0 2\nanna 1 bruno 1\n", 'line 2: "0" is not the number'),
        ("1\nanna 1 1\nanna 1 bruno 1\n", "line 2: a picture is paired with itself"),
        ("1\nanna 1 2\nanna 1 anna 2\n", "line 3: .* both are anna"),
        ("1\n../anna 1 2\nanna 1 bruno 1\n", "line 2: .* not the name of a folder"),
        ("1\nanna 1 9\nanna 1 dora 1\n", "line 2: .* no picture anna/anna_0009 .*; 1 more"),
    ],
)
def test_a_wrong_list_of_pairs_is_told_by_its_line(people, tmp_path, capsys, text, sentence):
    (tmp_path / "pairs.txt").write_text(text)
    arguments = ["--images", str(people), "--pairs", str(tmp_path / "pairs.txt")]
    assert evaluate.main(arguments) == 2
    printed = capsys.readouterr().err
    with pytest.raises(UserError, match=sentence):
        raise UserError(printed)
    assert printed.startswith("error: ")
    assert printed.count("\n") == 1


def test_wrong_folders_are_told(people, tmp_path, capsys):
    (tmp_path / "empty").mkdir()
    for arguments, sentence in [
        (["--images", tmp_path / "nowhere"], "There is no folder"),
        (["--images", tmp_path / "empty"], "no pictures in sub-folders"),
        (["--images", people, "--pairs", tmp_path / "none.txt"], "cannot be read"),
        (["--images", people, "--against", people], "the same folder"),
        (["--images", people, "--model", "facenet-512", "--weights", tmp_path], "--weights"),
    ]:
        command = [*map(str, arguments), "--cache", str(tmp_path / "cache")]
        assert evaluate.main(command) == 2
        assert sentence in capsys.readouterr().err


# Lists of pairs


def test_names_may_hold_blanks_where_columns_are_parted_by_tabs():
    same, different = pairs_file.parse("1\nAnna  B. C\t1\t12\nAnna  B. C\t3\tDora\t4\n")
    assert same.first.key == "Anna  B. C/Anna  B. C_0001"
    assert same.second.key == "Anna  B. C/Anna  B. C_0012"
    assert (same.same, different.same) == (True, False)
    assert (different.second.name, different.second.number) == ("Dora", 4)


NAMES = (
    st.text("abcXYZ_-é .", min_size=1, max_size=8)
    .map(str.strip)
    .filter(lambda name: name not in ("", ".", ".."))
)


@UNTIMED
@given(st.data(), st.integers(1, 3), st.integers(1, 3))
def test_what_is_written_is_read(data, folds, each):
    lines, expected = [f"{folds}\t{each}"], []
    numbers = st.lists(st.integers(1, 99999), min_size=2, max_size=2, unique=True)
    names = st.lists(NAMES, min_size=2, max_size=2, unique=True)
    for fold in range(folds):
        for same in (True, False):
            for _ in range(each):
                (one, two), (i, j) = data.draw(names), data.draw(numbers)
                lines.append(f"{one}\t{i}\t{j}" if same else f"{one}\t{i}\t{two}\t{j}")
                expected.append((one, i, one if same else two, j, same, fold))
    found = pairs_file.parse("\n".join(lines))
    assert expected == [
        (p.first.name, p.first.number, p.second.name, p.second.number, p.same, p.fold)
        for p in found
    ]


@UNTIMED
@given(st.text("12 \tab\n", max_size=60))
def test_any_text_is_a_list_or_a_sentence(text):
    try:
        pairs_file.parse(text)
    except UserError as error:
        assert str(error).endswith(".")


def test_pictures_are_found_whatever_their_suffix(tmp_path):
    (tmp_path / "anna").mkdir()
    for name in ("anna_0001.PNG", "anna_0002.jpeg", "anna_0003.jpg"):
        (tmp_path / "anna" / name).touch()
    pairs = pairs_file.parse("1\nanna 1 2\nanna 3 bruno 1\n")
    found = pairs_file.locate(pairs[:1], tmp_path)
    assert [path.suffix for path in found.values()] == [".PNG", ".jpeg"]
    with pytest.raises(UserError, match="line 3"):
        pairs_file.locate(pairs, tmp_path)


# Encodings and what is made of them


def finish(steps):
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value


def clusters(people: int, each: int, spread: float, seed: int = 0) -> Encodings:
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(people, 16))
    values = np.repeat(centres, each, axis=0) + rng.normal(size=(people * each, 16)) * spread
    names = [f"p{person}" for person in range(people) for _ in range(each)]
    keys = tuple(f"{name}/{place}" for place, name in enumerate(names))
    return Encodings(keys, tuple(names), values.astype(np.float32), ())


def test_every_pair_is_judged_once():
    encodings = clusters(20, 3, 0.5)
    report = evaluate_all_pairs(encodings, "offline")
    assert (report.same, report.different) == (60, 60 * 59 // 2 - 60)
    assert report.folds == 10
    i, j = np.triu_indices(60, 1)
    people = np.array(encodings.people)
    distances = np.linalg.norm(encodings.values[i] - encodings.values[j], axis=1)
    same, different = distances[people[i] == people[j]], distances[people[i] != people[j]]
    assert report.auc == pytest.approx((same[:, None] < different).mean(), abs=1e-6)
    assert report.histograms.same.sum() == 60
    assert report.histograms.different.sum() == report.different
    for mistake in report.worst:
        assert mistake.same == (mistake.distance > report.threshold)
        assert mistake.same == (mistake.first.split("/")[0] == mistake.second.split("/")[0])
    assert evaluate_all_pairs(encodings, "offline").to_json() == report.to_json()


def test_too_many_pairs_are_drawn_from_and_that_is_said(monkeypatch):
    encodings = clusters(60, 3, 0.5)
    whole = evaluate_all_pairs(encodings, "offline")
    monkeypatch.setattr(protocols, "MOST_PAIRS", 4000)
    part = evaluate_all_pairs(encodings, "offline")
    assert part.same == whole.same  # there are few of them: all are kept
    assert 3500 < part.different < 4500
    assert part.auc == pytest.approx(whole.auc, abs=0.01)
    assert "drawn at random" in part.notes[0]


def test_with_one_pair_of_a_kind_the_report_says_what_its_accuracy_is_worth():
    encodings = clusters(2, 2, 0.1)
    part = Encodings(encodings.keys[:3], encodings.people[:3], encodings.values[:3], ())
    report = evaluate_all_pairs(part, "offline")
    assert (report.folds, report.standard_error) == (1, None)
    assert "fitted on the very pairs" in report.notes[-1]


def test_pairs_of_one_kind_only_are_told():
    with pytest.raises(UserError, match="no two pictures of one person"):
        evaluate_all_pairs(clusters(4, 1, 0.1), "offline")
    with pytest.raises(UserError, match="two different people"):
        evaluate_all_pairs(clusters(1, 4, 0.1), "offline")
    with pytest.raises(UserError, match="no two pictures"):
        evaluate_all_pairs(Encodings((), (), np.zeros((0, 1), "f4"), ()), "offline")


def test_two_sets_are_paired_across_and_not_within():
    first, second = clusters(5, 2, 0.1), clusters(5, 3, 0.1)
    report = evaluate_two(first, second, "offline")
    assert (report.same, report.different) == (5 * 6, 10 * 15 - 5 * 6)
    assert report.pairs == 150


def test_no_face_anywhere_is_a_report_too():
    encodings = clusters(3, 2, 0.1)
    values = np.full_like(encodings.values, np.nan)
    problems = tuple((key, NO_FACE) for key in encodings.keys)
    nothing = Encodings(encodings.keys, encodings.people, values, problems)
    report = evaluate_all_pairs(nothing, "offline")
    assert (report.accuracy, report.auc, report.eer) == (0, 0, 1)
    assert (report.failures, report.failed_pairs, report.faces_found) == (6, 15, None)
    json.loads(report.to_json())
    assert plots.roc(report).shape[2] == plots.distances(report).shape[2] == 3


def test_plots_may_be_drawn_in_any_thread():
    report = evaluate_all_pairs(clusters(20, 3, 0.5), "offline")
    drawn = []
    threads = [threading.Thread(target=lambda: drawn.append(plots.roc(report))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(drawn) == 3
    np.testing.assert_array_equal(drawn[0], drawn[2])
    assert pyplot.get_fignums() == []  # none is kept


def test_a_run_that_is_stopped_goes_on_from_the_last_batch(tmp_path):
    files = {f"p/{number}": tmp_path / f"{number}.png" for number in range(40)}
    for number, path in enumerate(files.values()):
        Image.new("RGB", (4, 4), (number, 0, 0)).save(path)
    seen = []

    def encode(pictures):
        seen.extend(int(picture[0, 0, 0]) for picture in pictures)
        if stop and len(seen) > 16:
            raise KeyboardInterrupt
        # Picture 3 shows no face.
        return [None if p[0, 0, 0] == 3 else np.full(2, p[0, 0, 0], np.float32) for p in pictures]

    stop = True
    with pytest.raises(KeyboardInterrupt):
        encode_files(files, encode, "offline", tmp_path / "cache")
    stop, seen = False, []
    found = encode_files(files, encode, "offline", tmp_path / "cache")
    assert seen == list(range(16, 40))
    np.testing.assert_array_equal(np.isnan(found.values[:, 0]), [n == 3 for n in range(40)])
    assert found.values[39, 1] == 39
    assert found.problems == (("p/3", NO_FACE),)

    # A file that changed is looked at again, and another model has encodings of its own.
    Image.new("RGB", (5, 5), (77, 0, 0)).save(files["p/8"])
    seen = []
    encode_files(files, encode, "offline", tmp_path / "cache")
    assert seen == [77]
    with EncodingCache(tmp_path / "cache", "facenet-512") as cache:
        assert cache.get(files["p/0"]) == (False, None)


def test_a_damaged_cache_is_told(tmp_path):
    (tmp_path / f"encodings-{VERSION}.sqlite").write_bytes(b"x" * 5000)
    with pytest.raises(UserError, match="cannot be used"):
        EncodingCache(tmp_path, "offline")


def test_a_name_that_is_no_text_is_as_good_as_any(tmp_path):
    file = tmp_path / os.fsdecode(b"p\xff.png")
    Image.new("RGB", (4, 4)).save(file)
    key = f"p/{file.name}"
    found = encode_files({key: file}, lambda batch: [None], "offline", tmp_path)
    again = encode_files({key: file}, lambda batch: 1 / 0, "offline", tmp_path)
    assert found.problems == again.problems == ((key, NO_FACE),)


def test_progress_counts_every_picture():
    def broken():
        raise UserError("This file is empty.")

    pictures = [("a", "p", lambda: np.zeros((2, 2, 3), np.uint8)), ("b", "p", broken)]
    steps = collect(pictures, lambda batch: [np.ones(3, np.float32) for _ in batch])
    assert list(steps)[-1] == 2
    found = finish(collect(pictures, lambda batch: [np.ones(3, np.float32) for _ in batch]))
    assert found.problems == (("b", "This file is empty."),)
    assert found.values.shape == (2, 3)


# What is stored of a model


def test_the_stored_rates_fit_the_model():
    stored = calibration.load("offline")
    model = BY_NAME["offline"]
    assert stored.figures["threshold"] == pytest.approx(model.threshold, abs=0.01)
    assert stored.figures["slope"] == pytest.approx(model.slope, rel=0.02)
    at = stored.figures["at_model_threshold"]
    assert stored.curves.rates_at(model.threshold) == pytest.approx(
        (at["far"], at["frr"]), abs=2e-3
    )
    assert stored.curves.rates_at(0.0) == (0, 1)
    assert stored.curves.rates_at(9.0) == (1, 0)
    assert (np.diff(stored.curves.far) >= 0).all()
    assert "research use" in stored.data


def test_a_model_that_nobody_measured_has_no_rates():
    assert calibration.load("facenet-512") is None


@pytest.mark.parametrize("name", list(BY_NAME))
def test_every_model_has_a_card(name):
    card = (calibration.FOLDER / f"{name}.md").read_text()
    for word in ("Licence", "Data", "Intended use", "Limits", str(BY_NAME[name].threshold)):
        assert word in card
