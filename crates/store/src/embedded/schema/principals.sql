-- Who and what is hosted: organisations, offices, domains, mailboxes as accounts, users, grants.

-- `key` is the name in lower case, `ipa` the code in the Index of public administrations.
CREATE TABLE organisations (
  id   INTEGER PRIMARY KEY AUTOINCREMENT,
  key  TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  ipa  TEXT COLLATE NOCASE UNIQUE
) STRICT;

-- Offices as a tree: `parent` is the office above, of the same organisation. `aoo` and `uo` are the unique codes.
CREATE TABLE offices (
  id           INTEGER PRIMARY KEY AUTOINCREMENT,
  organisation INTEGER NOT NULL REFERENCES organisations,
  parent       INTEGER,
  key          TEXT NOT NULL,
  name         TEXT NOT NULL,
  aoo          TEXT COLLATE NOCASE UNIQUE,
  uo           TEXT COLLATE NOCASE UNIQUE,
  UNIQUE (id, organisation),
  FOREIGN KEY (parent, organisation) REFERENCES offices (id, organisation)
) STRICT;
CREATE UNIQUE INDEX offices_by_name ON offices (organisation, coalesce(parent, 0), key);
CREATE INDEX offices_by_parent ON offices (parent, organisation) WHERE parent IS NOT NULL;

-- Certified domains [R-1.2.3-b]; `name` in lower case. `ordinary` is `refuse`, `anomaly`, `folder=NAME` or
-- `forward=ADDRESS`, `correspondents` a JSON list of `certified`, `@DOMAIN` and addresses, `sent_copies` `on` or `off`,
-- `keeps` `receipts`, `envelopes` or `originals`.
-- `organisation` is whose it is.
CREATE TABLE domains (
  name                TEXT PRIMARY KEY,
  english             INTEGER NOT NULL,
  ordinary            TEXT NOT NULL,
  certified_only_from INTEGER,
  correspondents      TEXT NOT NULL,
  sent_copies         TEXT NOT NULL,
  keeps               TEXT NOT NULL,
  organisation        INTEGER REFERENCES organisations
) STRICT, WITHOUT ROWID;
CREATE INDEX domains_by_organisation ON domains (organisation) WHERE organisation IS NOT NULL;

-- `key` is the address in ASCII lower case, `password` an argon2id PHC string; `ordinary`, `correspondents` and
-- `sent_copies` as in `domains`, NULL: as the domain does; `receipts` is `inbox` or `folder`. `counted` are the octets that
-- count against the quota, `used` all. `off` are the protocols that are switched off (1 IMAP, 2 POP3, 4 submission, 8 web), `without`
-- the capabilities of IMAP that are, with commas between them, or `none`. It stands in `organisation`, and there in `office` or
-- in none.
CREATE TABLE mailboxes (
  id             INTEGER PRIMARY KEY AUTOINCREMENT,
  key            TEXT NOT NULL UNIQUE,
  address        TEXT NOT NULL,
  domain         TEXT NOT NULL,
  state          TEXT NOT NULL,
  quota          INTEGER NOT NULL,
  counted        INTEGER NOT NULL DEFAULT 0,
  used           INTEGER NOT NULL DEFAULT 0,
  modseq         INTEGER NOT NULL DEFAULT 1,
  service        INTEGER NOT NULL,
  password       TEXT,
  ordinary       TEXT,
  correspondents TEXT,
  sent_copies    TEXT,
  receipts       TEXT NOT NULL DEFAULT 'inbox',
  off            INTEGER NOT NULL DEFAULT 0,
  without        TEXT NOT NULL DEFAULT 'none',
  organisation   INTEGER REFERENCES organisations,
  office         INTEGER,
  CHECK (office IS NULL OR organisation IS NOT NULL),
  FOREIGN KEY (office, organisation) REFERENCES offices (id, organisation)
) STRICT;
CREATE INDEX mailboxes_by_domain ON mailboxes (domain, organisation);
CREATE INDEX mailboxes_by_organisation ON mailboxes (organisation, key, office) WHERE organisation IS NOT NULL;
CREATE INDEX mailboxes_by_office ON mailboxes (office, organisation, key) WHERE office IS NOT NULL;
CREATE INDEX mailboxes_by_without ON mailboxes (office) WHERE without <> 'none';

