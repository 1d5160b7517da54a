-- What the service's write functions answer with, and who has been shown a sample board.

CREATE TYPE written AS (
    body   text,      -- the row as it now is, finished JSON
    topic  text,      -- where it shows
    seq    bigint,    -- the last event this write made there; null: nothing changed
    person bigint     -- who asked
);

ALTER TABLE person ADD COLUMN welcomed_at timestamptz;  -- when the first board was given, sample or not
