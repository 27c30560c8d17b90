-- What doors show of a mailbox: folders, entries, flags, tombstones.

-- `messages`, `unseen`, `size` and `tombstones` (rows of `vanished`) are kept with every change; `unseen` counts the
-- owner's `\Seen`. `special` is the attribute of RFC 6154, `vanished_from` the modification sequence since which the
-- tombstones are whole. Of messages from `recent_from` on no session has been told (`\Recent`, RFC 3501 §2.3.2).
CREATE TABLE folders (
  id             INTEGER PRIMARY KEY AUTOINCREMENT,
  mailbox        INTEGER NOT NULL REFERENCES mailboxes,
  name           TEXT NOT NULL,
  special        TEXT,
  uid_validity   INTEGER NOT NULL UNIQUE,
  uid_next       INTEGER NOT NULL DEFAULT 1,
  recent_from    INTEGER NOT NULL DEFAULT 1,
  highest_modseq INTEGER NOT NULL DEFAULT 1,
  messages       INTEGER NOT NULL DEFAULT 0,
  unseen         INTEGER NOT NULL DEFAULT 0,
  size           INTEGER NOT NULL DEFAULT 0,
  tombstones     INTEGER NOT NULL DEFAULT 0,
  vanished_from  INTEGER NOT NULL DEFAULT 0,
  UNIQUE (mailbox, name)
) STRICT;
CREATE UNIQUE INDEX folders_by_special ON folders (mailbox, special) WHERE special IS NOT NULL;

-- Subscribed names, whether or not such a folder exists (RFC 9051 §6.3.7).
CREATE TABLE subscriptions (
  mailbox INTEGER NOT NULL REFERENCES mailboxes,
  name    TEXT NOT NULL,
  PRIMARY KEY (mailbox, name)
) STRICT, WITHOUT ROWID;

-- `flags` are the bits of the system flags (1 answered, 2 deleted, 4 draft, 8 flagged, 16 seen by the owner), `counts`
-- says whether the message counts against the quota, `size` is the message's, so that lists and sums need no second row,
-- `at` is the internal date, `saved` when it came into this folder.
CREATE TABLE entries (
  folder  INTEGER NOT NULL REFERENCES folders,
  uid     INTEGER NOT NULL,
  message INTEGER NOT NULL REFERENCES messages,
  flags   INTEGER NOT NULL,
  modseq  INTEGER NOT NULL,
  counts  INTEGER NOT NULL,
  size    INTEGER NOT NULL,
  at      INTEGER NOT NULL,
  saved   INTEGER NOT NULL,
  PRIMARY KEY (folder, uid)
) STRICT, WITHOUT ROWID;
CREATE INDEX entries_by_message ON entries (message);
CREATE INDEX entries_by_modseq ON entries (folder, modseq);
CREATE INDEX entries_unseen ON entries (folder, uid) WHERE flags & 16 = 0;

-- The keywords of a mailbox, as first written, each with a number; and which entries have them.
CREATE TABLE keywords (
  id      INTEGER PRIMARY KEY AUTOINCREMENT,
  mailbox INTEGER NOT NULL REFERENCES mailboxes,
  key     TEXT NOT NULL,
  name    TEXT NOT NULL,
  UNIQUE (mailbox, key)
) STRICT;
CREATE TABLE entry_keywords (
  folder  INTEGER NOT NULL,
  uid     INTEGER NOT NULL,
  keyword INTEGER NOT NULL REFERENCES keywords,
  PRIMARY KEY (folder, uid, keyword),
  FOREIGN KEY (folder, uid) REFERENCES entries ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX entry_keywords_by_keyword ON entry_keywords (keyword);

-- What users of a shared mailbox have seen; the owner's own `\Seen` is a bit of the entry. `modseq` is the modification sequence
-- that the entry has for this user alone, where that is higher than the entry's (crates/store/src/embedded/seen.rs).
CREATE TABLE seen (
  folder INTEGER NOT NULL,
  uid    INTEGER NOT NULL,
  user   INTEGER NOT NULL REFERENCES users,
  modseq INTEGER NOT NULL,
  PRIMARY KEY (folder, uid, user),
  FOREIGN KEY (folder, uid) REFERENCES entries ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX seen_by_user ON seen (user, folder, modseq);

-- How many they are, so that nobody counts a hundred thousand to tell how many a user has not seen.
CREATE TABLE seen_counts (
  user   INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,
  folder INTEGER NOT NULL REFERENCES folders ON DELETE CASCADE,
  seen   INTEGER NOT NULL,
  PRIMARY KEY (user, folder)
) STRICT, WITHOUT ROWID;
CREATE INDEX seen_counts_by_folder ON seen_counts (folder);
CREATE TRIGGER seen_is_counted AFTER INSERT ON seen BEGIN
  INSERT INTO seen_counts (user, folder, seen) SELECT new.user, new.folder, 0
    WHERE NOT EXISTS (SELECT 1 FROM seen_counts WHERE user = new.user AND folder = new.folder);
  UPDATE seen_counts SET seen = seen + 1 WHERE user = new.user AND folder = new.folder;
END;
CREATE TRIGGER seen_is_counted_no_more AFTER DELETE ON seen BEGIN
  UPDATE seen_counts SET seen = seen - 1 WHERE user = old.user AND folder = old.folder;
END;

-- Copies of what was sent lately, to tell that a client keeps one too (crates/store/src/sent_copy.rs): `key` says of which
-- message, `client` whether the client put it there. The row goes when it has told so, or is old.
CREATE TABLE sent_copies (
  number  INTEGER PRIMARY KEY AUTOINCREMENT,
  mailbox INTEGER NOT NULL REFERENCES mailboxes,
  key     BLOB NOT NULL,
  client  INTEGER NOT NULL,
  folder  INTEGER NOT NULL,
  uid     INTEGER NOT NULL,
  at      INTEGER NOT NULL,
  UNIQUE (mailbox, key)
) STRICT;

-- What clients note (RFC 5464) about a folder, or about the mailbox as a whole (`folder` 0); `reader` is whose eyes it is for:
-- a user, 0 the owner, -1 all. `name` in lower case, without `/private` or `/shared` before it.
CREATE TABLE annotations (
  mailbox INTEGER NOT NULL REFERENCES mailboxes,
  folder  INTEGER NOT NULL,
  reader  INTEGER NOT NULL,
  name    TEXT NOT NULL,
  value   BLOB NOT NULL,
  PRIMARY KEY (mailbox, folder, reader, name)
) STRICT, WITHOUT ROWID;

-- Ranges of UIDs that went, for QRESYNC (RFC 7162).
CREATE TABLE vanished (
  folder INTEGER NOT NULL REFERENCES folders ON DELETE CASCADE,
  modseq INTEGER NOT NULL,
  first  INTEGER NOT NULL,
  last   INTEGER NOT NULL,
  PRIMARY KEY (folder, modseq, first)
) STRICT, WITHOUT ROWID;
