ALTER TABLE change DROP COLUMN history;

ALTER TABLE change_counter DROP COLUMN history;
