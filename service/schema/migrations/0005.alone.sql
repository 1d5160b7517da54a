-- set_context() has a fourth argument now (schema/log.sql), and one function must have the name.
DROP FUNCTION IF EXISTS set_context(bigint, text, text);
