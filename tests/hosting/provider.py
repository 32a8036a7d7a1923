"""An OpenID provider on this machine: all that signing in with Hugging Face asks of it."""

import base64
import hashlib
import json
import secrets
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT, SECRET = "the-client", "the-client-secret"


class Provider:
    """Serves until :meth:`stop`.

    Whoever comes is asked at ``/oauth/authorize`` and agrees, as ``user``, at the link there.
    stolen: sign with a key that is not the published one.
    """

    def __init__(self):
        self.user, self.stolen = "ada", False
        self.key, self.other = (RSAKey.generate_key(2048, {"kid": "1"}) for _ in range(2))
        self.codes = {}
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()

    def environment(self):
        """What a Space sets."""
        return {
            "SYSTEM": "spaces",
            "SPACE_ID": "someone/triptych",
            "OAUTH_CLIENT_ID": CLIENT,
            "OAUTH_CLIENT_SECRET": SECRET,
            "OAUTH_SCOPES": "openid profile",
            "OPENID_PROVIDER_URL": self.url,
        }

    def metadata(self):
        return {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/oauth/authorize",
            "token_endpoint": f"{self.url}/oauth/token",
            "userinfo_endpoint": f"{self.url}/oauth/userinfo",
            "jwks_uri": f"{self.url}/jwks",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
        }

    def agreed(self, asked):
        """Where the visitor is sent back to, with a code for the app."""
        code = secrets.token_urlsafe(8)
        self.codes[code] = asked
        target = asked["redirect_uri"]
        joint = "&" if "?" in target else "?"
        return f"{target}{joint}{urlencode({'code': code, 'state': asked['state']})}"

    def token(self, form, authorization):
        """The tokens for a code, or None for one that is unknown, used or another client's."""
        expected = "Basic " + base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        asked = self.codes.pop(form.get("code", ""), None)
        if asked is None or authorization != expected:
            return None
        if "code_challenge" in asked:
            digest = hashlib.sha256(form["code_verifier"].encode()).digest()
            made = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
            assert made == asked["code_challenge"]
        now = int(time.time())
        claims = self.claims() | {"aud": CLIENT, "iat": now, "exp": now + 600}
        if "nonce" in asked:
            claims["nonce"] = asked["nonce"]
        key = self.other if self.stolen else self.key
        return {
            "access_token": secrets.token_urlsafe(8),
            "token_type": "bearer",
            "expires_in": 3600,
            "id_token": jwt.encode({"alg": "RS256", "kid": "1"}, claims, key),
        }

    def claims(self):
        return {
            "iss": self.url,
            "sub": self.user,
            "name": self.user.title(),
            "preferred_username": self.user,
            "profile": f"{self.url}/{self.user}",
            "picture": f"{self.url}/{self.user}.png",
        }


def _handler(provider):
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_):
            pass

        def do_GET(self):
            parts = urlsplit(self.path)
            asked = {key: values[0] for key, values in parse_qs(parts.query).items()}
            if parts.path == "/.well-known/openid-configuration":
                self._answer(provider.metadata())
            elif parts.path == "/jwks":
                self._answer({"keys": [provider.key.as_dict(private=False, use="sig")]})
            elif parts.path == "/oauth/userinfo":
                self._answer(provider.claims())
            elif parts.path == "/oauth/authorize":
                # A person reads this and agrees; a program that only follows redirects stops here.
                self._answer({"agree": f"{provider.url}/oauth/agree?{parts.query}"})
            elif parts.path == "/oauth/agree":
                self.send_response(302)
                self.send_header("Location", provider.agreed(asked))
                self.end_headers()
            else:
                self._answer({}, 404)

        def do_POST(self):
            size = int(self.headers["Content-Length"])
            form = {key: each[0] for key, each in parse_qs(self.rfile.read(size).decode()).items()}
            token = provider.token(form, self.headers.get("Authorization"))
            self._answer(token or {"error": "invalid_grant"}, 200 if token else 400)

        def _answer(self, content, status=200):
            body = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    return Handler
