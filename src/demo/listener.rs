//! Connections on both loopback addresses, each of which a scripted fault can cut.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use axum::extract::connect_info::Connected;
use axum::serve::IncomingStream;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};

/// Listens on one address and, when possible, on its IPv6 twin.
#[derive(Debug)]
pub struct Listener {
    pub first: TcpListener,
    pub second: Option<TcpListener>,
}

/// The other end of a connection.
#[derive(Debug, Clone)]
pub struct Peer {
    address: SocketAddr,
    cut: Arc<AtomicBool>,
}

impl Peer {
    /// Cuts the connection: nothing more is read or written.
    pub fn cut(&self) {
        self.cut.store(true, Ordering::Relaxed);
    }

    /// The address as the platform writes it: IPv4 inside IPv6.
    pub fn text(&self) -> String {
        match self.address {
            SocketAddr::V4(v4) => format!("::ffff:{}", v4.ip()),
            SocketAddr::V6(v6) => v6.ip().to_string(),
        }
    }
}

impl axum::serve::Listener for Listener {
    type Io = Wire;
    type Addr = Peer;

    async fn accept(&mut self) -> (Wire, Peer) {
        loop {
            let accepted = match &self.second {
                Some(second) => tokio::select! {
                    a = self.first.accept() => a,
                    b = second.accept() => b,
                },
                None => self.first.accept().await,
            };
            match accepted {
                Ok((stream, address)) => {
                    // Small answers must not wait for the other end's acknowledgement.
                    let _ = stream.set_nodelay(true);
                    let cut = Arc::new(AtomicBool::new(false));
                    return (Wire { stream, cut: Arc::clone(&cut) }, Peer { address, cut });
                }
                // Out of descriptors, or the client left already: breathe, then go on.
                Err(_) => tokio::time::sleep(std::time::Duration::from_millis(50)).await,
            }
        }
    }

    fn local_addr(&self) -> io::Result<Peer> {
        Ok(Peer { address: self.first.local_addr()?, cut: Arc::default() })
    }
}

impl Connected<IncomingStream<'_, Listener>> for Peer {
    fn connect_info(stream: IncomingStream<'_, Listener>) -> Self {
        stream.remote_addr().clone()
    }
}

/// A connection that can be cut.
#[derive(Debug)]
pub struct Wire {
    stream: TcpStream,
    cut: Arc<AtomicBool>,
}

impl Wire {
    fn check(&self) -> io::Result<()> {
        if self.cut.load(Ordering::Relaxed) {
            // So that closing sends RST instead of FIN, as a crashed peer does.
            let _ = self.stream.set_zero_linger();
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        Ok(())
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.check()?;
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.check()?;
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.check()?;
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.check()?;
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
