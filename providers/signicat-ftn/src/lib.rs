//! The Finnish Trust Network through Signicat.
