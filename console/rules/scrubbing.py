"""Takes out of a text what looks like a secret, where nobody knows which secrets to look for.

`masking` hides secrets that the console knows. A text that somebody pastes may hold others: a password in a log line, a
token in a traceback. Shapes: RFC 6750 (Bearer), RFC 7617 (Basic), RFC 9051 6.2.3 (LOGIN), RFC 7519 (JWT),
https://developers.google.com/identity/protocols/oauth2 (ya29., 1//, GOCSPX-), and client secrets of Entra (three
characters, a digit, "Q~").
"""

import re

from console.rules.masking import MASK
from console.rules.replies import without_addresses

# How people and programs call a password: English, German, Danish, Swedish, Norwegian, Dutch, French, Spanish, Italian,
# Portuguese, Polish, Czech, Russian.
_WORD = (
    r"(?:pass(?:word|wd|phrase|code)|passwort|kennwort|adgangskode|kodeord|lösenord|passord|wachtwoord|mot de passe"
    r"|contraseña|contrasena|parola|senha|hasło|heslo|пароль)"
)
_NAMES = (
    rf"(?:\b|_)(?:{_WORD}|pass|pw|pwd|pin|(?:client[_-]?)?secret|api[_-]?key"
    r"|(?:auth|access|refresh|id|session|bearer|csrf)?[_-]?token|authorization|set-cookie|cookie|code[_-]?verifier"
    r"|assertion|sessionid)\d{0,2}"
)
# What follows the word "password" in a sentence about one, and is none.
_PROSE = (
    r"(?:is|was|has|have|not|no|and|or|for|of|in|at|on|to|the|a|an|your|my|this|that|it|are|be|been|must|may|can|will"
    r"|with|expired|incorrect|wrong|invalid|required|mismatch|accepted|rejected|refused|changed|reset|failed|failure"
    r"|error|auth\w*|validation|attempts?|does|did|do|missing|empty|null|too|instead|needed|transition|change|policy"
    r"|sync|hash|based|exposed|correct|right|unknown|disabled|blocked|locked|weak|short|simple|set|stored|denied|falsch"
    r"|richtig|ungültig|inkorrekt|forkert|incorrect\w?|inválid\w|onjuist|errat\w|password(?= does))\b"
)
# A plain word is no token: "Basic authentication is disabled".
_NO_WORD = r"(?!(?-i:[A-Za-z][a-z]+)\b|www-|proxy-)"
_AFTER_MARK = rf"{_NAMES}(?:\\?[\"'])? {{0,3}}(?:[:=>]|%3[ad]) {{0,3}}"
# A plain word is no password either, where nothing but its place says that one may stand there.
_MIXED = r"(?=[^\s()]{0,60}[\d!#$%&*+=?@^~_])"

