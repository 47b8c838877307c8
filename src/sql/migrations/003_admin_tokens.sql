-- Admins' tokens: of each only the hash. `scope` is all, platform or tenant; which one stands in a
-- table of its own, so that it goes with what it names: such a token then opens nothing any more.
CREATE TABLE admin_tokens (
    id TEXT PRIMARY KEY,
    hash TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    scope TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    created_by TEXT NOT NULL,
    expires_at BIGINT NOT NULL,
    revoked_at BIGINT NOT NULL
);

CREATE TABLE admin_token_tenants (
    token TEXT PRIMARY KEY REFERENCES admin_tokens (id) ON DELETE CASCADE,
    tenant TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE
);
CREATE INDEX admin_token_tenants_by_tenant ON admin_token_tenants (tenant);
