-- The audit is a chain: hash is the SHA-256 of the hash before it and of the row itself
-- (docs/security.md, "Audit"). Rows that are older than the chain get theirs once, by the step in
-- server/src/audit.rs that follows this one; from then on triggers refuse whatever would
-- change, remove or insert between them.
ALTER TABLE audit ADD COLUMN hash BLOB;
