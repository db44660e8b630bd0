-- Persons whose names and texts were rewritten, wherever they stood. What still comes of them, from a
-- phone that was away, is rewritten on its way in; backups rewrite their files once there is a new row.
CREATE TABLE erasure (
    erasure_id INTEGER NOT NULL CONSTRAINT erasure_pk PRIMARY KEY,
    person     BLOB    NOT NULL CONSTRAINT erasure_person_unique UNIQUE,
    at_ms      BIGINT  NOT NULL
);
