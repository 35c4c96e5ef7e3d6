//! Finds secrets in a text, in the forms in which a peer may repeat them: as they are, in other case, in
//! base64, in hexadecimal, with `%XX`, `=XX` or backslashes, whole or in part.

use std::collections::HashSet;
use std::hash::{BuildHasher as _, RandomState};
use std::ops::Range;

use base64ct::{Base64Unpadded, Encoding as _};
use memchr::memmem;
use zeroize::Zeroizing;

use crate::views::{View, views};

/// What stands in the place of a secret.
const MASK: &[u8] = b"***";
/// Shorter secrets are found only as words of their own, because other words contain them, too.
const SHORT: usize = 4;
/// Of a long secret, this many octets in a row are enough: a server may cut it off anywhere.
const PIECE: usize = 12;
const LONG: usize = 2 * PIECE;
/// Of each octet, what stands farther away does not tell whether it belongs to a secret: what is looked for is
/// shorter than `LONG`, an escape has six octets, and base64 has some around it. So who shows a part of a text needs
/// this much of the text before and after that part.
pub const REACH: usize = 6 * LONG + 16;

/// The secrets that must not be shown.
#[derive(Default)]
pub struct Masks {
    words: Vec<Zeroizing<Vec<u8>>>,
    plain: Forms,
    base64: Forms,
}

impl std::fmt::Debug for Masks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Masks").finish_non_exhaustive()
    }
}

impl Masks {
    /// Nothing is secret yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// From now on, this is secret.
    pub fn add(&mut self, secret: &[u8]) {
        if secret.len() < SHORT {
            if !secret.is_empty() {
                self.words.push(Zeroizing::new(secret.to_vec()));
            }
            return;
        }
        self.plain.add(secret);
        self.plain.add(&hexadecimal(secret));
        if let Ok(text) = std::str::from_utf8(secret)
            && !text.is_ascii()
        {
            self.plain.add(Zeroizing::new(text.to_lowercase()).as_bytes());
            self.plain.add(Zeroizing::new(text.to_uppercase()).as_bytes());
        }
        (0..3).for_each(|before| self.base64.add(&base64(secret, before)));
    }

    /// The text with `***` in the place of every secret.
    #[must_use]
    pub fn masked(&self, text: &[u8]) -> Vec<u8> {
        self.masked_within(text, 0..text.len())
    }

    /// A part of the text, masked as in the whole text. Where the text itself is a part of a longer one, keep away
    /// [`REACH`] octets from its ends.
    #[must_use]
    pub fn masked_within(&self, text: &[u8], part: Range<usize>) -> Vec<u8> {
        let mut secret = vec![false; text.len()];
        for view in views(text) {
            for at in self.found(&view).into_iter().enumerate().filter_map(|(at, found)| found.then_some(at))
            {
                if let Some(place) = view.source(at).and_then(|source| secret.get_mut(source)) {
                    place.fill(true);
                }
            }
        }
        let mut shown = Vec::with_capacity(part.len());
        let mut before = false;
        for (octet, is_secret) in text.iter().zip(secret).take(part.end).skip(part.start) {
            match (is_secret, before) {
                (true, false) => shown.extend_from_slice(MASK),
                (true, true) => {}
                (false, _) => shown.push(*octet),
            }
            before = is_secret;
        }
        shown
    }

    /// Which octets of the view belong to a secret.
    fn found(&self, view: &View<'_>) -> Vec<bool> {
        let octets = folded(&view.octets);
        let mut found = vec![false; octets.len()];
        self.base64.find(&octets, &mut found);
        extend(&octets, &mut found);
        self.plain.find(&octets, &mut found);
        for word in &self.words {
            let ends = |octet: Option<&u8>| octet.is_none_or(|octet| !octet.is_ascii_alphanumeric());
            for at in memmem::find_iter(&view.octets, word.as_slice()) {
                let before = at.checked_sub(1).and_then(|before| view.octets.get(before));
                if ends(before) && ends(view.octets.get(at + word.len())) {
                    found.iter_mut().skip(at).take(word.len()).for_each(|octet| *octet = true);
                }
            }
        }
        found
    }
}

/// What to look for in a folded text.
#[derive(Default)]
struct Forms {
    whole: Vec<Zeroizing<Vec<u8>>>,
    /// Hashes of all pieces of long secrets. The pieces themselves would be more copies of the secrets.
    pieces: HashSet<u64>,
    hasher: RandomState,
}

impl Forms {
    fn add(&mut self, form: &[u8]) {
        let form = Zeroizing::new(folded(form));
        if form.len() < LONG {
            self.whole.push(form);
        } else {
            self.pieces.extend(form.windows(PIECE).map(|piece| self.hasher.hash_one(piece)));
        }
    }

    fn find(&self, octets: &[u8], found: &mut [bool]) {
        for form in &self.whole {
            for at in memmem::find_iter(octets, form.as_slice()) {
                found.iter_mut().skip(at).take(form.len()).for_each(|octet| *octet = true);
            }
        }
        if self.pieces.is_empty() {
            return;
        }
        // Each octet is marked once, even if every piece is one of a secret.
        let mut end = 0;
        for (at, piece) in octets.windows(PIECE).enumerate() {
            if self.pieces.contains(&self.hasher.hash_one(piece)) {
                let from = at.max(end);
                end = at + PIECE;
                found.get_mut(from..end).unwrap_or_default().fill(true);
            }
        }
    }
}

/// Extends what was found in base64 to all of that base64: its ends hold bits of the secret, too.
fn extend(octets: &[u8], found: &mut [bool]) {
    let is_base64 = |octet: &u8| octet.is_ascii_alphanumeric() || matches!(octet, b'+' | b'/' | b'=');
    let mut from = 0;
    while from < octets.len() {
        let run = octets.iter().skip(from).take_while(|octet| is_base64(octet)).count();
        if let Some(run) = found.get_mut(from..from + run)
            && run.contains(&true)
        {
            run.fill(true);
        }
        from += run.max(1);
    }
}

/// Lower case, and the usual alphabet of base64 for that of URLs, so that one comparison finds all forms.
fn folded(octets: &[u8]) -> Vec<u8> {
    let fold = |octet: &u8| match octet {
        b'-' => b'+',
        b'_' => b'/',
        octet => octet.to_ascii_lowercase(),
    };
    octets.iter().map(fold).collect()
}

/// The characters of base64 that are the same whatever stands around the secret, with this many octets (of
/// each group of three) before it.
fn base64(secret: &[u8], before: usize) -> Zeroizing<Vec<u8>> {
    let mut padded = Zeroizing::new(vec![0; before]);
    padded.extend_from_slice(secret);
    let text = Zeroizing::new(Base64Unpadded::encode_string(&padded));
    let (from, to) = ((before * 8).div_ceil(6), padded.len() * 8 / 6);
    Zeroizing::new(text.as_bytes().get(from..to).unwrap_or_default().to_vec())
}

fn hexadecimal(secret: &[u8]) -> Zeroizing<Vec<u8>> {
    let digit = |value: u8| b"0123456789abcdef".get(usize::from(value)).copied().unwrap_or_default();
    Zeroizing::new(secret.iter().flat_map(|octet| [digit(octet >> 4), digit(octet & 15)]).collect())
}
