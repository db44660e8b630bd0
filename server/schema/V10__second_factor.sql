-- The second factor of an account (TOTP, RFC 6238). secret: 20 random bytes. made_ms: when it was made;
-- since_ms: when a first code confirmed it (null: not yet, and good for nothing). step: the last step of
-- 30 s whose code was taken; none at or before it is taken again.
CREATE TABLE second_factor (
    account_id INTEGER NOT NULL CONSTRAINT second_factor_pk PRIMARY KEY
               CONSTRAINT second_factor_account_fk REFERENCES account (account_id),
    secret     BLOB    NOT NULL,
    made_ms    BIGINT  NOT NULL,
    since_ms   BIGINT,
    step       BIGINT  NOT NULL DEFAULT 0
);

-- What logs in once in the place of a code; kept only as hashes. used_ms: when it did (null: not yet).
CREATE TABLE recovery_code (
    account_id INTEGER NOT NULL CONSTRAINT recovery_code_account_fk REFERENCES account (account_id),
    code_hash  BLOB    NOT NULL,
    used_ms    BIGINT,
    CONSTRAINT recovery_code_pk PRIMARY KEY (account_id, code_hash)
) WITHOUT ROWID;

-- When the password was set. Of those that are here already nobody knows better than when the account began.
ALTER TABLE account ADD COLUMN password_ms BIGINT;
UPDATE account SET password_ms = created_ms WHERE password_hash <> '';

-- What admins set (shared/src/setting.rs) stands among the facts about the data: value as JSON, when it was
-- set, and by whom (null: a command).
ALTER TABLE setting ADD COLUMN at_ms BIGINT;
ALTER TABLE setting ADD COLUMN account_id INTEGER CONSTRAINT setting_account_fk REFERENCES account (account_id);
