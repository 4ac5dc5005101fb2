//! Preconditions on generations, decided without any I/O
//! (<https://cloud.google.com/storage/docs/request-preconditions>).

use serde::{Deserialize, Serialize};

use super::{Error, Object};

/// What must hold for a request to be carried out. Generation 0 stands for 'no live version'.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Preconditions {
    /// The generation is this one.
    pub generation_is: Option<i64>,
    /// The generation is another one.
    pub generation_is_not: Option<i64>,
    /// The metageneration is this one.
    pub metageneration_is: Option<i64>,
    /// The metageneration is another one.
    pub metageneration_is_not: Option<i64>,
}

impl Preconditions {
    /// Holds a change against the version it would replace, change or delete.
    pub(crate) fn allow_change(&self, current: Option<&Object>) -> Result<(), Error> {
        if self.matching(current) && self.differing(current) { Ok(()) } else { Err(Error::PreconditionFailed) }
    }

    /// Holds a read against the version it would return.
    pub(crate) fn allow_read(&self, current: &Object) -> Result<(), Error> {
        if !self.matching(Some(current)) {
            Err(Error::PreconditionFailed)
        } else if !self.differing(Some(current)) {
            Err(Error::NotModified)
        } else {
            Ok(())
        }
    }

    fn matching(&self, current: Option<&Object>) -> bool {
        let generation = current.map_or(0, |o| o.generation.get());
        let metageneration = current.map(|o| o.metageneration);
        self.generation_is.is_none_or(|wanted| wanted == generation)
            && self.metageneration_is.is_none_or(|wanted| Some(wanted) == metageneration)
    }

    fn differing(&self, current: Option<&Object>) -> bool {
        let generation = current.map_or(0, |o| o.generation.get());
        let metageneration = current.map(|o| o.metageneration);
        self.generation_is_not.is_none_or(|known| known != generation)
            && self.metageneration_is_not.is_none_or(|known| Some(known) != metageneration)
    }
}
