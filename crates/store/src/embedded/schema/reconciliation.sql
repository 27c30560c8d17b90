-- What reconciliation keeps. It says nothing that the evidence and the fates of recipients do not say again.

-- Where each log is to be read on.
CREATE TABLE reconciled (log INTEGER PRIMARY KEY, next INTEGER NOT NULL) STRICT;

-- What is not as it must be: of a message (`identifier`) as a whole or of one recipient (`whom`), or, where no message is named,
-- of a row (`whom`: log/number). A row goes when the message is judged again and it is no more so, or with the evidence.
CREATE TABLE discrepancies (
  number       INTEGER PRIMARY KEY AUTOINCREMENT,
  identifier   TEXT NOT NULL,
  whom         TEXT NOT NULL,
  reason       TEXT NOT NULL,
  what         TEXT NOT NULL,
  found        INTEGER NOT NULL,
  acknowledged INTEGER,
  UNIQUE (identifier, whom, reason)
) STRICT;
CREATE INDEX discrepancies_unacknowledged ON discrepancies (reason) WHERE acknowledged IS NULL;
CREATE INDEX discrepancies_by_time ON discrepancies (found);
