"""The Graph stand-in answers as Graph v1.0 does."""

import pytest

from tests.lab import graph_contract

ALICE, BOB = "alice@contoso.test", "bob@contoso.test"


@pytest.fixture
def alice(graph):
    return graph.sign_in(ALICE)


def code(answer):
    return answer.status_code, answer.json()["error"]["code"]


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("", "user"),
        ("?$select=mail,userPrincipalName,proxyAddresses", "user"),
        ("/mailboxSettings", "mailboxSettings"),
        ("/mailFolders/inbox", "mailFolder"),
        ("/mailFolders/sentitems", "mailFolder"),
    ],
)
def test_an_entity_is_what_the_metadata_says(graph, alice, path, kind):
    answer = graph.get(path, alice)

    assert answer.status_code == 200
    assert "/v1.0/$metadata#" in answer.json()["@odata.context"]
    assert graph_contract.faults(kind, answer.json()) == []


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/mailFolders", "mailFolder"),
        ("/messages", "message"),
        ("/messages?$top=1&$select=id", "message"),
        ("/mailFolders/inbox/messages", "message"),
    ],
)
def test_a_collection_is_what_the_metadata_says(graph, alice, path, kind):
    rows = graph.get(path, alice).json()["value"]

    assert rows
    assert graph_contract.faults(f"[{kind}]", rows) == []


def test_one_message_and_a_folder_by_its_id_are_what_the_metadata_says(graph, alice):
    message = graph.get("/messages?$top=1&$select=id", alice).json()["value"][0]["id"]
    folder = graph.get("/mailFolders/inbox?$select=id", alice).json()["id"]

    assert graph_contract.faults("message", graph.get(f"/messages/{message}", alice).json()) == []
    assert graph_contract.faults("mailFolder", graph.get(f"/mailFolders/{folder}", alice).json()) == []


def test_a_purpose_is_one_of_the_enumeration(graph, alice, lab):
    for shared in (False, True):
        lab.microsoft.switch("shared", ALICE, on=shared)

        answer = graph.get("/mailboxSettings/userPurpose", alice).json()

        assert set(answer) == {"@odata.context", "value"}
        assert graph_contract.faults("userPurpose", answer["value"]) == []


def test_a_profile_without_select_has_the_properties_that_are_documented(graph, alice):
    # https://learn.microsoft.com/graph/api/user-get#response: the default set.
    documented = {"businessPhones", "displayName", "givenName", "id", "jobTitle", "mail", "mobilePhone",
                  "officeLocation", "preferredLanguage", "surname", "userPrincipalName"}  # fmt: skip

    assert set(graph.get("", alice).json()) - {"@odata.context"} == documented


def test_what_was_sent_is_accepted_without_a_body(graph, alice):
    to = {"emailAddress": {"address": BOB}}
    body = {"message": {"subject": "Hi", "body": {"content": "Hello"}, "toRecipients": [to]}}

    answer = graph.post("/sendMail", alice, body)

    assert (answer.status_code, answer.content) == (202, b"")


def test_the_metadata_would_notice_a_wrong_answer():
    assert graph_contract.faults("mailFolder", {"id": "a", "totalItemCount": 3}) == []
    assert graph_contract.faults("mailFolder", {"totalItemCount": "3"}) == [".totalItemCount: '3' is no Int32"]
    assert graph_contract.faults("mailFolder", {"count": 3}) == [".count: no such property"]
    assert graph_contract.faults("message", {"receivedDateTime": "yesterday"}) != []
    assert graph_contract.faults("user", {"proxyAddresses": None}) == [".proxyAddresses: no list"]


def test_proxy_addresses_come_only_when_selected_with_the_primary_in_capitals(graph, alice):
    assert "proxyAddresses" not in graph.get("", alice).json()
    assert graph.get("?$select=proxyAddresses", alice).json()["proxyAddresses"] == [
        f"SMTP:{ALICE}",
        "smtp:orders@contoso.test",
    ]


def test_the_purpose_of_a_mailbox_is_one_value(graph, alice, lab):
    assert graph.get("/mailboxSettings/userPurpose", alice).json()["value"] == "user"

    lab.microsoft.switch("shared", ALICE)

    assert graph.get("/mailboxSettings/userPurpose", alice).json()["value"] == "shared"


def test_one_message_id_is_what_the_check_asks_for(graph, alice):
    answer = graph.get("/messages?$top=1&$select=id", alice).json()

    (row,) = answer["value"]
    assert set(row) == {"id", "@odata.etag"}
    assert "@odata.nextLink" in answer


