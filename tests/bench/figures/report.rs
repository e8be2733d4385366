//! One line a figure: what, measured, budget, and the yardstick of the same run.

use std::time::Duration;

/// The line above the figures.
pub fn heading() {
    println!("{:<58} {:>16} {:>14}   yardstick of the same run", "what", "measured", "budget");
}

/// One figure.
pub fn line(what: &str, measured: &str, budget: &str, yardstick: &str) {
    println!("{what:<58} {measured:>16} {budget:>14}   {yardstick}");
}

/// Milliseconds with one decimal.
pub fn ms(duration: Duration) -> String {
    format!("{:.1} ms", duration.as_secs_f64() * 1000.0)
}

/// How many times `other` it took.
pub fn times(one: Duration, other: Duration) -> String {
    format!("{:.2} x", one.as_secs_f64() / other.as_secs_f64())
}

/// The value below which `share` (0 to 1) of the values lie.
pub fn quantile<T: Ord + Copy>(values: &[T], share: f64) -> T {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    let at = (share * sorted.len() as f64).ceil() as usize;
    sorted[at.clamp(1, sorted.len()) - 1]
}
