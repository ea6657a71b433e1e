from imgprint.cluster.shards import MAX_LINES, Shard, bucket_of, cut

WORK = Shard("/out", {"depth": "1"}, ["A=1"])


def lines(sites, each):
    return [
        (f"s{s}.example", f"http://s{s}.example/{i}")
        for i in range(each)
        for s in range(sites)
    ]


def test_a_site_is_in_one_bucket():
    shards = list(cut(lines(200, 3), WORK, 16))
    assert len(shards) == len({shard.lock for shard in shards}) == 16
    assert sum(shard.sites for shard in shards) == 200
    assert sorted(url for shard in shards for url in shard.lines) == sorted(
        url for _, url in lines(200, 3)
    )
    for shard in shards:
        for url in shard.lines:
            assert shard.lock == f"{bucket_of(url.split('/')[2], 16)}/16"
        assert (shard.output, shard.arguments, shard.settings) == (
            *("/out", {"depth": "1"}, ["A=1"]),
        )


def test_a_huge_site_is_several_shards_with_one_lock():
    shards = list(cut(lines(1, 25), WORK, 64, most=10))
    assert [len(shard.lines) for shard in shards] == [10, 10, 5]
    assert len({shard.lock for shard in shards}) == 1
    assert len({shard.name for shard in shards}) == 3
    assert len(list(cut(lines(1, MAX_LINES + 1), WORK, 64))) == 2


def test_the_largest_come_first():
    sizes = [len(shard.lines) for shard in cut(lines(200, 3), WORK, 16)]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] > sizes[-1]


def test_names_tell_what_is_to_be_done():
    def names(work, count=30):
        return [shard.name for shard in cut(lines(count, 1), work, 8)]

    assert names(WORK) == names(WORK)
    for other in (
        Shard("/elsewhere", {"depth": "1"}, ["A=1"]),
        Shard("/out", {"depth": "2"}, ["A=1"]),
        Shard("/out", {"depth": "1"}, []),
    ):
        assert not set(names(WORK)) & set(names(other))


def test_files():
    (shard,) = cut([("a.example", "http://a.example/")], Shard("s3://b/p"), 64)
    assert shard.records == f"s3://b/p/{shard.name}.jsonl"
    assert shard.sightings == f"s3://b/p/sightings/{shard.name}.jsonl"
