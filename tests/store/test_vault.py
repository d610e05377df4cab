"""Sealed secrets open for their own row, with a key of the file, and for nobody who looks."""

import re
import stat
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from cryptography.fernet import Fernet

from console.store.vault import KeyMissing, Vault, VaultError, key_id

SECRET = {"password": "coo coo ruh"}


@pytest.fixture
def keys():
    return [Fernet.generate_key() for _ in range(2)]


def test_a_secret_opens_for_the_row_it_was_sealed_for(keys):
    vault = Vault(keys)

    assert vault.unseal(vault.seal(SECRET, row="inbox:7"), row="inbox:7") == SECRET


def test_a_secret_moved_to_another_row_stays_shut(keys):
    vault = Vault(keys)
    sealed = vault.seal(SECRET, row="inbox:7")

    with pytest.raises(KeyMissing):
        vault.unseal(sealed, row="inbox:8")


def test_a_secret_of_a_key_that_is_gone_stays_shut(keys):
    sealed = Vault(keys[:1]).seal(SECRET, row="inbox:7")

    with pytest.raises(KeyMissing):
        Vault(keys[1:]).unseal(sealed, row="inbox:7")


@pytest.mark.parametrize("sealed", ["", "not sealed", "æøå", "gAAAAA"])
def test_what_is_no_sealed_secret_stays_shut(keys, sealed):
    with pytest.raises(KeyMissing):
        Vault(keys).unseal(sealed, row="inbox:7")


@pytest.mark.parametrize("content", [b"[]", b"7", b'{"row": "inbox:7"}', b'{"row": "inbox:7", "secret": []}', b"\xff"])
def test_sealed_content_of_another_shape_stays_shut(keys, content):
    sealed = Fernet(keys[0]).encrypt(content).decode()

    with pytest.raises(KeyMissing):
        Vault(keys).unseal(sealed, row="inbox:7")


def test_after_rotation_the_older_key_still_opens(keys):
    sealed = Vault(keys[1:]).seal(SECRET, row="inbox:7")

    assert Vault(keys).unseal(sealed, row="inbox:7") == SECRET


def test_after_rotation_the_newest_key_seals(keys):
    sealed = Vault(keys).seal(SECRET, row="inbox:7")

    assert Vault(keys[:1]).unseal(sealed, row="inbox:7") == SECRET
    assert key_id(keys[0]) == Vault(keys).key_id


def test_it_knows_the_fingerprints_of_all_its_keys(keys):
    vault = Vault(keys[:1])

    assert [vault.opens(key_id(key)) for key in keys] == [True, False]


def test_the_fingerprint_does_not_show_the_key(keys):
    assert re.fullmatch("[0-9a-f]{16}", key_id(keys[0]))


def test_sealing_twice_gives_two_texts(keys):
    vault = Vault(keys)

    assert vault.seal(SECRET, row="inbox:7") != vault.seal(SECRET, row="inbox:7")


def test_its_repr_shows_no_key(keys):
    shown = repr(Vault(keys)) + str(vars(Vault(keys)))

    assert [key for key in keys if key.decode() in shown] == []


def test_a_new_key_file_is_for_its_owner_only(tmp_path):
    file = tmp_path / "keys" / "vault.keys"

    Vault.open(file, create=True)

    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_an_existing_key_file_is_kept(tmp_path):
    file = tmp_path / "vault.keys"
    first = Vault.open(file, create=True)

    assert first.key_id == Vault.open(file, create=True).key_id


def test_processes_that_start_at_once_share_one_key(tmp_path):
    begin = threading.Barrier(8)

    def start(_number):
        begin.wait()
        return Vault.open(tmp_path / "vault.keys", create=True).key_id

    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(start, range(8)))

    assert len(found) == 1


def test_a_missing_key_file_is_one_line_and_is_not_made_unasked(tmp_path):
    with pytest.raises(VaultError, match=r"\AThe key file vault.keys cannot be read: No such file or directory\.\Z"):
        Vault.open(tmp_path / "vault.keys")

    assert list(tmp_path.iterdir()) == []


def test_a_folder_in_which_no_key_file_can_be_made_is_one_line(tmp_path):
    (tmp_path / "taken").touch()

    with pytest.raises(VaultError, match=r"\AThe key file vault.keys cannot be read: File exists\.\Z"):
        Vault.open(tmp_path / "taken" / "vault.keys", create=True)


@pytest.mark.parametrize(
    ("content", "says"),
    [(b"", "The key file holds no key."), (b"nonsense\n", "The key file holds a line that is not a key.")],
)
def test_a_key_file_of_another_kind_is_one_line(tmp_path, content, says):
    file = tmp_path / "vault.keys"
    file.write_bytes(content)

    with pytest.raises(VaultError) as caught:
        Vault.open(file)

    assert says == str(caught.value)
