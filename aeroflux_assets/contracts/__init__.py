"""One schema a table: columns, types, units, known_at, rules and keys."""
