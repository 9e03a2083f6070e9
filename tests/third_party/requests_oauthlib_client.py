"""requests-oauthlib: a token by client credentials with an assertion of PyJWT's, a poll with it."""

import time

from oauthlib.oauth2 import BackendApplicationClient
from requests_oauthlib import OAuth2Session

from tpp import ASSERTION_TYPE, Tpp, report

tpp = Tpp.from_arguments()
session = OAuth2Session(client=BackendApplicationClient(tpp.client_id, scope=["eventpolling"]))
tls = {"verify": tpp.server_ca, "cert": tpp.certificate}
token = session.fetch_token(
    tpp.issuer,
    include_client_id=True,
    client_assertion_type=ASSERTION_TYPE,
    client_assertion=tpp.assertion(int(time.time())),
    **tls,
)
report(token, session.post(tpp.events, json={"returnImmediately": True}, **tls))
