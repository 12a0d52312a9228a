/// What `init --json` prints.
struct InitReport: Encodable {
  struct Worker: Encodable {
    let worker: String
    let publicKey: String
    let token: String
  }
  let folder: String
  let listen: String?
  let publicKey: String
  let workers: [Worker]
}
