//! moto: an IAM and STS that we did not write.
//!
//! What it does not do, and AWS does: it enforces nothing (every key may do everything), so that the policies of the
//! workflows' identities are judged by the sandbox alone; and what it writes is visible at once.

use std::fs::File;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use aws_sdk_iam::Client;
use aws_sdk_iam::config::{BehaviorVersion, Credentials, Region};
use port_iam::sandbox::cast;

use crate::counterparts::search_path;
use crate::live_installation::{LiveInstallation, block_on};

/// How long it may take until moto answers: Python reads a large module first.
const PATIENCE: Duration = Duration::from_secs(90);

/// A server that ends with this value.
pub(crate) struct Moto {
    server: Child,
    address: String,
    folder: tempfile::TempDir,
}

/// An access key that moto made.
pub(crate) struct AccessKey {
    pub(crate) id: String,
    pub(crate) secret: String,
}

impl Moto {
    /// Starts moto on a free loopback port and waits until it answers.
    pub(crate) fn start(program: &Path) -> Self {
        // Until it listens, which takes seconds, somebody else may be given the port.
        const TRIES: usize = 5;
        let mut logs = Vec::new();
        while logs.len() < TRIES {
            match Self::spawn(program).listening() {
                Ok(moto) => return moto,
                Err(log) => logs.push(log),
            }
        }
        panic!("moto does not answer: {logs:?}");
    }

    fn spawn(program: &Path) -> Self {
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = free.local_addr().unwrap();
        drop(free);
        let folder = tempfile::tempdir().unwrap();
        let log = File::create(folder.path().join("log")).unwrap();
        let server = Command::new(program)
            .args(["-H", "127.0.0.1", "-p", &address.port().to_string()])
            .env_clear()
            .env("PATH", search_path())
            .env("HOME", folder.path())
            // Otherwise it does not know AWSDenyAll, which a revocation attaches first.
            .env("MOTO_IAM_LOAD_MANAGED_POLICIES", "true")
            .env("PYTHONUNBUFFERED", "1")
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap();
        Self { server, address: address.to_string(), folder }
    }

    /// Returns the server once it says itself that it listens, and what it has printed where it has ended. That somebody answers
    /// at its address is not enough: it may be another.
    fn listening(mut self) -> Result<Self, String> {
        let end = Instant::now() + PATIENCE;
        while !self.log().contains("Running on") {
            if self.server.try_wait().unwrap().is_some() || Instant::now() >= end {
                return Err(self.log());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(self)
    }

    /// Returns where it is reached.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Returns what it has printed.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    /// Returns a client that looks at the account as somebody who may do everything.
    pub(crate) fn client(&self) -> Client {
        let key = Credentials::new("AKIAONLOOKER00000001", "onlooker", None, None, "test");
        let config = aws_sdk_iam::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            .endpoint_url(self.url())
            .credentials_provider(key);
        Client::from_conf(config.build())
    }

    /// Makes moto the AWS of an installation: the users of the cast are made there, with keys that moto chose.
    pub(crate) fn serve(&self, installation: &mut LiveInstallation) {
        let (ada, manager) = (self.add_user(cast::ADA.iam_user), self.add_user(cast::MANAGER_IAM_USER));
        let variables = [
            ("AWS_ENDPOINT_URL", self.url()),
            ("AWS_ACCESS_KEY_ID", ada.id),
            ("AWS_SECRET_ACCESS_KEY", ada.secret),
            ("PORT_IAM_MANAGER_ACCESS_KEY_ID", manager.id),
            ("PORT_IAM_MANAGER_SECRET_ACCESS_KEY", manager.secret),
        ];
        installation.environment.extend(variables.map(|(name, value)| (name.to_owned(), value)));
    }

    /// Makes an IAM user with an access key. Keys that moto did not make all belong to one user of its own.
    pub(crate) fn add_user(&self, name: &str) -> AccessKey {
        let client = self.client();
        block_on(async {
            client.create_user().user_name(name).send().await.unwrap();
            let key = client.create_access_key().user_name(name).send().await.unwrap().access_key.unwrap();
            AccessKey { id: key.access_key_id, secret: key.secret_access_key }
        })
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to do.
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}
