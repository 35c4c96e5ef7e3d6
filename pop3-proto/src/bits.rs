//! The macro `bit_set!`, which makes a set of the values of an enum, stored as bits.

/// Makes `$set`, a set of `$one` in a `$bits`. The enum has `ALL`, a slice in the order of its values, and no
/// more values than there are bits.
macro_rules! bit_set {
    ($(#[$doc:meta])+ $set:ident of $one:ident in $bits:ident) => {
        $(#[$doc])+
        #[derive(Clone, Copy, Default, PartialEq, Eq)]
        pub struct $set($bits);

        const _: () = assert!($one::ALL.len() <= $bits::BITS as usize, "the set has a bit for each value");

        impl $set {
            /// The empty set.
            pub const NONE: Self = Self(0);

            /// The set of all values.
            pub const ALL: Self = {
                let mut all = Self::NONE;
                let mut rest = $one::ALL;
                while let [first, tail @ ..] = rest {
                    all = all.with(*first);
                    rest = tail;
                }
                all
            };

            /// The set that contains only this value.
            #[must_use]
            pub const fn only(one: $one) -> Self {
                Self::NONE.with(one)
            }

            /// This set with that value added.
            #[must_use]
            pub const fn with(self, one: $one) -> Self {
                Self(self.0 | Self::bit(one))
            }

            /// This set without that value.
            #[must_use]
            pub const fn without(self, one: $one) -> Self {
                Self(self.0 & !Self::bit(one))
            }

            /// Whether the value is in the set.
            #[must_use]
            pub const fn contains(self, one: $one) -> bool {
                self.0 & Self::bit(one) != 0
            }

            /// Whether the set is empty.
            #[must_use]
            pub const fn is_empty(self) -> bool {
                self.0 == 0
            }

            /// How many values are in the set.
            #[must_use]
            pub const fn count(self) -> u32 {
                self.0.count_ones()
            }

            /// Adds a value.
            pub const fn insert(&mut self, one: $one) {
                *self = self.with(one);
            }

            /// The values that are in either set.
            #[must_use]
            pub const fn union(self, other: Self) -> Self {
                Self(self.0 | other.0)
            }

            /// The values of this set that are not in `other`.
            #[must_use]
            pub const fn minus(self, other: Self) -> Self {
                Self(self.0 & !other.0)
            }

            /// The values one by one, in the order of the enum.
            pub fn iter(self) -> impl Iterator<Item = $one> + Clone {
                $one::ALL.iter().copied().filter(move |one| self.contains(*one))
            }

            const fn bit(one: $one) -> $bits {
                (1 as $bits).wrapping_shl(one as u32)
            }
        }

        impl core::fmt::Debug for $set {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.debug_set().entries(self.iter()).finish()
            }
        }

        impl FromIterator<$one> for $set {
            fn from_iter<T: IntoIterator<Item = $one>>(all: T) -> Self {
                all.into_iter().fold(Self::NONE, Self::with)
            }
        }
    };
}

pub(crate) use bit_set;
