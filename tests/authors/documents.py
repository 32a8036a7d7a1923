"""A document's code blocks as one shell script, which does what a reader would do."""

import os
import re
import shlex
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
OURS = ("faces.md", "style.md", "gan.md")
"""Of the three plugins that ship."""
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
FILE = re.compile(r"(?:#|/\*) ([\w./-]+\.\w+)(?: \*/)?\n")
# What never ends by itself is looked at once it is served, and ended as with Ctrl-C.
PRELUDE = r"""
set -euo pipefail
trap 'echo "failed in the block at $at" >&2' ERR
serve() {
    : > served.log
    "$@" --port 0 > served.log 2>&1 & local page=$!
    for _ in $(seq 600); do
        grep -q "is at http" served.log && break
        kill -0 $page 2>/dev/null || { cat served.log >&2; return 1; }
        sleep 0.1
    done
    grep -o "is at http.*" served.log
    python - "$(grep -o "http://[0-9.:]*" served.log | tail -1)" <<'LOOK'
import sys, urllib.request
assert b"gradio" in urllib.request.urlopen(sys.argv[1], timeout=30).read()
LOOK
    kill -INT $page; wait $page
}
"""


def blocks(document):
    """``(line, language, text)`` of each."""
    text = (DOCS / document).read_text()
    for block in BLOCK.finditer(text):
        yield text.count("\n", 0, block.start()) + 1, block[1], block[2]


def script(document):
    """Bash that writes the files, runs the commands and the programs, in the document's order."""
    parts = [PRELUDE]
    for line, language, text in blocks(document):
        parts.append(f"at={document}:{line}")
        named = FILE.match(text)
        if named and language in ("python", "toml", "css"):
            parts.append(f"mkdir -p {shlex.quote(str(Path(named[1]).parent))}")
            parts.append(_given(f"cat > {shlex.quote(named[1])}", text))
        elif language == "python":
            parts.append(_given("python -", text))
        elif language == "sh":
            parts.append(re.sub(r"^triptych run\b", "serve triptych run", text, flags=re.MULTILINE))
    return "\n".join(parts)


def _given(command, text):
    return f"{command} <<'END_OF_BLOCK'\n{text}END_OF_BLOCK"


def run(document, folder, *path, **environment):
    """Run its script in that folder; what it printed. path: folders before PATH's own."""
    ran = subprocess.run(
        ["bash", "-c", script(document)],
        cwd=folder,
        env={
            **{key: value for key, value in os.environ.items() if key != "PYTHONPATH"},
            "PATH": os.pathsep.join([*map(str, path), os.environ["PATH"]]),
            "TRIPTYCH_CACHE": str(folder / ".cache"),
            "TRIPTYCH_OFFLINE": "1",
            "PIP_NO_COMPILE": "1",  # most of it is never imported
            **environment,
        },
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert ran.returncode == 0, f"{ran.stdout[-3000:]}\n{ran.stderr[-5000:]}"
    return ran.stdout
