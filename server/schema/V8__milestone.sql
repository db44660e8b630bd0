-- A word for each push that brought anything: a phone that heard it, and finds it missing or another one
-- here, knows that these data are older than those it spoke to. Made anew in each life of the data.
CREATE TABLE milestone (
    seq  INTEGER NOT NULL CONSTRAINT milestone_pk PRIMARY KEY,
    word BIGINT  NOT NULL
);
