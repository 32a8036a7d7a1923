"""Clients that send malformed input to every endpoint and route."""

from __future__ import annotations

import json
import random
import threading
import traceback
from typing import Any
from urllib.parse import quote

import malformed
from answers import API, Hung, Wire, complaint, told
from findings import Findings

VISITORS = 40  # of each client
ROUTES = "heartbeat cancel file stream proxy component_server config login call info assets".split()


class Corpus:
    """What may be sent, and what is known of the app's endpoints.

    Raises OSError when the app cannot be reached.
    """

    def __init__(self, port: int, start: int) -> None:
        chance = random.Random(start)
        wire = Wire(port)
        config = json.loads(wire.ask("GET", "/config")[1])
        components = {each["id"]: each for each in config["components"]}
        self.endpoints = [
            (each, [components[number] for number in each["inputs"]])
            for each in config["dependencies"]
            if each["backend_fn"]
        ]
        self.values = malformed.values(1500, start)
        self.bodies = malformed.bodies(chance)
        self.pictures = self._sent(wire, list(malformed.pictures(chance)))
        self.archives = self._sent(wire, list(malformed.archives(chance)))
        self.files = list(malformed.pictures(chance)) + list(malformed.archives(chance))
        self.lies = malformed.lies(self.pictures[0]["path"])
        wire.close()

    @staticmethod
    def _sent(wire: Wire, files: list[tuple[str, bytes]]) -> list[dict[str, Any]]:
        found = []
        for name, data in files:
            status, body = wire.upload(name, data)
            if status == 200:
                meta = {"_type": "gradio.FileData"}
                found.append({"path": json.loads(body)[0], "orig_name": name, "meta": meta})
        return found


def cheap(component: dict[str, Any]) -> Any:
    """A right value that starts little work."""
    kind, props = component["type"], component["props"]
    if kind == "slider":
        return props.get("minimum", 0)
    if kind in ("dropdown", "radio"):
        choices = props.get("choices") or [["x", "x"]]
        return props.get("value") or choices[0][1]
    if kind in ("number", "checkbox", "textbox"):
        return props.get("value")
    return 0 if kind == "dataset" else None


def hostile(component: dict[str, Any], corpus: Corpus, chance: random.Random) -> Any:
    kind = component["type"]
    if kind in ("image", "imageeditor", "file", "uploadbutton", "downloadbutton"):
        draw = chance.random()
        files = corpus.pictures if kind.startswith("image") else corpus.archives
        if draw < 0.15:
            files = corpus.archives + corpus.pictures
        if draw < 0.7:
            file: Any = chance.choice(files)
        else:
            file = chance.choice(corpus.lies)
        if kind == "imageeditor" and chance.random() < 0.7:
            layers = [chance.choice(files) for _ in range(chance.randrange(6))]
            file = {"background": file, "layers": layers, "composite": None}
        if draw < 0.85:
            return [file] * chance.choice((1, 3)) if chance.random() < 0.15 else file
    if kind in ("slider", "number") and chance.random() < 0.5:
        return chance.choice(malformed.NUMBERS)
    return chance.choice(corpus.values)


def data_for(inputs: list[dict[str, Any]], corpus: Corpus, chance: random.Random) -> list[Any]:
    """Mostly one wrong value among right ones: what is checked late must be reached as well."""
    data = [cheap(each) for each in inputs]
    draw = chance.random()
    if draw < 0.7 and inputs:
        place = chance.randrange(len(inputs))
        data[place] = hostile(inputs[place], corpus, chance)
    elif draw < 0.9:
        data = [hostile(each, corpus, chance) for each in inputs]
    elif draw < 0.95:
        data = data[: chance.randrange(len(data) + 1)]
    else:
        data = [*data, *chance.choices(corpus.values, k=3)]
    return data


