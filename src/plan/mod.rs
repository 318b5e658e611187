//! Owns what has to change: a plan is plain data, made by a pure function.

pub mod policy;
