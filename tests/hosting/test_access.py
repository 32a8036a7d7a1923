"""Who gets in: nobody without a login where there is one."""

import io
import os
import re
import stat
import subprocess
import sys
import time
from pathlib import Path

import gradio as gr
import httpx
import pytest
from gradio.routes import App as GradioApp
from gradio_client import Client
from gradio_client.exceptions import AuthenticationError
from provider import Provider
from serving import ROOT

from host import access
from host.access.users import Password, Users
from host.cli import main
from host.settings import Settings

PLUGIN = Path(__file__).parents[1] / "host" / "demo_plugin.py"
FLAGS = ("--plugin", str(PLUGIN), "--only", "demo")
SECRET = "correct horse"
BROWSER = {"Accept": "text/html,application/xhtml+xml"}
OPEN = ("/healthz", "/readyz", "/metrics", "/favicon.ico", "/robots.txt")


@pytest.fixture
def keep(tmp_path, monkeypatch):
    """``keep("add", "ada", password)`` runs ``triptych users``; returns its exit status."""

    def run(*arguments, password=None):
        extra = () if password is None else ("--password-stdin",)
        monkeypatch.setattr("sys.stdin", io.StringIO(f"{password}\n"))
        return main(["users", *arguments, *extra, "--file", str(tmp_path / "users")])

    return run


def _hashes(file):
    return dict(line.split(":", 1) for line in file.read_text().splitlines())


# -- the file and its command


def test_the_file_is_the_owners_and_holds_no_password(keep, tmp_path, capsys):
    assert keep("add", "ada", password=SECRET) == 0
    assert keep("add", "Béla Ö", password=SECRET) == 0
    file = tmp_path / "users"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert SECRET not in file.read_text()
    hashes = _hashes(file)
    assert hashes["ada"] != hashes["Béla Ö"]  # the same password, another salt
    assert re.fullmatch(r"scrypt\$\d+\$\d+\$\d+\$[\w+/=]+\$[\w+/=]+", hashes["ada"])
    capsys.readouterr()
    assert keep("list") == 0
    assert capsys.readouterr().out.splitlines() == ["ada", "Béla Ö"]
    assert [each.name for each in tmp_path.iterdir()] == ["users"]  # nothing half-written is left


def test_only_the_right_password_of_that_user_is_right(keep, tmp_path):
    keep("add", "ada", password=SECRET)
    keep("add", "bob", password="another one")
    users = Users(tmp_path / "users")
    assert users.right("ada", SECRET)
    for name, password in [
        ("ada", "another one"),
        ("ada", ""),
        ("ada", SECRET + " "),
        ("Ada", SECRET),
        ("eve", SECRET),
        ("", ""),
    ]:
        assert not users.right(name, password)


def test_an_unknown_name_costs_as_much_as_a_known_one(keep, tmp_path):
    keep("add", "ada", password=SECRET)
    users = Users(tmp_path / "users")

    def cost(name):
        began = time.thread_time()
        assert not users.right(name, "a wrong one")
        return time.thread_time() - began

    known, unknown = (min(cost(name) for _ in range(3)) for name in ("ada", "eve"))
    assert 0.3 < unknown / known < 3


def test_a_password_is_changed_and_a_user_removed(keep, tmp_path, capsys):
    keep("add", "ada", password=SECRET)
    before = (tmp_path / "users").read_text()
    assert keep("add", "ada", password="battery staple") == 0
    assert (tmp_path / "users").read_text() != before
    assert "another password" in capsys.readouterr().out
    assert keep("remove", "ada") == 0
    assert keep("remove", "ada") == 1
    assert (tmp_path / "users").read_text() == ""


@pytest.mark.parametrize("name", ["", " ada", "ada ", "a:b", "a\nb", "a\x00b", "a" * 65])
def test_a_name_that_cannot_be_is_refused(keep, tmp_path, capsys, name):
    assert keep("add", name, password=SECRET) == 1
    assert "A name has" in capsys.readouterr().err
    assert not (tmp_path / "users").exists()


@pytest.mark.parametrize("password", ["", "short", "x" * 1025])
def test_a_password_that_is_too_short_is_refused(keep, tmp_path, capsys, password):
    assert keep("add", "ada", password=password) == 1
    assert "8 to 1024 characters" in capsys.readouterr().err
    assert not (tmp_path / "users").exists()


