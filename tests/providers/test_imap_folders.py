"""Opening the inbox and finding Sent: flags first, then names, in any language, at the top or beside INBOX."""

from dataclasses import replace

import pytest

from console.providers import imap_folders
from tests.peers import scripted
from tests.peers.certificates import HOST
from tests.peers.imap_kinds import PLAIN, Folder
from tests.peers.imap_server import imap_server
from tests.peers.scripted import serve
from tests.providers.doors import dialer, enter

FLAGGED = "IMAP4rev1 SPECIAL-USE LIST-EXTENDED"
UNFLAGGED = "IMAP4rev1"


@pytest.fixture
def found_on(certificates):
    """Sign in to a server with these folders and return the Sent folder that is found."""
    door = dialer(certificates.ca)

    def found(*folders, separator="/", spelling="quoted", signed_in=UNFLAGGED, namespace=PLAIN.namespace):
        listed = (
            Folder("INBOX"),
            *(Folder(*folder) if isinstance(folder, tuple) else Folder(folder) for folder in folders),
        )
        kind = replace(
            PLAIN, folders=listed, separator=separator, spelling=spelling, signed_in=signed_in, namespace=namespace
        )
        with imap_server(certificates, kind) as server:
            budget = door.budget()
            sock = door.connect(HOST, ["127.0.0.1"], server.tls, budget)
            imap = door.imap(door.secure(sock, HOST, server.tls, budget), HOST)
            imap.login_quoted("bob", "secret")
            try:
                return imap_folders.find_sent(imap)
            finally:
                imap.connection.close()

    return found


SENT, ALSO_SENT = "\\HasNoChildren \\Sent", "\\hasnochildren \\sent"


@pytest.mark.parametrize(
    ("folders", "sent"),
    [
        ([("Sent", SENT)], "Sent"),
        ([("Post", SENT)], "Post"),
        ([("Post", ALSO_SENT)], "Post"),
        ([("Sent",), ("Post", SENT)], "Post"),
        ([("Sent", SENT), ("Gesendete Elemente", SENT)], "Sent"),
        ([("Gesendete Elemente", SENT), ("Zuletzt", SENT)], "Gesendete Elemente"),
        ([("Zwei", SENT), ("Eins", SENT)], "Eins"),
        ([("[Gmail]/Alle Nachrichten", "\\All"), ("[Gmail]/Gesendet", SENT)], "[Gmail]/Gesendet"),
        ([("A/B/C/Verschickt", SENT)], "A/B/C/Verschickt"),
        ([("Drafts", "\\Drafts"), ("Trash", "\\Trash")], None),
    ],
)
def test_the_flag_decides(found_on, folders, sent):
    assert found_on(*folders, signed_in=FLAGGED) == sent


def test_a_flag_shown_without_being_announced_counts_too(found_on):
    assert found_on(("Post", SENT), ("Sent",)) == "Post"
    assert found_on(("INBOX/Post", SENT), ("INBOX/Sent",)) == "INBOX/Post"


def test_a_server_that_flags_but_takes_no_extended_question_is_asked_the_plain_one(found_on):
    assert found_on(("A/B/Post", SENT), ("Sent",), signed_in="IMAP4rev1 SPECIAL-USE") == "A/B/Post"
    assert found_on("Sent", signed_in="IMAP4rev1 SPECIAL-USE") == "Sent"


@pytest.mark.parametrize("flag", ["\\Noselect", "\\NonExistent"])
def test_a_flag_on_a_folder_that_cannot_be_opened_is_passed_over(found_on, flag):
    assert found_on(("Gone", f"\\Sent {flag}"), "Sent") == "Sent"


@pytest.mark.parametrize("name", imap_folders.SENT_NAMES)
def test_every_known_name_is_found_in_any_case(found_on, name):
    assert found_on("Drafts", name.title(), "Trash") == name.title()


@pytest.mark.parametrize("spelling", ["quoted", "atom", "literal"])
@pytest.mark.parametrize("name", ["Sent", "Sent Items", "Отправленные", "Éléments envoyés", "已发送"])
def test_however_the_server_spells_it(found_on, name, spelling):
    assert found_on(name, spelling=spelling) == name


@pytest.mark.parametrize("name", ['Q"uote', "back\\slash", "am&persand", "pærcent%", "*"])
@pytest.mark.parametrize("spelling", ["quoted", "literal"])
def test_a_flagged_folder_may_have_any_name(found_on, name, spelling):
    assert found_on((name, SENT), spelling=spelling, signed_in=FLAGGED) == name


