//! All controllers by name. A new one is a file in `controllers/` and a line here.

use serde::{Deserialize, Serialize};

use crate::controller::Controller;
use crate::controllers::{
    Fixed, Hpa, MmcScaling, OptCtrl, PidScaling, Predictive, Schedule, StepScaling, TargetTracking, Threshold,
};
use crate::decision::Advice;
use crate::hold::Hold;
use crate::view::View;

macro_rules! strategies {
    ($($(#[$doc:meta])* $variant:ident = $name:literal,)*) => {
        /// A controller of the house, with its configuration and its state.
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        #[serde(tag = "controller")]
        pub enum Strategy {
            $($(#[$doc])* #[serde(rename = $name)] $variant($variant),)*
        }

        impl Strategy {
            /// The names of all, as they stand in files.
            pub const NAMES: &'static [&'static str] = &[$($name),*];

            /// Its name, as it stands in files.
            pub fn name(&self) -> &'static str {
                match self { $(Self::$variant(_) => $name,)* }
            }
        }

        impl Controller for Strategy {
            fn advise(&mut self, view: &View<'_>) -> Result<Advice, Hold> {
                match self { $(Self::$variant(c) => c.advise(view),)* }
            }
        }

        $(impl From<$variant> for Strategy {
            fn from(c: $variant) -> Self { Self::$variant(c) }
        })*
    };
}

strategies! {
    /// Always the same count.
    Fixed = "fixed",
    /// Counts by time.
    Schedule = "schedule",
    /// Rules with cool-downs.
    Threshold = "threshold",
    /// A table of breaches.
    StepScaling = "step",
    /// A metric kept at its target.
    TargetTracking = "target-tracking",
    /// The Kubernetes autoscaler.
    Hpa = "hpa",
    /// Velocity form.
    PidScaling = "pid",
    /// Sized by a queue.
    MmcScaling = "mmc",
    /// Cores by users.
    OptCtrl = "optctrl",
    /// Any other, shown what will be.
    Predictive = "predictive",
}
