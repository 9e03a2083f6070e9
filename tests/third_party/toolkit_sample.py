"""The toolkit page's own sample: an assertion that lives three days and has a decimal jti, a
redirect_uri in the form, and the scope `openid` beside `eventpolling`; by PyJWT and requests."""

import random
import time

import requests

from tpp import ASSERTION_TYPE, Tpp, report

THREE_DAYS = 259200

tpp = Tpp.from_arguments()
tls = {"verify": tpp.server_ca, "cert": tpp.certificate}
jti = str(random.SystemRandom().randrange(10**12, 10**13))
form = {
    "grant_type": "client_credentials",
    "scope": "eventpolling openid",
    "client_assertion_type": ASSERTION_TYPE,
    "client_assertion": tpp.assertion(int(time.time()), THREE_DAYS, jti),
    "redirect_uri": "https://www.google.com/redirects/redirect1",
    "client_id": tpp.client_id,
}
answer = requests.post(tpp.issuer, data=form, **tls)
answer.raise_for_status()
token = answer.json()
headers = {"Authorization": f"Bearer {token['access_token']}"}
report(token, requests.post(tpp.events, json={"returnImmediately": True}, headers=headers, **tls))
