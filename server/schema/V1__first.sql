-- The first shape of the data. Ids that travel are UUIDs of 16 bytes; inside, rows point to
-- each other by integer keys, since a UUID repeated in every row would double its size.
-- Times are milliseconds since the epoch, UTC. The subset that SQLite and PostgreSQL both read.

-- Facts about this data as a whole: epoch, secret for cookies, versions.
CREATE TABLE setting (
    name  TEXT NOT NULL CONSTRAINT setting_pk PRIMARY KEY,
    value TEXT NOT NULL
);

-- The one counter that log and feed share: the last server seq that was given out.
CREATE TABLE counter (
    name  TEXT   NOT NULL CONSTRAINT counter_pk PRIMARY KEY,
    value BIGINT NOT NULL
);

CREATE TABLE org (
    org_id    INTEGER NOT NULL CONSTRAINT org_pk PRIMARY KEY,
    id        BLOB    NOT NULL CONSTRAINT org_id_unique UNIQUE,
    code      TEXT    NOT NULL CONSTRAINT org_code_unique UNIQUE,
    name      TEXT    NOT NULL,
    level     TEXT    NOT NULL,
    parent_id INTEGER CONSTRAINT org_parent_fk REFERENCES org (org_id)
);
CREATE INDEX org_parent_index ON org (parent_id);

-- A person of a roster, or a walk-in. Of a walk-in the attributes are those of the person_add
-- that stands last. stands_id: the person that stands for this one (itself, but for aliases).
CREATE TABLE person (
    person_id  INTEGER NOT NULL CONSTRAINT person_pk PRIMARY KEY,
    id         BLOB    NOT NULL CONSTRAINT person_id_unique UNIQUE,
    origin     TEXT    NOT NULL CONSTRAINT person_origin_known CHECK (origin IN ('roster', 'walk_in', 'unknown')),
    org_id     INTEGER CONSTRAINT person_org_fk REFERENCES org (org_id),
    name       TEXT,
    staff_no   TEXT,
    phone_tail TEXT,
    stands_id  INTEGER CONSTRAINT person_stands_fk REFERENCES person (person_id)
);
CREATE INDEX person_org_index ON person (org_id);

-- Which roster a person was on, and from when until when (until_ms null: still). What was
-- expected at a session is asked of this at the session's start.
CREATE TABLE roster_entry (
    person_id INTEGER NOT NULL CONSTRAINT roster_entry_person_fk REFERENCES person (person_id),
    org_id    INTEGER NOT NULL CONSTRAINT roster_entry_org_fk REFERENCES org (org_id),
    from_ms   BIGINT  NOT NULL,
    until_ms  BIGINT,
    CONSTRAINT roster_entry_pk PRIMARY KEY (org_id, person_id, from_ms)
);
CREATE INDEX roster_entry_person_index ON roster_entry (person_id);

CREATE TABLE campaign (
    campaign_id INTEGER NOT NULL CONSTRAINT campaign_pk PRIMARY KEY,
    id          BLOB    NOT NULL CONSTRAINT campaign_id_unique UNIQUE,
    title       TEXT    NOT NULL,
    notice      TEXT
);

-- A version of a form never changes once it is here. body: the form as phones pull it.
CREATE TABLE form (
    form_id INTEGER NOT NULL CONSTRAINT form_pk PRIMARY KEY,
    id      BLOB    NOT NULL,
    version INTEGER NOT NULL,
    body    TEXT    NOT NULL,
    CONSTRAINT form_version_unique UNIQUE (id, version)
);

CREATE TABLE account (
    account_id    INTEGER NOT NULL CONSTRAINT account_pk PRIMARY KEY,
    id            BLOB    NOT NULL CONSTRAINT account_id_unique UNIQUE,
    login         TEXT    NOT NULL CONSTRAINT account_login_unique UNIQUE,
    name          TEXT    NOT NULL,
    password_hash TEXT    NOT NULL,
    created_ms    BIGINT  NOT NULL
);

