//! What the core asks of the platform in the middle of its work, where that is JavaScript around the package.

use alloc::vec::Vec;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen(raw_module = "../lib/platform.js")]
extern "C" {
    /// Reads a number of JSON's form.
    #[wasm_bindgen(js_name = platformReadNumber)]
    fn platform_read_number(text: &[u8]) -> f64;

    /// Writes the shortest text that reads back as `number`, and gives its length.
    #[wasm_bindgen(js_name = platformWriteNumber)]
    fn platform_write_number(number: f64, text: &mut [u8]) -> usize;
}

/// Reads a number of JSON's form. One that is too large is infinite.
pub fn read_f64(text: &str) -> f64 {
    platform_read_number(text.as_bytes())
}

/// Writes a finite number as the shortest text in JSON's form that reads back as it.
pub fn write_f64(number: f64) -> Vec<u8> {
    let mut text = [0; 32];
    let len = platform_write_number(number, &mut text);
    text.get(..len).unwrap_or_default().to_vec()
}
