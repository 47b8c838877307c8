//! What apps call, attacked: who they are, what they ask, whose results they get.

mod redirect_uri;
