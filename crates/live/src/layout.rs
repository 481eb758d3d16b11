//! Which server has which slots.

use redis::{ConnectionAddr, FromRedisValue, Value};

use crate::{address::Address, slot};

/// A server that may be written to, and the slots it has: each range with its first and its last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Primary {
    pub(crate) server: ConnectionAddr,
    slots: Vec<(u16, u16)>,
}

/// All primaries, as somebody sees them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Layout {
    pub(crate) primaries: Vec<Primary>,
}

/// A run of slots that ends with `last` and begins where the one before it ended; `primary`: who has them, if anybody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Range {
    pub(crate) last: u16,
    pub(crate) primary: Option<usize>,
}

impl Primary {
    /// Whether it has this slot.
    pub(crate) fn has(&self, slot: u16) -> bool {
        let mut slots = self.slots.iter();
        slots.any(|(first, last)| (*first..=*last).contains(&slot))
    }
}

impl Layout {
    /// One server that has everything.
    pub(crate) fn one(server: ConnectionAddr) -> Self {
        let slots = vec![(0, slot::COUNT - 1)];
        Self {
            primaries: vec![Primary { server, slots }],
        }
    }

    /// Reads what `CLUSTER SLOTS` answers; `asked` is who answered, which may leave its own name out. `None`: it cannot be
    /// read.
    pub(crate) fn read(reply: Value, address: &Address, asked: &ConnectionAddr) -> Option<Self> {
        let mut layout = Self::default();
        for row in rows(reply)? {
            let mut row = row.into_iter();
            let first = u16::from_redis_value(row.next()?).ok()?;
            let last = u16::from_redis_value(row.next()?).ok()?;
            let mut primary = Vec::from_redis_value(row.next()?).ok()?.into_iter();
            let host = <Option<String>>::from_redis_value(primary.next()?).ok()?;
            let port = u16::from_redis_value(primary.next()?).ok()?;
            let host = match host.as_deref() {
                // It has none that it knows of, or does not say.
                Some("?") => continue,
                None | Some("") => host_of(asked),
                Some(host) => host,
            };
            layout.add(address.server(host, port), (first, last));
        }
        for primary in &mut layout.primaries {
            primary.slots.sort_unstable();
        }
        // In one order, whoever answers.
        layout.primaries.sort_by_key(|primary| primary.slots[0]);
        Some(layout)
    }

    fn add(&mut self, server: ConnectionAddr, slots: (u16, u16)) {
        match (self.primaries.iter_mut()).find(|primary| primary.server == server) {
            Some(primary) => primary.slots.push(slots),
            None => self.primaries.push(Primary {
                server,
                slots: vec![slots],
            }),
        }
    }

    /// Who has each slot, without gaps and in their order.
    pub(crate) fn ranges(&self) -> Vec<Range> {
        let mut owned: Vec<(u16, u16, usize)> = Vec::new();
        for (index, primary) in self.primaries.iter().enumerate() {
            owned.extend(
                primary
                    .slots
                    .iter()
                    .map(|(first, last)| (*first, *last, index)),
            );
        }
        owned.sort_unstable();
        let mut ranges = Vec::new();
        let mut next = 0;
        for (first, last, index) in owned {
            if first > next {
                let (last, primary) = (first - 1, None);
                ranges.push(Range { last, primary });
            }
            let primary = Some(index);
            ranges.push(Range { last, primary });
            next = last.saturating_add(1);
        }
        if next < slot::COUNT {
            let (last, primary) = (slot::COUNT - 1, None);
            ranges.push(Range { last, primary });
        }
        ranges
    }
}

fn rows(reply: Value) -> Option<Vec<Vec<Value>>> {
    Vec::from_redis_value(reply).ok()
}

fn host_of(server: &ConnectionAddr) -> &str {
    match server {
        ConnectionAddr::Tcp(host, _) | ConnectionAddr::TcpTls { host, .. } => host,
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(first: i64, last: i64, host: Value, port: i64) -> Value {
        let node = |host: Value, port| {
            Value::Array(vec![
                host,
                Value::Int(port),
                Value::BulkString(b"id".to_vec()),
            ])
        };
        let replica = node(Value::BulkString(b"replica".to_vec()), 1);
        let slots = [Value::Int(first), Value::Int(last)];
        Value::Array([&slots[..], &[node(host, port), replica]].concat())
    }

    fn host(name: &str) -> Value {
        Value::BulkString(name.as_bytes().to_vec())
    }

    fn range(last: u16, primary: Option<usize>) -> Range {
        Range { last, primary }
    }

    #[test]
    fn what_a_server_says_is_read_whatever_it_leaves_out() {
        let address = Address::cluster(&["redis://seed:7000"]).unwrap();
        let asked = address.server("seed", 7000);
        let reply = Value::Array(vec![
            row(100, 199, host("b"), 2),
            row(0, 99, Value::Nil, 1),
            row(300, 16_383, host("b"), 2),
            row(200, 210, host("?"), 3),
        ]);
        let layout = Layout::read(reply, &address, &asked).unwrap();
        let servers: Vec<_> = layout.primaries.iter().map(|p| p.server.clone()).collect();
        assert_eq!(servers, [address.server("seed", 1), address.server("b", 2)]);
        assert_eq!(
            layout.ranges(),
            [
                range(99, Some(0)),
                range(199, Some(1)),
                range(299, None),
                range(16_383, Some(1))
            ]
        );
        assert_eq!(Layout::read(Value::Int(1), &address, &asked), None);
        let short = Value::Array(vec![Value::Array(vec![Value::Int(0)])]);
        assert_eq!(Layout::read(short, &address, &asked), None);
    }

    #[test]
    fn a_server_alone_has_everything_and_nobody_nothing() {
        let address = Address::parse("redis://one").unwrap();
        let layout = Layout::one(address.server("one", 6379));
        assert_eq!(layout.ranges(), [range(16_383, Some(0))]);
        assert_eq!(Layout::default().ranges(), [range(16_383, None)]);
    }
}
