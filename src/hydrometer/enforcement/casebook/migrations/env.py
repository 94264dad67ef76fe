"""What Alembic runs: the steps on a connection that `casebook_connection` opened."""

from __future__ import annotations

from alembic import context

from hydrometer.enforcement.casebook.casebook_tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    # SQLite changes a table by making it anew.
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
