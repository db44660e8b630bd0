-- Who speaks at which session, by the id of the account as the session's row names it (it may be of no
-- account here). Follows from the row; so that the sessions of a lecturer are found without reading all.
CREATE TABLE session_lecturer (
    account    BLOB    NOT NULL,
    session_id INTEGER NOT NULL CONSTRAINT session_lecturer_session_fk REFERENCES session (session_id),
    CONSTRAINT session_lecturer_pk PRIMARY KEY (account, session_id)
) WITHOUT ROWID;
CREATE INDEX session_lecturer_session_index ON session_lecturer (session_id);

INSERT INTO session_lecturer (account, session_id)
SELECT DISTINCT unhex(replace(lecturer.value ->> '$.account', '-', '')), session.session_id
FROM session, json_each(session.row_json, '$.lecturers') AS lecturer
WHERE session.row_exists = 1 AND lecturer.value ->> '$.account' IS NOT NULL;
