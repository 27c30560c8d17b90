-- Instants are seconds since 1970, lists are JSON arrays of strings, kinds and events are their stable names.

-- Figures that would cost a scan, kept by the triggers below; and the last UIDVALIDITY given.
CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO counters VALUES ('messages', 0), ('originals', 0), ('queue', 0), ('watches', 0), ('uid_validity', 0);

-- Accounts and mailboxes. `key` is the address in ASCII lower case, `password` an argon2id PHC string.
CREATE TABLE mailboxes (
  id       INTEGER PRIMARY KEY AUTOINCREMENT,
  key      TEXT NOT NULL UNIQUE,
  address  TEXT NOT NULL,
  state    TEXT NOT NULL,
  quota    INTEGER NOT NULL,
  used     INTEGER NOT NULL DEFAULT 0,
  service  INTEGER NOT NULL,
  password TEXT
) STRICT;

-- `messages` and `unseen` are kept with every deposit, change of flags and expunge.
CREATE TABLE folders (
  id             INTEGER PRIMARY KEY AUTOINCREMENT,
  mailbox        INTEGER NOT NULL REFERENCES mailboxes,
  name           TEXT NOT NULL,
  uid_validity   INTEGER NOT NULL UNIQUE,
  uid_next       INTEGER NOT NULL DEFAULT 1,
  highest_modseq INTEGER NOT NULL DEFAULT 1,
  messages       INTEGER NOT NULL DEFAULT 0,
  unseen         INTEGER NOT NULL DEFAULT 0,
  UNIQUE (mailbox, name)
) STRICT;

-- A message is its own bytes with originals let in. `own` comes last, so that lists do not read it.
CREATE TABLE messages (
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  size        INTEGER NOT NULL,
  kind        TEXT,
  identifier  TEXT,
  date        TEXT NOT NULL,
  subject     TEXT NOT NULL,
  header_from TEXT NOT NULL,
  sender      TEXT NOT NULL,
  reply_to    TEXT NOT NULL,
  header_to   TEXT NOT NULL,
  cc          TEXT NOT NULL,
  in_reply_to TEXT NOT NULL,
  message_id  TEXT NOT NULL,
  own         BLOB NOT NULL
) STRICT;

-- Content that is stored once however many messages hold it.
CREATE TABLE originals (
  id     INTEGER PRIMARY KEY AUTOINCREMENT,
  sha256 BLOB NOT NULL UNIQUE,
  size   INTEGER NOT NULL,
  data   BLOB NOT NULL
) STRICT;

