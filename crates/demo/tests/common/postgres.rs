//! A PostgreSQL server for tests: the one that `SWARMLAB_TEST_POSTGRES` names, or one of our own.

use std::net::TcpListener;
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use swarmlab_demo::{PostgresConfig, Secret};

const PASSWORD: &str = "it's a secret";

/// A server; stopped when dropped if it is our own.
pub struct Server {
    pub host: String,
    pub port: u16,
    user: String,
    password: Option<String>,
    own: Option<(Child, tempfile::TempDir)>,
}

impl Server {
    /// The named server, else a new one. `None` when the tests are told to do without
    /// (`SWARMLAB_WITHOUT_POSTGRES=1`); panics with what is missing otherwise.
    pub async fn find() -> Option<Self> {
        if let Ok(named) = std::env::var("SWARMLAB_TEST_POSTGRES") {
            return Some(Self::named(&named));
        }
        if std::env::var("SWARMLAB_WITHOUT_POSTGRES").is_ok_and(|value| value == "1") {
            eprintln!("LEFT OUT: the PostgreSQL test, by SWARMLAB_WITHOUT_POSTGRES=1");
            return None;
        }
        let (Some(initdb), Some(postgres)) = (binary("initdb"), binary("postgres")) else {
            panic!(
                "`initdb` and `postgres` are missing: install PostgreSQL (Debian: apt-get install postgresql), \
                 or name a server (SWARMLAB_TEST_POSTGRES='host=… port=… user=… password=…'), \
                 or do without this test (SWARMLAB_WITHOUT_POSTGRES=1)"
            );
        };
        let server = Self::own(&initdb, &postgres);
        crate::common::until("PostgreSQL is up", || async { server.client("postgres").await.is_ok() }).await;
        Some(server)
    }

    fn named(text: &str) -> Self {
        let config: tokio_postgres::Config = text.parse().expect("SWARMLAB_TEST_POSTGRES is `host=… user=…`");
        let host = match config.get_hosts().first() {
            Some(tokio_postgres::config::Host::Tcp(host)) => host.clone(),
            _ => "127.0.0.1".into(),
        };
        Self {
            host,
            port: config.get_ports().first().copied().unwrap_or(5432),
            user: config.get_user().unwrap_or("postgres").into(),
            password: config.get_password().map(|bytes| String::from_utf8_lossy(bytes).into_owned()),
            own: None,
        }
    }

    fn own(initdb: &Path, postgres: &Path) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let password_file = folder.path().join("password");
        let log = folder.path().join("log");
        std::fs::write(&password_file, PASSWORD).unwrap();
        let account = rustix::process::geteuid().is_root().then(unprivileged_account);
        if let Some(account) = &account {
            // PostgreSQL refuses to run as root.
            for path in [folder.path(), &password_file] {
                chown(path, Some(account.uid), Some(account.gid)).unwrap();
            }
        }
        let data = folder.path().join("data");
        let output = command(initdb, account.as_ref())
            .args(["--username=tester", "--auth=scram-sha-256", "--no-sync", "--encoding=UTF8"])
            .arg(format!("--pwfile={}", password_file.display()))
            .arg(format!("--pgdata={}", data.display()))
            .current_dir(folder.path())
            .output()
            .unwrap();
        assert!(output.status.success(), "initdb: {}", String::from_utf8_lossy(&output.stderr));
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let child = command(postgres, account.as_ref())
            .arg("-D")
            .arg(&data)
            .args(["-p", &port.to_string(), "-h", "127.0.0.1", "-k", "", "-F"])
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(log).unwrap())
            .spawn()
            .unwrap();
        let (host, user) = ("127.0.0.1".into(), "tester".into());
        Self { host, port, user, password: Some(PASSWORD.into()), own: Some((child, folder)) }
    }

    /// A connection beside those of the role under test.
    pub async fn client(&self, database: &str) -> Result<tokio_postgres::Client, tokio_postgres::Error> {
        let mut config = tokio_postgres::Config::new();
        config.host(&self.host).port(self.port).user(&self.user).dbname(database);
        if let Some(password) = &self.password {
            config.password(password);
        }
        let (client, connection) = config.connect(tokio_postgres::NoTls).await?;
        tokio::spawn(async move {
            let _ = connection.await;
        });
        Ok(client)
    }

    /// How `ms-exercise` reaches `database`, through `port`.
    pub fn config(&self, database: &str, port: u16) -> PostgresConfig {
        PostgresConfig {
            host: self.host.clone(),
            port,
            user: self.user.clone(),
            password: self.password.clone().map(Secret::new),
            database: database.into(),
            connections: 4,
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let Some((child, _folder)) = &mut self.own else { return };
        // SIGINT is its "fast" shutdown: sessions are ended, the children leave with it. The process is
        // PostgreSQL itself, for `setpriv` becomes what it starts.
        if let Ok(pid) = i32::try_from(child.id())
            && let Some(pid) = rustix::process::Pid::from_raw(pid)
        {
            let _ = rustix::process::kill_process(pid, rustix::process::Signal::INT);
        }
        let _ = child.wait();
    }
}

struct Account {
    uid: u32,
    gid: u32,
    setpriv: PathBuf,
}

/// Somebody who is not root, to run the server as.
fn unprivileged_account() -> Account {
    let setpriv =
        in_path("setpriv").expect("PostgreSQL must not run as root, and `setpriv` (util-linux) is missing");
    let accounts = std::fs::read_to_string("/etc/passwd").unwrap();
    let find = |name: &str| {
        let line = accounts.lines().find(|line| line.split(':').next() == Some(name))?;
        let fields: Vec<&str> = line.split(':').collect();
        Some((fields.get(2)?.parse().ok()?, fields.get(3)?.parse().ok()?))
    };
    let (uid, gid) = find("postgres").or_else(|| find("nobody")).expect("an account `postgres` or `nobody`");
    Account { uid, gid, setpriv }
}

fn command(program: &Path, account: Option<&Account>) -> Command {
    match account {
        None => Command::new(program),
        Some(account) => {
            let mut command = Command::new(&account.setpriv);
            let (uid, gid) = (format!("--reuid={}", account.uid), format!("--regid={}", account.gid));
            command.args([&uid, &gid, "--clear-groups", "--"]).arg(program);
            command
        }
    }
}

/// A program of PostgreSQL, which Debian keeps out of the path.
fn binary(name: &str) -> Option<PathBuf> {
    in_path(name).or_else(|| {
        let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?;
        let mut found: Vec<PathBuf> =
            versions.filter_map(|entry| Some(entry.ok()?.path().join("bin").join(name))).collect();
        found.retain(|path| path.is_file());
        found.sort();
        found.pop()
    })
}

fn in_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|path| path.is_file())
}
