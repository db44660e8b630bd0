-- A photo that the changes of exactly this session name (aliases: see session.stands_id). Follows from the log.
-- id: the change; sha256, len: its file; shows: scene or sheet; at_ms: as the server stamped it; stands: not taken out by a void.
CREATE TABLE photo (
    id         BLOB    NOT NULL CONSTRAINT photo_pk PRIMARY KEY,
    session_id INTEGER NOT NULL CONSTRAINT photo_session_fk REFERENCES session (session_id),
    sha256     BLOB    NOT NULL,
    len        BIGINT  NOT NULL,
    shows      TEXT    NOT NULL CONSTRAINT photo_shows_known CHECK (shows IN ('scene', 'sheet')),
    caption    TEXT,
    at_ms      BIGINT  NOT NULL,
    stands     INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX photo_session_index ON photo (session_id);
CREATE INDEX photo_file_index ON photo (sha256);

-- A file whose bytes are here, whole and looked at: in the data folder under files/. A fact: nothing else says
-- what has arrived. unnamed_ms: since when no photo that stands names it, as far as was looked; null while one does.
CREATE TABLE file (
    sha256     BLOB   NOT NULL CONSTRAINT file_pk PRIMARY KEY,
    len        BIGINT NOT NULL,
    mime       TEXT   NOT NULL,
    here_ms    BIGINT NOT NULL,
    unnamed_ms BIGINT
) WITHOUT ROWID;
