//! Several servers that share the keys by slot (Redis Cluster).
//!
//! Owns the map of slots and how redirections are followed. A server that redirects has done nothing,
//! so the command goes to where it points; after any other error the map is asked for anew, and the
//! command is not sent again.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, PoisonError, RwLock},
};

use ::redis::{
    Cmd, ConnectionInfo, ErrorKind, Pipeline, RedisResult, ServerErrorKind, Value, cmd, from_redis_value,
    pipe,
};
use arc_swap::ArcSwapOption;
use crc::{CRC_16_XMODEM, Crc};
use tokio::task::JoinSet;

use super::{
    node::{Connecting, Line, Node, Source, first_success},
    place::beside,
};

/// How often one command may be sent elsewhere.
const REDIRECTIONS: usize = 4;

/// How many slots the keys of a Cluster fall into.
const SLOTS: u16 = 16384;

const CRC: Crc<u16> = Crc::<u16>::new(&CRC_16_XMODEM);

/// `HOST:PORT`, as the servers spell it.
type Address = String;

/// The first and the last of a range of slots, and who owns it.
type Range = (u16, u16, Address);

/// The servers of a Cluster.
pub(super) struct Cluster {
    seeds: Vec<Arc<Node>>,
    template: ConnectionInfo,
    connecting: Connecting,
    nodes: RwLock<HashMap<Address, Arc<Node>>>,
    /// Who owns which slots; none while it is not known.
    map: ArcSwapOption<Vec<Range>>,
}

impl Cluster {
    /// The Cluster that `seeds` belong to.
    pub fn new(seeds: Vec<ConnectionInfo>, connecting: Connecting) -> RedisResult<Self> {
        let first = seeds.first().cloned();
        let template = first.ok_or((ErrorKind::InvalidClientConfig, "the URL names no server"))?;
        let seeds = seeds.into_iter().map(|info| {
            let client = connecting.client(info)?;
            Ok(Arc::new(Node::new(Source::At(client), connecting.clone())))
        });
        let seeds = seeds.collect::<RedisResult<_>>()?;
        Ok(Self { seeds, template, connecting, nodes: RwLock::default(), map: ArcSwapOption::empty() })
    }

    /// Sends `commands`, all of `key`, to the owner of its slot.
    pub async fn ask(&self, key: &str, line: Line, commands: &Pipeline) -> RedisResult<Vec<Value>> {
        let mut address = self.owner(key).await?;
        for _ in 0..REDIRECTIONS {
            let answer = self.node(&address)?.ask(line, commands, 0).await;
            let Err(error) = &answer else { return answer };
            let ErrorKind::Server(kind) = error.kind() else {
                self.map.store(None);
                return answer;
            };
            let target = error.redirect_node().map(|(target, _)| absolute(target, &address));
            match (kind, target) {
                (ServerErrorKind::Moved, Some(target)) => {
                    self.map.store(None);
                    address = target;
                }
                (ServerErrorKind::Ask, Some(target)) => {
                    return self.node(&target)?.ask(line, &asking(commands), 1).await;
                }
                (ServerErrorKind::ReadOnly | ServerErrorKind::ClusterDown, _) => {
                    self.map.store(None);
                    return answer;
                }
                _ => return answer,
            }
        }
        Err((ErrorKind::Client, "the Cluster's servers redirect in a circle").into())
    }

    /// Asks whichever server answers first.
    pub async fn ask_any(&self, command: Cmd) -> RedisResult<Value> {
        let mut asked = JoinSet::new();
        for node in self.known() {
            let mut commands = pipe();
            commands.add_command(command.clone());
            asked.spawn(async move { node.ask(Line::Prompt, &commands, 0).await });
        }
        let answers = first_success(asked, (ErrorKind::Client, "no server of the Cluster answers")).await?;
        Ok(answers.into_iter().next().unwrap_or(Value::Nil))
    }

