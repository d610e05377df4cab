"""Every value can be set by the environment or the file, is checked at the start, and is documented."""

import re
import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from ipaddress import ip_network
from pathlib import Path

import pytest

from console.config import PREFIX, Config, ConfigError, load
from console.store.keys import ensure_secret_key

DOCUMENT = Path(__file__).resolve().parents[1] / "docs" / "configuration.md"

# What each variable is set to, as text, and what it then is.
SET = {
    "organisation": ("Acme A/S", "Acme A/S"),
    "banner": ("For practice only", "For practice only"),
    "base_url": ("https://inbox.acme.test/", "https://inbox.acme.test"),
    "host": ("0.0.0.0", "0.0.0.0"),  # noqa: S104  # Nothing listens here.
    "port": ("8080", 8080),
    "threads": ("4", 4),
    "trusted_proxies": ("1", 1),
    "database_url": ("postgresql://console@db.acme.test/console", "postgresql+psycopg://console@db.acme.test/console"),
    "secret_key": ("a key of at least thirty-two bytes", "a key of at least thirty-two bytes"),
    "vault_keys_file": ("/run/keys/vault", Path("/run/keys/vault")),
    "session_hours": ("8", 8),
    "link_hours": ("24", 24),
    "language": ("en", "en"),
    "timezone": ("Europe/Copenhagen", "Europe/Copenhagen"),
    "privacy_url": ("https://acme.test/privacy", "https://acme.test/privacy"),
    "privacy_overview_url": ("https://acme.test/overview", "https://acme.test/overview"),
    "outgoing_addresses": ("192.0.2.10, 2001:db8::/64", (ip_network("192.0.2.10/32"), ip_network("2001:db8::/64"))),
    "check_every": ("600", 600),
    "check_every_by_provider": ("imap=600, gmail=1800", {"imap": 600, "gmail": 1800}),
    "check_threads": ("32", 32),
    "checks_per_host": ("2", 2),
    "refused_sign_ins_per_host": ("60", 60),
    "allow_networks": ("127.0.0.0/8, fd00::/8", (ip_network("127.0.0.0/8"), ip_network("fd00::/8"))),
    "allow_ports": ("1143,1587", (1143, 1587)),
    "private_networks": ("deny", "deny"),
    "dns_server": ("10.0.0.2:53", "10.0.0.2:53"),
    "smtp_host": ("smtp.acme.test", "smtp.acme.test"),
    "smtp_port": ("465", 465),
    "smtp_security": ("tls", "tls"),
    "smtp_username": ("console", "console"),
    "smtp_password": ("secret", "secret"),
    "smtp_sender": ("console@acme.test", "console@acme.test"),
    "smtp_sender_name": ("Inbox console", "Inbox console"),
    "ispdb_url": ("https://ispdb.acme.test/v1.1/", "https://ispdb.acme.test/v1.1/"),
    "microsoft_login_url": ("https://login.acme.test", "https://login.acme.test"),
    "microsoft_graph_url": ("https://graph.acme.test", "https://graph.acme.test"),
    "microsoft_client_id": ("00000000-1111", "00000000-1111"),
    "microsoft_client_secret": ("a~secret.of_entra", "a~secret.of_entra"),
    "microsoft_tenant": ("acme.test", "acme.test"),
    "google_authorize_url": ("https://google.acme.test/auth", "https://google.acme.test/auth"),
    "google_token_url": ("https://google.acme.test/token", "https://google.acme.test/token"),
    "google_revoke_url": ("https://google.acme.test/revoke", "https://google.acme.test/revoke"),
    "google_certs_url": ("https://google.acme.test/certs", "https://google.acme.test/certs"),
    "google_api_url": ("https://google.acme.test", "https://google.acme.test"),
    "google_client_id": ("1.apps.googleusercontent.com", "1.apps.googleusercontent.com"),
    "google_client_secret": ("GOCSPX-secret", "GOCSPX-secret"),
    "google_client_secret_expires_on": ("2027-12-05", date(2027, 12, 5)),
    "google_publishing": ("testing", "testing"),
    "microsoft_client_secret_expires_on": ("2027-12-05", date(2027, 12, 5)),
    "discovery_https_port": ("8443", 8443),
    "discovery_http_port": ("8080", 8080),
}
# These name files that have to exist; the tests below set them.
OF_FILES = {"instance", "ca_file"}

