package import CoreMetrics
import Synchronization

/// The metrics of a process, in Prometheus' text format. Any thread.
///
/// Metrics listed in `Metric` have its kind and help text; other labels, of libraries, are accepted as they are. A
/// label requested with a second kind gets a series that is not exported.
package final class MetricRegistry: MetricsFactory {
  /// All series of one name.
  struct Family {
    let kind: Metric.Kind
    let help: String
    /// By labels, as exported.
    var series: [String: Series] = [:]
  }

  enum Series {
    case number(NumberSeries)
    case histogram(HistogramSeries)
  }

  private let families = Mutex<[String: Family]>([:])

  package init() {}

  /// All metrics, sorted by name and labels.
  package var text: String { MetricText.of(snapshot) }

  /// By name. The series in it go on counting.
  var snapshot: [String: Family] { families.withLock { $0 } }

  package func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
    number(label, dimensions, .counter)
  }

  package func makeFloatingPointCounter(
    label: String, dimensions: [(String, String)]
  ) -> any FloatingPointCounterHandler {
    number(label, dimensions, .counter)
  }

  package func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
    number(label, dimensions, .gauge)
  }

  package func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
    if aggregate { histogram(label, dimensions) } else { number(label, dimensions, .gauge) }
  }

  package func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
    histogram(label, dimensions)
  }

  package func destroyCounter(_ handler: any CounterHandler) { remove(handler) }
  package func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) { remove(handler) }
  package func destroyMeter(_ handler: any MeterHandler) { remove(handler) }
  package func destroyRecorder(_ handler: any RecorderHandler) { remove(handler) }
  package func destroyTimer(_ handler: any TimerHandler) { remove(handler) }

  private func number(_ label: String, _ dimensions: [(String, String)], _ kind: Metric.Kind) -> NumberSeries {
    let series = family(label, kind, dimensions) { .number(NumberSeries()) }
    if case .number(let found) = series { return found }
    return NumberSeries()
  }

  private func histogram(_ label: String, _ dimensions: [(String, String)]) -> HistogramSeries {
    var bounds = Metric.latencies
    if case .histogram(let own) = Metric.byName[label]?.kind { bounds = own }
    let series = family(label, .histogram(bounds: bounds), dimensions) { .histogram(HistogramSeries(bounds: bounds)) }
    if case .histogram(let found) = series { return found }
    return HistogramSeries(bounds: bounds)
  }

  /// The series of these labels, created if missing; nil when the name has another kind.
  private func family(
    _ label: String, _ kind: Metric.Kind, _ dimensions: [(String, String)], _ make: () -> Series
  ) -> Series? {
    let name = MetricText.name(label)
    let labels = MetricText.labels(dimensions)
    return families.withLock { families in
      var family = families[name] ?? Family(kind: kind, help: Metric.byName[label]?.help ?? "")
      guard family.kind == kind else { return nil }
      let series = family.series[labels] ?? make()
      family.series[labels] = series
      families[name] = family
      return series
    }
  }

  private func remove(_ handler: AnyObject) {
    families.withLock { families in
      for (name, family) in families {
        for (labels, series) in family.series where series.object === handler {
          families[name]?.series[labels] = nil
        }
      }
    }
  }
}

extension MetricRegistry.Series {
  var object: AnyObject {
    switch self {
    case .number(let series): series
    case .histogram(let series): series
    }
  }
}
