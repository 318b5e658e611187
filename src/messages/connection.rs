//! Sentences about the connection to the warehouse and its test.

use super::catalogue;

catalogue! {}
