//! The FHIR API: CRUD, search, history, batch and the operations of platform-api §8.

pub mod audit;
pub mod batch;
pub mod bundle;
pub mod operations;
pub mod patch;
pub mod repo;
pub mod routes;
pub mod schema;
