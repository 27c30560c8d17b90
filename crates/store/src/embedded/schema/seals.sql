-- What seals the evidence (docs/evidence-format.md). A tree stands over consecutive rows of a log, as a rule those of a day.

-- The nodes of the trees, 256 together from the first row of each: what paths are made of. Those of level 0 are leaves; a
-- node of the level above is the root over a full tile of the one below. Only full tiles are here, but for the last leaves
-- of a tree that has ended. `place` is the key of the first row under the tile.
CREATE TABLE tiles (
  level INTEGER NOT NULL,
  place INTEGER NOT NULL,
  root  BLOB NOT NULL,
  nodes BLOB NOT NULL,
  PRIMARY KEY (level, place)
) STRICT;
CREATE TRIGGER tiles_are_never_changed BEFORE UPDATE ON tiles
  BEGIN SELECT raise(ABORT, 'what seals evidence is never changed'); END;

-- The signed heads of the trees. `text` is what is signed, the columns before it are what it is found by.
CREATE TABLE heads (
  log       INTEGER NOT NULL REFERENCES logs,
  number    INTEGER NOT NULL,
  first     INTEGER NOT NULL,
  size      INTEGER NOT NULL,
  closed    INTEGER NOT NULL,
  at        INTEGER NOT NULL,
  text      BLOB NOT NULL,
  signature BLOB NOT NULL,
  PRIMARY KEY (log, number)
) STRICT;
CREATE INDEX heads_by_tree ON heads (log, first, size, number);
-- A head goes on where the last one of its log ended: the same tree grown or ended, or after its end the next one. So no
-- day is sealed twice, whoever tries.
CREATE TRIGGER heads_go_on BEFORE INSERT ON heads
  WHEN new.number <> 1 + coalesce((SELECT max(number) FROM heads WHERE log = new.log), 0)
    OR new.size < 1
    OR new.first + new.size - 1 > (SELECT last FROM logs WHERE log = new.log)
    OR EXISTS (SELECT 1 FROM heads h WHERE h.log = new.log AND h.number = new.number - 1 AND CASE
         WHEN h.closed THEN new.first < h.first + h.size
         ELSE new.first <> h.first OR new.size < h.size OR (new.size = h.size AND NOT new.closed) END)
  BEGIN SELECT raise(ABORT, 'a head goes on where the last one ended'); END;
CREATE TRIGGER heads_are_never_changed BEFORE UPDATE ON heads
  BEGIN SELECT raise(ABORT, 'what seals evidence is never changed'); END;

-- The time stamps of heads (RFC 3161), each for one head; a head without is one that waits for it.
CREATE TABLE stamps (
  log    INTEGER NOT NULL,
  number INTEGER NOT NULL,
  stamp  BLOB NOT NULL,
  PRIMARY KEY (log, number),
  FOREIGN KEY (log, number) REFERENCES heads
) STRICT;
CREATE TRIGGER stamps_are_never_changed BEFORE UPDATE ON stamps
  BEGIN SELECT raise(ABORT, 'what seals evidence is never changed'); END;
