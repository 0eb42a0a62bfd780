//! S3 and everything that speaks its protocol.

use std::sync::Arc;
use std::time::Duration;

use object_store::aws::AmazonS3Builder;
use object_store::path::Path;
use object_store::{ClientOptions, ObjectStore, RetryConfig};
use url::Url;

use crate::error::{BlobError, Result};

/// Opens `s3://bucket/prefix?endpoint=…&region=…&credentials=FILE`.
///
/// Without `credentials` they come from the environment (`AWS_ACCESS_KEY_ID` …) or the machine's
/// role. The file holds `access_key_id=…` and `secret_access_key=…`, each on a line.
pub(crate) fn open(url: &str) -> Result<(Arc<dyn ObjectStore>, Path)> {
    let wrong = |what: &str| BlobError::Config(format!("材料库地址写法不对：{what}"));
    let parsed = Url::parse(url).map_err(|error| wrong(&error.to_string()))?;
    let bucket = parsed
        .host_str()
        .filter(|host| !host.is_empty())
        .ok_or_else(|| wrong("没有写存储桶的名字，例如 s3://yimen-blobs"))?;
    if !parsed.username().is_empty() || parsed.password().is_some() {
        return Err(wrong("密钥不要写在地址里，请用 ?credentials=文件 指定密钥文件"));
    }
    let mut builder = AmazonS3Builder::from_env().with_bucket_name(bucket).with_region("us-east-1");
    for (key, value) in parsed.query_pairs() {
        builder = match key.as_ref() {
            "endpoint" => builder.with_endpoint(value.clone()).with_allow_http(value.starts_with("http://")),
            "region" => builder.with_region(value),
            "credentials" => keys(builder, &value)?,
            other => {
                return Err(wrong(&format!(
                    "没有 {other} 这个参数，可以用的有 endpoint、region、credentials"
                )));
            }
        };
    }
    // rustls without a provider of its own takes the process's; someone may have set it before.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = ClientOptions::new()
        .with_allow_http(parsed.query_pairs().any(|(k, v)| k == "endpoint" && v.starts_with("http://")))
        .with_connect_timeout(Duration::from_secs(5))
        .with_timeout(Duration::from_secs(60));
    // A person waits for the answer: better an error she can act on than three minutes of trying.
    let retry =
        RetryConfig { max_retries: 3, retry_timeout: Duration::from_secs(15), ..RetryConfig::default() };
    let store = builder
        .with_client_options(client)
        .with_retry(retry)
        .build()
        .map_err(|error| wrong(&error.to_string()))?;
    let prefix = Path::from_url_path(parsed.path()).map_err(|error| wrong(&error.to_string()))?;
    Ok((Arc::new(store), prefix))
}

fn keys(builder: AmazonS3Builder, file: &str) -> Result<AmazonS3Builder> {
    let text = std::fs::read_to_string(file)
        .map_err(|error| BlobError::Config(format!("不能读取密钥文件 {file}：{error}")))?;
    let of = |name: &str| {
        let value = text.lines().find_map(|line| line.split_once('=').filter(|(key, _)| key.trim() == name));
        let missing = || BlobError::Config(format!("密钥文件 {file} 里缺少 {name}=… 这一行"));
        value.map(|(_, value)| value.trim().to_owned()).ok_or_else(missing)
    };
    Ok(builder.with_access_key_id(of("access_key_id")?).with_secret_access_key(of("secret_access_key")?))
}