-- Addresses that belonged to a mailbox and are never given again.
CREATE TABLE former_addresses (
  key     TEXT PRIMARY KEY,
  mailbox INTEGER NOT NULL REFERENCES mailboxes,
  until   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX former_addresses_by_mailbox ON former_addresses (mailbox);

-- Legal holds: on a whole mailbox (`identifier` empty), or on what it has of one message. `by` is the operator.
CREATE TABLE holds (
  number     INTEGER PRIMARY KEY AUTOINCREMENT,
  mailbox    INTEGER NOT NULL REFERENCES mailboxes,
  identifier TEXT NOT NULL,
  at         INTEGER NOT NULL,
  by         TEXT NOT NULL,
  why        TEXT NOT NULL,
  UNIQUE (mailbox, identifier)
) STRICT;
CREATE INDEX holds_by_identifier ON holds (identifier);

-- People and programs with credentials of their own; `name` in lower case, without `@`. `erased` is when one was erased: the name
-- stays until the evidence names it no more, so that nobody else gets it.
CREATE TABLE users (
  id       INTEGER PRIMARY KEY AUTOINCREMENT,
  name     TEXT NOT NULL UNIQUE,
  display  TEXT NOT NULL,
  enabled  INTEGER NOT NULL DEFAULT 1,
  password TEXT,
  erased   INTEGER
) STRICT;
CREATE INDEX users_by_erased ON users (erased) WHERE erased IS NOT NULL;

CREATE TABLE grants (
  user    INTEGER NOT NULL REFERENCES users,
  mailbox INTEGER NOT NULL REFERENCES mailboxes,
  read    INTEGER NOT NULL,
  send    INTEGER NOT NULL,
  manage  INTEGER NOT NULL,
  PRIMARY KEY (user, mailbox)
) STRICT, WITHOUT ROWID;
CREATE INDEX grants_by_mailbox ON grants (mailbox);

-- Rights on whatever stands in an office or below it.
CREATE TABLE office_grants (
  user   INTEGER NOT NULL REFERENCES users,
  office INTEGER NOT NULL REFERENCES offices,
  read   INTEGER NOT NULL,
  send   INTEGER NOT NULL,
  manage INTEGER NOT NULL,
  PRIMARY KEY (user, office)
) STRICT, WITHOUT ROWID;
CREATE INDEX office_grants_by_office ON office_grants (office);

-- Secrets that we made for mail programs. Without a `user` it is one of the holder of `mailbox`; with one, `mailbox` is the only
-- one that it opens, NULL: whatever is granted. `digest` is the SHA-256 of the secret (app_password.rs says why that suffices),
-- `protocols` as `mailboxes.off`. `ended` once the sessions were told of its end.
CREATE TABLE app_passwords (
  id        INTEGER PRIMARY KEY AUTOINCREMENT,
  digest    BLOB NOT NULL UNIQUE,
  user      INTEGER REFERENCES users,
  mailbox   INTEGER REFERENCES mailboxes,
  name      TEXT NOT NULL,
  protocols INTEGER NOT NULL,
  made      INTEGER NOT NULL,
  ends      INTEGER,
  used      INTEGER,
  ended     INTEGER NOT NULL DEFAULT 0,
  CHECK (user IS NOT NULL OR mailbox IS NOT NULL)
) STRICT;
CREATE INDEX app_passwords_by_user ON app_passwords (user) WHERE user IS NOT NULL;
CREATE INDEX app_passwords_by_mailbox ON app_passwords (mailbox) WHERE mailbox IS NOT NULL;
CREATE INDEX app_passwords_by_end ON app_passwords (ends) WHERE ends IS NOT NULL AND NOT ended;

-- Who came to a mailbox: what is equal but for its instant is one row for each `day` (of UTC, since 1970). `actor` is the name of a
-- user, `@` the holder, empty nobody knows; `app_password` 0 and empty texts say nothing.
CREATE TABLE accesses (
  id           INTEGER PRIMARY KEY AUTOINCREMENT,
  mailbox      INTEGER NOT NULL REFERENCES mailboxes,
  day          INTEGER NOT NULL,
  outcome      TEXT NOT NULL,
  protocol     TEXT NOT NULL,
  actor        TEXT NOT NULL,
  app_password INTEGER NOT NULL,
  peer         TEXT NOT NULL,
  message      TEXT NOT NULL,
  first        INTEGER NOT NULL,
  last         INTEGER NOT NULL,
  count        INTEGER NOT NULL,
  client       TEXT,
  UNIQUE (mailbox, day, outcome, protocol, actor, app_password, peer, message)
) STRICT;
CREATE INDEX accesses_by_mailbox ON accesses (mailbox, id);
CREATE INDEX accesses_by_last ON accesses (last);
CREATE INDEX accesses_by_user ON accesses (actor, id) WHERE actor NOT IN ('', '@');

-- Holders' mailboxes: the provider's own two, for notices and for the postmaster, are in every store.
CREATE TRIGGER mailboxes_more AFTER INSERT ON mailboxes WHEN NOT new.service AND new.key NOT LIKE 'postmaster@%'
  BEGIN UPDATE counters SET value = value + 1 WHERE name = 'mailboxes'; END;
CREATE TRIGGER mailboxes_less AFTER DELETE ON mailboxes WHEN NOT old.service AND old.key NOT LIKE 'postmaster@%'
  BEGIN UPDATE counters SET value = value - 1 WHERE name = 'mailboxes'; END;