@pytest.mark.parametrize(
    "line",
    [
        "bob",
        "bob:",
        "bob:plain text",
        ":scrypt$32768$8$3$AAAAAAAAAAAAAAAAAAAAAA==$AAAAAAAAAAAAAAAAAAAAAA==",
        "bob:scrypt$32768$8$3$AAAAAAAAAAAAAAAAAAAAAA==",
        "bob:scrypt$32767$8$3$AAAAAAAAAAAAAAAAAAAAAA==$AAAAAAAAAAAAAAAAAAAAAA==",
        "bob:scrypt$1073741824$8$3$AAAAAAAAAAAAAAAAAAAAAA==$AAAAAAAAAAAAAAAAAAAAAA==",
        "bob:scrypt$32768$8$3$AA==$AAAAAAAAAAAAAAAAAAAAAA==",
        "bob:scrypt$32768$8$3$AAAAAAAAAAAAAAAAAAAAAA==$AAAA",
        "bob:scrypt$32768$8$3$!!!$AAAAAAAAAAAAAAAAAAAAAA==",
        "ada:scrypt$32768$8$3$AAAAAAAAAAAAAAAAAAAAAA==$AAAAAAAAAAAAAAAAAAAAAA==",
    ],
)
def test_a_damaged_line_stops_the_start_and_is_named(tmp_path, line):
    file = tmp_path / "users"
    file.write_text(f"ada:{Password.of(SECRET)}\n\n{line}\n")
    with pytest.raises(access.AccessError, match=r"Line 3 .* damaged"):
        access.login(Settings(users=file))


@pytest.mark.parametrize("content", [None, b"", b"\xff\xfe\x00", "folder"])
def test_a_file_that_lets_nobody_in_stops_the_start(tmp_path, content):
    file = tmp_path / "users"
    if content == "folder":
        file.mkdir()
    elif content is not None:
        file.write_bytes(content)
    with pytest.raises(access.AccessError, match="file of users"):
        access.login(Settings(users=file))


# -- the app with a file of users


@pytest.fixture(scope="module")
def closed(start_app, tmp_path_factory):
    file = tmp_path_factory.mktemp("users") / "users"
    _write(file, ada=SECRET, bob="another one")
    app = start_app(*FLAGS, "--users", str(file), "--trusted-proxies", "127.0.0.1", "--mcp")
    app.users = file
    return app


def _write(file, **passwords):
    file.write_text("".join(f"{name}:{Password.of(each)}\n" for name, each in passwords.items()))


_ADDRESSES = (f"203.0.113.{number}" for number in range(1, 255))


def _signed_in(app, name, password, address=None):
    """A browser elsewhere, from an address of its own, and what it saw."""
    headers = {**BROWSER, "X-Forwarded-For": address or next(_ADDRESSES)}
    browser = httpx.Client(base_url=app.url, headers=headers, follow_redirects=True, timeout=30)
    return browser, browser.post("login", data={"username": name, "password": password})


def _routes():
    """Every method and path that Gradio serves, with values for what is variable in them."""
    with gr.Blocks() as page:
        gr.Markdown("a page")
    app = GradioApp.create_app(page)
    values = {"session_hash": "s", "event_id": "e", "api_name": "demo_pid", "ext": "ts"}
    routes, todo = set(), [("", route) for route in app.routes]
    while todo:
        prefix, route = todo.pop()
        if inner := getattr(route, "original_router", None):  # how FastAPI includes a router
            todo += [(prefix, each) for each in inner.routes]
            continue
        path = re.sub(
            r"{(\w+)(?::\w+)?}", lambda each: values.get(each[1], "1"), prefix + route.path
        )
        routes |= {(method, path) for method in getattr(route, "methods", None) or {"GET"}}
    return routes


def test_nothing_is_served_to_who_has_not_signed_in(closed):
    routes = _routes()
    assert {path for _, path in routes} >= {"/config", "/gradio_api/heartbeat/s", "/theme.css"}
    assert len(routes) > 60
    more = ["/gradio_api/mcp", "/gradio_api/mcp/", "/gradio_api/mcp/sse", "//config", "/login"]
    routes |= {("GET", path) for path in more} | {("OPTIONS", "/config")}
    routes |= {("POST", "/config"), ("DELETE", "/gradio_api/upload"), ("HEAD", "/config")}
    served = {}
    with httpx.Client(timeout=20) as client:
        for method, path in sorted(routes):
            where = f"{closed.url.rstrip('/')}{path}"
            answer = client.request(method, where, headers={"Cookie": "access-token=x"})
            if answer.status_code < 400:
                served[method, path] = answer
    allowed = {*OPEN, "/", "/login", "/login/", "/logout", "/gradio_api/startup-events"}
    assert {path for _, path in served} <= allowed
    for method, path in [("GET", "/"), ("GET", "/logout"), ("GET", "/login")]:
        assert "Please sign in" in served[method, path].text
        assert "demo" not in served[method, path].text.lower()  # nor what the app can do


def test_what_looks_after_the_app_needs_no_login(closed):
    for path in ("healthz", "readyz", "metrics"):
        assert httpx.get(closed.url + path).status_code != 401


