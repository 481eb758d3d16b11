//! Which of a file's encodings a browser gets: the smallest of those it likes best (RFC 9110, section 12.5.3).

/// How the body is encoded on the wire. In the order of their sizes, smallest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// What browsers ask for over HTTPS.
    Brotli,
    /// What every browser asks for.
    Gzip,
    /// As it is.
    Identity,
}

impl Encoding {
    /// The word for it in `Content-Encoding`, if it needs one.
    pub fn token(self) -> Option<&'static str> {
        match self {
            Self::Brotli => Some("br"),
            Self::Gzip => Some("gzip"),
            Self::Identity => None,
        }
    }

    /// What its file is called beside the plain one.
    pub(crate) fn suffix(self) -> &'static str {
        match self {
            Self::Brotli => ".br",
            Self::Gzip => ".gz",
            Self::Identity => "",
        }
    }
}

/// The encodings that a request takes, best first. What is not understood is not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted(Vec<Encoding>);

impl Accepted {
    /// Reads the value of `Accept-Encoding`; without one, only the plain file is sent.
    pub fn parse(header: &str) -> Self {
        let weights: Vec<(&str, f32)> = header.split(',').map(weighed).collect();
        let of = |names: &[&str]| {
            weights
                .iter()
                .find(|(name, _)| names.iter().any(|other| name.eq_ignore_ascii_case(other)))
                .map(|(_, weight)| *weight)
        };
        let any = of(&["*"]);
        let mut liked: Vec<(Encoding, f32)> = [
            (Encoding::Brotli, of(&["br"]).or(any).unwrap_or(0.0)),
            (
                Encoding::Gzip,
                of(&["gzip", "x-gzip"]).or(any).unwrap_or(0.0),
            ),
            // Taken unless it is refused, but liked only where that is said.
            (
                Encoding::Identity,
                of(&["identity"]).unwrap_or(f32::MIN_POSITIVE),
            ),
        ]
        .into_iter()
        .filter(|(_, weight)| *weight > 0.0)
        .collect();
        // A stable sort: among equals the smaller one stays first.
        liked.sort_by(|(_, a), (_, b)| b.total_cmp(a));
        Self(liked.into_iter().map(|(encoding, _)| encoding).collect())
    }

    /// Best first. Empty: the client refuses all that there is, and gets the plain file all the same.
    pub fn encodings(&self) -> &[Encoding] {
        &self.0
    }
}

/// One entry: its name, and how much it is liked, from 0 to 1. A weight that is none refuses.
fn weighed(entry: &str) -> (&str, f32) {
    let mut parts = entry.split(';').map(str::trim);
    let name = parts.next().unwrap_or_default();
    let weight = parts
        .filter_map(|part| part.split_once('='))
        .find(|(key, _)| key.trim().eq_ignore_ascii_case("q"))
        .map_or(1.0, |(_, value)| value.trim().parse().unwrap_or(0.0));
    let is_weight = (0.0..=1.0).contains(&weight);
    (name, if is_weight { weight } else { 0.0 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smallest_of_what_is_liked_best_comes_first() {
        use Encoding::{Brotli, Gzip, Identity};
        for (header, expected) in [
            ("gzip, deflate, br, zstd", &[Brotli, Gzip, Identity][..]),
            ("br;q=0.5, gzip;q=0.9", &[Gzip, Brotli, Identity]),
            ("gzip;q=0.5, identity", &[Identity, Gzip]),
            ("GZip ; Q=0.3", &[Gzip, Identity]),
            ("x-gzip", &[Gzip, Identity]),
            ("*", &[Brotli, Gzip, Identity]),
            ("br;q=0, *;q=0.1", &[Gzip, Identity]),
            ("gzip;q=0", &[Identity]),
            ("identity;q=0, gzip", &[Gzip]),
            ("identity;q=0", &[]),
            ("", &[Identity]),
            (",;q=,;;=,br;q=NaN,gzip;q=2,*;q=-1", &[Identity]),
            ("brotli, gzipped", &[Identity]),
        ] {
            assert_eq!(Accepted::parse(header).encodings(), expected, "{header:?}");
        }
    }
}
