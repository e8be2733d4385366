"""An identity provider of PyPI's Authlib in Flask. Authlib answers every protocol request; what stands here is what it
leaves to its user: who exists, what is remembered, and the two pages that a person sees.

`server.py PLATFORM_BASE_URL` says in one line of JSON where it listens. There are two of it: one names itself in its
answers (RFC 9207), the other, `plain`, is older and does not.
"""

import json
import sys
import threading
import time

from authlib.integrations.flask_oauth2 import AuthorizationServer, ResourceProtector
from authlib.oauth2 import OAuth2Error, rfc8414, rfc9207
from authlib.oauth2.rfc6749 import ClientMixin, TokenMixin, grants
from authlib.oauth2.rfc6750 import BearerTokenValidator
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oauth2.rfc8628 import (
    DEVICE_CODE_GRANT_TYPE,
    DeviceAuthorizationEndpoint,
    DeviceCodeGrant,
    DeviceCredentialDict,
)
from authlib.oidc.core import UserInfo, UserInfoEndpoint
from authlib.oidc.core.grants import OpenIDCode, OpenIDToken
from authlib.oidc.core.models import AuthorizationCodeMixin
from authlib.oidc.discovery import OpenIDProviderMetadata
from flask import Flask, render_template_string, request
from joserfc.jwk import KeySet, RSAKey
from werkzeug.serving import make_server

PLATFORM = sys.argv[1]
SCOPES = ["openid", "profile", "email"]
PEOPLE = {
    "cleo": UserInfo(sub="cleo", email="cleo.mar@southbay.example", given_name="Cleo", family_name="Mar"),
    "dan": UserInfo(sub="dan", email="dan.iyer@southbay.example", given_name="Dan", family_name="Iyer"),
}


class Client(ClientMixin):
    def __init__(self, client_id, secret=None, redirect_uri=None):
        self.client_id, self.secret, self.redirect_uri = client_id, secret, redirect_uri
        self.client_metadata = {}

    def get_client_id(self):
        return self.client_id

    def get_default_redirect_uri(self):
        return self.redirect_uri

    def get_allowed_scope(self, scope):
        return " ".join(one for one in (scope or "").split() if one in SCOPES)

    def check_redirect_uri(self, redirect_uri):
        if self.redirect_uri:
            return redirect_uri == self.redirect_uri
        # A native client may come back at any loopback port (RFC 8252 §7.3).
        start, _, rest = redirect_uri.partition("127.0.0.1:")
        port, _, path = rest.partition("/")
        return start == "http://" and port.isdigit() and path == "callback"

    def check_client_secret(self, client_secret):
        return self.secret == client_secret

    def check_endpoint_auth_method(self, method, endpoint):
        return (method == "none") == (self.secret is None)

    def check_response_type(self, response_type):
        return response_type == "code"

    def check_grant_type(self, grant_type):
        return grant_type in ("authorization_code", DEVICE_CODE_GRANT_TYPE)


CLIENTS = {
    client.client_id: client
    for client in (
        Client("idconsole"),
        Client("idconsole-brief"),
        Client("platform", "secret-at-the-real-provider", PLATFORM + "auth/external"),
    )
}


class Code(AuthorizationCodeMixin):
    def __init__(self, asked):
        data = asked.payload.data
        self.client_id, self.user = asked.client.client_id, asked.user
        self.redirect_uri, self.scope = asked.payload.redirect_uri, asked.payload.scope
        self.nonce, self.auth_time = data.get("nonce"), int(time.time())
        self.code_challenge = data.get("code_challenge")
        self.code_challenge_method = data.get("code_challenge_method")

    def get_redirect_uri(self):
        return self.redirect_uri

    def get_scope(self):
        return self.scope

    def get_nonce(self):
        return self.nonce

    def get_auth_time(self):
        return self.auth_time


