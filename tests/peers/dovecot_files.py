"""The files a Dovecot for tests runs on: its configuration, its password check, the mailboxes."""

from __future__ import annotations

import grp
import os
import pwd
from collections.abc import Iterable, Mapping
from pathlib import Path

from imapclient.imap_utf7 import encode

from tests.peers.certificates import Identity

# Reads accounts/<name> (password in hex, refusal of IMAP, refusal of SMTP) and appends to journal/<name> before it
# answers. The sentences are those of Gmail, and the usual one of Dovecot's operators.
PASSWORD_CHECK = """
local folder = "@FOLDER@"
local sentences = {
  ["app-password"] = "[ALERT] Application-specific password required: "
    .. "https://support.google.com/accounts/answer/185833 (Failure)",
  ["imap-off"] = "[ALERT] Your account is not enabled for IMAP use. "
    .. "Please visit your Gmail settings page and enable your account for IMAP access. (Failure)",
  ["disabled"] = "Account is disabled",
}
local results = {
  ["expired"] = dovecot.auth.PASSDB_RESULT_PASS_EXPIRED,
  ["tempfail"] = dovecot.auth.PASSDB_RESULT_INTERNAL_FAILURE,
  ["bad-password"] = dovecot.auth.PASSDB_RESULT_PASSWORD_MISMATCH,
}

local function note(name, service, result)
  local journal = io.open(folder .. "/journal/" .. name, "a")
  journal:write(service .. " " .. result .. "\\n")
  journal:close()
end

function auth_password_verify(req, password)
  local name = req.user
  local service = req.service == "imap" and "imap" or "smtp"
  if name == "" or name:find("/", 1, true) or name:sub(1, 1) == "." then
    return dovecot.auth.PASSDB_RESULT_USER_UNKNOWN, {}
  end
  local account = io.open(folder .. "/accounts/" .. name, "r")
  if not account then
    note(name, service, "unknown")
    return dovecot.auth.PASSDB_RESULT_USER_UNKNOWN, {}
  end
  local right, imap_refusal, smtp_refusal = account:read("l", "l", "l")
  account:close()
  local refusal = service == "imap" and imap_refusal or smtp_refusal
  local given = password:gsub(".", function(byte) return string.format("%02x", byte:byte()) end)
  if given ~= right then
    note(name, service, "bad-password")
    return dovecot.auth.PASSDB_RESULT_PASSWORD_MISMATCH, {}
  end
  if results[refusal] then
    note(name, service, refusal)
    return results[refusal], {}
  end
  if sentences[refusal] then
    note(name, service, refusal)
    return dovecot.auth.PASSDB_RESULT_OK, {nologin="yes", reason=sentences[refusal]}
  end
  note(name, service, "ok")
  return dovecot.auth.PASSDB_RESULT_OK, {}
end
"""

CONFIGURATION = """
base_dir = @FOLDER@/base
state_dir = @FOLDER@/state
log_path = /dev/stderr
auth_verbose = yes
first_valid_uid = 1
first_valid_gid = 1
protocols = imap submission
listen = @LISTEN@
hostname = mail.example.test
ssl = required
disable_plaintext_auth = yes
!include certificates.conf
auth_mechanisms = plain login
auth_failure_delay = 0
auth_username_chars =
default_client_limit = 4000
default_process_limit = 500
mail_max_userip_connections = 0
shutdown_clients = no
@USERS@
# Refusals are otherwise answered in steps of half a second, whatever auth_failure_delay says.
passdb {
  driver = static
  args = nodelay=yes noauthenticate
}
passdb {
  driver = lua
  args = file=@FOLDER@/password_check.lua blocking=no
}
userdb {
  driver = static
  args = uid=@UID@ gid=@GID@ home=@FOLDER@/mail/%u
}
mail_location = maildir:~/Maildir
mailbox_list_index = no
mail_fsync = never
namespace inbox {
  inbox = yes
  separator = /
  mailbox Sent {
    special_use = \\Sent
  }
  mailbox "Gesendete Elemente" {
    special_use = \\Sent
  }
  mailbox Trash {
    special_use = \\Trash
  }
}
service imap-login {
  service_count = 0
  process_min_avail = 1
  inet_listener imap {
    port = @IMAP@
  }
  inet_listener imaps {
    port = @IMAPS@
    ssl = yes
  }
}
service submission-login {
  service_count = 0
  inet_listener submission {
    port = @SUBMISSION@
  }
  inet_listener submissions {
    port = @SUBMISSIONS@
    ssl = yes
  }
}
service imap {
  service_count = 1000
}
service auth-worker {
  service_count = 0
}
service auth {
  inet_listener {
    address = 127.0.0.1
    port = @SASL@
  }
}
# Without this socket no growing delay follows on refused sign-ins.
service anvil {
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
submission_relay_host = 127.0.0.1
submission_relay_port = @RELAY@
"""

