//! Many writers, one winner.

use google_cloud_storage::client::Storage;

use crate::support::{PLAIN, read, resource, start, storage};

const WRITERS: usize = 24;

async fn race(storage: &Storage, generation: i64) -> Vec<(usize, i64)> {
    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| {
            let storage = storage.clone();
            tokio::spawn(async move {
                let written = storage
                    .write_object(resource(PLAIN), "lease", format!("writer {writer}"))
                    .set_if_generation_match(generation)
                    .send_buffered()
                    .await;
                match written {
                    Ok(object) => Some((writer, object.generation)),
                    Err(e) => {
                        assert_eq!(e.http_status_code(), Some(412), "{e}");
                        None
                    }
                }
            })
        })
        .collect();
    let mut winners = Vec::new();
    for writer in writers {
        winners.extend(writer.await.unwrap());
    }
    winners
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_writers_with_the_same_precondition_exactly_one_wins() {
    let running = start().await;
    let storage = storage(&running.sandbox.endpoint()).await;
    let mut generation = 0;
    for _ in 0..5 {
        let winners = race(&storage, generation).await;
        let [(winner, written)] = winners[..] else { panic!("not one winner: {winners:?}") };
        assert_eq!(read(&storage, PLAIN, "lease").await.unwrap(), format!("writer {winner}").as_bytes());
        assert!(written > generation);
        generation = written;
    }
    running.sandbox.stop().await;
}
