//! `fixed`: always the same count. The baseline that every other is compared with.

use serde::{Deserialize, Serialize};

use crate::controller::Controller;
use crate::decision::Advice;
use crate::hold::Hold;
use crate::view::View;

/// Always the same count.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Fixed {
    /// Replicas.
    pub replicas: u64,
}

impl Controller for Fixed {
    fn advise(&mut self, _: &View<'_>) -> Result<Advice, Hold> {
        Ok(Advice::replicas(self.replicas, format!("{} replicas are set", self.replicas)))
    }
}
