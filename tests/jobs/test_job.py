import gc
import weakref

from scrapy import Request
from scrapy.utils.test import get_crawler

from imgprint.items import Sighting
from imgprint.jobs.job import NoJob, job_of, set_job


def test_a_crawl_without_a_job_remembers_its_own_outcomes_only():
    crawler = get_crawler()
    job = job_of(crawler)
    job.outcomes[b"key"] = None
    job.mark_listed("http://a.example/", None)
    job.postpone(Request("http://a.example/"))
    assert job_of(crawler) is job
    assert not job.is_listed("http://a.example/")
    assert not job.has_sighting(Sighting("http://a.example/"))
    assert not job.has_request(b"1")
    assert (dict(job.images_per_site()), list(job.seeds())) == ({}, [])
    assert job_of(get_crawler()).outcomes == {}


def test_the_job_of_a_crawler_is_the_one_that_was_set():
    one, other = get_crawler(), get_crawler()
    job = NoJob()
    set_job(one, job)
    assert job_of(one) is job
    assert job_of(other) is not job


def test_a_job_is_not_kept_alive():
    crawler, job = get_crawler(), NoJob()
    job.crawler = crawler  # as a scheduler has it
    job.outcomes[b"key"] = None
    set_job(crawler, job)
    gone = weakref.ref(job)
    del job
    gc.collect()
    assert gone() is None
    assert job_of(crawler).outcomes == {}
