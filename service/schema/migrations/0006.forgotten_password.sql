-- A sign-in code replaces a forgotten password: the session it opened may set a new one without the current one until then.
ALTER TABLE session ADD COLUMN password_until timestamptz;
