//! Certificates of a CA of one's own, made with `openssl` (Debian package `openssl`) in a folder that goes away.
#![allow(dead_code)]

use std::path::{Path, PathBuf};
use std::process::Command;

/// A folder with a CA and what it has signed.
pub struct Certificates {
    folder: tempfile::TempDir,
}

/// A certificate and its key, as files.
pub struct Pair {
    pub certificate: PathBuf,
    pub key: PathBuf,
}

impl Pair {
    pub fn certificate_pem(&self) -> Vec<u8> {
        std::fs::read(&self.certificate).unwrap()
    }

    pub fn key_pem(&self) -> Vec<u8> {
        std::fs::read(&self.key).unwrap()
    }
}

impl Certificates {
    pub fn new() -> Self {
        let all = Self { folder: tempfile::tempdir().unwrap() };
        let ca = all.files("ca");
        all.openssl(
            &["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"],
            |c| {
                c.args(["-subj", "/CN=Test CA", "-days", "2", "-keyout"]).arg(&ca.key).arg("-out");
                c.arg(&ca.certificate);
            },
        );
        all
    }

    pub fn ca(&self) -> Pair {
        self.files("ca")
    }

    pub fn ca_pem(&self) -> Vec<u8> {
        self.ca().certificate_pem()
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// A certificate signed by the CA for `names` (as in `DNS:a,IP:127.0.0.1`), valid for `days` from now;
    /// negative: it has expired.
    pub fn sign(&self, file: &str, names: &str, days: i32) -> Pair {
        let (ca, pair) = (self.ca(), self.files(file));
        let request = self.folder.path().join(format!("{file}.csr"));
        let extensions = self.folder.path().join(format!("{file}.ext"));
        std::fs::write(&extensions, format!("subjectAltName={names}\n")).unwrap();
        self.openssl(&["req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"], |c| {
            c.args(["-subj", &format!("/CN={file}"), "-keyout"]).arg(&pair.key).arg("-out").arg(&request);
        });
        self.openssl(&["x509", "-req", "-CAcreateserial", "-days", &days.to_string(), "-in"], |c| {
            c.arg(&request).arg("-CA").arg(&ca.certificate).arg("-CAkey").arg(&ca.key);
            c.arg("-extfile").arg(&extensions).arg("-out").arg(&pair.certificate);
        });
        pair
    }

    fn files(&self, name: &str) -> Pair {
        let file = |end: &str| self.folder.path().join(format!("{name}.{end}"));
        Pair { certificate: file("crt"), key: file("key") }
    }

    fn openssl(&self, arguments: &[&str], more: impl FnOnce(&mut Command)) {
        let mut command = Command::new("openssl");
        command.args(arguments);
        more(&mut command);
        let output = command.output().expect("openssl is needed (Debian package openssl)");
        assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
}
