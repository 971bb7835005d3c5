//! Attacks on bearer tokens, which the legacy callback takes.

use super::standard_webhooks::Signed;
use super::{Drill, replaced};
use crate::case::{CALLBACK_TOKEN, Delivery};

impl Drill<'_> {
    /// Deliveries that bear a token.
    pub(super) fn bearer(&mut self, delivery: &Delivery) {
        let value = delivery.header("authorization").unwrap().to_owned();
        let (scheme, token) = value.split_once(' ').unwrap();
        let good = &delivery.with("Authorization", &format!("Bearer {token}"));
        self.believed("the token", good);
        let with = |value: &str| good.with("Authorization", value);
        for place in 0..token.len() {
            let changed = format!("{scheme} {}", replaced(token, place, '~'));
            self.refused(&changed, &with(&changed), "unauthorized");
        }
        for length in 0..token.len() {
            let cut = format!("Bearer {}", &token[..length]);
            self.refused(&cut, &with(&cut), "unauthorized");
            if length > 0 {
                let cut = format!("Bearer {}", &token[length..]);
                self.refused(&cut, &with(&cut), "unauthorized");
            }
        }
        for wrong in [
            format!("Bearer {token}x"),
            format!("Bearer {token}{token}"),
            format!("Bearer {token},{token}"),
            format!("Bearer {token} {token}"),
            format!("Bearer \"{token}\""),
            format!("Bearer {}", token.to_ascii_uppercase()),
            format!("Bearer: {token}"),
            format!("Bearer{token}"),
            format!("Bearer\t{token}"),
            format!("Basic {token}"),
            format!("Token {token}"),
            format!("Bearer Bearer {token}"),
            token.to_owned(),
            "Bearer".to_owned(),
        ] {
            self.refused(&wrong, &with(&wrong), "unauthorized");
        }
        for scheme in ["bearer", "BEARER", "bEaReR"] {
            self.believed(scheme, &with(&format!("{scheme} {token}")));
        }
        self.headers(good, &["authorization"]);

        // Once there is any header of Standard Webhooks, the token counts for nothing.
        for name in Signed::NAMES {
            for name in [name.to_owned(), name.replace("svix", "webhook")] {
                self.refused(&name, &good.and(&name, "1"), "missing_header");
            }
        }
        let signed = Signed {
            base: good.clone(),
            id: "msg_1".to_owned(),
            timestamp: good.now.as_seconds().to_string(),
            tokens: Vec::new(),
        };
        let forged = signed.delivery(&signed.token(token.as_bytes()));
        self.refused("a signature under the token", &forged, "signature_mismatch");

        for (list, place) in [
            (format!("other,{token}"), Some(1)),
            (format!("{token} other"), Some(0)),
            (format!(" other\n,\tmore, {token} "), Some(2)),
            ("other".to_owned(), None),
        ] {
            let config = self.config.with(CALLBACK_TOKEN, &list);
            self.place(&config, good, place, "unauthorized");
        }
    }
}
