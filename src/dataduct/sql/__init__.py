"""Pure text: CREATE TABLE to TableDefinition, and the scripts that create, upsert, reload and compare tables."""
