"""Brings two partners onto the embedded platform, each with its own real identity provider: people, a domain route, a
client for token exchange, and a client whose loopback addresses are free here. By the platform's own API.
"""

import base64
import hashlib
import json
import secrets
import urllib.request
from urllib.parse import urlencode

SECRET = "secret-at-the-real-provider"


class Platform:
    def __init__(self, ready):
        self.base, self.project = ready["base_url"], ready["project_id"]
        self.super_admin = self.sign_in(**ready["super_admin"])
        self.admin = self.sign_in(**ready["project_admin"], projectId=self.project)

    def call(self, path, body, token=None, form=False):
        headers = {"accept": "application/json"}
        if token:
            headers["authorization"] = f"Bearer {token}"
        headers["content-type"] = "application/x-www-form-urlencoded" if form else "application/json"
        data = urlencode(body) if form else json.dumps(body)
        asked = urllib.request.Request(self.base + path, data.encode(), headers, method="POST")
        with urllib.request.urlopen(asked) as answer:
            return json.load(answer)

    def sign_in(self, **who):
        verifier = secrets.token_urlsafe(32)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        login = self.call("auth/login", {**who, "codeChallenge": challenge, "codeChallengeMethod": "S256"})
        form = {"grant_type": "authorization_code", "code": login["code"], "code_verifier": verifier}
        return self.call("oauth2/token", form, form=True)["access_token"]

    def client(self, name, **fields):
        body = {"resourceType": "ClientApplication", "name": name, **fields}
        return self.call("fhir/R4/ClientApplication", body, self.admin)["id"]

    def invite(self, first, last, email, external_id=None):
        body = {"resourceType": "Practitioner", "firstName": first, "lastName": last, "email": email}
        if external_id:
            body["membership"] = {"externalId": external_id}
        self.call(f"admin/projects/{self.project}/invite", {**body, "scope": "server", "sendEmail": False}, self.admin)


def bring(platform, name, issuer, domain, person, by_subject):
    """One partner; says what a test has to know about it."""
    with urllib.request.urlopen(issuer + ".well-known/openid-configuration") as answer:
        found = json.load(answer)
    provider = {
        "authorizeUrl": found["authorization_endpoint"],
        "tokenUrl": found["token_endpoint"],
        "userInfoUrl": found["userinfo_endpoint"],
        "clientId": "platform",
        "clientSecret": SECRET,
    }
    route = {"resourceType": "DomainConfiguration", "domain": domain, "identityProvider": provider}
    platform.call("fhir/R4/DomainConfiguration", route, platform.super_admin)
    first, last, login = person
    email = f"{login}.{last.lower()}@{domain}"
    platform.invite(first, last, email, login if by_subject else None)
    how = {"identitySource": "email", "identityMappingMode": "user-email"}
    if by_subject:
        how = {"identitySource": "subject", "identityMappingMode": "project-membership-external-id", "useSubject": True}
    exchange = platform.client(f"{name} exchange", identityProvider={**provider, **how})
    return {
        "issuer": issuer,
        "domain": domain,
        "person": {"login": login, "email": email, "name": f"{first} {last}"},
        "exchange_client": exchange,
    }
