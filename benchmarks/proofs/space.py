"""What a Space on CPU-basic hardware costs: its installation, its start, its memory in use.

python benchmarks/proofs/space.py [--python PYTHON | --environment DIR]

Exports the Space, installs its requirements.txt into a fresh virtual environment, runs
``python app.py`` there as a Space does, and uses all three plugins at once. ``--python`` makes that
environment; left out, it is the Spacefile's python_version. ``--environment`` is one that an
earlier run, or a hand, made so. pip's own configuration decides which build of PyTorch it gets, as
``--torch-index`` does for a real Space.

Sizes in GB are 1e9 bytes. Memory is the proportional set size of the whole process tree: what its
processes share counts once.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import yaml
from gradio_client import Client, handle_file
from places import ROOT
from process_memory import peak, size
from serving import App
from timing import machine

from host import space

INSTALLED, FIRST_PAGE, MEMORY = 6.0, 15.0, 6.0  # GB, s, GB: the targets
TRAINING = 20  # s of live training
FACES, PAINTINGS = ROOT / "assets" / "face", ROOT / "assets" / "style"


def main() -> int:
    flags = argparse.ArgumentParser(description="What a Space on CPU-basic hardware costs.")
    flags.add_argument("--python", help="makes the fresh environment")
    flags.add_argument("--environment", type=Path, help="has the requirements already")
    args = flags.parse_args()
    with tempfile.TemporaryDirectory(prefix="triptych-space-") as temporary:
        folder = Path(temporary)
        space.export(ROOT / "Spacefile", folder / "space")
        where = args.environment or folder / "venv"
        python = where.resolve() / "bin" / "python"
        if args.environment is None:
            install(folder / "space", where, args.python)
        found = {"installed_gb": on_disk(where), "torch": version(python, "torch")}
        found |= in_use(python, folder)
    report(found)
    limits = {"installed_gb": INSTALLED, "first_page_s": FIRST_PAGE, "peak_gb": MEMORY}
    return int(any(found[key] >= limit for key, limit in limits.items()))


def install(exported: Path, where: Path, python: str | None) -> None:
    """Make a fresh environment with the Space's requirements."""
    wanted = yaml.safe_load((exported / "Spacefile").read_text())["python_version"]
    python = python or shutil.which(f"python{wanted}")
    if python is None:
        sys.exit(f"There is no python{wanted} here; name another.")
    subprocess.run([python, "-m", "venv", str(where)], check=True)
    pip = [str(where / "bin" / "pip"), "install", "--quiet", "--no-cache-dir"]
    subprocess.run([*pip, "-r", "requirements.txt"], cwd=exported, check=True)


def on_disk(folder: Path) -> float:
    """GB on disk."""
    files = (path.lstat() for path in folder.rglob("*") if not path.is_dir())
    return sum(file.st_blocks * 512 for file in files) / 1e9


def version(python: Path, package: str) -> str:
    code = f"from importlib.metadata import version; print(version({package!r}))"
    ran = subprocess.run([python, "-c", code], capture_output=True, text=True, check=True)
    return ran.stdout.strip()


def in_use(python: Path, folder: Path) -> dict[str, float]:
    """Seconds to the first page, and GB of memory warm and in use."""
    environment = {
        "PYTHONPATH": "",
        "SPACE_ID": "ada/triptych",
        "SYSTEM": "spaces",
        "GRADIO_SERVER_NAME": "127.0.0.1",
        "TRIPTYCH_OFFLINE": "1",
    }
    began = time.monotonic()
    app = App(folder, [], environment, [str(python), "app.py"], folder / "space")
    try:
        app.wait_until_served()
        found = {"first_page_s": time.monotonic() - began}
        for title in ("Faces", "Style", "GAN"):
            app.wait_for_log(f"{title}: ready on", seconds=300)
        use(app.url, training=2)
        found["warm_gb"] = size(app.process.pid) / 1000
        most = peak(app.process.pid, lambda: use(app.url, training=TRAINING), every=0.5)
        return found | {"peak_gb": most / 1000}
    finally:
        app.stop()


def use(url: str, training: float) -> None:
    """A verification, a painting at 384 pixels, digits and live training, all at once."""
    clients = [Client(url, verbose=False, httpx_kwargs={"timeout": 300}) for _ in range(3)]
    failures: list[str] = []

    def guarded(what: Callable[[], None]) -> None:
        try:
            what()
        except Exception as error:  # noqa: BLE001  said at the end
            failures.append(f"{what.__name__}: {type(error).__name__}: {error}")

    def face() -> None:
        pictures = [handle_file(str(FACES / f"anna_{number}.jpg")) for number in (1, 2)]
        assert clients[0].predict(*pictures, api_name="/face_verify")[-1]["same"]

    def style() -> None:
        pictures = [FACES / "anna_1.jpg", PAINTINGS / "waves.jpg"]
        files = [handle_file(str(path)) for path in pictures]
        clients[1].predict(*files, size=384, api_name="/style_transfer")

    def gan() -> None:
        assert clients[2].predict("2026", 5, 2, 1.0, api_name="/gan_generate")
        job = clients[2].submit(steps=10_000, batch_size=64, api_name="/gan_train")
        until = time.monotonic() + training
        while time.monotonic() < until:
            assert not job.done(), job.result()
            time.sleep(0.2)
        assert job.outputs(), "nothing was trained"
        job.cancel()

    threads = [threading.Thread(target=guarded, args=(what,)) for what in (face, style, gan)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for client in clients:
        client.close()
    if failures:
        sys.exit("\n".join(failures))


def report(found: dict[str, float]) -> None:
    print(f"{machine()}, PyTorch {found['torch']}\n")
    print("| | measured | target |\n|---|---|---|")
    print(f"| installed, with its Python environment | {found['installed_gb']:.2f} GB | 6 GB |")
    print(f"| start to first page | {found['first_page_s']:.1f} s | 15 s |")
    print(f"| memory, all three warm | {found['warm_gb']:.2f} GB | |")
    print(f"| memory, highest, all three in use | {found['peak_gb']:.2f} GB | 6 GB |\n")
    print(json.dumps({"proof": "space", **found}))


if __name__ == "__main__":
    sys.exit(main())
