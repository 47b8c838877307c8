use super::*;

fn refused(url: &str) -> RedisUrlError {
    RedisPlace::parse(url).err().unwrap_or_else(|| panic!("{url} is accepted"))
}

fn hosts(infos: &[ConnectionInfo]) -> Vec<String> {
    infos.iter().map(|info| info.addr().to_string()).collect()
}

#[test]
fn one_server() {
    let place = RedisPlace::parse("redis://app:p%40ss@redis.example/2?prefix=acme:").unwrap();
    let Topology::Standalone(info) = place.topology else { panic!("one server") };
    assert_eq!(info.addr().to_string(), "redis.example:6379");
    assert_eq!(info.redis_settings().username(), Some("app"));
    assert_eq!(info.redis_settings().password(), Some("p@ss"));
    assert_eq!(info.redis_settings().db(), 2);
    assert_eq!((place.prefix.as_str(), place.replicas, place.has_password), ("acme:", 0, true));
}

#[test]
fn sentinels_have_a_login_of_their_own() {
    let url = "rediss+sentinel://:data@a,[::1]:5,c:26380/main/3?sentinel_password=watch&replicas=2";
    let place = RedisPlace::parse(url).unwrap();
    let Topology::Sentinel { sentinels, primary, server } = place.topology else { panic!("Sentinels") };
    assert_eq!(hosts(&sentinels), ["a:26379", "::1:5", "c:26380"]);
    for sentinel in &sentinels {
        assert!(matches!(sentinel.addr(), ConnectionAddr::TcpTls { insecure: false, .. }));
        assert_eq!(sentinel.redis_settings().password(), Some("watch"));
        assert_eq!(sentinel.redis_settings().db(), 0);
    }
    assert_eq!((primary.as_str(), place.replicas, place.has_password), ("main", 2, true));
    let server = beside(&server, "10.0.0.7", 6380);
    assert_eq!(server.addr().to_string(), "10.0.0.7:6380");
    assert!(matches!(server.addr(), ConnectionAddr::TcpTls { insecure: false, .. }));
    assert_eq!((server.redis_settings().password(), server.redis_settings().db()), (Some("data"), 3));
}

#[test]
fn a_cluster_waits_for_one_replica_unless_told_otherwise() {
    let place = RedisPlace::parse("redis+cluster://a:7000,b:7001,c").unwrap();
    let Topology::Cluster(seeds) = place.topology else { panic!("a Cluster") };
    assert_eq!(hosts(&seeds), ["a:7000", "b:7001", "c:6379"]);
    assert_eq!((place.replicas, place.has_password), (1, false));
    assert_eq!(RedisPlace::parse("redis+cluster://a?replicas=0").unwrap().replicas, 0);
}

#[test]
fn what_is_not_understood_is_refused() {
    for (urls, error) in [
        (
            &["", "redis", "memory:", "http://a", "redis+://a", "redis+ring://a", "Redis://a"][..],
            RedisUrlError::Scheme,
        ),
        (
            &[
                "redis://",
                "redis://:6379",
                "redis://a/x",
                "redis://a,b",
                "redis://a:99999",
                "redis+cluster://a,,b",
            ],
            RedisUrlError::Address,
        ),
        (&["redis+sentinel://a,b", "redis+sentinel://a/", "redis+sentinel://a//1"], RedisUrlError::Primary),
        (&["redis+cluster://a/1"], RedisUrlError::Database),
        (
            &[
                "redis://a?replicas=10",
                "redis://a?replicas=-1",
                "redis://a?insecure=1",
                "redis://a?prefix=a&prefix=b",
                "redis://a?prefix={x}",
            ],
            RedisUrlError::Query,
        ),
        (&["rediss://a/#insecure", "rediss+cluster://a#insecure"], RedisUrlError::Fragment),
    ] {
        for url in urls {
            assert_eq!(refused(url), error, "{url}");
        }
    }
}