class Token(TokenMixin):
    def __init__(self, client, user, scope, expires_in):
        self.client, self.user, self.scope, self.expires_in = client, user, scope, expires_in
        self.issued_at = time.time()

    def check_client(self, client):
        return client is self.client

    def get_scope(self):
        return self.scope

    def get_expires_in(self):
        return self.expires_in

    def is_expired(self):
        return self.issued_at + self.expires_in < time.time()

    def is_revoked(self):
        return False

    def get_user(self):
        return self.user

    def get_client(self):
        return self.client


PAGE = """<!doctype html><meta charset="utf-8"><title>{{ title }}</title><h1>{{ title }}</h1><p>{{ text }}</p>
{% if ask %}<form method="post">
{% if user_code is not none %}<label>Code <input name="user_code" value="{{ user_code }}"></label>{% endif %}
<label>Name <input name="login"></label> <label>Password <input name="password" type="password"></label>
<button name="answer" value="allow">Allow</button> <button name="answer" value="refuse">Refuse</button></form>{% endif %}
"""


def page(title, text, ask=False, user_code=None):
    return render_template_string(PAGE, title=title, text=text, ask=ask, user_code=user_code)


def provider(issuer, names_itself):
    """One provider under its issuer, with a memory of its own."""
    app = Flask(issuer)
    codes, tokens, devices, decisions, last_poll = {}, {}, {}, {}, {}
    key = RSAKey.generate_key(2048, {"use": "sig", "alg": "RS256"})
    key.ensure_kid()

    def save_token(token, asked):
        tokens[token["access_token"]] = Token(asked.client, asked.user, token["scope"], token["expires_in"])

    server = AuthorizationServer(app, query_client=CLIENTS.get, save_token=save_token)

    class CodeGrant(grants.AuthorizationCodeGrant):
        TOKEN_ENDPOINT_AUTH_METHODS = ["none", "client_secret_basic", "client_secret_post"]

        def save_authorization_code(self, code, asked):
            codes[code] = Code(asked)

        def query_authorization_code(self, code, client):
            found = codes.get(code)
            return found if found and found.client_id == client.client_id else None

        def delete_authorization_code(self, authorization_code):
            for code in [code for code, known in codes.items() if known is authorization_code]:
                del codes[code]

        def authenticate_user(self, authorization_code):
            return authorization_code.user

    class Tokens:
        def get_client_claims(self, client):
            return {"iss": issuer, "aud": [client.get_client_id()]}

        def get_client_algorithm(self, client):
            return "RS256"

        def resolve_client_private_key(self, client):
            return key

        def generate_user_info(self, user, scope):
            return user.filter(scope)

    class CodeTokens(Tokens, OpenIDCode):
        def exists_nonce(self, nonce, asked):
            return any(code.nonce == nonce for code in codes.values())

    class DeviceTokens(Tokens, OpenIDToken):
        pass

    class S256(CodeChallenge):
        DEFAULT_CODE_CHALLENGE_METHOD = "S256"
        SUPPORTED_CODE_CHALLENGE_METHOD = ["S256"]

    class DeviceEndpoint(DeviceAuthorizationEndpoint):
        # Not the default of RFC 8628, so that it is seen whether it is heeded.
        INTERVAL = 7

        def get_verification_uri(self):
            return issuer + "device"

        def save_device_credential(self, client_id, scope, data):
            # Nobody reads the code of this client in time; by what was promised it would live on.
            left = 0 if client_id == "idconsole-brief" else data["expires_in"]
            devices[data["device_code"]] = DeviceCredentialDict(
                client_id=client_id, scope=scope, expires_at=time.time() + left, **data
            )

    class DeviceGrant(DeviceCodeGrant):
        def query_device_credential(self, device_code):
            return devices.get(device_code)

        def query_user_grant(self, user_code):
            return decisions.get(user_code)

        def should_slow_down(self, credential):
            now = time.time()
            before = last_poll.get(credential["device_code"], 0.0)
            last_poll[credential["device_code"]] = now
            return now - before < credential["interval"]

    class Validator(BearerTokenValidator):
        def authenticate_token(self, token_string):
            return tokens.get(token_string)

    class WhoIsIt(UserInfoEndpoint):
        def generate_user_info(self, user, scope):
            return user.filter(scope)

    class Named(rfc9207.IssuerParameter):
        def get_issuer(self):
            return issuer

    server.register_grant(CodeGrant, [S256(required=True), CodeTokens(require_nonce=False)])
    server.register_grant(DeviceGrant, [DeviceTokens()])
    server.register_endpoint(DeviceEndpoint)
    protector = ResourceProtector()
    protector.register_token_validator(Validator())
    server.register_endpoint(WhoIsIt(resource_protector=protector))
    # Authlib names the issuer in what `create_authorization_response` makes. A request that fails before there is
    # anything to consent to is answered by its user with the error, and that answer has no `iss`.
    if names_itself:
        server.register_extension(Named())

    @app.get("/.well-known/openid-configuration")
    def discovery():
        metadata = OpenIDProviderMetadata(
            issuer=issuer,
            authorization_endpoint=issuer + "authorize",
            token_endpoint=issuer + "token",
            userinfo_endpoint=issuer + "userinfo",
            jwks_uri=issuer + "jwks",
            device_authorization_endpoint=issuer + "device_authorization",
            response_types_supported=["code"],
            grant_types_supported=["authorization_code", DEVICE_CODE_GRANT_TYPE],
            subject_types_supported=["public"],
            id_token_signing_alg_values_supported=["RS256"],
            scopes_supported=SCOPES,
            claims_supported=["sub", "email", "given_name", "family_name"],
            token_endpoint_auth_methods_supported=CodeGrant.TOKEN_ENDPOINT_AUTH_METHODS,
            code_challenge_methods_supported=S256.SUPPORTED_CODE_CHALLENGE_METHOD,
        )
        if names_itself:
            metadata["authorization_response_iss_parameter_supported"] = True
        metadata.validate([rfc8414.AuthorizationServerMetadata, rfc9207.AuthorizationServerMetadata])
        return metadata

    @app.get("/jwks")
    def jwks():
        return KeySet([key]).as_dict(private=False)

    @app.route("/authorize", methods=["GET", "POST"])
    def authorize():
        person = PEOPLE.get(request.form.get("login"))
        try:
            grant = server.get_consent_grant(end_user=person)
        except OAuth2Error as error:
            return server.handle_error_response(None, error)
        if request.method == "GET" or (request.form["answer"] == "allow" and not person):
            return page("Sign in", f"{grant.client.client_id} asks for {grant.request.payload.scope}.", ask=True)
        allowed = request.form["answer"] == "allow"
        return server.create_authorization_response(grant_user=person if allowed else None, grant=grant)

    @app.post("/token")
    def token():
        return server.create_token_response()

    @app.route("/userinfo", methods=["GET", "POST"])
    def userinfo():
        return server.create_endpoint_response("userinfo")

    @app.post("/device_authorization")
    def device_authorization():
        return server.create_endpoint_response("device_authorization")

    @app.route("/device", methods=["GET", "POST"])
    def device():
        if request.method == "GET":
            return page("Sign in a device", "Type the code it shows.", True, request.args.get("user_code", ""))
        person, allowed = PEOPLE.get(request.form["login"]), request.form["answer"] == "allow"
        if allowed and not person:
            return page("Sign in a device", "Nobody has this name.", True, request.form["user_code"])
        decisions[request.form["user_code"]] = (person, allowed)
        return page("Done", "The device is signed in." if allowed else "The device is not signed in.")

    return app


class Late:
    """The application of a port that has to be known before it can be made."""

    app = None

    def __call__(self, environ, start_response):
        return self.app(environ, start_response)


issuers = {}
for name, names_itself in (("issuer", True), ("plain", False)):
    late = Late()
    listening = make_server("127.0.0.1", 0, late, threaded=True)
    issuers[name] = f"http://localhost:{listening.port}/"
    late.app = provider(issuers[name], names_itself)
    threading.Thread(target=listening.serve_forever, daemon=True).start()
print(json.dumps(issuers), flush=True)
threading.Event().wait()
