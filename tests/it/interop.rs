//! Programs that this project did not write: an OpenID provider as an upstream, a client library as an
//! app, and a second JOSE library. What both sides read alike in the standards is not tested by a
//! simulator of one's own.

mod app;
mod broker;
mod jose;
mod upstream;
mod weaker;
