"""Run by Alembic with a connection that the caller opened."""

from alembic import context
from sqlmodel import SQLModel

from console.store import (
    bulk,
    campaigns,
    cases,
    consents,
    discoveries,
    domains,
    episodes,
    links,
    models,
    notices,
    server_tests,
    servers,
)

assert all(  # The imports register the tables with the metadata.
    (bulk, campaigns, cases, consents, discoveries, domains, episodes, links, models, notices, server_tests, servers)
)

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=SQLModel.metadata,
    render_as_batch=True,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
