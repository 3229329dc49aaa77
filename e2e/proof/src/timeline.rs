//! The versions of one object, in order.

use jiff::Timestamp;

/// One version.
#[derive(Debug)]
pub(crate) struct Version<'h, T> {
    /// When it was seen.
    pub(crate) at: Timestamp,
    /// The object; its last version if it is gone.
    pub(crate) object: &'h T,
    /// Whether it is gone.
    pub(crate) gone: bool,
}

impl<T> Clone for Version<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Version<'_, T> {}

/// All versions, oldest first.
#[derive(Debug)]
pub(crate) struct Timeline<'h, T>(Vec<Version<'h, T>>);

impl<T> Default for Timeline<'_, T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'h, T> Timeline<'h, T> {
    pub(crate) fn push(&mut self, version: Version<'h, T>) {
        self.0.push(version);
    }

    pub(crate) fn versions(&self) -> &[Version<'h, T>] {
        &self.0
    }

    pub(crate) fn last(&self) -> Option<&Version<'h, T>> {
        self.0.last()
    }

    /// What was seen last at this time, unless it was gone or not there yet.
    pub(crate) fn at(&self, at: Timestamp) -> Option<&'h T> {
        self.0.iter().rfind(|version| version.at <= at).filter(|version| !version.gone).map(|version| version.object)
    }

    /// What was there at any time from `from` to `to`, both of them included; `None` where it was not.
    pub(crate) fn during(&self, from: Timestamp, to: Timestamp) -> Vec<Option<&'h T>> {
        let within = self.0.iter().filter(|version| version.at > from && version.at <= to);
        let there = within.map(|version| (!version.gone).then_some(version.object));
        std::iter::once(self.at(from)).chain(there).collect()
    }

    /// Whether it was so at any time from `from` to `to`.
    pub(crate) fn ever(&self, from: Timestamp, to: Timestamp, so: impl Fn(&'h T) -> bool) -> bool {
        self.during(from, to).into_iter().flatten().any(so)
    }

    /// Whether it was there and so all the time from `from` to `to`.
    pub(crate) fn always(&self, from: Timestamp, to: Timestamp, so: impl Fn(&'h T) -> bool) -> bool {
        self.during(from, to).into_iter().all(|object| object.is_some_and(&so))
    }
}