@pytest.mark.parametrize("separator", [".", "/", "|"])
def test_a_folder_beside_inbox_is_found_whatever_separates(found_on, separator):
    assert found_on(f"INBOX{separator}Sent", separator=separator) == f"INBOX{separator}Sent"


def test_the_top_level_goes_before_inbox(found_on):
    assert found_on("INBOX/Sent", "Sent Items") == "Sent Items"


def test_of_several_known_names_the_more_usual_is_taken(found_on):
    assert found_on("Sendt", "Sent Items", "Sent") == "Sent"


@pytest.mark.parametrize(
    ("namespace", "sent", "separator"),
    [
        ('(("Mail/" "/")) NIL NIL', "Mail/Sent", "/"),
        ('(("user.bob." ".")) NIL NIL', "user.bob.Sent", "."),
        ('(("" "/")("#mh/" "/")) NIL NIL', "#mh/Sent", "/"),
        ('(("P&AOY-/" "/")) NIL NIL', "Pæ/Sent", "/"),
    ],
)
def test_a_folder_below_the_prefix_of_the_own_ones_is_found(found_on, namespace, sent, separator):
    signed_in = "IMAP4rev1 NAMESPACE"
    assert found_on(sent, separator=separator, namespace=namespace, signed_in=signed_in) == sent
    assert found_on(sent, separator=separator, namespace=namespace) is None


@pytest.mark.parametrize(
    "namespace", ["NIL NIL NIL", "5 5 5", "(5) NIL NIL", "((5 5)) NIL NIL", "(((", '((NIL "/")) NIL NIL']
)
def test_a_namespace_that_makes_no_sense_is_left_aside(found_on, namespace):
    assert found_on("Drafts", namespace=namespace, signed_in="IMAP4rev1 NAMESPACE") is None
    assert found_on("Sent", namespace=namespace, signed_in="IMAP4rev1 NAMESPACE") == "Sent"


@pytest.mark.parametrize("flag", ["\\Noselect", "\\NonExistent", "\\NOSELECT \\HasChildren"])
def test_a_folder_that_cannot_be_opened_is_passed_over(found_on, flag):
    assert found_on(("Sent", flag), ("Sendt",)) == "Sendt"


@pytest.mark.parametrize(
    "folders", [[], ["Drafts", "Trash"], ["Sentinel"], ["Unsent"], ["Archive/Sent"], ["Sent2"], ["INBOX/A/Sent"]]
)
def test_a_name_that_only_resembles_one_is_not_taken(found_on, folders):
    assert found_on(*folders) is None


def test_a_server_without_levels_is_read(certificates):
    listed = b'* LIST () NIL INBOX\r\n* LIST () NIL "Sent"\r\n%t OK done\r\n'
    door = dialer(certificates.ca)
    with serve(scripted.imap(tls=certificates.good.context(), answers={b"LIST": listed})) as server:
        imap = enter(door, server, "imap", "tls")
        imap.login_quoted("bob", "secret")

        found = imap_folders.find_sent(imap)

        assert found == "Sent"
        imap.connection.close()


@pytest.mark.parametrize("other", [b"R&D", b"Q&A 2024", b"&", b"&AP", b"Gel\xf6scht", "Gelöscht & weg".encode()])
def test_a_name_in_no_known_encoding_does_not_spoil_the_list(certificates, other):
    listed = b'* LIST () "/" INBOX\r\n* LIST () "/" "' + other + b'"\r\n* LIST () "/" "Sent"\r\n%t OK done\r\n'
    assert _sent_in(certificates, listed) == "Sent"


def test_a_name_in_utf_8_is_read(certificates):
    listed = '* LIST () "/" INBOX\r\n* LIST () "/" "Envoyés"\r\n%t OK done\r\n'.encode()
    assert _sent_in(certificates, listed) == "Envoyés"


def _sent_in(certificates, listed):
    door = dialer(certificates.ca)
    with serve(scripted.imap(tls=certificates.good.context(), answers={b"LIST": listed})) as server:
        imap = enter(door, server, "imap", "tls")
        imap.login_quoted("bob", "secret")
        try:
            return imap_folders.find_sent(imap)
        finally:
            imap.connection.close()
