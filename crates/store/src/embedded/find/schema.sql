-- The index by which messages are found: everything here is made from sigillo.db and may be thrown away at any moment.

-- Up to which subject it goes: its number and its hash. Those below `swept` have left it. One row.
CREATE TABLE followed (
  one     INTEGER PRIMARY KEY CHECK (one = 1),
  subject INTEGER NOT NULL,
  hash    BLOB NOT NULL,
  swept   INTEGER NOT NULL
) STRICT;
INSERT INTO followed VALUES (1, 0, x'', 0);

-- Between which numbers stand the subjects whose first row is of a day (whole days since 1970, UTC).
CREATE TABLE days (day INTEGER PRIMARY KEY, first INTEGER NOT NULL, last INTEGER NOT NULL) STRICT;

-- Which terms (terms.rs) stand in which subject, by its number.
CREATE VIRTUAL TABLE terms USING fts5 (text, content = '', contentless_delete = 1, detail = none, tokenize = 'ascii');
