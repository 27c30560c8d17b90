-- The special store: messages in which a virus was found [R-2.2.4-a]. `point` is where (`access`, `incoming`), `until`
-- the end of the thirty months; a message stays while a row refers to it.
CREATE TABLE infected (
  number     INTEGER PRIMARY KEY AUTOINCREMENT,
  message    INTEGER NOT NULL REFERENCES messages,
  identifier TEXT NOT NULL,
  at         INTEGER NOT NULL,
  virus      TEXT NOT NULL,
  point      TEXT NOT NULL,
  until      INTEGER NOT NULL
) STRICT;
CREATE INDEX infected_by_message ON infected (message);
CREATE INDEX infected_by_identifier ON infected (identifier, number);
CREATE INDEX infected_by_until ON infected (until);
CREATE TRIGGER infected_is_never_changed BEFORE UPDATE ON infected
  BEGIN SELECT raise(ABORT, 'the special store is never changed'); END;
