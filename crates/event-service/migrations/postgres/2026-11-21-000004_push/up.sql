-- Deliveries to callback URLs that are still to be made. A job is gone once its receiver has accepted the
-- event or it is given up; one whose event waits no longer goes when it is next due.
-- next_at: from when it may be claimed; while it is, when the lease ends. fence: how often it has been
-- claimed, which tells a late holder's outcome from the present one's. set_jws: null is the log's.
-- acknowledges: 1 where acceptance by every receiver acknowledges the event.
CREATE TABLE push_job (
    subscription_no INTEGER NOT NULL,
    jti BYTEA NOT NULL,
    client_no INTEGER NOT NULL,
    set_jws TEXT,
    acknowledges SMALLINT NOT NULL,
    created_at BIGINT NOT NULL,
    next_at BIGINT NOT NULL,
    attempts SMALLINT NOT NULL DEFAULT 0,
    lease_until BIGINT,
    fence BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (subscription_no, jti)
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

-- Due jobs are looked for endpoint by endpoint, so that the backlog of one never stands before another's.
CREATE INDEX push_job_due ON push_job (subscription_no, next_at);
CREATE INDEX push_job_leased ON push_job (subscription_no) WHERE lease_until IS NOT NULL;
-- The deliveries of one event.
CREATE INDEX push_job_event ON push_job (jti);

-- How the receiver at a subscription's callback URL does. breaker: 1 closed, 2 open, 3 half-open. probe_at:
-- from when one job may be tried while the breaker is not closed.
CREATE TABLE push_endpoint (
    subscription_no INTEGER PRIMARY KEY,
    url TEXT NOT NULL,
    breaker SMALLINT NOT NULL DEFAULT 1,
    opened_at BIGINT,
    probe_at BIGINT,
    consecutive_failures INTEGER NOT NULL DEFAULT 0,
    last_success_at BIGINT,
    last_failure_at BIGINT,
    last_failure TEXT,
    disabled_reason TEXT
);

-- Every attempt, append-only, until it is older than attempts are kept.
CREATE TABLE push_attempt (
    attempt_no BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    subscription_no INTEGER NOT NULL,
    jti BYTEA NOT NULL,
    at BIGINT NOT NULL,
    class TEXT NOT NULL,
    status SMALLINT,
    duration_micros BIGINT NOT NULL,
    detail TEXT,
    interaction_id TEXT NOT NULL
);

CREATE INDEX push_attempt_endpoint ON push_attempt (subscription_no, attempt_no);
CREATE INDEX push_attempt_event ON push_attempt (jti, attempt_no);
