-- Numbers that are given out in the order of commits.
CREATE TABLE counters (
    name TEXT PRIMARY KEY,
    value BIGINT NOT NULL
);
INSERT INTO counters (name, value) VALUES ('changes', 0);

-- What brokers follow: which tenant has changed, and who did it.
CREATE TABLE changes (
    seq BIGINT PRIMARY KEY,
    tenant TEXT NOT NULL,
    changed_at BIGINT NOT NULL,
    changed_by TEXT NOT NULL
);

-- `document`: the tables `tenant` and `keys` of a tenant's file. `revision`: the change that wrote the
-- row. `version`: the last change of anything of the tenant.
CREATE TABLE tenants (
    id TEXT PRIMARY KEY,
    document TEXT NOT NULL,
    revision BIGINT NOT NULL,
    version BIGINT NOT NULL
);

CREATE TABLE apps (
    tenant TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    id TEXT NOT NULL,
    document TEXT NOT NULL,
    revision BIGINT NOT NULL,
    PRIMARY KEY (tenant, id)
);

CREATE TABLE connections (
    tenant TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    id TEXT NOT NULL,
    position BIGINT NOT NULL,
    document TEXT NOT NULL,
    revision BIGINT NOT NULL,
    PRIMARY KEY (tenant, id)
);

-- A data key outlives its tenant: what else it has sealed must still open.
CREATE TABLE data_keys (
    tenant TEXT PRIMARY KEY,
    sealed TEXT NOT NULL,
    master_key TEXT NOT NULL
);
-- Which master keys are needed is asked at every start.
CREATE INDEX data_keys_by_master_key ON data_keys (master_key, tenant);

CREATE TABLE secrets (
    tenant TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    id TEXT NOT NULL,
    place TEXT NOT NULL,
    sealed TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    set_at BIGINT NOT NULL,
    set_by TEXT NOT NULL,
    PRIMARY KEY (tenant, id)
);
