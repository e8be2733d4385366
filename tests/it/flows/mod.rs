//! L4: whole flows. The real app, keys in, the embedded platform at the other end.

mod access;
mod email_change;
mod linkage;
mod members;
mod overview;
mod running;
mod sign_in;
