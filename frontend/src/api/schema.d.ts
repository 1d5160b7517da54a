// Made by `npm run api:types` from the service's OpenAPI document. Do not edit.

export interface paths {
    "/api/boards": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The boards I am a member of, oldest first
         * @description The boards I am a member of, oldest first: the open ones, or with `archived=true` the archived ones.
         */
        get: operations["listBoards"];
        put?: never;
        /**
         * Create a board of mine, with the columns To do, Doing and Done unless others are named
         * @description Create a board of mine, with the columns To do, Doing and Done unless others are named.
         */
        post: operations["createBoard"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/boards/{board_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The board's whole state
         * @description The board's whole state: open rows, a ticket without its description. With `at`, as it was at that seq.
         */
        get: operations["getBoard"];
        put?: never;
        post?: never;
        /**
         * Archive a board
         * @description Archive a board. Owners only.
         */
        delete: operations["archiveBoard"];
        options?: never;
        head?: never;
        /**
         * Rename or describe a board, or restore it with `{"archived"
         * @description Rename or describe a board, or restore it with `{"archived": false}`.
         */
        patch: operations["changeBoard"];
        trace?: never;
    };
    "/api/boards/{board_id}/archive": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The board's archived columns and tickets, newest first, and how many there are
         * @description The board's archived columns and tickets, newest first, and how many there are.
         */
        get: operations["getArchive"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/boards/{board_id}/columns": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Add a column to a board
         * @description Add a column to a board: right of `after`, first with null, last without it.
         */
        post: operations["addColumn"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/boards/{board_id}/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What happened on the board, newest first; the bounds are not included
         * @description What happened on the board, newest first; the bounds are not included. Read on with `before_seq`.
         */
        get: operations["listEvents"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/boards/{board_id}/events/{seq}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One event, whole
         * @description One event, whole: also the long texts that the stream leaves out.
         */
        get: operations["getEvent"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/boards/{board_id}/invitations/{invitation_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Withdraw an invitation
         * @description Withdraw an invitation: its links are void. Owners only.
         */
        delete: operations["withdrawInvitation"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/boards/{board_id}/members": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The members in the order they came; for owners with their addresses, and with those who are invited
         * @description The members in the order they came; for owners with their addresses, and with those who are invited.
         */
        get: operations["listMembers"];
        put?: never;
        /**
         * Add whoever has the address, or invite it
         * @description Add whoever has the address, or invite it: `link` is what to hand to the person. Owners only.
         */
        post: operations["addMember"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/boards/{board_id}/members/{person_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Remove a member (owners), or leave (everyone)
         * @description Remove a member (owners), or leave (everyone). Answers the row as it was.
         */
        delete: operations["removeMember"];
        options?: never;
        head?: never;
        /**
         * Change a member's role
         * @description Change a member's role. Owners only; the last owner stays one.
         */
        patch: operations["changeMember"];
        trace?: never;
    };
    "/api/code": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * What a link's one-time code is for
         * @description What a link's one-time code is for. Does not use it up.
         */
        post: operations["describeCode"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/columns/{column_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Archive a column; its tickets hide and return with it
         * @description Archive a column; its tickets hide and return with it.
         */
        delete: operations["archiveColumn"];
        options?: never;
        head?: never;
        /**
         * Change what is named, or restore an archived column and its tickets with `{"archived"
         * @description Change what is named, or restore an archived column and its tickets with `{"archived": false}`.
         */
        patch: operations["changeColumn"];
        trace?: never;
    };
    "/api/columns/{column_id}/move": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Move a column on its board
         * @description Move a column on its board: right of `after`, first with null, last without it.
         */
        post: operations["moveColumn"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/columns/{column_id}/tickets": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Add a ticket to a column
         * @description Add a ticket to a column: below `after`, first with null, last without it.
         */
        post: operations["addTicket"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/invitations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Take an invitation up as who I am signed in as
         * @description Take an invitation up as who I am signed in as. Without an account: POST /api/setup with the same code.
         */
        post: operations["acceptInvitation"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/me": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Who am I
         * @description Who am I?
         */
        get: operations["getMe"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /**
         * Change what is named
         * @description Change what is named. A new password needs the current one, but for an hour after a sign-in code, and ends my
         *         other sessions.
         */
        patch: operations["changeMe"];
        trace?: never;
    };
    "/api/session": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Sign in with address and password, or with the one-time code of a printed link
         * @description Sign in with address and password, or with the one-time code of a printed link.
         */
        post: operations["signIn"];
        /**
         * End this session, and its streams with it
         * @description End this session, and its streams with it.
         */
        delete: operations["signOut"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/setup": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Make the first account with the code that the server printed, or the account of somebody invited; signs in
         * @description Make the first account with the code that the server printed, or the account of somebody invited; signs in.
         */
        post: operations["setUp"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/tickets/{ticket_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A ticket with its description
         * @description A ticket with its description.
         */
        get: operations["getTicket"];
        put?: never;
        post?: never;
        /**
         * Archive a ticket; PATCH `{"archived"
         * @description Archive a ticket; PATCH `{"archived": false}` brings it back.
         */
        delete: operations["archiveTicket"];
        options?: never;
        head?: never;
        /**
         * Change what is named, or restore an archived ticket with `{"archived"
         * @description Change what is named, or restore an archived ticket with `{"archived": false}`.
         */
        patch: operations["changeTicket"];
        trace?: never;
    };
    "/api/tickets/{ticket_id}/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A ticket's life, newest first, on the boards I may see
         * @description A ticket's life, newest first, on the boards I may see.
         */
        get: operations["listTicketEvents"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/tickets/{ticket_id}/move": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Move a ticket to a column, of this board or another
         * @description Move a ticket to a column, of this board or another: below `after`, first with null, last without it.
         */
        post: operations["moveTicket"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/tokens": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * My tokens, without their secrets
         * @description My tokens, without their secrets.
         */
        get: operations["listTokens"];
        put?: never;
        /**
         * Make a token for a program
         * @description Make a token for a program. Its secret is shown here and never again.
         */
        post: operations["addToken"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/tokens/{token_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * End a token, and its streams with it
         * @description End a token, and its streams with it.
         */
        delete: operations["removeToken"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** Actor */
        Actor: {
            id: number;
            name: string;
        };
        /**
         * Archive
         * @description What is archived on a board, newest first.
         */
        Archive: {
            board: components["schemas"]["Board"];
            columns: components["schemas"]["Column"][];
            tickets: components["schemas"]["Ticket"][];
            total: number;
        };
        /**
         * Board
         * @description A board, and my role on it.
         */
        Board: {
            archived_at: string | null;
            /**
             * Format: date-time
             * @description RFC 3339, UTC.
             */
            created_at: string;
            created_by: number | null;
            description: string;
            id: number;
            /** @enum {unknown} */
            role?: "editor" | "owner" | "viewer";
            title: string;
            uid: string;
            /**
             * Format: date-time
             * @description RFC 3339, UTC.
             */
            updated_at: string;
            version: number;
        };
        /** BoardChange */
        BoardChange: {
            /**
             * @description Only false: restore it.
             * @constant
             */
            archived?: false;
            /** @description Markdown. */
            description?: string;
            /** @description One line. */
            title?: string;
        };
        /**
         * BoardMember
         * @description Who is on the board, as everyone there sees it.
         */
        BoardMember: {
            name: string;
            person_id: number;
            /** @enum {unknown} */
            role: "editor" | "owner" | "viewer";
        };
        /** CodeBoard */
        CodeBoard: {
            id: number;
            title: string;
        };
        /**
         * CodeUse
         * @description What a one-time code is for, so that a page can ask the right thing.
         */
        CodeUse: {
            board: components["schemas"]["CodeBoard"] | null;
            email: string | null;
            has_account: boolean;
            name: string | null;
            /** @enum {unknown} */
            purpose: "invitation" | "setup" | "sign-in";
            role: ("editor" | "owner" | "viewer") | null;
        };
        /**
         * Column
         * @description A column of a board.
         */
        Column: {
            archived_at: string | null;
            board_id: number;
            /**
             * Format: date-time
             * @description RFC 3339, UTC.
             */
            created_at: string;
            created_by: number | null;
            id: number;
            rank: string;
            title: string;
            uid: string;
            /**
             * Format: date-time
             * @description RFC 3339, UTC.
             */
            updated_at: string;
            version: number;
            wip_limit: number | null;
        };
        /** ColumnChange */
        ColumnChange: {
            /**
             * @description Only false: restore it.
             * @constant
             */
            archived?: false;
            /** @description One line. */
            title?: string;
            wip_limit?: number | null;
        };
        /** ColumnMove */
        ColumnMove: {
            /** @description Stand below this open one; null: first; absent: last. */
            after?: number | null;
        };
        /**
         * Event
         * @description One committed change of one topic.
         */
        Event: {
            actor: components["schemas"]["Actor"] | null;
            /**
             * Format: date-time
             * @description RFC 3339, UTC.
             */
            at: string;
            id: number;
            more?: boolean;
            moved_to?: number;
            op: string | null;
            seq: number;
            set?: Record<string, unknown>;
            topic: string;
            type: string;
            v: number;
            /** @description `rest`, `system`, or `sql:` and the role. */
            via: string;
            was?: Record<string, unknown>;
        };
        /** Exchange */
        Exchange: {
            /** @description From a link's `#code=`. */
            code: string;
        };
        /**
         * ListedBoard
         * @description A board of mine, with what a list shows of it.
         */
        ListedBoard: {
            archived_at: string | null;
            /**
             * Format: date-time
             * @description RFC 3339, UTC.
             */
            changed_at: string;
            /**
             * Format: date-time
             * @description RFC 3339, UTC.
             */
            created_at: string;
            created_by: number | null;
            description: string;
            id: number;
            /** @enum {unknown} */
            role?: "editor" | "owner" | "viewer";
            tickets: number;
            title: string;
            uid: string;
            /**
             * Format: date-time
             * @description RFC 3339, UTC.
             */
            updated_at: string;
            version: number;
        };
        /**
         * Me
         * @description The person who asks.
         */
        Me: {
            admin: boolean;
            /**
             * Format: date-time
             * @description RFC 3339, UTC.
             */
            created_at: string;
            email: string | null;
            has_password: boolean;
            id: number;
            locale: string;
            name: string;
            time_zone: string;
            uid: string;
            /**
             * Format: date-time
             * @description RFC 3339, UTC.
             */
            updated_at: string;
            version: number;
        };
        /** MeChange */
        MeChange: {
            current_password?: string;
            locale?: string;
            name?: string;
            password?: string;
            time_zone?: string;
        };
        /**
         * Member
         * @description A member; or, for owners, somebody invited, whose `person_id` is null.
         */
        Member: {
            /**
             * Format: date-time
             * @description RFC 3339, UTC.
             */
            created_at: string;
            created_by: number | null;
            email: string | null;
            id: number | null;
            invitation_id: number | null;
            /** @description In the answer to POST alone: hand it to the person. */
            link: string | null;
            name: string | null;
            person_id: number | null;
            /** @enum {unknown} */
            role: "editor" | "owner" | "viewer";
            /**
             * Format: date-time
             * @description RFC 3339, UTC.
             */
            updated_at: string;
            version: number | null;
        };
        /** MemberChange */
        MemberChange: {
            /** @enum {unknown} */
            role: "editor" | "owner" | "viewer";
        };
        /** NewBoard */
        NewBoard: {
            /** @description To do, Doing, Done unless named. */
            columns?: string[];
            /** @description Markdown. */
            description?: string;
            /** @description One line. */
            title: string;
            /** @description A UUID made by the client, so that things made offline have a name. */
            uid?: string;
        };
        /** NewColumn */
        NewColumn: {
            /** @description Stand below this open one; null: first; absent: last. */
            after?: number | null;
            /** @description One line. */
            title: string;
            /** @description A UUID made by the client, so that things made offline have a name. */
            uid?: string;
            wip_limit?: number | null;
        };
        /** NewMember */
        NewMember: {
            email: string;
            /** @enum {unknown} */
            role: "editor" | "owner" | "viewer";
        };
        /** NewTicket */
        NewTicket: {
            /** @description Stand below this open one; null: first; absent: last. */
            after?: number | null;
            /** @description Markdown. */
            description?: string;
            /** @description One line. */
            title: string;
            /** @description A UUID made by the client, so that things made offline have a name. */
            uid?: string;
        };
        /** NewToken */
        NewToken: {
            expires_on?: string | null;
            name: string;
        };
        /** @description What went wrong (RFC 9457). */
        Problem: {
            /** @description With `conflict`: the fields that somebody changed since, with both values. */
            conflicts?: {
                /** Format: date-time */
                at: string | null;
                /** @description {id, name}, if known. */
                by: Record<string, unknown> | null;
                field: string;
                theirs: unknown;
                via?: string | null;
                yours: unknown;
            }[];
            /** @description With `conflict`: the row as it is. */
            current?: Record<string, unknown>;
            /** @description About this very case, for people. */
            detail: string;
            errors?: {
                detail: string;
                field: string;
            }[];
            /** @description The input it is about, e.g. `after`. */
            field?: string;
            status: number;
            title: string;
            /** @description `/problems/` and a name that programs may rely on. */
            type: string;
        };
        /** Setup */
        Setup: {
            /** @description From a link's `#code=`. */
            code: string;
            email: string;
            name: string;
            password: string;
        };
        /**
         * ShownToken
         * @description A new token with its secret.
         */
        ShownToken: {
            /**
             * Format: date-time
             * @description RFC 3339, UTC.
             */
            created_at: string;
            expires_on: string | null;
            id: number;
            last_used_at: string | null;
            name: string;
            /** @description Send it as `Authorization: Bearer …`. It is never shown again. */
            token: string;
        };
        /** SignIn */
        SignIn: {
            email: string;
            password: string;
        };
        /**
         * Snapshot
         * @description A board's whole state at a seq: open rows only.
         */
        Snapshot: {
            app: string;
            board: components["schemas"]["Board"];
            columns: components["schemas"]["Column"][];
            epoch: string;
            labels: Record<string, unknown>[];
            members: components["schemas"]["BoardMember"][];
            seq: number;
            tickets: components["schemas"]["Ticket"][];
            topic: string;
            v: number;
        };
        /**
         * Ticket
         * @description A ticket, shown as #id.
         */
        Ticket: {
            archived_at: string | null;
            board_id: number;
            column_id: number;
            /**
             * Format: date-time
             * @description RFC 3339, UTC.
             */
            created_at: string;
            created_by: number | null;
            description?: string;
            has_description: boolean;
            id: number;
            rank: string;
            title: string;
            uid: string;
            /**
             * Format: date-time
             * @description RFC 3339, UTC.
             */
            updated_at: string;
            version: number;
        };
        /** TicketChange */
        TicketChange: {
            /**
             * @description Only false: restore it.
             * @constant
             */
            archived?: false;
            /** @description Markdown. */
            description?: string;
            /** @description One line. */
            title?: string;
        };
        /** TicketMove */
        TicketMove: {
            /** @description Stand below this open one; null: first; absent: last. */
            after?: number | null;
            column_id: number;
        };
        /**
         * Token
         * @description A token, without its secret.
         */
        Token: {
            /**
             * Format: date-time
             * @description RFC 3339, UTC.
             */
            created_at: string;
            expires_on: string | null;
            id: number;
            last_used_at: string | null;
            name: string;
        };
    };
    responses: {
        /** @description The request cannot be read. */
        400: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description You are not signed in. */
        401: {
            headers: {
                /** @description Bearer */
                "WWW-Authenticate"?: string;
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description You may not do this. This came from another site. */
        403: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description There is no such thing here. */
        404: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description Somebody changed the same field since you read it. The place it should go to is not there. It is archived. The column is full. It exists already. A board needs an owner. */
        409: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description It is no longer kept. */
        410: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The body is too large. */
        413: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The body is not JSON. */
        415: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description A value is not acceptable. The Idempotency-Key was used for another request. */
        422: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description Too many attempts. */
        429: {
            headers: {
                /** @description Seconds. */
                "Retry-After"?: number;
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description A fault of the server. */
        500: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description Somebody holds this row in an open transaction. The database does not answer. */
        503: {
            headers: {
                /** @description Seconds. */
                "Retry-After"?: number;
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
    };
    parameters: {
        /** @description A new name for each change: sent again, the change gets its first answer again. */
        "Idempotency-Key": string;
        /** @description The version that was read: `"7"`. Changes of other fields are no conflict; else 409. */
        "If-Match": string;
    };
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    listBoards: {
        parameters: {
            query?: {
                /** @description The archived ones instead. */
                archived?: boolean;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As asked. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ListedBoard"][];
                };
            };
            401: components["responses"]["401"];
            422: components["responses"]["422"];
            500: components["responses"]["500"];
            503: components["responses"]["503"];
        };
    };
    createBoard: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewBoard"];
            };
        };
        responses: {
            /** @description As asked. */
            201: {
                headers: {
                    /** @description The last event this write made in the row's topic; absent when nothing changed. */
                    "Event-Seq"?: number;
                    /** @description That topic, `board/7`. */
                    "Event-Topic"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Board"];
                };
            };
            400: components["responses"]["400"];
            401: components["responses"]["401"];
            403: components["responses"]["403"];
            404: components["responses"]["404"];
            409: components["responses"]["409"];
            413: components["responses"]["413"];
            415: components["responses"]["415"];
            422: components["responses"]["422"];
            500: components["responses"]["500"];
            503: components["responses"]["503"];
        };
    };
    getBoard: {
        parameters: {
            query?: {
                /** @description As it was at this seq. */
                at?: number;
            };
            header?: {
                /** @description An ETag: 304 if it still is so. */
                "If-None-Match"?: string;
            };
            path: {
                board_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As asked. */
            200: {
                headers: {
                    /** @description Names epoch, seq and the web app's version. */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Snapshot"];
                };
            };
            /** @description The board is as `If-None-Match` says. */
            304: {
                headers: {
                    /** @description Names epoch, seq and the web app's version. */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["400"];
            401: components["responses"]["401"];
            404: components["responses"]["404"];
            410: components["responses"]["410"];
            422: components["responses"]["422"];
            500: components["responses"]["500"];
            503: components["responses"]["503"];
        };
    };
    archiveBoard: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                board_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As asked. */
            200: {
                headers: {
                    /** @description The last event this write made in the row's topic; absent when nothing changed. */
                    "Event-Seq"?: number;
                    /** @description That topic, `board/7`. */
                    "Event-Topic"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Board"];
                };
            };
            400: components["responses"]["400"];
            401: components["responses"]["401"];
            403: components["responses"]["403"];
            404: components["responses"]["404"];
            409: components["responses"]["409"];
            422: components["responses"]["422"];
            500: components["responses"]["500"];
            503: components["responses"]["503"];
        };
    };
    changeBoard: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                board_id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["BoardChange"];
            };
        };
        responses: {
            /** @description As asked. */
            200: {
                headers: {
                    /** @description The last event this write made in the row's topic; absent when nothing changed. */
                    "Event-Seq"?: number;
                    /** @description That topic, `board/7`. */
                    "Event-Topic"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Board"];
                };
            };
            400: components["responses"]["400"];
            401: components["responses"]["401"];
            403: components["responses"]["403"];
            404: components["responses"]["404"];
            409: components["responses"]["409"];
            413: components["responses"]["413"];
            415: components["responses"]["415"];
            422: components["responses"]["422"];
            500: components["responses"]["500"];
            503: components["responses"]["503"];
        };
    };
    getArchive: {
        parameters: {
            query?: {
                /** @description At most so many of each. 0: the total alone. */
                limit?: number;
            };
            header?: never;
            path: {
                board_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As asked. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Archive"];
                };
            };
            401: components["responses"]["401"];
            404: components["responses"]["404"];
            422: components["responses"]["422"];
            500: components["responses"]["500"];
            503: components["responses"]["503"];
        };
    };
    addColumn: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                board_id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewColumn"];
            };
        };
        responses: {
            /** @description As asked. */
            201: {
                headers: {
                    /** @description The last event this write made in the row's topic; absent when nothing changed. */
                    "Event-Seq"?: number;
                    /** @description That topic, `board/7`. */
                    "Event-Topic"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Column"];
                };
            };
            400: components["responses"]["400"];
            401: components["responses"]["401"];
            403: components["responses"]["403"];
            404: components["responses"]["404"];
            409: components["responses"]["409"];
            413: components["responses"]["413"];
            415: components["responses"]["415"];
            422: components["responses"]["422"];
            500: components["responses"]["500"];
            503: components["responses"]["503"];
        };
    };
    listEvents: {
        parameters: {
            query?: {
                /** @description Only what came after this seq. */
                after_seq?: number;
                /** @description Only what came before this seq. */
                before_seq?: number;
                limit?: number;
            };
            header?: never;
            path: {
                board_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As asked. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Event"][];
                };
            };
            401: components["responses"]["401"];
            404: components["responses"]["404"];
            422: components["responses"]["422"];
            500: components["responses"]["500"];
            503: components["responses"]["503"];
        };
    };
    getEvent: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                board_id: number;
                seq: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As asked. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Event"];
                };
            };
            401: components["responses"]["401"];
            404: components["responses"]["404"];
            410: components["responses"]["410"];
            500: components["responses"]["500"];
            503: components["responses"]["503"];
        };
    };
    withdrawInvitation: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                board_id: number;
                invitation_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As asked. */
            200: {
                headers: {
                    /** @description The last event this write made in the row's topic; absent when nothing changed. */
                    "Event-Seq"?: number;
                    /** @description That topic, `board/7`. */
                    "Event-Topic"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Member"];
                };
            };
            400: components["responses"]["400"];
            401: components["responses"]["401"];
            403: components["responses"]["403"];
            404: components["responses"]["404"];
            409: components["responses"]["409"];
            422: components["responses"]["422"];
            500: components["responses"]["500"];
            503: components["responses"]["503"];
        };
    };
    listMembers: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                board_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As asked. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Member"][];
                };
            };
            401: components["responses"]["401"];
            404: components["responses"]["404"];
            500: components["responses"]["500"];
            503: components["responses"]["503"];
        };
    };
    addMember: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                board_id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewMember"];
            };
        };
        responses: {
            /** @description As asked. */
            201: {
                headers: {
                    /** @description The last event this write made in the row's topic; absent when nothing changed. */
                    "Event-Seq"?: number;
                    /** @description That topic, `board/7`. */
                    "Event-Topic"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Member"];
                };
            };
            400: components["responses"]["400"];
            401: components["responses"]["401"];
            403: components["responses"]["403"];
            404: components["responses"]["404"];
            409: components["responses"]["409"];
            413: components["responses"]["413"];
            415: components["responses"]["415"];
            422: components["responses"]["422"];
            500: components["responses"]["500"];
            503: components["responses"]["503"];
        };
    };
    removeMember: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                board_id: number;
                person_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As asked. */
            200: {
                headers: {
                    /** @description The last event this write made in the row's topic; absent when nothing changed. */
                    "Event-Seq"?: number;
                    /** @description That topic, `board/7`. */
                    "Event-Topic"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Member"];
                };
            };
            400: components["responses"]["400"];
            401: components["responses"]["401"];
            403: components["responses"]["403"];
            404: components["responses"]["404"];
            409: components["responses"]["409"];
            422: components["responses"]["422"];
            500: components["responses"]["500"];
            503: components["responses"]["503"];
        };
    };
    changeMember: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                board_id: number;
                person_id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["MemberChange"];
            };
        };
        responses: {
            /** @description As asked. */
            200: {
                headers: {
                    /** @description The last event this write made in the row's topic; absent when nothing changed. */
                    "Event-Seq"?: number;
                    /** @description That topic, `board/7`. */
                    "Event-Topic"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Member"];
                };
            };
            400: components["responses"]["400"];
            401: components["responses"]["401"];
            403: components["responses"]["403"];
            404: components["responses"]["404"];
            409: components["responses"]["409"];
            413: components["responses"]["413"];
            415: components["responses"]["415"];
            422: components["responses"]["422"];
            500: components["responses"]["500"];
            503: components["responses"]["503"];
        };
    };
    describeCode: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Exchange"];
            };
        };
        responses: {
            /** @description As asked. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CodeUse"];
                };
            };
            400: components["responses"]["400"];
            403: components["responses"]["403"];
            413: components["responses"]["413"];
            415: components["responses"]["415"];
            422: components["responses"]["422"];
            429: components["responses"]["429"];
            500: components["responses"]["500"];
            503: components["responses"]["503"];
        };
    };
    archiveColumn: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                column_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As asked. */
            200: {
                headers: {
                    /** @description The last event this write made in the row's topic; absent when nothing changed. */
                    "Event-Seq"?: number;
                    /** @description That topic, `board/7`. */
                    "Event-Topic"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Column"];
                };
            };
            400: components["responses"]["400"];
            401: components["responses"]["401"];
            403: components["responses"]["403"];
            404: components["responses"]["404"];
            409: components["responses"]["409"];
            422: components["responses"]["422"];
            500: components["responses"]["500"];
            503: components["responses"]["503"];
        };
    };
    changeColumn: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                column_id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ColumnChange"];
            };
        };
        responses: {
            /** @description As asked. */
            200: {
                headers: {
                    /** @description The last event this write made in the row's topic; absent when nothing changed. */
                    "Event-Seq"?: number;
                    /** @description That topic, `board/7`. */
                    "Event-Topic"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Column"];
                };
            };
            400: components["responses"]["400"];
            401: components["responses"]["401"];
            403: components["responses"]["403"];
            404: components["responses"]["404"];
            409: components["responses"]["409"];
            413: components["responses"]["413"];
            415: components["responses"]["415"];
            422: components["responses"]["422"];
            500: components["responses"]["500"];
            503: components["responses"]["503"];
        };
    };
    moveColumn: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                column_id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ColumnMove"];
            };
        };
        responses: {
            /** @description As asked. */
            200: {
                headers: {
                    /** @description The last event this write made in the row's topic; absent when nothing changed. */
                    "Event-Seq"?: number;
                    /** @description That topic, `board/7`. */
                    "Event-Topic"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Column"];
                };
            };
            400: components["responses"]["400"];
            401: components["responses"]["401"];
            403: components["responses"]["403"];
            404: components["responses"]["404"];
            409: components["responses"]["409"];
            413: components["responses"]["413"];
            415: components["responses"]["415"];
            422: components["responses"]["422"];
            500: components["responses"]["500"];
            503: components["responses"]["503"];
        };
    };
    addTicket: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                column_id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewTicket"];
            };
        };
        responses: {
            /** @description As asked. */
            201: {
                headers: {
                    /** @description The last event this write made in the row's topic; absent when nothing changed. */
                    "Event-Seq"?: number;
                    /** @description That topic, `board/7`. */
                    "Event-Topic"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Ticket"];
                };
            };
            400: components["responses"]["400"];
            401: components["responses"]["401"];
            403: components["responses"]["403"];
            404: components["responses"]["404"];
            409: components["responses"]["409"];
            413: components["responses"]["413"];
            415: components["responses"]["415"];
            422: components["responses"]["422"];
            500: components["responses"]["500"];
            503: components["responses"]["503"];
        };
    };
    acceptInvitation: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Exchange"];
            };
        };
        responses: {
            /** @description As asked. */
            200: {
                headers: {
                    /** @description The last event this write made in the row's topic; absent when nothing changed. */
                    "Event-Seq"?: number;
                    /** @description That topic, `board/7`. */
                    "Event-Topic"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Board"];
                };
            };
            400: components["responses"]["400"];
            401: components["responses"]["401"];
            403: components["responses"]["403"];
            404: components["responses"]["404"];
            409: components["responses"]["409"];
            413: components["responses"]["413"];
            415: components["responses"]["415"];
            422: components["responses"]["422"];
            500: components["responses"]["500"];
            503: components["responses"]["503"];
        };
    };
    getMe: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As asked. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Me"];
                };
            };
            401: components["responses"]["401"];
            500: components["responses"]["500"];
            503: components["responses"]["503"];
        };
    };
    changeMe: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["MeChange"];
            };
        };
        responses: {
            /** @description As asked. */
            200: {
                headers: {
                    /** @description The last event this write made in the row's topic; absent when nothing changed. */
                    "Event-Seq"?: number;
                    /** @description That topic, `board/7`. */
                    "Event-Topic"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Me"];
                };
            };
            400: components["responses"]["400"];
            401: components["responses"]["401"];
            403: components["responses"]["403"];
            409: components["responses"]["409"];
            413: components["responses"]["413"];
            415: components["responses"]["415"];
            422: components["responses"]["422"];
            429: components["responses"]["429"];
            500: components["responses"]["500"];
            503: components["responses"]["503"];
        };
    };
    signIn: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SignIn"] | components["schemas"]["Exchange"];
            };
        };
        responses: {
            /** @description As asked. */
            201: {
                headers: {
                    /** @description The last event this write made in the row's topic; absent when nothing changed. */
                    "Event-Seq"?: number;
                    /** @description That topic, `board/7`. */
                    "Event-Topic"?: string;
                    /** @description The session. */
                    "Set-Cookie"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Me"];
                };
            };
            400: components["responses"]["400"];
            401: components["responses"]["401"];
            403: components["responses"]["403"];
            413: components["responses"]["413"];
            415: components["responses"]["415"];
            422: components["responses"]["422"];
            429: components["responses"]["429"];
            500: components["responses"]["500"];
            503: components["responses"]["503"];
        };
    };
    signOut: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    /** @description The session. */
                    "Set-Cookie"?: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["401"];
            403: components["responses"]["403"];
            500: components["responses"]["500"];
            503: components["responses"]["503"];
        };
    };
    setUp: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Setup"];
            };
        };
        responses: {
            /** @description As asked. */
            201: {
                headers: {
                    /** @description The last event this write made in the row's topic; absent when nothing changed. */
                    "Event-Seq"?: number;
                    /** @description That topic, `board/7`. */
                    "Event-Topic"?: string;
                    /** @description The session. */
                    "Set-Cookie"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Me"];
                };
            };
            400: components["responses"]["400"];
            403: components["responses"]["403"];
            409: components["responses"]["409"];
            413: components["responses"]["413"];
            415: components["responses"]["415"];
            422: components["responses"]["422"];
            429: components["responses"]["429"];
            500: components["responses"]["500"];
            503: components["responses"]["503"];
        };
    };
    getTicket: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                ticket_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As asked. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Ticket"];
                };
            };
            401: components["responses"]["401"];
            404: components["responses"]["404"];
            500: components["responses"]["500"];
            503: components["responses"]["503"];
        };
    };
    archiveTicket: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                ticket_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As asked. */
            200: {
                headers: {
                    /** @description The last event this write made in the row's topic; absent when nothing changed. */
                    "Event-Seq"?: number;
                    /** @description That topic, `board/7`. */
                    "Event-Topic"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Ticket"];
                };
            };
            400: components["responses"]["400"];
            401: components["responses"]["401"];
            403: components["responses"]["403"];
            404: components["responses"]["404"];
            409: components["responses"]["409"];
            422: components["responses"]["422"];
            500: components["responses"]["500"];
            503: components["responses"]["503"];
        };
    };
    changeTicket: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                ticket_id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["TicketChange"];
            };
        };
        responses: {
            /** @description As asked. */
            200: {
                headers: {
                    /** @description The last event this write made in the row's topic; absent when nothing changed. */
                    "Event-Seq"?: number;
                    /** @description That topic, `board/7`. */
                    "Event-Topic"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Ticket"];
                };
            };
            400: components["responses"]["400"];
            401: components["responses"]["401"];
            403: components["responses"]["403"];
            404: components["responses"]["404"];
            409: components["responses"]["409"];
            413: components["responses"]["413"];
            415: components["responses"]["415"];
            422: components["responses"]["422"];
            500: components["responses"]["500"];
            503: components["responses"]["503"];
        };
    };
    listTicketEvents: {
        parameters: {
            query?: {
                /** @description Only what came before this time. */
                before?: string;
                limit?: number;
            };
            header?: never;
            path: {
                ticket_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As asked. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Event"][];
                };
            };
            401: components["responses"]["401"];
            404: components["responses"]["404"];
            422: components["responses"]["422"];
            500: components["responses"]["500"];
            503: components["responses"]["503"];
        };
    };
    moveTicket: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                ticket_id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["TicketMove"];
            };
        };
        responses: {
            /** @description As asked. */
            200: {
                headers: {
                    /** @description The last event this write made in the row's topic; absent when nothing changed. */
                    "Event-Seq"?: number;
                    /** @description That topic, `board/7`. */
                    "Event-Topic"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Ticket"];
                };
            };
            400: components["responses"]["400"];
            401: components["responses"]["401"];
            403: components["responses"]["403"];
            404: components["responses"]["404"];
            409: components["responses"]["409"];
            413: components["responses"]["413"];
            415: components["responses"]["415"];
            422: components["responses"]["422"];
            500: components["responses"]["500"];
            503: components["responses"]["503"];
        };
    };
    listTokens: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As asked. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Token"][];
                };
            };
            401: components["responses"]["401"];
            500: components["responses"]["500"];
            503: components["responses"]["503"];
        };
    };
    addToken: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewToken"];
            };
        };
        responses: {
            /** @description As asked. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ShownToken"];
                };
            };
            400: components["responses"]["400"];
            401: components["responses"]["401"];
            403: components["responses"]["403"];
            413: components["responses"]["413"];
            415: components["responses"]["415"];
            422: components["responses"]["422"];
            500: components["responses"]["500"];
            503: components["responses"]["503"];
        };
    };
    removeToken: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                token_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As asked. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Token"];
                };
            };
            401: components["responses"]["401"];
            403: components["responses"]["403"];
            404: components["responses"]["404"];
            500: components["responses"]["500"];
            503: components["responses"]["503"];
        };
    };
}