-- A right on a branch, for a time. Rows are ended, never removed: old facts are judged by them.
CREATE TABLE role_grant (
    role_grant_id INTEGER NOT NULL CONSTRAINT role_grant_pk PRIMARY KEY,
    account_id    INTEGER NOT NULL CONSTRAINT role_grant_account_fk REFERENCES account (account_id),
    org_id        INTEGER NOT NULL CONSTRAINT role_grant_org_fk REFERENCES org (org_id),
    role          TEXT    NOT NULL CONSTRAINT role_grant_role_known
                  CHECK (role IN ('organizer', 'lecturer', 'viewer', 'manager', 'admin')),
    from_ms       BIGINT  NOT NULL,
    until_ms      BIGINT
);
CREATE INDEX role_grant_account_index ON role_grant (account_id);

-- One browser profile of one account. have: seq 1..have are all here. top_seq, top_eff_ms: the
-- highest seq so far and the highest eff_ms so far, so that in-order arrivals need no look-up.
-- pending: unsent changes as last told, less those that came with it; last_seen_ms: the last
-- contact, 0 before the first; clashed_ms: when a seq was last seen to be used twice (null: never).
CREATE TABLE replica (
    replica_id   INTEGER NOT NULL CONSTRAINT replica_pk PRIMARY KEY,
    id           BLOB    NOT NULL CONSTRAINT replica_id_unique UNIQUE,
    account_id   INTEGER NOT NULL CONSTRAINT replica_account_fk REFERENCES account (account_id),
    device       TEXT,
    have         BIGINT  NOT NULL DEFAULT 0,
    top_seq      BIGINT  NOT NULL DEFAULT 0,
    top_eff_ms   BIGINT  NOT NULL DEFAULT 0,
    pending      BIGINT  NOT NULL DEFAULT 0,
    last_seen_ms BIGINT  NOT NULL DEFAULT 0,
    clashed_ms   BIGINT
);
CREATE INDEX replica_account_index ON replica (account_id);

-- What a phone reported to be lost of a replica. kind: shared::wire::LossKind; at_ms: when it was
-- noticed, by the phone; missing: how many seqs, where that can be told.
CREATE TABLE device_loss (
    replica_id INTEGER NOT NULL CONSTRAINT device_loss_replica_fk REFERENCES replica (replica_id),
    kind       TEXT    NOT NULL,
    at_ms      BIGINT  NOT NULL,
    missing    BIGINT,
    CONSTRAINT device_loss_pk PRIMARY KEY (replica_id, kind, at_ms)
) WITHOUT ROWID;

-- Seqs above have that came before the gap below them was filled.
CREATE TABLE replica_ahead (
    replica_id INTEGER NOT NULL CONSTRAINT replica_ahead_replica_fk REFERENCES replica (replica_id),
    seq        BIGINT  NOT NULL,
    CONSTRAINT replica_ahead_pk PRIMARY KEY (replica_id, seq)
) WITHOUT ROWID;

-- A login: the token is kept only as a hash. kind: login, push (good for push alone), cookie.
CREATE TABLE login (
    token_hash BLOB    NOT NULL CONSTRAINT login_pk PRIMARY KEY,
    account_id INTEGER NOT NULL CONSTRAINT login_account_fk REFERENCES account (account_id),
    replica_id INTEGER CONSTRAINT login_replica_fk REFERENCES replica (replica_id),
    kind       TEXT    NOT NULL CONSTRAINT login_kind_known CHECK (kind IN ('login', 'push', 'cookie')),
    created_ms BIGINT  NOT NULL,
    ends_ms    BIGINT  NOT NULL
);

