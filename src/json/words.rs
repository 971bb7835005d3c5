//! Enums that are words in JSON, as they are in the API and in storage.

/// Gives each variant its word: by a method, as JSON, and read back.
macro_rules! words {
    ($(#[$doc:meta])* $type:ident.$word:ident { $($variant:ident = $text:literal),+ $(,)? }) => {
        impl $type {
            /// Every one of them.
            pub const ALL: [Self; [$($text),+].len()] = [$(Self::$variant),+];

            $(#[$doc])*
            #[must_use]
            pub const fn $word(self) -> &'static str {
                match self {
                    $(Self::$variant => $text),+
                }
            }

            /// Reads the word; an unknown one is `None`.
            #[must_use]
            pub fn parse(word: &str) -> Option<Self> {
                Self::ALL.into_iter().find(|known| known.$word() == word)
            }
        }

        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.$word())
            }
        }

        impl $crate::json::FromJson for $type {
            fn from_value(value: $crate::json::Value) -> Option<Self> {
                Self::parse(value.as_str()?)
            }
        }
    };
}

pub(crate) use words;

#[cfg(test)]
mod tests {
    use crate::json::{FromJson, assert_reads_back};

    #[derive(Clone, Copy, Debug, PartialEq)]
    enum Light {
        Amber,
        Green,
    }

    words! {
        /// The colour.
        Light.name {
            Amber = "amber",
            Green = "green",
        }
    }

    #[test]
    fn words_are_written_and_read_back() {
        assert_eq!(Light::ALL, [Light::Amber, Light::Green]);
        assert_eq!(serde_json::to_string(&Light::Amber).unwrap(), r#""amber""#);
        Light::ALL.iter().for_each(assert_reads_back);
        for text in [r#""Amber""#, r#""""#, "null", "0"] {
            assert_eq!(Light::from_json(text.as_bytes()), None, "{text}");
        }
    }
}
