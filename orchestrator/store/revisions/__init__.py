"""How the schema of the store came to be what it is; alembic runs these, and only when the schema is not current."""
