"""What a push needs of the Hugging Face Hub's HTTP API, on this machine: files are kept."""

import base64
import hashlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

TOKEN = "hf_" + "a" * 34
LARGE = (".safetensors", ".png", ".jpg", ".webp")  # as the Hub's own .gitattributes name them


class Hub:
    """``spaces``: of each "owner/name" its files, secrets, and what it was made with.

    refusals: {(method, end of the path): status} to answer instead.
    """

    def __init__(self):
        self.spaces, self.large, self.refusals, self.asked = {}, {}, {}, []
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self.server.hub = self
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_GET(self):
        self._handle()

    do_POST = do_PUT = do_GET

    def _handle(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path = urlsplit(self.path).path
        hub = self.server.hub
        hub.asked.append(f"{self.command} {path}")
        for (method, end), status in hub.refusals.items():
            if method == self.command and path.endswith(end):
                return self._answer(status, {"error": f"refused {TOKEN}"})
        if path.startswith("/large/"):  # where no token is sent, as to a bucket
            assert hashlib.sha256(body).hexdigest() == path.rpartition("/")[2]
            hub.large[path.rpartition("/")[2]] = body
            return self._answer(200, {})
        if self.headers.get("Authorization") != f"Bearer {TOKEN}":
            return self._answer(401, {"error": "Invalid username or password."})
        if path == "/api/repos/create":
            return self._create(json.loads(body))
        if path == "/api/validate-yaml":
            return self._answer(200, {"errors": [], "warnings": []})
        return self._of_a_space(path, body)

    def _create(self, asked):
        name = f"{asked['organization']}/{asked['name']}"
        url = f"{self.server.hub.url}/spaces/{name}"
        if name in self.server.hub.spaces:
            return self._answer(409, {"error": "You already created this repo", "url": url})
        files = {".gitattributes": b"* text", "README.md": b"made by the Hub"}
        self.server.hub.spaces[name] = {"made": asked, "files": files, "secrets": {}}
        return self._answer(200, {"url": url})

    def _of_a_space(self, path, body):
        parts = path.removeprefix("/api").removeprefix("/spaces/").split("/")
        name, rest = f"{parts[0]}/{parts[1].removesuffix('.git')}", "/".join(parts[2:])
        space = self.server.hub.spaces.get(name)
        if space is None:
            return self._answer(404, {"error": "Repository not found"}, RepoNotFound=True)
        if rest == "secrets":
            asked = json.loads(body)
            space["secrets"][asked["key"]] = (asked["value"], len(space["files"]))
            return self._answer(200, {})
        if rest == "tree/main":
            found = [
                {"type": "file", "path": path, "size": len(data), "oid": "0" * 40}
                for path, data in space["files"].items()
            ]
            return self._answer(200, found)
        if rest == "preupload/main":
            modes = [
                {
                    "path": file["path"],
                    "uploadMode": "lfs" if _large(file) else "regular",
                    "shouldIgnore": False,
                    "oid": None,
                }
                for file in json.loads(body)["files"]
            ]
            return self._answer(200, {"files": modes})
        if rest == "info/lfs/objects/batch":
            found = [
                {
                    **each,
                    "actions": {"upload": {"href": f"{self.server.hub.url}/large/{each['oid']}"}},
                }
                for each in json.loads(body)["objects"]
            ]
            return self._answer(200, {"transfer": "basic", "objects": found})
        assert rest == "commit/main", path
        for line in body.splitlines():
            _apply(json.loads(line), space["files"], self.server.hub.large)
        commit = {
            "commitUrl": f"{self.server.hub.url}/spaces/{name}/commit/{'1' * 40}",
            "commitOid": "1" * 40,
        }
        return self._answer(200, commit)

    def _answer(self, status, what, RepoNotFound=False):
        data = json.dumps(what).encode()
        self.send_response(status)
        if RepoNotFound:
            self.send_header("X-Error-Code", "RepoNotFound")
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


def _large(file):
    return file["size"] > 10_000_000 or file["path"].endswith(LARGE)


def _apply(operation, files, large):
    value = operation["value"]
    if operation["key"] == "file":
        files[value["path"]] = base64.b64decode(value["content"])
    elif operation["key"] == "lfsFile":
        files[value["path"]] = large[value["oid"]]
    elif operation["key"] == "deletedFile":
        del files[value["path"]]
    else:
        assert operation["key"] == "header", operation
