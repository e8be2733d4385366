//! L4: whole flows. The real app, keys in, the embedded platform at the other end.

mod bulk;
mod email_change;
mod lists;
mod members;
mod running;
mod second_factor;
mod sign_in;