def test_who_signs_in_can_use_the_app_and_sign_out(closed):
    browser, answer = _signed_in(closed, "ada", SECRET)
    assert answer.url == closed.url
    assert "window.gradio_config" in answer.text
    assert "Demo" in answer.text
    config = browser.get("config").json()
    assert config["username"] == "ada"
    assert any(each["props"].get("value") == "Sign out" for each in config["components"])
    assert "Please sign in" in browser.get("logout").text
    assert browser.get("config").status_code == 401


def test_tools_are_for_who_has_signed_in(closed):
    hello = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "initialize",
        "params": {
            "protocolVersion": "2025-03-26",
            "capabilities": {},
            "clientInfo": {"name": "a test", "version": "1"},
        },
    }
    kinds = {"Accept": "application/json, text/event-stream"}
    for path in ("gradio_api/mcp", "gradio_api/mcp/"):
        answer = httpx.post(closed.url + path, json=hello, headers=kinds)
        assert (answer.status_code, answer.json()) == (401, {"detail": "Please sign in first."})
    browser, _ = _signed_in(closed, "ada", SECRET)
    answer = browser.post("gradio_api/mcp", json=hello, headers=kinds)
    assert answer.status_code == 200
    assert "serverInfo" in answer.text


def test_api_clients_sign_in_too(closed):
    client = Client(closed.url, auth=("bob", "another one"), verbose=False)
    assert client.predict(api_name="/demo_pid").isdigit()
    with pytest.raises(AuthenticationError):
        Client(closed.url, verbose=False)
    with pytest.raises(ValueError, match="Could not login"):
        Client(closed.url, auth=("bob", SECRET), verbose=False)


def test_a_wrong_password_is_told_on_the_page(closed):
    browser, answer = _signed_in(closed, "ada", "wrong <b>horse")
    assert "do not go together" in answer.text
    assert "horse" not in answer.text
    assert browser.get("config").status_code == 401
    assert "wrong" not in closed.log


@pytest.mark.parametrize("size", [20_000, None])
def test_a_login_without_end_is_not_read(closed, size):
    body = b"username=a&password=" + b"x" * (size or 10)
    content = body if size else iter([body])
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = httpx.post(closed.url + "login", content=content, headers=kind)
    assert answer.status_code == 413


def test_a_change_of_the_file_counts_at_once(closed):
    ada, _ = _signed_in(closed, "ada", SECRET)
    bob, _ = _signed_in(closed, "bob", "another one")
    assert ada.get("config").status_code == bob.get("config").status_code == 200
    _write(closed.users, ada="battery staple", carol="welcome here")
    try:
        assert ada.get("config").status_code == 401  # another password
        assert bob.get("config").status_code == 401  # removed
        assert _signed_in(closed, "carol", "welcome here")[0].get("config").status_code == 200
        assert _signed_in(closed, "bob", "another one")[0].get("config").status_code == 401
        again, _ = _signed_in(closed, "ada", "battery staple")
        closed.users.write_text("ada is damaged")
        assert again.get("config").status_code == 200
        closed.wait_for_log("Line 1 of the file of users .* damaged", seconds=5)
    finally:
        _write(closed.users, ada=SECRET, bob="another one")


def test_a_new_password_is_good_at_once(closed):
    _write(closed.users, ada="battery staple")
    try:  # with no other request between the change and the login
        _, answer = _signed_in(closed, "ada", "battery staple")
        assert "window.gradio_config" in answer.text
    finally:
        _write(closed.users, ada=SECRET, bob="another one")


def test_guessing_comes_to_an_end(closed):
    for _ in range(10):
        answer = _signed_in(closed, "ada", "guess number", "198.51.100.1")[1]
        assert "do not go together" in answer.text
    _, answer = _signed_in(closed, "ada", SECRET, "198.51.100.1")
    assert answer.status_code == 429
    assert re.search(r"ry again in \d+ (minute|second)", answer.text)
    assert "window.gradio_config" in _signed_in(closed, "ada", SECRET)[1].text


# -- Hugging Face


@pytest.fixture(scope="module")
def provider():
    provider = Provider()
    yield provider
    provider.stop()


@pytest.fixture(scope="module")
def space(start_app, provider):
    return start_app(*FLAGS, "--oauth", **provider.environment())


class _AsOverHttps(httpx.HTTPTransport):
    """In a Space the browser speaks HTTPS with the proxy, so it keeps secure cookies."""

    def handle_request(self, request):
        answer = super().handle_request(request)
        answer.headers = httpx.Headers(
            [
                (name, value.replace(b"; secure", b"") if name.lower() == b"set-cookie" else value)
                for name, value in answer.headers.raw
            ]
        )
        return answer


