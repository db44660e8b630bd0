-- Changes without effect (yet) are few, and a backup asks for them every minute.
CREATE INDEX change_unsettled_index ON change (seq, state, session) WHERE state <> 'taken';
