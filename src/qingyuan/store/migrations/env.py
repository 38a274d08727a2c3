"""Alembic environment: migrations run on the engine that the caller opened."""

from __future__ import annotations

from alembic import context

from qingyuan.store.schema import METADATA


def run() -> None:
    """Run the migrations in one transaction."""
    engine = context.config.attributes["engine"]
    with engine.connect().execution_options(writer=True) as connection:
        context.configure(connection=connection, target_metadata=METADATA, render_as_batch=True)
        with context.begin_transaction():
            context.run_migrations()
        if connection.in_transaction():
            connection.commit()


run()
