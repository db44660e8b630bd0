-- Tokens by which scripts of an account read figures and lists, masked, below one org. Kept only as a hash; a
-- token is good until ends_ms, or until ended_ms where it was ended before. used_ms: when it was last used, to
-- the hour.
CREATE TABLE read_token (
    read_token_id INTEGER NOT NULL CONSTRAINT read_token_pk PRIMARY KEY,
    id            BLOB    NOT NULL CONSTRAINT read_token_id_unique UNIQUE,
    account_id    INTEGER NOT NULL CONSTRAINT read_token_account_fk REFERENCES account (account_id),
    org_id        INTEGER NOT NULL CONSTRAINT read_token_org_fk REFERENCES org (org_id),
    name          TEXT    NOT NULL,
    token_hash    BLOB    NOT NULL CONSTRAINT read_token_hash_unique UNIQUE,
    made_ms       BIGINT  NOT NULL,
    ends_ms       BIGINT  NOT NULL,
    ended_ms      BIGINT,
    used_ms       BIGINT
);
CREATE INDEX read_token_account_index ON read_token (account_id);
