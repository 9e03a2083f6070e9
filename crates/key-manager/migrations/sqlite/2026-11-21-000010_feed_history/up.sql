-- A digest of all changes, which tells two feeds apart that have the same position: a database restored
-- from a backup gives the positions since then out again, to other changes. At the counter, that of
-- all; at a change, that of those before it. Empty: there were none, or from before this was kept.
ALTER TABLE change_counter ADD COLUMN history TEXT NOT NULL DEFAULT '';

ALTER TABLE change ADD COLUMN history TEXT NOT NULL DEFAULT '';
