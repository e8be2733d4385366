//! Tokens: vectors of others, extremes, and chance.

mod extremes;
mod fuzz;
mod keys;
mod vectors;