def test_following_the_links_gives_every_message_once(graph, alice):
    whole = [row["id"] for row in graph.get("/messages", alice).json()["value"]]
    path, seen = "/messages?$top=2", []
    while path:
        page = graph.get(path, alice).json()
        seen += [row["id"] for row in page["value"]]
        path = page.get("@odata.nextLink", "").removeprefix(graph.api)

    assert seen == whole


def test_a_folder_is_found_by_its_id_too(graph, alice):
    folder = graph.get("/mailFolders/sentitems", alice).json()

    assert graph.get(f"/mailFolders/{folder['id']}", alice).json()["displayName"] == "Sent Items"


def test_what_was_sent_lies_in_sent_items(graph, alice):
    message = {"subject": "Hi", "toRecipients": [{"emailAddress": {"address": BOB}}]}

    assert graph.post("/sendMail", alice, {"message": message}).status_code == 202
    (row,) = graph.get("/mailFolders/sentitems/messages", alice).json()["value"]
    assert row["subject"] == "Hi"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, "RequestBodyRead"),
        ([], "RequestBodyRead"),
        ({"message": {}}, "ErrorInvalidRecipients"),
        ({"message": {"toRecipients": [3]}}, "ErrorInvalidRecipients"),
    ],
)
def test_what_is_no_message_is_refused(graph, alice, body, expected):
    assert code(graph.post("/sendMail", alice, body)) == (400, expected)


def test_an_error_has_graphs_shape(graph, alice):
    error = graph.get("/messages/nothing", alice).json()["error"]

    assert set(error) == {"code", "message", "innerError"}
    assert set(error["innerError"]) == {"date", "request-id", "client-request-id"}


def test_a_made_up_token_and_one_that_is_over_are_told_apart(graph, alice, lab):
    made_up = graph.get("", "made-up").json()["error"]
    lab.microsoft.grants.expire(ALICE)
    over = graph.get("", alice).json()["error"]

    assert (made_up["code"], over["code"]) == ("InvalidAuthenticationToken", "InvalidAuthenticationToken")
    assert over["message"] == "Lifetime validation failed, the token is expired."
    assert made_up["message"] != over["message"]


@pytest.mark.parametrize(
    ("scope", "path", "expected"),
    [
        ("openid User.Read", "/messages", "ErrorAccessDenied"),
        ("openid User.Read", "/mailboxSettings/userPurpose", "ErrorAccessDenied"),
        ("openid Mail.Read", "", "Authorization_RequestDenied"),
    ],
)
def test_a_scope_that_was_not_granted_is_missed(graph, lab, scope, path, expected):
    assert code(graph.get(path, graph.sign_in(ALICE, scope=scope))) == (403, expected)


@pytest.mark.parametrize(
    ("slug", "status", "expected", "wait"),
    [
        ("throttled", 429, "ApplicationThrottled", "30"),
        ("failing", 500, "InternalServerError", None),
        ("down", 503, "ServiceUnavailable", "30"),
        ("no-mailbox", 404, "MailboxNotEnabledForRESTAPI", None),
        ("access-denied", 403, "ErrorAccessDenied", None),
    ],
)
def test_a_fault_answers_in_graphs_words(graph, lab, alice, slug, status, expected, wait):
    lab.microsoft.switch(slug, ALICE)

    answer = graph.get("/messages", alice)

    assert code(answer) == (status, expected)
    assert answer.headers.get("Retry-After") == wait


def test_a_person_without_mailbox_still_has_a_profile(graph, lab, alice):
    lab.microsoft.switch("no-mailbox", ALICE)

    assert graph.get("", alice).status_code == 200
    assert code(graph.get("/mailboxSettings/userPurpose", alice)) == (404, "MailboxNotEnabledForRESTAPI")


def test_a_personal_account_has_no_proxy_addresses(graph, lab):
    known = graph.get("?$select=mail,proxyAddresses", graph.sign_in("dorte@private.test")).json()

    assert (known["mail"], known["proxyAddresses"]) == ("dorte@private.test", [])


def test_a_profile_without_address_has_none(graph, lab, alice):
    lab.microsoft.switch("no-address", ALICE)

    known = graph.get("?$select=mail,userPrincipalName,proxyAddresses", alice).json()

    assert known["mail"] is None
    assert ALICE not in str(known)
