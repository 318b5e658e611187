//! Sentences about values that were typed or read: names, addresses, ARNs.

use super::catalogue;

catalogue! {}
