-- Links by which a session is answered without a login (docs/sync.md, "Public answering"). The token is
-- kept as it is, since staff and phones show the same code again (docs/privacy.md says what that costs).
-- session: the id in the link. ended_ms: since when staff have ended it; null: it stands. Nothing here
-- changes when somebody answers.
CREATE TABLE answering (
    session  BLOB NOT NULL CONSTRAINT answering_pk PRIMARY KEY,
    token    TEXT NOT NULL CONSTRAINT answering_token_unique UNIQUE,
    ended_ms BIGINT
) WITHOUT ROWID;

-- How many came by which way is asked at each answer.
DROP INDEX response_session_index;
CREATE INDEX response_session_index ON response (session, via);
