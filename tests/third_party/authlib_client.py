"""Authlib: discovery, a token by private_key_jwt with PS256 over mutual TLS, a poll with it."""

from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from authlib.oauth2.rfc8414 import AuthorizationServerMetadata, get_well_known_url

from tpp import Tpp, report

tpp = Tpp.from_arguments()
session = OAuth2Session(
    tpp.client_id,
    tpp.signing_key,
    token_endpoint_auth_method="private_key_jwt",
    scope="eventpolling",
)
tls = {"verify": tpp.server_ca, "cert": tpp.certificate}

url = get_well_known_url(tpp.issuer, external=True)
metadata = AuthorizationServerMetadata(session.get(url, withhold_token=True, **tls).json())
metadata.validate()
assert metadata["issuer"] == tpp.issuer, metadata["issuer"]

token_endpoint = metadata["token_endpoint"]
session.register_client_auth_method(
    PrivateKeyJWT(token_endpoint, headers={"kid": tpp.key_id}, alg="PS256")
)
token = session.fetch_token(token_endpoint, grant_type="client_credentials", **tls)
report(token, session.post(tpp.events, json={"returnImmediately": True}, **tls))