-- The log: every change that was taken in, once, with its stamp; never rewritten, but that
-- state moves from waiting to taken or held when the session it waits for arrives.
-- session: the one it is about; while it waits, the one that it waits for.
-- tags: words separated by blanks. raw: byte for byte what was sent.
CREATE TABLE change (
    seq         INTEGER NOT NULL CONSTRAINT change_pk PRIMARY KEY,
    id          BLOB    NOT NULL CONSTRAINT change_id_unique UNIQUE,
    replica_id  INTEGER NOT NULL CONSTRAINT change_replica_fk REFERENCES replica (replica_id),
    replica_seq BIGINT,
    kind        TEXT    NOT NULL,
    session     BLOB,
    recv_ms     BIGINT  NOT NULL,
    eff_ms      BIGINT  NOT NULL,
    state       TEXT    NOT NULL CONSTRAINT change_state_known CHECK (state IN ('taken', 'waiting', 'held')),
    tags        TEXT    NOT NULL DEFAULT '',
    raw         TEXT    NOT NULL
);
CREATE INDEX change_replica_index ON change (replica_id, replica_seq);
CREATE INDEX change_waiting_index ON change (session) WHERE state = 'waiting';

-- Kept byte for byte, visible to staff, without effect. held_id: a hash by which the same content
-- of the same account is found when it is sent again, under whatever replica and seq. Of a response there is no replica and no time, as in its own table.
CREATE TABLE held (
    held_id      BLOB    NOT NULL CONSTRAINT held_pk PRIMARY KEY,
    id           TEXT,
    replica_id   INTEGER CONSTRAINT held_replica_fk REFERENCES replica (replica_id),
    session      BLOB,
    code         TEXT    NOT NULL,
    recv_ms      BIGINT,
    raw          TEXT    NOT NULL
) WITHOUT ROWID;

-- A session. state_json: shared::session::Session. The other columns are what its row says,
-- null until it exists; of a session for which another stands (aliases), row_exists is 0.
-- row_json, totals_json: shared::session::SessionRow and Totals, as they are pulled.
-- present, walk_in, roster_present, response: counters kept with every change.
-- roster: how many the audience's roster had when it began.
CREATE TABLE session (
    session_id     INTEGER NOT NULL CONSTRAINT session_pk PRIMARY KEY,
    id             BLOB    NOT NULL CONSTRAINT session_id_unique UNIQUE,
    stands_id      INTEGER CONSTRAINT session_stands_fk REFERENCES session (session_id),
    row_exists     INTEGER NOT NULL DEFAULT 0,
    org_id         INTEGER CONSTRAINT session_org_fk REFERENCES org (org_id),
    campaign       BLOB,
    activity       TEXT,
    title          TEXT,
    state          TEXT,
    starts_ms      BIGINT,
    expected       INTEGER,
    headcount      INTEGER,
    closed_eff_ms  BIGINT,
    closed_id      BLOB,
    row_json       TEXT,
    totals_json    TEXT,
    roster         INTEGER NOT NULL DEFAULT 0,
    present        INTEGER NOT NULL DEFAULT 0,
    walk_in        INTEGER NOT NULL DEFAULT 0,
    roster_present INTEGER NOT NULL DEFAULT 0,
    response       INTEGER NOT NULL DEFAULT 0,
    state_json     TEXT    NOT NULL DEFAULT '{}'
);
CREATE INDEX session_org_index ON session (org_id, starts_ms);

-- One person at one session. state_json: shared::attendance::Attendance of exactly this pair;
-- added: whether a person_add stands in it. The other columns are the row of the pair that stands
-- for it, shown = 1 on that pair alone; row_json, added_json: `attendance:` and `walk_in:` as
-- they are pulled. The index finds those who are on no roster, who are few.
CREATE TABLE attendance (
    session_id INTEGER NOT NULL CONSTRAINT attendance_session_fk REFERENCES session (session_id),
    person_id  INTEGER NOT NULL CONSTRAINT attendance_person_fk REFERENCES person (person_id),
    shown      INTEGER NOT NULL DEFAULT 0,
    present    INTEGER NOT NULL DEFAULT 0,
    standing   TEXT    NOT NULL DEFAULT 'unknown' CONSTRAINT attendance_standing_known
               CHECK (standing IN ('unknown', 'walk_in', 'expected', 'off_roster')),
    added      INTEGER NOT NULL DEFAULT 0,
    row_json   TEXT,
    added_json TEXT,
    state_json TEXT    NOT NULL DEFAULT '{}',
    CONSTRAINT attendance_pk PRIMARY KEY (session_id, person_id)
) WITHOUT ROWID;
CREATE INDEX attendance_stranger_index ON attendance (person_id)
    WHERE added = 1 OR standing IN ('unknown', 'walk_in');

