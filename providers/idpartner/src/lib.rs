//! IDPartner: banks as identity providers.
