//! HAR 1.2 (Odvarko, "HTTP Archive 1.2"), as far as it is of use, and as lenient as exports are different.

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde::{Deserialize, Deserializer};

#[derive(Debug, Deserialize)]
pub(super) struct File {
    pub log: Log,
}

#[derive(Debug, Deserialize)]
pub(super) struct Log {
    #[serde(default, deserialize_with = "or_default")]
    pub creator: Creator,
    #[serde(default, deserialize_with = "or_default")]
    pub pages: Vec<Page>,
    pub entries: Vec<Entry>,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct Creator {
    #[serde(default, deserialize_with = "or_default")]
    pub name: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Page {
    #[serde(default, deserialize_with = "or_default")]
    pub id: String,
    #[serde(default, deserialize_with = "or_default")]
    pub title: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Entry {
    #[serde(default, deserialize_with = "or_default")]
    pub pageref: String,
    #[serde(default, deserialize_with = "or_default")]
    pub started_date_time: String,
    /// How long it took, milliseconds; -1 where unknown.
    #[serde(default, deserialize_with = "or_default")]
    pub time: f64,
    pub request: Request,
    #[serde(default, deserialize_with = "or_default")]
    pub response: Response,
    /// Chrome's word for what kind of thing it is.
    #[serde(default, rename = "_resourceType", deserialize_with = "or_default")]
    pub resource_type: String,
    /// Where Chrome had it from, if not from the network.
    #[serde(default, rename = "_fromCache", deserialize_with = "or_default")]
    pub from_cache: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Request {
    pub method: String,
    pub url: String,
    #[serde(default, deserialize_with = "or_default")]
    pub headers: Vec<Pair>,
    #[serde(default, deserialize_with = "or_default")]
    pub post_data: Option<PostData>,
    /// -1 where unknown.
    #[serde(default, deserialize_with = "or_default")]
    pub body_size: f64,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct Pair {
    #[serde(default, deserialize_with = "or_default")]
    pub name: String,
    #[serde(default, deserialize_with = "or_default")]
    pub value: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PostData {
    #[serde(default, deserialize_with = "or_default")]
    pub mime_type: String,
    #[serde(default, deserialize_with = "or_default")]
    pub text: String,
    #[serde(default, deserialize_with = "or_default")]
    pub params: Vec<Param>,
    /// `base64` for what is no text; not in the standard, but written.
    #[serde(default, deserialize_with = "or_default")]
    pub encoding: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Param {
    #[serde(default, deserialize_with = "or_default")]
    pub name: String,
    #[serde(default, deserialize_with = "or_default")]
    pub value: String,
    #[serde(default, deserialize_with = "or_default")]
    pub file_name: String,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct Response {
    #[serde(default, deserialize_with = "or_default")]
    pub status: f64,
    #[serde(default, deserialize_with = "or_default")]
    pub headers: Vec<Pair>,
    #[serde(default, deserialize_with = "or_default")]
    pub content: Content,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Content {
    #[serde(default, deserialize_with = "or_default")]
    pub mime_type: String,
    #[serde(default, deserialize_with = "or_default")]
    pub text: String,
    #[serde(default, deserialize_with = "or_default")]
    pub encoding: String,
}

/// Null stands for nothing in many exports.
fn or_default<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(from: D) -> Result<T, D::Error> {
    Option::<T>::deserialize(from).map(Option::unwrap_or_default)
}

impl Content {
    /// The body of the answer as text, unless it was none.
    pub fn body(&self) -> Option<String> {
        if self.encoding.eq_ignore_ascii_case("base64") {
            return base64(&self.text).and_then(|bytes| String::from_utf8(bytes).ok());
        }
        (!self.text.is_empty()).then(|| self.text.clone())
    }

    /// Whether it says that it is JSON.
    pub fn is_json(&self) -> bool {
        self.mime_type.to_ascii_lowercase().contains("json")
    }
}

/// RFC 4648, section 4, with or without `=` at the end, on one line or several; `None` for what is no base64.
fn base64(text: &str) -> Option<Vec<u8>> {
    let text: String = text.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    LENIENT.decode(text).ok()
}

const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_of_rfc_4648() {
        for (text, bytes) in [
            ("", ""),
            ("Zg==", "f"),
            ("Zm8=", "fo"),
            ("Zm9v", "foo"),
            ("Zm9v\nYmFy", "foobar"),
            ("Zm8", "fo"),
        ] {
            assert_eq!(base64(text).as_deref(), Some(bytes.as_bytes()));
        }
        assert_eq!(base64("a-b"), None);
    }
}