# Each with a group for what stays in front of the mask.
_TELLING = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        # What follows an IMAP literal, before LOGIN takes its length for the password.
        r"(\{\d{1,4}\+?\}(?:\s\+(?: (?:ok|go ahead|ready(?: for)?[a-z ]{0,40}|continue))?)?\s)[^\s]{1,200}",
        r"(\b[a-z][a-z0-9+.-]{1,20}://[^\s/:@]{1,80}:)[^\s/@]{1,200}(?=@)",
        rf"(\b(?:Basic|Bearer|NTLM|Negotiate|Digest) ){_NO_WORD}[A-Za-z0-9+/._=~-]{{6,4000}}",
        r"(\bLOGIN +(?:\"[^\"]{0,200}\"|[^\s\"]{1,120}@[^\s\"]{1,120}) +)(?:\"(?:[^\"\\]|\\.){0,300}\"|[^\s\"]{1,200})",
        (
            r"((?:^|[\s\"'(>])(?=[a-z]{0,8}\d)(?![2-5]\d\d )[a-z0-9]{1,12} LOGIN +(?!fail|error)[^\s\"]{1,120} +)"
            r"[^\s\"]{1,200}"
        ),
        rf"((?:^|[>:] )(?-i:LOGIN) +[^\s\"().]{{1,120}} +){_MIXED}[^\s\"()]{{4,200}}",
        rf"((?:^|[>:] )(?-i:PASS) +){_MIXED}[^\s\"()]{{4,200}}",
        # The answers to the questions of AUTH LOGIN, which are "Username:" and "Password:".
        (
            r"(\b334 (?:UGFzc3dvcmQ|VXNlcm5hbWU|cGFzc3dvcmQ|dXNlcm5hbWU)[\w=]{0,4}"
            r"\s{0,3}(?:(?:client|c)\b[ >:-]{0,6}(?:server[ >:-]{0,3})?|[<>*~=-]{1,4} )?)[A-Za-z0-9+/]{2,400}={0,2}"
        ),
        # Options of programs, and calls that sign somebody in.
        (
            rf"(\B--?[\w-]{{0,30}}(?:{_WORD}|pass|pw)\d{{0,2}}[ =]{{1,3}})"
            r"(?:'[^']{1,200}'|\"[^\"]{1,200}\"|[^\s\"']{1,200})"
        ),
        r"(\B(?:-u|--user) {1,3}[\"']?[^\s:\"']{1,120}:)[^\s\"']{1,200}",
        (
            r"(\b(?:login|credentials?|auth|authenticate|simple_bind_s?)\w{0,12} ?=? ?\("
            r" ?[\w.= ]{0,20}b?[\"'][^\"']{0,120}[\"'] ?,"
            r" ?[\w.= ]{0,20}b?[\"'])[^\"']{1,300}"
        ),
        rf"(<[\w:]{{0,20}}(?:{_WORD}|pwd|secret)\b[^<>]{{0,200}}>)[^<]{{1,400}}",
        rf"({_AFTER_MARK}b?\\?[\"'])[^\"'\n]{{1,4000}}",
        rf"({_AFTER_MARK})(?!{_PROSE})[^\s\"'&,;<>}})]{{1,4000}}",
        (
            rf"(\b{_WORD} (?:(?:is|was|used|typed|ist|er|est|es|è) |(?=\S{{0,60}}(?:[\d_]|[^\w\s.,:;)]))))(?!{_PROSE})"
            r"[^\s,;<>\"']{4,200}"
        ),
        rf"(\b{_WORD}(?: (?:is|was|used|typed|ist|er|est|es|è))? [\"'])[^\"'\n]{{1,200}}",
        r"((?:^|[?&\s])(?:code|assertion|client_secret|refresh_token|id_token_hint)=)[^\s&\"']{12,4000}",
        rf"(\b(?:{_WORD}|code)\b.{{0,20}}?\b)[a-z]{{4}} [a-z]{{4}} [a-z]{{4}} [a-z]{{4}}\b",
    )
)
# Tokens and app passwords that show by themselves what they are.
_SHAPES = re.compile(
    r"\bya29\.[\w.-]{8,4000}|\b1//[\w-]{10,4000}|\bGOCSPX-[\w-]{8,100}"
    r"|\beyJ[\w-]{8,4000}(?:\.[\w-]{0,4000}){0,4}|\b[\w.~-]{3}\dQ~[\w.~-]{25,60}"
    r"|\b[01]\.A[\w-]{20,4000}(?:\.[\w-]{0,4000}){0,3}|\bM\.C\d{3}_[^\s\"'&]{10,4000}"
    r"|\b[a-z]{4}-[a-z]{4}-[a-z]{4}-[a-z]{4}\b"
)
# Long runs of letters of both cases and digits are tokens; ids that support asks for are hexadecimal or upper case.
LONGEST_WORD = 16
_RUN = re.compile(r"(?<![\w+/=.-])[A-Za-z0-9+/_-]{24,4000}={0,2}(?![\w+/=-])")


def without_secrets(text: str) -> str:
    """Return `text` with passwords, tokens, SASL strings and IP addresses masked, wherever they can be recognised."""
    for pattern in _TELLING:
        text = pattern.sub(lambda found: found[1] + MASK, text)
    return without_addresses(_RUN.sub(_masked, _SHAPES.sub(MASK, text)))


def _masked(found: re.Match[str]) -> str:
    run = found[0]
    if run.count("+") > 2 and all(len(word) < LONGEST_WORD for word in run.split("+")):
        return run  # A sentence, as a query string writes it.
    mixed = any(map(str.islower, run)) and any(map(str.isupper, run)) and any(map(str.isdigit, run))
    return MASK if mixed else run
