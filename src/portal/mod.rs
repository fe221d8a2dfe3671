//! A small page over the sandbox: what of Port's own page the guide's reader sees, and what AWS has beside it.
//!
//! It asks the sandbox's Port over its API as the person who is chosen at the top, and looks into AWS directly. A click
//! does what a click in Port does; nothing here knows how a grant is made. Pages are functions of values, the routes
//! gather the values, and `door` keeps everybody else out.

mod acting;
mod aws;
mod catalog;
mod door;
mod form;
mod pages;
mod port;
mod routes;
mod run;
mod view;

use std::future::Future;
use std::net::TcpListener;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse as _, Response};

use crate::domain::names::Names;
use crate::sandbox::Sandbox;
use crate::sandbox::cast::Person;
use acting::Acting;
use door::Door;
use pages::{Frame, Page};
use port::{Port, Refused};
use view::Blueprint;

/// How far the set-up has come on which the pages stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// This command is running.
    Running(String),
    /// Everything is set up, as far as the portal's command sets something up.
    Done,
}

/// The portal of one sandbox. Clones share it.
#[derive(Clone, Debug)]
pub struct Portal {
    inside: Arc<Inside>,
}

#[derive(Debug)]
struct Inside {
    sandbox: Arc<Sandbox>,
    names: Names,
    port: Port,
    door: Door,
    acting: Acting,
    progress: Mutex<Progress>,
}

impl Portal {
    /// Takes a free loopback port, and returns the portal with what it will be served on.
    ///
    /// # Errors
    ///
    /// Fails when no port can be taken, or the machine has no randomness.
    pub fn open(sandbox: Arc<Sandbox>, names: Names) -> std::io::Result<(Self, TcpListener)> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        listener.set_nonblocking(true)?;
        let inside = Inside {
            port: Port::new(sandbox.port_address().to_owned(), sandbox.keys().clone())?,
            door: Door::new(&listener.local_addr()?.to_string())?,
            acting: Acting::default(),
            progress: Mutex::new(Progress::Done),
            sandbox,
            names,
        };
        Ok((Self { inside: Arc::new(inside) }, listener))
    }

    /// Returns the address that opens the portal, with the token of this start.
    pub fn address(&self) -> String {
        self.inside.door.address()
    }

    /// Says how far the set-up has come.
    pub fn tell(&self, progress: Progress) {
        *self.inside.progress.lock().unwrap_or_else(PoisonError::into_inner) = progress;
    }

    /// Serves the pages for as long as it is polled.
    ///
    /// # Errors
    ///
    /// Fails when the listener does.
    pub async fn serve(self, listener: TcpListener) -> std::io::Result<()> {
        let listener = tokio::net::TcpListener::from_std(listener)?;
        axum::serve(listener, routes::router(self)).await
    }

    fn sandbox(&self) -> &Sandbox {
        &self.inside.sandbox
    }

    fn names(&self) -> &Names {
        &self.inside.names
    }

    fn port(&self) -> &Port {
        &self.inside.port
    }

    fn door(&self) -> &Door {
        &self.inside.door
    }

    fn acting(&self) -> &Acting {
        &self.inside.acting
    }

    fn who(&self) -> Person {
        self.inside.acting.now()
    }

    fn progress(&self) -> MutexGuard<'_, Progress> {
        self.inside.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns all blueprints, the catalog's own first.
    async fn blueprints(&self) -> Result<Vec<Blueprint>, Refused> {
        let mut blueprints = Blueprint::list(&self.port().get(self.who(), "/blueprints").await?);
        let ours: Vec<&str> = self.names().blueprints().collect();
        blueprints.sort_by_key(|blueprint| ours.iter().position(|name| *name == blueprint.identifier).unwrap_or(9));
        Ok(blueprints)
    }

    /// Answers with a page in the frame that all have, or with the reason why there is none.
    async fn show(&self, here: &Uri, page: impl Future<Output = Result<Page, Refused>>) -> Response {
        let page = page.await.unwrap_or_else(|refused| pages::refused::page(&refused));
        let blueprints = self.blueprints().await.unwrap_or_default();
        let frame = Frame {
            acting: self.who(),
            now: self.sandbox().clock.now(),
            here: here.path_and_query().map_or("/", |path| path.as_str()),
            blueprints: &blueprints,
            progress: &self.progress().clone(),
        };
        let status = StatusCode::from_u16(page.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        (status, pages::html(&frame.around(&page))).into_response()
    }
}
