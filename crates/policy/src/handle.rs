//! The policy in force, shared by everything in one process that asks it.

use std::sync::{Arc, PoisonError, RwLock};

use crate::Policy;

/// Cheap to clone; `get` copies a few words and never waits for whoever changes it.
#[derive(Debug, Clone)]
pub struct PolicyHandle(Arc<RwLock<(i64, Policy)>>);

impl Default for PolicyHandle {
    /// What a city begins with, version 0.
    fn default() -> Self {
        Self(Arc::new(RwLock::new((0, Policy::standard()))))
    }
}

impl PolicyHandle {
    pub fn get(&self) -> Policy {
        self.in_force().1
    }

    /// How often it was changed.
    pub fn version(&self) -> i64 {
        self.in_force().0
    }

    /// The policy with its version.
    pub fn in_force(&self) -> (i64, Policy) {
        // A poisoned lock still holds a whole policy: it is only ever replaced.
        *self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a newer version into use; an older one that was read late changes nothing.
    pub fn put(&self, version: i64, policy: Policy) {
        let mut now = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if version > now.0 {
            *now = (version, policy);
        }
    }
}
