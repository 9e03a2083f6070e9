"""PyJWT and jwcrypto: both verify an access token with the keys that discovery leads to."""

import json
import ssl

import jwt
import requests
from jwcrypto.jwk import JWKSet
from jwcrypto.jwt import JWT

from tpp import Tpp

tpp = Tpp.from_arguments()
discovery = f"{tpp.issuer}/.well-known/openid-configuration"
jwks_uri = requests.get(discovery, verify=tpp.server_ca).json()["jwks_uri"]

keys = jwt.PyJWKClient(jwks_uri, ssl_context=ssl.create_default_context(cafile=tpp.server_ca))
key = keys.get_signing_key_from_jwt(tpp.access_token)
by_pyjwt = jwt.decode(
    tpp.access_token,
    key,
    algorithms=["RS256"],
    audience=tpp.client_id,
    issuer=tpp.issuer,
    options={"require": ["aud", "cnf", "exp", "iat", "iss", "jti", "nbf", "sub"]},
)

key_set = JWKSet.from_json(requests.get(jwks_uri, verify=tpp.server_ca).text)
by_jwcrypto = JWT(jwt=tpp.access_token, key=key_set, algs=["RS256"], expected_type="JWS")

print(json.dumps({"pyjwt": by_pyjwt, "jwcrypto": json.loads(by_jwcrypto.claims)}))
