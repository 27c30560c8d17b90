-- What the points, the relay and the operators keep. Instants are seconds since 1970, lists are JSON arrays of strings,
-- states, points and hops are their stable names, kinds and events of evidence their numbers.

-- Which store this is; the mark in its folder says the same. One row.
CREATE TABLE store (
  one     INTEGER PRIMARY KEY CHECK (one = 1),
  id      TEXT NOT NULL,
  made    INTEGER NOT NULL
) STRICT;

-- Figures that would cost a scan, kept by the triggers below; and the last UIDVALIDITY given.
CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO counters VALUES ('messages', 0), ('originals', 0), ('queue', 0), ('awaited', 0), ('mailboxes', 0), ('uid_validity', 0);

-- A message is its header block and its further own bytes, with originals let in. `digest` is the beginning (16 octets) of
-- the SHA-256 of header and own bytes. The large columns come last, so that lists do not read them; `structure` is there
-- for messages that a person may read. `kept` is since when the provider keeps it, whoever removes it elsewhere, `whole` whether the
-- originals in it are kept too.
CREATE TABLE messages (
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  size        INTEGER NOT NULL,
  kind        TEXT,
  identifier  TEXT,
  digest      BLOB NOT NULL,
  date        TEXT NOT NULL,
  subject     TEXT NOT NULL,
  header_from TEXT NOT NULL,
  sender      TEXT NOT NULL,
  reply_to    TEXT NOT NULL,
  header_to   TEXT NOT NULL,
  cc          TEXT NOT NULL,
  in_reply_to TEXT NOT NULL,
  message_id  TEXT NOT NULL,
  kept        INTEGER,
  whole       INTEGER NOT NULL,
  structure   BLOB,
  header      BLOB NOT NULL,
  own         BLOB NOT NULL
) STRICT;
CREATE INDEX messages_by_identifier ON messages (identifier) WHERE identifier IS NOT NULL;
CREATE INDEX messages_by_kept ON messages (kept) WHERE kept IS NOT NULL;

-- Content that is stored once however many messages hold it: in the row, or, from 256 KiB on, in the file
-- `originals/<two hexadecimal digits>/<sha256>`. `chunks` are the beginnings (16 octets) of the SHA-256 of each 32 KiB, so
-- that a part that is read is checked too. `gone`: the bytes are nowhere, since only messages that are kept without their originals
-- hold it; who stores the same bytes again brings it back.
CREATE TABLE originals (
  id     INTEGER PRIMARY KEY AUTOINCREMENT,
  sha256 BLOB NOT NULL UNIQUE,
  size   INTEGER NOT NULL,
  chunks BLOB NOT NULL,
  gone   INTEGER NOT NULL DEFAULT 0,
  data   BLOB
) STRICT;

