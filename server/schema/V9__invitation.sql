-- A link that was given out; its token is kept only as a hash, and is used up by a POST alone.
-- kind: join (whoever brings it becomes an organizer of org_id), phone (a new phone of account_id logs
-- in), password (account_id sets a password at the desk). With more than one use, each joiner waits
-- until a manager confirms. used_ms: when it was last used.
CREATE TABLE invitation (
    invitation_id INTEGER NOT NULL CONSTRAINT invitation_pk PRIMARY KEY,
    id            BLOB    NOT NULL CONSTRAINT invitation_id_unique UNIQUE,
    token_hash    BLOB    NOT NULL CONSTRAINT invitation_token_unique UNIQUE,
    kind          TEXT    NOT NULL CONSTRAINT invitation_kind_known CHECK (kind IN ('join', 'phone', 'password')),
    org_id        INTEGER NOT NULL CONSTRAINT invitation_org_fk REFERENCES org (org_id),
    account_id    INTEGER CONSTRAINT invitation_account_fk REFERENCES account (account_id),
    made_by       INTEGER CONSTRAINT invitation_made_by_fk REFERENCES account (account_id),
    made_ms       BIGINT  NOT NULL,
    ends_ms       BIGINT  NOT NULL,
    uses          INTEGER NOT NULL,
    used          INTEGER NOT NULL DEFAULT 0,
    used_ms       BIGINT,
    note          TEXT
);
CREATE INDEX invitation_org_index ON invitation (org_id);

-- Who joined by which invitation. state: in (has the grant), waits, refused.
CREATE TABLE joiner (
    account_id    INTEGER NOT NULL CONSTRAINT joiner_pk PRIMARY KEY CONSTRAINT joiner_account_fk REFERENCES account (account_id),
    invitation_id INTEGER NOT NULL CONSTRAINT joiner_invitation_fk REFERENCES invitation (invitation_id),
    joined_ms     BIGINT  NOT NULL,
    state         TEXT    NOT NULL CONSTRAINT joiner_state_known CHECK (state IN ('in', 'waits', 'refused'))
);

-- Since when a device is reported lost: what comes from it is held.
ALTER TABLE replica ADD COLUMN lost_ms BIGINT;
