/// What `worker --json` prints when its layers have been loaded; `layers` is a half-open pair.
struct WorkerReport: Encodable {
  let worker: String
  let layers: [Int]
  let weightBytes: Int
  let kvBytes: Int
}
