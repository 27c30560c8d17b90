-- What days came to, counted once from the evidence and kept when that has expired (docs/statistics.md). `day` is one of
-- Italian legal time, `what` a name of the room that counts.
CREATE TABLE sums (
  day   TEXT NOT NULL,
  what  TEXT NOT NULL,
  value INTEGER NOT NULL,
  PRIMARY KEY (day, what)
) STRICT, WITHOUT ROWID;

-- Up to which row each log is counted.
CREATE TABLE counted (log INTEGER PRIMARY KEY, last INTEGER NOT NULL) STRICT;

-- When the provider was last known to serve, and how it stood: `well`, `ended` (told to end), or why it did not serve.
CREATE TABLE beats (one INTEGER PRIMARY KEY CHECK (one = 1), at INTEGER NOT NULL, standing TEXT NOT NULL) STRICT;

-- Times in which it did not serve. `cause` is `planned`, `incident` or `malfunction`.
CREATE TABLE outages (
  began INTEGER PRIMARY KEY,
  ended INTEGER NOT NULL,
  cause TEXT NOT NULL,
  note  TEXT NOT NULL
) STRICT;
