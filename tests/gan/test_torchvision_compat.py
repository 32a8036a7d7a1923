"""Each case runs in a fresh process: an import happens once, and declarations cannot be undone."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# What torchvision does while it is imported without its compiled operators.
DESCRIBES_UNDECLARED = """
import torch
import torchvision.part

@torch.library.register_fake("torchvision::nms")
def nms(dets, scores, iou_threshold):
    return dets.new_empty(0)

@torch.library.register_fake("torchvision::qnms")
def qnms(dets, scores, iou_threshold):
    return dets.new_empty(0)

ready = True
"""


def run(code: str, torchvision: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run ``code``, with a stand-in for torchvision first on the path if one is given."""
    path = [str(p) for p in (torchvision, ROOT) if p]
    code = f"import sys; sys.path[:0] = {path!r}\n{code}"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)


def stand_in(folder: Path, source: str) -> Path:
    package = folder / "torchvision"
    package.mkdir()
    (package / "__init__.py").write_text(source)
    (package / "part.py").write_text("")
    return folder


def test_the_installed_torchvision_gives_transforms_and_grids() -> None:
    done = run(
        "from plugins.gan.torchvision_compat import torchvision\n"
        "import torch\n"
        "from torchvision.transforms.v2.functional import resize\n"
        "from torchvision.utils import make_grid\n"
        "print(tuple(make_grid(resize(torch.zeros(4, 3, 8, 8), [16, 16]), 2, 0).shape))"
    )
    assert done.stdout.strip() == "(3, 32, 32)", done.stderr


def test_undeclared_operators_end_a_plain_import(tmp_path: Path) -> None:
    done = run("import torchvision", stand_in(tmp_path, DESCRIBES_UNDECLARED))
    assert "operator torchvision::nms does not exist" in done.stderr


def test_undeclared_operators_are_declared(tmp_path: Path) -> None:
    done = run(
        "from plugins.gan.torchvision_compat import torchvision; print(torchvision.ready)",
        stand_in(tmp_path, DESCRIBES_UNDECLARED),
    )
    assert done.stdout.strip() == "True", done.stderr


def test_a_torchvision_that_works_is_left_alone(tmp_path: Path) -> None:
    done = run(
        "from plugins.gan.torchvision_compat import torchvision\n"
        "import torch; print(hasattr(torch.ops.torchvision, 'nms'))",
        stand_in(tmp_path, "works = True"),
    )
    assert done.stdout.strip() == "False", done.stderr


def test_other_errors_are_left_as_they_are(tmp_path: Path) -> None:
    for number, (source, error) in enumerate(
        [
            ("raise RuntimeError('built for CUDA 99')", "RuntimeError: built for CUDA 99"),
            ("import no_such_module_here", "ModuleNotFoundError"),
        ]
    ):
        folder = tmp_path / str(number)
        folder.mkdir()
        done = run("import plugins.gan.torchvision_compat", stand_in(folder, source))
        assert done.returncode != 0
        assert error in done.stderr.strip().splitlines()[-1]
