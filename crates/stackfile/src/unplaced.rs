//! A stack without the places of its parts in a text: what two files must have in common to be the same stack.

use crate::blobs::{Blob, BlobUse};
use crate::service::{CredentialSpec, Service};
use crate::stack::Stack;
use swarmlab_yaml::Span;

impl Stack {
    /// The stack alone: no file, text, warnings, places or paths. Two files that say the same are equal so.
    pub fn unplaced(&self) -> Stack {
        let mut stack = self.clone();
        (stack.file, stack.text, stack.warnings) = (String::new(), String::new(), Vec::new());
        stack.services.iter_mut().for_each(service);
        stack.networks.iter_mut().for_each(|network| network.span = Span::START);
        stack.volumes.iter_mut().for_each(|volume| volume.span = Span::START);
        stack.configs.iter_mut().chain(&mut stack.secrets).for_each(blob);
        stack
    }
}

fn blob(blob: &mut Blob) {
    (blob.span, blob.file) = (Span::START, None);
}

fn one(one: &mut BlobUse) {
    (one.span, one.path) = (Span::START, String::new());
}

fn service(service: &mut Service) {
    service.span = Span::START;
    for at in &mut service.networks {
        (at.span, at.path) = (Span::START, String::new());
    }
    for port in &mut service.ports {
        (port.span, port.path) = (Span::START, String::new());
    }
    for mount in &mut service.mounts {
        (mount.span, mount.path) = (Span::START, String::new());
    }
    service.configs.iter_mut().chain(&mut service.secrets).for_each(one);
    for named in service.fronts.iter_mut().chain(&mut service.alias) {
        (named.span, named.path) = (Span::START, String::new());
    }
    if let Some(CredentialSpec::Config(config)) = &mut service.credential_spec {
        (config.span, config.path) = (Span::START, String::new());
    }
    service.deploy.label_spans.clear();
}
