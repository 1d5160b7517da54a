-- What nobody needs any more: answers kept for repeated requests, sessions and codes that are over.
CREATE OR REPLACE FUNCTION tidy() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM idempotency i WHERE i.created_at < now() - interval '24 hours';
    DELETE FROM session s WHERE s.expires_at < now();
    DELETE FROM one_time_code c WHERE c.expires_at < now() - interval '30 days';
END
$$;
