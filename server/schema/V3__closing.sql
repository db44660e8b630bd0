-- Closing codes that staff typed in (docs/sync.md, "The closing code"): what a phone declared for
-- a session before its data arrive.
-- short: the last 28 bits of the session's id, all that a code says of it; session_id: which
-- session that is, once it is known, exactly the one that the phone closed (aliases: see session.stands_id).
-- arrived: a phone's own closing that says the same is here, and stands in the code's place.
-- The same code by two accounts is two rows, counted once.
CREATE TABLE closing (
    closing_id INTEGER NOT NULL CONSTRAINT closing_pk PRIMARY KEY,
    code       TEXT    NOT NULL,
    short      INTEGER NOT NULL,
    check_in   INTEGER NOT NULL,
    response   INTEGER NOT NULL,
    account_id INTEGER NOT NULL CONSTRAINT closing_account_fk REFERENCES account (account_id),
    at_ms      BIGINT  NOT NULL,
    session_id INTEGER CONSTRAINT closing_session_fk REFERENCES session (session_id),
    arrived    INTEGER NOT NULL DEFAULT 0,
    CONSTRAINT closing_code_unique UNIQUE (code, account_id)
);
CREATE INDEX closing_session_index ON closing (session_id) WHERE session_id IS NOT NULL;
CREATE INDEX closing_waiting_index ON closing (short) WHERE session_id IS NULL;