-- `original` stands in `message` after the first `at` octets of the message's header and own bytes, without its own first
-- `skip` octets.
CREATE TABLE inserts (
  message  INTEGER NOT NULL REFERENCES messages ON DELETE CASCADE,
  position INTEGER NOT NULL,
  at       INTEGER NOT NULL,
  skip     INTEGER NOT NULL,
  original INTEGER NOT NULL REFERENCES originals,
  PRIMARY KEY (message, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX inserts_by_original ON inserts (original);

-- What is common to all operations on one message; `canonical` is what `hash` is the SHA-256 of.
CREATE TABLE subjects (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  hash       BLOB NOT NULL UNIQUE,
  identifier TEXT NOT NULL,
  canonical  BLOB NOT NULL
) STRICT;
CREATE INDEX subjects_by_identifier ON subjects (identifier);

-- The logs: one writer each, with its last number.
CREATE TABLE logs (
  log  INTEGER PRIMARY KEY,
  last INTEGER NOT NULL
) STRICT;
INSERT INTO logs VALUES (1, 0);

-- Every operation, unmodified for thirty months [R-2.3-a] [R-2.3-b]. `number` ascends without gaps in its log: it is given
-- inside the transaction, which first counts `last` on. Log and number are one key, `place`, so that rows are only ever
-- added at the end of full pages. `canonical` is the evidence; the other columns are what it is found by.
CREATE TABLE evidence (
  place     INTEGER PRIMARY KEY,
  log       INTEGER NOT NULL GENERATED ALWAYS AS (place >> 40) VIRTUAL,
  number    INTEGER NOT NULL GENERATED ALWAYS AS (place & 1099511627775) VIRTUAL,
  at        INTEGER NOT NULL,
  event     INTEGER NOT NULL,
  kind      INTEGER,
  about     INTEGER REFERENCES subjects,
  canonical BLOB NOT NULL
) STRICT;
CREATE INDEX evidence_by_subject ON evidence (about) WHERE about IS NOT NULL;
CREATE TRIGGER evidence_is_never_replaced BEFORE INSERT ON evidence
  WHEN NOT EXISTS (SELECT 1 FROM logs WHERE log = new.place >> 40 AND last >= new.place & 1099511627775)
    OR new.place <= (SELECT max(place) FROM evidence WHERE place < ((new.place >> 40) + 1) << 40)
  BEGIN SELECT raise(ABORT, 'evidence is never replaced, only added at the end'); END;
CREATE TRIGGER evidence_is_never_changed BEFORE UPDATE ON evidence
  BEGIN SELECT raise(ABORT, 'evidence is never changed'); END;
-- Evidence goes from its beginning only, never its last row, and never before thirty months by the machine's own clock
-- [R-2.3-b].
CREATE TRIGGER evidence_is_not_removed_for_thirty_months BEFORE DELETE ON evidence
  WHEN old.at > unixepoch('now', '-30 months')
    OR old.place & 1099511627775 = (SELECT last FROM logs WHERE log = old.place >> 40)
    OR old.place <> (SELECT min(place) FROM evidence WHERE place >= (old.place >> 40) << 40)
  BEGIN SELECT raise(ABORT, 'evidence is not removed for thirty months'); END;
CREATE TRIGGER subjects_are_never_changed BEFORE UPDATE ON subjects
  BEGIN SELECT raise(ABORT, 'evidence is never changed'); END;

-- What is done once and only once. `provider` is a JSON array of name and unit, empty for ordinary mail; `signed` is the
-- SHA-256 of what it was done with (crates/store/src/once.rs), empty where nothing is signed. Something else that came under
-- the same key is a row beside it, whose `contradicts` is its SHA-256; of what was done it is empty.
CREATE TABLE once (
  identifier  TEXT NOT NULL,
  kind        TEXT NOT NULL,
  recipient   TEXT NOT NULL,
  provider    TEXT NOT NULL,
  contradicts BLOB NOT NULL,
  signed      BLOB NOT NULL,
  at          INTEGER NOT NULL DEFAULT (unixepoch()),
  PRIMARY KEY (identifier, kind, recipient, provider, contradicts)
) STRICT, WITHOUT ROWID;
CREATE INDEX once_by_time ON once (at);

-- Originals accepted from holders: what was certified, and who sent it (`holder`, or `user:NAME`).
CREATE TABLE sent (
  identifier TEXT PRIMARY KEY,
  mailbox    TEXT NOT NULL,
  at         INTEGER NOT NULL,
  by         TEXT NOT NULL,
  subject    INTEGER NOT NULL REFERENCES subjects,
  data       BLOB NOT NULL
) STRICT;
CREATE INDEX sent_by_time ON sent (at);
CREATE INDEX sent_by_mailbox ON sent (lower(mailbox), at);

-- The fate of each recipient. `key` is the recipient in ASCII lower case, `position` its place in the envelope.
CREATE TABLE addressees (
  identifier   TEXT NOT NULL REFERENCES sent ON DELETE CASCADE,
  key          TEXT NOT NULL,
  position     INTEGER NOT NULL,
  recipient    TEXT NOT NULL,
  state        TEXT NOT NULL,
  accepted_at  INTEGER NOT NULL,
  since        INTEGER NOT NULL,
  taken_at     INTEGER,
  warned_at    INTEGER,
  code         TEXT,
  receipt      TEXT,
  due          INTEGER,
  late_step    TEXT,
  late_at      INTEGER,
  late_receipt TEXT,
  PRIMARY KEY (identifier, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX addressees_by_due ON addressees (due, identifier, key) WHERE due IS NOT NULL;

-- What to carry. `hop` is a JSON array: `["local"]`, `["provider", NAME]`, `["provider", NAME, UNIT]`,
-- `["ordinary", DOMAIN]`. `ready` is when a worker may take it: when it falls due, or when its lease ends. `failed_by` is
-- an operator's order to give up.
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
  about      INTEGER REFERENCES subjects,
  kind       TEXT,
  attempts   INTEGER NOT NULL DEFAULT 0,
  created    INTEGER NOT NULL,
  expires    INTEGER NOT NULL,
  last_error TEXT,
  failed_by  TEXT
) STRICT;
CREATE INDEX queue_by_hop ON queue (hop, ready, id);
CREATE INDEX queue_by_message ON queue (message);
CREATE INDEX queue_by_subject ON queue (about) WHERE about IS NOT NULL;
CREATE INDEX sent_by_subject ON sent (subject);
CREATE INDEX queue_leased ON queue (id) WHERE leased;

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
CREATE TRIGGER infected_is_not_removed_before_its_time BEFORE DELETE ON infected
  WHEN old.until > unixepoch('now')
  BEGIN SELECT raise(ABORT, 'the special store keeps what it has until its time'); END;

-- The service mailbox [R-2.2.5-a]: only ever added to, so that no row of it is one that every exchange writes.
CREATE TABLE service (
  number  INTEGER PRIMARY KEY AUTOINCREMENT,
  message INTEGER NOT NULL REFERENCES messages,
  at      INTEGER NOT NULL
) STRICT;
CREATE INDEX service_by_message ON service (message);

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
CREATE TRIGGER awaited_more AFTER INSERT ON addressees WHEN new.due IS NOT NULL
  BEGIN UPDATE counters SET value = value + 1 WHERE name = 'awaited'; END;
CREATE TRIGGER awaited_less AFTER DELETE ON addressees WHEN old.due IS NOT NULL
  BEGIN UPDATE counters SET value = value - 1 WHERE name = 'awaited'; END;
CREATE TRIGGER awaited_no_more AFTER UPDATE OF due ON addressees WHEN old.due IS NOT NULL AND new.due IS NULL
  BEGIN UPDATE counters SET value = value - 1 WHERE name = 'awaited'; END;
CREATE TRIGGER awaited_again AFTER UPDATE OF due ON addressees WHEN old.due IS NULL AND new.due IS NOT NULL
  BEGIN UPDATE counters SET value = value + 1 WHERE name = 'awaited'; END;
