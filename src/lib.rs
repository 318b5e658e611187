//! Sets up a CSA JMC site on Amazon Redshift.
//!
//! Everything flows through one pipe:
//!
//! ```text
//! argv, environment, --answers FILE, an existing site file
//!    -> Answers      every question an Option, each value already parsed
//!    -> wizard::ask  fills the gaps (or --no-input lists every missing flag at once)
//!    -> Site         desired state, valid by construction; all that the site file stores
//!    -> observe      read-only AWS calls, concurrent -> Observed
//!    -> plan::diff   pure: Site x Observed -> Plan { actions, blockers, notes }
//!    -> confirm      (or --yes)
//!    -> apply        concurrent where the actions allow it -> Report
//!    -> verify       observe + diff again
//!    -> site file    atomic; also after a partial apply; never with a secret
//! ```

pub mod answers;
pub mod args;
pub mod aws;
pub mod error;
pub mod messages;
pub mod plan;
pub mod prompt;
pub mod redshift;
pub mod secret;
pub mod site;
pub mod signals;
pub mod terminal;
pub mod ui;
pub mod wizard;