# Without root every process runs as the caller, and none can change its root folder.
WITHOUT_ROOT = """
default_login_user = @NAME@
default_internal_user = @NAME@
default_internal_group = @GROUP@
service imap-login {
  chroot =
}
service submission-login {
  chroot =
}
service imap-urlauth-login {
  chroot =
}
service anvil {
  chroot =
}
"""


# The Lua module is a Debian package of its own.
LUA = ("/usr/lib*/dovecot/modules/auth/libauthdb_lua.so", "/usr/lib*/dovecot/auth/libauthdb_lua.so")


def write(folder: Path, presented: Mapping[str, Identity], ports: Mapping[str, int]) -> None:
    """Lay out the folder of a Dovecot that listens on the addresses of `presented`."""
    owner = _mail_owner()
    for name in ("accounts", "journal", "mail", "certificates"):
        (folder / name).mkdir()
    os.chown(folder / "mail", owner.pw_uid, owner.pw_gid)
    # Whatever user Dovecot gives its password check may read the one and write the other.
    (folder / "journal").chmod(0o777)
    for address, identity in presented.items():
        set_certificate(folder, address, identity)
    (folder / "certificates.conf").write_text(_certificates_part(folder, tuple(presented)))
    values = {
        "FOLDER": str(folder),
        "LISTEN": ", ".join(presented),
        "USERS": "" if os.geteuid() == 0 else WITHOUT_ROOT,
        "NAME": owner.pw_name,
        "GROUP": grp.getgrgid(owner.pw_gid).gr_name,
        "UID": str(owner.pw_uid),
        "GID": str(owner.pw_gid),
        **{name.upper(): str(port) for name, port in ports.items()},
    }
    (folder / "password_check.lua").write_text(_filled(PASSWORD_CHECK, values))
    (folder / "dovecot.conf").write_text(_filled(CONFIGURATION, values))


def set_certificate(folder: Path, address: str, identity: Identity) -> None:
    """Lay down what an address presents; a running Dovecot reads it at its next reload."""
    for kind, content in (("pem", identity.certificate), ("key", identity.key)):
        target = folder / "certificates" / f"{address}.{kind}"
        target.touch(0o600)
        target.write_bytes(content.read_bytes())


def make_mailbox(folder: Path, name: str, inside: Iterable[str]) -> None:
    """Make an account's Maildir with these folders beside its inbox, owned by the user that Dovecot serves it as."""
    owner, home = _mail_owner(), folder / "mail" / name
    home.mkdir(exist_ok=True)
    maildir = home / "Maildir"
    made = [home, maildir, *(maildir / f".{_modified_utf7(part)}" for part in inside)]
    made += [part / leaf for part in made[1:] for leaf in ("cur", "new", "tmp")]
    for part in made:
        part.mkdir(exist_ok=True)
        os.chown(part, owner.pw_uid, owner.pw_gid)


def _mail_owner() -> pwd.struct_passwd:
    return pwd.getpwnam("dovecot") if os.geteuid() == 0 else pwd.getpwuid(os.getuid())


def _certificates_part(folder: Path, addresses: tuple[str, ...]) -> str:
    def pair(address: str) -> str:
        place = folder / "certificates" / address
        return f"  ssl_cert = <{place}.pem\n  ssl_key = <{place}.key\n"

    return pair(addresses[0]) + "".join(f"local {address} {{\n{pair(address)}}}\n" for address in addresses)


def _filled(text: str, values: Mapping[str, str]) -> str:
    for name, value in values.items():
        text = text.replace(f"@{name}@", value)
    return text


def _modified_utf7(name: str) -> str:
    """Return a folder name as IMAP (RFC 3501 5.1.3) and therefore Maildir++ spells it."""
    return str(encode(name).decode("ascii"))
