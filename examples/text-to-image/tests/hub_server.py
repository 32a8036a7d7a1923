"""A small hub: the three requests of huggingface_hub, answered from folders over real HTTP."""

import hashlib
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

COMMIT = "c0ffee" + "0" * 34


class HubServer:
    """``repos``: id -> folder. ``asked``: the paths that were requested.

    ``slow`` (file name) is sent a piece at a time, so that a test can stop in mid-download.
    """

    def __init__(self, repos, slow=None):
        self.repos, self.slow, self.asked = repos, slow, []
        hub = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_):
                pass

            def do_HEAD(self):
                self.answer(body=False)

            def do_GET(self):
                self.answer(body=True)

            def answer(self, body):
                path = self.path.partition("?")[0]
                hub.asked.append(path)
                parts = path.strip("/").split("/")
                info = parts[:2] == ["api", "models"]
                repo = "/".join(parts[2:4] if info else parts[:2])
                folder = hub.repos.get(repo)
                file = None if folder is None else folder.joinpath(*parts[4:])
                if folder is None or not (info or file.is_file()):
                    missing = "RepoNotFound" if folder is None else "EntryNotFound"
                    return self.reply(b"", body, 404, {"X-Error-Code": missing})
                if info:
                    return self.reply(json.dumps(hub.info(repo, folder)).encode(), body)
                data = file.read_bytes()
                etag = f'"{hashlib.sha256(data).hexdigest()}"'
                headers = {"ETag": etag, "X-Repo-Commit": COMMIT}
                return self.reply(data, body, 200, headers, file.name == hub.slow)

            def reply(self, data, body, status=200, headers=None, slow=False):
                self.send_response(status)
                for name, value in {"Content-Length": str(len(data)), **(headers or {})}.items():
                    self.send_header(name, value)
                self.end_headers()
                if not body:
                    return
                try:
                    piece = max(1, len(data) // 40) if slow else max(1, len(data))
                    for start in range(0, len(data), piece):
                        self.wfile.write(data[start : start + piece])
                        if slow:
                            time.sleep(0.1)
                except OSError:
                    pass  # the other end has stopped

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def info(self, repo, folder):
        files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
        siblings = [
            {"rfilename": path.relative_to(folder).as_posix(), "size": path.stat().st_size}
            for path in files
        ]
        return {"id": repo, "modelId": repo, "sha": COMMIT, "siblings": siblings}

    def stop(self):
        self._server.shutdown()
        self._server.server_close()
