import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.rules.explain import explain
from console.rules.masking import MASK
from console.rules.replies import tidy
from console.rules.scrubbing import without_secrets

TYPED = "hunt3rZwei!"
ENCODED = base64.b64encode(TYPED.encode()).decode()
SASL = base64.b64encode(f"\0bob@acme.dk\0{TYPED}".encode()).decode()

PLACES = [
    # Logs of protocols.
    "a1 LOGIN bob@acme.dk {} NO LOGIN failed", 'C: a1 LOGIN "bob" "{}"', "LOGIN bob {}", "PASS {}\n-ERR",
    'A1 login "bob" {{11}}\r\n+ OK\r\n{}\r\nA1 NO', "A1 LOGIN {{3+}}\r\nbob {{11+}}\r\n{}",
    # Settings, in the forms of configuration files, environments, JSON, XML and queries.
    "password: {}", "password={}", "pass = {}", "pwd:{}", "passwd={}", "imap_pw={}",
    "IMAP_PASSWORD={}", "SMTP_PASS='{}'",
    '{{"password":"{}","error":"535"}}', "{{'pass': '{}'}}", "<Password>{}</Password>", "&password={}&x=1",
    "password%3D{}",
    "<wsse:Password Type='http://x'>{}</wsse:Password>", "imaps://bob:{}@imap.acme.dk", "secret: {}", "pin: {}",
    # Commands and calls.
    "imapsync --user1 bob --password1 '{}' --host1 x", "imapsync --password1 {} --host1 x", "swaks --auth-password {}",
    "curl -u bob@acme.dk:{} imaps://x", "curl --user 'bob:{}' x", "server.login('bob@acme.dk', '{}')",
    'imap.login("bob", "{}")', "Credentials('bob', '{}')", "Credentials(username='bob', password='{}')",
    # What people say and type.
    "my password is {} and it says 535", "using password '{}'", 'password was "{}"', "user bob and password {} refused",
    "Passwort: {}", "Kennwort {} falsch", "adgangskode: {}", "mot de passe : {}", "contraseña: {}", "wachtwoord: {}",
    "пароль: {}", "hasło: {}", "senha: {}", "lösenord: {}", "passord: {}", "parola: {}",
    # Hidden from patterns, not from people.
    "pass\u202eword={}", "pass\u200bword: {}", "pass\x1b[31mword={}", "pass\0word={}", "p\u00adassword: \u202e{}",
]  # fmt: skip


@pytest.mark.parametrize("place", PLACES)
def test_a_password_is_masked_wherever_a_text_shows_that_it_is_one(place):
    text = place.format(TYPED)
    assert TYPED not in explain(text).said
    assert TYPED not in explain(text.encode()).said
    lines = "\n".join(map(tidy, text.replace("\0", "").splitlines()))
    assert TYPED not in without_secrets(lines)


@pytest.mark.parametrize(
    "text",
    [
        f"AUTH PLAIN {SASL}",
        f"Authorization: Basic {SASL}",
        f"334 UGFzc3dvcmQ6\r\n{ENCODED}\r\n535 5.7.8 failed",
        f"SERVER -> CLIENT: 334 UGFzc3dvcmQ6 CLIENT -> SERVER: {ENCODED} 535 5.7.8",
        f"<~  334 UGFzc3dvcmQ6\n ~> {ENCODED}\n<~* 535 5.7.8",
    ],
)
def test_a_password_in_base64_is_masked_where_a_protocol_has_it(text):
    lines = "\n".join(map(tidy, text.splitlines()))
    for shown in (explain(text).said, without_secrets(lines)):
        assert ENCODED not in shown
        assert SASL not in shown


@pytest.mark.parametrize(
    "sentence",
    [
        "AADSTS50056: Invalid or null password: password does not exist in the directory for this user.",
        "AADSTS50132: The session is not valid due to password expiration or recent password change.",
        "535 Login fail. Account is abnormal, service is not open, password is incorrect",
        "Plaintext authentication not allowed: the password was exposed.",
        "NO LOGIN failed. Account is blocked.",
        "NO LOGIN Rate limit hit.",
        "Benutzername oder Passwort falsch.",
        "error_description=AADSTS65004%3a+User+declined+to+consent+to+access+the+app.",
        "WWW-Authenticate: NTLM WWW-Authenticate: Negotiate",
        "spf=PASS smtp.mailfrom=acme.dk",
        "The password you entered isn't correct",
    ],
)
def test_a_sentence_about_a_password_stays(sentence):
    assert MASK not in explain(sentence).said


@given(st.text(max_size=500))
def test_any_text_is_scrubbed(text):
    assert isinstance(without_secrets(text), str)
