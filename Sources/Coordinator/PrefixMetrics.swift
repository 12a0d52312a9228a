import CoreMetrics
import Scheduling
import Telemetry

/// What is measured of the prefix cache. Guarded by the driver's lock.
struct PrefixMetrics {
  private let queries, hits, hitRequests, evictions: Counter
  private let pages: Meter
  /// What the counters show.
  private var shown = PrefixTotals()

  init(_ registry: MetricRegistry) {
    func counter(_ metric: Metric) -> Counter { Counter(label: metric.name, factory: registry) }
    (queries, hits) = (counter(.prefixQueries), counter(.prefixHits))
    (hitRequests, evictions) = (counter(.prefixHitRequests), counter(.prefixEvictions))
    pages = Meter(label: Metric.prefixPages.name, factory: registry)
  }

  mutating func show(_ totals: PrefixTotals, keptPageCount: Int) {
    queries.increment(by: totals.queriedTokenCount - shown.queriedTokenCount)
    hits.increment(by: totals.hitTokenCount - shown.hitTokenCount)
    hitRequests.increment(by: totals.hitRequestCount - shown.hitRequestCount)
    evictions.increment(by: totals.evictedPageCount - shown.evictedPageCount)
    pages.set(keptPageCount)
    shown = totals
  }
}
