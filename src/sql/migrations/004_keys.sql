-- The keys of tenants and connections. `document`: what is public of a key; `state` and `since` stand
-- in it too, and here for who looks for what is due. `connection`: empty where the key is the tenant's
-- own. `moves`: 1 where the key goes on by itself in time, 0 where somebody has to do something or
-- nothing is left to do. `sealed`: the private part, empty once it is destroyed.
CREATE TABLE keys (
    tenant TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    id TEXT NOT NULL,
    connection TEXT NOT NULL,
    state TEXT NOT NULL,
    since BIGINT NOT NULL,
    moves BIGINT NOT NULL,
    document TEXT NOT NULL,
    sealed TEXT NOT NULL,
    revision BIGINT NOT NULL,
    PRIMARY KEY (tenant, id)
);
CREATE INDEX keys_by_state ON keys (moves, state, since, tenant);
