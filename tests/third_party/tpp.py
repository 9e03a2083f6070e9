"""A TPP's settings, from the JSON file that is the script's first argument."""

import json
import sys
import uuid
from pathlib import Path

import jwt

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


class Tpp:
    """Where the server is, who the client is, and the files that show it."""

    def __init__(self, settings):
        self.issuer = settings["issuer"]
        self.api = settings["api"]
        self.client_id = settings["client_id"]
        self.access_token = settings.get("access_token")
        self.server_ca = settings["server_ca"]
        files = Path(settings["files"])
        self.certificate = (str(files / "transport.crt"), str(files / "transport.key"))
        self.signing_key = (files / "signing.key").read_text()
        self.key_id = json.loads((files / "jwks.json").read_text())["keys"][0]["kid"]
        self.events = f"{self.api}/open-banking/v3.1/events"

    @classmethod
    def from_arguments(cls):
        return cls(json.loads(Path(sys.argv[1]).read_text()))

    def assertion(self, issued_at, lifetime=60, jti=None):
        """A client assertion (RFC 7523 section 3) by PyJWT; times in seconds."""
        claims = {
            "iss": self.client_id,
            "sub": self.client_id,
            "aud": self.issuer,
            "iat": issued_at,
            "exp": issued_at + lifetime,
            "jti": jti or str(uuid.uuid4()),
        }
        return jwt.encode(claims, self.signing_key, "PS256", headers={"kid": self.key_id})


def report(token, poll):
    """Prints what the test reads: the token endpoint's answer and the poll's."""
    print(json.dumps({"token": token, "poll": {"status": poll.status_code, "body": poll.json()}}))
