-- hold_ticket() looks at the column a ticket goes to as well (domain/tickets.sql): the shorter one is asked no more.
DROP FUNCTION IF EXISTS hold_ticket(bytea, text, bytea, bigint);
