//! Login tokens: self-contained and signed, so that any replica verifies what any other issued.
//!
//! A token reads `<user in hex>.<expiry, seconds since 1970>.<HMAC-SHA-256 of the two, in hex>`. Nothing is
//! stored, so logging out checks the token and forgets nothing: it stays valid until it expires. That is
//! the price of statelessness, and right for a sample application.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::Secret;

/// How long a login lasts, in seconds.
pub(crate) const LIFETIME_S: u64 = 24 * 3600;

/// The key that signs; every replica of every service that checks tokens needs the same one.
#[derive(Debug, Clone)]
pub(crate) struct TokenKey(Secret);

/// Why a token is no good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TokenError {
    #[error("no bearer token given")]
    Missing,
    #[error("not a token of this application")]
    Invalid,
    #[error("the token has expired")]
    Expired,
}

impl TokenKey {
    pub(crate) fn new(secret: Secret) -> Self {
        Self(secret)
    }

    /// A token for `user`, valid from `now_s` on.
    pub(crate) fn issue(&self, user: &str, now_s: u64) -> String {
        let claim = format!("{}.{}", to_hex(user.as_bytes()), now_s + LIFETIME_S);
        let signature = self.mac(&claim).finalize().into_bytes();
        format!("{claim}.{}", to_hex(&signature))
    }

    /// The user of the `Authorization` header's token.
    pub(crate) fn verify(&self, authorization: Option<&[u8]>, now_s: u64) -> Result<String, TokenError> {
        let header = authorization.ok_or(TokenError::Missing)?;
        let header = std::str::from_utf8(header).map_err(|_| TokenError::Invalid)?;
        let (scheme, token) = header.split_once(' ').ok_or(TokenError::Missing)?;
        if !scheme.eq_ignore_ascii_case("bearer") {
            return Err(TokenError::Missing);
        }
        let (claim, signature) = token.trim().rsplit_once('.').ok_or(TokenError::Invalid)?;
        let signature = from_hex(signature).ok_or(TokenError::Invalid)?;
        // Compares in constant time.
        self.mac(claim).verify_slice(&signature).map_err(|_| TokenError::Invalid)?;
        let (user, expires_s) = claim.split_once('.').ok_or(TokenError::Invalid)?;
        let expires_s: u64 = expires_s.parse().map_err(|_| TokenError::Invalid)?;
        if now_s >= expires_s {
            return Err(TokenError::Expired);
        }
        from_hex(user).and_then(|user| String::from_utf8(user).ok()).ok_or(TokenError::Invalid)
    }

    fn mac(&self, claim: &str) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.0.expose().as_bytes())
            .expect("HMAC takes a key of any length");
        mac.update(claim.as_bytes());
        mac
    }
}

fn to_hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = bytes.iter().flat_map(|b| [b >> 4, b & 15]);
    digits.map(|digit| char::from(DIGITS[usize::from(digit)])).collect()
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    (0..text.len()).step_by(2).map(|i| u8::from_str_radix(&text[i..i + 2], 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;

    fn key(text: &str) -> TokenKey {
        TokenKey::new(Secret::new(text))
    }

    fn check(key: &TokenKey, token: &str, now_s: u64) -> Result<String, TokenError> {
        key.verify(Some(format!("Bearer {token}").as_bytes()), now_s)
    }

    #[test]
    fn another_replica_with_the_same_key_verifies() {
        let token = key("k").issue("ada", 1_000);
        assert_eq!(check(&key("k"), &token, 1_001).unwrap(), "ada");
        assert_eq!(check(&key("other"), &token, 1_001), Err(TokenError::Invalid));
    }

    #[test]
    fn it_ends_when_its_life_ends() {
        let token = key("k").issue("ada", 1_000);
        assert!(check(&key("k"), &token, 1_000 + LIFETIME_S - 1).is_ok());
        assert_eq!(check(&key("k"), &token, 1_000 + LIFETIME_S), Err(TokenError::Expired));
    }

    #[test]
    fn a_longer_life_cannot_be_written_in() {
        let token = key("k").issue("ada", 1_000);
        let longer = token.replacen(&(1_000 + LIFETIME_S).to_string(), "99999999999", 1);
        assert_ne!(token, longer);
        assert_eq!(check(&key("k"), &longer, 1_001), Err(TokenError::Invalid));
    }

    #[test]
    fn no_header_and_another_scheme_are_no_token() {
        assert_eq!(key("k").verify(None, 0), Err(TokenError::Missing));
        assert_eq!(key("k").verify(Some(b"Basic YTpi"), 0), Err(TokenError::Missing));
    }

    proptest! {
        #[test]
        fn every_user_name_comes_back(user in ".{0,40}", now_s in 0u64..1 << 40) {
            let token = key("k").issue(&user, now_s);
            prop_assert_eq!(check(&key("k"), &token, now_s).unwrap(), user);
        }

        #[test]
        fn no_bytes_make_it_panic_or_pass(header in proptest::collection::vec(any::<u8>(), 0..80)) {
            prop_assert!(key("k").verify(Some(&header), 0).is_err());
        }

        #[test]
        fn any_changed_character_is_noticed(at in 0usize..60, with in "[0-9a-f.]") {
            let token = key("k").issue("ada lovelace", 77);
            let mut changed = token.clone();
            let at = at % token.len();
            changed.replace_range(at..=at, &with);
            prop_assume!(changed != token);
            prop_assert!(check(&key("k"), &changed, 78).is_err());
        }
    }
}
