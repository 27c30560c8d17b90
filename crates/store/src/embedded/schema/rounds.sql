-- What the check beside running work knows. Rows of it promise nothing that the rest of the store does not say again.

-- The round that is `open`, and the `last` one that ended. `part` and `after`: where the open one goes on, after which row.
CREATE TABLE rounds (
  which    TEXT PRIMARY KEY,
  began    INTEGER NOT NULL,
  ended    INTEGER,
  part     TEXT NOT NULL,
  after    INTEGER NOT NULL,
  messages INTEGER NOT NULL,
  faults   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What was found damaged: a row of a part, until a round finds it whole or gone. `acknowledged`: when an operator said that
-- it is known.
CREATE TABLE damage (
  part         TEXT NOT NULL,
  number       INTEGER NOT NULL,
  place        TEXT NOT NULL,
  what         TEXT NOT NULL,
  found        INTEGER NOT NULL,
  acknowledged INTEGER,
  PRIMARY KEY (part, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX damage_unacknowledged ON damage (found) WHERE acknowledged IS NULL;
