-- How full mailboxes are, and whom to tell (crates/store/src/fullness.rs).

-- The level at which a mailbox stands, percent, and the highest of which its holder was told since he was there last. A mailbox
-- below all levels has no row.
CREATE TABLE fullness (
  mailbox INTEGER PRIMARY KEY REFERENCES mailboxes,
  level   INTEGER NOT NULL,
  told    INTEGER NOT NULL
) STRICT;
CREATE INDEX fullness_untold ON fullness (mailbox) WHERE level > told;
CREATE INDEX fullness_by_level ON fullness (level);

-- How many messages a mailbox refused for want of room since its holder was told, and when that was (0: never).
CREATE TABLE refusing (
  mailbox INTEGER PRIMARY KEY REFERENCES mailboxes,
  count   INTEGER NOT NULL,
  told    INTEGER NOT NULL
) STRICT;
CREATE INDEX refusing_untold ON refusing (mailbox) WHERE count > 0;
CREATE INDEX refusing_told ON refusing (told) WHERE count = 0;

-- The first of these messages, until he is told of them; `certified`: a provider certifies what is said here.
CREATE TABLE refusals (
  number     INTEGER PRIMARY KEY AUTOINCREMENT,
  mailbox    INTEGER NOT NULL REFERENCES mailboxes,
  at         INTEGER NOT NULL,
  size       INTEGER NOT NULL,
  certified  INTEGER NOT NULL,
  identifier TEXT,
  sender     TEXT NOT NULL,
  subject    TEXT NOT NULL,
  UNIQUE (mailbox, identifier)
) STRICT;
