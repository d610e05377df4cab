import re
from collections import Counter

import pytest

from console.rules.problems import (
    CATALOGUE,
    GROUPS,
    WHO_ICONS,
    WHO_LABELS,
    Button,
    Kind,
    Lasting,
    LockRisk,
    Problem,
    Retry,
    Who,
    problem,
)

# The slugs of the error taxonomy for mailbox connections, by group.
TAXONOMY = [
    "bad-credentials", "app-password-required", "web-login-required", "account-locked", "account-disabled",
    "account-not-found", "password-expired", "mfa-required", "password-auth-retired", "auth-mechanism-unsupported",
    "client-id-required", "login-throttled", "imap-disabled", "smtp-auth-disabled", "ews-disabled",
    "oauth-token-expired", "oauth-grant-expired", "oauth-grant-revoked", "oauth-user-declined",
    "oauth-scope-missing", "oauth-admin-consent-required", "oauth-org-policy-blocked", "oauth-advanced-protection",
    "oauth-app-unverified", "oauth-app-config", "oauth-client-secret", "oauth-code-invalid", "oauth-wrong-account",
    "oauth-interaction-required", "oauth-provider-outage", "mailbox-not-found", "mailbox-not-available",
    "mailbox-moving", "mailbox-moved", "mailbox-full", "unsupported-provider", "unsupported-cloud",
    "unsupported-shared-mailbox", "permission-denied", "sender-not-allowed", "send-limit-reached", "sender-blocked",
    "recipient-rejected", "message-too-large", "message-rejected", "rate-limited", "too-many-connections",
    "sync-state-expired", "item-not-found", "folder-missing", "folder-exists", "session-expired", "webhook-config",
    "tls-expired", "tls-untrusted", "tls-hostname-mismatch", "tls-protocol", "tls-wrong-port", "tls-required",
    "encryption-not-offered", "dns-not-found", "dns-temporary", "connection-refused", "connection-timeout",
    "connection-reset", "network-unreachable", "server-unavailable", "server-error", "server-version-unsupported",
    "wrong-server", "autodiscover-failed", "autodiscover-redirect-untrusted", "endpoint-alive", "client-bug",
    "unknown",
]  # fmt: skip

OUR_OWN = {
    "certificate-changed", "key-missing", "switched-off", "servers-changed", "address-not-allowed", "address-taken",
    "exchange-activesync", "exchange-address-wrong", "exchange-balancer", "exchange-elsewhere", "exchange-login-page",
    "exchange-negotiate-only", "exchange-other-web-server", "exchange-sign-in-elsewhere", "exchange-unreadable",
    "folder-list-too-long", "interrupted", "mailbox-on-premises", "oauth-app-changed", "oauth-app-missing",
    "many-refused", "oauth-renewal-lost", "proof-stale", "settings-unreadable",
}  # fmt: skip

# What must never be sent again once it was refused, or was typed for another server.
SPENT = {
    "bad-credentials", "app-password-required", "account-locked", "password-expired", "web-login-required",
    "certificate-changed", "servers-changed", "exchange-other-web-server",
}  # fmt: skip

entries = pytest.mark.parametrize("entry", CATALOGUE.values(), ids=lambda entry: entry.code)


def texts(entry: Problem) -> list[str]:
    """Every text of an entry that somebody reads."""
    return [entry.title, entry.what, entry.step, *entry.steps, *([entry.text_for_user] if entry.text_for_user else [])]


def sentences(text: str) -> int:
    return len(re.findall(r"[.?:](?:\s|$)", text))


def test_the_catalogue_holds_every_slug_of_the_taxonomy_and_our_own():
    assert len(TAXONOMY) == 75
    assert set(CATALOGUE) == set(TAXONOMY) | OUR_OWN


def test_no_two_groups_describe_the_same_problem():
    codes = Counter(entry.code for group in GROUPS for entry in group)
    assert [code for code, times in codes.items() if times > 1] == []


@entries
def test_every_entry_is_found_under_its_own_code(entry):
    assert problem(entry.code) is entry


def test_a_code_that_nobody_knows_reads_as_not_recognised():
    assert problem("no-such-code").code == "unknown"


@entries
def test_no_text_is_empty_or_ends_in_the_air(entry):
    assert all(text.strip() == text and text for text in texts(entry))
    assert all(text.endswith((".", "?")) for text in texts(entry) if text != entry.title)


@entries
def test_a_title_says_what_is_true_in_two_to_five_words(entry):
    assert 2 <= len(entry.title.split()) <= 5
    assert not entry.title.endswith(".")


@entries
def test_texts_hold_no_placeholder_but_host_and_address(entry):
    for text in texts(entry):
        rest = re.sub(r"%\((?:host|address)\)s", "", text)
        assert "%" not in rest


@entries
def test_texts_blame_nobody_and_use_no_jargon(entry):
    shunned = re.compile(r"\boops\b|\binvalid\b|\bcredentials\b|\berror\b|\bfailed\b|!", re.IGNORECASE)
    assert [text for text in texts(entry) if shunned.search(text)] == []


@entries
def test_every_general_problem_and_every_one_for_the_owner_can_be_told_to_the_owner(entry):
    if entry.code in TAXONOMY or entry.who is Who.USER:
        assert entry.text_for_user


@entries
def test_an_owner_who_cannot_act_is_told_so(entry):
    told = entry.text_for_user or ""
    if told and entry.who in {Who.AUTO, Who.US} and entry.button is not Button.RECONNECT:
        assert re.search(r"need not|by ourselves|receiving and sending work", told, re.IGNORECASE)


