//! The official crate as the client: content and descriptions, to and fro.

use crate::support::{PLAIN, control, read, resource, start, storage};

#[tokio::test(flavor = "multi_thread")]
async fn content_and_description_come_back_as_they_were_written() {
    let running = start().await;
    let storage = storage(&running.sandbox.endpoint()).await;
    let control = control(&running.sandbox.endpoint()).await;
    let names = ["plain", "tenants/acme.yaml", "100%/50%25", "käse/日本語 name+&=?#.txt", "a//b"];
    for name in names {
        let written = storage
            .write_object(resource(PLAIN), name, format!("content of {name}"))
            .set_content_type("text/plain")
            .set_cache_control("no-store")
            .set_metadata([("phase", "Ready"), ("digest", "sha256:1")])
            .compute_md5()
            .send_buffered()
            .await
            .unwrap();
        assert_eq!((written.name.as_str(), written.metageneration), (name, 1));
        assert_eq!(read(&storage, PLAIN, name).await.unwrap(), format!("content of {name}").as_bytes());
        let got = control.get_object().set_bucket(resource(PLAIN)).set_object(name).send().await.unwrap();
        assert_eq!(got.generation, written.generation);
        assert_eq!(got.metadata["phase"], "Ready");
        assert_eq!(got.content_type, "text/plain");
        assert_eq!(got.cache_control, "no-store");
        assert_eq!(got.size, i64::try_from(format!("content of {name}").len()).unwrap());
        let sums = got.checksums.unwrap();
        assert_eq!(sums.crc32c, written.checksums.as_ref().unwrap().crc32c);
        assert_eq!(sums.md5_hash.len(), 16);
    }
    let response = storage.read_object(resource(PLAIN), "plain").send().await.unwrap();
    assert_eq!(response.object().metadata["digest"], "sha256:1");
    let file = running.root.path().join(PLAIN).join("live/tenants%2Facme.yaml");
    assert_eq!(std::fs::read_to_string(file).unwrap(), "content of tenants/acme.yaml");
    running.sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_way_to_upload_keeps_every_byte() {
    let running = start().await;
    let storage = storage(&running.sandbox.endpoint()).await;
    let bytes = |len: usize| -> bytes::Bytes { (0..251_u8).cycle().take(len).collect::<Vec<_>>().into() };
    for len in [0, 1, 300_000, 9 << 20] {
        let content = bytes(len);
        let write = |name: &str| storage.write_object(resource(PLAIN), name, content.clone());
        write("buffered").send_buffered().await.unwrap();
        write("unbuffered").send_unbuffered().await.unwrap();
        // In parts, and in one part after a session was opened.
        write("parts")
            .with_resumable_upload_threshold(0_usize)
            .with_resumable_upload_buffer_size(256_usize * 1024)
            .send_buffered()
            .await
            .unwrap();
        write("session").with_resumable_upload_threshold(0_usize).send_unbuffered().await.unwrap();
        for name in ["buffered", "unbuffered", "parts", "session"] {
            assert_eq!(read(&storage, PLAIN, name).await.unwrap(), content, "{name}, {len} bytes");
        }
    }
    running.sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_part_of_the_content_can_be_read() {
    use google_cloud_storage::model_ext::ReadRange;
    let running = start().await;
    let storage = storage(&running.sandbox.endpoint()).await;
    storage.write_object(resource(PLAIN), "digits", "0123456789").send_buffered().await.unwrap();
    for (range, expected) in
        [(ReadRange::segment(2, 3), "234"), (ReadRange::offset(7), "789"), (ReadRange::tail(4), "6789")]
    {
        let mut response = storage.read_object(resource(PLAIN), "digits").set_read_range(range).send().await.unwrap();
        let mut got = Vec::new();
        while let Some(chunk) = response.next().await {
            got.extend_from_slice(&chunk.unwrap());
        }
        assert_eq!(String::from_utf8(got).unwrap(), expected);
    }
    running.sandbox.stop().await;
}
