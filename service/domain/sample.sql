-- The board that a newcomer finds: something to play with, whose tickets say what can be done.

CREATE OR REPLACE FUNCTION make_sample_board(person bigint) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    made bigint;
BEGIN
    INSERT INTO board (title, description)
    VALUES ('Try Livelane', 'A board to play with. Move things, rename them, break them: nothing here matters.')
    RETURNING id INTO made;
    INSERT INTO member (board_id, person_id, role) VALUES (made, person, 'owner');
    INSERT INTO board_column (board_id, title, wip_limit, rank)
    VALUES (made, 'Ideas', NULL, 'a0'), (made, 'To do', NULL, 'a1'), (made, 'Doing', 3, 'a2'), (made, 'Done', NULL, 'a3');

    INSERT INTO ticket (board_id, column_id, title, description, rank)
    SELECT made, c.id, t.title, replace(t.description, '{column}', first.id::text), t.rank
      FROM (VALUES
        ('a1', 'a0', 'Drag me to Doing',
         E'Or without a mouse: select me and press **Shift+→**.\n\nEverybody who has this board open sees it at once.'),
        ('a1', 'a1', 'Open this board in a second window',
         E'Put the windows side by side and move a ticket in one of them. Then in the other.\n\nThe dot at the top says whether you are *live*.'),
        ('a1', 'a2', 'Rename me', 'Press **E** on a selected ticket, type, Enter. Esc leaves it as it was.'),
        ('a1', 'a3', 'Write a few tickets of your own',
         E'Press **N**. Enter saves and stays open for the next.\n\n- one line, one ticket\n- several pasted lines become several tickets'),
        ('a1', 'a4', 'Press ? for all the keys', 'And **Ctrl+K** for everything else.'),
        ('a2', 'a0', 'This column holds three tickets',
         E'A *WIP limit*: what is begun should be finished before more is begun. Move a fourth one here and see it refused.\n\nThe limit is the column''s; change it in the column''s menu.'),
        ('a2', 'a1', 'Invite somebody', E'In the board''s menu, under *Members*. Someone without an account gets a link.\n\n| role | may |\n| --- | --- |\n| viewer | read |\n| editor | change the board |\n| owner | also invite and archive |'),
        ('a0', 'a0', 'Change the board from a script',
         E'Make a token under *Account*, then, with this site''s address as `URL`:\n\n```sh\ncurl -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json" \\\n     -d ''{"title": "Hello"}'' $URL/api/columns/{column}/tickets\n```\n\nThe ticket is here before curl has returned. All of it is described at `$URL/docs`.'),
        ('a0', 'a1', 'Change the board from SQL',
         E'`livelane sql` opens psql. This is as live as a drag:\n\n```sql\nUPDATE ticket SET title = ''Hello from psql'' WHERE title = ''Rename me'';\n```'),
        ('a0', 'a2', 'Pull the plug', E'Switch the network off, change something, switch it on again. What you did waits, is marked, and is sent when it can be.'),
        ('a0', 'a3', 'Change the same title twice at once', 'In two windows, without the network in one of them. You are asked which one to keep; no text is thrown away.'),
        ('a3', 'a0', 'Start Livelane', 'Done. Archive me: select and press **Del**. Ctrl+Z brings me back.'),
        ('a3', 'a1', 'Look at what happened', 'Every change is kept: who, what, when. The board''s *Activity* shows it.')
      ) t (column_rank, rank, title, description)
      JOIN board_column c ON c.board_id = made AND c.rank = t.column_rank
      JOIN board_column first ON first.board_id = made AND first.rank = 'a1'
     ORDER BY t.column_rank, t.rank;
    RETURN made;
END
$$;
