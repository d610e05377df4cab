"""Setting up the mail server for notices, unless the configuration does."""

from typing import Any

from console.discovery.addresses import AddressError, parse
from console.discovery.domains import a_label, is_host_name, registrable
from console.rules.replies import tidy
from console.rules.texts import N_
from console.services import mail_standing, mail_tests, settings
from console.services.context import Actor, Context, NotFound, Refused
from console.services.mail_server import NAME, configured

SECURITIES = ("starttls", "tls")


def save(
    ctx: Context,
    actor: Actor,
    *,
    host: str,
    port: int,
    security: str,
    username: str,
    password: str,
    sender: str,
    sender_name: str,
    revision: int | None = None,
) -> None:
    """Store the server. An empty `password` keeps the stored one, which goes only to the domain it was typed for.

    Raises Refused, with the field, NotFound.
    """
    host, username = a_label(host.strip()) or host.strip(), username.strip()
    if username != tidy(username):
        raise Refused(N_("The user name holds a character that cannot be seen. Type it by hand."), field="username")
    try:
        address = parse(sender).key
    except AddressError as error:
        raise Refused(str(error), field="sender") from None
    if not address.isascii():
        raise Refused(N_("The part before the @ has to be written in letters from a to z."), field="sender")
    if not is_host_name(host):
        raise Refused(N_("Type the name of the server, such as smtp.example.com."), field="host")
    if security not in SECURITIES or not 0 < port < 65536:
        raise Refused(N_("Type a port from 1 to 65535."), field="port")
    shown = mail_tests.newest(ctx)
    other = shown.certificate.sha256 if shown is not None and shown.certificate is not None else ""
    with ctx.store.write() as session:
        _typed_here(ctx)
        stored = settings.stored(session, NAME)
        before = stored.value
        moved = registrable(host) != registrable(str(before.get("host") or ""))
        if username and not password and (not stored.secret or moved or username != before.get("username")):
            raise Refused(N_("Type the password that belongs to this server and user name."), field="password")
        value: dict[str, Any] = {
            "host": host,
            "port": port,
            "security": security,
            "username": username,
            "sender": address,
            "sender_name": tidy(sender_name)[:80],
        }
        same = (host, port) == (before.get("host"), before.get("port"))
        # Where the server shows another one, a password that was typed anew may go to that, once it is trusted.
        replaced = bool(password) and other not in {"", before.get("pin")}
        if before.get("pin") and same and not replaced:
            value["pin"] = before["pin"]
        secret = {} if not username else {"password": password} if password else None
        settings.write(ctx, session, actor, NAME, value, sealed=secret, revision=revision)
        if password:
            # Typed anew, even the same one may be tried once more.
            mail_standing.forget(session)
    ctx.enqueue("notify")


def remove(ctx: Context, actor: Actor) -> None:
    """Forget the server and its password: notices are held in the console from then on. Raises NotFound."""
    with ctx.store.write() as session:
        _typed_here(ctx)
        settings.write(ctx, session, actor, NAME, {}, sealed={})
        mail_standing.forget(session)


def trust(ctx: Context, actor: Actor, sha256: str) -> None:
    """Accept exactly the certificate that the newest test was shown, though it does not verify.

    `sha256` is the fingerprint of the one that is meant. Raises NotFound, Refused.
    """
    found = mail_tests.newest(ctx)
    if found is None or found.certificate is None or found.outdated or found.certificate.sha256 != sha256:
        raise Refused(N_("The certificate is not the one that was shown. Test again and compare it once more."))
    with ctx.store.write() as session:
        _typed_here(ctx)
        value = settings.read(session, NAME)
        if not value:
            raise NotFound
        if value.get("username") and value.get("pin") not in {None, "", sha256}:
            raise Refused(
                N_(
                    "The server shows another certificate than the one that was trusted. Type the password anew and "
                    "save, then test and trust it. Until then the password goes nowhere."
                )
            )
        settings.write(ctx, session, actor, NAME, {**value, "pin": sha256})
        mail_standing.forget(session)
    ctx.enqueue("notify")


def _typed_here(ctx: Context) -> None:
    if configured(ctx) is not None:
        raise Refused(N_("The mail server is set in the configuration, so it is changed there and not here."))
