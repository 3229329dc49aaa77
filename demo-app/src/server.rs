//! The life of the process: listen, serve, stop.

use std::{future::IntoFuture, io, sync::Arc, time::Duration};

use tokio::{net::TcpListener, sync::oneshot, time::timeout};
use tracing::info;

use crate::{
    app::App,
    config::Config,
    routes,
    shutdown::{self, Signals},
};

/// How long requests that are being answered may take after the last
/// operation has ended.
const LAST_ANSWERS: Duration = Duration::from_secs(1);

/// Runs the application until a signal ends it.
///
/// Fails if it cannot listen, and says where and what to do.
pub async fn run(config: Config) -> io::Result<()> {
    let signals = Signals::listen()?;
    let listener = listen(&config).await?;
    info!(
        address = %listener.local_addr()?,
        version = config.app_version,
        pod = config.pod_name,
        "listening"
    );
    let app = Arc::new(App::new(config));
    let (stop, stopped) = oneshot::channel::<()>();
    let server = axum::serve(listener, routes::router(Arc::clone(&app))).with_graceful_shutdown(async {
        // Dropping the sender means the same as sending.
        let _ = stopped.await;
    });
    let mut server = tokio::spawn(server.into_future());

    // Requests are answered until the last operation has ended: probes and
    // scrapes go on, and new work is refused in words.
    tokio::select! {
        () = shutdown::run(&app, signals) => {}
        () = app.watch_lease() => {}
        ended = &mut server => return ended?,
    }
    drop(stop);
    // Connections that are still open then belong to clients that do not read.
    let _ = timeout(LAST_ANSWERS, server).await;
    Ok(())
}

async fn listen(config: &Config) -> io::Result<TcpListener> {
    TcpListener::bind(config.listen).await.map_err(|error| {
        let address = config.listen;
        let why = format!("listen on {address}: {error}; choose another address with --listen");
        io::Error::new(error.kind(), why)
    })
}
