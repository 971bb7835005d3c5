//! What the platform failed with, or what is stored and cannot be read.

use wasm_bindgen::JsValue;

/// What came of something that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The platform's own error, or one of ours in its form: a handle, where the `worker` crate's error is as
/// large as all that can go wrong in it. Most functions here can fail, and each hands on what failed.
#[derive(Clone, Debug)]
pub struct Error(JsValue);

impl Error {
    /// An error that the platform knows nothing of.
    pub fn new(message: &str) -> Self {
        Self(js_sys::Error::new(message).into())
    }
}

impl From<JsValue> for Error {
    fn from(error: JsValue) -> Self {
        Self(error)
    }
}

impl From<worker::Error> for Error {
    fn from(error: worker::Error) -> Self {
        match error {
            worker::Error::Internal(original) | worker::Error::UnknownJsError { original, .. } => {
                Self(original)
            }
            worker::Error::BindingError(text)
            | worker::Error::JsError(text)
            | worker::Error::RustError(text) => Self::new(&text),
            // The others come from parts of the platform of which the gateway makes no use.
            _ => Self::new("the platform failed"),
        }
    }
}

impl From<Error> for JsValue {
    fn from(error: Error) -> Self {
        error.0
    }
}
