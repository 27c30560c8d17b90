-- The index for searches: everything here is made from sigillo.db and may be thrown away at any moment.

-- Mailboxes and messages have short numbers here, which fit into the number of a document.
CREATE TABLE boxes (number INTEGER PRIMARY KEY, mailbox INTEGER NOT NULL UNIQUE) STRICT;
-- `whole` is 0 where the message could not be read: it is looked at again by every search.
CREATE TABLE known (number INTEGER PRIMARY KEY, message INTEGER NOT NULL UNIQUE, whole INTEGER NOT NULL) STRICT;
CREATE INDEX known_in_part ON known (number) WHERE NOT whole;

-- Texts of bodies in small letters, each once, however many messages hold it: `digest` names what it was made from, `sum` is
-- the check of `text`. Which message holds which.
CREATE TABLE texts (id INTEGER PRIMARY KEY, digest BLOB NOT NULL UNIQUE, sum BLOB NOT NULL, text BLOB NOT NULL) STRICT;
CREATE TABLE holds (message INTEGER NOT NULL, text INTEGER NOT NULL, PRIMARY KEY (message, text)) STRICT, WITHOUT ROWID;
CREATE INDEX holds_by_text ON holds (text, message);

-- The entries that are indexed, `message` by its short number; how far each folder has been followed: entries up to
-- modification sequence and UID, removals up to `gone`.
CREATE TABLE placed (
  folder  INTEGER NOT NULL,
  uid     INTEGER NOT NULL,
  box     INTEGER NOT NULL,
  message INTEGER NOT NULL,
  at      INTEGER NOT NULL,
  PRIMARY KEY (folder, uid)
) STRICT, WITHOUT ROWID;
CREATE INDEX placed_by_message ON placed (message, box);
CREATE TABLE followed (
  folder INTEGER PRIMARY KEY,
  box    INTEGER NOT NULL,
  modseq INTEGER NOT NULL,
  uid    INTEGER NOT NULL,
  gone   INTEGER NOT NULL
) STRICT;
CREATE INDEX followed_by_box ON followed (box);

-- Messages that left a place, until it is known whether they are still in that mailbox.
CREATE TABLE loose (box INTEGER NOT NULL, message INTEGER NOT NULL, PRIMARY KEY (box, message)) STRICT, WITHOUT ROWID;

-- Which three characters in a row, and which words, stand in which document. Documents of one mailbox stand together by their
-- numbers (doc.rs), so that a search never walks through those of another.
CREATE VIRTUAL TABLE grams USING fts5 (
  text, content = '', contentless_delete = 1, detail = none, tokenize = 'trigram case_sensitive 1'
);
CREATE VIRTUAL TABLE words USING fts5 (
  text, content = '', contentless_delete = 1, detail = none, tokenize = 'unicode61 remove_diacritics 2'
);
