-- What staff decided of something that is held: once, and not again. accepted: it has its effect,
-- as a change of the log or as a response; else reason says why it was refused.
CREATE TABLE held_decision (
    held_id    BLOB    NOT NULL CONSTRAINT held_decision_pk PRIMARY KEY
               CONSTRAINT held_decision_held_fk REFERENCES held (held_id),
    accepted   INTEGER NOT NULL,
    reason     TEXT,
    account_id INTEGER NOT NULL CONSTRAINT held_decision_account_fk REFERENCES account (account_id),
    at_ms      BIGINT  NOT NULL,
    CONSTRAINT held_decision_reason_given CHECK (accepted = 1 OR reason IS NOT NULL)
) WITHOUT ROWID;

-- How much is held of an account is asked before more is.
CREATE INDEX held_replica_index ON held (replica_id);
