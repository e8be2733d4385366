//! L4: whole flows. The real app, keys in, the embedded platform at the other end.

mod access;
mod bulk;
mod clients;
mod doctor;
mod domains;
mod email_change;
mod findings;
mod flow_lab;
mod guides;
mod import;
mod linkage;
mod lists;
mod marks;
mod members;
pub(crate) mod onboarding;
mod onboarding_pictures;
mod overview;
mod own_factor;
mod platform;
mod route_test;
mod running;
mod second_factor;
mod sign_in;
mod snapshots;
mod tokens;
