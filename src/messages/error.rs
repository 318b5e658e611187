//! Sentences about failures that belong to no other domain.

use super::catalogue;

catalogue! {
    interrupted() ["JMC-INTERRUPTED"] {
        en: "Interrupted.",
        ja: "中断しました。",
    }
}
