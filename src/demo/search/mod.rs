//! Search: reading a query, deciding which documents fit, and walking the indexes page by page (platform-api §1.11).

pub mod filter;
pub mod matching;
pub mod page;
pub mod query;
