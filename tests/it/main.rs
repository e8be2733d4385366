//! The one integration-test binary; each module is a layer of tests.

// Everything here is a test, helpers too: the lints that tests are excused from know it by this line.
#![cfg(test)]

mod auth;
mod cli;
mod contract;
mod demo;
mod doctor;
mod flows;
mod guides;
mod harness;
mod journal;
mod keymap;
mod lab;
mod layering;
mod platform;
mod pty;
mod readme;
mod real;
mod route_test;
mod screens;
mod token;
mod workflows;