-- `original` stands in `message` after the first `at` octets of the message's own bytes.
CREATE TABLE inserts (
  message  INTEGER NOT NULL REFERENCES messages ON DELETE CASCADE,
  position INTEGER NOT NULL,
  at       INTEGER NOT NULL,
  original INTEGER NOT NULL REFERENCES originals,
  PRIMARY KEY (message, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX inserts_by_original ON inserts (original);

CREATE TABLE entries (
  folder  INTEGER NOT NULL REFERENCES folders,
  uid     INTEGER NOT NULL,
  message INTEGER NOT NULL REFERENCES messages,
  flags   TEXT NOT NULL,
  seen    INTEGER NOT NULL,
  modseq  INTEGER NOT NULL,
  at      INTEGER NOT NULL,
  PRIMARY KEY (folder, uid)
) STRICT, WITHOUT ROWID;
CREATE INDEX entries_by_message ON entries (message);

-- UIDs that were expunged, for QRESYNC (RFC 7162).
CREATE TABLE vanished (
  folder INTEGER NOT NULL REFERENCES folders,
  modseq INTEGER NOT NULL,
  uid    INTEGER NOT NULL,
  PRIMARY KEY (folder, modseq, uid)
) STRICT, WITHOUT ROWID;

-- What to carry. `hop` is `local`, `provider:<name>` or `ordinary:<domain>`. `ready` is when a worker may take
-- it: when it falls due, or when its lease ends.
CREATE TABLE queue (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  message    INTEGER NOT NULL REFERENCES messages,
  hop        TEXT NOT NULL,
  ready      INTEGER NOT NULL,
  due        INTEGER NOT NULL,
  leased     INTEGER NOT NULL DEFAULT 0,
  path       TEXT NOT NULL,
  recipients TEXT NOT NULL,
  identifier TEXT NOT NULL,
  kind       TEXT,
  attempts   INTEGER NOT NULL DEFAULT 0,
  created    INTEGER NOT NULL,
  expires    INTEGER NOT NULL,
  last_error TEXT
) STRICT;
CREATE INDEX queue_by_hop ON queue (hop, ready, id);
CREATE INDEX queue_by_message ON queue (message);
CREATE INDEX queue_leased ON queue (id) WHERE leased;

CREATE TABLE once (
  provider   TEXT NOT NULL,
  identifier TEXT NOT NULL,
  kind       TEXT NOT NULL,
  recipient  TEXT NOT NULL,
  PRIMARY KEY (identifier, kind, recipient, provider)
) STRICT, WITHOUT ROWID;

CREATE TABLE sent (
  identifier TEXT PRIMARY KEY,
  mailbox    TEXT NOT NULL,
  at         INTEGER NOT NULL,
  data       BLOB NOT NULL
) STRICT;

-- `key` is the recipient in ASCII lower case.
CREATE TABLE watches (
  identifier TEXT NOT NULL,
  key        TEXT NOT NULL,
  recipient  TEXT NOT NULL,
  opened     INTEGER NOT NULL,
  taken      INTEGER NOT NULL DEFAULT 0,
  due        INTEGER NOT NULL,
  PRIMARY KEY (identifier, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX watches_by_due ON watches (due);

-- Every operation, unmodified for thirty months [R-2.3-a] [R-2.3-b]. `number` ascends without gaps: it is given
-- inside the transaction. `month` (yyyymm, Italian time) is what larger engines partition by.
CREATE TABLE evidence (
  number     INTEGER PRIMARY KEY,
  month      INTEGER NOT NULL,
  at         INTEGER NOT NULL,
  event      TEXT NOT NULL,
  kind       TEXT,
  identifier TEXT NOT NULL,
  message_id TEXT NOT NULL,
  client_id  TEXT,
  sender     TEXT NOT NULL,
  recipients TEXT NOT NULL,
  subject    TEXT NOT NULL,
  provider   TEXT NOT NULL,
  concerns   TEXT NOT NULL,
  error      TEXT
) STRICT;
CREATE INDEX evidence_by_identifier ON evidence (identifier, number);
CREATE TRIGGER evidence_is_never_replaced BEFORE INSERT ON evidence
  WHEN new.number <> (SELECT coalesce(max(number), 0) + 1 FROM evidence)
  BEGIN SELECT raise(ABORT, 'evidence is never replaced, only added at the end'); END;
CREATE TRIGGER evidence_is_never_changed BEFORE UPDATE ON evidence
  BEGIN SELECT raise(ABORT, 'evidence is never changed'); END;
CREATE TRIGGER evidence_is_never_removed BEFORE DELETE ON evidence
  BEGIN SELECT raise(ABORT, 'evidence is never removed'); END;

CREATE TRIGGER messages_more AFTER INSERT ON messages
  BEGIN UPDATE counters SET value = value + 1 WHERE name = 'messages'; END;
CREATE TRIGGER messages_less AFTER DELETE ON messages
  BEGIN UPDATE counters SET value = value - 1 WHERE name = 'messages'; END;
CREATE TRIGGER originals_more AFTER INSERT ON originals
  BEGIN UPDATE counters SET value = value + 1 WHERE name = 'originals'; END;
CREATE TRIGGER originals_less AFTER DELETE ON originals
  BEGIN UPDATE counters SET value = value - 1 WHERE name = 'originals'; END;
CREATE TRIGGER queue_more AFTER INSERT ON queue
  BEGIN UPDATE counters SET value = value + 1 WHERE name = 'queue'; END;
CREATE TRIGGER queue_less AFTER DELETE ON queue
  BEGIN UPDATE counters SET value = value - 1 WHERE name = 'queue'; END;
CREATE TRIGGER watches_more AFTER INSERT ON watches
  BEGIN UPDATE counters SET value = value + 1 WHERE name = 'watches'; END;
CREATE TRIGGER watches_less AFTER DELETE ON watches
  BEGIN UPDATE counters SET value = value - 1 WHERE name = 'watches'; END;
