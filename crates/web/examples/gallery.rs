//! Serves the gallery: `cargo run -p yimen-web --example gallery -- 8099`, then open `/dev/components`.

use std::sync::Arc;

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::io::Result<()> {
    let port = std::env::args().nth(1).unwrap_or_else(|| "8099".into());
    let site = Arc::new(yimen_web::samples::site());
    let routes = yimen_web::wrap(yimen_web::gallery::routes(), site);
    let listener = tokio::net::TcpListener::bind(format!("127.0.0.1:{port}")).await?;
    println!("http://127.0.0.1:{port}/dev/components");
    axum::serve(listener, routes).await
}
