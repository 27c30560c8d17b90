-- What ends after the months that the law asks for. `once` learns when a row was noted; rows of before begin today.
CREATE TABLE once_with_time (
  provider   TEXT NOT NULL,
  identifier TEXT NOT NULL,
  kind       TEXT NOT NULL,
  recipient  TEXT NOT NULL,
  at         INTEGER NOT NULL DEFAULT (unixepoch()),
  PRIMARY KEY (identifier, kind, recipient, provider)
) STRICT, WITHOUT ROWID;
INSERT INTO once_with_time (provider, identifier, kind, recipient) SELECT provider, identifier, kind, recipient FROM once;
DROP TABLE once;
ALTER TABLE once_with_time RENAME TO once;
CREATE INDEX once_by_time ON once (at);
CREATE INDEX sent_by_time ON sent (at);

-- Evidence goes from its beginning only, never its last row, whose number counts on, and never before thirty months by
-- the machine's own clock [R-2.3-b].
DROP TRIGGER evidence_is_never_removed;
CREATE TRIGGER evidence_is_not_removed_for_thirty_months BEFORE DELETE ON evidence
  WHEN old.at > unixepoch('now', '-30 months') OR old.number = (SELECT max(number) FROM evidence)
    OR old.number <> (SELECT min(number) FROM evidence)
  BEGIN SELECT raise(ABORT, 'evidence is not removed for thirty months'); END;
CREATE TRIGGER infected_is_not_removed_before_its_time BEFORE DELETE ON infected
  WHEN old.until > unixepoch('now')
  BEGIN SELECT raise(ABORT, 'the special store keeps what it has until its time'); END;
