use tokio::{io::AsyncReadExt, net::TcpListener};

use super::*;

/// Connections whose time the test tells, with a patience of ten seconds.
struct World {
    sockets: Arc<Sockets>,
    listener: TcpListener,
    millis: Arc<AtomicU64>,
}

impl World {
    async fn new(address_connections: u32, proxies: &[&str]) -> Self {
        let millis = Arc::new(AtomicU64::new(0));
        let told = Arc::clone(&millis);
        let ticks = Ticks::given(move || Duration::from_millis(told.load(Ordering::SeqCst)));
        let networks = proxies.iter().map(|network| network.parse().unwrap()).collect();
        let limits = Limits { address_connections, patience_seconds: 10, ..Limits::none() };
        let intake = Intake { proxies: Proxies { networks, ..Proxies::default() }, limits };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Self { sockets: Sockets::new(intake, ticks), listener, millis }
    }

    /// The client's end, ours, and what is known of it.
    async fn connect(&self) -> (TcpStream, TcpStream, Option<Arc<Socket>>) {
        let client = TcpStream::connect(self.listener.local_addr().unwrap()).await.unwrap();
        let (stream, _) = self.listener.accept().await.unwrap();
        let socket = self.sockets.opened(&stream);
        (client, stream, socket)
    }

    fn pass(&self, seconds: u64) {
        self.millis.fetch_add(seconds * 1_000, Ordering::SeqCst);
        self.sockets.look_through();
    }
}

/// Whether our end is still open.
fn is_open(stream: &mut TcpStream) -> bool {
    let mut byte = [0];
    stream.try_read(&mut byte).is_err_and(|error| error.kind() == std::io::ErrorKind::WouldBlock)
}

#[tokio::test]
async fn who_dawdles_is_cut_off_and_who_is_served_is_not() {
    let world = World::new(0, &[]).await;
    let (mut client, mut stream, socket) = world.connect().await;
    let socket = socket.unwrap();
    world.pass(9);
    assert!(is_open(&mut stream));
    let work = socket.work();
    world.pass(100);
    assert!(is_open(&mut stream), "at work");
    drop(work);
    world.pass(10);
    assert!(is_open(&mut stream));
    world.pass(1);
    assert_eq!(client.read(&mut [0]).await.unwrap(), 0, "cut off");
}

#[tokio::test]
async fn who_sends_what_nobody_reads_is_cut_off_with_its_answer() {
    let world = World::new(0, &[]).await;
    let (mut client, mut stream, socket) = world.connect().await;
    let mut work = socket.as_ref().unwrap().work();
    work.bid_farewell();
    drop(work);
    world.pass(1);
    assert!(is_open(&mut stream));
    world.pass(1);
    assert_eq!(client.read(&mut [0]).await.unwrap(), 0, "cut off");
}

#[tokio::test]
async fn who_reads_what_is_made_while_it_is_sent_has_an_hour_for_it() {
    let world = World::new(0, &[]).await;
    let (mut client, mut stream, socket) = world.connect().await;
    let mut work = socket.as_ref().unwrap().work();
    work.stream();
    drop(work);
    world.pass(60 * 60);
    assert!(is_open(&mut stream));
    world.pass(1);
    assert_eq!(client.read(&mut [0]).await.unwrap(), 0, "cut off");
}

#[tokio::test]
async fn a_sender_has_so_many_connections_and_room_again_when_one_is_closed() {
    let world = World::new(2, &[]).await;
    let (_one, _, first) = world.connect().await;
    let (_two, _, second) = world.connect().await;
    let (mut three, _stream, third) = world.connect().await;
    assert!(first.is_some() && second.is_some() && third.is_none());
    assert_eq!(three.read(&mut [0]).await.unwrap(), 0, "cut off");
    drop(first);
    assert!(world.connect().await.2.is_some());
    drop(second);
    world.sockets.look_through();
    assert!(world.sockets.open().all.is_empty(), "nothing is left behind");
    assert!(world.sockets.open().senders.is_empty());
}

#[tokio::test]
async fn a_proxy_has_as_many_as_it_needs() {
    let world = World::new(1, &["127.0.0.0/8"]).await;
    let (first, second) = (world.connect().await, world.connect().await);
    assert!(first.2.is_some() && second.2.is_some());
}