class Client(threading.Thread):
    """Sends until the numbers run out.

    Two visitors are never the same, so no answer can be another's.
    """

    def __init__(
        self, number: int, port: int, corpus: Corpus, left: Any, found: Findings, start: int
    ) -> None:
        super().__init__(daemon=True)
        self._chance = random.Random(f"{start}-{number}")
        self._wire, self._other = Wire(port), Wire(port, 10)
        self._corpus, self._left, self._found = corpus, left, found
        self._visitors = [f"fuzz{number}x{each}" for each in range(VISITORS)]

    def run(self) -> None:
        for number in self._left:
            try:
                if self._chance.random() < 0.25:
                    self._route()
                else:
                    # In turn, so that each gets its share.
                    self._endpoint(*self._corpus.endpoints[number % len(self._corpus.endpoints)])
            except Exception:  # noqa: BLE001  a fault of the proof itself must fail it
                self._found.add("the proof", "", "broke", traceback.format_exc(), False)

    # -- endpoints

    def _endpoint(self, dependency: dict[str, Any], inputs: list[dict[str, Any]]) -> None:
        chance, number = self._chance, dependency["id"]
        name = dependency["api_name"] or f"fn {number}"
        visitor = chance.choice(self._visitors)
        body: dict[str, Any] = {
            "data": data_for(inputs, self._corpus, chance),
            "session_hash": visitor,
        }
        body |= {"fn_index": number, "trigger_id": None, "event_data": None}
        if chance.random() < 0.05:
            odd = chance.choice(("event_data", "trigger_id", "event_id", "fn_index", "batched"))
            body[odd] = chance.choice(self._corpus.values)
        path = f"{API}/queue/join"
        draw = chance.random()
        if not dependency["queue"] and draw < 0.3:
            path = f"{API}/run/{name}"
        elif dependency["api_visibility"] == "public" and draw < 0.15:
            path = f"{API}/call/{name}"
            body = {"data": body["data"]}
        text = json.dumps(body)
        try:
            json_type = {"Content-Type": "application/json"}
            status, answer = self._wire.ask("POST", path, text.encode(), json_type)
            if status == 200 and "/run/" not in path:
                event = json.loads(answer)["event_id"]
                problem, message, is_result = self._follow(path, visitor, number, event)
            else:
                problem, message, is_result = judge(status, answer)
        except Hung:
            problem, message, is_result = "hung", "no answer within 30 s", False
        except OSError as error:
            problem, message, is_result = "connection lost", str(error), False
        self._found.add(str(name), f"POST {path} {text}", problem, message, is_result)

    def _follow(self, path: str, visitor: str, number: int, event: str) -> tuple[str, Any, bool]:
        """Read to the end, but ask for it once a stream has begun."""
        if "/call/" in path:
            return self._follow_call(f"{path}/{event}")
        stopped = False
        verdict: tuple[str, Any, bool] = ("no end", "the stream ended without an answer", False)
        for message in self._wire.events(f"{API}/queue/data?session_hash={visitor}"):
            kind = message["msg"]
            if kind == "status":
                return judge(message["status"], message["body"])
            if kind == "process_generating" and message["success"] and not stopped:
                stopped = True
                ended = {"session_hash": visitor, "fn_index": number, "event_id": event}
                self._other.post(f"{API}/cancel", ended)
            elif kind == "process_generating" and not message["success"]:
                verdict = of_error((message.get("output") or {}).get("error"))
            elif kind == "unexpected_error":
                verdict = of_error(message.get("message"))
            elif kind == "process_completed" and message["event_id"] == event:
                failed = not message["success"]
                error = (message.get("output") or {}).get("error")
                verdict = of_error(error) if failed else ("", "", True)
        return verdict

    def _follow_call(self, path: str) -> tuple[str, Any, bool]:
        last: Any = None
        for last in self._wire.events(path):
            if isinstance(last, dict) and last.get("msg") == "status":
                return judge(last["status"], last["body"])
        if isinstance(last, dict) and "error" in last:
            return of_error(last["error"])
        return "", "", True

    # -- routes

    def _route(self) -> None:
        kind, method, path, body, headers = route(self._corpus, self._chance, self._visitors)
        shown = f"{method} {path} {body[:200]!r} {headers}"
        try:
            if kind == "heartbeat":
                response = self._other.send(method, path)
                status = response.status
                answer = response.fp.readline() if status == 200 else response.read()
                self._other.close()
            else:
                status, answer = self._wire.ask(method, path, body, headers)
            verdict = judge(status, answer)
        except Hung:
            verdict = "hung", "no answer within 30 s", False
        except (OSError, ValueError) as error:
            verdict = "connection lost", str(error), False
        self._found.add(f"route {kind}", shown, *verdict)


