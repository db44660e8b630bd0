-- What of the marks was published, and so counts in scores (docs/decisions/0010-withholding.md). A fact: it
-- says what people may have seen, which nothing else does. Rows only grow, by at least five answers to
-- the question at once.
-- session: the one that the answers name, for which another may stand. pool: empty for answers that count
-- wherever their session does; else a random id, and all rows of that id count together or not at all.
CREATE TABLE published (
    session  BLOB    NOT NULL,
    question TEXT    NOT NULL,
    mark     INTEGER NOT NULL,
    pool     BLOB    NOT NULL,
    n        INTEGER NOT NULL,
    CONSTRAINT published_pk PRIMARY KEY (session, question, mark, pool)
) WITHOUT ROWID;
CREATE INDEX published_pool_index ON published (pool) WHERE pool <> x'';

-- unpublished: n without what was published of it, so that what waits is found without reading the rest.
ALTER TABLE mark_count ADD COLUMN unpublished INTEGER NOT NULL DEFAULT 0;

-- Marks are counted where the answers name the session, no longer at the one that stands for it: what was
-- published of a session stays its own whatever is found to be one with it.
INSERT INTO mark_count (session_id, question, mark, n)
SELECT part.session_id, answer.key, answer.value, count(*)
FROM session AS part JOIN response ON response.session = part.id, json_each(response.answers) AS answer
WHERE part.stands_id <> part.session_id AND answer.type = 'integer' AND EXISTS
    (SELECT 1 FROM mark_count WHERE session_id = part.stands_id AND question = answer.key AND mark = answer.value)
GROUP BY part.session_id, answer.key, answer.value;

UPDATE mark_count SET n = n - (
    SELECT coalesce(sum(of.n), 0) FROM mark_count AS of JOIN session AS part ON part.session_id = of.session_id
    WHERE part.stands_id = mark_count.session_id AND part.stands_id <> part.session_id
      AND of.question = mark_count.question AND of.mark = mark_count.mark);

DELETE FROM mark_count WHERE n <= 0;
UPDATE mark_count SET unpublished = n;
CREATE INDEX mark_count_unpublished_index ON mark_count (session_id) WHERE unpublished > 0;