def _browser(app):
    return httpx.Client(
        base_url=app.url,
        transport=_AsOverHttps(),
        headers=BROWSER,
        follow_redirects=True,
        timeout=30,
    )


def _agree(browser, path=""):
    return browser.get(browser.get(path).json()["agree"])


def test_the_page_leads_to_signing_in_and_back(space, provider):
    browser = _browser(space)
    answer = _agree(browser, "?view=compact")
    assert answer.status_code == 200
    assert str(answer.url) == f"{space.url}?view=compact"
    assert "window.gradio_config" in answer.text
    config = browser.get("config").json()
    assert config["username"] == "ada"
    assert any(each["props"].get("value") == "Sign out" for each in config["components"])


def test_who_signed_out_is_out(space):
    browser = _browser(space)
    _agree(browser)
    answer = browser.get("logout?_target_url=/signed-out")
    assert "You are signed out" in answer.text
    assert browser.get("config").status_code == 401


def test_nothing_is_served_before_signing_in_with_hugging_face(space):
    allowed = {*OPEN, "/", "/login/huggingface", "/login/callback", "/logout"}
    allowed |= {"/gradio_api/startup-events", "/signed-out"}
    with httpx.Client(base_url=space.url, timeout=20) as client:
        for method, path in sorted(_routes()):
            status = client.request(method, path).status_code
            assert status >= 400 or path in allowed, (method, path, status)
        assert client.get("/").status_code == 302


def test_a_cookie_that_was_not_signed_here_is_worth_nothing(space):
    info = "eyJvYXV0aF9pbmZvIjp7InVzZXJpbmZvIjp7InByZWZlcnJlZF91c2VybmFtZSI6ImFkYSJ9fX0="
    answer = httpx.get(f"{space.url}config", headers={"Cookie": f"session={info}.Zm9v.YmFy"})
    assert answer.status_code == 401


def test_a_token_that_the_provider_did_not_sign_is_refused(space, provider):
    browser = _browser(space)
    provider.stolen = True
    try:
        answer = _agree(browser)
    finally:
        provider.stolen = False
    assert answer.status_code == 403
    assert "did not sign you in" in answer.text
    assert browser.get("config").status_code == 401


@pytest.mark.parametrize("query", ["error=access_denied", "code=guess&state=guess", ""])
def test_who_does_not_agree_stays_out(space, query):
    browser = _browser(space)
    answer = browser.get(f"login/callback?{query}")
    assert browser.get("config").status_code == 401
    assert "Traceback" not in answer.text
    assert "Internal Server Error" not in answer.text


def test_no_secret_is_logged(space):
    assert "the-client-secret" not in space.log


@pytest.mark.parametrize("missing", ["SPACE_ID", "OAUTH_CLIENT_SECRET", "OPENID_PROVIDER_URL"])
def test_an_incomplete_space_does_not_start(provider, monkeypatch, missing):
    for name, value in provider.environment().items():
        monkeypatch.setenv(name, value)
    access.login(Settings(oauth=True))
    monkeypatch.setenv(missing, "")
    with pytest.raises(access.AccessError) as told:
        access.login(Settings(oauth=True))
    assert ("Hugging Face Space only" if missing == "SPACE_ID" else missing) in str(told.value)


def test_without_the_package_it_says_what_to_install(tmp_path, provider):
    (tmp_path / "app.py").write_text(
        "import sys\n"
        "from importlib.machinery import PathFinder\n"
        "find = PathFinder.find_spec\n"
        "def hidden(name, path=None, target=None):\n"
        "    return None if name.partition('.')[0] == 'authlib' else find(name, path, target)\n"
        "PathFinder.find_spec = hidden\n"
        f"sys.path.insert(0, {str(ROOT)!r})\n"
        "from host.cli import main\n"
        f"sys.exit(main(['run', '--oauth', '--port', '0', *{FLAGS!r}]))\n"
    )
    ended = subprocess.run(
        [sys.executable, "app.py"],
        cwd=tmp_path,
        env={**os.environ, **provider.environment()},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert ended.returncode == 1
    assert 'pip install "gradio[oauth]"' in ended.stderr
    assert "Traceback" not in ended.stderr


def test_there_is_one_way_in(tmp_path):
    with pytest.raises(access.AccessError, match="one of"):
        access.login(Settings(users=tmp_path / "users", oauth=True))


def test_a_damaged_file_is_a_sentence_at_the_start(tmp_path):
    (tmp_path / "users").write_text("nonsense")
    program = [sys.executable, str(ROOT / "app.py"), *FLAGS, "--users", str(tmp_path / "users")]
    ended = subprocess.run(program, capture_output=True, text=True, timeout=120)
    assert ended.returncode == 1
    assert "Line 1" in ended.stderr
    assert "Traceback" not in ended.stderr