def route(
    corpus: Corpus, chance: random.Random, visitors: list[str]
) -> tuple[str, str, str, bytes, dict[str, str]]:
    """Kind, method, path, body and headers of a request to one of Gradio's own routes."""
    text = quote(str(chance.choice(corpus.values))[:2000].encode("utf-8", "replace"), safe="/.:")
    kind = chance.choice(("upload", "upload form", "join", "run", *ROUTES))
    value = chance.choice(corpus.values)
    body = chance.choice(corpus.bodies)
    kinds = {"Content-Type": chance.choice(("application/json", "application/json", "text/x", ""))}
    if kind == "upload":
        name, data = chance.choice(corpus.files)
        border = "b" if chance.random() < 0.9 else ""
        head = f'--b\r\nContent-Disposition: form-data; name="files"; filename="{name}"\r\n\r\n'
        form = {"Content-Type": f"multipart/form-data; boundary={border}"}
        end = chance.choice((b"\r\n--b--\r\n", b"", b"\r\n--b"))
        return kind, "POST", f"{API}/upload", head.encode() + data[:200_000] + end, form
    if kind == "upload form":
        odd = str(value)[:300].encode("utf-8", "replace").replace(b"\r", b"").replace(b"\n", b"")
        part = b'--b\r\nContent-Disposition: form-data; name="%b"; filename="%b"\r\n\r\nx\r\n'
        form = {"Content-Type": "multipart/form-data; boundary=b"}
        data = part % (odd, odd) * chance.choice((1, 1, 40)) + b"--b--\r\n"
        return kind, "POST", f"{API}/upload?upload_id={text[:100]}", data, form
    if kind in ("join", "run", "cancel", "component_server", "call"):
        some = chance.choice(("gan_generate", "nobody", text[:100]))
        places = {"join": "queue/join", "run": f"run/{some}", "call": f"call/{some}"}
        if chance.random() < 0.3:
            body = json.dumps(
                {
                    "session_hash": value,
                    "fn_index": value,
                    "event_id": value,
                    "data": value,
                    "component_id": value,
                    "fn_name": value,
                }
            ).encode()
        return kind, "POST", f"{API}/{places.get(kind, kind)}", body, kinds
    if kind == "login":
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        return kind, "POST", "/login", f"username={text[:500]}&password={text[:500]}".encode(), form
    if kind == "heartbeat":
        return (
            kind,
            "GET",
            f"{API}/heartbeat/{chance.choice((*visitors, text[:100] or 'x'))}",
            b"",
            {},
        )
    known = chance.choice(corpus.pictures)["path"]
    path = {
        "file": f"{API}/file={chance.choice((text, known, known + text, quote('/etc/passwd')))}",
        "stream": f"{API}/stream/{text[:50]}/1/2/playlist.m3u8",
        "proxy": f"{API}/proxy={text}",
        "config": f"/config?{text}",
        "info": f"{API}/{chance.choice(('info', 'queue/data', 'queue/status', 'user', text))}",
        "assets": f"/{chance.choice(('assets', 'static', 'custom_component'))}/{text}",
    }[kind]
    ranges = {"Range": chance.choice(("bytes=0-0", "bytes=-1", "bytes=9-1", "x", "bytes=0-,0-,0-"))}
    return kind, chance.choice(("GET", "GET", "GET", "HEAD", "POST", "PUT")), path, b"", ranges


def of_error(message: Any) -> tuple[str, Any, bool]:
    return complaint(message), message, False


def judge(status: int, body: bytes) -> tuple[str, Any, bool]:
    """Problem, message and whether it is a result."""
    if status < 400:
        return "", "", True
    message = told(body) if body else "Bad Request"  # the answer to HEAD has no body
    problem = complaint(message)
    if status >= 500 and status != 503:
        problem = f"status {status}" + (f", {problem}" if problem else "")
    return problem, message, False