    /// Asks every server that owns slots.
    pub async fn ask_owners(&self, commands: &Pipeline) -> RedisResult<Vec<Value>> {
        let map = self.read_map().await?;
        let owners: BTreeSet<&Address> = map.iter().map(|(_, _, owner)| owner).collect();
        let mut answers = Vec::new();
        for owner in owners {
            answers.extend(self.node(owner)?.ask(Line::Prompt, commands, 0).await?);
        }
        Ok(answers)
    }

    /// Every server that has been spoken of.
    fn known(&self) -> Vec<Arc<Node>> {
        let nodes = self.nodes.read().unwrap_or_else(PoisonError::into_inner);
        self.seeds.iter().chain(nodes.values()).map(Arc::clone).collect()
    }

    /// The owner of the slot of `key`.
    async fn owner(&self, key: &str) -> RedisResult<Address> {
        let map = match self.map.load_full() {
            Some(map) => map,
            None => self.read_map().await?,
        };
        let slot = CRC.checksum(key.as_bytes()) % SLOTS;
        let owner = map.iter().find(|(first, last, _)| (*first..=*last).contains(&slot));
        let nobody = (ErrorKind::Client, "nobody owns the slot");
        owner.map(|(_, _, address)| address.clone()).ok_or_else(|| nobody.into())
    }

    async fn read_map(&self) -> RedisResult<Arc<Vec<Range>>> {
        let mut question = cmd("CLUSTER");
        question.arg("SLOTS");
        let rows: Vec<Vec<Value>> = from_redis_value(self.ask_any(question).await?)?;
        let map: Vec<Range> = rows.into_iter().map(range).collect::<RedisResult<_>>()?;
        let mut nodes = self.nodes.write().unwrap_or_else(PoisonError::into_inner);
        nodes.retain(|address, _| map.iter().any(|(_, _, owner)| owner == address));
        drop(nodes);
        let map = Arc::new(map);
        self.map.store(Some(Arc::clone(&map)));
        Ok(map)
    }

    /// The server at `address`.
    fn node(&self, address: &str) -> RedisResult<Arc<Node>> {
        if let Some(node) = self.nodes.read().unwrap_or_else(PoisonError::into_inner).get(address) {
            return Ok(Arc::clone(node));
        }
        let invalid = (ErrorKind::Client, "a server's address is none");
        let (host, port) = address.rsplit_once(':').ok_or(invalid)?;
        let info = beside(&self.template, host, port.parse().map_err(|_| invalid)?);
        let node = Node::new(Source::At(self.connecting.client(info)?), self.connecting.clone());
        let mut nodes = self.nodes.write().unwrap_or_else(PoisonError::into_inner);
        Ok(Arc::clone(nodes.entry(address.to_owned()).or_insert_with(|| Arc::new(node))))
    }
}

/// A row of `CLUSTER SLOTS`: first slot, last slot, the owner, its replicas.
fn range(row: Vec<Value>) -> RedisResult<Range> {
    let mut row = row.into_iter();
    let mut next = || row.next().unwrap_or(Value::Nil);
    let (first, last) = (from_redis_value(next())?, from_redis_value(next())?);
    let mut owner = from_redis_value::<Vec<Value>>(next())?.into_iter();
    let mut next = || owner.next().unwrap_or(Value::Nil);
    let (host, port): (String, u16) = (from_redis_value(next())?, from_redis_value(next())?);
    Ok((first, last, format!("{host}:{port}")))
}

/// Where a redirection points; without a host, to the host that answered.
fn absolute(target: &str, answered: &str) -> Address {
    let host = answered.rsplit_once(':').map_or("", |(host, _)| host);
    if target.starts_with(':') { format!("{host}{target}") } else { target.to_owned() }
}

/// The same commands for the server that a slot is moving to.
fn asking(commands: &Pipeline) -> Pipeline {
    let mut asking = pipe();
    asking.add_command(cmd("ASKING"));
    for command in commands.cmd_iter() {
        asking.add_command(command.clone());
    }
    asking
}
