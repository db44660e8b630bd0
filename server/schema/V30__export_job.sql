-- Files that are written behind. Not in a backup: who wants one asks again. id: random; the file is
-- exports/<id>.<format> in the data folder. filter: the query as it was asked, JSON. reason: null where everybody
-- is masked. state: waiting, running, ready, failed (code: why). tries: how often it was begun, so that a file
-- that ends the server is not begun for ever. ends_ms: until when the file is kept. Rows go with their files.
CREATE TABLE export_job (
    export_job_id INTEGER NOT NULL CONSTRAINT export_job_pk PRIMARY KEY,
    id            BLOB    NOT NULL CONSTRAINT export_job_id_unique UNIQUE,
    account_id    INTEGER NOT NULL CONSTRAINT export_job_account_fk REFERENCES account (account_id),
    what          TEXT    NOT NULL,
    format        TEXT    NOT NULL,
    filter        TEXT    NOT NULL,
    reason        TEXT,
    state         TEXT    NOT NULL CONSTRAINT export_job_state_known
                  CHECK (state IN ('waiting', 'running', 'ready', 'failed')),
    code          TEXT,
    tries         INTEGER NOT NULL DEFAULT 0,
    of_rows       BIGINT  NOT NULL,
    row_count     BIGINT  NOT NULL DEFAULT 0,
    bytes         BIGINT,
    name          TEXT    NOT NULL,
    made_ms       BIGINT  NOT NULL,
    ends_ms       BIGINT
);
CREATE INDEX export_job_account_index ON export_job (account_id);