WRONG = [
    ("base_url", "inbox.acme.test"),
    ("base_url", "ftp://inbox.acme.test"),
    ("base_url", "https://inbox.acme.test/?a=b"),
    ("base_url", "https://acme.test/inbox"),
    ("base_url", "https://acme.test/inbox/"),
    ("organisation", ""),
    ("organisation", "x" * 81),
    ("banner", "x" * 201),
    ("port", "0"),
    ("port", "65536"),
    ("port", "http"),
    ("threads", "1"),
    ("trusted_proxies", "-1"),
    ("database_url", "mysql://console@db/console"),
    ("secret_key", "short"),
    ("outgoing_addresses", "mail.acme.test"),
    ("session_hours", "0"),
    ("link_hours", "0"),
    ("language", "xx"),
    ("timezone", "Copenhagen"),
    ("timezone", "../../etc/passwd"),
    ("privacy_url", "javascript:alert(1)"),
    ("privacy_overview_url", "acme.test/overview"),
    ("check_every", "59"),
    ("check_every_by_provider", "imap"),
    ("check_every_by_provider", "imap=59"),
    ("check_every_by_provider", "imap=often"),
    ("check_threads", "0"),
    ("checks_per_host", "many"),
    ("allow_networks", "10.0.0.1/8"),
    ("allow_networks", "everywhere"),
    ("allow_ports", "0"),
    ("allow_ports", "1143;1587"),
    ("private_networks", "maybe"),
    ("ca_file", "/nowhere/ca.pem"),
    ("dns_server", "ns.acme.test:53"),
    ("dns_server", "10.0.0.2:dns"),
    ("dns_server", "10.0.0.2:0"),
    ("ispdb_url", "autoconfig.acme.test"),
    ("ispdb_url", "http://autoconfig.acme.test/v1.1/"),
    ("microsoft_login_url", "http://127.0.0.1:9000"),
    ("microsoft_login_url", ""),
    ("microsoft_graph_url", "http://127.0.0.1:9000"),
    ("google_authorize_url", "http://127.0.0.1:9000/auth"),
    ("google_token_url", "http://google.acme.test/token"),
    ("google_token_url", "https://google.acme.test/token?a=b"),
    ("google_revoke_url", "http://10.0.0.1/revoke"),
    ("google_certs_url", "certs"),
    ("google_token_url", "https://somebody:hunter2@google.acme.test/token"),
    ("google_token_url", "https://google.acme.test:99999/token"),
    ("google_token_url", "https://[::1/token"),
    ("google_token_url", "https://google.acme.test/a token"),
    ("google_client_id", "two words"),
    ("google_client_secret", "hunter 2"),
    ("microsoft_client_id", "ø"),
    ("microsoft_client_secret", "hunter 2"),
    ("microsoft_tenant", "../../evil?x=#"),
    ("microsoft_client_secret_expires_on", "next year"),
    ("google_client_secret_expires_on", "2027-02-30"),
    ("google_publishing", "published"),
    ("google_api_url", ""),
    ("discovery_https_port", "0"),
]


@pytest.fixture
def instance(tmp_path):
    folder = tmp_path / "instance"
    folder.mkdir()
    return folder


def read(instance, **values):
    return load(
        {f"{PREFIX}INSTANCE": str(instance), **{f"{PREFIX}{key.upper()}": text for key, text in values.items()}}
    )


@pytest.mark.parametrize("name", [name for name in Config.model_fields if name not in OF_FILES])
def test_every_value_can_be_set_by_its_variable(name, instance):
    text, expected = SET[name]

    assert expected == getattr(read(instance, **{name: text}), name)


def test_the_instance_folder_is_made_absolute(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)

    assert tmp_path / "here" == load({"CONSOLE_INSTANCE": "here"}).instance


def test_a_file_of_authorities_can_be_named(instance, certificates):
    assert certificates.ca == read(instance, ca_file=str(certificates.ca)).ca_file


def test_a_file_without_authorities_is_one_line_that_names_its_variable(instance, tmp_path):
    (tmp_path / "ca.pem").write_text("nothing\n")

    with pytest.raises(ConfigError) as caught:
        read(instance, ca_file=str(tmp_path / "ca.pem"))

    assert one_line_about("ca_file", caught.value)


def test_nothing_has_to_be_set(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)

    config = load({})

    assert f"sqlite:///{tmp_path / 'instance' / 'console.db'}" == config.database_url
    assert tmp_path / "instance" / "vault.keys" == config.vault_keys_file


@pytest.mark.parametrize("name", ["ca_file", "vault_keys_file", "dns_server", "database_url", "privacy_url"])
def test_an_empty_variable_is_as_good_as_none(name, instance):
    assert getattr(read(instance), name) == getattr(read(instance, **{name: ""}), name)


def test_the_file_sets_what_the_environment_does_not(instance):
    (instance / "console.toml").write_text('organisation = "From the file"\nport = 9000\nallow_ports = [1143, 1587]\n')

    config = read(instance, port="9001")

    assert ("From the file", 9001, (1143, 1587)) == (config.organisation, config.port, config.allow_ports)


def test_an_unknown_name_in_the_file_is_one_line_that_names_it(instance):
    (instance / "console.toml").write_text('colour = "blue"\n')

    with pytest.raises(ConfigError, match=r"\Aconsole\.toml sets colour, which is not a setting\.\Z"):
        read(instance)


def test_a_wrong_value_in_the_file_is_one_line_that_names_it(instance):
    (instance / "console.toml").write_text("port = 0\n")

    with pytest.raises(ConfigError) as caught:
        read(instance)

    assert one_line_about("port", caught.value)


