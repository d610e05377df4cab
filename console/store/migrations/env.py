"""Run by Alembic with a connection that the caller opened."""

from alembic import context
from sqlmodel import SQLModel

from console.store import bulk, consents, discoveries, domains, models, server_tests

assert all(
    (bulk, consents, discoveries, domains, models, server_tests)
)  # The imports register the tables with the metadata.

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=SQLModel.metadata,
    render_as_batch=True,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
