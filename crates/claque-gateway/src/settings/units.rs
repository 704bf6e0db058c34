//! Numbers that are right by type: a time that is a time, a share that is a share.

use core::num::{NonZeroU32, NonZeroUsize};

use claque_core::time::{Duration, Instant, MediaTime, Speed, duration_nanos};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::Written;

/// Longest time that can be set, in seconds: 31 years. Sums of such times stay far from overflow.
const LONGEST_SECONDS: f64 = 1_000_000_000.0;

/// A span of time, in seconds, possibly none.
#[derive(Clone, Copy, Debug)]
pub struct Seconds(pub(crate) Duration);

/// A span of time that is longer than none: a period or a window.
#[derive(Debug)]
pub struct Interval(Duration);

/// A share, 0 to 1.
#[derive(Debug)]
pub struct Share(f64);

/// A finite number, not below zero.
#[derive(Clone, Copy, Debug)]
pub struct Size(pub(crate) f64);

/// A finite number above zero.
#[derive(Clone, Copy, Debug)]
pub struct Rate(pub(crate) f64);

/// A part of one or more, not below zero, kept in thousandths.
#[derive(Debug)]
pub struct Part(u32);

/// A part of one that is not nothing, 0.001 to 1, kept in thousandths.
#[derive(Debug)]
pub struct PartOfOne(NonZeroU32);

/// A whole number from 1.
#[derive(Debug)]
pub struct FromOne(NonZeroUsize);

/// An HTTP status that refuses.
#[derive(Debug)]
pub struct RefusingStatus(u16);

/// Reads and writes a unit as a number: what it makes of one, or why it does not, and the number of a value.
macro_rules! number {
    ($unit:ident, $read:expr, $write:expr) => {
        impl<'de> Deserialize<'de> for $unit {
            fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                let read: fn(f64) -> Result<Self, String> = $read;
                read(f64::deserialize(from)?).map_err(de::Error::custom)
            }
        }

        impl Serialize for $unit {
            fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                let write: fn(&Self) -> f64 = $write;
                to.serialize_f64(write(self))
            }
        }
    };
}

/// What a unit means, of the type that a constant has.
macro_rules! means {
    ($unit:ident, $value:ty, $of:expr, $into:expr) => {
        impl Written<$value> for $unit {
            fn of(value: &$value) -> Self {
                let of: fn(&$value) -> Self = $of;
                of(value)
            }

            fn into_value(self) -> $value {
                let into: fn(Self) -> $value = $into;
                into(self)
            }
        }
    };
}

number!(Seconds, |number| span(number).map(Self), |span| span.0.as_secs_f64());
number!(
    Interval,
    |number| match span(number)? {
        Duration::ZERO => Err("0 s is out of range; give a time above 0".to_owned()),
        span => Ok(Self(span)),
    },
    |span| span.0.as_secs_f64()
);
number!(Share, |number| in_range(number, (0.0..=1.0).contains(&number), "0 to 1").map(Self), |share| share.0);
number!(
    Size,
    |number| in_range(number, number >= 0.0 && number.is_finite(), "a number from 0").map(Self),
    |size| size.0
);
number!(
    Rate,
    |number| in_range(number, number > 0.0 && number.is_finite(), "a number above 0").map(Self),
    |rate| rate.0
);
number!(
    Part,
    |number| {
        let fits = number >= 0.0 && number.is_finite();
        in_range(number, fits, "a number from 0").map(thousandths).map(Self)
    },
    |part| f64::from(part.0) / 1_000.0
);
number!(
    PartOfOne,
    |number| {
        let thousandths = in_range(number, (0.0..=1.0).contains(&number), "0.001 to 1").map(thousandths)?;
        NonZeroU32::new(thousandths)
            .map(Self)
            .ok_or_else(|| format!("{number} is out of range; give 0.001 to 1"))
    },
    |part| f64::from(part.0.get()) / 1_000.0
);

means!(Seconds, Duration, |span| Self(*span), |span| span.0);
means!(Seconds, MediaTime, |media| Self(Duration::from_nanos(media.as_nanos())), |span| {
    MediaTime::from_nanos(duration_nanos(span.0))
});
means!(Seconds, Instant, |at| Self(at.since(Instant::START)), |span| Instant::from_nanos(duration_nanos(
    span.0
)));
means!(Interval, Duration, |span| Self(*span), |span| span.0);
means!(Interval, MediaTime, |media| Self(Duration::from_nanos(media.as_nanos())), |span| {
    MediaTime::from_nanos(duration_nanos(span.0))
});
means!(Share, f64, |share| Self(*share), |share| share.0);
means!(Size, f64, |size| Self(*size), |size| size.0);
means!(Rate, f64, |rate| Self(*rate), |rate| rate.0);
means!(Part, u32, |part| Self(*part), |part| part.0);
means!(PartOfOne, NonZeroU32, |part| Self(*part), |part| part.0);
means!(FromOne, usize, |number| Self(NonZeroUsize::new(*number).unwrap_or(NonZeroUsize::MIN)), |number| {
    number.0.get()
});
means!(RefusingStatus, u16, |status| Self(*status), |status| status.0);

/// A pace is written as a number, 0.001 to 1,000,000, and kept in thousandths.
impl<'de> Deserialize<'de> for Pace {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let Rate(rate) = Rate::deserialize(from)?;
        let speed = Speed::from_thousandths(thousandths(rate)).filter(|_| rate <= 1_000_000.0);
        let error = || de::Error::custom(format!("{rate} is out of range; give 0.001 to 1000000"));
        speed.map(Self).ok_or_else(error)
    }
}

impl Serialize for Pace {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_f64(self.0.as_f64())
    }
}

/// Seconds of audio in a second.
#[derive(Debug)]
pub struct Pace(Speed);

means!(Pace, Speed, |speed| Self(*speed), |speed| speed.0);

impl<'de> Deserialize<'de> for FromOne {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        NonZeroUsize::deserialize(from).map(Self)
    }
}

impl Serialize for FromOne {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(to)
    }
}

impl<'de> Deserialize<'de> for RefusingStatus {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let status = u16::deserialize(from)?;
        let error = || de::Error::custom(format!("{status} refuses nothing; give 400 to 599"));
        (400..=599).contains(&status).then_some(Self(status)).ok_or_else(error)
    }
}

impl Serialize for RefusingStatus {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_u16(self.0)
    }
}

fn span(seconds: f64) -> Result<Duration, String> {
    let in_range = (0.0..=LONGEST_SECONDS).contains(&seconds);
    in_range
        .then(|| Duration::try_from_secs_f64(seconds).ok())
        .flatten()
        .ok_or_else(|| format!("{seconds} s is out of range; give 0 to {LONGEST_SECONDS}"))
}

fn in_range(number: f64, fits: bool, range: &str) -> Result<f64, String> {
    if fits { Ok(number) } else { Err(format!("{number} is out of range; give {range}")) }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to the type's range")]
fn thousandths(number: f64) -> u32 {
    (number * 1_000.0).round().clamp(0.0, f64::from(u32::MAX)) as u32
}
