"""``make audit`` against a database of this machine."""

import http.server
import json
import subprocess
import sys
import threading
from pathlib import Path

import pytest

AUDIT = Path(__file__).parents[2] / "scripts" / "audit.py"
FOUND = {
    "id": "GHSA-test",
    "modified": "2024-01-01T00:00:00Z",
    "summary": "bad",
    "affected": [
        {
            "package": {"ecosystem": "PyPI", "name": "idna", "purl": "pkg:pypi/idna"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "3.11"}]}],
            "versions": ["3.10"],
        }
    ],
}


@pytest.fixture
def database():
    """``database(answer)`` serves it to every query; returns its address."""
    servers = []

    def serve(answer):
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                self.rfile.read(int(self.headers["Content-Length"]))
                self.send_response(200)
                self.end_headers()
                self.wfile.write(json.dumps(answer).encode())

            def log_message(self, *_):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        servers.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{server.server_port}/v1/query"

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()


def audit(tmp_path, url):
    (tmp_path / "requirements.txt").write_text("idna==3.10\n")
    of = ["-r", str(tmp_path / "requirements.txt"), "--no-deps", "--disable-pip"]
    command = [sys.executable, str(AUDIT), *of, "--osv-url", url]
    return subprocess.run(command, capture_output=True, text=True)


def test_a_known_vulnerability_fails(tmp_path, database):
    done = audit(tmp_path, database({"vulns": [FOUND]}))
    assert done.returncode == 1, done.stderr
    assert "idna 3.10: GHSA-test, fixed in 3.11" in done.stdout


def test_none_known_is_fine(tmp_path, database):
    done = audit(tmp_path, database({}))
    assert (done.returncode, done.stdout) == (0, "1 packages audited, 0 with vulnerabilities.\n")


def test_without_the_database_that_is_said(tmp_path):
    done = audit(tmp_path, "http://127.0.0.1:9/v1/query")
    assert (done.returncode, "NOT AUDITED" in done.stdout) == (0, True), done.stderr


def test_a_failed_audit_is_no_clean_one(tmp_path):
    (tmp_path / "odd.txt").write_text("idna>=3\n")
    of = ["-r", str(tmp_path / "odd.txt"), "--no-deps", "--disable-pip"]
    done = subprocess.run([sys.executable, str(AUDIT), *of], capture_output=True, text=True)
    assert done.returncode == 2
