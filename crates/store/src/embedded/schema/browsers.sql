-- Logins by browser. `digest` is the SHA-256 of the token in the browser's cookie. With a `user` it is
-- one of a user, otherwise one of the holder of `mailbox`. `stamp` is that of the secret by which he was let in
-- (`SecretStamp`): with another secret the session is over. `used` is told to the minute.
CREATE TABLE browser_sessions (
  id      INTEGER PRIMARY KEY AUTOINCREMENT,
  digest  BLOB NOT NULL UNIQUE,
  user    INTEGER REFERENCES users ON DELETE CASCADE,
  mailbox INTEGER REFERENCES mailboxes ON DELETE CASCADE,
  stamp   BLOB NOT NULL,
  began   INTEGER NOT NULL,
  used    INTEGER NOT NULL,
  peer    TEXT NOT NULL,
  client  TEXT NOT NULL,
  CHECK ((user IS NULL) <> (mailbox IS NULL))
) STRICT;
CREATE INDEX browser_sessions_by_user ON browser_sessions (user) WHERE user IS NOT NULL;
CREATE INDEX browser_sessions_by_mailbox ON browser_sessions (mailbox) WHERE mailbox IS NOT NULL;
CREATE INDEX browser_sessions_by_use ON browser_sessions (used);
CREATE INDEX browser_sessions_by_beginning ON browser_sessions (began);
