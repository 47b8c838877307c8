//! The program itself, serving what `tunnus init` has made ready, in a process of its own.

use std::{
    env,
    io::{BufRead, BufReader, Read},
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
};

use tempfile::TempDir;

use super::person::client;

/// Variables for the program.
type Variables = Vec<(&'static str, String)>;

/// Which program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Release {
    /// The one before this: what `TUNNUS_FORMER` names, else this one once more.
    Former,
    /// This one.
    This,
}

impl Release {
    /// The program, to be given a command.
    pub fn program(self) -> Command {
        let former = env::var_os("TUNNUS_FORMER").filter(|_| self == Self::Former);
        Command::new(former.unwrap_or_else(|| env!("CARGO_BIN_EXE_tunnus").into()))
    }
}

/// The program at work; ends with its value.
pub struct Program {
    pub process: Child,
    pub public: SocketAddr,
    pub management: SocketAddr,
    pub admin: SocketAddr,
    /// The token that it has printed on its first start.
    pub first_token: String,
    /// Which it is, and will be after a restart.
    pub release: Release,
    dir: PathBuf,
    variables: Variables,
    /// Holds its settings and database, where they are its own.
    folder: Option<TempDir>,
}

impl Program {
    /// Starts one on SQLite with more variables, made for the address where it serves, and waits until it
    /// does and has printed its first token.
    pub fn start(variables: impl Fn(SocketAddr) -> Variables) -> Self {
        let folder = TempDir::new().unwrap();
        let dir = folder.path().join("tunnus");
        init(Release::This, &dir, "main");
        let mut program = Self::launched(Release::This, &dir, |[public, ..]| variables(public), true);
        program.folder = Some(folder);
        program
    }

    /// Starts one with the settings in `dir` and variables made for its public, management and admin
    /// address, and waits until it serves.
    pub fn serve(release: Release, dir: &Path, variables: impl Fn([SocketAddr; 3]) -> Variables) -> Self {
        Self::launched(release, dir, variables, false)
    }

    fn launched(
        release: Release,
        dir: &Path,
        variables: impl Fn([SocketAddr; 3]) -> Variables,
        first: bool,
    ) -> Self {
        // Another process may get the free ports first: then try others.
        let started = (0..10).find_map(|_| {
            let at @ [public, management, admin] = [free_address(), free_address(), free_address()];
            let mut all = vec![
                ("TUNNUS_SERVER__PUBLIC_URL", format!("http://{public}")),
                ("TUNNUS_SERVER__LISTEN", public.to_string()),
                ("TUNNUS_SERVER__MANAGEMENT_LISTEN", management.to_string()),
                ("TUNNUS_SERVER__ADMIN_LISTEN", admin.to_string()),
                // All persons of a test come from one address.
                ("TUNNUS_LIMITS__ADDRESS_STARTS", "0".to_owned()),
                ("TUNNUS_LIMITS__ADDRESS_RETURNS", "0".to_owned()),
            ];
            all.extend(variables(at));
            let (process, first_token) = launch(release, dir, &all, first)?;
            let (dir, variables) = (dir.to_owned(), all);
            Some(Self {
                process,
                public,
                management,
                admin,
                first_token,
                release,
                dir,
                variables,
                folder: None,
            })
        });
        started.expect("the program serves")
    }

    /// Asks it to stop.
    pub fn terminate(&self) {
        let kill = format!("kill -TERM {}", self.process.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
    }

    /// Ends it in the middle of whatever it does.
    pub fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// Waits for its end, and starts it again where it was.
    pub fn restart(&mut self) {
        self.process.wait().unwrap();
        // A connection of another test may have got one of the ports for a moment.
        let launched = (0..20).find_map(|_| launch(self.release, &self.dir, &self.variables, false));
        (self.process, _) = launched.expect("the ports are free again");
    }

    /// What `/readyz` says.
    pub async fn readiness(&self) -> (u16, String) {
        let response = client().get(format!("http://{}/readyz", self.management)).send().await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

/// Makes a folder ready for a broker.
pub fn init(release: Release, dir: &Path, tenant: &str) {
    done(&release.program().args(["init", "--tenant", tenant, "--dir"]).arg(dir).output().unwrap());
}

/// Brings the folder's tenants to the store.
pub fn apply(release: Release, dir: &Path, variables: &[(&'static str, String)]) {
    let mut command = release.program();
    command.args(["apply", "--config"]).arg(dir.join("tunnus.toml")).arg(dir.join("tenants"));
    done(&command.envs(variables.iter().cloned()).output().unwrap());
}

/// Fails the test where the command has failed.
pub fn done(output: &Output) {
    assert!(output.status.success(), "{output:?}");
}

fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

/// The program once it serves, and the token that it prints on its first start; none if it ends before.
fn launch(release: Release, dir: &Path, variables: &Variables, first: bool) -> Option<(Child, String)> {
    let mut process = release
        .program()
        .args(["serve", "--config"])
        .arg(dir.join("tunnus.toml"))
        .envs(variables.iter().cloned())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(process.stderr.take().unwrap()).lines();
    let mut printed = BufReader::new(process.stdout.take().unwrap());
    if lines.by_ref().map_while(Result::ok).any(|line| line.contains("\"serving\"")) {
        let mut token = String::new();
        if first {
            printed.read_line(&mut token).unwrap();
        }
        // Keep reading, or the program would block on a full pipe.
        std::thread::spawn(move || lines.map_while(Result::ok).for_each(drop));
        std::thread::spawn(move || printed.read_to_end(&mut Vec::new()));
        return Some((process, token.rsplit(' ').next().unwrap_or_default().trim().to_owned()));
    }
    process.wait().unwrap();
    None
}
