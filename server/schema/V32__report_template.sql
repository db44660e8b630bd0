-- The wording of the summary report as admins set it, each time a row; the last one stands. body: null where it
-- was put back to what the program brings.
CREATE TABLE report_template (
    report_template_id INTEGER NOT NULL CONSTRAINT report_template_pk PRIMARY KEY,
    body               TEXT,
    at_ms              BIGINT  NOT NULL,
    account_id         INTEGER NOT NULL CONSTRAINT report_template_account_fk REFERENCES account (account_id)
);
