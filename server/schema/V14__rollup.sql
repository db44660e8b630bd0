-- What the figures of a branch are added up from (docs/decisions/0012-kept-rollups.md): one narrow row per
-- session that exists and stands for itself, kept in the transaction that changes it. Everything in it
-- follows from other tables; `jiangdao recount` makes it anew.
-- The columns up to response are those of session, id among them, so that lists are put in order by this
-- table. led: a lecturer belongs to the leadership.
-- missing_*: declared at closing and not here. mark: published marks that count wherever the session does,
-- as numbers of seven bits a byte: rating_id, how many follow, how many gave 1, 2, 3 … crowd: person_id of
-- everybody present whom somebody knows (shared::crowd). reached: org_id and how many of that org's roster
-- are among them, by turns.
CREATE TABLE rollup (
    session_id       INTEGER NOT NULL CONSTRAINT rollup_pk PRIMARY KEY,
    id               BLOB    NOT NULL,
    org_id           INTEGER NOT NULL,
    campaign         BLOB    NOT NULL,
    activity         TEXT    NOT NULL,
    state            TEXT    NOT NULL,
    starts_ms        BIGINT  NOT NULL,
    led              INTEGER NOT NULL,
    present          INTEGER NOT NULL,
    walk_in          INTEGER NOT NULL,
    roster_present   INTEGER NOT NULL,
    headcount        INTEGER,
    expected         INTEGER,
    roster           INTEGER NOT NULL,
    response         INTEGER NOT NULL,
    missing_check_in INTEGER NOT NULL DEFAULT 0,
    missing_response INTEGER NOT NULL DEFAULT 0,
    mark             BLOB    NOT NULL DEFAULT x'',
    crowd            BLOB    NOT NULL DEFAULT x'',
    reached          BLOB    NOT NULL DEFAULT x''
);

-- What was declared for a session and did not arrive, by who declared it. on_id: replica_id of a phone, or
-- the negative closing_id of a code, which is nobody's phone. response: 1 where the session lacks responses
-- and this one declared some; which of them lacks how many, nobody knows.
CREATE TABLE on_phone (
    session_id INTEGER NOT NULL,
    on_id      INTEGER NOT NULL,
    check_in   INTEGER NOT NULL,
    response   INTEGER NOT NULL,
    CONSTRAINT on_phone_pk PRIMARY KEY (session_id, on_id)
) WITHOUT ROWID;

-- Numbers for the names of questions, so that marks are short.
CREATE TABLE rating (
    rating_id INTEGER NOT NULL CONSTRAINT rating_pk PRIMARY KEY,
    question  TEXT    NOT NULL CONSTRAINT rating_question_unique UNIQUE
);

-- Pools of published marks, those of the same sessions together. session: session_id of each (as the
-- answers name it), packed as in rollup.crowd; mark: as there.
CREATE TABLE pool (
    session BLOB NOT NULL CONSTRAINT pool_pk PRIMARY KEY,
    mark    BLOB NOT NULL
) WITHOUT ROWID;

-- The few for which others stand are found without reading all.
CREATE INDEX session_part_index ON session (stands_id) WHERE stands_id <> session_id;
CREATE INDEX person_part_index ON person (stands_id) WHERE stands_id <> person_id;
