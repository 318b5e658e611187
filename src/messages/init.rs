//! Sentences of the wizard.

use super::catalogue;

catalogue! {
}
