-- Who alone may do what only one broker does, and until when.
CREATE TABLE leases (
    name TEXT PRIMARY KEY,
    holder TEXT NOT NULL,
    held_until BIGINT NOT NULL
);

-- The audit trail: one chain a tenant, the operator's under the empty name. `body` is what is hashed,
-- with `tenant`, `id`, `happened_at` and `class`; `seq` is 0 and `hash` empty until the event is
-- chained. The columns after them only help to find it. `sealed_key` opens the personal references in
-- `body`; erased, it is empty, as are `reference` and `subject`.
CREATE TABLE audit_events (
    id TEXT PRIMARY KEY,
    tenant TEXT NOT NULL,
    happened_at BIGINT NOT NULL,
    class TEXT NOT NULL,
    body TEXT NOT NULL,
    seq BIGINT NOT NULL,
    hash TEXT NOT NULL,
    kind TEXT NOT NULL,
    identification TEXT NOT NULL,
    trace_id TEXT NOT NULL,
    transaction_id TEXT NOT NULL,
    sealed_key TEXT NOT NULL,
    reference TEXT NOT NULL,
    subject TEXT NOT NULL
);
-- No two events have one place in a chain, whoever chains them.
CREATE UNIQUE INDEX audit_chain ON audit_events (tenant, seq) WHERE seq > 0;
CREATE INDEX audit_unchained ON audit_events (id) WHERE seq = 0;
CREATE INDEX audit_by_kind ON audit_events (tenant, kind, id);
CREATE INDEX audit_by_identification ON audit_events (identification) WHERE identification <> '';
CREATE INDEX audit_by_trace ON audit_events (trace_id) WHERE trace_id <> '';
CREATE INDEX audit_by_transaction ON audit_events (transaction_id) WHERE transaction_id <> '';
CREATE INDEX audit_by_reference ON audit_events (tenant, reference) WHERE reference <> '';
CREATE INDEX audit_by_subject ON audit_events (tenant, subject) WHERE subject <> '';
CREATE INDEX audit_to_erase ON audit_events (class, happened_at) WHERE sealed_key <> '';

-- The last link of each chain, and how far a checkpoint has signed it.
CREATE TABLE audit_heads (
    tenant TEXT PRIMARY KEY,
    seq BIGINT NOT NULL,
    hash TEXT NOT NULL,
    signed_seq BIGINT NOT NULL,
    signed_at BIGINT NOT NULL
);
CREATE INDEX audit_unsigned ON audit_heads (signed_at) WHERE seq > signed_seq;

CREATE TABLE audit_checkpoints (
    tenant TEXT NOT NULL,
    seq BIGINT NOT NULL,
    jws TEXT NOT NULL,
    PRIMARY KEY (tenant, seq)
);

-- What signs checkpoints; sealed under the operator's data key.
CREATE TABLE audit_signing_keys (
    id TEXT PRIMARY KEY,
    sealed TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
