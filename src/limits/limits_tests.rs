use std::sync::atomic::{AtomicU64, Ordering};

use super::*;

/// A limiter whose time the test tells, in milliseconds.
struct World {
    limiter: Limiter,
    millis: Arc<AtomicU64>,
}

impl World {
    fn new(settings: Limits) -> Self {
        let millis = Arc::new(AtomicU64::new(1_000_000));
        let told = Arc::clone(&millis);
        let ticks = Ticks::given(move || Duration::from_millis(told.load(Ordering::SeqCst)));
        Self { limiter: Limiter::new(&settings, &ticks), millis }
    }

    fn pass(&self, millis: u64) {
        self.millis.fetch_add(millis, Ordering::SeqCst);
    }

    /// How many of `requests` are let through.
    fn admitted(&self, subject: Subject<'_>, requests: usize) -> usize {
        (0..requests).filter(|_| self.limiter.admit(&subject, Class::Start)).count()
    }
}

fn address(text: &str) -> Subject<'static> {
    Subject::Address(text.parse::<IpAddr>().unwrap().into())
}

/// Ten a second, twenty at once, of an address.
fn ten() -> Limits {
    Limits { burst_seconds: 2, address_starts: 10, ..Limits::none() }
}

#[test]
fn a_burst_is_let_through_and_then_the_rate() {
    let world = World::new(ten());
    assert_eq!(world.admitted(address("192.0.2.1"), 50), 20);
    world.pass(1_000);
    assert_eq!(world.admitted(address("192.0.2.1"), 50), 10);
    world.pass(60_000);
    assert_eq!(world.admitted(address("192.0.2.1"), 50), 20, "no more than a burst is saved up");
}

#[test]
fn one_sender_leaves_the_others_alone() {
    let world = World::new(ten());
    world.admitted(address("192.0.2.1"), 1_000);
    assert_eq!(world.admitted(address("192.0.2.2"), 20), 20);
}

#[test]
fn a_network_of_64_bits_is_one_sender_however_many_addresses_it_has() {
    let world = World::new(ten());
    let of_one: usize =
        (0..5_000).map(|host| world.admitted(address(&format!("2001:db8:0:1::{host:x}")), 1)).sum();
    assert_eq!(of_one, 20);
    assert_eq!(world.admitted(address("2001:db8:0:2::1"), 50), 20);
}

#[test]
fn an_address_in_both_spellings_is_one_sender() {
    let world = World::new(ten());
    assert_eq!(world.admitted(address("192.0.2.1"), 50), 20);
    assert_eq!(world.admitted(address("::ffff:192.0.2.1"), 50), 0);
}

#[test]
fn a_million_addresses_cost_no_memory_and_hardly_disturb_an_honest_one() {
    let world = World::new(ten());
    // The memory is the two rows, made at the start: there is nothing in them that could grow.
    for number in 0..1_000_000_u32 {
        let attacker = IpAddr::from(number.wrapping_mul(2_654_435_761).to_be_bytes());
        world.admitted(Subject::Address(attacker.into()), 1);
        world.pass(u64::from(number % 100 == 0));
    }
    let honest =
        (0..100).map(|host| world.admitted(address(&format!("198.51.100.{host}")), 1)).sum::<usize>();
    assert!(honest >= 95, "{honest}");
}

#[test]
fn a_thousand_senders_without_measure_hardly_disturb_an_honest_one() {
    let world = World::new(ten());
    for host in 0..1_000_u32 {
        world.admitted(Subject::Address(IpAddr::from((0x0A00_0000 + host).to_be_bytes()).into()), 100);
    }
    let honest = (0..250).filter(|host| world.admitted(address(&format!("192.0.2.{host}")), 1) == 1).count();
    assert!(honest >= 248, "{honest}");
}

#[test]
fn apps_and_tenants_are_limited_each_by_itself() {
    let world = World::new(Limits { burst_seconds: 1, app_starts: 5, tenant_starts: 8, ..Limits::none() });
    let app = |tenant, app| Subject::App { tenant, app };
    assert_eq!(world.admitted(app("acme", "shop"), 50), 5);
    assert_eq!(world.admitted(app("acme", "desk"), 50), 5);
    assert_eq!(world.admitted(app("other", "shop"), 50), 5);
    assert_eq!(world.admitted(Subject::Tenant("acme"), 50), 8);
    assert_eq!(world.admitted(Subject::Tenant("other"), 50), 8);
    assert_eq!(world.admitted(address("192.0.2.1"), 500), 500, "without a limit of its own");
}

#[test]
fn a_clock_that_is_set_back_locks_nobody_out_for_long() {
    let world = World::new(ten());
    world.admitted(address("192.0.2.1"), 50);
    // The system's ticks never go back; were they to, a second would mend it all the same.
    world.millis.fetch_sub(500, Ordering::SeqCst);
    assert_eq!(world.admitted(address("192.0.2.1"), 1), 0);
    world.pass(1_500);
    assert!(world.admitted(address("192.0.2.1"), 50) >= 10);
}

#[test]
fn what_was_let_through_elsewhere_counts_here_and_is_forgotten_in_the_end() {
    let world = World::new(ten());
    let sender = address("192.0.2.1");
    let (table, hash) =
        (world.limiter.table(&sender, Class::Start).unwrap(), world.limiter.hasher.hash_one(sender));
    table.charge(hash, 15);
    assert_eq!(world.admitted(sender, 50), 5);
    table.charge(hash, 10);
    world.pass(1_000);
    assert_eq!(world.admitted(sender, 50), 0, "in debt for a second");
    world.pass(1_000);
    assert_eq!(world.admitted(sender, 50), 10);
    table.charge(hash, u64::MAX);
    world.pass(61_000);
    assert!(world.admitted(sender, 50) > 0, "no debt lasts longer than a minute");
}

#[test]
fn the_systems_ticks_go_on() {
    let ticks = Ticks::system();
    let before = ticks.elapsed();
    assert!(ticks.elapsed() >= before);
    assert!(Limiter::new(&Limits::default(), &ticks).admit(&address("192.0.2.1"), Class::Call));
}

#[test]
fn an_address_is_not_shown() {
    assert!(!format!("{:?}", address("192.0.2.1")).contains("192"));
}
