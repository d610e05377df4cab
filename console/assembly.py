"""How the parts become one console: a list of short named steps."""

import time
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from random import SystemRandom
from urllib.parse import urlsplit

from flask import Flask

from console import Console
from console.config import Config, ConfigError, load
from console.discovery import domains
from console.discovery.discover import Discovery
from console.discovery.lookups import NameServer
from console.jobs import Jobs
from console.pages import BLUEPRINTS, errors
from console.providers.base import App, Provider
from console.providers.dial import Dialer, Trust
from console.providers.letters import deliverable
from console.providers.names import resolver, server_of
from console.providers.registry import Families, every
from console.rules.network import Policy
from console.services.context import Context, utc_now
from console.services.work import LASTING, Work
from console.store import Store
from console.store.keys import ensure_secret_key
from console.store.migrations import upgrade
from console.store.vault import Vault
from console.web import assets, frame, guard, htmx, security, texts


def make(
    config: Config,
    *,
    families: Iterable[Provider] | None = None,
    clock: Callable[[], datetime] | None = None,
    jitter: Callable[[], float] | None = None,
    create_keys: bool = True,
) -> Console:
    """See `console.assemble`."""
    signing_key = ensure_secret_key(config)
    assert config.vault_keys_file is not None
    vault = Vault.open(config.vault_keys_file, create=create_keys)
    jobs = Jobs(config.database_url, config.instance, signing_key)
    ctx = Context(
        config=config,
        store=Store(config.database_url),
        vault=vault,
        families=Families(every(config, clock or utc_now) if families is None else families),
        dialer=(dialer := make_dialer(config)),
        discovery=make_discovery(config, dialer),
        enqueue=jobs.enqueue,
        signing_key=signing_key,
        clock=clock or utc_now,
        jitter=jitter or SystemRandom().random,
        apps=configured_apps(config),
    )
    for name in config.check_every_by_provider:
        if ctx.families.get(name) is None:
            known = ", ".join(family.slug for family in ctx.families)
            raise ConfigError(f"CONSOLE_CHECK_EVERY_BY_PROVIDER: {name} is no provider; there are {known}.")
    check_mail_server(config)
    work = Work(ctx)
    for name, function in work.jobs.items():
        jobs.register(name, function, lasts=name in LASTING)
    return Console(ctx, jobs, work)


def configured_apps(config: Config) -> dict[str, App]:
    """Return the apps at providers that the configuration sets up, by the slug of their family. Raises ConfigError."""
    google = App(
        config.google_client_id,
        config.google_client_secret,
        secret_expires_on=config.google_client_secret_expires_on,
        publishing=config.google_publishing,
    )
    microsoft = App(
        config.microsoft_client_id,
        config.microsoft_client_secret,
        config.microsoft_tenant,
        secret_expires_on=config.microsoft_client_secret_expires_on,
    )
    for name, app in (("GOOGLE", google), ("MICROSOFT", microsoft)):
        if bool(app.client_id) != bool(app.client_secret):
            missing = "SECRET" if app.client_id else "ID"
            raise ConfigError(f"CONSOLE_{name}_CLIENT_{missing}: is needed too, an app has an ID and a secret.")
    return {slug: app for slug, app in (("gmail", google), ("microsoft", microsoft)) if app.client_id}


def check_mail_server(config: Config) -> None:
    """Raise ConfigError where the mail server of the configuration lacks something."""
    if config.smtp_host and not config.smtp_sender:
        raise ConfigError("CONSOLE_SMTP_SENDER: is needed too, notices come from an address.")
    if config.smtp_sender and not deliverable(config.smtp_sender):
        raise ConfigError("CONSOLE_SMTP_SENDER: takes an email address, such as console@example.com.")
    if config.smtp_host and bool(config.smtp_username) != bool(config.smtp_password):
        raise ConfigError("CONSOLE_SMTP_PASSWORD: is needed with CONSOLE_SMTP_USERNAME, both or none.")


def make_dialer(config: Config) -> Dialer:
    """Return the door to the network, with the policy, name server and authorities of the configuration."""
    policy = Policy(
        allow_networks=config.allow_networks,
        allow_ports=frozenset(config.allow_ports),
        private_networks=config.private_networks,
    )
    return Dialer(
        policy,
        resolver(config.dns_server),
        Trust(config.ca_file),
        time.monotonic,
        helo=urlsplit(config.base_url).hostname or "",
    )


def make_discovery(config: Config, dialer: Dialer) -> Discovery:
    """Return what addresses are looked up with."""
    return Discovery(
        dialer,
        NameServer(*server_of(config.dns_server)),
        ispdb_url=config.ispdb_url,
        microsoft_login_url=config.microsoft_login_url,
        https_port=config.discovery_https_port,
        http_port=config.discovery_http_port,
    )


def make_app(config: Config | None = None, *, console: Console | None = None) -> Flask:
    """See `console.create_app`."""
    if console is None:
        console = make(config or load())
    ctx = console.ctx
    upgrade(ctx.store.engine)
    domains.warm()
    app = Flask(
        "console",
        static_folder=str(Path(__file__).parent / "static"),
        template_folder=str(Path(__file__).parent / "templates"),
    )
    app.extensions["console"] = ctx
    # Before the forms' tokens are looked at: whoever was signed out meanwhile is sent to sign in, not told of a form.
    guard.init_app(app)
    security.init_app(app, ctx.config, ctx.signing_key)
    texts.init_app(app)
    htmx.init_app(app)
    assets.init_app(app)
    frame.init_app(app)
    errors.init_app(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    return app
