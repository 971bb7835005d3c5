//! Deliveries of any size, signed, and the calls that are measured on them.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use weighbridge::inbound::{Headers, Inbound};
use weighbridge::provider::{self, Provider};
use weighbridge::receive::{self, Limits};
use weighbridge::secret::Keyring;
use weighbridge::signature;
use weighbridge::timestamp::UtcMillis;

/// The sizes of a body in bytes.
pub const SIZES: [usize; 6] = [100, 300, 1_200, 10_000, 100_000, 1 << 20];

/// The providers whose signatures differ in what is signed.
pub const PROVIDERS: [&str; 2] = ["smartcar", "telematica"];

/// A signed delivery and what verifies it.
pub struct Delivery {
    provider: &'static dyn Provider,
    keyring: Keyring,
    headers: Headers<'static>,
    body: Vec<u8>,
    received_at: UtcMillis,
}

impl Delivery {
    /// A delivery of `size` bytes to a provider's hook.
    ///
    /// # Panics
    /// On an unknown provider.
    #[must_use]
    pub fn new(name: &str, size: usize) -> Self {
        let provider = provider::named(name).expect("a provider");
        let keyring = Keyring::new([SECRET], provider.key_format()).expect("a key");
        let body = format!(r#"{{"text":"{}"}}"#, "x".repeat(size - 11)).into_bytes();
        let received_at = UtcMillis::from_millis(1_795_000_000_000);
        let signed = signature::sign(
            provider.scheme(),
            &keyring,
            "msg_2KWPBgLlAfxdpx2AI54pPJ85f4W",
            received_at.as_seconds(),
            &body,
        );
        let mut headers = Headers::default();
        for (name, value) in signed {
            headers.append_known(name, value);
        }
        Self {
            provider,
            keyring,
            headers,
            body,
            received_at,
        }
    }

    /// Verifies it, from the headers and the body to the verdict.
    #[must_use]
    pub fn verify(&self) -> bool {
        let inbound = Inbound {
            headers: self.headers.clone(),
            body: &self.body,
            received_at: self.received_at,
        };
        receive::verify(self.provider, &inbound, &self.keyring, Limits::default()).is_ok()
    }

    /// The floor: the MAC over the body alone, with a key that is prepared each time.
    ///
    /// # Panics
    /// Never: a key may have any length.
    #[must_use]
    pub fn mac(&self) -> [u8; 32] {
        let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).expect("a key");
        mac.update(&self.body);
        mac.finalize().into_bytes().into()
    }
}

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