@entries
def test_every_problem_has_steps_that_staff_can_take(entry):
    assert entry.staff_steps
    assert len(entry.staff_steps) == len(set(entry.staff_steps))


@entries
def test_the_text_for_an_owner_is_short_and_speaks_to_them(entry):
    if entry.text_for_user:
        assert sentences(entry.text_for_user) <= 5
        assert re.search(r"\byou(?:rs?)?\b", entry.text_for_user, re.IGNORECASE)


@entries
def test_the_text_for_an_owner_holds_no_code(entry):
    if entry.text_for_user:
        assert not [code for code in CATALOGUE if "-" in code and code in entry.text_for_user]


@entries
def test_an_outage_never_asks_anybody_to_sign_in_again(entry):
    if entry.who is Who.AUTO or (entry.kind is Kind.WOBBLE and entry.who is not Who.USER):
        told = " ".join(texts(entry)).casefold()
        assert "sign in again" not in told
        assert "reconnect" not in told
        assert entry.button is not Button.RECONNECT


@entries
def test_a_refusal_waits_for_a_person(entry):
    if entry.kind is Kind.REFUSAL:
        assert entry.retry is Retry.STOP
        assert entry.who is not Who.AUTO


@entries
def test_what_may_heal_by_itself_is_tried_again(entry):
    if entry.kind is Kind.WOBBLE:
        assert entry.retry is not Retry.STOP


def test_a_spent_password_is_never_sent_again_not_even_by_hand():
    assert {entry.code for entry in CATALOGUE.values() if not entry.same_password_again} == SPENT
    assert all(problem(code).kind is Kind.REFUSAL for code in SPENT)


@pytest.mark.parametrize(
    ("code", "kind", "retry", "who"),
    [
        ("bad-credentials", Kind.REFUSAL, Retry.STOP, Who.USER),
        ("account-disabled", Kind.REFUSAL, Retry.STOP, Who.MAIL_ADMIN),
        ("auth-mechanism-unsupported", Kind.BROKEN, Retry.STOP, Who.MAIL_ADMIN),
        ("client-id-required", Kind.BROKEN, Retry.STOP, Who.US),
        ("login-throttled", Kind.WOBBLE, Retry.HOURLY, Who.US),
        ("imap-disabled", Kind.BROKEN, Retry.STOP, Who.USER),
        ("smtp-auth-disabled", Kind.BROKEN, Retry.STOP, Who.MAIL_ADMIN),
        ("folder-missing", Kind.WARNING, Retry.BACKOFF, Who.US),
        ("folder-list-too-long", Kind.WARNING, Retry.BACKOFF, Who.USER),
        ("tls-expired", Kind.BROKEN, Retry.DAILY, Who.MAIL_ADMIN),
        ("dns-not-found", Kind.BROKEN, Retry.DAILY, Who.USER),
        ("mailbox-moving", Kind.WOBBLE, Retry.HOURLY, Who.AUTO),
        ("connection-timeout", Kind.WOBBLE, Retry.BACKOFF, Who.MAIL_ADMIN),
        ("server-unavailable", Kind.WOBBLE, Retry.BACKOFF, Who.AUTO),
        ("unsupported-provider", Kind.BROKEN, Retry.STOP, Who.NOBODY),
        ("certificate-changed", Kind.REFUSAL, Retry.STOP, Who.USER),
        ("servers-changed", Kind.REFUSAL, Retry.STOP, Who.USER),
        ("proof-stale", Kind.WARNING, Retry.BACKOFF, Who.US),
        ("unknown", Kind.WOBBLE, Retry.BACKOFF, Who.US),
    ],
)
def test_a_problem_has_the_consequence_its_nature_asks_for(code, kind, retry, who):
    entry = problem(code)
    assert (entry.kind, entry.retry, entry.who) == (kind, retry, who)


# What clears by itself when nobody acts; everything else of the taxonomy is permanent.
TRANSIENT = {
    "login-throttled", "oauth-token-expired", "oauth-provider-outage", "rate-limited", "too-many-connections",
    "sync-state-expired", "item-not-found", "folder-exists", "session-expired", "dns-temporary", "connection-refused",
    "connection-timeout", "connection-reset", "network-unreachable", "server-unavailable", "server-error",
    "endpoint-alive",
}  # fmt: skip
TRANSIENT_LONG = {"account-locked", "mailbox-moving", "send-limit-reached"}


@pytest.mark.parametrize("code", TAXONOMY)
def test_what_can_pass_by_itself_is_told_apart_from_what_cannot(code):
    lasts = problem(code).lasts
    assert (lasts is Lasting.TRANSIENT) == (code in TRANSIENT)
    assert (lasts is Lasting.TRANSIENT_LONG) == (code in TRANSIENT_LONG)
    assert problem(code).permanent == (lasts is Lasting.PERMANENT)


@entries
def test_what_can_lock_an_account_is_not_tried_again_by_itself(entry):
    if entry.lock_risk is LockRisk.YES:
        assert entry.retry in {Retry.STOP, Retry.HOURLY}


def test_only_what_judges_a_password_or_counts_sign_ins_can_lock_an_account():
    assert {entry.code for entry in CATALOGUE.values() if entry.lock_risk is LockRisk.YES} == {
        "bad-credentials", "app-password-required", "account-locked", "login-throttled",
    }  # fmt: skip


def test_everybody_who_can_act_has_a_label_and_an_icon():
    assert set(WHO_LABELS) == set(WHO_ICONS) == set(Who)
    assert WHO_LABELS[Who.US] == "Operator"
