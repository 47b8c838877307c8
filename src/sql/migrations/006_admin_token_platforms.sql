-- Which platform a token of one reaches: it goes with the platform.
CREATE TABLE admin_token_platforms (
    token TEXT PRIMARY KEY REFERENCES admin_tokens (id) ON DELETE CASCADE,
    platform TEXT NOT NULL REFERENCES platforms (id) ON DELETE CASCADE
);
CREATE INDEX admin_token_platforms_by_platform ON admin_token_platforms (platform);
