"""Signatures of Standard Webhooks: an example from outside, secrets that are stored nowhere, and what is refused."""

import base64
import uuid

import pytest
from django.test import override_settings

from executions.webhooks.secrets import endpoint_secrets, inbound_secrets, shown
from executions.webhooks.signing import Unsigned, headers_of, sign, verify

KEY = uuid.UUID("0198c0de-0000-7000-8000-000000000000")
SECRET = b"x" * 32
NOW = 1_700_000_000


def test_the_vector_of_the_reference_libraries():
    secret = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    told = sign([secret], "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert told == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_secret_has_its_form_and_belongs_to_one_endpoint_one_generation_and_one_purpose():
    (secret,) = endpoint_secrets(KEY, 1)
    text = shown(secret)
    assert text.startswith("whsec_")
    assert len(base64.b64decode(text.removeprefix("whsec_"))) == 32
    others = [*endpoint_secrets(KEY, 2), *endpoint_secrets(uuid.uuid4(), 1), *inbound_secrets(KEY)]
    assert secret not in others
    assert len(set(others)) == 3


def test_while_an_old_key_of_the_installation_is_kept_both_sign(settings):
    old = settings.SECRET_KEY
    (before,) = endpoint_secrets(KEY, 1)
    with override_settings(SECRET_KEY="n" * 50, SECRET_KEY_FALLBACKS=[old]):
        after = endpoint_secrets(KEY, 1)
        headers = headers_of(after, "msg_1", NOW, b"{}")
    assert after[1] == before
    assert verify([before], headers, b"{}", NOW) == verify(after[:1], headers, b"{}", NOW) == "msg_1"


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"webhook-id": ""}, "webhook-id is missing"),
        ({"webhook-id": "msg_2"}, "No signature fits"),
        ({"webhook-id": "x" * 300}, "webhook-id must be"),
        ({"webhook-id": "a\nb"}, "webhook-id must be"),
        ({"webhook-timestamp": ""}, "webhook-timestamp is missing"),
        ({"webhook-timestamp": "soon"}, "Unix seconds"),
        ({"webhook-timestamp": "-5"}, "Unix seconds"),
        ({"webhook-timestamp": "١٢٣"}, "Unix seconds"),
        ({"webhook-timestamp": str(NOW + 1)}, "No signature fits"),
        ({"webhook-timestamp": str(NOW - 301)}, "more than 5 minutes"),
        ({"webhook-timestamp": str(NOW + 301)}, "more than 5 minutes"),
        ({"webhook-signature": ""}, "webhook-signature is missing"),
        ({"webhook-signature": "v1,"}, "No signature fits"),
        ({"webhook-signature": "v1,ä"}, "No signature fits"),
        ({"webhook-signature": "v1a,AAAA"}, "No signature fits"),
    ],
)
def test_what_does_not_hold_is_refused_and_says_why(change, why):
    headers = {**headers_of([SECRET], "msg_1", NOW, b"{}"), **change}
    with pytest.raises(Unsigned, match=why):
        verify([SECRET], headers, b"{}", NOW)


def test_one_byte_of_the_body_is_enough_and_one_of_many_signatures_too():
    headers = headers_of([SECRET], "msg_1", NOW, b'{"a":1}')
    with pytest.raises(Unsigned):
        verify([SECRET], headers, b'{"a": 1}', NOW)
    headers["webhook-signature"] = f"v2,zzz v1,AAAA {headers['webhook-signature']} v1,BBBB"
    assert verify([b"other", SECRET], headers, b'{"a":1}', NOW) == "msg_1"
