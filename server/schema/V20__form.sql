-- When a version went out, ms; null: it came with the program.
ALTER TABLE form ADD COLUMN at_ms BIGINT;

-- Forms that nobody can choose any more. Their versions stay: phones finish what was begun on them.
CREATE TABLE form_closing (
    form  BLOB   NOT NULL CONSTRAINT form_closing_pk PRIMARY KEY,
    at_ms BIGINT NOT NULL
) WITHOUT ROWID;

-- from_ms, to_ms: its period; closed_ms: since when no session of it is made any more (null: open);
-- form: what its sessions ask (null: the form with the least id).
ALTER TABLE campaign ADD COLUMN from_ms BIGINT;
ALTER TABLE campaign ADD COLUMN to_ms BIGINT;
ALTER TABLE campaign ADD COLUMN closed_ms BIGINT;
ALTER TABLE campaign ADD COLUMN form BLOB;