def test_a_file_that_is_no_toml_is_one_line(instance):
    (instance / "console.toml").write_text("port 9000\n")

    with pytest.raises(ConfigError) as caught:
        read(instance)

    assert str(caught.value).startswith("console.toml cannot be read: ")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("name", "text"), WRONG)
def test_a_wrong_value_is_one_line_that_names_its_variable(name, text, instance):
    with pytest.raises(ConfigError) as caught:
        read(instance, **{name: text})

    assert one_line_about(name, caught.value)


def one_line_about(name, error):
    return re.fullmatch(rf"CONSOLE_{name.upper()}: [^\n]+\.", str(error)) is not None


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("secret_key", "oops-hunter2"),
        ("database_url", "oops-hunter2"),
        ("google_client_secret", "oops hunter2"),
        ("microsoft_client_secret", "oops hunter2"),
        ("google_token_url", "https://oops:hunter2@google.acme.test"),
    ],
)
def test_a_wrong_secret_is_not_repeated(name, text, instance):
    with pytest.raises(ConfigError) as caught:
        read(instance, **{name: text})

    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("name", ["secret_key", "database_url"])
def test_a_secret_is_not_in_the_repr(name, instance):
    text = {"secret_key": "hunter2" * 5, "database_url": "postgresql://console:hunter2@db/console"}[name]

    assert "hunter2" not in repr(read(instance, **{name: text}))


@pytest.mark.parametrize("name", ["secret_key", "database_url"])
def test_a_secret_can_come_from_a_file(name, instance, tmp_path):
    text, expected = SET[name]
    file = tmp_path / "secret"
    file.write_text(text + "\n")

    assert expected == getattr(read(instance, **{f"{name}_file": str(file)}), name)


def test_a_secret_file_that_is_not_there_is_one_line_that_names_its_variable(instance):
    with pytest.raises(ConfigError, match=r"\ACONSOLE_SECRET_KEY_FILE cannot be read: No such file or directory\.\Z"):
        read(instance, secret_key_file="/nowhere/key")


def test_a_secret_file_that_is_no_text_is_one_line_that_names_its_variable(instance, tmp_path):
    file = tmp_path / "secret"
    file.write_bytes(b"\xff\xfe")

    with pytest.raises(ConfigError, match=r"\ACONSOLE_SECRET_KEY_FILE cannot be read: [^\n]+\.\Z"):
        read(instance, secret_key_file=str(file))


def test_a_variable_of_something_else_is_left_alone(instance):
    assert read(instance) == read(instance, chromium="/usr/bin/chromium")


def test_a_configuration_cannot_be_changed(instance):
    with pytest.raises(ValueError, match="frozen"):
        read(instance).port = 1


# The key that signs sessions.


def test_a_signing_key_is_made_once_for_its_owner_only(instance):
    first = ensure_secret_key(read(instance))

    assert first == ensure_secret_key(read(instance))
    assert 0o600 == stat.S_IMODE((instance / "secret.key").stat().st_mode)


def test_processes_that_start_at_once_share_one_signing_key(instance):
    begin, config = threading.Barrier(8), read(instance)

    def start(_number):
        begin.wait()
        return ensure_secret_key(config)

    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(start, range(8)))

    assert 1 == len(found)
    assert ["secret.key"] == [file.name for file in instance.iterdir()]


def test_a_given_signing_key_leaves_no_file(instance):
    assert SET["secret_key"][0] == ensure_secret_key(read(instance, secret_key=SET["secret_key"][0]))
    assert [] == list(instance.iterdir())


def test_a_signing_key_that_was_cut_short_is_one_line(instance):
    (instance / "secret.key").write_text("short\n")

    with pytest.raises(ConfigError, match="shorter than 32 bytes"):
        ensure_secret_key(read(instance))


def test_an_instance_folder_that_cannot_be_made_is_one_line(tmp_path):
    (tmp_path / "instance").touch()

    with pytest.raises(ConfigError) as caught:
        ensure_secret_key(read(tmp_path / "instance"))

    assert one_line_about("instance", caught.value)


# The document.


def documented():
    """Return what docs/configuration.md says: variable, default, meaning."""
    rows = re.findall(
        r"^\| `(CONSOLE_[A-Z_]+)` \| (.*?) \| (.*?) \|$", DOCUMENT.read_text(encoding="utf-8"), re.MULTILINE
    )
    return {name: (default, meaning) for name, default, meaning in rows}


def in_words(value):
    if value is None or value in ("", (), {}):
        return "none"
    return f"`{value}`"


def test_the_document_names_every_variable_with_its_default_and_meaning():
    expected = {
        f"{PREFIX}{name.upper()}": (in_words(field.default), field.description)
        for name, field in Config.model_fields.items()
    }

    assert expected == documented()


@pytest.mark.parametrize("name", ["ispdb_url", "microsoft_login_url"])
def test_a_service_inside_the_allowed_networks_may_speak_plain_http(name):
    environ = {"CONSOLE_ALLOW_NETWORKS": "127.0.0.0/8", f"CONSOLE_{name.upper()}": "http://127.0.0.1:9000"}

    assert getattr(load(environ), name) == "http://127.0.0.1:9000"
