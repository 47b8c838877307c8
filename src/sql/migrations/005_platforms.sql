-- A platform: a group of tenants, with apps of its own. `document`: the tables of its file.
CREATE TABLE platforms (
    id TEXT PRIMARY KEY,
    document TEXT NOT NULL,
    revision BIGINT NOT NULL
);

CREATE TABLE platform_secrets (
    platform TEXT NOT NULL REFERENCES platforms (id) ON DELETE CASCADE,
    id TEXT NOT NULL,
    place TEXT NOT NULL,
    sealed TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    set_at BIGINT NOT NULL,
    set_by TEXT NOT NULL,
    PRIMARY KEY (platform, id)
);

-- Which platform a tenant is of, as its document says; empty where it is of none.
ALTER TABLE tenants ADD COLUMN platform TEXT NOT NULL DEFAULT '';
CREATE INDEX tenants_by_platform ON tenants (platform, id);
