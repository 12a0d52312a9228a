/// What an operator, or the program, decides about a cluster before it starts.
package struct ClusterSettings: Hashable, Sendable {
  /// Workers to wait for before the first plan. Later plans use as many where they are present.
  package var neededWorkerCount: Int
  package var timeouts = Membership.Timeouts(
    suspectAfter: .milliseconds(750), deadAfter: .milliseconds(1500), hungAfter: .seconds(2))
  /// How long a stage may load without progress.
  package var stallLimit = Duration.seconds(60)
  /// Whether more workers may join, or the same ones again. If so, a worker that cannot hold its stage is excluded;
  /// if not, such a worker ends a cluster that has never served.
  package var awaitsOthers = true
  /// How long a worker that could not hold its stage stays excluded while no plan works without it.
  package var excludedFor = Duration.seconds(10)
  /// How long to wait for a lost worker's replacement before the others share its layers.
  package var replacementWait = Duration.milliseconds(400)
  /// How long a restarted coordinator that finds workers with loaded layers waits for more of them before it plans
  /// over others. Workers retry at least every 2 s.
  package var returnWait = Duration.milliseconds(2500)
  /// How long requests wait for enough workers.
  package var capacityWait = Duration.seconds(60)
  /// How long a loaded cluster serves with fewer workers than are present before it is planned again.
  package var growAfter = Duration.seconds(30)
  /// How long a step may be in flight while no stage has one in hand: a frame was lost, or a link is cut.
  package var quietLimit = Duration.seconds(3)

  package init(neededWorkerCount: Int) { self.neededWorkerCount = neededWorkerCount }
}
