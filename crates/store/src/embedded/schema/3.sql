-- What a mailbox takes besides certified mail, and whom it corresponds with; NULL: as its domain does. `ordinary` is
-- `refuse`, `anomaly`, `folder=NAME` or `forward=ADDRESS`, `correspondents` a JSON list of `certified`, `@DOMAIN` and
-- addresses.
ALTER TABLE mailboxes ADD COLUMN ordinary TEXT;
ALTER TABLE mailboxes ADD COLUMN correspondents TEXT;