-- What a void named, whether or not it is known (yet). session: the void's own, empty for
-- voids of aliases.
CREATE TABLE void_target (
    target  BLOB NOT NULL,
    session BLOB NOT NULL,
    CONSTRAINT void_target_pk PRIMARY KEY (target, session)
) WITHOUT ROWID;

-- Two that are one, as the change says. kind: session or person.
CREATE TABLE alias (
    change_id BLOB NOT NULL CONSTRAINT alias_pk PRIMARY KEY,
    kind      TEXT NOT NULL CONSTRAINT alias_kind_known CHECK (kind IN ('session', 'person')),
    a         BLOB NOT NULL,
    b         BLOB NOT NULL
) WITHOUT ROWID;

-- What each replica made and declared for exactly this session (aliases: see session.stands_id): told apart, so that what is still on a
-- phone is known per phone. check_in: check_in changes that arrived, voided ones included.
CREATE TABLE session_replica (
    session_id         INTEGER NOT NULL CONSTRAINT session_replica_session_fk REFERENCES session (session_id),
    replica_id         INTEGER NOT NULL CONSTRAINT session_replica_replica_fk REFERENCES replica (replica_id),
    check_in           INTEGER NOT NULL DEFAULT 0,
    declared_check_in  INTEGER NOT NULL DEFAULT 0,
    declared_response  INTEGER NOT NULL DEFAULT 0,
    CONSTRAINT session_replica_pk PRIMARY KEY (session_id, replica_id)
) WITHOUT ROWID;

-- An anonymous answer: the session, the day, the way it came and the answers under a random id,
-- and nothing else. The table is ordered by that id alone, so that nothing tells the order of arrival.
CREATE TABLE response (
    id      BLOB    NOT NULL CONSTRAINT response_pk PRIMARY KEY,
    session BLOB    NOT NULL,
    day_ms  BIGINT  NOT NULL,
    via     TEXT    NOT NULL,
    form    BLOB    NOT NULL,
    version INTEGER NOT NULL,
    answers TEXT    NOT NULL
) WITHOUT ROWID;
CREATE INDEX response_session_index ON response (session);

-- How many gave a mark to a question at a session: kept with every response.
CREATE TABLE mark_count (
    session_id INTEGER NOT NULL CONSTRAINT mark_count_session_fk REFERENCES session (session_id),
    question   TEXT    NOT NULL,
    mark       INTEGER NOT NULL,
    n          INTEGER NOT NULL,
    CONSTRAINT mark_count_pk PRIMARY KEY (session_id, question, mark)
) WITHOUT ROWID;

-- What phones pull: which row of which scope changed last at which seq. The row's content is
-- read from its own table. scope_kind: 0 everybody, 1 org (scope_id = org_id), 2 session.
-- row_kind, row_id: see server/src/feed.rs.
CREATE TABLE feed (
    seq        INTEGER NOT NULL CONSTRAINT feed_pk PRIMARY KEY,
    scope_kind INTEGER NOT NULL,
    scope_id   INTEGER NOT NULL,
    row_kind   INTEGER NOT NULL,
    row_id     BLOB    NOT NULL,
    deleted    INTEGER NOT NULL DEFAULT 0,
    CONSTRAINT feed_row_unique UNIQUE (scope_kind, scope_id, row_kind, row_id)
);
CREATE INDEX feed_scope_index ON feed (scope_kind, scope_id, seq);

-- Who saw or took away what, who logged in, what was administered.
CREATE TABLE audit (
    audit_id   INTEGER NOT NULL CONSTRAINT audit_pk PRIMARY KEY,
    at_ms      BIGINT  NOT NULL,
    account_id INTEGER CONSTRAINT audit_account_fk REFERENCES account (account_id),
    act        TEXT    NOT NULL,
    detail     TEXT    NOT NULL
);
